//! What the way to a client carries, estimated from what its transport says of arrivals (draft-ietf-rmcat-gcc-02).
//!
//! * Where a queue grows (`trend`), it is less than what arrives: and the queue is to be emptied. While it does not, the estimate rises by
//!   the second, slowly near where a queue grew before, and no further than half as much again as what arrives, as nothing is known beyond.
//! * Where a tenth is lost in a second, and more than in the seconds before, it is what arrives. If as much is still lost when less is sent, then
//!   that is a radio and not a queue, and what was believed before is believed again.
//! * What left before a fall was made something of is no part of that share. It was lost because more was sent; and of pictures in layers what
//!   is sent from then on, and arrives, may be far less than is carried.
//! * Where packets are lost and what waits least waits for long, a queue is full, and does not grow because of that; so it is emptied, but some
//!   times only: if it is others who fill it, that takes nothing from it.
//! * What nothing is sent for is found out by probes (`probe`). Each tries twice what is known, so that it is found out in steps: the next one
//!   soon after one that was carried whole, and after any other a while later.
//!
//! A pure core: what has left, what was told, and the time go in. What is made of the estimate is for [`super::belief`] to say.

mod acknowledged;
mod departures;
mod probe;
#[cfg(test)]
mod tests;
mod trend;

use crate::{
    core::{Time, arrivals::Arrivals, belief::Reading},
    limits,
};
use acknowledged::Acknowledged;
use departures::{Answer, Departures};
pub(crate) use probe::Burst;
use probe::Probe;
use trend::{Queue, Trend};

/// What is left of what arrives where a queue has grown, in hundredths: the queue is to be emptied.
const EMPTIES: u64 = 85;
/// By how much an estimate rises in a second, in thousandths: where nothing is known of a narrow place, and near one.
const RISES: u64 = 80;
const RISES_NEAR: u64 = 25;
/// Seconds whose losses are compared.
const LOSSES_COMPARED: usize = 3;
/// And after which it is seen what came of sending less; a queue that grew so lately speaks against a radio.
const LOSSES_SHOW: u32 = 2;
const QUEUED_LATELY: Time = Time::from_secs(4);
/// And so does one in which what waits least waits so long.
const WAITS_US: i64 = 30_000;

/// What is known of a way.
#[derive(Debug)]
pub(crate) struct Congestion {
    departures: Departures,
    bps: u64,
    acknowledged: Acknowledged,
    trend: Trend,
    /// What arrived when a queue grew last.
    narrow_bps: Option<u64>,
    /// When the estimate fell because of a queue, and when it rose or was asked to.
    fell: Option<Time>,
    rose: Time,
    /// What was estimated when a second was over last, and since when less is sent because of that.
    read_bps: u64,
    less_since: Time,
    probing: Probing,
    second: Second,
    losses: Losses,
    standing: Standing,
    /// When the newest packet came, by the clock of the client.
    newest_us: Option<i64>,
    round_trip: Option<Time>,
}

#[derive(Debug, Default)]
struct Probing {
    current: Option<Probe>,
    /// When the next one may be.
    next: Time,
    /// So long ones wait for each other.
    patience: Time,
}

/// What was told within a second.
#[derive(Debug, Default)]
struct Second {
    all: Answered,
    /// Of what left since less is sent.
    of_less: Answered,
    /// The least time that a packet took, by two clocks that have nothing to do with each other.
    least_us: Option<i64>,
}

/// How many packets were told of, and how many of them are lost.
#[derive(Debug, Default)]
struct Answered {
    packets: u32,
    lost: u32,
}

/// What was lost in the seconds before, and what was believed before it was.
#[derive(Debug, Default)]
struct Losses {
    shares: [f32; LOSSES_COMPARED],
    before_bps: Option<u64>,
    seconds: u32,
}

/// A queue that does not go.
#[derive(Debug, Default)]
struct Standing {
    /// The least time of this span, and of the one before.
    least_us: [Option<i64>; 2],
    seconds: u32,
    emptied: u32,
    /// What waited least in the last second waited so long.
    waits_us: i64,
    is_full: bool,
}

impl Probing {
    /// Something else is to be found out first.
    fn wait(&mut self, now: Time) {
        self.next = self.next.max(now + limits::PROBE_PATIENCE.0);
    }
}

impl Congestion {
    /// Before anything is known.
    pub(crate) fn new(bps: u64, now: Time) -> Congestion {
        Congestion {
            departures: Departures::default(),
            bps,
            acknowledged: Acknowledged::default(),
            trend: Trend::default(),
            narrow_bps: None,
            fell: None,
            rose: now,
            read_bps: bps,
            less_since: Time::ZERO,
            probing: Probing::default(),
            second: Second::default(),
            losses: Losses::default(),
            standing: Standing::default(),
            newest_us: None,
            round_trip: None,
        }
    }

    /// Begins anew from an estimate; numbers and probes go on.
    pub(crate) fn begin(&mut self, bps: u64, now: Time) {
        let departures = std::mem::take(&mut self.departures);
        let (standing, probing) = (std::mem::take(&mut self.standing), std::mem::take(&mut self.probing));
        *self = Congestion {
            departures,
            probing,
            standing,
            ..Congestion::new(bps, now)
        };
    }

    /// The number of the packet that leaves next.
    pub(crate) fn next(&self) -> u16 {
        let [.., high, low] = self.departures.next().to_be_bytes();
        u16::from_be_bytes([high, low])
    }

    /// It has left.
    pub(crate) fn leave(&mut self, bytes: usize, is_probe: bool, now: Time) {
        self.departures.leave(bytes, is_probe, now);
    }

    /// What shall leave now to find out whether more is carried, while so much is wanted. One try is of twice what is known, and half as
    /// much again as is wanted is enough: what is divided has a margin.
    pub(crate) fn begin_probe(&mut self, wanted_bps: u64, now: Time) -> Option<Burst> {
        let is_due = self.probing.current.is_none() && now >= self.probing.next;
        let is_known = self.bps >= wanted_bps.saturating_add(wanted_bps / 4);
        if !is_due || is_known || self.trend.found() == Queue::Grows {
            return None;
        }
        let enough_bps = wanted_bps.saturating_add(wanted_bps / 2);
        let aim_bps = self.bps.saturating_mul(2).min(enough_bps);
        let burst = Burst::of(aim_bps);
        self.probing.current = Some(Probe::new(aim_bps, burst.packets, now));
        Some(burst)
    }

    /// The client says what has come.
    pub(crate) fn told(&mut self, arrivals: Arrivals<'_>, now: Time) {
        let mut departures = std::mem::take(&mut self.departures);
        let mut newest = None;
        departures.answer(arrivals, |answer| {
            self.answered(&answer);
            if answer.arrived_us.is_some() {
                newest = newest.max(Some(answer.sent));
            }
        });
        self.departures = departures;
        if let Some(sent) = newest {
            self.round_trip = Some(now.saturating_sub(sent));
        }
        match self.trend.found() {
            Queue::Grows => self.falls(now),
            Queue::Stays if !self.standing.is_full => self.rises(now),
            Queue::Stays | Queue::Shrinks => self.rose = now,
        }
        self.conclude(now);
    }

    fn answered(&mut self, answer: &Answer) {
        if let Some(probe) = self.probing.current.as_mut().filter(|_| answer.is_probe) {
            probe.take(answer);
        }
        self.second.all.count(answer);
        if answer.sent >= self.less_since {
            self.second.of_less.count(answer);
        }
        let Some(arrived_us) = answer.arrived_us else { return };
        let is_elsewhen = |newest_us: i64| (newest_us - arrived_us).unsigned_abs() > limits::CLOCK_LEAPS_US;
        if self.newest_us.is_some_and(is_elsewhen) {
            // It is another clock, or the same from the beginning.
            self.acknowledged = Acknowledged::default();
            self.trend = Trend::default();
            self.standing = Standing::default();
            self.second.least_us = None;
            self.newest_us = None;
        }
        self.newest_us = self.newest_us.max(Some(arrived_us));
        self.acknowledged.take(arrived_us, answer.bytes);
        if !answer.is_probe && !answer.is_late {
            self.trend.take(answer.sent, arrived_us);
        }
        let took_us = arrived_us - i64::try_from(answer.sent.as_micros()).unwrap_or(i64::MAX);
        let least_us = self.second.least_us.get_or_insert(took_us);
        *least_us = took_us.min(*least_us);
    }

    /// A queue grows: once for each time that it takes to see what came of the last fall.
    fn falls(&mut self, now: Time) {
        self.rose = now;
        let patience = self
            .round_trip
            .unwrap_or_default()
            .clamp(limits::FALL_PATIENCE.0, limits::FALL_PATIENCE.1);
        let Some(arrives_bps) = self.acknowledged.bps() else {
            return;
        };
        if self.fell.is_some_and(|fell| now < fell + patience) {
            return;
        }
        self.narrow_bps = Some(arrives_bps);
        self.fall_to(arrives_bps * EMPTIES / 100, now);
    }

    fn fall_to(&mut self, bps: u64, now: Time) {
        self.fell = Some(now);
        self.bps = self.bps.min(bps).max(limits::ESTIMATE_LEAST_BPS);
        self.probing.wait(now);
    }

    fn rises(&mut self, now: Time) {
        let passed = now.saturating_sub(self.rose).min(limits::RISE_PAUSE);
        self.rose = now;
        let Some(arrives_bps) = self.acknowledged.bps() else {
            return;
        };
        if self
            .narrow_bps
            .is_some_and(|narrow_bps| self.bps > narrow_bps + narrow_bps / 10)
        {
            self.narrow_bps = None;
        }
        let thousandths = match self.narrow_bps {
            Some(narrow_bps) if self.bps > narrow_bps - narrow_bps / 5 => RISES_NEAR,
            _ => RISES,
        };
        let passed_us = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX);
        let more_bps = self.bps.saturating_mul(thousandths).saturating_mul(passed_us) / 1_000_000_000;
        // Nothing is known of what is far beyond that, and nothing speaks against what is known from before.
        let most_bps = self.bps.max(arrives_bps + arrives_bps / 2);
        self.bps = (self.bps + more_bps).min(most_bps);
    }

    /// Looks at a probe that is over.
    fn conclude(&mut self, now: Time) {
        let Some(probe) = self.probing.current.take_if(|probe| probe.is_over(now)) else {
            return;
        };
        let (soon, late) = limits::PROBE_PATIENCE;
        let shown_bps = probe.shown_bps().unwrap_or_default();
        let has_shown_more = shown_bps > self.bps + self.bps / 10;
        self.probing.patience = if has_shown_more {
            soon
        } else {
            (self.probing.patience + soon).min(late)
        };
        let pause = if has_shown_more && probe.is_passed() {
            limits::PROBE_GOES_ON
        } else {
            self.probing.patience
        };
        self.probing.next = now + pause;
        if has_shown_more && self.trend.found() != Queue::Grows {
            (self.bps, self.narrow_bps) = if probe.is_passed() {
                (shown_bps, None)
            } else {
                // It was as much as there is.
                ((shown_bps * 9 / 10).max(self.bps), Some(shown_bps))
            };
        }
    }

    /// A second is over.
    pub(crate) fn reading(&mut self, now: Time) -> Reading {
        self.conclude(now);
        let second = std::mem::take(&mut self.second);
        let lost = second.all.share_lost();
        self.stand(second.least_us, lost.unwrap_or_default(), now);
        if second.of_less.packets >= limits::LOSSES_OF_PACKETS {
            self.lose(second.of_less.share_lost().unwrap_or_default(), now);
        }
        if self.bps < self.read_bps {
            self.less_since = now;
        }
        self.read_bps = self.bps;
        Reading {
            estimate_bps: self.bps,
            lost,
            round_trip: self.round_trip,
        }
    }

    /// Such a share was lost in the last second.
    fn lose(&mut self, share: f32, now: Time) {
        let losses = &mut self.losses;
        let usual = losses.shares.iter().copied().fold(f32::INFINITY, f32::min);
        losses.shares.rotate_right(1);
        losses.shares[0] = share;
        if let Some(before_bps) = losses.before_bps {
            losses.seconds += 1;
            if losses.seconds < LOSSES_SHOW {
                return;
            }
            losses.before_bps = None;
            let has_helped = share < limits::LOSS_OF_A_NARROW_WAY / 2.0;
            let has_fallen = self.fell.is_some_and(|fell| now < fell + QUEUED_LATELY);
            let has_queued = has_fallen || self.standing.waits_us >= WAITS_US;
            if !has_helped && !has_queued {
                self.bps = self.bps.max(before_bps);
            }
        } else if share - usual >= limits::LOSS_OF_A_NARROW_WAY
            && let Some(arrives_bps) = self.acknowledged.bps().filter(|bps| *bps < self.bps)
        {
            (losses.before_bps, losses.seconds) = (Some(self.bps), 0);
            self.bps = arrives_bps.max(limits::ESTIMATE_LEAST_BPS);
            self.probing.wait(now);
        }
    }

    /// The least time that a packet took in the last second, and what share was lost: where a queue is full there is some, and where
    /// packets have another way there is none.
    fn stand(&mut self, least_us: Option<i64>, lost: f32, now: Time) {
        let Some(took_us) = least_us else { return };
        let standing = &mut self.standing;
        let shortest_us = standing.least_us.iter().flatten().min().copied().unwrap_or(took_us);
        let [current_us, _] = &mut standing.least_us;
        *current_us = Some(current_us.map_or(took_us, |least_us| least_us.min(took_us)));
        standing.seconds += 1;
        if standing.seconds == limits::SHORTEST_READINGS {
            let [current_us, _] = standing.least_us;
            (standing.least_us, standing.seconds, standing.emptied) = ([None, current_us], 0, 0);
        }
        standing.waits_us = took_us - shortest_us;
        standing.is_full = standing.waits_us >= full_us() && lost >= limits::LOSS_OF_A_FULL_QUEUE / 2.0;
        if !standing.is_full {
            standing.emptied = 0;
        } else if standing.emptied < limits::QUEUE_STANDS_READINGS
            && let Some(arrives_bps) = self.acknowledged.bps()
        {
            standing.emptied += 1;
            self.narrow_bps = Some(arrives_bps);
            self.fall_to(arrives_bps * EMPTIES / 100, now);
        }
    }
}

/// How long what waits least waits where a queue is full.
fn full_us() -> i64 {
    i64::try_from(limits::QUEUE_IS_FULL.as_micros()).unwrap_or(i64::MAX)
}

impl Answered {
    fn count(&mut self, answer: &Answer) {
        match (answer.arrived_us, answer.is_late) {
            (None, _) => (self.packets, self.lost) = (self.packets + 1, self.lost + 1),
            (Some(_), true) => self.lost = self.lost.saturating_sub(1),
            (Some(_), false) => self.packets += 1,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "it is a share")]
    fn share_lost(&self) -> Option<f32> {
        (self.packets > 0).then(|| self.lost as f32 / self.packets as f32)
    }
}
