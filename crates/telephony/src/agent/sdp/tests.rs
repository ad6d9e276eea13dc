//! What is offered and answered, as lines.

use proptest::prelude::*;

use super::{reading::crypto, *};

const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

fn local() -> SocketAddr {
    ([192, 0, 2, 9], 4_000).into()
}

#[test]
fn what_is_offered_is_answered_in_its_place() {
    let check = |streams: &str, expected: &str| {
        let description = Description::read(format!("{HEAD}{streams}").as_bytes()).expect(streams);
        let answer = description.answer(local(), 1);
        let lines: Vec<&str> = answer
            .lines()
            .filter(|line| line.starts_with("m=") || line.starts_with("a="))
            .collect();
        let kept: Vec<&str> = lines
            .into_iter()
            .filter(|line| !line.contains("ptime") && !line.contains("fmtp"))
            .collect();
        assert_eq!(kept.join(" "), expected, "{streams}");
    };
    let mu = "m=audio 4000 RTP/AVP 0 a=rtpmap:0 PCMU/8000 a=sendrecv";
    check("m=audio 5000 RTP/AVP 0\r\n", mu);
    let opus = "a=rtpmap:96 opus/48000/2";
    check(
        &format!("m=audio 5000 RTP/AVP 96 0\r\n{opus}\r\n"),
        &format!("m=audio 4000 RTP/AVP 96 {opus} a=sendrecv"),
    );
    check(&format!("m=audio 5000 RTP/AVP 0 96\r\n{opus}\r\n"), mu);
    check("m=audio 5000 RTP/AVP 96 0\r\na=rtpmap:96 opus/48000\r\n", mu);
    let (eight, forty_eight) = ("a=rtpmap:97 telephone-event/8000", "a=rtpmap:98 telephone-event/48000");
    check(
        &format!("m=audio 5000 RTP/AVP 96 97 98\r\n{opus}\r\n{eight}\r\n{forty_eight}\r\n"),
        &format!("m=audio 4000 RTP/AVP 96 98 {opus} {forty_eight} a=sendrecv"),
    );
    check(
        &format!("m=audio 5000 RTP/AVP 96 97\r\n{opus}\r\n{eight}\r\n"),
        &format!("m=audio 4000 RTP/AVP 96 97 {opus} {eight} a=sendrecv"),
    );
    check(&format!("m=audio 5000 RTP/AVP 0 98\r\n{forty_eight}\r\n"), mu);
    check(
        "m=audio 5000 RTP/AVP 8 0\r\n",
        "m=audio 4000 RTP/AVP 8 a=rtpmap:8 PCMA/8000 a=sendrecv",
    );
    check(
        "m=audio 5000 RTP/AVP 97 100\r\na=rtpmap:97 pcmu/8000/1\r\na=rtpmap:100 telephone-event/8000\r\n",
        "m=audio 4000 RTP/AVP 97 100 a=rtpmap:97 PCMU/8000 a=rtpmap:100 telephone-event/8000 a=sendrecv",
    );
    check(
        "m=video 7000 RTP/AVP 31\r\nm=audio 5000 RTP/AVP 0\r\n",
        &format!("m=video 0 RTP/AVP 31 {mu}"),
    );
    check(
        "m=audio 5000 RTP/AVP 0\r\na=sendonly\r\n",
        "m=audio 4000 RTP/AVP 0 a=rtpmap:0 PCMU/8000 a=recvonly",
    );
    check(
        "a=inactive\r\nm=audio 5000 RTP/AVP 0\r\n",
        "m=audio 4000 RTP/AVP 0 a=rtpmap:0 PCMU/8000 a=inactive",
    );
}

#[test]
fn where_reports_go() {
    let check = |streams: &str, expected: Option<&str>| {
        let description = Description::read(format!("{HEAD}{streams}").as_bytes()).expect(streams);
        let expected = expected.map_or(Reports::Muxed, |at| Reports::At(at.parse().expect("an address")));
        assert_eq!(description.plan().reports, expected, "{streams}");
        let is_muxed = description.answer(local(), 1).contains("a=rtcp-mux\r\n");
        assert_eq!(is_muxed, expected == Reports::Muxed, "{streams}");
    };
    let with = |line: &str| format!("m=audio 5000 RTP/AVP 0\r\n{line}\r\n");
    check(&with("a=sendrecv"), Some("192.0.2.1:5001"));
    check(&with("a=rtcp:6000"), Some("192.0.2.1:6000"));
    check(&with("a=rtcp:6000 IN IP4 192.0.2.7"), Some("192.0.2.7:6000"));
    check(&with("a=rtcp:0"), Some("192.0.2.1:5001"));
    check(&with("a=rtcp:x"), Some("192.0.2.1:5001"));
    check(&with("a=rtcp-mux"), None);
    check(&with("a=rtcp:6000\r\na=rtcp-mux"), None);
    check("m=audio 65535 RTP/AVP 0\r\n", Some("192.0.2.1:65535"));
}

#[test]
fn where_sound_goes() {
    let check = |streams: &str, remote: &str, hears: bool| {
        let description = Description::read(format!("{HEAD}{streams}").as_bytes()).expect(streams);
        assert_eq!(
            (description.plan().remote.to_string().as_str(), description.plan().hears),
            (remote, hears),
            "{streams}"
        );
    };
    check("m=audio 5000 RTP/AVP 0\r\n", "192.0.2.1:5000", true);
    check(
        "m=audio 5000 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\n",
        "192.0.2.2:5000",
        true,
    );
    check(
        "m=audio 5000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n",
        "[2001:db8::1]:5000",
        true,
    );
    check("m=audio 5000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", "0.0.0.0:5000", false);
    check("m=audio 5000 RTP/AVP 0\r\na=sendonly\r\n", "192.0.2.1:5000", false);
}

#[test]
fn what_cannot_be_agreed_on() {
    let check = |body: &str, expected| assert_eq!(Description::read(body.as_bytes()), Err(expected), "{body:.60}");
    check("", SdpError::Malformed);
    check("hello", SdpError::Malformed);
    check(HEAD, SdpError::Unsupported);
    let with = |streams: &str| format!("{HEAD}{streams}");
    check(&with("m=audio 0 RTP/AVP 0\r\n"), SdpError::Unsupported);
    check(&with("m=audio 5000 RTP/SAVP 0\r\n"), SdpError::Unsupported);
    check(
        &with("m=audio 5000 RTP/AVP 96\r\na=rtpmap:96 G722/8000\r\n"),
        SdpError::Unsupported,
    );
    check(&with("m=audio 70000 RTP/AVP 0\r\n"), SdpError::Unsupported);
    check(&with(&"m=audio 5000 RTP/AVP 0\r\n".repeat(40)), SdpError::Malformed);
    check(&with(&"a=x\r\n".repeat(4_000)), SdpError::Malformed);
}

#[test]
fn what_we_offer_can_be_answered() {
    let check = |ours: bool, theirs: bool, sound: Sound, events: Events| {
        let (ours, theirs) = (Means { opus: ours, ..ALL }, Means { opus: theirs, ..ALL });
        let offered = Description::read_by(offer(local(), ours).as_bytes(), theirs).expect("ours");
        let answer = offered.answer(([192, 0, 2, 1], 6_000).into(), 1);
        let plan = Description::read_by(answer.as_bytes(), ours).expect("an answer").plan();
        assert_eq!(
            (plan.remote.port(), plan.sound, plan.events),
            (6_000, sound, Some(events))
        );
    };
    check(true, true, OPUS, OPUS_EVENTS);
    check(true, false, MU, EVENTS);
    check(false, true, MU, EVENTS);
}

const SECRET: Secret = [7; 30];

fn secure(secret: Secret) -> Means {
    Means {
        secret: Some(secret),
        ..ALL
    }
}

#[test]
fn sealed_sound_is_taken_where_its_keys_are_safe() {
    let key = Key::new(Suite::HmacSha1_80, [1; 30]).text();
    let check = |streams: &str, is_secure: bool, expected: Option<&str>| {
        let body = format!("{HEAD}{streams}");
        let read = if is_secure {
            Description::read_by(body.as_bytes(), secure(SECRET))
        } else {
            Description::read(body.as_bytes())
        };
        let answer = read
            .map(|description| description.answer(local(), 1))
            .unwrap_or_default();
        let mut lines = answer.lines();
        let crypto = lines.find_map(|line| line.strip_prefix("a=crypto:"));
        let ours = |suite: Suite| format!("{} inline:{}", suite.name(), Key::new(suite, SECRET).text());
        let expected = expected.map(|expected| match expected.split_once(' ') {
            Some((tag, suite)) => format!("{tag} {}", ours(Suite::named(suite).expect("a suite"))),
            None => String::new(),
        });
        let said = (!answer.is_empty()).then(|| crypto.unwrap_or_default().to_owned());
        assert_eq!(said, expected, "{streams} {is_secure}");
    };
    let sealed = |crypto: &str| format!("m=audio 5000 RTP/SAVP 0\r\na=crypto:{crypto}\r\n");
    let (eighty, short) = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32");
    let usual = sealed(&format!("1 {eighty} inline:{key}"));
    check(&usual, true, Some("1 AES_CM_128_HMAC_SHA1_80"));
    check(&usual, false, None);
    check(
        &sealed(&format!("3 {short} inline:{key}|2^31")),
        true,
        Some("3 AES_CM_128_HMAC_SHA1_32"),
    );
    check(&sealed(&format!("1 {eighty} inline:{key}|2^20|1:4")), true, None);
    check(&sealed(&format!("1 {eighty} inline:{key};inline:{key}")), true, None);
    check(
        &sealed(&format!("1 {eighty} inline:{key} UNENCRYPTED_SRTP")),
        true,
        None,
    );
    check(
        &sealed(&format!("1 {eighty} inline:{key} WSH=64")),
        true,
        Some("1 AES_CM_128_HMAC_SHA1_80"),
    );
    check(&sealed("1 F8_128_HMAC_SHA1_80 inline:AAAA"), true, None);
    check(&sealed(&format!("1 {eighty} inline:AAAA")), true, None);
    check(
        &format!(
            "{}a=crypto:2 {short} inline:{key}\r\n",
            sealed("1 AEAD_AES_128_GCM inline:AAAA")
        ),
        true,
        Some("2 AES_CM_128_HMAC_SHA1_32"),
    );
    // A telephone that offers both ways gets the one that the way of its offer allows.
    let both = format!("{usual}m=audio 5002 RTP/AVP 0\r\n");
    check(&both, true, Some("1 AES_CM_128_HMAC_SHA1_80"));
    check(&both, false, Some(""));
    check("m=audio 5000 RTP/AVP 0\r\n", true, Some(""));
    check("m=audio 5000 RTP/SAVP 0\r\n", true, None);
}

#[test]
fn what_we_offer_by_tls_is_sealed() {
    let offer = offer(local(), secure(SECRET));
    let theirs = Description::read_by(offer.as_bytes(), secure([9; 30])).expect("ours");
    let answer = theirs.answer(([192, 0, 2, 1], 6_000).into(), 1);
    let ours = Description::read_by(answer.as_bytes(), secure(SECRET)).expect("an answer");
    let (theirs, ours) = (theirs.keys().expect("sealed"), ours.keys().expect("sealed"));
    assert_eq!((theirs.theirs, theirs.ours), (ours.ours, ours.theirs));
    assert!(!format!("{theirs:?}").contains("CQkJ"), "keys are not shown");
}

proptest! {
    #[test]
    fn no_crypto_is_a_panic(value in "[0-9]{1,3} AES_CM_128_HMAC_SHA1_(80|32) (inline:)?[A-Za-z0-9+/=|:;^ ]{0,60}") {
        let _ = crypto(&value);
    }

    #[test]
    fn no_bytes_are_a_panic(lines in prop::collection::vec("[vomcat]=[ -~]{0,30}|m=audio [0-9]{1,5} RTP/AVP( [0-9]{1,3}){0,4}", 0..12)) {
        let body = format!("v=0\r\n{}", lines.join("\r\n"));
        if let Ok(description) = Description::read(body.as_bytes()) {
            let answer = description.answer(local(), 2);
            prop_assert!(Description::read(answer.as_bytes()).is_ok(), "{}", answer);
        }
    }
}
