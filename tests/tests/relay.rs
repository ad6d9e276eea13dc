//! The relay of the tests is itself tried: what comes through is what was sent, when it was to come, and its log tells the same.

use std::{
    net::{SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use end_to_end::{
    Seed,
    relay::{Conditions, Direction, Relay, Truth},
};

/// How long something must stay away to count as lost.
const SILENCE: Duration = Duration::from_millis(200);

const LATE: Conditions = Conditions {
    loss_ppm: 0,
    delay_us: 40_000,
    jitter_us: 10_000,
    ..Conditions::CLEAN
};

struct World {
    relay: Relay,
    server: UdpSocket,
}

impl World {
    fn new() -> Result<Self> {
        let (relay, server) = (Relay::open(Seed::new(1))?, socket()?);
        relay.lead_to(server.local_addr()?);
        Ok(Self { relay, server })
    }

    /// Sends by this client, and tells what arrived, and from whom as the server sees it.
    fn send(&self, client: &UdpSocket, words: &[u8]) -> Result<Option<(Vec<u8>, SocketAddr)>> {
        client.send_to(words, self.relay.address())?;
        Ok(receive(&self.server))
    }
}

fn socket() -> Result<UdpSocket> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(SILENCE))?;
    Ok(socket)
}

fn receive(socket: &UdpSocket) -> Option<(Vec<u8>, SocketAddr)> {
    let mut datagram = [0; 64];
    let (bytes, from) = socket.recv_from(&mut datagram).ok()?;
    Some((datagram[..bytes].to_owned(), from))
}

/// A packet of RTP: number `number` of a stream whose clock is 48 kHz, one every 2 ms.
fn rtp(ssrc: u32, number: u32) -> Vec<u8> {
    let sequence = u16::try_from(number).expect("a short stream");
    let mut packet = vec![0x80, 111];
    packet.extend(sequence.to_be_bytes());
    packet.extend((number * 96).to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet
}

#[test]
fn what_comes_through_is_late_in_order_and_in_the_log() -> Result<()> {
    const PACKETS: u32 = 250;
    let world = World::new()?;
    world.relay.set(Direction::Uplink, LATE);
    let client = socket()?;
    let started = Instant::now();
    let sender = std::thread::spawn({
        let (client, address) = (client.try_clone()?, world.relay.address());
        move || -> Result<()> {
            for number in 0..PACKETS {
                let due = Duration::from_millis(2) * number;
                std::thread::sleep(due.saturating_sub(started.elapsed()));
                client.send_to(&rtp(7, number), address)?;
            }
            Ok(())
        }
    });
    for number in 0..PACKETS {
        let arrived = receive(&world.server).map(|(packet, _)| packet);
        ensure!(arrived == Some(rtp(7, number)), "packet {number}: {arrived:?}");
        let sent = Duration::from_millis(2) * number;
        let soonest = sent + Duration::from_micros(LATE.delay_us - LATE.jitter_us);
        ensure!(started.elapsed() >= soonest, "packet {number} came too soon");
    }
    sender.join().expect("the sender does not panic")?;

    let truth = world.relay.stream(Direction::Uplink, 7, 48_000)?;
    assert_eq!((truth.packets, truth.lost), (u64::from(PACKETS), 0));
    // What is late makes those behind it late: of packets so close together, most are near the worst.
    assert!(truth.delay_us_mean > 40_000.0, "{truth:?}");
    assert!(truth.jitter_us_mean > 100.0, "{truth:?}");
    assert_eq!(world.relay.way(Direction::Uplink)?.packets, u64::from(PACKETS));
    assert_eq!(world.relay.way(Direction::Downlink)?, Truth::default());
    Ok(())
}

#[test]
fn each_direction_has_its_own_conditions_and_each_network_its_own_clients() -> Result<()> {
    let world = World::new()?;
    let [ada, bo] = [socket()?, socket()?];
    let (_, seen_as) = world.send(&ada, b"ada").transpose().expect("it passes")?;
    let (_, other) = world.send(&bo, b"bo").transpose().expect("it passes")?;
    assert_ne!(seen_as, other);

    world.relay.set(Direction::Uplink, Conditions::CUT);
    assert_eq!(world.send(&ada, b"is this heard?")?, None);
    world.server.send_to(b"not by us", seen_as)?;
    assert_eq!(receive(&ada).map(|(packet, _)| packet), Some(b"not by us".to_vec()));

    world.relay.set(Direction::Uplink, Conditions::default());
    world.relay.change();
    assert_eq!(world.send(&ada, b"from the network before")?, None);
    let carol = socket()?;
    assert!(world.send(&carol, b"from another")?.is_some());
    let uplink = world.relay.way(Direction::Uplink)?;
    assert_eq!((uplink.packets, uplink.lost), (4, 1));
    Ok(())
}

#[test]
fn a_router_that_forgets_lends_another_port() -> Result<()> {
    let world = World::new()?;
    let ada = socket()?;
    let (_, seen_as) = world.send(&ada, b"one")?.expect("it passes");
    world.relay.rebind();
    let (packet, seen_now_as) = world.send(&ada, b"two")?.expect("it passes");
    assert_eq!(packet, b"two");
    assert_ne!(seen_now_as, seen_as);
    world.server.send_to(b"to the earlier one", seen_as)?;
    world.server.send_to(b"to her", seen_now_as)?;
    assert_eq!(receive(&ada).map(|(packet, _)| packet), Some(b"to her".to_vec()));
    Ok(())
}
