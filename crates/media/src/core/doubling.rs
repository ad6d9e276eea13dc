//! Whether sound goes to a listener with redundancy: for as long as the way there loses packets, and is none the worse for it.
//!
//! Redundancy takes as much as the voices do. On a way that is too narrow for both it makes losses of its own, which look like those that it
//! repairs, and would keep itself alive. Where pictures are shown the way is estimated, and known to be narrow if it is. Where none are,
//! only a trial tells: a radio loses as much without redundancy as with it, a full queue does not. So redundancy pauses after a while, and goes on
//! if about as much is lost then; after each such trial it is left alone for longer. If much less is lost, it was the cause or is needed no
//! more: it stays away, each time for longer, until something is lost again.
//!
//! Browsers that are sent sound alone report every five seconds or so. What is told soon after a change is of the time before it.

use crate::{core::Time, limits};

/// What is known of a listener.
#[derive(Debug)]
pub(crate) struct Doubling {
    phase: Phase,
    /// How long it goes with redundancy until that is tried.
    spell: Time,
    /// How long it stays without after a trial that speaks against it.
    wait: Time,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// It does not begin before then.
    Without { until: Time },
    With {
        since: Time,
        /// The way is believed to lose packets until then.
        until: Time,
        lost: Mean,
    },
    /// Without, to find out what it does.
    Trial { since: Time, lost_with: f32 },
}

#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f32,
    count: u16,
}

impl Mean {
    fn and(self, value: f32) -> Mean {
        Mean {
            sum: self.sum + value,
            count: self.count.saturating_add(1),
        }
    }

    fn value(self) -> Option<f32> {
        (self.count > 0).then(|| self.sum / f32::from(self.count))
    }
}

impl Default for Doubling {
    fn default() -> Doubling {
        Doubling {
            phase: Phase::Without { until: Time::ZERO },
            spell: limits::REDUNDANCY_SPELL,
            wait: limits::REDUNDANCY_WAIT,
        }
    }
}

impl Doubling {
    /// Whether sound goes with redundancy.
    pub(crate) fn is_on(&self, now: Time) -> bool {
        matches!(self.phase, Phase::With { until, .. } if now < until)
    }

    /// Such a share of what was sent of late was lost; what the way carries may be known otherwise.
    pub(crate) fn told(&mut self, lost: f32, is_estimated: bool, now: Time) {
        let loses = lost >= limits::REDUNDANCY_FROM_LOSS;
        match self.phase {
            _ if is_estimated => {
                if loses {
                    self.begin(now);
                }
            }
            Phase::Without { until } => {
                if loses && now >= until {
                    self.begin(now);
                }
            }
            Phase::With { until, .. } if now >= until => {
                // It has ended by itself, so it did no harm.
                *self = Doubling::default();
                self.told(lost, is_estimated, now);
            }
            Phase::With {
                since,
                until,
                lost: mean,
            } => self.goes_on((since, until, mean), (lost, loses), now),
            Phase::Trial { since, lost_with } => {
                let takes = now.saturating_sub(since);
                if takes < limits::REDUNDANCY_SETTLES {
                    return;
                }
                let (of, parts) = limits::REDUNDANCY_DOES_NOT_HARM;
                if loses && lost * parts >= lost_with * of {
                    self.spell = (2 * self.spell).min(limits::REDUNDANCY_SPELL_LONGEST);
                    self.wait = limits::REDUNDANCY_WAIT;
                    self.begin(now);
                } else if takes >= 2 * limits::REDUNDANCY_SETTLES {
                    self.phase = Phase::Without { until: now + self.wait };
                    self.wait = (2 * self.wait).min(limits::REDUNDANCY_WAIT_LONGEST);
                }
            }
        }
    }

    fn begin(&mut self, now: Time) {
        self.phase = Phase::With {
            since: now,
            until: now + limits::REDUNDANCY_LASTS,
            lost: Mean::default(),
        };
    }

    fn goes_on(&mut self, (since, until, mean): (Time, Time, Mean), (lost, loses): (f32, bool), now: Time) {
        let takes = now.saturating_sub(since);
        let mean = if takes < limits::REDUNDANCY_SETTLES {
            mean
        } else {
            mean.and(lost)
        };
        let until = if loses { now + limits::REDUNDANCY_LASTS } else { until };
        let lost_with = mean.value().filter(|lost| *lost >= limits::REDUNDANCY_FROM_LOSS);
        self.phase = match lost_with.filter(|_| takes >= self.spell) {
            Some(lost_with) => Phase::Trial { since: now, lost_with },
            None => Phase::With {
                since,
                until,
                lost: mean,
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTES: u64 = 10;

    /// A way to a listener.
    struct Way {
        /// How many times the voices it carries.
        carries: f32,
        /// What share it loses whatever is sent.
        radio: f32,
        /// Until then, in seconds, it loses that.
        radio_until: u64,
        /// Every so many seconds something else takes its place for one, and a tenth is lost.
        disturbed_every: Option<u64>,
        /// How often the listener reports, in seconds.
        reports_every: u64,
        is_estimated: bool,
    }

    const WIDE: Way = Way {
        carries: 10.0,
        radio: 0.0,
        radio_until: u64::MAX,
        disturbed_every: None,
        reports_every: 5,
        is_estimated: false,
    };

    /// For what share of ten minutes sound goes with redundancy, in percent, and whether it does at their end.
    #[track_caller]
    fn check(way: &Way, expected: std::ops::RangeInclusive<u64>, at_last: bool) {
        let mut doubling = Doubling::default();
        let (mut seconds_with, mut mean) = (0, Mean::default());
        for second in 1..=60 * MINUTES {
            let now = Time::from_secs(second);
            let is_on = doubling.is_on(now);
            let load = if is_on { 2.0 } else { 1.0 };
            let radio = if second < way.radio_until { way.radio } else { 0.0 };
            let disturbed = match way.disturbed_every {
                Some(every) if second % every == 7 => 0.1,
                _ => 0.0,
            };
            mean = mean.and((1.0 - way.carries / load).max(0.0).max(radio).max(disturbed));
            seconds_with += u64::from(is_on);
            if second % way.reports_every == 0 {
                let lost = std::mem::take(&mut mean).value().unwrap();
                doubling.told(lost, way.is_estimated, now);
            }
        }
        let share = 100 * seconds_with / (60 * MINUTES);
        assert!(expected.contains(&share), "{share} % and not {expected:?}");
        assert_eq!(doubling.is_on(Time::from_secs(60 * MINUTES)), at_last);
    }

    #[test]
    fn redundancy_is_for_ways_that_lose_as_much_without_it() {
        check(&WIDE, 0..=0, false);
        for reports_every in [1, 2, 5] {
            let radio = |radio| Way {
                radio,
                reports_every,
                ..WIDE
            };
            check(&radio(0.005), 0..=0, false);
            check(&radio(0.02), 85..=95, true);
            check(&radio(0.15), 85..=95, true);
        }
        // One whose losses end.
        let way = Way {
            radio: 0.05,
            radio_until: 60,
            ..WIDE
        };
        check(&way, 8..=13, false);
    }

    #[test]
    fn redundancy_ends_where_it_makes_the_losses() {
        for reports_every in [1, 2, 5] {
            // Something was lost once, or again and again.
            let narrow = Way {
                carries: 1.5,
                disturbed_every: Some(1_000),
                reports_every,
                ..WIDE
            };
            check(&narrow, 2..=5, false);
            let disturbed_every = Some(20);
            check(
                &Way {
                    disturbed_every,
                    ..narrow
                },
                2..=25,
                false,
            );
            // Too narrow for the voices alone, by a tenth: more than half of what is lost is lost for redundancy.
            check(&Way { carries: 0.9, ..narrow }, 10..=25, false);
        }
        // And where it is known what is carried, nobody has to try.
        let way = Way {
            radio: 0.05,
            is_estimated: true,
            ..WIDE
        };
        check(&way, 95..=100, true);
    }
}
