//! What the WebRTC stack knows of streams: what the client's receivers report of them, and round trips.
//!
//! It tells this once a second, whether or not there is anything new in it, so whoever listens compares. The rest of its statistics is
//! not used: what can be counted here is counted by one rule, packet by packet.

use std::time::{Duration, SystemTime};

use quality::Report;
use str0m::{
    rtp::rtcp::SenderInfo,
    stats::{MediaEgressStats, RemoteIngressStats},
};

use crate::{
    core::{LineId, clock::SenderReport, codec::Codec, measuring::Told, reporting::microseconds},
    ingress::PeerEvent,
    peer::Peer,
};

/// Where the number of lost packets is negative, as 24 bits have it: more came than were expected.
const NEGATIVE: u64 = 0x80_0000;

impl Peer {
    /// What is told of a line.
    pub(super) fn told(&self, stats: &MediaEgressStats) -> Option<PeerEvent> {
        let audio = self.audio.iter().position(|line| line.mid == stats.mid);
        let video = self.video.iter().position(|line| line.mid == stats.mid);
        let line = audio.map(LineId::Audio).or(video.map(LineId::Video))?;
        let told = stats.remote.as_ref().map(|remote| Told {
            report: report(line, remote),
            round_trip_us: stats.rtt.map(microseconds),
        });
        Some(PeerEvent::Told {
            line,
            told,
            left: stats.packets,
        })
    }
}

fn report(line: LineId, remote: &RemoteIngressStats) -> Report {
    let codec = match line {
        LineId::Audio(_) => Codec::Opus,
        LineId::Video(_) => Codec::Vp8,
    };
    let lost = remote.packets_lost;
    Report {
        highest: *remote.maximum_sequence_number,
        lost: if lost < NEGATIVE { lost } else { 0 },
        jitter_us: u64::from(remote.jitter) * 1_000_000 / u64::from(codec.clock_rate_hz()),
    }
}

/// Both readings of a sender's clock. RTP's time has 32 bits in a report, whatever it is kept in.
pub(super) fn sender_report(told: &SenderInfo) -> SenderReport {
    let clock_us = match told.ntp_time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => signed_microseconds(since),
        Err(before) => -signed_microseconds(before.duration()),
    };
    let [_, _, _, _, low @ ..] = told.rtp_time.numer().to_be_bytes();
    SenderReport {
        clock_us,
        timestamp: u32::from_be_bytes(low),
    }
}

fn signed_microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_in_microseconds_and_never_negative() {
        let check = |line, jitter, packets_lost, expected| {
            let remote = RemoteIngressStats {
                jitter,
                maximum_sequence_number: 70_000.into(),
                packets_lost,
            };
            let report = report(line, &remote);
            assert_eq!((report.highest, report.lost, report.jitter_us), expected);
        };
        check(LineId::Audio(0), 480, 12, (70_000, 12, 10_000));
        check(LineId::Video(0), 480, 0xff_fffe, (70_000, 0, 5_333));
        check(
            LineId::Video(0),
            u32::MAX,
            0x7f_ffff,
            (70_000, 0x7f_ffff, 47_721_858_833),
        );
    }
}
