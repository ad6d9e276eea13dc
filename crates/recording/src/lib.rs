//! Recordings of calls: sound into files, so that what is told of a file is true of it, whenever the server dies.
//!
//! While a call is recorded there is a **take**: a file of bare samples in the spool, which grows by a frame in each beat of the line and
//! is on the disk every second. It has no head that could be wrong, so a server that is killed leaves a take that is shorter
//! and nothing else. When the take is over it is **finished**: silence is cut off if that was asked, a WAV and an MP3 are made of it
//! and put into the store; the take goes when its caller has written that down. Finishing is a function of the take, so it can be done
//! again after a crash; and it takes as much memory of a long take as of a short one.
//!
//! A take can be **paused**: what is heard meanwhile is not kept, and its time is left out or silent. What is on the disk is right at any
//! moment, so a kill in a pause leaves what was said before it.
//!
//! What a recording is called, whose it is and what becomes of it is its caller's business; here it has an id.

mod convert;
mod digest;
mod finish;
pub mod limits;
mod pause;
mod store;
mod take;

pub use convert::{Audio, ConvertError};
pub use digest::described;
pub use finish::{FinishError, Finished};
pub use pause::Pause;
pub use store::{Place, PlaceError, Store, StoreError};
pub use take::{EraseError, Microphone, Spool, Take, TakeError};

/// The two forms in which each recording is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PCM of 16 bits.
    Wav,
    /// MPEG layer III.
    Mp3,
}

impl Format {
    /// Both.
    pub const ALL: [Format; 2] = [Format::Wav, Format::Mp3];

    /// How the name of its file ends.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Wav => "wav",
            Format::Mp3 => "mp3",
        }
    }

    /// The one whose file's name ends so.
    pub fn of_extension(extension: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.extension() == extension)
    }

    /// As HTTP names it, in the contract's spelling.
    pub const fn mime_type(self) -> &'static str {
        match self {
            Format::Wav => "audio/x-wav",
            Format::Mp3 => "audio/mpeg",
        }
    }
}
