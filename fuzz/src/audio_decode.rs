//! A file that somebody wants a caller to hear.

use audio::{RATE_HZ, decode::decode, limits::CLIP_SAMPLES_MAX};

/// The bytes are the file.
pub fn run(data: &[u8]) {
    if let Ok(clip) = decode(data) {
        assert!((1..=CLIP_SAMPLES_MAX).contains(&clip.len()));
        // What is played is bounded by what was sent: a WAV has a byte for each sample of at least 4,000 a second, an MP3 24 of them for
        // a frame of 576 or more, and a second is a second at any rate.
        assert!(clip.len() <= data.len() * RATE_HZ as usize / 100);
    }
}
