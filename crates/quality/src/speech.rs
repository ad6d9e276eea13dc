//! How much worse speech sounds for what the network did: the E-model of ITU-T G.107, of loss and jitter alone.
//!
//! Nobody listened and nothing was decoded, so this is an estimate, and of the network's part only: how good a voice would
//! sound with the best of what was sent, minus how good it sounds with what came. The constants of Opus are not in the standard; these
//! are the ones that the contract names.

use crate::figures::{Figures, ratio};

/// The rating of a voice to which nothing happens on the way.
const BEST_RATING: f64 = 93.2;
/// What remains to be lost when every packet is.
const WORST_IMPAIRMENT: f64 = 95.0;
/// How many percent of loss cost half of it, where a decoder fills the gaps with what it makes up.
const ROBUSTNESS: f64 = 10.0;
/// And where packets carry those before them once more.
const ROBUSTNESS_WITH_REDUNDANCY: f64 = 20.0;

impl Figures {
    /// By how much the mean opinion, from 1 to 4.4, is worse for what was lost or came too late. Of sound, if anything is
    /// known of its losses.
    pub fn degradation(&self) -> Option<f64> {
        let spoiled = self.loss_after_repair()? + ratio(self.late, self.expected)?;
        let robustness = if self.redundant > 0 {
            ROBUSTNESS_WITH_REDUNDANCY
        } else {
            ROBUSTNESS
        };
        let impairment = impairment(100.0 * spoiled.min(1.0), self.burst_ratio(), robustness);
        Some(opinion(BEST_RATING) - opinion(BEST_RATING - impairment))
    }

    /// The mean length of bursts, as a multiple of what it would be if losses had nothing to do with each other. At least 1.
    fn burst_ratio(&self) -> f64 {
        let mean = ratio(self.lost, self.bursts).unwrap_or(1.0);
        (mean * (1.0 - self.loss().unwrap_or(0.0))).max(1.0)
    }
}

/// `Ie,eff` of G.107 §3.5, with no impairment by the codec itself.
fn impairment(loss_percent: f64, burst_ratio: f64, robustness: f64) -> f64 {
    WORST_IMPAIRMENT * loss_percent / (loss_percent / burst_ratio + robustness)
}

/// The mean opinion of a rating, G.107 annex B.
fn opinion(rating: f64) -> f64 {
    if rating <= 0.0 {
        return 1.0;
    }
    1.0 + 0.035 * rating + 7e-6 * rating * (rating - 60.0) * (100.0 - rating)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loss_costs_what_the_model_says() {
        // Of a thousand packets: lost, in so many bursts, late, and whether there is redundancy.
        let check = |(lost, bursts, late, redundant): (u64, u64, u64, u64), expected: f64| {
            let figures = Figures {
                expected: 1_000,
                lost,
                bursts,
                late,
                redundant,
                ..Figures::default()
            };
            let degradation = figures.degradation().unwrap();
            assert!((degradation - expected).abs() < 0.001, "{degradation} for {figures:?}");
        };
        check((0, 0, 0, 0), 0.0);
        check((10, 10, 0, 0), 0.225);
        check((50, 50, 0, 0), 1.230);
        check((100, 100, 0, 0), 2.058);
        check((50, 50, 0, 1), 0.622);
        check((50, 12, 0, 0), 1.780);
        check((0, 0, 50, 0), 1.230);
        check((1_000, 1, 1_000, 0), 3.407);
        assert_eq!(Figures::default().degradation(), None, "nothing is known");
    }

    #[test]
    fn opinions_are_those_of_the_standard() {
        let check = |rating: f64, expected: f64| {
            assert!(
                (opinion(rating) - expected).abs() < 0.001,
                "{} for {rating}",
                opinion(rating)
            );
        };
        check(-5.0, 1.0);
        check(0.0, 1.0);
        check(50.0, 2.575);
        check(60.0, 3.1);
        check(80.0, 4.024);
        check(93.2, 4.409);
    }
}
