//! Datagrams and texts from the ill-disposed: nothing panics, nothing is answered, and the meeting goes on.

mod client;

use std::{net::UdpSocket, time::Duration};

use client::{World, maker};
use media::{Channel, Event, OfferError};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::json;

/// Anything, but shaped so that it gets past the first look: STUN with user names, DTLS records and handshakes, RTP and RTCP.
fn datagram() -> impl Strategy<Value = Vec<u8>> {
    let tail = || proptest::collection::vec(any::<u8>(), 0..200);
    let with = |head: Vec<u8>, tail: Vec<u8>| [head, tail].concat();
    prop_oneof![
        tail(),
        proptest::collection::vec(any::<u8>(), 1_000..2_500),
        (0..4_u8, 0..4_u8, tail()).prop_map(move |(class, method, tail)| {
            with(
                vec![
                    class, method, 0, 100, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 6, 0, 9,
                ],
                tail,
            )
        }),
        (20..64_u8, 0..3_u16, tail()).prop_map(move |(kind, epoch, tail)| {
            let length = u16::try_from(tail.len()).expect("shorter than 200").to_be_bytes();
            let [high, low] = epoch.to_be_bytes();
            with(
                vec![kind, 254, 253, high, low, 0, 0, 0, 0, 0, 9, length[0], length[1]],
                tail,
            )
        }),
        (128..192_u8, any::<u8>(), tail()).prop_map(move |(first, second, tail)| with(vec![first, second], tail)),
    ]
}

/// A `ClientHello` as a stranger would send it.
fn client_hello() -> Vec<u8> {
    let mut hello = vec![
        22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 56, 1, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 44, 254, 253,
    ];
    hello.extend([7; 32]);
    hello.extend([0, 0, 0, 2, 0xc0, 0x2b, 1, 0]);
    hello
}

/// Sound and pictures still arrive, and channels still answer.
fn goes_on(world: &mut World) {
    for client in &mut world.clients {
        client.packets.clear();
    }
    world.until("sound goes on", |world| {
        world.clients.iter().all(|client| client.packets.len() > 5)
    });
    assert_eq!(world.ask(0, Channel::MediaEntries, &json!({"setMediaState": {}})), 0);
    assert!(!world.events.iter().any(|event| matches!(event, Event::Lost { .. })));
    assert_eq!(world.media.counters().peer_errors, 0);
}

#[test]
fn strangers_are_not_answered() {
    let mut world = World::new();
    world.join("r", "ada");
    world.join("r", "ben");
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    stranger.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let before = world.media.counters().datagrams_refused;
    for _ in 0..10 {
        stranger.send_to(&client_hello(), world.media.local_address()).unwrap();
    }
    world.until("dropped", |world| {
        world.media.counters().datagrams_refused == before + 10
    });
    assert!(
        stranger.recv_from(&mut [0; 2_000]).is_err(),
        "a DTLS handshake from an address that ICE has not validated"
    );
    goes_on(&mut world);
}

#[test]
fn arbitrary_datagrams_disturb_nobody() {
    let mut world = World::new();
    world.join("r", "ada");
    world.join("r", "ben");
    let server = world.media.local_address();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut runner = TestRunner::deterministic();
    for round in 0..3_000 {
        let contents = datagram().new_tree(&mut runner).unwrap().current();
        // Every second one comes from the address of a client, as if it were forged.
        let socket = if round % 2 == 0 {
            &stranger
        } else {
            &world.clients[0].socket
        };
        socket.send_to(&contents, server).unwrap();
        if round % 10 == 0 {
            world.turn();
        }
    }
    world.clients[0].socket.send_to(&client_hello(), server).unwrap();
    goes_on(&mut world);
    assert!(world.media.counters().datagrams_refused > 1_000);
}

/// How many packets of somebody's sound a client has.
fn heard(world: &World, client: usize, name: char) -> usize {
    let client = &world.clients[client];
    let sounds = client.packets.iter().filter(|(mid, _)| client.audio.contains(mid));
    sounds.filter(|(_, packet)| maker(packet) == name).count()
}

/// Somebody in the meeting, whose packets are therefore authentic, numbers them at will, and is heard all the same.
#[test]
fn arbitrary_numbers_end_no_meeting() {
    let check = |runs: &[u64]| {
        let mut world = World::new();
        let [ada, ben, others @ ..] = ["ada", "ben", "cat", "dan", "eve"].map(|name| world.join("r", name));
        world.clients[ada].sends = false;
        // On each line somebody else was heard before, so that its numbers are not those of whoever sends.
        for other in others {
            world.clients[other].level_dbov = -20;
        }
        world.until("all lines to have carried something", |world| {
            ['c', 'd', 'e'].iter().all(|name| heard(world, ben, *name) > 60)
        });
        for other in others {
            world.clients[other].sends = false;
        }
        for first in runs {
            world.clients[ben].packets.clear();
            for sequence in *first..=first.saturating_add(50) {
                world.clients[ada].sound_numbered(sequence);
                world.run_for(Duration::from_millis(10));
            }
            assert!(heard(&world, ben, 'a') > 20, "from {first} on, of {runs:?}");
        }
        assert!(!world.events.iter().any(|event| matches!(event, Event::Lost { .. })));
    };
    check(&[0, 4_000, 34_000, 66_000]);
    // What the stack makes of 40,000 after 0: it is of the round before the first.
    check(&[0, u64::MAX - 25_535, u64::MAX - 50]);
}

#[test]
fn arbitrary_texts_are_answered_or_refused() {
    let mut world = World::new();
    let ada = world.join("r", "ada");
    world.join("r", "ben");
    let mut runner = TestRunner::deterministic();
    for _ in 0..10 {
        let text = "[\\PC]{1,200}".new_tree(&mut runner).unwrap().current();
        for channel in Channel::ALL {
            world.clients[ada].say(channel, &text);
        }
    }
    world.until("refused", |world| world.media.counters().messages_refused >= 50);
    // Beyond the burst requests are refused for their number, and the session lives.
    for _ in 0..60 {
        world.clients[ada].ask(Channel::MediaEntries, &json!({"setMediaState": {}}));
    }
    world.until("throttled", |world| {
        world.clients[ada]
            .texts
            .iter()
            .any(|(_, text)| text["response"]["status"]["code"] == 8)
    });
    world.run_for(Duration::from_secs(1));
    goes_on(&mut world);
}

#[test]
fn arbitrary_offers_are_refused() {
    let world = World::new();
    let mut runner = TestRunner::deterministic();
    let lines = "(m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n|m=video 9 UDP/TLS/RTP/SAVPF 96\r\n|m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n|a=mid:[0-3]\r\n|a=recvonly\r\n|a=sendonly\r\n|a=rtpmap:111 opus/48000/2\r\n|a=rtpmap:96 VP8/90000\r\n|a=ice-ufrag:abcd\r\n|a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n|a=setup:actpass\r\n|a=ssrc:[0-9]{1,11} cname:x\r\n|a=fmtp:96 apt=[0-9]{1,4}\r\n){0,30}";
    for _ in 0..500 {
        let body = lines.new_tree(&mut runner).unwrap().current();
        let offer = format!("v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3\r\n{body}");
        assert!(world.media.answer(&offer).is_err(), "no fingerprint: {offer}");
    }
    assert!(matches!(world.media.answer("v=0"), Err(OfferError::Malformed(_))));
}
