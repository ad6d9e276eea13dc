//! What forwarding costs: `cargo xtask bench media`, or `cargo run --release --package bench-media -- [SCENARIO]`.
//!
//! The media plane runs in a process of its own, so that its time and its memory are nobody else's, and a crowd of clients on real
//! sockets attends it from this one. Beside it, in the same process as the plane and for the same sockets, runs the floor: a loop that seals
//! as many packets and sends them, and does nothing else. What counts is the ratio of the two; it is a program of its own so that a change
//! of the media plane is measured within a minute.

mod bare;
mod client;
mod crowd;
mod figures;
mod host;
mod janus;
mod network;
mod order;
mod reading;
mod scenario;
mod server;
mod serving;

use anyhow::{Result, ensure};
use clap::{Args, Parser, Subcommand};

use scenario::SCENARIOS;

/// The program's, for the floor too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure what forwarding a packet costs, against a loop that only seals and sends, and against Janus
#[derive(Parser)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// The scenarios to run, by their names (`1-50`, `1-300`, `4-300`, `20-20`, `speakers`, `10-1000`, `idle`); all of them by default
    scenarios: Vec<String>,
    /// Estimate what each client's network carries, as `serve` does unless it is told not to
    #[arg(long)]
    estimate: bool,
    /// Seconds that each is measured
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Measure what estimation costs, and spreading rooms over two media threads, by playing each scenario so as well
    #[arg(long, conflicts_with_all = ["count", "spread"])]
    compare: bool,
    #[command(flatten)]
    other: Other,
    #[command(flatten)]
    threads: Threads,
}

/// Whether another server is measured beside ours
#[derive(Args)]
struct Other {
    /// Measure Debian's Janus as well, under the same clients, in a network namespace of its own
    #[arg(long)]
    janus: bool,
    /// This is that namespace
    #[arg(long, hide = true)]
    inside: bool,
}

/// On how many threads it is played, and in how many rooms
#[derive(Args, Clone, Copy)]
pub(crate) struct Threads {
    /// Media threads, each with a room of its own in which the scenario is played
    #[arg(long = "threads", default_value_t = 1)]
    count: usize,
    /// Play it in one room over all of them instead: whoever comes is carried by the next
    #[arg(long)]
    spread: bool,
}

impl Threads {
    /// How many rooms there are.
    pub(crate) fn rooms(self) -> usize {
        if self.spread { 1 } else { self.count }
    }
}

#[derive(Subcommand)]
enum Part {
    /// Be the server of one scenario, for the program that started this one
    #[command(hide = true)]
    Serve {
        #[arg(long)]
        estimate: bool,
        #[command(flatten)]
        threads: Threads,
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Part::Serve { estimate, threads }) = arguments.part {
        return serving::run(estimate, threads);
    }
    if arguments.other.inside {
        network::lay()?;
    } else if arguments.other.janus {
        return Err(network::again_inside());
    }
    let is_wanted = |name: &str| arguments.scenarios.is_empty() || arguments.scenarios.iter().any(|one| one == name);
    let wanted: Vec<_> = SCENARIOS.iter().filter(|scenario| is_wanted(scenario.name)).collect();
    ensure!(!wanted.is_empty(), "no scenario has such a name");
    for scenario in wanted {
        scenario.run(&arguments)?.print(scenario.name, scenario.what);
    }
    Ok(())
}
