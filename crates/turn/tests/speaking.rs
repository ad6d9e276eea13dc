//! The client that looks whether a relay leads to the media: through our own relay, and at answers that are none.

use std::net::SocketAddr;
use std::time::Instant;

use proptest::prelude::*;
use turn::{Client, Credentials, Received, Refused, Relay, Relayed, Secret};

const NOW: u64 = 1_000_000;
const MEDIA: &str = "203.0.113.7:8080";
const MEDIA_6: &str = "[2001:db8::7]:8080";
const ELSEWHERE: &str = "203.0.113.8:8080";
const EXCHANGE: [u8; 12] = [255; 12];
/// Requests that a client may need: the first, the allocation, and a channel for each peer.
const REQUESTS: usize = 8;

fn address(text: &str) -> SocketAddr {
    text.parse().expect("a valid row")
}

#[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
fn now() -> Instant {
    Instant::now()
}

fn relay() -> Relay<u8> {
    let mut relay = Relay::new(Secret::new(b"north"), NOW);
    relay.lead_to([MEDIA, MEDIA_6].map(address).into_iter());
    relay
}

fn client(secret: &[u8], peers: &[SocketAddr]) -> Client {
    Client::new(credentials(secret), peers, EXCHANGE).expect("our names are short")
}

fn credentials(secret: &[u8]) -> Credentials {
    Secret::new(secret).credentials("somebody", NOW + 100)
}

/// Lets the client ask until it has nothing more to ask. Each answer comes twice, as a request may have gone twice.
fn let_through(client: &mut Client, relay: &mut Relay<u8>) -> Result<(), Refused> {
    for _ in 0..REQUESTS {
        let Some(request) = client.request() else {
            return Ok(());
        };
        let Received::Answer { bytes, .. } = relay.receive(0, address("198.51.100.1:7"), &request, now()) else {
            panic!("every request is answered");
        };
        assert_eq!(client.receive(&bytes)?, Relayed::Answer);
        assert_eq!(client.receive(&bytes), Ok(Relayed::Nothing));
    }
    panic!("the client goes on asking");
}

#[test]
fn whom_it_is_let_through_to() {
    let check = |secret: &[u8], peers: &[&str], expected: Result<&[&str], u16>| {
        let (mut relay, peers) = (relay(), peers.iter().copied().map(address).collect::<Vec<_>>());
        let mut client = client(secret, &peers);
        let outcome = let_through(&mut client, &mut relay).map_err(|refused| refused.code);
        assert_eq!(outcome, expected.map(drop), "{peers:?}");
        let mut wrapped = vec![];
        let reached: Vec<SocketAddr> = peers
            .into_iter()
            .filter(|peer| outcome.is_ok() && client.wrap(*peer, b"hello", &mut wrapped))
            .collect();
        let expected: Vec<SocketAddr> = expected.unwrap_or_default().iter().copied().map(address).collect();
        assert_eq!(reached, expected);
    };
    check(b"north", &[MEDIA], Ok(&[MEDIA]));
    check(b"north", &[MEDIA_6], Ok(&[MEDIA_6]));
    check(b"north", &[MEDIA_6, MEDIA], Ok(&[MEDIA]));
    check(b"north", &[ELSEWHERE, MEDIA], Ok(&[MEDIA]));
    check(b"north", &[MEDIA, ELSEWHERE], Ok(&[MEDIA]));
    check(b"north", &[ELSEWHERE], Err(403));
    check(b"south", &[MEDIA], Err(401));
}

#[test]
fn what_is_said_goes_there_and_comes_back() {
    let (mut relay, peer) = (relay(), address(MEDIA));
    let mut client = client(b"north", &[peer]);
    assert_eq!(let_through(&mut client, &mut relay), Ok(()));
    let relayed = client.relayed().expect("it was let through");
    let mut there = vec![];
    assert!(client.wrap(peer, b"hello", &mut there));
    let expected = Received::Datagram {
        from: relayed,
        to: peer,
        contents: b"hello",
    };
    assert_eq!(relay.receive(0, address("198.51.100.1:7"), &there, now()), expected);
    let mut back = vec![];
    relay.wrap(relayed, None, b"and back", &mut back);
    let expected = Relayed::Datagram {
        from: peer,
        contents: b"and back",
    };
    assert_eq!(client.receive(&back), Ok(expected));
    let farewell = client.farewell();
    relay.receive(0, address("198.51.100.1:7"), &farewell, now());
    assert_eq!(relay.count(), 0);
}

/// What a relay of somebody else's says to the first request.
fn message(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut bytes = [&kind.to_be_bytes()[..], &[0, 0, 0x21, 0x12, 0xa4, 0x42], &EXCHANGE].concat();
    for (kind, value) in attributes {
        bytes.extend(kind.to_be_bytes());
        bytes.extend(u16::try_from(value.len()).expect("a valid row").to_be_bytes());
        bytes.extend(*value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    let length = u16::try_from(bytes.len() - 20).expect("a valid row");
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

fn refusal(code: [u8; 2], reason: &str, attributes: &[(u16, &str)]) -> Vec<u8> {
    let error = [&[0, 0, code[0], code[1]], reason.as_bytes()].concat();
    let attributes = attributes.iter().map(|(kind, text)| (*kind, text.as_bytes()));
    message(
        0x113,
        &std::iter::once((9, &error[..])).chain(attributes).collect::<Vec<_>>(),
    )
}

/// The longest requests are those that are signed, with all that the relay has told.
#[test]
fn whoever_has_a_name_that_is_too_long_is_nobody() {
    let check = |length, is_somebody: bool| {
        let credentials = Credentials {
            username: "a".repeat(length),
            password: "b".repeat(length),
        };
        let client = Client::new(credentials, &[address(MEDIA)], EXCHANGE);
        assert_eq!(client.is_some(), is_somebody, "{length}");
        let Some(mut client) = client else { return };
        let told = "c".repeat(763);
        let refusal = refusal([4, 1], "", &[(0x14, &told), (0x15, &told)]);
        assert_eq!(client.receive(&refusal), Ok(Relayed::Answer));
        assert!(
            client
                .request()
                .is_some_and(|request| request.len() > length + 2 * told.len())
        );
    };
    check(0, true);
    check(508, true);
    check(509, false);
    check(100_000, false);
}

#[test]
fn a_refusal_is_the_last_word_unless_it_says_how_to_ask() {
    let (realm, nonce) = ((0x14, "example.org"), (0x15, "a"));
    let check = |code, reason: &str, attributes: &[(u16, &str)], expected: Result<Relayed<'_>, &str>| {
        let mut client = client(b"north", &[address(MEDIA)]);
        let refusal = refusal(code, reason, attributes);
        let answered = client.receive(&refusal).map_err(|refused| refused.to_string());
        assert_eq!(answered, expected.map_err(str::to_owned));
    };
    check([4, 1], "Unauthorized", &[realm, nonce], Ok(Relayed::Answer));
    check([4, 1], "Unauthorized", &[nonce], Err("401 Unauthorized"));
    check(
        [4, 1],
        "Unauthorized",
        &[(0x14, &"a".repeat(800)), nonce],
        Err("401 Unauthorized"),
    );
    check([4, 38], "Stale Nonce", &[realm, nonce], Err("438 Stale Nonce"));
    check([4, 86], "Full\x1b[2J\n", &[], Err("486 Full[2J"));
    check([5, 8], "", &[], Err("508"));
    for no_refusal in [[0, 0], [2, 0], [7, 1], [4, 100]] {
        check(no_refusal, "Unauthorized", &[realm, nonce], Ok(Relayed::Nothing));
    }
    let without_code = message(0x113, &[realm, nonce].map(|(kind, text)| (kind, text.as_bytes())));
    assert_eq!(
        client(b"north", &[address(MEDIA)]).receive(&without_code),
        Ok(Relayed::Nothing)
    );
    check([3, 0], &"a".repeat(200), &[], Err(&format!("300 {}", "a".repeat(64))));
}

#[test]
fn a_relay_that_always_has_another_nonce_is_not_asked_for_ever() {
    let (mut relay, mut client) = (relay(), client(b"north", &[address(MEDIA)]));
    let mut ask = |from: u16| {
        let request = client.request().expect("it is not let through");
        // A nonce is one client's, and here each request is another one's.
        let from = SocketAddr::new(address("198.51.100.1:0").ip(), from);
        let Received::Answer { bytes, .. } = relay.receive(0, from, &request, now()) else {
            panic!("every request is answered");
        };
        client.receive(&bytes).map(drop).map_err(|refused| refused.code)
    };
    let answers: Vec<_> = (1..8).map(&mut ask).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 4, "{answers:?}");
    assert_eq!(answers[4], Err(438));
}

proptest! {
    #[test]
    fn nothing_that_a_relay_says_is_believed_for_its_length(
        kind in any::<u16>(),
        rest in prop::collection::vec(any::<u8>(), 0..120),
        is_whole in any::<bool>(),
    ) {
        let mut client = client(b"north", &[address(MEDIA)]);
        let length = u16::try_from(rest.len()).expect("few");
        let head = if is_whole { [&[0x21, 0x12, 0xa4, 0x42][..], &EXCHANGE].concat() } else { vec![] };
        let bytes = [&kind.to_be_bytes()[..], &length.to_be_bytes(), &head, &rest].concat();
        let _ = client.receive(&bytes);
        prop_assert_eq!(client.relayed(), None, "nobody has signed it");
    }
}
