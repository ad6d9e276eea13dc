//! Whoever records is killed at any moment: what is left is shorter, and nothing of it lies.
//!
//! The process that is killed records two takes, and finishes others meanwhile. What it says on its output it has done.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Stdio},
    time::Duration,
};

use audio::{FRAME_SAMPLES, decode::decode};
use recording::{Finished, Format, Microphone, Spool, Store};
use tempfile::TempDir;

use crate::{file, loud, own_process, world};

/// Where the process that is killed writes; unset in all others.
const FOLDER: &str = "RECORDING_TEST_WRITES_IN";

/// How often a process is killed.
const KILLS: u32 = 20;

/// Frames of the takes that are finished while others are made.
const SHORT_FRAMES: usize = 60;

/// The process that is killed; nothing in the one that tests.
#[tokio::test]
async fn records_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let (spool, store) = world(Path::new(&folder));
    let long = [1, 2].map(|channels| spool.begin(&format!("long-{channels}"), channels).expect("a take"));
    let microphones = long.each_ref().map(recording::Take::microphone);
    std::thread::spawn(move || {
        for number in 0.. {
            for microphone in &microphones {
                say(microphone, number);
            }
            // Twenty times as fast as people speak.
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    for number in 0.. {
        let id = format!("short-{number}");
        let take = spool.begin(&id, 2).expect("a take");
        tell("begun", &id);
        let microphone = take.microphone();
        (0..SHORT_FRAMES).for_each(|number| say(&microphone, number));
        drop(microphone);
        tokio::task::spawn_blocking(|| take.end())
            .await
            .expect("it ends")
            .expect("a disk");
        tell("ended", &id);
        spool.finish(&store, &id, false).await.expect("it is kept");
        tell("kept", &id);
        spool.remove(&id).expect("a folder");
        tell("removed", &id);
    }
}

fn say(microphone: &Microphone, number: usize) {
    microphone.hear(&loud(number), &loud(number + 1));
}

/// The harness's own lines do not begin so.
fn tell(what: &str, id: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "\ntold {id} {what}").expect("somebody reads it");
    output.flush().expect("somebody reads it");
}

/// Lets it work for a while that nobody can foresee, and kills it. What it told of each take last, in their order.
fn kill(mut writer: Child) -> Vec<(String, String)> {
    let mut output = BufReader::new(writer.stdout.take().expect("it is piped"));
    let mut line = String::new();
    // However long it took to start.
    while !line.starts_with("told") {
        line.clear();
        assert_ne!(output.read_line(&mut line).expect("text"), 0, "it ended by itself");
    }
    let mut told = vec![("short-0".to_owned(), "begun".to_owned())];
    let random = RandomState::new().hash_one(writer.id());
    std::thread::sleep(Duration::from_micros(random % 700_000));
    writer.kill().expect("it is killed");
    writer.wait().expect("it is gone");
    for line in output.lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        let ["told", id, what] = words[..] else { continue };
        told.retain(|(one, _)| one != id);
        told.push((id.to_owned(), what.to_owned()));
    }
    told
}

/// What is kept is as long as this, in both forms, and what was said.
async fn check_kept(store: &Store, id: &str, channels: usize, frames: usize) {
    let samples = frames * FRAME_SAMPLES;
    let wav = decode(&file(store, id, Format::Wav).await).expect("it plays");
    assert_eq!(wav.len(), samples, "{id}");
    let said = |place: usize| {
        let at = |place: usize| i32::from(loud(place / FRAME_SAMPLES)[place % FRAME_SAMPLES]);
        i32::midpoint(at(place), at(place + FRAME_SAMPLES * (channels - 1)))
    };
    let wrong = wav
        .iter()
        .enumerate()
        .filter(|(place, sample)| (i32::from(**sample) - said(*place)).abs() > 1);
    assert_eq!(wrong.count(), 0, "{id}: what is left is what was heard");
    let mp3 = decode(&file(store, id, Format::Mp3).await).expect("it plays");
    assert!(mp3.len().abs_diff(samples) <= 576, "{id}: {} of {samples}", mp3.len());
}

/// What is left of a take, finished: whole frames, from its begin on. How many they are.
async fn check_left(spool: &Spool, store: &Store, id: &str, channels: usize) -> usize {
    match spool.finish(store, id, false).await.expect("it is finished") {
        Finished::Empty => 0,
        Finished::Kept { duration_ms, .. } => {
            let frames = usize::try_from(duration_ms / 20).expect("short");
            check_kept(store, id, channels, frames).await;
            frames
        }
    }
}

#[tokio::test]
async fn a_kill_leaves_what_is_shorter_and_nothing_that_lies() {
    let mut longest = 0;
    for run in 0..KILLS {
        let folder = TempDir::new().expect("a folder");
        let writer = own_process("kills::records_until_it_is_killed")
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let told = kill(writer);
        let (spool, store) = world(folder.path());
        let left = spool.ids().expect("a folder");
        for (id, channels) in [("long-1", 1), ("long-2", 2)] {
            assert!(left.iter().any(|one| one == id), "run {run}: {id} is lost");
            longest = longest.max(check_left(&spool, &store, id, channels).await);
        }
        for (id, what) in &told {
            let is_left = left.contains(id);
            match what.as_str() {
                "begun" => assert!(is_left, "run {run}: {id} is lost"),
                "ended" => assert!(is_left, "run {run}: {id} is lost before anybody kept it"),
                "kept" | "removed" => check_kept(&store, id, 2, SHORT_FRAMES).await,
                other => panic!("{other}"),
            }
            if is_left {
                let frames = check_left(&spool, &store, id, 2).await;
                assert!(
                    what == "begun" || frames == SHORT_FRAMES,
                    "run {run}: {id} was {what}: {frames}"
                );
            }
        }
        for id in &left {
            spool.remove(id).expect("a folder");
        }
        let rest = std::fs::read_dir(folder.path().join("spool")).expect("a folder");
        assert_eq!(rest.count(), 0, "run {run}: nothing else is left");
    }
    assert!(longest >= 50, "no run was long enough for a second to be on the disk");
}
