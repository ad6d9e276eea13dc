//! A room whose people are carried by several shards is the same room: the same meeting in simulated time, once on one shard and once on
//! three, gives everybody the same packets at the same times on the same lines, and the same texts.
//!
//! What the stack draws by itself (keys, the names of lines) is left out, and the time of day; nothing else is.

mod simulated;

use std::time::Duration;

use media::{Channel, DisconnectReason, Event};
use serde_json::json;
use simulated::people::{Person, World};

/// Everybody has their time to come in, and looks at all others.
fn everybody_looks(world: &mut World) {
    world.play(Duration::from_millis(500));
    for viewer in 0..world.people.len() {
        if !world.people[viewer].is_off {
            world.looks(viewer);
        }
    }
}

/// What a meeting needs: packets that are lost and sent again, pictures that begin anew, chat, somebody who is put out, two who fall
/// silent, and somebody who comes back. A narrow network is not among it: what two packets that are sent at once do there to each other hangs on
/// what the stack draws, and everything after it.
fn play(shards: usize) -> World {
    let mut world = World::new(shards);
    for (name, camera_bps) in [
        ("ada", 300_000),
        ("ben", 200_000),
        ("cem", 600_000),
        ("dan", 0),
        ("eve", 100_000),
    ] {
        world.join(name, camera_bps);
    }
    everybody_looks(&mut world);
    world.play(Duration::from_secs(4));
    let hello = json!({"send": {"text": "hello"}});
    world.people[3].ask(Channel::Chat, &hello);
    world.people[0].down.loses = |packet| packet % 20 == 0;
    world.people[1].up.loses = |packet| packet % 15 == 0;
    world.play(Duration::from_secs(4));
    world.play(Duration::from_secs(2));
    world.plane.media.remove("ben", DisconnectReason::Removed);
    world.people[2].is_off = true;
    world.people[4].is_off = true;
    world.play(Duration::from_secs(10));
    for name in ["cem", "eve"] {
        world.plane.media.remove(name, DisconnectReason::Unhealthy);
    }
    world.people[1].is_off = true;
    world.join("eve again", 100_000);
    everybody_looks(&mut world);
    world.play(Duration::from_secs(3));
    world
}

/// How far two are the same, and what is different then.
fn check<T: PartialEq + std::fmt::Debug>(whose: &str, what: &str, of_one: &[T], of_three: &[T]) {
    let same = of_one
        .iter()
        .zip(of_three)
        .take_while(|(one, three)| one == three)
        .count();
    let (one, three) = (of_one.get(same), of_three.get(same));
    assert_eq!(one, three, "{whose}: {what} {same} of {}", of_one.len());
}

#[test]
fn whoever_is_carried_elsewhere_gets_the_same() {
    let (one, three) = (play(1), play(3));
    let lost = |world: &World| {
        let lost = world.events.iter().filter_map(|event| match event {
            Event::Lost { session, cause, .. } => Some((session.clone(), *cause)),
            _ => None,
        });
        // Both at once, in whatever order.
        let mut lost: Vec<_> = lost.collect();
        lost.sort_by(|(one, _), (other, _)| one.cmp(other));
        lost
    };
    assert_eq!(lost(&one), lost(&three));
    assert_eq!(lost(&one).len(), 2, "two fell silent");
    for (of_one, of_three) in one.people.iter().zip(&three.people) {
        check(&of_one.name, "text", &of_one.texts, &of_three.texts);
        check(&of_one.name, "packet", &of_one.taken, &of_three.taken);
    }
    // And it was a meeting.
    let lines = |person: &Person| {
        let mut lines: Vec<usize> = person.taken.iter().map(|taken| taken.line).collect();
        lines.sort_unstable();
        lines.dedup();
        lines.len()
    };
    for person in &one.people {
        let (lines, packets) = (lines(person), person.taken.len());
        assert!(
            lines >= 3 && packets > 300,
            "{}: {lines} lines, {packets} packets",
            person.name
        );
    }
    let counters = three.plane.media.counters();
    assert_eq!(
        (counters.sessions, counters.peer_errors, counters.datagrams_unread),
        (3, 0, 0)
    );
    assert_eq!(counters.packets_forwarded, one.plane.media.counters().packets_forwarded);
}
