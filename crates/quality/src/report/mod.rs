//! What a client reports of its session: the half of the quality that only its own end can measure.
//!
//! Concealment, freezes, dropped frames and a busy processor are seen by whoever plays and encodes, and not by whoever
//! forwards. So clients upload what their WebRTC counts. It is kept apart from what the server has measured: a client that
//! lies spoils its own columns, and nothing is decided by them.
//!
//! **Totals stay totals.** A client sends what it has counted since a stream began, never the difference to its last upload,
//! so an upload that is lost costs nothing: the next one says the same and more. Of two totals the larger one counts, because
//! nothing that a client counts becomes less. Differences are taken here alone, and only for what no total tells: the worst
//! window, and the squares of freezes.
//!
//! What one upload says is in `upload`; here is what becomes of all that a session has sent.
//!
//! No figure is promised. Browsers differ, and what was not measured is absent, not 0.

mod upload;

pub use upload::{Candidate, Client, Connection, Path, Playout, Protocol, Received, Sent, Upload};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    figures::{Share, Spread},
    limits,
};
use upload::{Concealment, share_ppm};

/// What the uploads of a session have said so far. A later one says all that an earlier one said, so whoever keeps reports
/// keeps the newest. As JSON, what is absent takes no bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The client itself.
    pub client: Client,
    /// The selected path, as it was last.
    pub path: Path,
    /// Each round trip that was reported, in microseconds.
    pub round_trips: Spread,
    /// Each estimate of what it could send, in bits a second.
    pub outgoing_bps: Spread,
    /// Of these, those that are less than what people say takes.
    pub narrow: Share,
    /// Each estimate of what it could receive.
    pub incoming_bps: Spread,
    /// The loudspeaker.
    pub playout: Playout,
    /// What it receives, by SSRC.
    pub received: BTreeMap<u32, Reception>,
    /// What it sends, by SSRC.
    pub sent: BTreeMap<u32, Sent>,
}

/// A stream that a client receives, over its uploads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reception {
    /// The newest figures.
    pub newest: Received,
    /// Where the window of concealment began.
    window: Concealment,
    #[serde(skip_serializing_if = "Option::is_none")]
    concealed_worst_ppm: Option<u64>,
    freezes_squared_us2: u64,
}

impl Report {
    /// Takes an upload. Streams beyond [`limits::REPORTED_STREAMS`] are left out.
    pub fn take(&mut self, upload: Upload) {
        if let Some(client) = upload.client {
            self.client.take(client);
        }
        if let Some(path) = upload.path {
            self.take_path(path);
        }
        self.playout.take(&upload.playout);
        for (ssrc, received) in upload.received {
            if let Some(stream) = stream(&mut self.received, ssrc) {
                stream.take(&received);
            }
        }
        for (ssrc, sent) in upload.sent {
            if let Some(stream) = stream(&mut self.sent, ssrc) {
                stream.take(&sent);
            }
        }
    }
}

impl Report {
    fn take_path(&mut self, path: Path) {
        if let Some(round_trip_us) = path.round_trip_us {
            self.round_trips.take(round_trip_us);
        }
        if let Some(bps) = path.outgoing_bps {
            self.outgoing_bps.take(bps);
            self.narrow.take(bps < limits::NARROW_BPS);
        }
        if let Some(bps) = path.incoming_bps {
            self.incoming_bps.take(bps);
        }
        self.path = path;
    }
}

/// The stream of an SSRC, which there may be a new one of.
fn stream<T: Default>(streams: &mut BTreeMap<u32, T>, ssrc: u32) -> Option<&mut T> {
    if streams.len() >= limits::REPORTED_STREAMS && !streams.contains_key(&ssrc) {
        return None;
    }
    Some(streams.entry(ssrc).or_default())
}

impl Reception {
    fn take(&mut self, newer: &Received) {
        let grown = |figure: fn(&Received) -> Option<u64>| {
            let (known, newer) = (figure(&self.newest).unwrap_or(0), figure(newer).unwrap_or(0));
            newer.saturating_sub(known)
        };
        let (freezes, frozen_us) = (grown(|it| it.freezes), grown(|it| it.frozen_us));
        // Freezes between two uploads are taken to be of one length, which is never more than the truth.
        let squared_us2 = frozen_us.saturating_mul(frozen_us).checked_div(freezes).unwrap_or(0);
        self.freezes_squared_us2 = self.freezes_squared_us2.saturating_add(squared_us2);
        self.newest.take(newer);
        self.close_window();
    }

    /// Looks at how much was concealed since the window began, once there was enough to hear in it.
    fn close_window(&mut self) {
        let Some(now) = self.newest.concealment() else { return };
        let heard = now.heard.saturating_sub(self.window.heard);
        if heard >= limits::CONCEALMENT_WINDOW_SAMPLES {
            let concealed = now.concealed.saturating_sub(self.window.concealed);
            self.concealed_worst_ppm = self.concealed_worst_ppm.max(share_ppm(concealed, heard));
            self.window = now;
        }
    }

    /// The largest share of invented sound, in any window of a second of sound or of what came between two uploads, in millionths.
    pub fn concealed_worst_ppm(&self) -> Option<u64> {
        self.concealed_worst_ppm
    }

    /// The root mean square of the length of freezes.
    pub fn freeze_rms_us(&self) -> Option<u64> {
        let mean_us2 = self.freezes_squared_us2.checked_div(self.newest.freezes?)?;
        Some(mean_us2.isqrt())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is known of stream 7 after some uploads.
    fn reception(uploads: &[Received]) -> Reception {
        let mut report = Report::default();
        for received in uploads {
            report.take(Upload {
                received: BTreeMap::from([(7, *received)]),
                ..Upload::default()
            });
        }
        report.received[&7]
    }

    #[test]
    fn the_newest_total_counts_and_no_total_becomes_less() {
        let check = |packets: &[Option<u64>], jitters_us: &[Option<u64>], expected: (Option<u64>, Option<u64>)| {
            let uploads: Vec<Received> = packets
                .iter()
                .zip(jitters_us)
                .map(|(&packets, &jitter_us)| Received {
                    packets,
                    jitter_us,
                    ..Received::default()
                })
                .collect();
            let Received { packets, jitter_us, .. } = reception(&uploads).newest;
            assert_eq!((packets, jitter_us), expected);
        };
        check(&[None], &[None], (None, None));
        check(&[Some(10), Some(25)], &[Some(900), Some(400)], (Some(25), Some(400)));
        check(&[Some(25), Some(10)], &[Some(400), None], (Some(25), Some(400)));
        check(&[Some(10), None, Some(40)], &[None, Some(1), None], (Some(40), Some(1)));
    }

    #[test]
    fn the_worst_window_of_concealment_is_kept() {
        let check = |uploads: &[(u64, u64, u64)], average: Option<u64>, worst: Option<u64>| {
            let uploads: Vec<Received> = uploads
                .iter()
                .map(|&(samples, concealed, silent)| Received {
                    samples: Some(samples),
                    samples_concealed: Some(concealed),
                    samples_concealed_silent: Some(silent),
                    ..Received::default()
                })
                .collect();
            let reception = reception(&uploads);
            assert_eq!(
                (reception.newest.concealed_ppm(), reception.concealed_worst_ppm()),
                (average, worst)
            );
        };
        let s = 48_000;
        // Nobody has spoken: all of it is silence that was invented.
        check(&[(5 * s, 5 * s, 5 * s)], None, None);
        check(&[(10 * s, s, 0)], Some(100_000), Some(100_000));
        check(&[(10 * s, 0, 0), (20 * s, s, 0)], Some(50_000), Some(100_000));
        // The silence on a line is no part of what was heard.
        check(&[(10 * s, 0, 0), (30 * s, 11 * s, 10 * s)], Some(50_000), Some(100_000));
        // Half a second is too little to judge by, and counts with what follows.
        check(
            &[(10 * s, 0, 0), (10 * s + s / 2, s / 2, 0), (12 * s, s / 2, 0)],
            Some(41_666),
            Some(250_000),
        );
        // An upload that was lost.
        check(&[(10 * s, 0, 0), (30 * s, s, 0)], Some(33_333), Some(50_000));
    }

    #[test]
    fn freezes_have_a_mean_and_a_root_mean_square() {
        let check = |uploads: &[(u64, u64)], mean_us: Option<u64>, rms_us: Option<u64>| {
            let uploads: Vec<Received> = uploads
                .iter()
                .map(|&(freezes, frozen_us)| Received {
                    freezes: Some(freezes),
                    frozen_us: Some(frozen_us),
                    ..Received::default()
                })
                .collect();
            let reception = reception(&uploads);
            assert_eq!(
                (reception.newest.freeze_mean_us(), reception.freeze_rms_us()),
                (mean_us, rms_us)
            );
        };
        check(&[(0, 0)], None, None);
        check(&[(0, 0), (1, 300_000)], Some(300_000), Some(300_000));
        check(&[(1, 300_000), (2, 700_000)], Some(350_000), Some(353_553));
        check(&[(2, 700_000)], Some(350_000), Some(350_000));
        check(
            &[(1, 300_000), (1, 300_000), (1, 200_000)],
            Some(300_000),
            Some(300_000),
        );
    }

    #[test]
    fn a_client_says_who_it_is_once() {
        let mut report = Report::default();
        let says = |user_agent: Option<&str>, cores| Upload {
            client: Some(Client {
                user_agent: user_agent.map(str::to_owned),
                cores,
                ..Client::default()
            }),
            ..Upload::default()
        };
        for upload in [says(Some("Browser/1"), None), says(None, Some(8)), Upload::default()] {
            report.take(upload);
        }
        assert_eq!(report.client, says(Some("Browser/1"), Some(8)).client.unwrap());
    }

    #[test]
    fn what_is_told_of_the_path_has_a_mean_and_a_largest() {
        let mut report = Report::default();
        for round_trip_us in [Some(20_000), None, Some(80_000), Some(50_000)] {
            let path = Path {
                round_trip_us,
                outgoing_bps: round_trip_us.map(|us| 5 * us),
                incoming_bps: round_trip_us.map(|us| 6 * us),
                ..Path::default()
            };
            report.take(Upload {
                path: Some(path),
                ..Upload::default()
            });
        }
        assert_eq!(report.round_trips.mean(), Some(50_000.0));
        assert_eq!(report.round_trips.max(), Some(80_000));
        assert_eq!(report.outgoing_bps.mean(), Some(250_000.0));
        assert_eq!(report.incoming_bps.mean(), Some(300_000.0));
        assert_eq!((report.narrow.such, report.narrow.samples), (1, 3));
    }

    #[test]
    fn a_report_is_kept_as_text() {
        let mut report = Report::default();
        report.take(Upload {
            client: Some(Client {
                connection: Some(Connection::Wifi),
                ..Client::default()
            }),
            path: Some(Path {
                round_trip_us: Some(30_000),
                address: Some([192, 0, 2, 7].into()),
                ..Path::default()
            }),
            received: BTreeMap::from([(
                4_000_000_000,
                Received {
                    freezes: Some(2),
                    frozen_us: Some(5_000_000_000_000),
                    ..Received::default()
                },
            )]),
            sent: BTreeMap::from([(7, Sent::default())]),
            ..Upload::default()
        });
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report, "{text}");
        assert!(
            text.contains(r#""connection":"wifi""#) && text.contains(r#""sent":{"7":{}}"#),
            "{text}"
        );
        let earlier: Report = serde_json::from_str("{}").unwrap();
        assert_eq!(earlier, Report::default(), "of a version that knew less");
    }

    #[test]
    fn one_stream_more_than_the_limit_is_left_out() {
        let mut report = Report::default();
        for ssrc in 0..=u32::try_from(limits::REPORTED_STREAMS).unwrap() {
            report.take(Upload {
                received: BTreeMap::from([(ssrc, Received::default())]),
                sent: BTreeMap::from([(ssrc, Sent::default())]),
                ..Upload::default()
            });
        }
        assert_eq!(
            (report.received.len(), report.sent.len()),
            (limits::REPORTED_STREAMS, limits::REPORTED_STREAMS)
        );
    }

    proptest! {
        /// Whatever a client counts, nothing overflows, shares are shares, and what is said twice changes nothing.
        #[test]
        fn no_figures_are_too_strange(uploads in prop::collection::vec(prop::array::uniform6(any::<Option<u64>>()), 1..6)) {
            let uploads: Vec<Received> = uploads
                .into_iter()
                .map(|[samples, samples_concealed, samples_concealed_silent, freezes, frozen_us, frames]| Received {
                    samples,
                    samples_concealed,
                    samples_concealed_silent,
                    freezes,
                    frozen_us,
                    frames,
                    frames_dropped: samples,
                    ..Received::default()
                })
                .collect();
            let once = reception(&uploads);
            let shares = [once.newest.concealed_ppm(), once.concealed_worst_ppm(), once.newest.frames_dropped_ppm()];
            prop_assert!(shares.into_iter().flatten().all(|ppm| ppm <= 1_000_000));
            let newest = once.newest;
            prop_assert_eq!(reception(&[uploads, vec![newest]].concat()).newest, newest);
        }
    }
}
