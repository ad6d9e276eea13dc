//! Whatever comes to the port of a line, from its telephone or from somebody else.
//!
//! The first byte says whether it speaks Opus. Then come datagrams, each behind a byte of how long it is and one of where it comes from, and whether a beat goes by before it.

use std::net::SocketAddr;

use audio::{RATE_HZ, g711::Law};
use telephony::{
    LegId,
    line::{Codec, Events, Lines, Plan, Port, Reports, Sound, rtcp::Told, rtp::Packet},
};

/// Beats of a line: 20 ms.
const BEAT_US: i64 = 20_000;

/// The bytes are datagrams.
pub fn run(data: &[u8]) {
    let [opus, ..] = *data else { return };
    let codec = if opus % 2 == 0 {
        Codec::G711(Law::Mu)
    } else {
        Codec::Opus
    };
    let (mut lines, leg) = (Lines::default(), LegId::next());
    let remote: SocketAddr = ([192, 0, 2, 1], 4_000).into();
    let plan = Plan {
        remote,
        reports: Reports::Muxed,
        sound: Sound { payload_type: 0, codec },
        events: Some(Events {
            payload_type: 101,
            clock_hz: RATE_HZ,
        }),
        hears: true,
        speaks: true,
    };
    let mut now_us = 0;
    lines.open(leg, 7, now_us);
    lines.connect(leg, plan, now_us);
    let mut rest = &data[1..];
    while let [length, how, after @ ..] = rest {
        let (datagram, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        if let Some(packet) = Packet::read(datagram) {
            let mut written = Vec::new();
            packet.write(&mut written);
            assert_eq!(Packet::read(&written), Some(packet), "what is written is read");
        }
        let from = ([192, 0, 2, 1 + how / 128], 4_000).into();
        lines.packet(leg, from, datagram, now_us);
        for _ in 0..how % 4 {
            now_us += BEAT_US;
            let mut count = 0;
            lines.beat(now_us, |_, port, _, said| {
                assert_eq!(port, Port::Sound, "reports go to where the sound goes");
                match Packet::read(said) {
                    Some(_) => count += 1,
                    None => assert!(Told::read(said, 7).is_some(), "ours is a packet, or a report"),
                }
            });
            assert_eq!(count, 1, "a packet in each beat, whatever is heard");
        }
    }
}
