//! The disk was synced before the acknowledgement.
//!
//! The kernel keeps written pages when a process is killed, so a kill proves nothing about the disk. Here the real
//! program runs under `strace`, and the order of its system calls is the proof: between reading a leave and writing its
//! answer it writes to the database's log, and syncs what it wrote. Whoever joins is
//! told by an encrypted datagram, which no trace shows; so there it is the time at which the client knows.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use end_to_end::{Server, binary, join, leave, open_space};

const JOINS: usize = 10;

#[test]
fn the_disk_is_synced_before_a_join_or_leave_is_acknowledged() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("trace");
    let data = folder.path().join("data");
    let mut strace = Command::new("strace");
    // With -D the tracer stands aside: what we start, and kill, is the server itself.
    strace.args(["-D", "-f", "-yy", "-ttt", "-s", "64", "-e"]);
    strace.arg("trace=read,readv,recvfrom,recvmsg,write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync");
    strace.arg("-o").arg(&trace).arg(binary()?);
    let server = Server::start_with(strace, &data)?;
    server.add_user("owner@example.org")?;
    let token = server.token("owner@example.org")?;
    let space = open_space(server.address(), &token)?;
    let mut told_at = Vec::new();
    for _ in 0..JOINS {
        let seat = join(server.address(), &space, None, "Visitor")??;
        told_at.push(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64());
        leave(server.address(), &seat)??;
    }
    server.kill()?;

    let proven = check(&read_to_the_end(&trace)?, &told_at)?;
    ensure!(
        proven == 2 * JOINS,
        "{proven} of {} acknowledgements were proven",
        2 * JOINS
    );
    Ok(())
}

/// The whole trace: the tracer writes its last line after we have seen the server end.
fn read_to_the_end(trace: &Path) -> Result<String> {
    let started = Instant::now();
    loop {
        let text = fs::read_to_string(trace).context("no trace")?;
        if text
            .lines()
            .last()
            .is_some_and(|line| line.ends_with("+++ killed by SIGKILL +++"))
        {
            return Ok(text);
        }
        ensure!(started.elapsed() < Duration::from_secs(20), "the trace does not end");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Follows the calls in their order and counts the proven acknowledgements: joins and leaves in turn, of which those were told
/// at these times, and these are answered.
fn check(trace: &str, told_at: &[f64]) -> Result<usize> {
    let mut told_at = told_at.iter().copied().peekable();
    let mut unfinished_syncs: HashMap<&str, u64> = HashMap::new();
    let mut asked = 0;
    let mut proven = 0;
    let mut written = 0_u64;
    let mut written_at_request = 0;
    let mut synced = 0;
    for line in trace.lines() {
        let (thread, call) = line.split_once(' ').unwrap_or(("", line));
        let (time, call) = call.trim_start().split_once(' ').unwrap_or(("", call));
        let time: f64 = time.parse().with_context(|| format!("no time: {line}"))?;
        let is_told = told_at.next_if(|told| *told < time).is_some();
        let is_leave = asked > proven && asked % 2 == 0;
        if is_told || (is_leave && call.contains("\"HTTP/1.1 200 ")) {
            ensure!(asked == proven + 1, "request {asked} is acknowledged a second time");
            ensure!(
                written > written_at_request,
                "request {asked}: acknowledged and not written"
            );
            // What is measured is written meanwhile, in commits of its own, of which the last may not be synced.
            ensure!(
                synced > written_at_request,
                "request {asked}: acknowledged before the disk was synced"
            );
            proven += 1;
        }
        let is_log = call.contains("sederunt.db-wal");
        let is_sync = call.starts_with("fsync(") || call.starts_with("fdatasync(");
        if is_log && call.starts_with("pwrite") {
            written += 1;
        } else if is_log && is_sync {
            // What was written before a sync began is on the disk when it has ended, and nothing more.
            if call.ends_with("= 0") {
                synced = written;
            } else {
                unfinished_syncs.insert(thread, written);
            }
        } else if call.starts_with("<... f") && call.ends_with("= 0") {
            synced = unfinished_syncs.remove(thread).unwrap_or(synced).max(synced);
        } else if call.contains("\"POST /sederunt/v1/") {
            asked += 1;
            written_at_request = written;
        }
    }
    Ok(proven)
}
