//! The ways from a telephone into a meeting, as people are told of them: the numbers and the host of SIP that the operator has, and the PIN of
//! a space, which is made when it is first asked for.

use meeting::{Pin, SpaceId};
use register::{Register, RegisterError};

use crate::limits::ID_DRAWS_MAX;
use crate::random;

/// A number that leads to meetings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialInNumber {
    /// `+` and digits (E.164).
    pub number: String,
    /// Whose it is: a country, as ISO 3166 has it.
    pub region: String,
    /// In which language one is greeted there, as BCP 47 has it.
    pub language: String,
}

impl DialInNumber {
    /// Reads `+431234567 AT de`. The region and the language may be left out.
    pub(crate) fn read(text: &str) -> Option<DialInNumber> {
        let mut words = text.split_whitespace();
        let number = words.next().filter(|number| calls::is_number(number))?;
        let (region, language) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let of_word =
            |word: &str| word.len() <= 35 && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (words.next().is_none() && of_word(region) && of_word(language)).then(|| DialInNumber {
            number: number.to_owned(),
            region: region.to_ascii_uppercase(),
            language: language.to_owned(),
        })
    }
}

/// By what telephones come into meetings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhoneAccess {
    /// Numbers that lead to meetings.
    pub numbers: Vec<DialInNumber>,
    /// The host of SIP that does, and perhaps a port.
    pub gateway: Option<String>,
}

impl PhoneAccess {
    /// The host of SIP that leads to meetings, without a port.
    pub(crate) fn gateway_host(&self) -> Option<&str> {
        let gateway = self.gateway.as_deref()?;
        Some(gateway.split_once(':').map_or(gateway, |(host, _)| host))
    }

    /// What is dialled to come into this space; `None`, if no telephone comes into meetings here.
    pub(crate) async fn pin(&self, register: &Register, space: &SpaceId) -> Result<Option<Pin>, RegisterError> {
        if self.numbers.is_empty() && self.gateway.is_none() {
            return Ok(None);
        }
        let mut draws = 0;
        loop {
            draws += 1;
            match register.pin_of_space(space, &Pin::from_random(random::bytes())).await {
                Err(RegisterError::Taken) if draws < ID_DRAWS_MAX => {}
                made => return made.map(Some),
            }
        }
    }

    /// The address of SIP that leads into the space of this PIN at once.
    pub(crate) fn address(&self, pin: &Pin) -> Option<String> {
        let gateway = self.gateway.as_deref()?;
        Some(format!("sip:{}@{gateway}", pin.whole()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let check = |text: &str, expected: Option<(&str, &str, &str)>| {
            let read = DialInNumber::read(text);
            let read = read.as_ref().map(|one| (&*one.number, &*one.region, &*one.language));
            assert_eq!(read, expected, "{text:?}");
        };
        check("+431234567 AT de", Some(("+431234567", "AT", "de")));
        check(" +431234567  at  de-AT ", Some(("+431234567", "AT", "de-AT")));
        check("+431234567", Some(("+431234567", "", "")));
        check("431234567 AT de", None);
        check("+431234567 AT de x", None);
        check("", None);
    }

    #[test]
    fn the_host_of_meetings() {
        let check = |gateway: Option<&str>, host: Option<&str>, address: Option<&str>| {
            let access = PhoneAccess {
                gateway: gateway.map(str::to_owned),
                ..PhoneAccess::default()
            };
            let pin = Pin::parse("1234567890123").expect("a PIN");
            assert_eq!(access.gateway_host(), host);
            assert_eq!(access.address(&pin).as_deref(), address);
        };
        check(None, None, None);
        check(
            Some("meet.example"),
            Some("meet.example"),
            Some("sip:1234567890123@meet.example"),
        );
        check(
            Some("meet.example:5080"),
            Some("meet.example"),
            Some("sip:1234567890123@meet.example:5080"),
        );
    }
}
