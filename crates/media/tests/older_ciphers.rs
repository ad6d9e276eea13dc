//! Somebody whose client knows none of the ciphers that the lean way has, in a meeting of people whose clients do: all that leaves for them
//! goes through the WebRTC stack (decision 64), which has seen one line of each kind (decision 69).

mod simulated;

use std::time::Duration;

use media::Measured;
use quality::{Direction, Kind, Totals};
use simulated::people::{Person, World};

const OTHERS: [&str; 3] = ["ada", "ben", "cem"];
const SOUND_LINES: usize = 3;
/// A session's streams are measured in windows, and reported on every five seconds.
const REPORTS: Duration = Duration::from_secs(12);

/// Three by the lean way and one by the stack, who all see each other.
fn meeting() -> (World, usize) {
    let mut world = World::new(1);
    for name in OTHERS {
        world.join(name, 200_000);
    }
    let old = world.join_by_older_ciphers("old", 200_000);
    world.play(Duration::from_millis(500));
    for viewer in 0..world.people.len() {
        world.looks(viewer);
    }
    world.play(Duration::from_secs(4));
    (world, old)
}

/// The lines on which somebody's pictures came, and of each whether nothing is missing between the first packet and the last.
fn lines_of(person: &Person, maker: char) -> Vec<(usize, bool)> {
    let of_maker = person.taken.iter().filter(|taken| taken.maker() == Some(maker));
    let mut lines: Vec<usize> = of_maker.map(|taken| taken.line).collect();
    lines.sort_unstable();
    lines.dedup();
    let is_whole = |line: usize| {
        let of_line = person.taken.iter().filter(|taken| taken.line == line);
        let mut numbers: Vec<u64> = of_line.map(|taken| taken.sequence).collect();
        numbers.sort_unstable();
        numbers.windows(2).all(|pair| pair[1] == pair[0] + 1)
    };
    lines.into_iter().map(|line| (line, is_whole(line))).collect()
}

/// What was measured of a session's streams of a kind in one direction.
fn measured(world: &World, session: &str, kind: Kind, direction: Direction) -> Totals {
    let mut totals = Totals::default();
    let of_session = world.measured.iter().filter(|measured| measured.session == session);
    for Measured { streams, .. } in of_session {
        let such = |stream: &quality::Stream| stream.kind == kind && stream.direction == direction;
        for (_, window) in streams.iter().filter(|(stream, _)| such(stream)) {
            totals.add(window);
        }
    }
    totals
}

#[test]
fn sound_and_pictures_go_both_ways_on_lines_of_their_own() {
    let (mut world, old) = meeting();
    let heard = world.seconds(old, 2);
    assert!(
        heard.iter().all(|(sounds, seen)| *sounds >= 3 * 45 && seen == "abc"),
        "{heard:?}"
    );
    let mut lines = vec![];
    for maker in ['a', 'b', 'c'] {
        let [(line, true)] = lines_of(&world.people[old], maker)[..] else {
            panic!("one line, without a gap");
        };
        assert!(line >= SOUND_LINES);
        lines.push(line);
    }
    lines.dedup();
    assert_eq!(lines.len(), OTHERS.len(), "each has their own");
    for (viewer, seen) in [(0, "bco"), (1, "aco"), (2, "abo")] {
        let heard = world.seconds(viewer, 1);
        assert!(heard[0].0 >= 3 * 45 && heard[0].1 == seen, "{heard:?}");
    }
}

#[test]
fn what_is_lost_is_sent_again_both_ways_and_measured() {
    let (mut world, old) = meeting();
    world.people[old].down.loses = |packet| packet % 20 == 0;
    world.people[old].up.loses = |packet| packet % 7 == 0;
    world.play(REPORTS);
    (world.people[old].down.loses, world.people[old].up.loses) = (|_| false, |_| false);
    world.play(REPORTS);
    for maker in ['a', 'b', 'c'] {
        assert!(
            lines_of(&world.people[old], maker)
                .iter()
                .all(|(_, is_whole)| *is_whole)
        );
    }
    for other in 0..OTHERS.len() {
        assert!(
            lines_of(&world.people[other], 'o')
                .iter()
                .all(|(_, is_whole)| *is_whole)
        );
    }
    for kind in [Kind::Audio, Kind::Video] {
        for direction in [Direction::Uplink, Direction::Downlink] {
            let figures = measured(&world, "old", kind, direction).figures;
            assert!(figures.packets > 500 && figures.expected > 500, "{figures:?}");
            // A client that has got a picture after all has not lost it.
            let missed = if kind == Kind::Audio {
                figures.lost
            } else {
                figures.resent
            };
            assert!(missed > 20, "{kind:?} {direction:?} {figures:?}");
            let round_trip_us = figures.round_trip_us.mean();
            assert!(
                round_trip_us.is_some_and(|us| (39_000.0..42_000.0).contains(&us)),
                "{round_trip_us:?}"
            );
        }
    }
}

/// Somebody on the way has seen it pass, with a request, and sends both from where they are.
#[test]
fn a_report_that_comes_again_takes_nobodys_media_away() {
    let (mut world, old) = meeting();
    let stranger = ([203, 0, 113, 1], 7).into();
    for person in [0, old] {
        let (request, report) = (
            world.people[person].request.clone(),
            world.people[person].report.clone(),
        );
        assert!(!request.is_empty() && !report.is_empty());
        world.play(Duration::from_millis(100));
        for datagram in [&request, &report] {
            let now = world.plane.now;
            world.plane.shard.receive(stranger, datagram, now);
        }
        // They send something themselves every 20 ms.
        world.play(Duration::from_millis(40));
        assert_eq!(world.astray, 0, "{}", world.people[person].name);
    }
}
