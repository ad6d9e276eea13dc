//! Whether a queue grows on the way to a client, from when packets left and when they came (draft-ietf-rmcat-gcc-02 §5).
//!
//! What leaves together is one sample, and its first packet stands for it: how long that one waited does not depend on how large
//! the picture is that it begins. How much later each comes than the one before is summed and smoothed; the slope of the last
//! samples, in time against time, says whether the queue grows. How steep is too steep follows what is usual on this way, so that
//! others who fill the same queue do not drive us out. And the fastest packets must come later too: those of a way with jitter do not.

use std::collections::VecDeque;

use crate::{core::Time, limits};

/// What leaves within this is one sample.
const TOGETHER: Time = Time::from_millis(5);
/// So much of the sum before stays in the next one.
const SMOOTHING: f64 = 0.9;
/// Slopes are multiplied by how many samples there were, and this.
const GAIN: f64 = 4.0;
const SAMPLES_COUNTED: u32 = 60;
/// Where it begins, and how it follows, in milliseconds, and for each millisecond.
const THRESHOLD_MS: f64 = 12.5;
const THRESHOLD_RANGE_MS: (f64, f64) = (6.0, 600.0);
const THRESHOLD_RISES: f64 = 0.008_7;
const THRESHOLD_FALLS: f64 = 0.039;
/// A slope that is so much steeper is something else, and the threshold does not follow.
const OUTLIER_MS: f64 = 15.0;
/// It must be too steep for so long.
const STEEP_MS: f64 = 10.0;
/// A queue grows where what waits least in such a while waits so much longer than what did in the one before: jitter has its fast packets
/// in each.
const WHILE: Time = Time::from_millis(200);
const LEAST_GROWS_US: i64 = 8_000;
/// The time between two samples that counts.
const PAUSE_MS: f64 = 100.0;

/// What is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Queue {
    #[default]
    Stays,
    Grows,
    Shrinks,
}

/// The detector.
#[derive(Debug)]
pub(super) struct Trend {
    /// When the newest sample left, and when it came.
    last: Option<(Time, i64)>,
    sum_ms: f64,
    smoothed_ms: f64,
    /// The time since the first sample, and the smoothed sum.
    samples: VecDeque<(f64, f64)>,
    counted: u32,
    clock_ms: f64,
    threshold_ms: f64,
    steep_ms: f64,
    slope_ms: f64,
    found: Queue,
    least: Least,
}

/// The least time that packets took, by two clocks that have nothing to do with each other.
#[derive(Debug, Default)]
struct Least {
    /// Since when, and of this while.
    current: Option<(Time, i64)>,
    /// Of the last two that are over, the newer one first.
    before: [Option<i64>; 2],
}

impl Least {
    fn take(&mut self, sent: Time, took_us: i64) {
        match &mut self.current {
            Some((since, least_us)) if sent < *since + WHILE => *least_us = took_us.min(*least_us),
            current => {
                let over = current.replace((sent, took_us));
                self.before = [over.map(|(_, least_us)| least_us), self.before[0]];
            }
        }
    }

    fn grows(&self) -> bool {
        matches!(self.before, [Some(newer_us), Some(older_us)] if newer_us >= older_us + LEAST_GROWS_US)
    }
}

impl Default for Trend {
    fn default() -> Trend {
        Trend {
            last: None,
            sum_ms: 0.0,
            smoothed_ms: 0.0,
            samples: VecDeque::with_capacity(limits::TREND_SAMPLES),
            counted: 0,
            clock_ms: 0.0,
            threshold_ms: THRESHOLD_MS,
            steep_ms: 0.0,
            slope_ms: 0.0,
            found: Queue::Stays,
            least: Least::default(),
        }
    }
}

impl Trend {
    /// What was found last.
    pub(super) fn found(&self) -> Queue {
        self.found
    }

    /// A packet has come.
    #[expect(clippy::cast_precision_loss, reason = "differences are small")]
    pub(super) fn take(&mut self, sent: Time, arrived_us: i64) {
        let sent_us = i64::try_from(sent.as_micros()).unwrap_or(i64::MAX);
        self.least.take(sent, arrived_us.saturating_sub(sent_us));
        let Some((last_sent, last_arrived_us)) = self.last else {
            self.last = Some((sent, arrived_us));
            return;
        };
        if sent < last_sent + TOGETHER {
            return;
        }
        self.last = Some((sent, arrived_us));
        let between_ms = (arrived_us - last_arrived_us) as f64 / 1_000.0;
        let between_sent_ms = sent.saturating_sub(last_sent).as_secs_f64() * 1_000.0;
        self.sample(between_ms, between_ms - between_sent_ms);
    }

    fn sample(&mut self, since_ms: f64, later_ms: f64) {
        self.clock_ms += since_ms.max(0.0);
        self.sum_ms += later_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.sum_ms;
        self.counted = (self.counted + 1).min(SAMPLES_COUNTED);
        if self.samples.len() == limits::TREND_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back((self.clock_ms, self.smoothed_ms));
        if self.samples.len() < limits::TREND_SAMPLES {
            return;
        }
        let Some(slope) = slope(&self.samples) else { return };
        self.judge(slope * f64::from(self.counted) * GAIN, since_ms.clamp(0.0, PAUSE_MS));
    }

    fn judge(&mut self, slope_ms: f64, since_ms: f64) {
        let before_ms = std::mem::replace(&mut self.slope_ms, slope_ms);
        if slope_ms > self.threshold_ms {
            self.steep_ms += since_ms;
            if self.steep_ms > STEEP_MS && slope_ms >= before_ms {
                self.steep_ms = 0.0;
                self.found = if self.least.grows() { Queue::Grows } else { Queue::Stays };
            }
        } else {
            self.steep_ms = 0.0;
            self.found = if slope_ms < -self.threshold_ms {
                Queue::Shrinks
            } else {
                Queue::Stays
            };
        }
        let beyond_ms = slope_ms.abs() - self.threshold_ms;
        if beyond_ms < OUTLIER_MS {
            let rate = if beyond_ms > 0.0 {
                THRESHOLD_RISES
            } else {
                THRESHOLD_FALLS
            };
            let (least, most) = THRESHOLD_RANGE_MS;
            self.threshold_ms = (self.threshold_ms + rate * beyond_ms * since_ms).clamp(least, most);
        }
    }
}

/// Of the line that is nearest to all of them; nothing if they are of one moment.
fn slope(samples: &VecDeque<(f64, f64)>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let count = samples.len() as f64;
    let (sum_x, sum_y) = samples
        .iter()
        .fold((0.0, 0.0), |(x, y), (more_x, more_y)| (x + more_x, y + more_y));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (above, below) = samples.iter().fold((0.0, 0.0), |(above, below), (x, y)| {
        let from_mean = x - mean_x;
        (above + from_mean * (y - mean_y), below + from_mean * from_mean)
    });
    (below > 0.0).then_some(above / below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets leave every 20 ms for three seconds, and wait so long in microseconds, by their place; what was found, without repetitions.
    #[track_caller]
    fn check(waits_us: impl Fn(i64) -> i64, expected: &[Queue]) {
        let mut trend = Trend::default();
        let mut found = vec![];
        for place in 0..150_i64 {
            let sent_us = 20_000 * place;
            let sent = Time::from_micros(u64::try_from(sent_us).unwrap());
            trend.take(sent, sent_us + waits_us(place));
            // The rest of the picture comes later, by its own size.
            trend.take(sent, sent_us + waits_us(place) + 7_000 * (place % 5));
            if found.last() != Some(&trend.found()) {
                found.push(trend.found());
            }
        }
        assert_eq!(found, expected);
    }

    #[test]
    fn a_queue_that_grows_is_seen_and_jitter_is_none() {
        check(|_| 0, &[Queue::Stays]);
        check(|place| 2_000 * place, &[Queue::Stays, Queue::Grows]);
        check(|place| 1_000_000 - 2_000 * place, &[Queue::Stays, Queue::Shrinks]);
        let grows_and_stands = |place: i64| 2_000 * place.min(60);
        check(grows_and_stands, &[Queue::Stays, Queue::Grows, Queue::Stays]);
        // The clocks part by a thousandth.
        check(|place| 20 * place, &[Queue::Stays]);
        check(|place| place * 7_919 % 31 * 500, &[Queue::Stays]);
        // By chance, up to 60 ms.
        let chance = |place: i64| (place.wrapping_mul(6_364_136_223_846_793_005) >> 33).rem_euclid(60_000);
        check(chance, &[Queue::Stays]);
    }
}
