//! What a program has said and a call has not heard yet: bytes of G.711, a minute of them at most.

use std::collections::VecDeque;

use audio::FRAME_SAMPLES;

use crate::limits::STREAM_BUFFER_BYTES_MAX;

#[derive(Debug, Default)]
pub(super) struct Buffer(VecDeque<u8>);

impl Buffer {
    /// Adds what fits. How many bytes at the end did not.
    pub(super) fn put(&mut self, bytes: &[u8]) -> usize {
        let fitting = bytes.len().min(STREAM_BUFFER_BYTES_MAX - self.0.len());
        self.0.extend(&bytes[..fitting]);
        bytes.len() - fitting
    }

    /// What is heard next; less than a frame at the end.
    pub(super) fn take(&mut self) -> impl ExactSizeIterator<Item = u8> {
        self.0.drain(..self.0.len().min(FRAME_SAMPLES))
    }

    /// Forgets what waits.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Put(usize),
        Take(usize),
        Clear,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0_usize..200_000).prop_map(Step::Put),
            4 => (0_usize..1_000).prop_map(Step::Take),
            1 => Just(Step::Clear),
        ];
        prop::collection::vec(step, 0..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_goes_in_comes_out_in_order_or_is_counted(steps in steps()) {
            let mut buffer = Buffer::default();
            let (mut given, mut kept) = (0_usize, VecDeque::new());
            for step in steps {
                match step {
                    Step::Put(count) => {
                        let bytes: Vec<u8> = (given..given + count).map(|number| number.to_le_bytes()[0]).collect();
                        given += count;
                        let cut = buffer.put(&bytes);
                        prop_assert_eq!(cut, (kept.len() + count).saturating_sub(STREAM_BUFFER_BYTES_MAX));
                        kept.extend(&bytes[..count - cut]);
                    }
                    Step::Take(frames) => for _ in 0..frames {
                        let taken: Vec<u8> = buffer.take().collect();
                        let expected: Vec<u8> = kept.drain(..kept.len().min(FRAME_SAMPLES)).collect();
                        prop_assert_eq!(taken, expected);
                    },
                    Step::Clear => {
                        buffer.clear();
                        kept.clear();
                    }
                }
                prop_assert!(buffer.0.len() <= STREAM_BUFFER_BYTES_MAX);
                prop_assert_eq!((buffer.0.len(), buffer.is_empty()), (kept.len(), kept.is_empty()));
            }
        }
    }
}
