//! Whom one can call: numbers of the telephone network, and addresses of SIP (`contracts/voice.md` §7).

use std::fmt;

use telephony::agent::By;

use crate::limits::ADDRESS_BYTES_MAX;

/// Somebody who can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// `+` and digits (E.164).
    Number(String),
    /// At a host that speaks SIP.
    Sip(SipAddress),
}

/// An address of SIP, without what nobody here knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SipAddress {
    /// Unset is whoever answers there.
    pub(crate) user: Option<String>,
    /// A name in lower case, or an address of IPv4.
    pub(crate) host: String,
    /// Unset is the usual one.
    pub(crate) port: Option<u16>,
    /// By what it is called.
    pub(crate) by: By,
}

/// Why nobody has such an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address:?} is no number such as +442071838750 and no address such as sip:user@host: {why}")]
pub(crate) struct AddressError {
    address: String,
    why: &'static str,
}

/// Whether that is meant to be an address of a telephone, right or wrong.
pub(crate) fn is_of_telephones(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    matches!(scheme.as_deref(), Some("sip" | "sips" | "tel"))
}

/// Whether that is a number of the telephone network: `+` and at most 15 digits, the first of which is no zero.
pub fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (2..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether somebody can be called as this: the contract's rule for the user part of where a call comes from.
pub(crate) fn is_caller(text: &str) -> bool {
    let of_caller = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'_' | b'-');
    (1..=30).contains(&text.len()) && text.bytes().all(of_caller)
}

fn is_host(host: &str) -> bool {
    let of_host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    !host.is_empty() && host.bytes().all(of_host) && !host.starts_with(['-', '.']) && !host.contains("..")
}

impl Address {
    /// Reads `+E164`, `tel:+E164` or `sip:[user@]host[:port][;transport=udp|tcp|tls]`.
    pub(crate) fn read(text: &str) -> Result<Address, AddressError> {
        let refused = |why| AddressError {
            address: text.chars().take(ADDRESS_BYTES_MAX).collect(),
            why,
        };
        if text.len() > ADDRESS_BYTES_MAX {
            return Err(refused("it is too long"));
        }
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("tel".to_owned(), text),
        };
        match scheme.as_str() {
            "tel" if is_number(rest) => Ok(Address::Number(rest.to_owned())),
            "tel" => Err(refused("a number is + and up to 15 digits")),
            "sip" => SipAddress::read(rest).map(Address::Sip).map_err(refused),
            "sips" => Err(refused("write it as sip: with ;transport=tls")),
            _ => Err(refused("it is neither tel: nor sip:")),
        }
    }
}

/// Whom an address means out of a call to somebody: one of SIP without a user is called for whoever this call is to
/// (`contracts/voice.md` §7).
pub(crate) fn meant(address: &str, called: &str) -> String {
    match (Address::read(address), Address::read(called)) {
        (Ok(Address::Sip(mut sip)), Ok(called)) if sip.user.is_none() => {
            sip.user = match called {
                Address::Number(number) => Some(number),
                Address::Sip(called) => called.user,
            };
            sip.to_string()
        }
        _ => address.to_owned(),
    }
}

impl SipAddress {
    fn read(text: &str) -> Result<SipAddress, &'static str> {
        if text.contains('?') {
            return Err("headers in an address are not sent");
        }
        let mut parts = text.split(';');
        let place = parts.next().unwrap_or_default();
        let (user, place) = match place.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, place),
        };
        let of_user = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,/".contains(&byte);
        if user.is_some_and(|user| user.is_empty() || !user.bytes().all(of_user)) {
            return Err("the user part has other characters than letters, digits and -_.!~*'()&=+$,/");
        }
        let (host, port) = match place.split_once(':') {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| "the port is no number")?)),
            None => (place, None),
        };
        let host = host.to_ascii_lowercase();
        if !is_host(&host) || port == Some(0) {
            return Err("the host is no name and no address of IPv4");
        }
        let mut by = By::Udp;
        for parameter in parts {
            match parameter.to_ascii_lowercase().as_str() {
                "transport=udp" => by = By::Udp,
                "transport=tcp" => by = By::Tcp,
                "transport=tls" => by = By::Tls,
                _ => return Err("of its parameters only transport=udp, tcp and tls are known"),
            }
        }
        Ok(SipAddress {
            user: user.map(str::to_owned),
            host,
            port,
            by,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Number(number) => formatter.write_str(number),
            Address::Sip(address) => write!(formatter, "{address}"),
        }
    }
}

impl fmt::Display for SipAddress {
    /// As SIP has it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("sip:")?;
        if let Some(user) = &self.user {
            write!(formatter, "{user}@")?;
        }
        formatter.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(formatter, ":{port}")?;
        }
        formatter.write_str(match self.by {
            By::Udp => "",
            By::Tcp => ";transport=tcp",
            By::Tls => ";transport=tls",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_one_can_call() {
        let check = |text: &str, expected: Option<&str>| {
            let read = Address::read(text).map(|address| address.to_string());
            assert_eq!(read.as_deref().ok(), expected, "{text}: {read:?}");
        };
        check("+442071838750", Some("+442071838750"));
        check("tel:+442071838750", Some("+442071838750"));
        check("TEL:+4420", Some("+4420"));
        check("sip:ada@Example.org", Some("sip:ada@example.org"));
        check("sip:example.org", Some("sip:example.org"));
        check("SIP:+4420@10.0.0.1:5070", Some("sip:+4420@10.0.0.1:5070"));
        check("sip:a@b.example;transport=TCP", Some("sip:a@b.example;transport=tcp"));
        check("sip:a@b.example;transport=tls", Some("sip:a@b.example;transport=tls"));
        check("sip:a@b.example;transport=udp", Some("sip:a@b.example"));
        for nobody in [
            "",
            "4420",
            "+",
            "+04420",
            "+4420718387501234",
            "+44 20",
            "tel:4420",
            "sip:",
            "sip:@b.example",
            "sip:a b@c.example",
            "sip:a:secret@b.example",
            "sip:a@b.example:0",
            "sip:a@b.example:99999",
            "sip:a@[::1]",
            "sip:a@b..example",
            "sip:a@b.example?Subject=x",
            "sip:a@b.example;transport=ws",
            "sip:a@b.example;maddr=10.0.0.1",
            "sip:a@b.example\r\nVia: x",
            "sips:a@b.example",
            "https://a.example",
            "javascript:alert(1)",
        ] {
            check(nobody, None);
        }
        check(&format!("sip:a@{}", "b".repeat(300)), None);
    }

    #[test]
    fn whoever_is_not_named_is_whom_the_call_is_to() {
        let check = |address: &str, called: &str, expected: &str| assert_eq!(meant(address, called), expected);
        let number = "+61255501234";
        check("sip:customer.example", number, "sip:+61255501234@customer.example");
        check(
            "sip:customer.example:5070;transport=tls",
            number,
            "sip:+61255501234@customer.example:5070;transport=tls",
        );
        check(
            "sip:customer.example",
            "sip:desk@demo.sip.example",
            "sip:desk@customer.example",
        );
        check("sip:customer.example", "sip:demo.sip.example", "sip:customer.example");
        check("sip:desk@customer.example", number, "sip:desk@customer.example");
        check("tel:+4930", number, "tel:+4930");
        check("nobody", number, "nobody");
    }

    #[test]
    fn as_whom_one_can_call() {
        for (text, expected) in [
            ("+442071838750", true),
            ("ada.lovelace_1-a", true),
            ("", false),
            ("ada@example.org", false),
            ("a b", false),
            ("0123456789012345678901234567890", false),
        ] {
            assert_eq!(is_caller(text), expected, "{text}");
        }
    }
}
