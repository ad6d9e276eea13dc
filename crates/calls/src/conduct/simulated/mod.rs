//! The simulated world of calls: a server that conducts them over a disk that fails and dies, with telephones and handlers that do what
//! a seed says, in a time of its own.
//!
//! What is real: the conductor with its scripts, lines and takes, the rows on SQLite, the spool and the store of files. What is simulated:
//! time, the disk's faults, the telephones behind the seam where the agent tells what happens to legs ([`Telephones`]), and the handlers.
//! Their sound is real packets on real lines. What is left out: SIP, HTTP and the outbox's deliveries, which have suites of their own.
//!
//! A story is some lives of one server. Each is a runtime whose time is paused, so it moves when nobody has anything to do, and that is
//! thrown away when the server dies: nothing is left but what is on the disk, of which the files are copied at that moment, so that nothing
//! that was under way changes them afterwards. The last life has neither faults nor new calls; when it is over, [`judge`] looks at what is
//! left. Ids are not drawn from the seed, and nothing hangs on them.

mod account;
mod judge;
mod people;
mod story;

use account::Tally;
use story::Story;

/// Stories that were worth keeping: some, and those that found something.
const SEEDS: std::ops::Range<u64> = 1..25;
const FOUND: [u64; 1] = [8_562_999_277_636_792_193];

/// Where somebody says how many new ones are to be played: `cargo xtask sim` does.
const NEW_SEEDS: &str = "SEDERUNT_NEW_SEEDS";

#[test]
fn whatever_happens_calls_are_in_the_rows_and_recordings_tell_the_truth() {
    let new: Option<u64> = std::env::var(NEW_SEEDS).ok().and_then(|count| count.parse().ok());
    let first = fastrand::u64(u64::from(u32::MAX)..);
    let kept = || SEEDS.chain(FOUND).collect();
    let seeds: Vec<u64> = new.map_or_else(kept, |count| (first..first + count).collect());
    let (mut played, mut failed) = (vec![], vec![]);
    for seed in seeds {
        // What it panicked with was told by then.
        match std::panic::catch_unwind(|| Story::play(seed)) {
            Ok(tally) => played.push(tally),
            Err(_) => failed.push(seed),
        }
    }
    assert!(failed.is_empty(), "these seeds fail: {failed:?}");
    let sum = |of: fn(&Tally) -> usize| played.iter().map(of).sum::<usize>();
    let counts = [
        sum(|tally| tally.calls),
        sum(|tally| tally.bridged),
        sum(|tally| tally.recordings),
        sum(|tally| tally.succeeded),
        sum(|tally| tally.cut_off),
        sum(|tally| tally.deaths),
        sum(|tally| tally.failures),
    ];
    assert!(
        new.is_some() || counts.iter().all(|count| *count > 0),
        "all of it happened: {counts:?}"
    );
}
