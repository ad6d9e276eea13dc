//! Where time comes from. An argument, as in the crates below: a server gives its clocks, a simulated world its own.

use std::time::Instant;

use meeting::Micros;

/// Two clocks: of the wall, which people read, and a steady one, in which media counts. Somebody may set the first; then it should not
/// step, but follow.
pub trait Clock: Send + Sync {
    /// The time of the wall.
    fn now(&self) -> Micros;

    /// The steady time.
    fn instant(&self) -> Instant;

    /// The wall time of an instant of the recent past: an event that waited in a queue keeps its own time.
    fn wall(&self, instant: Instant) -> Micros {
        let age = self.instant().saturating_duration_since(instant).as_micros();
        Micros(self.now().0 - i64::try_from(age).unwrap_or(i64::MAX))
    }
}
