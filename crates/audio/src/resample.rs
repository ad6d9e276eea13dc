//! From any rate to that of telephones.
//!
//! It is fed by pieces, so that a long file at a high rate is never in memory whole. What is beyond 4 kHz is taken out first
//! (it would fold back as noise), by `rubato`'s filters in the frequency domain; their delay is taken off, so that the first
//! sample out is the first in, and the length is the same to a sample.

use rubato::{Fft, FixedSync, Indexing, Resampler, audioadapter_buffers::direct::InterleavedSlice};

use crate::RATE_HZ;

/// Samples that are filtered at once: at most a twentieth of a second of what a file has.
const CHUNK_SAMPLES: usize = 1_024;

/// One sound on its way.
pub(crate) struct Resample {
    /// None where nothing is to be done.
    filter: Option<Fft<f32>>,
    rate_hz: u32,
    /// What came, and is less than a chunk.
    pending: Vec<f32>,
    /// Samples that came.
    taken: u64,
    /// Samples of the filter's delay that are still to be left out.
    delay: usize,
    chunk: Vec<f32>,
    resampled: Vec<i16>,
}

impl Resample {
    /// From this rate, which is not zero.
    pub(crate) fn from(rate_hz: u32) -> Resample {
        let filter = (rate_hz != RATE_HZ).then(|| {
            let (from, to) = (rate_hz as usize, RATE_HZ as usize);
            Fft::new(from, to, CHUNK_SAMPLES, 1, FixedSync::Input).expect("a rate is not zero, nor is a chunk")
        });
        Resample {
            delay: filter.as_ref().map_or(0, Resampler::output_delay),
            chunk: vec![0.0; filter.as_ref().map_or(0, Resampler::output_frames_max)],
            filter,
            rate_hz,
            pending: Vec::new(),
            taken: 0,
            resampled: Vec::new(),
        }
    }

    /// Takes what comes next, samples of -1 to 1.
    pub(crate) fn take(&mut self, samples: &[f32]) {
        self.taken += samples.len() as u64;
        let Some(filter) = &self.filter else {
            self.resampled.extend(samples.iter().map(|&sample| rounded(sample)));
            return;
        };
        let wanted = filter.input_frames_next();
        self.pending.extend_from_slice(samples);
        let mut from = 0;
        while self.pending.len() - from >= wanted {
            self.filter(from, wanted);
            from += wanted;
        }
        self.pending.drain(..from);
    }

    /// Samples that came out so far.
    pub(crate) fn len(&self) -> usize {
        self.resampled.len()
    }

    /// All of it: as long as what came, to a sample.
    pub(crate) fn finish(mut self) -> Vec<i16> {
        let length = (self.taken * u64::from(RATE_HZ)).div_ceil(u64::from(self.rate_hz));
        let length = usize::try_from(length).expect("as much fits into memory, at whatever rate");
        // The filter has the rest within it until silence pushes it out.
        while self.resampled.len() < length {
            let rest = self.pending.len();
            self.filter(0, rest);
            self.pending.clear();
        }
        self.resampled.truncate(length);
        self.resampled
    }

    /// Filters so many samples of those that are pending; silence stands for what a chunk lacks.
    fn filter(&mut self, from: usize, samples: usize) {
        let Some(filter) = &mut self.filter else { return };
        let indexing = Indexing::new().partial_len(samples);
        let input =
            InterleavedSlice::new(&self.pending[from..from + samples], 1, samples).expect("it is as long as it is");
        let room = self.chunk.len();
        let mut output = InterleavedSlice::new_mut(&mut self.chunk, 1, room).expect("it is as long as it is");
        let (_, made) = filter
            .process_into_buffer(&input, &mut output, Some(&indexing))
            .expect("the buffers are as long as was asked");
        let late = made.min(self.delay);
        self.delay -= late;
        self.resampled
            .extend(self.chunk[late..made].iter().map(|&sample| rounded(sample)));
    }
}

/// The nearest of 16 bits. What is louder than full scale is cut off, and what is no number is silence.
#[expect(clippy::cast_possible_truncation, reason = "a cast from a float saturates")]
fn rounded(sample: f32) -> i16 {
    (sample * 32_768.0).round() as i16
}
