//! Time as a number. Microseconds because both engines, JavaScript and the contracts can hold them exactly in 64 bits;
//! a newtype because a duration or a number of milliseconds in its place would compile otherwise.

/// Microseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

impl Micros {
    /// This time, so many microseconds later; saturates, because a clock may say anything.
    #[must_use]
    pub fn plus_us(self, microseconds: i64) -> Micros {
        Micros(self.0.saturating_add(microseconds))
    }

    /// Microseconds from `earlier` to this time, and 0 if `earlier` is later.
    pub fn since_us(self, earlier: Micros) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }
}
