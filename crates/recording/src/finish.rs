//! From a take to the files that are kept.
//!
//! Its files are made beside it, in the spool, and go from there into the store by pieces: so what is held in memory has a bound, which
//! [`limits`](crate::limits) has with its arithmetic, and the spool's disk needs room for a take twice.

use std::sync::Arc;

use audio::{FRAME_SAMPLES, RATE_HZ};

use crate::{
    Format, Spool, Store, StoreError, TakeError,
    convert::{Audio, ConvertError, Converted, Made, convert},
};

/// What became of a take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finished {
    /// Nothing was ever heard, and there is no file.
    Empty,
    /// It is kept.
    Kept {
        /// How long it is, in milliseconds.
        duration_ms: i64,
        /// What was cut off before it, in milliseconds.
        begins_after_ms: i64,
        /// Its channels.
        channels: u8,
        /// Its files, in both forms.
        audio: [Audio; 2],
    },
}

/// Why a take is not finished. It is still there.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// It is not there.
    #[error("there is no such take")]
    NotFound,
    /// The spool.
    #[error(transparent)]
    Take(#[from] TakeError),
    /// Its files cannot be made.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// Whoever made them is gone.
    #[error("making the files of a take was given up")]
    GivenUp,
    /// The store. It may be away for a while, and take the files later.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn milliseconds(frames: usize) -> i64 {
    let frame_ms = 1_000 * FRAME_SAMPLES / RATE_HZ as usize;
    i64::try_from(frames * frame_ms).expect("a take is some hours long")
}

impl Spool {
    /// Makes files of a take and keeps them. The take stays until its caller has written down what came of it, and so
    /// what was done and not heard of is done again. Some takes are finished at once, and others wait for their turn.
    pub async fn finish(&self, store: &Store, id: &str, trims_silence: bool) -> Result<Finished, FinishError> {
        let (take, channels) = self.find(id)?.ok_or(FinishError::NotFound)?;
        let made = Arc::new(Made::of(&take));
        let converted = {
            let _turn = self.converting.acquire().await.expect("nobody closes it");
            // What goes on when nobody waits for it any more has its files until it ends.
            let made = Arc::clone(&made);
            let converting = tokio::task::spawn_blocking(move || {
                let [wav, mp3] = &made.0;
                convert(&take, channels, trims_silence, [wav, mp3])
            });
            converting.await.map_err(|_| FinishError::GivenUp)??
        };
        let Some(Converted { kept, audio }) = converted else {
            return Ok(Finished::Empty);
        };
        let _turn = self.storing.acquire().await.expect("nobody closes it");
        for (format, path) in Format::ALL.into_iter().zip(&made.0) {
            store.put(id, format, path).await?;
        }
        Ok(Finished::Kept {
            duration_ms: milliseconds(kept.len()),
            begins_after_ms: milliseconds(kept.start),
            channels,
            audio,
        })
    }
}
