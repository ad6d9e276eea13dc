//! One video of all, by the real `ffmpeg`.

use std::{path::Path, process::Command};

use media::Source;
use recorder::{COMPOSED, KeptFile};
use recording::{Place, Store};
use tempfile::TempDir;

use crate::{ADA, World, bytes_in, bytes_of, until};

/// Runs a program of the tests; what it writes.
fn output(program: &str, arguments: &[&str]) -> String {
    let run = Command::new(program).args(arguments).output();
    let run = run.unwrap_or_else(|error| panic!("{program} is needed for the tests: {error}"));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).expect("text")
}

/// A camera of one colour as a browser would send it, which joins a kept recording.
async fn camera(folder: &Path, (name, colour): (&str, &str), starts_us: i64, seconds: i64) -> KeptFile {
    let path = folder.join(name);
    let picture = format!("color=c={colour}:s=320x180:r=15:d={seconds}");
    let file = path.to_str().expect("text");
    output(
        "ffmpeg",
        &[
            "-v", "error", "-f", "lavfi", "-i", &picture, "-c:v", "libvpx", "-b:v", "200k", file,
        ],
    );
    let (bytes, sha256) = recording::described(&path).expect("a file");
    let store = Store::open(&Place::Folder(folder.join("kept"))).expect("a folder");
    store
        .keep(&format!("meetings/one/{name}"), &path)
        .await
        .expect("it is kept");
    KeptFile {
        name: name.to_owned(),
        media_type: "video/webm".to_owned(),
        bytes,
        sha256,
        session: Some("ada".to_owned()),
        source: Some(Source::Camera),
        starts_us,
        duration_us: seconds * 1_000_000,
    }
}

/// Somebody is recorded for some seconds, with two cameras, one after the other.
async fn recorded(world: &mut World, folder: &TempDir) -> Vec<KeptFile> {
    let spool = folder.path().join("spool/one");
    world.recorder.begin("one", "room", None).expect("it begins");
    let ada = world.joins("room", "ada", ADA).await;
    until("she is on the disk", || bytes_in(&spool, ".webm") > 25_000).await;
    world.recorder.end("one").await;
    ada.close().await;
    let mut files = world.recorder.finish("one").await.expect("it is kept");
    world.recorder.discard("one").expect("a spool");
    let starts_us = files
        .iter()
        .find(|file| file.session.is_none())
        .expect("a mix")
        .starts_us;
    for (name, colour, after_us) in [("0002-camera.webm", "red", 0), ("0003-camera.webm", "blue", 1_000_000)] {
        files.push(camera(folder.path(), (name, colour), starts_us + after_us, 1).await);
    }
    files
}

/// The colour of a point at a time, as the letter of what it has most of.
fn colour(file: &Path, at_s: &str) -> char {
    let picture = [
        "-v",
        "error",
        "-ss",
        at_s,
        "-i",
        file.to_str().expect("text"),
        "-frames:v",
        "1",
    ];
    let point = [
        "-vf",
        "crop=2:2:640:360,scale=1:1",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ];
    let run = Command::new("ffmpeg")
        .args(picture)
        .args(point)
        .output()
        .expect("ffmpeg");
    let [red, green, blue] = run.stdout[..] else {
        panic!("{run:?}")
    };
    match (red > 100, green > 100, blue > 100) {
        (true, false, false) => 'r',
        (false, false, true) => 'b',
        (false, false, false) => '-',
        _ => '?',
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_where_they_were_and_the_sound_is_that_of_all() {
    let folder = TempDir::new().expect("a folder");
    let mut world = World::new(folder.path());
    let files = recorded(&mut world, &folder).await;
    assert!(world.recorder.composes(), "ffmpeg is needed for the tests");
    let made = world.recorder.compose("one", &files).await.expect("it is made");
    assert_eq!((made.name.as_str(), made.session.as_ref()), (COMPOSED, None));
    assert_eq!(world.recorder.composing("one"), None, "it is over");
    assert!(!folder.path().join("spool/one.composing").exists());

    let bytes = bytes_of(&world.recorder, "one", COMPOSED).await.expect("it is kept");
    assert_eq!(bytes.len() as u64, made.bytes);
    let path = folder.path().join("made.mp4");
    std::fs::write(&path, &bytes).expect("a file");
    let file = path.to_str().expect("text");
    let streams = [
        "-v",
        "error",
        "-show_entries",
        "stream=codec_name",
        "-of",
        "csv=p=0",
        file,
    ];
    assert_eq!(
        output("ffprobe", &streams).split_whitespace().collect::<Vec<_>>(),
        ["h264", "aac"]
    );
    let duration = [
        "-v",
        "error",
        "-show_entries",
        "format=duration",
        "-of",
        "csv=p=0",
        file,
    ];
    let duration_s: f64 = output("ffprobe", &duration).trim().parse().expect("a number");
    let mix = files.iter().find(|file| file.name == "mix.wav").expect("a mix");
    #[expect(clippy::cast_precision_loss, reason = "some seconds")]
    let expected_s = mix.duration_us as f64 / 1e6;
    assert!((duration_s - expected_s).abs() < 0.1, "{duration_s} of {expected_s}");
    assert_eq!(
        ["0.5", "0.9", "1.1", "1.5", "2.2"].map(|at_s| colour(&path, at_s)),
        ['r', 'r', 'b', 'b', '-']
    );

    // Whoever is taken out was in it.
    let mut all = files.clone();
    all.push(made);
    let left = world
        .recorder
        .remove_person("one", &["ada".to_owned()], all)
        .await
        .expect("she goes");
    assert!(left.iter().all(|file| file.name != COMPOSED));
    assert_eq!(bytes_of(&world.recorder, "one", COMPOSED).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_leaves_nothing() {
    let folder = TempDir::new().expect("a folder");
    let mut world = World::new(folder.path());
    let files = recorded(&mut world, &folder).await;
    let workshop = folder.path().join("spool/one.composing");
    let composing = tokio::spawn({
        let recorder = world.recorder.clone();
        async move { recorder.compose("one", &files).await }
    });
    until("it is at work", || workshop.join("scene-0000.mp4").exists()).await;
    composing.abort();
    until("it is gone", || !workshop.exists()).await;
    assert_eq!(bytes_of(&world.recorder, "one", COMPOSED).await, None);

    // And so it is after a kill, when the next server starts.
    std::fs::create_dir(&workshop).expect("a folder");
    drop(world);
    drop(World::new(folder.path()));
    assert!(!workshop.exists());
}
