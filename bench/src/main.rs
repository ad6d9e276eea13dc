//! Benchmarks that print ratios: `cargo xtask bench`, or `cargo run --release --package bench -- [NAME]`.
//!
//! A figure of one machine says nothing about another, and little about the same one an hour later. So each benchmark
//! measures a floor beside our own code, turn by turn in the same run (a loop that does nothing but sync the disk, a
//! handler that does nothing but answer), and what counts is the ratio. Nothing here fails: an aim is printed beside the
//! figure, and people judge.

mod bare;
mod bare_table;
mod call_setups;
mod calls;
mod crowd;
mod durable_joins;
mod load;
mod long_take;
mod masks;
mod measuring;
mod phones;
mod postgres;
mod reads;
mod recordings;
mod records;
mod report;
mod stored;
mod visits;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use std::env;
use tempfile::TempDir;

/// The program's, for the floors too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure Sederunt against bare floors, in one run
#[derive(Parser)]
struct Arguments {
    /// The benchmark to run; all of them by default
    name: Option<Name>,
    /// Participant sessions to store before reading
    #[arg(long, default_value_t = 1_000_000)]
    sessions: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Joins per second that are on the disk when they are answered
    DurableJoins,
    /// Reads of the register over REST and gRPC
    Reads,
    /// Reads of the register on PostgreSQL
    Postgres,
    /// Reads and a meeting while a stranger floods the server
    Crowd,
    /// What a field mask costs or saves, and what knowing the caller costs
    Masks,
    /// Call records over Graph's contract, and samples of streams written
    Records,
    /// What measuring streams costs the packet path
    Measuring,
    /// Lines of telephones, recordings of them, and files
    Calls,
    /// Telephones in a meeting
    Phones,
    /// Recordings of meetings: tracks, and the sound of all
    Recordings,
    /// A recording of four hours, and the memory that it takes
    LongTake,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let wanted = |name| arguments.name.is_none_or(|only| only == name);
    if wanted(Name::DurableJoins) {
        durable_joins::run().await?;
    }
    if wanted(Name::Reads) {
        reads::run(arguments.sessions).await?;
    }
    if wanted(Name::Postgres) {
        postgres::run(arguments.sessions).await?;
    }
    if wanted(Name::Records) {
        records::run(arguments.sessions).await?;
    }
    if wanted(Name::Crowd) {
        crowd::run().await?;
    }
    if wanted(Name::Masks) {
        masks::run().await?;
    }
    if wanted(Name::Measuring) {
        measuring::run()?;
    }
    if wanted(Name::Calls) {
        calls::run()?;
        call_setups::run().await?;
    }
    if wanted(Name::Phones) {
        phones::run()?;
    }
    if wanted(Name::Recordings) {
        recordings::run().await?;
    }
    if wanted(Name::LongTake) {
        long_take::run().await?;
    }
    Ok(())
}

/// A folder on the disk that this program is on: the system's temporary folder may be memory, which no sync waits for.
fn folder_on_disk() -> Result<TempDir> {
    let program = env::current_exe().context("where this program is")?;
    let folder = program.parent().context("a program is in a folder")?;
    TempDir::with_prefix_in("bench-", folder).context("a folder for the benchmark's data")
}
