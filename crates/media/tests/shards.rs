//! Several threads at one port: meetings on different ones know nothing of each other, and strangers take nothing from anybody.

mod client;

use std::net::UdpSocket;

use client::World;
use media::{DisconnectReason, Rights};

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
