//! Connections that carry datagrams: they bring what datagrams do, and strangers get nothing by them.

mod client;

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    time::Duration,
};

use client::{Connection, World};
use media::{Event, Rights, Transport};

/// Sound and pictures come to a client anew.
fn hears_and_sees(world: &mut World, client: usize) {
    world.clients[client].packets.clear();
    world.until("sound and pictures", |world| {
        let client = &world.clients[client];
        let is_video = |mid| client.video.contains(mid);
        let video = client.packets.iter().filter(|(mid, _)| is_video(mid)).count();
        video > 10 && client.packets.len() - video > 5
    });
}

/// Somebody by datagrams and somebody by a connection meet, and each hears and sees the other.
fn meet(world: &mut World, connection: Connection) -> [usize; 2] {
    let ada = world.join("r", "ada");
    let ben = world.join_by("r", "ben", Rights::MEMBER, Some(connection));
    for (who, other) in [(ada, "ben"), (ben, "ada")] {
        world.until("the other", |world| world.clients[who].entry_of(other, false).is_some());
        let entry = world.clients[who].entry_of(other, false).expect("it is there");
        assert_eq!(world.assign(who, &[entry["id"].as_u64().expect("a number")]), 0);
        hears_and_sees(world, who);
    }
    [ada, ben]
}

fn transport_of(world: &World, name: &str) -> Option<Transport> {
    world.events.iter().rev().find_map(|event| match event {
        Event::Reached { session, path } if session == name => Some(path.transport),
        _ => None,
    })
}

#[test]
fn a_client_without_datagrams_takes_part() {
    takes_part_without_datagrams(World::new());
}

#[test]
fn and_where_there_is_one_thread() {
    takes_part_without_datagrams(World::of_one_thread());
}

fn takes_part_without_datagrams(mut world: World) {
    let connection = Connection::open(world.media.local_address());
    meet(&mut world, connection);
    assert_eq!(transport_of(&world, "ada"), Some(Transport::Udp));
    assert_eq!(transport_of(&world, "ben"), Some(Transport::Tcp));
    assert_eq!(world.media.counters().connections, 1);
    world.remove("ben", media::DisconnectReason::ClientLeft);
    world.until("it is closed", |world| world.media.counters().connections == 0);
    assert_eq!(world.media.counters().peer_errors, 0);
}

#[test]
fn a_connection_may_come_from_another_port() {
    let mut world = World::new();
    let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let stream = TcpStream::connect(other.local_addr().expect("bound")).expect("it listens");
    world
        .media
        .take_connection(other.accept().expect("somebody came").0, None);
    meet(&mut world, Connection::over(stream));
}

#[test]
fn strangers_are_cut_off() {
    let mut world = World::new();
    world.join("r", "ada");
    let server = world.media.local_address();
    let mut check = |what: &str, said: &[u8]| {
        let mut stranger = TcpStream::connect(server).expect("it listens");
        stranger
            .set_read_timeout(Some(Duration::from_millis(1)))
            .expect("a real time");
        stranger.write_all(said).expect("nobody has closed it yet");
        let is_cut = |mut stranger: &TcpStream| match stranger.read(&mut [0; 100]) {
            Ok(length) => {
                assert_eq!(length, 0, "nobody answers");
                true
            }
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        };
        world.until(what, |_| is_cut(&stranger));
        assert!(world.lost("ada").is_none());
    };
    check(
        "a request for nobody",
        &[&[0, 28, 0, 1, 0, 8, 0x21, 0x12, 0xa4, 0x42][..], &[7; 20]].concat(),
    );
    check("a handshake", &[0, 3, 22, 254, 253]);
    check("a length that is too long", b"GET / HTTP/1.1");
    check("silence", &[]);
}
