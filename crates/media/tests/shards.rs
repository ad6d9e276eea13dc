//! Several threads at one port: meetings on different ones know nothing of each other, a meeting on several is one meeting, and strangers
//! take nothing from anybody.

mod client;

use std::{collections::BTreeSet, net::UdpSocket};

use client::{World, maker};
use media::{Channel, DisconnectReason, Event, LostCause, Rights};
use serde_json::json;

/// Two who are in a room, and see each other.
fn meet(world: &mut World, group: &'static str, names: [&str; 2]) -> [usize; 2] {
    world.group = group;
    let both = names.map(|name| world.join(group, name));
    for (who, other) in [(0, 1), (1, 0)] {
        let (client, other) = (both[who], names[other]);
        world.until("the other", |world| {
            world.clients[client].entry_of(other, false).is_some()
        });
        let entry = world.clients[client].entry_of(other, false).expect("it is there");
        assert_eq!(world.assign(client, &[entry["id"].as_u64().expect("a number")]), 0);
    }
    both
}

/// Sound and pictures come to each of them anew.
fn all_hear_and_see(world: &mut World, clients: &[usize]) {
    for client in clients {
        world.clients[*client].packets.clear();
        world.until("sound and pictures", |world| {
            let client = &world.clients[*client];
            let is_video = |mid| client.video.contains(mid);
            let video = client.packets.iter().filter(|(mid, _)| is_video(mid)).count();
            video > 10 && client.packets.len() - video > 5
        });
    }
}

#[test]
fn meetings_on_several_threads() {
    let mut world = World::new();
    // The third is on the thread that reads for all.
    let clients = [
        meet(&mut world, "red", ["ada", "ben"]),
        meet(&mut world, "green", ["cleo", "dan"]),
        meet(&mut world, "blue", ["eve", "finn"]),
    ];
    let clients = clients.concat();
    all_hear_and_see(&mut world, &clients);
    let counters = world.media.counters();
    assert_eq!((counters.sessions, counters.rooms, counters.peer_errors), (6, 3, 0));
    let names = ["ada", "ben", "cleo", "dan", "eve", "finn"];
    for (client, name) in clients.iter().zip(names) {
        let known = names.into_iter().filter(|other| {
            let entry = world.clients[*client].entry_of(other, false);
            *other != name && entry.is_some()
        });
        assert_eq!(known.count(), 1, "{name} knows whom they meet");
    }

    // A group that has gone may come back on another thread.
    for name in ["ada", "ben"] {
        world.remove(name, DisconnectReason::ClientLeft);
    }
    world.until("two rooms", |world| world.media.counters().rooms == 2);
    let again = meet(&mut world, "red", ["ada again", "ben again"]);
    all_hear_and_see(&mut world, &again);
}

#[test]
fn a_room_is_of_one_group() {
    let mut world = World::new();
    world.group = "red";
    world.join("red", "ada");
    world.group = "green";
    let ben = world.connect("ben");
    world
        .media
        .let_in("ben", "green", client::card("ben"), Rights::MEMBER)
        .expect("there is place");
    world.joined(ben);
    assert!(world.clients[ben].entry_of("ada", false).is_none());
}

#[test]
fn strangers_are_nobody_on_any_thread() {
    let mut world = World::new();
    let both = meet(&mut world, "red", ["ada", "ben"]);
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let refused = world.media.counters().datagrams_refused;
    let media = [0x80; 100];
    let request = [
        &[0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42][..],
        &[7; 12],
        &[0, 6, 0, 7],
        b"abcd:ab\0",
    ]
    .concat();
    for said in [&media[..], &request, &[22, 254, 253], b"GET / HTTP/1.1"] {
        stranger
            .send_to(said, world.media.local_address())
            .expect("loopback takes it");
    }
    world.until("they are refused", |world| {
        world.media.counters().datagrams_refused >= refused + 4
    });
    all_hear_and_see(&mut world, &both);
}

#[test]
fn a_datagram_counts_once_whoever_it_is_for() {
    let mut world = World::new();
    let all = spread(&mut world);
    all_hear_and_see(&mut world, &all);
    let sent: u64 = world.clients.iter().map(|client| client.sent).sum();
    let counted = world.media.counters().datagrams_in;
    assert!((1..=sent).contains(&counted), "{counted} of {sent}");
}

/// A room of five who are carried by three threads in turn: that of the room, the one that reads for all, and another.
fn spread(world: &mut World) -> Vec<usize> {
    world.group = "red";
    let names = ["ada", "ben", "cleo", "dan", "eve"];
    let clients = names.map(|name| world.join("red", name)).to_vec();
    for (client, name) in clients.iter().zip(names) {
        let others = names.into_iter().filter(|other| *other != name);
        let entries: Vec<u64> = others.take(3).map(|other| entry(world, *client, other)).collect();
        assert_eq!(world.assign(*client, &entries), 0);
    }
    clients
}

/// The number of somebody's media entry, once a client knows of it.
fn entry(world: &mut World, client: usize, name: &str) -> u64 {
    world.until("an entry", |world| {
        world.clients[client].entry_of(name, false).is_some()
    });
    let entry = world.clients[client].entry_of(name, false).expect("it is there");
    entry["id"].as_u64().expect("a number")
}

#[test]
fn a_room_on_several_threads_is_one_room() {
    let mut world = World::new();
    let clients = spread(&mut world);
    all_hear_and_see(&mut world, &clients);
    assert_eq!(world.media.counters().rooms, 1);
    // Each sees whom they asked for, and only them.
    for (client, seen) in [(0, "bcd"), (1, "acd"), (4, "abc")] {
        world.until("the pictures of all who were asked for", |world| {
            let client = &world.clients[client];
            let pictures = client.packets.iter().filter(|(mid, _)| client.video.contains(mid));
            let makers: BTreeSet<char> = pictures.map(|(_, packet)| maker(packet)).collect();
            assert!(makers.iter().all(|maker| seen.contains(*maker)), "{makers:?}");
            makers.len() == 3
        });
    }
    // What is written to all comes to all.
    let hello = json!({"send": {"text": "hello"}});
    assert_eq!(world.ask(1, Channel::Chat, &hello), 0);
    world.until("chat", |world| {
        let has_read = |client: &usize| {
            let mut texts = world.clients[*client].texts.iter();
            texts.any(|(label, text)| label == Channel::Chat.label() && text.to_string().contains("hello"))
        };
        clients.iter().all(has_read)
    });
}

#[test]
fn who_leaves_closes_or_is_put_out_is_gone_for_the_others_on_all_threads() {
    let mut world = World::new();
    let clients = spread(&mut world);
    // One of each thread goes: says so, closes, and is put out.
    world.clients[0].ask(Channel::SessionControl, &json!({"leave": {}}));
    world.until("a leave", |world| world.lost("ada").is_some());
    world.clients[1].rtc.close().expect("it is open");
    world.until("a close", |world| world.lost("ben").is_some());
    for (name, expected) in [("ada", LostCause::Left), ("ben", LostCause::Closed)] {
        assert!(
            matches!(world.lost(name), Some(Event::Lost { cause, .. }) if *cause == expected),
            "{name}"
        );
        world.remove(name, DisconnectReason::ClientLeft);
    }
    world.remove("cleo", DisconnectReason::Removed);
    world.until("a farewell", |world| {
        world.clients[2].status()["disconnectReason"] == "REASON_USER_STOPPED"
    });
    for gone in ["ada", "ben", "cleo"] {
        world.until("they are gone", |world| {
            clients[3..]
                .iter()
                .all(|client| world.clients[*client].entry_of(gone, false).is_none())
        });
    }
    // Whoever comes back is seen and heard.
    let again = world.join("red", "ada again");
    let all = [3, 4, again];
    for (client, other) in [(3, "eve"), (4, "dan"), (again, "dan")] {
        let entry = entry(&mut world, client, other);
        assert_eq!(world.assign(client, &[entry]), 0);
    }
    all_hear_and_see(&mut world, &all);
    world.until("three sessions", |world| world.media.counters().sessions == 3);
}
