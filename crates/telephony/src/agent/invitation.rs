//! Who calls whom, as a request says it.

use std::net::IpAddr;

use rsipstack::sip::{Header, Request, Uri, prelude::*};

/// An invitation to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The `Call-ID` of SIP.
    pub sip_call_id: String,
    /// Who calls, as `sip:user@host`.
    pub from: String,
    /// Who is called, as `sip:user@host`.
    pub to: String,
    /// What stands for the caller where only a name or a number may: the user part of the first that vouches for it.
    pub caller: Option<String>,
    /// The caller wants nobody to know (RFC 3323).
    pub is_private: bool,
    /// The domain that is called, in lower case.
    pub domain: String,
    /// Where it comes from.
    pub source: IpAddr,
}

/// What is called `sip:user@host` of an address, without what only a network needs.
fn plain(uri: &Uri) -> String {
    let host = uri.host().to_string().to_ascii_lowercase();
    match uri.user() {
        Some(user) => format!("sip:{user}@{host}"),
        None => format!("sip:{host}"),
    }
}

/// The address in the value of a header: with a name before it or without.
pub(super) fn address_in(value: &str) -> Option<Uri> {
    let inner = match (value.find('<'), value.find('>')) {
        (Some(begin), Some(end)) if begin < end => &value[begin + 1..end],
        _ => value.split(';').next()?,
    };
    Uri::try_from(inner.trim()).ok()
}

impl Invitation {
    /// Reads one that came from there. `None` is a request that says too little of itself.
    pub fn read(request: &Request, source: IpAddr) -> Option<Invitation> {
        let from = address_in(request.from_header().ok()?.value())?;
        let to = address_in(request.to_header().ok()?.value())?;
        let named = |name: &'static str| {
            let header = request
                .headers
                .iter()
                .find(|header| header.name().eq_ignore_ascii_case(name));
            header.map(Header::value)
        };
        let vouched = named("P-Asserted-Identity").or_else(|| named("Remote-Party-ID"));
        let vouched = vouched.and_then(address_in).unwrap_or_else(|| from.clone());
        Some(Invitation {
            sip_call_id: request.call_id_header().ok()?.value().to_owned(),
            from: plain(&from),
            to: plain(&to),
            caller: vouched.user().map(str::to_owned),
            is_private: named("Privacy").is_some_and(|value| !value.trim().eq_ignore_ascii_case("none")),
            domain: request.uri.host().to_string().to_ascii_lowercase(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_whom() {
        let check = |headers: &str, caller: Option<&str>, is_private: bool| {
            let text = format!(
                "INVITE sip:help@Demo.sip.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;received=192.0.2.7;rport=6000\r\n\
                 From: \"Ada\" <sip:ada@example.org:5070;transport=udp>;tag=1\r\nTo: <sip:help@demo.sip.example>\r\n\
                 Call-ID: abc@example.org\r\nCSeq: 1 INVITE\r\n{headers}Content-Length: 0\r\n\r\n"
            );
            let request = Request::try_from(text.as_bytes()).expect("a request");
            let expected = Invitation {
                sip_call_id: "abc@example.org".to_owned(),
                from: "sip:ada@example.org".to_owned(),
                to: "sip:help@demo.sip.example".to_owned(),
                caller: caller.map(str::to_owned),
                is_private,
                domain: "demo.sip.example".to_owned(),
                source: [192, 0, 2, 7].into(),
            };
            assert_eq!(
                Invitation::read(&request, [192, 0, 2, 7].into()),
                Some(expected),
                "{headers}"
            );
        };
        check("", Some("ada"), false);
        check(
            "P-Asserted-Identity: <sip:+61255501234@gw.example>\r\n",
            Some("+61255501234"),
            false,
        );
        check(
            "Remote-Party-ID: \"A\" <sip:200@gw.example>;party=calling\r\n",
            Some("200"),
            false,
        );
        check("Privacy: id\r\n", Some("ada"), true);
        check("Privacy: none\r\n", Some("ada"), false);
    }
}
