//! The disk was synced before a write was acknowledged.
//!
//! A program cannot see that from inside: what was written is in the page cache and reads back well, synced or not. So
//! [`write_and_acknowledge`] runs once more under `strace`, and its system calls are read in their order.

use db::{Db, Location, Statement};
use std::{
    collections::HashSet,
    env, fs,
    io::{self, Write},
    process::Command,
};
use tempfile::TempDir;

/// Writes that are made one after the other.
const ALONE: i64 = 5;
/// Writes that wait together.
const TOGETHER: i64 = 64;

fn insert(id: i64) -> Statement {
    Statement::new("insert into thing (id) values ($1)", vec![id.into()]).expect(1)
}

/// Not through `println!`, whose output the test harness may hold back: the trace must show it when it happens.
fn say(line: &str) {
    writeln!(io::stdout(), "{line}").expect("standard output takes a line");
}

#[tokio::test]
async fn write_and_acknowledge() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("new/sederunt.db");
    let db = Db::open(&Location::Sqlite(file)).await.unwrap();
    db.write(vec![Statement::new(
        "create table thing (id bigint not null primary key)",
        vec![],
    )])
    .await
    .unwrap();
    say("acknowledged: the table");
    for id in 0..ALONE {
        db.write(vec![insert(id)]).await.unwrap();
        say("acknowledged: one");
    }
    let write = |id| {
        let db = db.clone();
        tokio::spawn(async move { db.write(vec![insert(1_000 + id)]).await })
    };
    for writing in (0..TOGETHER).map(write).collect::<Vec<_>>() {
        writing.await.unwrap().unwrap();
    }
    say("acknowledged: many");
}

/// What the trace has shown so far.
#[derive(Default)]
struct Disk {
    /// Writes to the log after its last sync began.
    unsynced: usize,
    /// Threads inside a sync of the log.
    syncing: HashSet<String>,
    /// Syncs since the last acknowledgement of a log that had been written to.
    syncs: i64,
    /// The new folder, and the folder that names it, whose entries were synced.
    folders: HashSet<String>,
}

impl Disk {
    /// Takes one line of `strace -f -y`: `PID call(FD</path>, …) = result`, or its two halves if another thread's call
    /// came between.
    fn see(&mut self, line: &str) {
        let (thread, call) = line.split_once(' ').unwrap_or((line, ""));
        let call = call.trim_start();
        let log = call.contains("/sederunt.db-wal>");
        let is_sync = call.starts_with("fsync(") || call.starts_with("fdatasync(");
        if call.starts_with("pwrite64(") && log {
            self.unsynced += 1;
        } else if is_sync && log {
            if self.unsynced > 0 {
                self.syncing.insert(thread.to_owned());
            }
            self.unsynced = 0;
        } else if let Some(path) = call
            .strip_prefix("fsync(")
            .and_then(|rest| rest.split(['<', '>']).nth(1))
        {
            self.folders.insert(path.to_owned());
        }
        let resumed = call.contains("sync resumed>");
        if (is_sync || resumed) && !call.contains("<unfinished") && self.syncing.remove(thread) {
            assert!(call.ends_with("= 0"), "the sync failed: {line}");
            self.syncs += 1;
        }
    }
}

#[test]
fn the_disk_is_synced_before_a_write_is_acknowledged() {
    let folder = TempDir::new().unwrap();
    let trace = folder.path().join("trace");
    let output = Command::new("strace")
        .args([
            "-f",
            "-y",
            "-s",
            "64",
            "-e",
            "trace=fsync,fdatasync,write,pwrite64",
            "-o",
        ])
        .arg(&trace)
        .arg(env::current_exe().unwrap())
        .args(["--exact", "write_and_acknowledge", "--nocapture"])
        .output()
        .expect("this test needs strace: `apt-get install strace`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let mut disk = Disk::default();
    // How many syncs each acknowledgement came after.
    let mut acknowledged = vec![];
    for line in fs::read_to_string(&trace).unwrap().lines() {
        disk.see(line);
        if line.contains("\"acknowledged: ") {
            assert!(
                disk.unsynced == 0 && disk.syncing.is_empty(),
                "acknowledged before the disk was synced: {line}"
            );
            acknowledged.push(disk.syncs);
            disk.syncs = 0;
        }
    }
    assert!(
        acknowledged.iter().all(|&syncs| syncs > 0),
        "each after a sync of its own: {acknowledged:?}"
    );
    let [_table, .., together] = acknowledged[..] else {
        panic!("too few acknowledgements: {acknowledged:?}")
    };
    assert!(
        together <= TOGETHER / 8,
        "{TOGETHER} writes that wait together share commits, not {together} of them"
    );
    let new = disk
        .folders
        .iter()
        .find_map(|path| path.strip_suffix("/new"))
        .expect("the file's folder was synced");
    assert!(disk.folders.contains(new), "so was the folder that names it");
}
