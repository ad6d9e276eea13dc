//! The simulated world: meetings as they are held, over a disk that fails, a network that loses, and a clock that anybody may
//! set.
//!
//! What is real: the rules of meetings, the rooms, the register on SQLite, the media plane from its look-up of an address to
//! its data channels, and the WebRTC stack on both ends. What is simulated: time, the network, the disk's faults, and the
//! people. What is left out: the contracts and the sockets, which have suites of their own.
//!
//! * [`world`] holds everything and lets time pass; [`script`] is the language in which scenarios are told.
//! * [`store`] and [`link`] are what fails; [`oracle`] is what must be true all the same.
//! * [`device`] is a client that wants to be in, with an [`attendee::Browser`]; [`server`] a process that may die.
//! * [`scenarios`] are tables. A new scenario is a row.
//!
//! `cargo test -p sim` plays the committed seeds, and so does this program; `cargo xtask sim` has it play new ones. A seed that
//! fails is printed with its story, and belongs into the table once it is understood.

mod clock;
mod device;
mod limits;
mod link;
mod oracle;
mod scenario;
mod scenarios;
mod script;
mod server;
mod store;
mod world;

use std::process::ExitCode;

#[expect(clippy::print_stdout, reason = "a command-line tool speaks on the console")]
fn main() -> ExitCode {
    let seeds: Option<u64> = match std::env::args().nth(1).map(|word| word.parse()) {
        None => None,
        Some(Ok(seeds)) => Some(seeds),
        Some(Err(_)) => {
            println!("error: say how many new seeds shall be played");
            return ExitCode::FAILURE;
        }
    };
    let first = fastrand::u64(..u64::from(u32::MAX));
    let mut failed = false;
    for scenario in scenarios::all() {
        let seeds = seeds.map_or(scenario.seeds.to_vec(), |seeds| (first..first + seeds).collect());
        let fails = |seed: &u64| std::panic::catch_unwind(|| scenario.play(*seed)).is_err();
        let bad: Vec<u64> = seeds.iter().copied().filter(fails).collect();
        failed |= !bad.is_empty();
        println!(
            "{}: {} of {} seeds failed {bad:?}",
            scenario.name,
            bad.len(),
            seeds.len()
        );
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
