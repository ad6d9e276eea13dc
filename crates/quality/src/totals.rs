//! What is summed over a stream's life.
//!
//! Besides the sums there are figures that are made of whole windows: the worst loss of one, the mean and the maximum of the jitter in
//! windows of 20 s, and how much worse speech sounded, which is no straight line: a bad minute in a good hour is heard.

use serde::{Deserialize, Serialize};

use crate::{
    figures::{Figures, Spread, is_absent},
    limits,
    stream::{Direction, Stream},
    window::Window,
};

/// The windows of a stream so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// How many there were.
    #[serde(skip_serializing_if = "is_absent")]
    pub windows: u32,
    /// The first packet.
    #[serde(skip_serializing_if = "is_absent")]
    pub first_us: Option<i64>,
    /// The last packet.
    #[serde(skip_serializing_if = "is_absent")]
    pub last_us: Option<i64>,
    /// The sums.
    #[serde(skip_serializing_if = "is_absent")]
    pub figures: Figures,
    /// The largest loss of one window, in millionths of what it expected.
    #[serde(skip_serializing_if = "is_absent")]
    pub loss_max_ppm: Option<u32>,
    /// The mean jitter of each 20 s, in microseconds.
    #[serde(skip_serializing_if = "is_absent")]
    pub network_jitter_us: Spread,
    /// The jitter of the windows that are not 20 s yet.
    #[serde(skip_serializing_if = "is_absent")]
    pub jitter_so_far_us: Spread,
    /// By how much speech sounded worse, in millionths of a point of opinion: of each window, weighed by its milliseconds.
    #[serde(skip_serializing_if = "is_absent")]
    pub degradation_millionths: Spread,
}

impl Totals {
    /// Whether anything came of this stream from its participant. What nothing was ever passed on of, as of a muted microphone, has not
    /// flowed; and only what participants send counts, for what they receive somebody has sent.
    pub fn have_flowed(&self, stream: Stream) -> bool {
        stream.direction == Direction::Uplink && self.figures.codec.is_some()
    }

    /// Takes in the next window.
    pub fn add(&mut self, window: &Window) {
        self.windows += 1;
        let Figures {
            lost,
            expected,
            jitter_us,
            ..
        } = &window.figures;
        self.first_us = earlier(self.first_us, window.first_us);
        self.last_us = self.last_us.max(window.last_us);
        self.figures.add(&window.figures);
        if let Some(loss_ppm) = (lost.saturating_mul(1_000_000)).checked_div(*expected) {
            self.loss_max_ppm = self.loss_max_ppm.max(u32::try_from(loss_ppm).ok());
        }
        if let Some(degradation) = window.figures.degradation() {
            self.degradation_millionths
                .add(&weighed(degradation, window.length_us / 1_000));
        }
        self.jitter_so_far_us.add(jitter_us);
        if self.windows.is_multiple_of(limits::NETWORK_JITTER_WINDOWS) {
            self.network_jitter_us = self.network_jitter_us();
            self.jitter_so_far_us = Spread::default();
        }
    }

    /// The mean jitter of each 20 s, with what has come since the last of them.
    pub fn network_jitter_us(&self) -> Spread {
        let mut spread = self.network_jitter_us;
        let Spread { sum, samples, .. } = self.jitter_so_far_us;
        if let Some(mean_us) = sum.checked_div(samples) {
            spread.take(mean_us);
        }
        spread
    }

    /// By how much speech sounded worse, in points of opinion.
    pub fn degradation(&self) -> Option<f64> {
        self.degradation_millionths.mean().map(|millionths| millionths / 1e6)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to 4 points"
)]
fn weighed(points: f64, weight: u32) -> Spread {
    let millionths = (points * 1e6) as u64;
    let samples = u64::from(weight);
    Spread {
        sum: millionths * samples,
        samples,
        max: millionths,
    }
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(begin_us: i64, expected: u64, lost: u64, jitter_us: u64) -> Window {
        let mut figures = Figures {
            packets: expected - lost,
            expected,
            lost,
            ..Figures::default()
        };
        figures.jitter_us.take(jitter_us);
        Window {
            begin_us,
            length_us: 5_000_000,
            first_us: Some(begin_us + 1),
            last_us: Some(begin_us + 4_999_999),
            figures,
        }
    }

    #[test]
    fn windows_are_summed_and_the_worst_is_kept() {
        let mut totals = Totals::default();
        assert_eq!(totals.figures.loss(), None, "nothing is known of nothing");
        for (begin_us, expected, lost) in [(10, 250, 0), (5_000_010, 250, 25), (10_000_010, 500, 5)] {
            totals.add(&window(begin_us, expected, lost, 1_000));
        }
        assert_eq!((totals.first_us, totals.last_us), (Some(11), Some(15_000_009)));
        assert_eq!((totals.figures.expected, totals.figures.lost), (1_000, 30));
        assert_eq!(totals.figures.loss(), Some(0.03));
        assert_eq!(totals.loss_max_ppm, Some(100_000));
        totals.add(&Window::default().moved(15_000_010));
        assert_eq!(
            (totals.first_us, totals.last_us),
            (Some(11), Some(15_000_009)),
            "no packet in it"
        );
    }

    #[test]
    fn what_was_not_measured_is_not_written() {
        let check = |totals: Totals, expected: &str| {
            assert_eq!(serde_json::to_string(&totals).expect("plain names"), expected);
            assert_eq!(serde_json::from_str::<Totals>(expected).expect("as written"), totals);
        };
        check(Totals::default(), "{}");
        let mut totals = Totals::default();
        totals.add(&window(10, 250, 0, 0));
        check(
            totals,
            r#"{"windows":1,"first_us":11,"last_us":5000009,"figures":{"packets":250,"expected":250,"jitter_us":{"sum":0,"samples":1,"max":0}},"loss_max_ppm":0,"jitter_so_far_us":{"sum":0,"samples":1,"max":0},"degradation_millionths":{"sum":0,"samples":5000,"max":0}}"#,
        );
        // As it was written before.
        let whole =
            r#"{"windows":0,"first_us":null,"figures":{"lost":0,"picture":null,"delayed":{"such":0,"samples":0}}}"#;
        let read: Totals = serde_json::from_str(whole).expect("as it was written");
        assert_eq!(read, Totals::default());
    }

    #[test]
    fn a_bad_window_is_heard_in_a_good_call() {
        let mut totals = Totals::default();
        assert_eq!(totals.degradation(), None, "nothing was heard");
        for (begin_us, lost) in [(0, 0), (5_000_000, 50), (10_000_000, 0), (15_000_000, 0)] {
            totals.add(&window(begin_us, 1_000, lost, 0));
        }
        let degradation = totals.degradation().unwrap();
        assert!((degradation - 1.230 / 4.0).abs() < 0.001, "{degradation}");
        assert!(totals.figures.degradation().unwrap() < 0.29, "and not spread over all");
    }

    #[test]
    fn the_jitter_of_the_network_is_that_of_20_seconds() {
        let check = |jitters_us: &[u64], mean_us: Option<f64>, max_us: Option<u64>| {
            let mut totals = Totals::default();
            for (second, jitter_us) in (0..).zip(jitters_us) {
                totals.add(&window(second * 5_000_000, 1, 0, *jitter_us));
            }
            let network_us = totals.network_jitter_us();
            assert_eq!(
                (network_us.mean(), network_us.max()),
                (mean_us, max_us),
                "{jitters_us:?}"
            );
        };
        check(&[], None, None);
        check(&[3, 5], Some(4.0), Some(4));
        check(&[40, 0, 0, 0], Some(10.0), Some(10));
        check(&[40, 0, 0, 0, 20], Some(15.0), Some(20));
        check(&[40, 0, 0, 0, 20, 20, 20, 60], Some(20.0), Some(30));
    }
}
