//! What messages of SIP are kept without, where a caller wants nobody to know who they are (RFC 3323): whatever says it.
//!
//! Whoever carried the call may have said it all the same, to us alone (`P-Asserted-Identity`, RFC 3325), and telephones write their owner
//! into more places than one. So of what comes from a caller's side only that stays of which it is known that it says nothing of
//! anybody, and all else is covered, as secrets are. How they reach us, from which address, stays: a network is nobody.

use super::redaction::{cover, headers};

/// By whom a message was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// By us.
    Ours,
    /// By whoever calls, or somebody on the way from there.
    Theirs,
}

/// Headers that say nothing of a person, with the short names that they have.
const IMPERSONAL: &[&str] = &[
    "via",
    "v",
    "call-id",
    "i",
    "cseq",
    "max-forwards",
    "record-route",
    "route",
    "content-type",
    "c",
    "content-length",
    "l",
    "content-disposition",
    "content-encoding",
    "e",
    "mime-version",
    "allow",
    "allow-events",
    "u",
    "event",
    "o",
    "accept",
    "accept-encoding",
    "accept-language",
    "supported",
    "k",
    "require",
    "proxy-require",
    "unsupported",
    "session-expires",
    "x",
    "min-se",
    "expires",
    "date",
    "timestamp",
    "privacy",
    "reason",
    "retry-after",
    "rack",
    "rseq",
];

/// Attributes of a description that say how sound comes, and from whom not.
const OF_SOUND: &[&str] = &[
    "rtpmap", "fmtp", "ptime", "maxptime", "sendrecv", "sendonly", "recvonly", "inactive", "rtcp", "rtcp-mux", "crypto",
];

/// A message of a call whose caller withholds who they are, as long as it was.
pub(super) fn withheld(message: &[u8], side: Side) -> Vec<u8> {
    let mut withheld = message.to_vec();
    let end = message.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let (head, body) = withheld.split_at_mut(end.map_or(message.len(), |end| end + 4));
    let is_answer = head.starts_with(b"SIP/");
    // Who asked is in `From` of an answer as well.
    let party: [&[u8]; 2] = match (side, is_answer) {
        (Side::Theirs, false) | (Side::Ours, true) => [b"from", b"f"],
        (Side::Ours, false) | (Side::Theirs, true) => [b"to", b"t"],
    };
    let mut lines = headers(head).into_iter();
    if let Some(first) = lines.next()
        && (side, is_answer) == (Side::Ours, false)
    {
        cover_target(first);
    }
    for header in lines {
        let Some(colon) = header.iter().position(|&byte| byte == b':') else {
            cover(header);
            continue;
        };
        let (name, value) = header.split_at_mut(colon + 1);
        let name = name[..colon].trim_ascii().to_ascii_lowercase();
        let is_party = |names: [&[u8]; 2]| names.contains(&name.as_slice());
        let is_impersonal = IMPERSONAL.iter().any(|known| known.as_bytes() == name);
        if is_party(party) {
            cover_party(value);
        } else if side == Side::Theirs && !is_impersonal && !is_party([b"to", b"t"]) && !is_party([b"from", b"f"]) {
            cover(value);
        }
    }
    if side == Side::Theirs {
        cover_description(body);
    }
    withheld
}

/// Covers whom a request goes to: a telephone says of itself where it is, under its owner's name.
fn cover_target(line: &mut [u8]) {
    if let Some(target) = line.split_mut(|&byte| byte == b' ').nth(1) {
        cover(target);
    }
}

/// Covers a party but for the tag, by which a reader knows the messages of a dialog.
fn cover_party(value: &mut [u8]) {
    const TAG: &[u8] = b";tag=";
    let address = value.iter().rposition(|&byte| byte == b'>').unwrap_or(0);
    let tag = value[address..]
        .windows(TAG.len())
        .rposition(|part| part.eq_ignore_ascii_case(TAG));
    let begin = tag.map_or(value.len(), |tag| address + tag);
    let (party, rest) = value.split_at_mut(begin);
    cover(party);
    let is_tag = |byte: u8| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte);
    let after = rest.get(TAG.len()..).unwrap_or_default();
    let length = after.iter().take_while(|&&byte| is_tag(byte)).count();
    cover(rest.get_mut(TAG.len() + length..).unwrap_or_default());
}

/// Covers what a description says beside how sound comes, and all of what is none.
fn cover_description(body: &mut [u8]) {
    for line in body.split_mut(|byte| matches!(byte, b'\r' | b'\n')) {
        match line {
            [b'v' | b't' | b'c' | b'm' | b'b' | b'k', b'=', ..] => {}
            [b'o', b'=', origin @ ..] => {
                let name = origin.iter().position(|&byte| byte == b' ').unwrap_or(origin.len());
                cover(&mut origin[..name]);
            }
            [b'a', b'=', attribute @ ..] => {
                let name = attribute.split(|&byte| byte == b':').next().unwrap_or_default();
                if !OF_SOUND.iter().any(|known| known.as_bytes() == name) {
                    cover(attribute);
                }
            }
            _ => cover(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(side: Side, message: &str, expected: &str) {
        let withheld = withheld(message.replace('\n', "\r\n").as_bytes(), side);
        let withheld = String::from_utf8(withheld).expect("it was text");
        assert_eq!(withheld.replace("\r\n", "\n"), expected);
    }

    #[test]
    fn nothing_of_what_a_caller_says_tells_who_they_are() {
        check(
            Side::Theirs,
            "INVITE sip:desk@demo.example SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9\nFrom: \"Ada\" <sip:ada@a.example>;tag=1f\n\
             To: <sip:desk@demo.example>\nContact: <sip:ada@192.0.2.7>\nP-Asserted-Identity: <tel:+44>\nPrivacy: id\nX-Who: ada\n\
             Authorization: Digest username=\"ada\"\nCSeq: 1 INVITE\n\n\
             v=0\no=ada 1 1 IN IP4 192.0.2.7\ns=Ada\nc=IN IP4 192.0.2.7\nm=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n\
             a=ssrc:1 cname:ada\na=sendrecv\n",
            "INVITE sip:desk@demo.example SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9\nFrom:**************************;tag=1f\n\
             To: <sip:desk@demo.example>\nContact:********************\nP-Asserted-Identity:**********\nPrivacy: id\nX-Who:****\n\
             Authorization:**********************\nCSeq: 1 INVITE\n\n\
             v=0\no=*** 1 1 IN IP4 192.0.2.7\n*****\nc=IN IP4 192.0.2.7\nm=audio 4000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n\
             a=****************\na=sendrecv\n",
        );
        check(
            Side::Theirs,
            "SIP/2.0 200 OK\nFrom: <sip:desk@demo.example>;tag=2\nt: sip:ada@a.example;TAG=1f;x=ada\nm: <sip:ada@a>\n\nAda\n",
            "SIP/2.0 200 OK\nFrom: <sip:desk@demo.example>;tag=2\nt:******************;TAG=1f******\nm:************\n\n***\n",
        );
        check(
            Side::Theirs,
            "BYE sip:sederunt@192.0.2.1 SIP/2.0\nf: \";tag=ada\" <sip:ada@a;tag=b>\nada\n\n",
            "BYE sip:sederunt@192.0.2.1 SIP/2.0\nf:*****************************\n***\n\n",
        );
    }

    #[test]
    fn nothing_of_what_is_said_to_a_caller_tells_who_they_are() {
        check(
            Side::Ours,
            "BYE sip:ada@192.0.2.7 SIP/2.0\nFrom: <sip:desk@demo.example>;tag=2\nTo: Ada <sip:ada@a.example>;tag=1f\n\
             Contact: <sip:sederunt@192.0.2.1>\n\n",
            "BYE ***************** SIP/2.0\nFrom: <sip:desk@demo.example>;tag=2\nTo:************************;tag=1f\n\
             Contact: <sip:sederunt@192.0.2.1>\n\n",
        );
        check(
            Side::Ours,
            "SIP/2.0 200 OK\nFrom: <sip:ada@a>;tag=1f\nTo: <sip:desk@b>;tag=2\n\nv=0\ns=-\n",
            "SIP/2.0 200 OK\nFrom:************;tag=1f\nTo: <sip:desk@b>;tag=2\n\nv=0\ns=-\n",
        );
    }

    proptest! {
        #[test]
        fn whatever_is_said_of_a_caller_is_covered_and_as_long(
            before in "(Via: x\r\n)?",
            name in "(From|f|FROM|Contact|P-Asserted-Identity|X-[A-Z]{1,3}) ?:",
            around in ("[ \"<:;=]{0,6}", "[\";>= ,]{0,4}"),
            body in "([a-z]=|)",
        ) {
            let (left, right) = &around;
            let message = format!("INVITE sip:a SIP/2.0\r\n{before}{name}{left}LOVELACE{right}\r\n\r\ns={body}LOVELACE\r\n");
            let withheld = withheld(message.as_bytes(), Side::Theirs);
            prop_assert_eq!(withheld.len(), message.len());
            let text = String::from_utf8(withheld).expect("text");
            prop_assert!(!text.contains("LOVELACE"), "{}", text);
        }
    }
}
