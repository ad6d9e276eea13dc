//! Every limit of recordings, named and argued in one place.

/// Frames that wait to be written: ten seconds, for which a disk may stand still. After that the take has failed, and says so.
pub(crate) const WAITING_FRAMES_MAX: usize = 500;

/// A take is synced to the disk after so many frames: a second.
pub(crate) const SYNCED_EVERY_FRAMES: usize = 50;

/// How long a take may be: four hours, the longest call there is. Two channels of it are 461 MB.
pub const TAKE_FRAMES_MAX: u64 = 4 * 3_600 * 50;

/// How long the id of a recording may be.
pub(crate) const ID_BYTES_MAX: usize = 64;

/// What is read, encoded and written at once when a take is finished: a second of it.
pub(crate) const FINISHED_AT_ONCE_FRAMES: usize = 50;
