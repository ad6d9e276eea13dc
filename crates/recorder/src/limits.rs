//! Every limit of recordings of meetings, named and argued in one place.
//!
//! **Memory.** A recording has the queue of its tap (`media::limits::TAPPED_WAITING`: 20 MB, if its disk stands still) and
//! [`OPEN_TRACKS_MAX`] tracks. A track holds a picture that is under way, packets while it waits for a hole, and what is not on the disk
//! yet: of a camera at 1.5 Mbit/s 190 kB for each of the one to two seconds, so 256 cameras take 100 MB. Twenty recordings of five
//! people at once take 20 × 5 × 0.4 MB = 40 MB. Mixing takes a second of sound and a decoder for each voice at that time: 150 kB.
//!
//! **Disk.** A camera is 0.7 GB in an hour, a voice 15 MB, the mix 0.38 GB as WAV and as MP3: five people for an hour are 4 GB, and the
//! spool needs room for the mix beside it. [`RESERVE_BYTES`] are never touched.

/// How long the id of a recording may be, as `recording` has it for calls.
pub(crate) const ID_BYTES_MAX: usize = 64;

/// Recordings that grow at once. Each has a thread, which looks [`BEAT`] times: 100 of them wake 5,000 times a second, 2 % of a core.
pub const RECORDINGS_AT_ONCE_MAX: usize = 100;

/// How often a recording looks for what has come.
pub(crate) const BEAT: std::time::Duration = std::time::Duration::from_millis(20);

/// What is taken at once before it is written, so that a full queue does not become as much memory again.
pub(crate) const TAKEN_AT_ONCE: usize = 2_048;

/// A recording is synced to the disk so often. With the sync itself no more than two seconds are lost.
pub(crate) const SYNC_INTERVAL_US: i64 = 1_000_000;

/// Tracks of one recording that are open at once, and so files: 85 people with everything on. Who comes after that is in the event log and
/// not in a file, and the log says so. A process has 1,024 files at least, and a server raises that.
pub const OPEN_TRACKS_MAX: usize = 256;

/// Files of one recording. People come back and encodings change: four for each track of a large meeting.
pub const TRACK_FILES_MAX: usize = 1_024;

/// How long a recording may be: eight hours, at 48,000 samples a second 2.8 GB of WAV, whose head has 32 bits for its size. Then it ends by
/// itself.
pub const RECORDING_US_MAX: i64 = 8 * 3_600 * 1_000_000;

const _: () = assert!(RECORDING_US_MAX / 1_000_000 * 48_000 * 2 < u32::MAX as i64);

/// What the disk of the spool must have left, beside all recordings. The register is on it, and writes some kilobytes for each session:
/// with 1 GiB a server goes on for weeks, and somebody hears of it before.
pub const RESERVE_BYTES: u64 = 1 << 30;

/// Bytes of a file that are held before they are written, if the next sync does not come first.
pub(crate) const BUFFER_BYTES: usize = 64 * 1024;

/// Lines of the event log that wait for the next sync are few: a room of 500 that comes at once has 2,000 of 200 bytes.
pub(crate) const LOG_NAME_CHARACTERS_MAX: usize = 256;

/// A hole is waited for so long: three round trips across the world for one packet that is asked for three times.
pub(crate) const HOLE_US: i64 = 1_000_000;

/// Packets that are held while a hole is waited for: a second of the liveliest screen.
pub(crate) const HELD_PACKETS_MAX: usize = 2_048;

/// Bytes of a picture: a keyframe of a screen of four million points is some hundred kilobytes.
pub(crate) const PICTURE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Layers of a picture of VP9: the index of a superframe has three bits for their number.
pub(crate) const LAYERS_MAX: usize = 8;

/// Before a track begins its clock is watched for so long. Those who have just joined have the delays of a connection that settles.
pub(crate) const SETTLING_US: i64 = 500_000;

/// How far a sender's report may be from the arrivals: pictures are compressed for a tenth of a second, and no more than half a one.
pub(crate) const REPORT_TRUSTED_US: u64 = 500_000;

/// Frames of a track are so far apart at least: files count in milliseconds, and no camera takes a thousand pictures in a second.
pub(crate) const FRAMES_APART_US: i64 = 1_000;

/// A placement that is wrong by more than this is set right at once, for then it is no drift.
pub(crate) const JUMP_US: u64 = 400_000;

/// A packet that is later than this is not late: time stamps have gone back. It is longer than any hole is waited for.
pub(crate) const ANEW_US: i64 = 3 * HOLE_US;

/// A hole in sound that is longer than this is filled with silence, so that a player's sound goes on. Shorter ones are concealed by
/// whoever decodes.
pub(crate) const SILENCE_FILLED_US: i64 = 100_000;

/// A keyframe that is needed is asked for so often.
pub(crate) const KEYFRAME_ASKED_US: i64 = 1_000_000;

/// And one that is not needed, so that a file can be searched: ten seconds of a camera are 1.9 MB, and a keyframe of it 50 kB.
pub(crate) const KEYFRAME_WISHED_US: i64 = 10_000_000;

/// A cluster ends after so long: its blocks have 16 bits for their milliseconds, and one is what a player reads to go to a place.
pub(crate) const CLUSTER_MS: i64 = 5_000;

/// A picture that needs no other begins a cluster, unless the last one has just begun.
pub(crate) const SEARCHED_MS: i64 = 1_000;

/// The log tells so often where each sender's clock stands.
pub(crate) const MAPPING_INTERVAL_US: i64 = 10_000_000;

/// A block when it is read again: what is longer was not written by this.
pub(crate) const BLOCK_BYTES_MAX: u64 = PICTURE_BYTES_MAX as u64 + 1024;

/// Recordings that are made into files at once, each by one thread that keeps a processor busy.
pub(crate) const FINISHED_AT_ONCE_MAX: usize = 2;

/// Pictures beside each other in the one video of all: four by four, of which each is 320 points wide.
pub(crate) const TILES_MAX: usize = 16;

/// Bits of the one video of all in a second, at the most: a moving screen of 1,280 by 720. An hour is 1.8 GB then, and 0.3 GB of faces.
pub(crate) const COMPOSED_BITS_PER_SECOND: u64 = 4_000_000;

/// Threads that compress it. Two are as fast as the meeting was, on one processor that nothing else wants.
pub(crate) const COMPOSED_THREADS: u32 = 2;

/// How much it gives way to others, of 19.
pub(crate) const COMPOSED_NICENESS: i32 = 10;

/// Composing may take so long, and four times as long as the meeting was: then something stands still.
pub(crate) const COMPOSED_WITHIN: std::time::Duration = std::time::Duration::from_mins(10);

/// What is read of the complaints of `ffmpeg`: it may write one for each frame.
pub(crate) const COMPLAINT_BYTES_MAX: u64 = 4_096;

/// What is lost of sound is concealed by the decoder for so long, and silent after it.
pub(crate) const CONCEALED_SAMPLES_MAX: i64 = 48 * 60;

/// Sound that is not where it should be by less than this is left where it is: nobody hears 20 ms, and everybody a cut.
pub(crate) const STEP_SAMPLES: i64 = 48 * 20;
