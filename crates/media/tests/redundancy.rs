//! Sound that carries what was before it once more: whoever loses packets gets them all the same, and whoever loses none gets nothing twice.

mod client;

use std::time::Duration;

use client::World;
use media::{Source, Tapped};

/// A client that loses nothing in this direction.
const NONE: u32 = u32::MAX;

#[test]
fn what_is_lost_on_the_way_here_is_in_the_next_packet() {
    let mut world = World::new();
    let ada = world.join("r", "ada");
    world.clients[ada].is_redundant = true;
    world.clients[ada].sends_video = false;
    let tap = world.media.tap("r").expect("there is place for a tap");
    world.clients[ada].loses = Some((NONE, 3));
    let mut heard = vec![];
    world.until("a second of sound", |_| {
        while let Ok(Some(tapped)) = tap.take() {
            if let Tapped::Packet(packet) = tapped
                && packet.source == Source::Microphone
            {
                heard.push((packet.sequence, packet.timestamp, packet.payload.to_vec()));
            }
        }
        heard.len() > 60
    });
    // What came before the first packet with redundancy has no help.
    let heard = &heard[5..];
    for pair in heard.windows(2) {
        let [(sequence, timestamp, payload), (next, next_timestamp, _)] = pair else {
            unreachable!("windows are of two");
        };
        assert_eq!((*next, *next_timestamp), (sequence + 1, timestamp + 960));
        assert_eq!(payload[..], [b'a'; 40], "as if it had come alone");
    }
}

#[test]
fn those_who_lose_packets_are_sent_them_twice() {
    let mut world = World::new();
    let [ada, ben, cat] = ["ada", "ben", "cat"].map(|name| world.join("r", name));
    world.clients[ada].level_dbov = -20;
    world.clients[ada].is_redundant = true;
    world.clients[ben].loses = Some((5, NONE));
    let sizes = |world: &World, client: usize| -> Vec<usize> {
        let packets = world.clients[client].packets.iter();
        let of_ada = packets.filter(|(_, packet)| packet.payload.len() < 200 && client::maker(packet) == 'a');
        of_ada.map(|(_, packet)| packet.payload.len()).collect()
    };
    // Two blocks of forty bytes, and their headers.
    world.until("redundancy for Ben", |world| sizes(world, ben).last() == Some(&85));
    world.run_for(Duration::from_millis(200));
    assert!(sizes(&world, cat).iter().all(|size| *size == 40));
    assert!(sizes(&world, cat).len() > 20);
    let counters = world.media.counters();
    assert_eq!(counters.peer_errors, 0);
}
