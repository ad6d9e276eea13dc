//! Who calls whom, as a request says it.

use std::net::IpAddr;

use rsipstack::sip::{Header, Request, Uri, prelude::*, uri::Scheme};

/// An invitation to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The `Call-ID` of SIP.
    pub sip_call_id: String,
    /// Who calls, as `sip:user@host`, or as `tel:` and a number.
    pub from: String,
    /// Who is called, as `sip:user@host`: a number is one of the domain.
    pub to: String,
    /// Names or numbers of who is called: of whom the request is for, and of `To`.
    pub called: Vec<String>,
    /// What stands for the caller where only a name or a number may: of those who vouch for it, the first first, and of `From`.
    pub callers: Vec<String>,
    /// The caller wants nobody to know (RFC 3323, and what stood for it before).
    pub is_private: bool,
    /// The domain that is called, in lower case.
    pub domain: String,
    /// Where it comes from.
    pub source: IpAddr,
    /// The user of that domain as whom the caller has shown a password, if they were asked for one.
    pub user: Option<String>,
}

/// The number behind `tel:`, which is read as a host is.
fn number_in(uri: &Uri) -> Option<String> {
    let is_number = matches!(&uri.scheme, Some(Scheme::Other(scheme)) if scheme.eq_ignore_ascii_case("tel"));
    (is_number && uri.user().is_none()).then(|| uri.host().to_string())
}

/// An address without what only a network needs.
fn plain(uri: &Uri) -> String {
    let host = uri.host().to_string().to_ascii_lowercase();
    match (number_in(uri), uri.user()) {
        (Some(number), _) => format!("tel:{number}"),
        (None, Some(user)) => format!("sip:{user}@{host}"),
        (None, None) => format!("sip:{host}"),
    }
}

/// Whom a request is to, as [`plain`] has it; a number at a domain is one of that.
fn called(to: &Uri, at: &Uri) -> String {
    match (number_in(to), number_in(at)) {
        (Some(number), None) => format!("sip:{number}@{}", at.host().to_string().to_ascii_lowercase()),
        _ => plain(to),
    }
}

/// The name or the number in an address: what stands before its `@`, or behind `tel:`.
fn name_in(uri: &Uri) -> Option<String> {
    uri.user().map(str::to_owned).or_else(|| number_in(uri))
}

/// Whether somebody is called from an address that stands for nobody (RFC 3323 §4.1.1.3).
fn is_anonymous(from: &Uri) -> bool {
    let is_nobody = |user: &str| user.eq_ignore_ascii_case("anonymous");
    from.user().is_some_and(is_nobody) || from.host().to_string().to_ascii_lowercase().ends_with(".invalid")
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
            let headers = request.headers.iter();
            let headers = headers.filter(move |header| header.name().eq_ignore_ascii_case(name));
            headers.map(Header::value)
        };
        let vouched = ["P-Asserted-Identity", "Remote-Party-ID"].into_iter().flat_map(named);
        let callers = vouched.filter_map(address_in).chain([from.clone()]);
        // What went before RFC 3323 said it in the header itself.
        let is_hidden = |value: &str| {
            value
                .to_ascii_lowercase()
                .split(';')
                .any(|part| part.trim() == "privacy=full")
        };
        let is_private = named("Privacy").any(|value| !value.trim().eq_ignore_ascii_case("none"))
            || named("Remote-Party-ID").any(is_hidden)
            || is_anonymous(&from);
        Some(Invitation {
            sip_call_id: request.call_id_header().ok()?.value().to_owned(),
            from: plain(&from),
            to: called(&to, &request.uri),
            called: [&request.uri, &to].into_iter().filter_map(name_in).collect(),
            callers: callers.filter_map(|uri| name_in(&uri)).collect(),
            is_private,
            domain: request.uri.host().to_string().to_ascii_lowercase(),
            source,
            user: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_calls_whom() {
        let check = |headers: &str, callers: &[&str], is_private: bool| {
            let text = format!(
                "INVITE sip:help@Demo.sip.example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa;received=192.0.2.7;rport=6000\r\n\
                 From: \"Ada\" <sip:ada@example.org:5070;transport=udp>;tag=1\r\nTo: <sip:desk@demo.sip.example>\r\n\
                 Call-ID: abc@example.org\r\nCSeq: 1 INVITE\r\n{headers}Content-Length: 0\r\n\r\n"
            );
            let request = Request::try_from(text.as_bytes()).expect("a request");
            let expected = Invitation {
                sip_call_id: "abc@example.org".to_owned(),
                from: "sip:ada@example.org".to_owned(),
                to: "sip:desk@demo.sip.example".to_owned(),
                called: vec!["help".to_owned(), "desk".to_owned()],
                callers: callers.iter().map(|caller| (*caller).to_owned()).collect(),
                is_private,
                domain: "demo.sip.example".to_owned(),
                source: [192, 0, 2, 7].into(),
                user: None,
            };
            assert_eq!(
                Invitation::read(&request, [192, 0, 2, 7].into()),
                Some(expected),
                "{headers}"
            );
        };
        check("", &["ada"], false);
        check(
            "P-Asserted-Identity: <sip:+61255501234@gw.example>\r\n",
            &["+61255501234", "ada"],
            false,
        );
        check(
            "P-Asserted-Identity: \"Ada\" <sip:gw.example>\r\nP-Asserted-Identity: tel:+61255501234\r\n",
            &["+61255501234", "ada"],
            false,
        );
        let party = "Remote-Party-ID: \"A\" <sip:200@gw.example>;party=calling";
        check(&format!("{party}\r\n"), &["200", "ada"], false);
        check(&format!("{party};privacy=off\r\n"), &["200", "ada"], false);
        check(&format!("{party}; Privacy=Full\r\n"), &["200", "ada"], true);
        check("Privacy: id\r\n", &["ada"], true);
        check("Privacy: none\r\n", &["ada"], false);
    }

    #[test]
    fn whoever_is_called_from_is_nobody() {
        for (from, expected) in [
            ("sip:ada@example.org", false),
            ("sip:anonymous@anonymous.invalid", true),
            ("sip:Anonymous@gw.example", true),
            ("sip:c8f3@Anonymous.Invalid", true),
            ("sip:anonymously@example.org", false),
        ] {
            let from = Uri::try_from(from).expect("an address");
            assert_eq!(is_anonymous(&from), expected, "{from}");
        }
    }

    #[test]
    fn numbers_may_stand_without_a_host() {
        let check = |uri: &str, from: &str, to: &str, expected: (&str, &str)| {
            let text = format!(
                "INVITE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa\r\nFrom: <{from}>;tag=1\r\nTo: <{to}>\r\n\
                 Call-ID: a\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
            );
            let request = Request::try_from(text.as_bytes()).expect("a request");
            let invitation = Invitation::read(&request, [192, 0, 2, 7].into()).expect("it says enough");
            assert_eq!((invitation.from.as_str(), invitation.to.as_str()), expected, "{text}");
            assert_eq!(invitation.called, ["+61255501234", "+61255501234"], "{text}");
        };
        let (number, of_domain) = ("tel:+61255501234", "sip:+61255501234@demo.sip.example");
        check(
            "tel:+61255501234;phone-context=a.example",
            "sip:ada@example.org",
            number,
            ("sip:ada@example.org", number),
        );
        check(
            "sip:+61255501234@Demo.sip.example",
            "tel:+442071838750",
            number,
            ("tel:+442071838750", of_domain),
        );
        check(
            "sip:+61255501234@demo.sip.example;user=phone",
            "TEL:+442071838750;phone-context=x",
            "sip:+61255501234@demo.sip.example",
            ("tel:+442071838750", of_domain),
        );
    }
}
