//! Where media goes, on real sockets: to the client on whatever network it is, and to nobody whom it names.

mod client;

use std::{
    net::{Ipv6Addr, UdpSocket},
    time::Duration,
};

use client::World;
use media::Channel;
use serde_json::json;

/// Two who see each other.
fn meeting(mut world: World) -> (World, usize) {
    let (_, ben) = (world.join("r", "ada"), world.join("r", "ben"));
    world.until("ada is there", |world| {
        world.clients[ben].entry_of("ada", false).is_some()
    });
    let entry = world.clients[ben].entry_of("ada", false).expect("she is there");
    assert_eq!(world.assign(ben, &[entry["id"].as_u64().expect("a number")]), 0);
    sees(&mut world, ben);
    (world, ben)
}

/// Waits until a client has received pictures and sound anew.
fn sees(world: &mut World, client: usize) -> Duration {
    world.clients[client].packets.clear();
    world.until("pictures and sound", |world| {
        let client = &world.clients[client];
        let is_video = |mid| client.video.contains(mid);
        let video = client.packets.iter().filter(|(mid, _)| is_video(mid)).count();
        video > 10 && client.packets.len() - video > 5
    })
}

#[test]
fn nobody_gets_media_by_being_named() {
    let (mut world, ben) = meeting(World::new());
    let victim = UdpSocket::bind("127.0.0.1:0").unwrap();
    victim.set_nonblocking(true).unwrap();
    let mut asked_bytes = 0;
    let mut answers = vec![];
    for _ in 0..20 {
        // As if somebody who holds ben's keys forged the victim's address.
        let request = world.clients[ben].nomination();
        asked_bytes += victim.send_to(&request, world.media.local_address()).unwrap();
        world.run_for(Duration::from_millis(50));
        let mut buffer = [0; 2_000];
        while let Ok((length, _)) = victim.recv_from(&mut buffer) {
            answers.push(buffer[..length].to_vec());
        }
    }
    assert_eq!(answers.len(), 20, "each request is answered once");
    assert!(
        answers.iter().all(|answer| answer[..2] == [1, 1]),
        "and by nothing else"
    );
    let answered_bytes: usize = answers.iter().map(Vec::len).sum();
    assert!(answered_bytes <= asked_bytes, "{answered_bytes} for {asked_bytes}");
    sees(&mut world, ben);
    let state = json!({"setMediaState": {}});
    assert_eq!(world.ask(ben, Channel::MediaEntries, &state), 0);
    assert_eq!(world.media.counters().peer_errors, 0);
}

#[test]
fn a_client_takes_its_media_along_to_another_network() {
    let (mut world, ben) = meeting(World::new());
    for speaks in [true, false] {
        world.clients[ben].sends = speaks;
        world.clients[ben].move_to_another_network();
        let request = world.clients[ben].nomination();
        let server = world.media.local_address();
        world.clients[ben].socket.send_to(&request, server).unwrap();
        // Whoever sends nothing reports what it has received, or was asked for: some times a second.
        let took = sees(&mut world, ben);
        assert!(took < Duration::from_secs(2), "{took:?}");
        let state = json!({"setMediaState": {}});
        assert_eq!(world.ask(ben, Channel::MediaEntries, &state), 0);
    }
    assert_eq!(world.media.counters().peer_errors, 0);
}

/// A router on the way forgets the port that it has lent. Nobody's client knows, and the next request is seconds away.
#[test]
fn whoever_is_lent_another_port_is_heard_from_there_before_they_ask() {
    let (mut world, ben) = meeting(World::new());
    let ada = 0;
    world.clients[ada].asks_for_nothing = true;
    world.clients[ada].move_to_another_network();
    sees(&mut world, ben);
    world.clients[ada].packets.clear();
    world.until("ada to hear ben", |world| world.clients[ada].packets.len() > 5);
    // One who knows the name of a stream, and no keys, is nobody.
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let stream = world.clients[ada].voice();
    let refused = world.media.counters().datagrams_refused;
    let mut forged = vec![0x80, 111, 0, 1, 0, 0, 0, 0];
    forged.extend(stream.to_be_bytes());
    forged.extend([0; 40]);
    stranger.send_to(&forged, world.media.local_address()).unwrap();
    world.until("it to be refused", |world| {
        world.media.counters().datagrams_refused > refused
    });
    sees(&mut world, ben);
}

/// Browsers try every way that there is, and go on trying those that they do not use.
#[test]
fn a_request_by_the_other_family_costs_nobody_a_packet() {
    let (mut world, ben) = meeting(World::at("[::]:0", &["127.0.0.1:0", "[::1]:0"], 3));
    let other = UdpSocket::bind("[::1]:0").unwrap();
    for _ in 0..20 {
        let request = world.clients[ben].nomination();
        let server = (Ipv6Addr::LOCALHOST, world.media.local_address().port());
        other.send_to(&request, server).unwrap();
        world.run_for(Duration::from_millis(50));
        let mut buffer = [0; 2_000];
        let (length, _) = other.recv_from(&mut buffer).unwrap();
        assert_eq!(buffer[..length.min(2)], [1, 1], "it is answered");
    }
    sees(&mut world, ben);
    assert_eq!(world.media.counters().datagrams_unsent, 0);
}
