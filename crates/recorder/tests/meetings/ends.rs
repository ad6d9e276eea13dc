//! How recordings end: asked for, by themselves, or into a store that is away.

use std::fs;

use recorder::{BeginError, FinishError, Stopped, Why};
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use tempfile::TempDir;

use crate::{ADA, PATIENCE, World, bytes_in, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_ends_before_the_disk_is_full() {
    const ROOM_BYTES: u64 = 256 << 20;
    let folder = TempDir::new().expect("a folder");
    let disk = statvfs(folder.path()).expect("a disk");
    let mut world = World::with_reserve(folder.path(), disk.f_bavail * disk.f_frsize - ROOM_BYTES);
    world.recorder.begin("one", "room", None).expect("it begins");
    let _ada = world.joins("room", "ada", ADA).await;
    let spool = folder.path().join("spool/one");
    until("she is on the disk", || bytes_in(&spool, ".webm") > 4_000).await;
    let others = fs::File::create(folder.path().join("others")).expect("a file");
    // Whoever else uses the disk may give up some of it meanwhile.
    let mut more = 1..;
    let stopped = loop {
        let bytes = more.next().expect("numbers do not end") * 2 * ROOM_BYTES;
        fallocate(&others, FallocateFlags::empty(), 0, bytes).expect("others write");
        if let Ok(stopped) = tokio::time::timeout(PATIENCE, world.stopped.recv()).await {
            break stopped;
        }
    };
    let expected = Stopped {
        recording: "one".to_owned(),
        why: Why::DiskFull,
    };
    assert_eq!(stopped, Some(expected));
    let refused = world.recorder.begin("two", "room", None);
    assert!(matches!(refused, Err(BeginError::DiskFull)), "nor does another begin");
    world.recorder.end("one").await;
    let full = world.recorder.finish("one").await;
    assert!(
        matches!(full, Err(FinishError::DiskFull)),
        "nor is it finished into the reserve"
    );
    drop(others);
    fs::remove_file(folder.path().join("others")).expect("there is space again");
    let files = world.recorder.finish("one").await.expect("what was recorded is kept");
    assert!(files[0].duration_us > 500_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_loses_nothing() {
    let folder = TempDir::new().expect("a folder");
    let mut world = World::new(folder.path());
    world.recorder.begin("one", "room", None).expect("it begins");
    let _ada = world.joins("room", "ada", ADA).await;
    let spool = folder.path().join("spool/one");
    until("she is on the disk", || bytes_in(&spool, ".webm") > 4_000).await;
    world.recorder.end("one").await;
    let kept = folder.path().join("kept");
    fs::remove_dir_all(&kept).expect("a folder");
    fs::write(&kept, "no folder").expect("a file");
    let away = world.recorder.finish("one").await;
    assert!(matches!(away, Err(FinishError::Store(_))), "{away:?}");
    assert_eq!(world.recorder.leftovers().expect("a spool"), ["one"]);
    fs::remove_file(&kept).expect("a file");
    fs::create_dir(&kept).expect("a folder");
    let files = world.recorder.finish("one").await.expect("it is back");
    assert_eq!(files.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_end_with_whoever_records() {
    let folder = TempDir::new().expect("a folder");
    let mut world = World::new(folder.path());
    world.recorder.begin("one", "room", None).expect("it begins");
    let _ada = world.joins("room", "ada", ADA).await;
    let spool = folder.path().join("spool/one");
    until("she is on the disk", || bytes_in(&spool, ".webm") > 4_000).await;
    fs::create_dir(folder.path().join("spool/two.again")).expect("a folder");
    drop(world);
    let ended = || fs::read_to_string(spool.join("events.jsonl")).is_ok_and(|log| log.contains("ended"));
    until("it is whole", ended).await;
    let world = World::new(folder.path());
    assert!(
        !folder.path().join("spool/two.again").exists(),
        "what a crash left of a removal is gone"
    );
    assert_eq!(world.recorder.finish("one").await.expect("it is left").len(), 4);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let world = World::new(folder.path());
    for id in ["", "../one", "a/b", ".", &"x".repeat(65)] {
        assert!(
            matches!(world.recorder.begin(id, "room", None), Err(BeginError::Id)),
            "{id}"
        );
    }
    world.recorder.begin("one", "room", None).expect("it begins");
    assert!(matches!(
        world.recorder.begin("one", "room", None),
        Err(BeginError::Exists)
    ));
    assert!(matches!(world.recorder.finish("one").await, Err(FinishError::Growing)));
    world.recorder.pause("one");
    world.recorder.resume("none");
    world.recorder.end("one").await;
    world.recorder.end("one").await;
    let files = world.recorder.finish("one").await.expect("nobody came");
    assert_eq!(
        files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(),
        ["events.jsonl"]
    );
    assert!(
        matches!(world.recorder.begin("one", "room", None), Err(BeginError::Exists)),
        "until it is discarded"
    );
    assert!(matches!(world.recorder.finish("two").await, Err(FinishError::NotFound)));
}
