//! How evenly packets come: jitter, and what comes too late to be heard.
//!
//! Jitter is that of RFC 3550 §A.8. The packets of one picture have one timestamp, so only the first that comes of each is looked at.
//!
//! What comes too late to be heard depends on a player that nobody here has. So a plain one is assumed (the first algorithm of Ramjee et al.,
//! INFOCOM 1994): it knows how long packets are usually under way, as a running mean, and waits for some multiple of the
//! jitter beyond that. It follows a network that becomes slower, and a sender whose clock or machine is slow, which delays nothing.

use crate::limits;

/// How evenly packets come.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    last: Option<(u32, i64)>,
    /// Sixteen times the jitter, as RFC 3550 §A.8 keeps it so that nothing is lost by rounding.
    jitter_16_us: u64,
    /// How much longer the newest packet was under way than the first.
    transit_us: i64,
    /// Sixteen times the running mean of that.
    usual_16_us: i64,
}

impl Pace {
    /// A packet came by itself; true if it came later than a jitter buffer waits.
    pub(crate) fn came(&mut self, timestamp: u32, clock_rate_hz: u32, now_us: i64) -> bool {
        let last = self.last.replace((timestamp, now_us));
        if let Some((last_timestamp, last_us)) = last {
            if timestamp == last_timestamp {
                self.last = last;
                return false;
            }
            let ticks = i64::from(timestamp.wrapping_sub(last_timestamp).cast_signed());
            let difference_us = (now_us - last_us) - ticks * 1_000_000 / i64::from(clock_rate_hz);
            let distance_us = difference_us.unsigned_abs();
            if distance_us >= limits::DISCONTINUITY_US {
                (self.transit_us, self.usual_16_us) = (0, 0);
                return false;
            }
            self.transit_us += difference_us;
            let is_late = self.transit_us - (self.usual_16_us >> 4) > self.patience_us();
            self.jitter_16_us = self.jitter_16_us + distance_us - ((self.jitter_16_us + 8) >> 4);
            self.usual_16_us += self.transit_us - (self.usual_16_us >> 4);
            return is_late;
        }
        false
    }

    /// How much longer than usual a packet may be under way.
    fn patience_us(&self) -> i64 {
        let patience_us = i64::try_from(self.jitter_us() * limits::PATIENCE_JITTERS).unwrap_or(i64::MAX);
        patience_us.clamp(limits::PATIENCE_MIN_US, limits::PATIENCE_MAX_US)
    }

    pub(crate) fn jitter_us(&self) -> u64 {
        self.jitter_16_us >> 4
    }
}
