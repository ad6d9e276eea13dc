//! The project's own commands: `cargo xtask run`, `package`, `web`, `generate`, `test`, `bench`, `fuzz`, `sim` and `tidy`.
//!
//! One program that needs nothing but Rust replaces a pile of shell scripts, so the same words work on a developer's
//! machine and in CI. It decides what to run and in which order; the work itself is done by cargo, npm, pytest and
//! node, whose output is passed through.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on the console"
)]

mod again;
mod bench;
mod fuzz;
mod generate;
mod package;
mod process;
mod programs;
mod serve;
mod sim;
mod steps;
mod tally;
mod test;
mod tidy;
mod tools;
mod web;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, serves, tests and measures Sederunt")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the web client if it changed and the release binary, then serve
    Run {
        /// Flags for `sederunt serve`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        flags: Vec<String>,
    },
    /// Build the program as it is shipped, and its symbols apart, into `target/package`
    Package,
    /// Build the web client if it changed
    Web,
    /// Write anew what is checked in though it is generated; read the difference
    Generate,
    /// Everything CI runs; installs what the tests need and says so
    Test {
        /// Run this step alone; may be repeated
        #[arg(long, value_name = "STEP", value_parser = steps::parse)]
        only: Vec<&'static steps::Step>,
        /// Of that step's tests, run those whose names contain this
        #[arg(requires = "only")]
        filter: Option<String>,
    },
    /// Run the benchmarks, or one of them (`kill` is the crash test with 50 kills, `media` what forwarding costs)
    Bench {
        /// The benchmark's name
        name: Option<String>,
    },
    /// Look for bytes of a stranger that make a parser panic; installs what that needs and says so
    Fuzz {
        /// The target's name, a folder of `fuzz/corpus`; all of them one after the other if there is none
        target: Option<String>,
        /// For how long each is fuzzed
        #[arg(long, value_name = "SECONDS", default_value_t = fuzz::SECONDS)]
        seconds: u32,
    },
    /// Play the simulated world with new seeds
    Sim {
        /// How many
        #[arg(default_value_t = 100)]
        seeds: u64,
    },
    /// Check the rules of the house: module comments, lengths, arrows between crates and modules, SQL, licences
    Tidy,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Run { flags } => serve::run(&flags).map(|never| match never {}),
        Task::Package => package::run().map(|()| true),
        Task::Web => web::build_if_changed().map(|()| true),
        Task::Generate => generate::run().map(|()| true),
        Task::Test { only, filter } => Ok(test::run(&only, filter.as_deref())),
        Task::Bench { name } => bench::run(name.as_deref()),
        Task::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Task::Sim { seeds } => sim::run(seeds),
        Task::Tidy => tidy::report(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
