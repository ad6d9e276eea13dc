//! Opus: what was said is heard, of whatever packets, and what strangers send does no harm.

mod hostile;
mod spoken;
