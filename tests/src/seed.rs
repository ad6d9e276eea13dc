//! Random choices that can be repeated: one number decides a whole run.

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

/// A small generator (`SplitMix64`); its quality is ample for choosing what to do next.
#[derive(Clone, Debug)]
pub struct Seed(u64);

impl Seed {
    /// The generator of this number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The seed of `SEDERUNT_SEED`, or a new one. The caller prints it.
    pub fn from_environment() -> Self {
        let given = env::var("SEDERUNT_SEED")
            .ok()
            .map(|text| text.parse().expect("SEDERUNT_SEED is a number"));
        Self(given.unwrap_or_else(|| {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .expect("the clock is past 1970");
            u64::from(now.subsec_nanos()) ^ now.as_secs()
        }))
    }

    /// The number that repeats what follows.
    pub fn number(&self) -> u64 {
        self.0
    }

    /// An independent generator, for a thread of its own.
    #[must_use]
    pub fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// One element of a slice that is not empty.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = self.below(choices.len() as u64);
        &choices[usize::try_from(index).expect("an index below a length")]
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
