//! What is measured of a meeting, in simulated time: real clients on both ends of the real shard, and a network that loses what it is told
//! to lose. The figures must be what the network did.

#![expect(clippy::unwrap_used, reason = "whatever fails here fails the test")]

mod simulated;

use std::{net::SocketAddr, time::Duration};

use attendee::Browser;
use media::{DisconnectReason, Event, LostCause, Measured, Spreading, Transport};
use quality::{Codec, Direction, Figures, Kind, Stream, Totals};
use simulated::{Loses, Way, plane::Plane};

/// What passes between two looks.
const STEP: Duration = Duration::from_millis(5);
/// How long a datagram is under way.
const UNDER_WAY: Duration = Duration::from_millis(40);
const SPEAKER: usize = 0;
const LISTENER: usize = 1;

/// A client, and its ways to the server and from it.
struct Client {
    session: String,
    browser: Browser,
    up: Way,
    down: Way,
}

struct World {
    plane: Plane,
    events: Vec<Event>,
    clients: Vec<Client>,
}

impl World {
    /// Two who are in a room.
    fn new() -> World {
        let mut world = World {
            plane: Plane::new(1, Spreading::default()),
            events: vec![],
            clients: vec![],
        };
        for (port, session) in [(1, "speaker"), (2, "listener")] {
            let address = SocketAddr::from(([198, 51, 100, 1], port));
            let (mut browser, offer) = Browser::new(address, session.as_bytes()[0], world.plane.now);
            let prepared = world.plane.answer(&offer);
            browser.accept(prepared.answer_sdp(), world.plane.now);
            world.plane.media.admit(prepared, session, "group").unwrap();
            world.clients.push(Client {
                session: session.to_owned(),
                browser,
                up: Way::new(UNDER_WAY),
                down: Way::new(UNDER_WAY),
            });
        }
        world.run(Duration::from_secs(2));
        assert!(world.clients.iter().all(|client| client.browser.is_joined()));
        world
    }

    fn run(&mut self, duration: Duration) {
        let end = self.plane.now + duration;
        while self.plane.now < end {
            self.plane.now += STEP;
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.plane.now;
        for client in &mut self.clients {
            for (_, datagram) in client.browser.turn(now) {
                client.up.send(datagram, now);
            }
            for datagram in client.up.arrive(now) {
                self.plane.shard.receive(client.browser.address, &datagram, now);
            }
        }
        self.plane.shard.turn(now);
        for (to, datagram) in self.plane.shard.take_sent() {
            // What goes to an address that somebody has left is lost.
            let mut clients = self.clients.iter_mut();
            if let Some(client) = clients.find(|client| client.browser.address == to) {
                client.down.send(datagram, now);
            }
        }
        for client in &mut self.clients {
            let server = self.plane.media.local_address();
            for datagram in client.down.arrive(now) {
                client.browser.receive(server, &datagram, now);
            }
        }
        self.events.extend(self.plane.reported());
    }

    /// From now on the network loses these, on one of the ways if on any.
    fn lose(&mut self, way: Option<(usize, Direction)>, loses: Loses) {
        let Some((client, direction)) = way else { return };
        let client = &mut self.clients[client];
        let way = match direction {
            Direction::Uplink => &mut client.up,
            Direction::Downlink => &mut client.down,
        };
        way.loses = loses;
    }

    /// All windows of a session's streams in one direction: their key, their sum and how many they are.
    fn measured(&self, client: usize, direction: Direction) -> Option<(Stream, Totals)> {
        let session = &self.clients[client].session;
        let mut sum: Option<(Stream, Totals)> = None;
        let measured = self.events.iter().filter_map(|event| match event {
            Event::Measured(measured) => Some(measured),
            _ => None,
        });
        for Measured { streams, .. } in measured.flatten().filter(|measured| measured.session == *session) {
            for (stream, window) in streams.iter().filter(|(stream, _)| stream.direction == direction) {
                let (known, totals) = sum.get_or_insert((*stream, Totals::default()));
                assert_eq!(known, stream, "one microphone, one line");
                totals.add(window);
            }
        }
        sum
    }
}

/// Four of twenty, in two bursts of which the longer is three.
fn one_and_three_of_twenty(number: u64) -> bool {
    matches!(number % 20, 5 | 11..=13)
}

#[test]
fn each_direction_is_charged_with_what_it_lost() {
    #[track_caller]
    fn check(lossy: Option<(usize, Direction)>) -> (Totals, Totals) {
        let mut world = World::new();
        world.clients[SPEAKER].browser.speaks = true;
        world.run(Duration::from_secs(2));
        world.lose(lossy, one_and_three_of_twenty);
        world.run(Duration::from_secs(20));
        world.lose(lossy, |_| false);
        world.run(Duration::from_secs(8));
        world.clients[SPEAKER].browser.speaks = false;
        world.run(Duration::from_secs(6));

        let (stream, up) = world.measured(SPEAKER, Direction::Uplink).unwrap();
        assert_eq!((stream.kind, up.figures.codec), (Kind::Audio, Some(Codec::Opus)));
        let sent = u64::from(world.clients[SPEAKER].browser.packets_sent());
        assert_eq!(up.figures.lost, world.clients[SPEAKER].up.lost);
        assert_eq!(
            (up.figures.expected, up.figures.packets + up.figures.lost),
            (sent, sent)
        );
        assert_eq!(up.figures.speech_db.mean(), Some(20.0));

        let (stream, down) = world.measured(LISTENER, Direction::Downlink).unwrap();
        assert_eq!((stream.kind, down.figures.codec), (Kind::Audio, Some(Codec::Opus)));
        assert_eq!(down.figures.lost, world.clients[LISTENER].down.lost);
        // A receiver reports every five seconds, and no more once nothing comes.
        let Figures { packets, expected, .. } = down.figures;
        assert_eq!(packets, up.figures.packets);
        assert!((packets - 250..=packets).contains(&expected), "{expected} of {packets}");
        assert_eq!(world.measured(LISTENER, Direction::Uplink), None, "it was silent");
        (up, down)
    }
    let lost = |totals: &Totals| totals.figures.lost;
    let (up, down) = check(None);
    assert_eq!((lost(&up), lost(&down)), (0, 0));
    assert_eq!(up.figures.jitter_us.max(), Some(0), "an even network");

    let (up, down) = check(Some((SPEAKER, Direction::Uplink)));
    assert_eq!((lost(&up), lost(&down)), (200, 0));
    assert_eq!((up.figures.bursts, up.figures.burst_max), (100, 3));
    assert!(
        up.loss_max_ppm.unwrap().abs_diff(200_000) < 10_000,
        "a fifth in the worst window: {up:?}"
    );

    let (up, down) = check(Some((LISTENER, Direction::Downlink)));
    assert_eq!((lost(&up), lost(&down)), (0, 200));
    let round_trip_ms = down.figures.round_trip_us.mean().unwrap() / 1_000.0;
    assert!((round_trip_ms - 80.0).abs() < 10.0, "{round_trip_ms} ms");
}

#[test]
fn a_session_that_goes_is_told_of_before_it_is_lost() {
    let mut world = World::new();
    world.clients[SPEAKER].browser.speaks = true;
    world.run(Duration::from_secs(3));
    world.clients[SPEAKER].browser.speaks = false;
    world.clients[SPEAKER].browser.close(world.plane.now);
    world.run(Duration::from_secs(1));
    let (_, up) = world.measured(SPEAKER, Direction::Uplink).unwrap();
    let sent = u64::from(world.clients[SPEAKER].browser.packets_sent());
    assert_eq!(
        (up.figures.packets, up.figures.expected),
        (sent, sent),
        "to the last packet"
    );
    let of_speaker = |event: &&Event| match event {
        Event::Measured(measured) => measured.iter().any(|measured| measured.session == "speaker"),
        Event::Lost { session, .. } => session == "speaker",
        _ => false,
    };
    let last = world.events.iter().rfind(of_speaker);
    assert!(
        matches!(
            last,
            Some(Event::Lost {
                cause: LostCause::Closed,
                ..
            })
        ),
        "{last:?}"
    );

    // Who is removed is told of, too.
    world.plane.media.remove("listener", DisconnectReason::Removed);
    world.run(Duration::from_millis(100));
    assert!(world.measured(LISTENER, Direction::Downlink).is_some());
    let told = world.events.len();
    world.run(Duration::from_secs(10));
    assert_eq!(world.events.len(), told, "and no more after that");
}

#[test]
fn the_way_is_told_and_told_again_when_it_is_another() {
    let mut world = World::new();
    world.run(Duration::from_secs(3));
    let ways = |world: &World| {
        let of_speaker = |event: &Event| match event {
            Event::Reached { session, path } if session == "speaker" => Some(*path),
            _ => None,
        };
        world.events.iter().filter_map(of_speaker).collect::<Vec<_>>()
    };
    let first = ways(&world);
    let [path] = &first[..] else {
        panic!("told once: {first:?}")
    };
    assert_eq!(path.transport, Transport::Udp);
    assert_eq!(path.theirs, world.clients[SPEAKER].browser.address);
    assert_eq!(path.ours, world.plane.media.local_address());

    world.clients[SPEAKER].browser.speaks = true;
    world.clients[SPEAKER].browser.address.set_port(9);
    world.run(Duration::from_secs(6));
    let all = ways(&world);
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(all[1].theirs.port(), 9);
}
