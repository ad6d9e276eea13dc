//! Whoever records a meeting is killed at any moment: what is left is shorter, by two seconds at the most, and plays.
//!
//! The process that is killed has the meeting and records it. What it says on its output it has heard.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::{ADA, BEN, World, bytes_in, clock, named, until};

/// Where the process that is killed writes; unset in all others.
const FOLDER: &str = "RECORDER_TEST_WRITES_IN";

/// How often a process is killed, and how many of them at once.
const KILLS: u32 = 20;
const AT_ONCE: u32 = 5;

/// What may be lost: between two syncs, and the time that a track's clock is watched for.
const LOST_US: i64 = 2_000_000;

/// The process that is killed; nothing in the one that tests.
#[tokio::test(flavor = "multi_thread")]
async fn records_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let mut world = World::new(Path::new(&folder));
    world.recorder.begin("one", "room", None).expect("it begins");
    let _ada = world.joins("room", "ada", ADA).await;
    let _ben = world.joins("room", "ben", BEN).await;
    let start = clock();
    let spool = Path::new(&folder).join("spool/one");
    until("they are on the disk", || bytes_in(&spool, ".webm") > 8_000).await;
    loop {
        let mut output = std::io::stdout().lock();
        writeln!(output, "\ntold {}", start.elapsed().as_micros()).expect("somebody reads it");
        output.flush().expect("somebody reads it");
        drop(output);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Lets it work for a while that nobody can foresee, and kills it; how long both had been recorded by then, in microseconds.
fn kill(mut writer: Child) -> i64 {
    let mut output = BufReader::new(writer.stdout.take().expect("it is piped"));
    let mut line = String::new();
    // However long it took to start.
    while !line.starts_with("told") {
        line.clear();
        assert_ne!(output.read_line(&mut line).expect("text"), 0, "it ended by itself");
    }
    let random = RandomState::new().hash_one(writer.id());
    std::thread::sleep(Duration::from_micros(random % 2_500_000));
    writer.kill().expect("it is killed");
    writer.wait().expect("it is gone");
    let told = output.lines().map_while(Result::ok).chain([line]);
    let told = told.filter_map(|line| line.trim().strip_prefix("told ")?.parse().ok());
    told.max().expect("it told something")
}

async fn check_what_is_left() {
    let folder = TempDir::new().expect("a folder");
    let writer = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "kills::records_until_it_is_killed", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let told_us = tokio::task::spawn_blocking(|| kill(writer))
        .await
        .expect("it is killed");
    let world = World::new(folder.path());
    assert_eq!(world.recorder.leftovers().expect("a spool"), ["one"]);
    let files = world.recorder.finish("one").await.expect("it is kept");
    let tracks = named(&files, ".webm");
    assert_eq!(tracks.len(), 2);
    for track in tracks {
        assert!(
            track.duration_us + LOST_US >= told_us,
            "{} of {told_us}",
            track.duration_us
        );
    }
    assert_eq!(files.len(), 5);
    let mix = named(&files, ".wav")[0];
    let ends_us = files[..2].iter().map(|file| file.starts_us + file.duration_us).max();
    // Files count in milliseconds.
    let mix_ends_us = mix.starts_us + mix.duration_us + 1_000;
    assert!(Some(mix_ends_us) >= ends_us, "all that is left is heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_leaves_what_is_shorter_and_plays() {
    for _ in 0..KILLS / AT_ONCE {
        let checks: Vec<_> = (0..AT_ONCE).map(|_| tokio::spawn(check_what_is_left())).collect();
        for check in checks {
            check.await.expect("it is as it should be");
        }
    }
}
