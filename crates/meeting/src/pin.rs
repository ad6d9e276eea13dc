//! The digits by which a space is found from a telephone.
//!
//! One secret serves both ways in: all of its digits stand in an address of SIP, where nobody types them, and the first of them are what
//! somebody keys in. They let nobody in whom the link would not let in. How many there have to be, [`limits`](crate::limits) reckons.

use std::fmt;

use crate::{
    MalformedId,
    limits::{PIN_DIGITS, PIN_KEYED_DIGITS},
};

/// The digits of a space. They are made once and never change.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pin(String);

impl Pin {
    /// A PIN of these bytes.
    pub fn from_random(bytes: [u8; 16]) -> Pin {
        let below = 10_u128.pow(u32::try_from(PIN_DIGITS).expect("thirteen"));
        Pin(format!("{:0PIN_DIGITS$}", u128::from_be_bytes(bytes) % below))
    }

    /// Checks a whole one.
    pub fn parse(text: &str) -> Result<Pin, MalformedId> {
        if text.len() == PIN_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Pin(text.to_owned()))
        } else {
            Err(MalformedId("PIN"))
        }
    }

    /// All of it: what stands in an address of SIP.
    pub fn whole(&self) -> &str {
        &self.0
    }

    /// What somebody keys in.
    pub fn keyed(&self) -> &str {
        &self.0[..PIN_KEYED_DIGITS]
    }

    /// What the digits that somebody gave would be the beginning of, if they are as many as they may be: the part that spaces are found
    /// by. Whether they are that space's, [`Pin::is_opened_by`] says.
    pub fn sought(given: &str) -> Option<&str> {
        let is_long_enough = matches!(given.len(), PIN_KEYED_DIGITS | PIN_DIGITS);
        (is_long_enough && given.bytes().all(|byte| byte.is_ascii_digit())).then(|| &given[..PIN_KEYED_DIGITS])
    }

    /// Whether these digits are the whole of it, or what is keyed in.
    pub fn is_opened_by(&self, given: &str) -> bool {
        given == self.whole() || given == self.keyed()
    }
}

/// It lets people in, so it stands in no log.
impl fmt::Debug for Pin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pin")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_digits_open_it() {
        let pin = Pin::from_random([0; 16]);
        assert_eq!((pin.whole(), pin.keyed()), ("0000000000000", "0000000000"));
        let pin = Pin::parse("1234567890123").expect("thirteen digits");
        let check = |given: &str, expected: bool| {
            let opens = Pin::sought(given).is_some_and(|sought| sought == pin.keyed()) && pin.is_opened_by(given);
            assert_eq!(opens, expected, "{given:?}");
        };
        check("1234567890", true);
        check("1234567890123", true);
        check("1234567890124", false);
        check("123456789012", false);
        check("123456789", false);
        check("1234567891", false);
        check("", false);
        check("１２３４567890", false);
        assert!(Pin::parse("1234567890").is_err() && Pin::parse("12345678901é").is_err());
    }
}
