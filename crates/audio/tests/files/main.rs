//! Files that are played: what recorders write is heard, and what strangers write does no harm.

mod heard;
mod hostile;
mod made;
mod refused;
