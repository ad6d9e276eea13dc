//! Every limit of recordings, named and argued in one place.
//!
//! Whatever is finished at once, and however long it is, takes less than 70 MB of memory: [`CONVERTED_AT_ONCE_MAX`] encoders, which have
//! less than 1 MB each, and [`STORED_AT_ONCE_MAX`] files on their way, each with [`PARTS_UNDER_WAY_MAX`] parts of [`PART_BYTES_MAX`] and one
//! that is read: 4 × 3 × 5.2 MB. What waits for its turn is on the disk.

/// Frames that wait to be written: ten seconds, for which a disk may stand still. After that the take has failed, and says so.
pub(crate) const WAITING_FRAMES_MAX: usize = 500;

/// A take is synced to the disk after so many frames: a second.
pub(crate) const SYNCED_EVERY_FRAMES: usize = 50;

/// How long a take may be: four hours, as long as two may be connected. Two channels of it are 461 MB. Of a call that is longer, what is said
/// first is kept.
pub const TAKE_FRAMES_MAX: u64 = 4 * 3_600 * 50;

/// How long the id of a recording may be.
pub(crate) const ID_BYTES_MAX: usize = 64;

/// What is read, encoded and written at once when a take is finished: a second of it, 32 kB.
pub(crate) const FINISHED_AT_ONCE_FRAMES: usize = 50;

/// Takes that are made into files at once. An encoder keeps a processor busy, and calls that go on need it more.
pub(crate) const CONVERTED_AT_ONCE_MAX: usize = 2;

/// Recordings that are on their way into the store at once: a bucket that is slow keeps the others waiting on the disk, not in memory.
pub(crate) const STORED_AT_ONCE_MAX: usize = 4;

/// Bytes of one part of a file on its way: S3 takes no less but for the last, and 10,000 of them are more than any take has.
pub(crate) const PART_BYTES_MAX: usize = 5 * 1_024 * 1_024;

/// Parts of one file that are under way at once.
pub(crate) const PARTS_UNDER_WAY_MAX: usize = 2;

/// How long a store may refuse or be away before that is an error. Its caller has the take, and can begin anew.
pub(crate) const STORE_TIMEOUT: std::time::Duration = std::time::Duration::from_mins(1);

/// How long the name of a bucket may be, by Amazon's rules.
pub(crate) const BUCKET_BYTES_MAX: usize = 63;
