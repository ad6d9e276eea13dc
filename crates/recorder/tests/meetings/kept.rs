//! What is kept of a meeting, and what is done with it later.

use aws_lc_rs::digest::{SHA256, digest};
use media::{DisconnectReason, Source};
use mkv_element::prelude::Segment;
use recorder::KeptFile;
use serde_json::Value;
use tempfile::TempDir;

use crate::{ADA, BEN, World, bytes_in, bytes_of, named, until};

/// Two people are recorded, one of whom comes late and goes early.
async fn recorded(world: &mut World, folder: &TempDir) -> Vec<KeptFile> {
    let spool = folder.path().join("spool/one");
    world.recorder.begin("one", "room", None).expect("it begins");
    let ada = world.joins("room", "ada", ADA).await;
    until("she is on the disk", || bytes_in(&spool, ".webm") > 4_000).await;
    let ben = world.joins("room", "ben", BEN).await;
    until("he is on the disk", || bytes_in(&spool, ".webm") > 20_000).await;
    world.media.remove("ben", DisconnectReason::Removed);
    ben.close().await;
    until("she goes on", || bytes_in(&spool, ".webm") > 26_000).await;
    world.recorder.end("one").await;
    ada.close().await;
    assert_eq!(
        world.recorder.leftovers().expect("a spool"),
        ["one"],
        "until it is discarded"
    );
    let files = world.recorder.finish("one").await.expect("it is kept");
    assert_eq!(
        world.recorder.finish("one").await.expect("again"),
        files,
        "the same once more"
    );
    world.recorder.discard("one").expect("a spool");
    assert_eq!(world.recorder.leftovers().expect("a spool"), Vec::<String>::new());
    files
}

/// The lines of the log.
async fn log(world: &World) -> Vec<Value> {
    let bytes = bytes_of(&world.recorder, "one", "events.jsonl").await.expect("a log");
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect()
}

/// The file as another reader of Matroska has it: all of it, by its sizes alone.
fn check_structure(file: &KeptFile, bytes: &[u8]) {
    use mkv_element::{io::blocking_impl::ReadFrom, prelude::Ebml};
    let mut input = bytes;
    let ebml = Ebml::read_from(&mut input).expect("a head");
    assert_eq!(
        ebml.doc_type.as_ref().map(|kind| kind.to_string()),
        Some("webm".to_owned())
    );
    let segment = Segment::read_from(&mut input).expect("a segment");
    assert!(input.is_empty(), "and nothing after it");
    let duration_ms = segment.info.duration.map(|duration| *duration);
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    let expected_ms = (file.duration_us / 1_000) as f64;
    assert_eq!(duration_ms, Some(expected_ms));
    let blocks: usize = segment.cluster.iter().map(|cluster| cluster.blocks.len()).sum();
    let expected = usize::try_from(file.duration_us / 20_000).expect("a few seconds");
    // A busy machine does not speak all the time.
    assert!(
        (9 * expected / 10..=expected + 2).contains(&blocks),
        "{blocks} of {expected}"
    );
    let cues = segment.cues.expect("an index");
    assert_eq!(cues.cue_point.len(), segment.cluster.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_is_kept_as_tracks_a_log_and_one_sound() {
    let folder = TempDir::new().expect("a folder");
    let mut world = World::new(folder.path());
    let files = recorded(&mut world, &folder).await;
    let kinds: Vec<(&str, Option<&str>, &str)> = files
        .iter()
        .map(|file| (file.name.as_str(), file.session.as_deref(), file.media_type.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("0001-microphone.webm", Some("ada"), "audio/webm"),
            ("0002-microphone.webm", Some("ben"), "audio/webm"),
            ("mix.wav", None, "audio/x-wav"),
            ("mix.mp3", None, "audio/mpeg"),
            ("events.jsonl", None, "application/jsonl"),
        ]
    );
    for file in &files {
        let bytes = bytes_of(&world.recorder, "one", &file.name).await.expect("it is kept");
        assert_eq!(bytes.len() as u64, file.bytes, "{}", file.name);
        assert_eq!(digest(&SHA256, &bytes).as_ref(), file.sha256, "{}", file.name);
        if file.source == Some(Source::Microphone) {
            check_structure(file, &bytes);
        }
    }
    let [ada, ben] = [0, 1].map(|number| &files[number]);
    assert!(ada.starts_us < ben.starts_us && ben.duration_us < ada.duration_us);
    let mix = named(&files, ".wav")[0];
    assert!(mix.starts_us <= ada.starts_us && mix.duration_us >= ada.duration_us);
    let events: Vec<String> = log(&world)
        .await
        .iter()
        .map(|line| {
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            format!("{} {} {}", text("event"), text("session"), text("name"))
                .trim()
                .to_owned()
        })
        .filter(|event| !event.starts_with("loudest") && !event.starts_with("clock"))
        .collect();
    let index = |event: &str| {
        events
            .iter()
            .position(|other| other == event)
            .unwrap_or_else(|| panic!("{events:?}"))
    };
    assert_eq!(events.first().map(String::as_str), Some("began"));
    assert!(index("joined ada ADA") < index("track ada"));
    assert!(index("track ada") < index("joined ben BEN"));
    assert!(index("track ben") < index("left ben"));
    assert_eq!(events.last().map(String::as_str), Some("ended"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_taken_out_and_the_others_stay() {
    let folder = TempDir::new().expect("a folder");
    let mut world = World::new(folder.path());
    let files = recorded(&mut world, &folder).await;
    let before = named(&files, ".wav")[0].clone();
    let recorder = world.recorder.clone();
    let left = recorder
        .remove_person("one", &["ben".to_owned()], files.clone())
        .await
        .expect("he goes");
    let again = recorder
        .remove_person("one", &["ben".to_owned()], left.clone())
        .await
        .expect("he is gone");
    assert_eq!(again, left, "twice is once");
    assert!(left.iter().all(|file| file.session.as_deref() != Some("ben")));
    assert_eq!(bytes_of(&recorder, "one", "0002-microphone.webm").await, None);
    assert!(log(&world).await.iter().all(|line| line["session"] != "ben"));
    let after = named(&left, ".wav")[0];
    assert_eq!(
        (after.bytes, after.duration_us),
        (before.bytes, before.duration_us),
        "as long as it was"
    );
    assert_ne!(after.sha256, before.sha256, "and without him");
    for file in &left {
        let bytes = bytes_of(&recorder, "one", &file.name).await.expect("it is kept");
        assert_eq!(digest(&SHA256, &bytes).as_ref(), file.sha256, "{}", file.name);
    }
    let nobody = recorder
        .remove_person("one", &["ada".to_owned()], left)
        .await
        .expect("she goes");
    assert_eq!(
        nobody.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(),
        ["events.jsonl"]
    );
    assert_eq!(
        bytes_of(&recorder, "one", "mix.wav").await,
        None,
        "there is nobody in it"
    );
    recorder.delete("one").await.expect("it goes");
    assert_eq!(bytes_of(&recorder, "one", "events.jsonl").await, None);
    assert_eq!(bytes_in(&folder.path().join("kept/meetings/one"), ""), 0);
}
