//! What messages of SIP are kept without: whatever lets a reader be somebody, hear a call or know which keys were pressed.
//!
//! A secret is covered and not cut out, so that what is left is as long as it was: lengths that a message says of itself stay true. What
//! is covered is rather too much than too little, since a sender may write things as oddly as the stack still takes them.

/// What covers a secret, a byte each.
const COVER: u8 = b'*';

/// Headers that prove something, by parameters or as a whole.
const PROOFS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "authentication-info",
    "proxy-authentication-info",
];

/// Parameters that are the proof, where a header has the scheme of digests or none.
const PROVING: &[&str] = &["response", "rspauth"];

/// A message without its secrets, as long as it was.
pub fn redacted(message: &[u8]) -> Vec<u8> {
    let mut redacted = message.to_vec();
    let end = message.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let (head, body) = redacted.split_at_mut(end.map_or(message.len(), |end| end + 4));
    for header in headers(head) {
        cover_header(header);
    }
    if head.starts_with(b"INFO ") {
        // Keys that were pressed: what somebody types is a PIN as likely as not.
        cover(body);
    } else {
        cover_keys(body);
    }
    redacted
}

/// Covers these, and leaves lines where they are.
pub(super) fn cover(bytes: &mut [u8]) {
    for byte in bytes.iter_mut().filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        *byte = COVER;
    }
}

/// The headers, each with the lines that it goes on in.
pub(super) fn headers(head: &mut [u8]) -> Vec<&mut [u8]> {
    let mut headers: Vec<&mut [u8]> = vec![];
    let (mut left, mut length) = (head, 0);
    while length < left.len() {
        length += 1;
        let goes_on = left.get(length).is_some_and(|next| matches!(next, b' ' | b'\t'));
        if left[length - 1] == b'\n' && !goes_on || length == left.len() {
            let (header, rest) = std::mem::take(&mut left).split_at_mut(length);
            headers.push(header);
            (left, length) = (rest, 0);
        }
    }
    headers
}

fn cover_header(header: &mut [u8]) {
    let Some(colon) = header.iter().position(|&byte| byte == b':') else {
        return;
    };
    let (name, value) = header.split_at_mut(colon + 1);
    let name = name[..colon].trim_ascii().to_ascii_lowercase();
    if !PROOFS.iter().any(|proof| proof.as_bytes() == name) {
        return;
    }
    let value_length = value.trim_ascii_start().len();
    let begin = value.len() - value_length;
    let is_digest = value[begin..].len() >= 6 && value[begin..begin + 6].eq_ignore_ascii_case(b"digest");
    if is_digest || name.ends_with(b"-info") {
        for parameter in PROVING {
            cover_parameter(value, parameter.as_bytes());
        }
    } else {
        cover(value);
    }
}

/// Covers what a parameter is wherever it is said, in whichever case and with whatever around its sign.
fn cover_parameter(value: &mut [u8], name: &[u8]) {
    let mut at = 0;
    while let Some(found) = find(&value[at..], name) {
        at += found + name.len();
        let begin = at + spaces(&value[at..]);
        if value.get(begin) != Some(&b'=') {
            continue;
        }
        let begin = begin + 1 + spaces(&value[begin + 1..]);
        let is_quoted = value.get(begin) == Some(&b'"');
        let begin = begin + usize::from(is_quoted);
        let is_end = |byte: u8| {
            if is_quoted {
                byte == b'"'
            } else {
                byte == b',' || byte.is_ascii_whitespace()
            }
        };
        let length = value[begin..].iter().take_while(|&&byte| !is_end(byte)).count();
        cover(&mut value[begin..begin + length]);
        at = begin + length;
    }
}

/// Covers the keys of sealed sound in a description (RFC 4568 §9.1, RFC 4566 §5.12).
fn cover_keys(body: &mut [u8]) {
    const INLINE: &[u8] = b"inline:";
    for line in body.split_mut(|&byte| byte == b'\n') {
        if line.starts_with(b"k=") {
            cover(&mut line[2..]);
        }
        let mut at = 0;
        while let Some(found) = find(&line[at..], INLINE) {
            let begin = at + found + INLINE.len();
            let length = line[begin..]
                .iter()
                .take_while(|byte| !byte.is_ascii_whitespace())
                .count();
            cover(&mut line[begin..begin + length]);
            at = begin + length;
        }
    }
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|part| part.eq_ignore_ascii_case(wanted))
}

fn spaces(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(message: &str, expected: &str) {
        let message = message.replace('\n', "\r\n");
        let redacted = String::from_utf8(redacted(message.as_bytes())).expect("it was text");
        assert_eq!(redacted.replace("\r\n", "\n"), expected);
    }

    #[test]
    fn what_proves_who_somebody_is_is_covered() {
        check(
            "REGISTER sip:a SIP/2.0\nAuthorization: Digest username=\"ada\", response=\"0123abcd\", nc=00000001\nCSeq: 1 REGISTER\n\n",
            "REGISTER sip:a SIP/2.0\nAuthorization: Digest username=\"ada\", response=\"********\", nc=00000001\nCSeq: 1 REGISTER\n\n",
        );
        check(
            "INVITE sip:a SIP/2.0\nPROXY-authorization : digest Response = abcd,\n response=\"ef\n 01\", qop=auth\nTo: response=mine\n\n",
            "INVITE sip:a SIP/2.0\nPROXY-authorization : digest Response = ****,\n response=\"**\n***\", qop=auth\nTo: response=mine\n\n",
        );
        check(
            "INVITE sip:a SIP/2.0\nAuthorization: Basic YWRhOnNlY3JldA==\n\n",
            "INVITE sip:a SIP/2.0\nAuthorization:***********************\n\n",
        );
        check(
            "SIP/2.0 200 OK\nAuthentication-Info: qop=auth, rspauth=\"ab\"\n\n",
            "SIP/2.0 200 OK\nAuthentication-Info: qop=auth, rspauth=\"**\"\n\n",
        );
        check(
            "SIP/2.0 401 Unauthorized\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\n\n",
            "SIP/2.0 401 Unauthorized\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\n\n",
        );
    }

    #[test]
    fn keys_of_sealed_sound_are_covered() {
        check(
            "INVITE sip:a SIP/2.0\n\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:ab+/=|2^20 WSH=64\nk=clear:secret\na=ptime:20\n",
            "INVITE sip:a SIP/2.0\n\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:********** WSH=64\nk=************\na=ptime:20\n",
        );
    }

    #[test]
    fn keys_that_are_pressed_are_covered() {
        check(
            "INFO sip:a SIP/2.0\n\nSignal=5\nDuration=100\n",
            "INFO sip:a SIP/2.0\n\n********\n************\n",
        );
    }

    proptest! {
        #[test]
        fn what_is_covered_is_as_long_and_stays_covered(
            message in "(INFO|INVITE) sip:a\r\n((Proxy-)?Authorization: ?(Digest|Basic) [a-z=\", \t]{0,20}(response ?= ?\"?[a-f0-9]{0,8})?\r\n ?){0,3}\r\n(a=crypto:[a-z: ]{0,9}inline:[a-z|]{0,9}\n|k=[a-z]{0,4}){0,3}"
        ) {
            let once = redacted(message.as_bytes());
            prop_assert_eq!(once.len(), message.len());
            prop_assert_eq!(redacted(&once), once);
        }
    }
}
