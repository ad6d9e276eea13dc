//! What a client gets of a relay, and what nobody does.

mod client;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use client::{
    ALLOCATE, CHANNEL_BIND, CHANNEL_NUMBER, CREATE_PERMISSION, DATA, FAMILY, LIFETIME, MAPPED, NONCE, PEER, REFRESH,
    RELAYED, SEND, TRANSPORT, address, attribute, by_datagrams, code, is_signed, masked, message, signed,
};
use proptest::prelude::*;
use turn::{Credentials, Received, Relay, Secret, is_relaying, limits};

const NOW: u64 = 1_000_000;
const MEDIA: &str = "203.0.113.7:8080";
const MEDIA_6: &str = "[2001:db8::7]:8080";

/// A relay that leads to two addresses, and a time that goes on as it is told.
struct World {
    relay: Relay<u16>,
    secret: Secret,
    begin: Instant,
    passed: Duration,
}

/// The client who comes by a way, which is its port.
fn client(way: u16) -> SocketAddr {
    SocketAddr::new("198.51.100.1".parse().expect("a valid row"), way)
}

fn media(text: &str) -> SocketAddr {
    text.parse().expect("a valid row")
}

impl World {
    #[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
    fn new() -> World {
        let secret = Secret::new(b"north");
        let mut relay = Relay::new(secret.clone(), NOW);
        relay.lead_to([media(MEDIA), media(MEDIA_6)].into_iter());
        World {
            relay,
            secret,
            begin: Instant::now(),
            passed: Duration::ZERO,
        }
    }

    fn credentials(&self, name: &str) -> Credentials {
        self.secret.credentials(name, NOW + 100)
    }

    fn now(&self) -> Instant {
        self.begin + self.passed
    }

    /// What is answered, if anything is.
    fn say(&mut self, way: u16, bytes: &[u8]) -> Option<Vec<u8>> {
        let now = self.now();
        match self.relay.receive(way, client(way), bytes, now) {
            Received::Answer { bytes, .. } => Some(bytes),
            other => {
                assert_eq!(other, Received::Nothing);
                None
            }
        }
    }

    /// The nonce that whoever asks without credentials is told.
    fn nonce(&mut self, way: u16) -> String {
        let answer = self
            .say(way, &message(ALLOCATE, 1, &[by_datagrams()]))
            .expect("it is refused");
        assert_eq!(code(&answer), 401);
        String::from_utf8(attribute(&answer, NONCE).expect("it has one").to_vec()).expect("a valid row")
    }

    /// Asks with credentials.
    fn ask(
        &mut self,
        way: u16,
        kind: u16,
        transaction: u8,
        attributes: &[(u16, Vec<u8>)],
        who: &Credentials,
    ) -> Vec<u8> {
        let nonce = self.nonce(way);
        let request = signed(kind, transaction, attributes, who, &nonce);
        self.say(way, &request).expect("it is answered")
    }

    fn allocate(&mut self, way: u16, who: &Credentials) -> SocketAddr {
        let answer = self.ask(way, ALLOCATE, 2, &[by_datagrams()], who);
        assert_eq!(code(&answer), 0);
        assert!(is_signed(&answer, who));
        assert_eq!(address(&answer, MAPPED), client(way));
        assert_eq!(attribute(&answer, LIFETIME), Some(&600_u32.to_be_bytes()[..]));
        address(&answer, RELAYED)
    }

    /// Lets time pass, with somebody at these addresses.
    fn pass(&mut self, time: Duration, lived_in: &[SocketAddr]) {
        self.passed += time;
        let unix_s = NOW + self.passed.as_secs();
        self.relay.sweep(
            self.begin + self.passed,
            unix_s,
            |_| true,
            |relayed| lived_in.contains(&relayed),
        );
    }
}

#[test]
fn who_may_have_an_allocation() {
    let check = |who: &dyn Fn(&World) -> Credentials, attributes: &[(u16, Vec<u8>)], expected: u16| {
        let mut world = World::new();
        let who = who(&world);
        let answer = world.ask(7, ALLOCATE, 2, attributes, &who);
        assert_eq!(code(&answer), expected, "{attributes:?} by {who:?}");
        assert_eq!(world.relay.count(), usize::from(expected == 0));
    };
    let ada = |world: &World| world.credentials("ada");
    check(&ada, &[by_datagrams()], 0);
    let past = |world: &World| world.secret.credentials("ada", NOW);
    check(&past, &[by_datagrams()], 401);
    let other_password = |world: &World| Credentials {
        password: "guessed".into(),
        ..world.credentials("ada")
    };
    check(&other_password, &[by_datagrams()], 401);
    let other_server = |_: &World| Secret::new(b"south").credentials("ada", NOW + 100);
    check(&other_server, &[by_datagrams()], 401);
    let longer = |world: &World| Credentials {
        username: format!("{}:ada", NOW + 9_999),
        ..world.credentials("ada")
    };
    check(&longer, &[by_datagrams()], 401);
    check(&ada, &[], 400);
    check(&ada, &[(TRANSPORT, vec![6, 0, 0, 0])], 442);
    check(&ada, &[by_datagrams(), (FAMILY, vec![1, 0, 0, 0])], 0);
    check(&ada, &[by_datagrams(), (FAMILY, vec![2, 0, 0, 0])], 0);
    check(&ada, &[by_datagrams(), (FAMILY, vec![3, 0, 0, 0])], 440);
    let (even_port, software) = (0x18, 0x8022);
    check(&ada, &[by_datagrams(), (even_port, vec![0])], 420);
    check(&ada, &[by_datagrams(), (software, b"some client".to_vec())], 0);
}

#[test]
fn a_nonce_is_of_today_and_of_its_client() {
    let mut world = World::new();
    let ada = world.secret.credentials("ada", NOW + 10_000);
    let nonce = world.nonce(7);
    let request = signed(ALLOCATE, 2, &[by_datagrams()], &ada, &nonce);
    assert_eq!(code(&world.say(8, &request).expect("it is answered")), 438);
    world.pass(Duration::from_secs(limits::NONCE_LIFETIME_S), &[]);
    assert_eq!(code(&world.say(7, &request).expect("it is answered")), 438);
}

#[test]
fn nothing_but_media_is_reached() {
    let mut world = World::new();
    let ada = world.credentials("ada");
    let relayed = world.allocate(7, &ada);
    assert_eq!(relayed.ip(), media(MEDIA).ip());
    let check = |world: &mut World, peer: &str, permitted: u16, bound: u16| {
        let peer = peer.parse().expect("a valid row");
        let answer = world.ask(7, CREATE_PERMISSION, 3, &[(PEER, masked(peer, 3))], &ada);
        assert_eq!(code(&answer), permitted, "a permission for {peer}");
        let bind = [(CHANNEL_NUMBER, vec![0x41, 0, 0, 0]), (PEER, masked(peer, 3))];
        let answer = world.ask(7, CHANNEL_BIND, 3, &bind, &ada);
        assert_eq!(code(&answer), bound, "a channel to {peer}");
        let sent = message(SEND, 3, &[(PEER, masked(peer, 3)), (DATA, b"hello".to_vec())]);
        let expected = if bound == 403 {
            Received::Nothing
        } else {
            Received::Datagram {
                from: relayed,
                to: peer,
                contents: b"hello",
            }
        };
        assert_eq!(world.relay.receive(7, client(7), &sent, world.begin), expected);
    };
    check(&mut world, "127.0.0.1:22", 403, 403);
    check(&mut world, "10.0.0.1:80", 403, 403);
    check(&mut world, "169.254.169.254:80", 403, 403);
    check(&mut world, "203.0.113.8:8080", 403, 403);
    check(&mut world, "[::1]:8080", 403, 403);
    check(&mut world, "203.0.113.7:22", 0, 403);
    check(&mut world, MEDIA, 0, 0);
    // The channel has its peer for as long as it lasts.
    check(&mut world, MEDIA_6, 0, 400);
}

#[test]
fn datagrams_come_and_go() {
    let mut world = World::new();
    let ada = world.credentials("ada");
    let relayed = world.allocate(7, &ada);
    let back = |world: &mut World| {
        let mut written = vec![];
        let way = world.relay.wrap(relayed, Some(media(MEDIA).ip()), b"hi", &mut written);
        way.map(|way| (way, written))
    };
    let (way, told) = back(&mut world).expect("it is there");
    assert_eq!(
        (way, attribute(&told, DATA), address(&told, PEER)),
        (7, Some(&b"hi"[..]), media(MEDIA))
    );

    let data = [0x41, 0, 0, 3, 1, 2, 3, 0];
    assert_eq!(world.say(7, &data), None, "there is no such channel");
    let bind = [(CHANNEL_NUMBER, vec![0x41, 0, 0, 0]), (PEER, masked(media(MEDIA), 3))];
    assert_eq!(code(&world.ask(7, CHANNEL_BIND, 3, &bind, &ada)), 0);
    let received = world.relay.receive(7, client(7), &data, world.begin);
    let expected = Received::Datagram {
        from: relayed,
        to: media(MEDIA),
        contents: &[1, 2, 3],
    };
    assert_eq!(received, expected);
    assert_eq!(world.say(8, &data), None, "it is somebody else's");
    assert_eq!(back(&mut world), Some((7, vec![0x41, 0, 0, 2, b'h', b'i'])));
    assert_eq!(world.say(7, &data[..6]), None, "it is cut off");

    assert_eq!(code(&world.ask(7, REFRESH, 4, &[(LIFETIME, vec![0; 4])], &ada)), 0);
    assert_eq!((world.say(7, &data), back(&mut world)), (None, None));
    assert_eq!(code(&world.ask(7, REFRESH, 5, &[], &ada)), 437);
}

#[test]
fn an_allocation_is_one_credentials() {
    let mut world = World::new();
    let (ada, ben) = (world.credentials("ada"), world.credentials("ben"));
    let relayed = world.allocate(7, &ada);
    assert_eq!(world.allocate(7, &ada), relayed, "the request came twice");
    assert_eq!(code(&world.ask(7, ALLOCATE, 9, &[by_datagrams()], &ada)), 437);
    assert_eq!(code(&world.ask(7, REFRESH, 3, &[(LIFETIME, vec![0; 4])], &ben)), 441);
    assert_eq!(code(&world.ask(8, REFRESH, 3, &[], &ben)), 437);
    assert_eq!(world.relay.count(), 1);
}

#[test]
fn an_allocation_ends_when_nobody_lives_there() {
    let mut world = World::new();
    let (ada, ben) = (world.credentials("ada"), world.credentials("ben"));
    let ada_at = world.allocate(7, &ada);
    world.allocate(8, &ben);
    world.pass(limits::UNPROVEN_TIMEOUT, &[ada_at]);
    assert_eq!(world.relay.count(), 1, "nobody came to the other");
    // Her credentials are over, and she goes on.
    world.pass(Duration::from_secs(100), &[ada_at]);
    assert_eq!(code(&world.ask(7, REFRESH, 3, &[], &ada)), 0);
    assert_eq!(code(&world.ask(8, ALLOCATE, 3, &[by_datagrams()], &ada)), 401);
    world.pass(Duration::from_secs(1), &[]);
    assert_eq!(world.relay.count(), 1);
    world.pass(limits::UNPROVEN_TIMEOUT, &[]);
    assert_eq!(world.relay.count(), 0);
}

#[test]
fn an_allocation_that_is_not_refreshed_ends_and_so_does_one_whose_way_is_gone() {
    let mut world = World::new();
    let ada = world.credentials("ada");
    let [first, second] = [7, 8].map(|way| world.allocate(way, &ada));
    let lived_in = [first, second];
    world.pass(Duration::from_secs(500), &lived_in);
    assert_eq!(code(&world.ask(7, REFRESH, 3, &[], &ada)), 0);
    world.pass(Duration::from_secs(100), &lived_in);
    assert_eq!((world.relay.way(first), world.relay.way(second)), (Some(7), None));
    let now = world.now();
    world.relay.sweep(now, NOW, |way| *way != 7, |_| true);
    assert_eq!(world.relay.count(), 0);
}

#[test]
fn everybody_has_a_share() {
    let mut world = World::new();
    let ada = world.credentials("ada");
    let most = u16::try_from(limits::ALLOCATIONS_PER_CREDENTIAL).expect("a valid row");
    for way in 0..most {
        world.allocate(way, &ada);
    }
    assert_eq!(code(&world.ask(most, ALLOCATE, 2, &[by_datagrams()], &ada)), 486);

    let mut world = World::new();
    let most = u16::try_from(limits::UNPROVEN.per_client).expect("a valid row");
    for way in 0..most {
        world.passed += Duration::from_secs(1);
        let who = world.credentials(&way.to_string());
        world.allocate(way, &who);
    }
    let next = world.credentials("next");
    assert_eq!(code(&world.ask(most, ALLOCATE, 2, &[by_datagrams()], &next)), 486);
}

#[test]
fn strangers_are_answered_so_often() {
    let mut world = World::new();
    let question = message(1, 1, &[]);
    let answer = world.say(7, &question).expect("it is answered");
    assert_eq!(address(&answer, MAPPED), client(7));
    let answered = (0..1_000).filter(|_| world.say(7, &question).is_some()).count();
    assert_eq!(
        answered + 1,
        usize::try_from(limits::ANSWERS_TO_STRANGERS.times.get()).expect("a valid row")
    );
}

#[test]
fn what_is_for_a_relay() {
    let check = |bytes: &[u8], expected| assert_eq!(is_relaying(bytes), expected, "{bytes:02x?}");
    check(&message(ALLOCATE, 1, &[]), true);
    check(&message(SEND, 1, &[]), true);
    check(&message(1, 1, &[]), true);
    check(&[0x40, 0, 0, 0], true);
    check(&message(1, 1, &[(6, b"ours:theirs".to_vec())]), false);
    check(&message(0x0101, 1, &[]), false);
    check(&message(0x0103, 1, &[]), false);
    check(&message(ALLOCATE, 1, &[])[..19], false);
    check(&[22, 254, 253], false);
    check(&[0x80, 111], false);
    check(&[], false);
}

proptest! {
    #[test]
    fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..120), kind in 0..12_u16, cut in 0..120_usize) {
        let mut world = World::new();
        let now = world.begin;
        is_relaying(&bytes);
        world.relay.receive(7, client(7), &bytes, now);
        let mut built = message(kind, 1, &[(kind, bytes.clone()), (PEER, bytes)]);
        built.truncate(cut);
        is_relaying(&built);
        world.relay.receive(7, client(7), &built, now);
    }
}
