//! Sessions of a shard over time: deadlines, pauses, signs of life, and what is left of them.

use tokio::sync::mpsc as events;

use super::*;
use crate::{
    admission::{Card, CardKind},
    connection::Connection,
    endpoint::{Endpoint, Route},
    event::{DisconnectReason, Event, LostCause},
    peer::fixture,
    rights::Rights,
    shard::seat::Phase,
    socket::Socket,
    tcp::{Tcp, Tokens},
    wired,
};

struct Stage {
    shard: Shard,
    start: Instant,
    events: events::Receiver<Event>,
}

impl Stage {
    fn new(sessions: &[&str]) -> Stage {
        let socket = Socket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let registry = Poll::new().unwrap().registry().try_clone().unwrap();
        let tcp = Tcp::new(registry, Tokens { first: 2 }, None, Arc::default()).unwrap();
        let (sender, events) = events::channel(100);
        let inbox = Inbox(Arc::default());
        let mut shard = Shard::new(
            Wire::network(socket, tcp, None),
            None,
            Spread::default(),
            inbox,
            Arc::default(),
            Reporter::new(sender),
            Arc::default(),
        );
        let start = clock();
        for session in sessions {
            let card = Card {
                participant_key: format!("participants/{session}"),
                session_name: format!("participants/{session}/participantSessions/{session}"),
                full_session_name: None,
                display_name: (*session).to_owned(),
                kind: CardKind::Anonymous,
                by_program: false,
            };
            shard.admit(Connection::WebRtc(fixture::peer()), session, None, start);
            shard.let_in(session, "r", card, Rights::MEMBER, start);
        }
        Stage { shard, start, events }
    }

    fn key(&self, session: &str) -> usize {
        self.shard.directory.by_session(session).unwrap()
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// Sweeps up to a time and takes what was reported.
    fn sweep(&mut self, ms: u64) -> Vec<Event> {
        while self.shard.swept + 2 * limits::SWEEP_INTERVAL <= self.at(ms) {
            let now = self.shard.swept + limits::SWEEP_INTERVAL;
            self.shard.presence.look(now);
            self.shard.sweep(now);
        }
        self.sweep_after_a_pause(ms)
    }

    /// Sweeps at a time and not before.
    fn sweep_after_a_pause(&mut self, ms: u64) -> Vec<Event> {
        let now = self.at(ms);
        self.shard.presence.look(now);
        self.shard.sweep(now);
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }
}

fn lost(session: &str, last_sign_of_life: Instant, cause: LostCause) -> Vec<Event> {
    vec![Event::Lost {
        session: session.into(),
        last_sign_of_life,
        cause,
    }]
}

#[test]
fn deadlines_are_kept() {
    let mut stage = Stage::new(&["a", "b"]);
    let key = stage.key("b");
    stage.shard.seats[key].phase = Phase::Connected;
    stage.shard.seats[key].last_datagram = stage.at(4_000);
    assert_eq!(stage.sweep(4_500), [Event::Alive(vec![("b".into(), stage.at(4_000))])]);
    assert_eq!(stage.sweep(7_000), [], "nothing new");
    assert_eq!(stage.sweep(11_900), []);
    assert_eq!(stage.sweep(12_300), lost("b", stage.at(4_000), LostCause::Silent));
    assert_eq!(stage.sweep(13_900), []);
    assert_eq!(stage.sweep(14_200), lost("a", stage.at(0), LostCause::NeverConnected));
    assert_eq!(stage.sweep(60_000), [], "reported once");
}

#[test]
fn nobody_was_silent_while_the_thread_stood_still() {
    let mut stage = Stage::new(&["a", "b"]);
    let key = stage.key("b");
    stage.shard.seats[key].phase = Phase::Connected;
    stage.shard.seats[key].last_datagram = stage.at(1_000);
    assert_eq!(stage.sweep(2_000), [Event::Alive(vec![("b".into(), stage.at(1_000))])]);
    assert_eq!(
        stage.sweep_after_a_pause(20_000),
        [],
        "both have their whole time again"
    );
    assert_eq!(stage.sweep(27_900), []);
    assert_eq!(
        stage.sweep(28_300),
        lost("b", stage.at(1_000), LostCause::Silent),
        "who stays silent was last heard of before"
    );
    assert_eq!(stage.sweep(34_300), lost("a", stage.at(0), LostCause::NeverConnected));
}

#[test]
fn a_handshake_that_comes_to_nothing_is_told_from_silence() {
    let check = |datagram: &[u8], expected: LostCause| {
        let mut stage = Stage::new(&["a"]);
        let (key, now) = (stage.key("a"), stage.at(0));
        let route = Route {
            from: Endpoint::udp("127.0.0.1:7".parse().unwrap()),
            to: Some("127.0.0.1".parse().unwrap()),
        };
        let _ = stage.shard.seats[key].peer.receive(route, datagram, now);
        assert_eq!(stage.sweep(14_200), lost("a", now, expected), "{datagram:?}");
    };
    let stun = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    check(&stun, LostCause::NeverConnected);
    let hello = [&[22, 254, 253][..], &[0; 10]].concat();
    check(&hello, LostCause::NeverSecured);
}

#[test]
fn a_wired_session_lives_by_its_holders_beats() {
    let mut stage = Stage::new(&[]);
    let announced = Arc::clone(&stage.shard.announced);
    let waker = mio::Waker::new(Poll::new().unwrap().registry(), mio::Token(0)).unwrap();
    let (peer, wired) = wired::wire(true);
    peer.lives_with(&announced, &Arc::new(waker));
    stage
        .shard
        .admit(Connection::Wired(Box::new(peer)), "phone", None, stage.at(0));
    stage.shard.settle_all(stage.at(0));
    let connected = Event::Connected {
        session: "phone".into(),
    };
    assert_eq!(stage.sweep(250), [connected], "there is nothing to wait for");
    let signs: Vec<Event> = (1..=40)
        .flat_map(|beat| {
            wired.sound().beat(&mut vec![]);
            stage.sweep(250 + beat * 500)
        })
        .collect();
    assert!(signs.iter().all(|event| matches!(event, Event::Alive(_))), "{signs:?}");
    assert_eq!(signs.len(), 10, "one in two seconds");
    let lost = stage.sweep(30_000);
    assert!(
        matches!(&lost[..], [Event::Lost { session, cause: LostCause::Silent, .. }] if session == "phone"),
        "{lost:?}"
    );
}

#[test]
fn what_was_removed_is_forgotten() {
    let mut stage = Stage::new(&["a", "b"]);
    let address = Endpoint::udp("127.0.0.1:9".parse().unwrap());
    stage.shard.directory.claim(stage.key("a"), address);
    stage.shard.remove("a", DisconnectReason::ClientLeft, stage.at(0));
    assert_eq!(
        (stage.shard.seats.len(), stage.shard.rooms.len()),
        (2, 1),
        "it says goodbye first"
    );
    stage.shard.remove("b", DisconnectReason::ClientLeft, stage.at(0));
    stage.shard.remove("b", DisconnectReason::ClientLeft, stage.at(0));
    assert_eq!(stage.sweep(1_000), []);
    let shard = &stage.shard;
    assert!(shard.seats.is_empty() && shard.rooms.is_empty() && shard.directory.is_empty());
}

#[test]
fn an_address_stays_with_the_session_that_lives_there() {
    let mut stage = Stage::new(&["a", "b"]);
    let (a, b) = (stage.key("a"), stage.key("b"));
    let shard = &mut stage.shard;
    assert!(shard.may_have(b, None) && shard.may_have(a, Some(a)) && !shard.may_have(b, Some(a)));
    shard.lose(a, LostCause::Closed);
    assert!(shard.may_have(b, Some(a)));
}
