//! Links with a rate, a queue, jitter and losses, in simulated time; what is estimated of each, second by second.

use std::collections::VecDeque;

use super::*;
use crate::core::arrivals::written;

/// How often the client tells, and packets leave.
const TELLS: Time = Time::from_millis(100);
const STEP: Time = Time::from_millis(20);
const MILLISECOND: Time = Time::from_millis(1);

/// What a way is like at a time.
#[derive(Clone, Copy)]
struct Link {
    /// None where nothing is narrow.
    kbps: Option<u64>,
    delay_ms: u64,
    jitter_ms: u64,
    queue_ms: u64,
    lost_percent: u64,
}

const FREE: Link = Link {
    kbps: None,
    delay_ms: 20,
    jitter_ms: 0,
    queue_ms: 200,
    lost_percent: 0,
};

const fn narrow(kbps: u64) -> Link {
    Link {
        kbps: Some(kbps),
        ..FREE
    }
}

/// Somebody who sends what is estimated, and no more than is wanted.
struct World {
    congestion: Congestion,
    now: Time,
    wanted_kbps: u64,
    /// What is sent, if it is not what is estimated.
    layer_kbps: Option<u64>,
    /// Packets on their way: number, and when it comes, if it does.
    under_way: VecDeque<(u16, Option<Time>)>,
    free_at: Time,
    last_came: Time,
    chance: u64,
    owed_bytes: u64,
}

impl World {
    fn new(wanted_kbps: u64) -> World {
        World {
            congestion: Congestion::new(500_000, Time::ZERO),
            now: Time::from_secs(1),
            wanted_kbps,
            layer_kbps: None,
            under_way: VecDeque::new(),
            free_at: Time::ZERO,
            last_came: Time::ZERO,
            chance: 1,
            owed_bytes: 0,
        }
    }

    /// A number below another one, always the same in a run.
    fn chance(&mut self, below: u64) -> u64 {
        self.chance = self
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % below.max(1)
    }

    fn leave(&mut self, bytes: usize, is_probe: bool, link: Link) {
        let number = self.congestion.next();
        self.congestion.leave(bytes, is_probe, self.now);
        let starts = self.free_at.max(self.now);
        let is_full = starts > self.now + MILLISECOND * u32::try_from(link.queue_ms).unwrap();
        if is_full || self.chance(100) < link.lost_percent {
            self.under_way.push_back((number, None));
            return;
        }
        let takes = link.kbps.map_or(0, |kbps| bytes as u64 * 8_000 / kbps);
        self.free_at = starts + Time::from_micros(takes);
        let jitter = MILLISECOND * u32::try_from(self.chance(link.jitter_ms + 1)).unwrap();
        let came = self.free_at + MILLISECOND * u32::try_from(link.delay_ms).unwrap() + jitter;
        // A network that holds something back holds back what follows.
        self.last_came = self.last_came.max(came);
        self.under_way.push_back((number, Some(self.last_came)));
    }

    fn step(&mut self, link: Link) {
        let wanted_bps = self.wanted_kbps * 1_000;
        let sent_bps = self.layer_kbps.map_or(self.congestion.bps, |kbps| kbps * 1_000);
        self.owed_bytes += sent_bps.min(wanted_bps) * 20 / 8_000;
        while self.owed_bytes >= 1_000 {
            self.owed_bytes -= 1_000;
            self.leave(1_000, false, link);
        }
        self.leave(120, false, link);
        if let Some(burst) = self.congestion.begin_probe(wanted_bps, self.now) {
            for _ in 0..burst.packets {
                self.leave(burst.bytes, true, link);
            }
        }
        self.now += STEP;
        if self.now.as_millis().is_multiple_of(TELLS.as_millis()) {
            self.tell(link);
        }
    }

    /// The client tells of all that came before now, and that nothing will come of what is before that.
    fn tell(&mut self, link: Link) {
        let told_until = self
            .now
            .saturating_sub(MILLISECOND * u32::try_from(link.delay_ms).unwrap());
        let last = self
            .under_way
            .iter()
            .rposition(|(_, came)| came.is_some_and(|came| came <= told_until));
        let Some(last) = last else { return };
        let told: Vec<(u16, Option<Time>)> = self.under_way.drain(..=last).collect();
        for part in told.chunks(50) {
            let times: Vec<Option<i64>> = part
                .iter()
                .map(|(_, came)| came.map(|came| i64::try_from(came.as_micros()).unwrap()))
                .collect();
            let message = written(part[0].0, &times);
            self.congestion.told(Arrivals::parse(&message).unwrap(), self.now);
        }
    }

    /// Seconds pass; what is estimated after each, in kbit/s.
    fn seconds(&mut self, seconds: usize, link: Link) -> Vec<u64> {
        let mut estimates = vec![];
        for _ in 0..seconds {
            for _ in 0..50 {
                self.step(link);
            }
            let reading = self.congestion.reading(self.now);
            estimates.push(reading.estimate_bps / 1_000);
        }
        estimates
    }
}

/// Seconds on links one after the other, and between what the estimate is, in kbit/s, from the fifth second of each on.
#[track_caller]
fn check(wanted_kbps: u64, links: &[(usize, Link, (u64, u64))]) {
    let mut world = World::new(wanted_kbps);
    for (seconds, link, (least, most)) in links {
        let estimates = world.seconds(*seconds, *link);
        let settled = &estimates[5..];
        assert!(
            settled.iter().all(|kbps| (*least..=*most).contains(kbps)),
            "{least} to {most}: {estimates:?}"
        );
    }
}

#[test]
fn what_a_narrow_way_carries_is_found_and_kept_to() {
    check(2_000, &[(30, narrow(500), (350, 560))]);
    check(2_000, &[(30, narrow(150), (90, 180))]);
    check(4_000, &[(30, narrow(3_000), (2_000, 3_300))]);
}

#[test]
fn a_way_that_falls_and_rises_is_followed() {
    let free = |seconds| (seconds, FREE, (2_000, 4_000));
    check(
        2_000,
        &[free(10), (20, narrow(500), (330, 560)), (20, narrow(150), (80, 200))],
    );
    let mut world = World::new(2_000);
    world.seconds(10, narrow(150));
    let again = world.seconds(15, FREE);
    assert!(again[12] >= 2_500, "{again:?}");
}

#[test]
fn jitter_and_losses_without_a_queue_are_no_narrow_way() {
    let jitter = Link {
        delay_ms: 150,
        jitter_ms: 30,
        ..FREE
    };
    check(1_000, &[(30, jitter, (1_000, 2_000))]);
    // It is another way from one moment to the next.
    let mut world = World::new(1_000);
    world.seconds(10, FREE);
    let estimates = world.seconds(20, jitter);
    assert!(estimates[3..].iter().all(|kbps| *kbps >= 1_000), "{estimates:?}");
    for lost_percent in [5, 15] {
        let lossy = Link { lost_percent, ..FREE };
        let mut world = World::new(1_000);
        world.seconds(10, FREE);
        let estimates = world.seconds(20, lossy);
        assert!(estimates[5..].iter().all(|kbps| *kbps >= 900), "{estimates:?}");
    }
}

#[test]
fn a_way_that_drops_what_is_too_much_is_obeyed() {
    let policed = Link {
        queue_ms: 5,
        ..narrow(500)
    };
    check(2_000, &[(10, FREE, (2_000, 4_000)), (20, policed, (300, 620))]);
}

/// Pictures come in layers, of which one is sent from one second to the next; what is sent then may be much less than what was lost of.
#[test]
fn what_was_lost_before_less_was_sent_is_no_reason_to_send_less_still() {
    const LAYERS_KBPS: [u64; 3] = [130, 240, 490];
    let mut world = World::new(500);
    world.layer_kbps = Some(490);
    world.seconds(10, FREE);
    let mut estimates = vec![];
    for _ in 0..10 {
        estimates.extend(world.seconds(1, narrow(260)));
        let fits = |kbps: &&u64| Some(*kbps) <= estimates.last();
        world.layer_kbps = LAYERS_KBPS.iter().rfind(fits).copied();
    }
    assert!(
        estimates[1..].iter().all(|kbps| (200..=320).contains(kbps)),
        "{estimates:?}"
    );
}

#[test]
fn who_sends_little_is_not_thought_to_be_able_to_do_less() {
    let mut world = World::new(2_000);
    world.seconds(10, FREE);
    let before = world.congestion.bps;
    world.wanted_kbps = 100;
    let estimates = world.seconds(20, FREE);
    assert_eq!(estimates.last(), Some(&(before / 1_000)));
}

proptest::proptest! {
    /// Whatever a client tells, an estimate is one.
    #[test]
    fn any_history_will_do(
        steps in proptest::collection::vec((0..4_u8, proptest::prelude::any::<u16>(), 0..5_000_u64, proptest::prelude::any::<i64>()), 0..200),
    ) {
        let mut congestion = Congestion::new(500_000, Time::ZERO);
        let mut now = Time::ZERO;
        for (kind, number, passed_ms, time_us) in steps {
            now += Time::from_millis(passed_ms);
            match kind {
                0 => congestion.leave(usize::from(number), number % 2 == 0, now),
                1 => {
                    let time_us = time_us % 1_000_000_000_000;
                    let message = written(number % 300, &[Some(time_us), None, Some(time_us + 1_000)]);
                    congestion.told(Arrivals::parse(&message).unwrap(), now);
                }
                2 => {
                    let reading = congestion.reading(now);
                    proptest::prop_assert!(reading.estimate_bps >= limits::ESTIMATE_LEAST_BPS);
                }
                _ => {
                    congestion.begin_probe(u64::from(number) * 1_000, now);
                }
            }
        }
    }
}
