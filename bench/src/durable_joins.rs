//! Joins per second that are on the disk when whoever joins is told that they are in, against a loop that only syncs.
//!
//! A join is two inputs, and one write: the promise is in memory alone, and the transport that is up makes the facts. It is at
//! least one sync of the disk, and a disk does only so many in a row. What is measured is how well many
//! clients share them: above 1, a join costs less than a sync.

use crate::{folder_on_disk, report, visits};
use anyhow::Result;
use db::{Db, Location};
use meeting::UserId;
use register::Register;
use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

const CLIENTS: usize = 64;
/// Joins into one space before its client makes another.
const JOINS_PER_SPACE: usize = 100;
const ROUNDS: usize = 7;
const ROUND_TIME: Duration = Duration::from_secs(1);
const BLOCK_BYTES: usize = 4096;

pub(crate) async fn run() -> Result<()> {
    let folder = folder_on_disk()?;
    let register = Register::new(Db::open(&Location::Sqlite(folder.path().join("sederunt.db"))).await?);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let floor = syncs_per_second(&folder.path().join("bare"))?;
        rounds.push((joins_per_second(&register).await?, floor));
    }
    let rates = report::Rates {
        name: "durable-joins",
        what: format!("{CLIENTS} clients join different spaces, through meeting and register, on SQLite"),
        unit: "joins",
        floor: "4 KiB written and synced in a bare loop on the same disk",
        rounds,
        aim: "the higher the better",
    };
    rates.print();
    Ok(())
}

fn syncs_per_second(path: &Path) -> Result<f64> {
    let file = File::create(path)?;
    let (start, mut syncs) = (Instant::now(), 0);
    while start.elapsed() < ROUND_TIME {
        // Always further on, as a log is written.
        file.write_all_at(&[1; BLOCK_BYTES], syncs * BLOCK_BYTES as u64)?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(per_second(syncs, start))
}

async fn joins_per_second(register: &Register) -> Result<f64> {
    let start = Instant::now();
    let clients = (0..CLIENTS).map(|_| tokio::spawn(client(register.clone(), start + ROUND_TIME)));
    let mut joins = 0;
    for client in clients.collect::<Vec<_>>() {
        joins += client.await??;
    }
    Ok(per_second(joins, start))
}

/// Joins, one after the other, until the time is up; returns how many were acknowledged.
async fn client(register: Register, until: Instant) -> Result<u64> {
    let owner = UserId::parse("000000000000000000001").expect("21 digits");
    let mut joins = 0;
    loop {
        let mut space = visits::new_space(&register, &owner).await?;
        for number in 0..JOINS_PER_SPACE {
            if Instant::now() > until {
                return Ok(joins);
            }
            for input in visits::join(visits::anonymous(number)) {
                visits::happen(&register, &mut space, input).await?;
            }
            joins += 1;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2 to the 52")]
fn per_second(count: u64, start: Instant) -> f64 {
    count as f64 / start.elapsed().as_secs_f64()
}
