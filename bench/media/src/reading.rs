//! What a process has used, as the system counts it.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use media::Media;
use serde::{Deserialize, Serialize};

/// Figures since the process began; what counts are differences.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// Processor time of the media threads.
    pub(crate) media_ns: u64,
    /// Of all threads.
    pub(crate) process_ns: u64,
    /// In memory at the moment.
    pub(crate) resident_bytes: u64,
    pub(crate) forwarded: u64,
    pub(crate) datagrams_in: u64,
    pub(crate) datagrams_out: u64,
    pub(crate) unsent: u64,
}

impl Reading {
    pub(crate) fn take(media: &Media) -> Result<Reading> {
        let counters = media.counters();
        let this = Path::new("/proc/self");
        Ok(Reading {
            media_ns: of_threads_ns(this, |name| name == "media")?,
            process_ns: of_process_ns(this)?,
            resident_bytes: resident_bytes(this)?,
            forwarded: counters.packets_forwarded,
            datagrams_in: counters.datagrams_in,
            datagrams_out: counters.datagrams_out,
            unsent: counters.datagrams_unsent,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2 to the 52")]
impl Reading {
    /// Microseconds of the media threads for each packet that was forwarded from this reading to a later one.
    pub(crate) fn us_per_packet(&self, later: &Reading) -> f64 {
        (later.media_ns - self.media_ns) as f64 / 1_000.0 / (later.forwarded - self.forwarded) as f64
    }
}

/// Processor time of the thread that asks.
pub(crate) fn of_this_thread_ns() -> Result<u64> {
    used_ns(&fs::read_to_string("/proc/thread-self/schedstat")?)
}

/// Processor time of the threads of a process, which is a folder of `/proc`.
pub(crate) fn of_process_ns(process: &Path) -> Result<u64> {
    of_threads_ns(process, |_| true)
}

fn of_threads_ns(process: &Path, is_meant: impl Fn(&str) -> bool) -> Result<u64> {
    let mut sum_ns = 0;
    for task in fs::read_dir(process.join("task"))? {
        let task = task?.path();
        if is_meant(fs::read_to_string(task.join("comm"))?.trim()) {
            sum_ns += used_ns(&fs::read_to_string(task.join("schedstat"))?)?;
        }
    }
    Ok(sum_ns)
}

/// The first of three numbers.
fn used_ns(schedule: &str) -> Result<u64> {
    let used = schedule.split(' ').next().context("the system counts time")?;
    Ok(used.parse()?)
}

pub(crate) fn resident_bytes(process: &Path) -> Result<u64> {
    let status = fs::read_to_string(process.join("status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .context("the system counts memory")?
        .parse()?;
    Ok(kilobytes * 1024)
}
