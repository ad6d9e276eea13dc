//! Both ends, and what lies between them.

use std::time::Instant;

use mio::{Poll, Token, Waker};

use super::{
    peer::{AGAIN, OPUS},
    *,
};
use crate::{
    core::{LineId, channels::Channel},
    egress::{Egress, Extensions, Outgoing},
    ingress::PeerEvent,
};

#[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
fn ends() -> (WiredPeer, Wired, Arc<Announced>) {
    let waker = Waker::new(Poll::new().unwrap().registry(), Token(0)).unwrap();
    let announced = Arc::<Announced>::default();
    let (mut peer, wired) = wire(true);
    peer.lives_with(&announced, &Arc::new(waker));
    peer.tick(Instant::now());
    (peer, wired, announced)
}

fn said(timestamp: u32) -> SaidPacket {
    SaidPacket {
        timestamp,
        marker: false,
        level_dbov: -20,
        voice: true,
        payload: Arc::from([0; 20]),
    }
}

fn hear(peer: &mut WiredPeer, sequence: u64) -> bool {
    let packet = Outgoing {
        format: OPUS,
        sequence,
        timestamp: 0,
        marker: false,
        starts_keyframe: false,
        csrc: &[1_000, 42],
        payload: &Arc::from([1, 2, 3]),
        redundant: None,
        picture: None,
        captured: peer.now.unwrap(),
        extensions: Extensions::default(),
    };
    peer.write(LineId::Audio(2), &packet)
}

fn events(peer: &mut WiredPeer) -> Vec<PeerEvent> {
    let mut events = vec![];
    peer.drain(&mut events);
    events
}

#[test]
fn of_sound_that_nobody_takes_the_oldest_gives_way() {
    let (mut peer, wired, _) = ends();
    let more = limits::WIRED_HEARD_WAITING as u64 + 10;
    for sequence in 0..more {
        assert!(hear(&mut peer, sequence));
        if sequence % 7 == 0 {
            events(&mut peer);
        }
    }
    events(&mut peer);
    let mut heard = vec![];
    wired.sound().beat(&mut heard);
    let sequences: Vec<u64> = heard.iter().map(|packet| packet.sequence).collect();
    assert_eq!(sequences, (10..more).collect::<Vec<_>>());
    assert_eq!((heard[0].line, heard[0].speaker), (2, 1_000));

    for timestamp in 0..limits::WIRED_SAID_WAITING + 5 {
        wired.sound().say(said(u32::try_from(timestamp).unwrap()));
    }
    let events = events(&mut peer);
    let timestamps = events.iter().filter_map(|event| match event {
        PeerEvent::Media(packet) => Some(packet.timestamp),
        _ => None,
    });
    assert_eq!(timestamps.min(), Some(5));
}

#[test]
fn texts_do_not_give_way() {
    let (peer, mut wired, _) = ends();
    for _ in 0..limits::WIRED_TEXTS_WAITING {
        assert!(peer.tell(Channel::Moderation, "{}"));
    }
    assert!(!peer.tell(Channel::Moderation, "{}"), "it waits in the outbox");
    assert!(
        peer.tell(Channel::Chat, "{}"),
        "what is not read is not in anybody's way"
    );
    assert!(wired.texts.try_recv().is_ok());
    assert!(peer.tell(Channel::Moderation, "{}"));
}

#[test]
fn the_shard_is_told_once_that_something_waits() {
    let (mut peer, wired, announced) = ends();
    wired.sound().say(said(0));
    assert_eq!(
        announced.take(),
        Vec::<usize>::new(),
        "it has no seat yet, and is looked at when it has one"
    );
    peer.seated(7);
    events(&mut peer);
    for _ in 0..3 {
        wired.sound().say(said(0));
        assert!(wired.ask(Channel::Reactions, "{}".into()));
    }
    assert_eq!((announced.take(), announced.take()), (vec![7], vec![]));
    assert_eq!(events(&mut peer).len(), 3 + 3);
    wired.sound().say(said(0));
    drop(peer);
    assert_eq!(announced.take(), Vec::<usize>::new(), "its seat may be another's");
}

#[test]
fn whoever_drops_it_has_closed_it_once() {
    let (mut peer, wired, _) = ends();
    assert!(matches!(events(&mut peer)[..], [PeerEvent::Connected]));
    drop(wired);
    assert!(matches!(events(&mut peer)[..], [PeerEvent::Closed]));
    assert!(events(&mut peer).is_empty());
}

#[test]
fn an_end_that_is_held_is_waited_for_by_nobody() {
    let (mut peer, wired, _) = ends();
    events(&mut peer);
    hear(&mut peer, 1);
    let held = wired.exchange.lock();
    let mut none = vec![];
    let again = peer.drain(&mut none);
    assert_eq!(again, peer.now.map(|now| now + AGAIN));
    drop(held);
    events(&mut peer);
    let mut heard = vec![];
    wired.sound().beat(&mut heard);
    assert_eq!(heard.len(), 1);
}

#[test]
fn requests_have_an_end() {
    let (_peer, wired, _) = ends();
    let asked = (0..=limits::WIRED_REQUESTS_WAITING).map(|_| wired.ask(Channel::Reactions, "{}".into()));
    let asked: Vec<bool> = asked.collect();
    assert_eq!(asked.iter().filter(|asked| !**asked).count(), 1);
}
