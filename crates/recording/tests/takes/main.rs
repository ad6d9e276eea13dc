//! Takes into files, on a real disk and in a real bucket; and what is left of them when whoever writes them is killed.

mod bucket;
mod kills;
mod long;

use std::{path::Path, process::Command, sync::LazyLock};

use audio::{Clip, Frame, SILENCE, decode::decode, tone};
use recording::{Finished, Format, Pause, Place, Spool, Store};
use tempfile::TempDir;

static BEEP: LazyLock<Clip> = LazyLock::new(tone::beep);

fn loud(number: usize) -> Frame {
    std::array::from_fn(|sample| BEEP[(number * 160 + sample) % BEEP.len()])
}

fn world(folder: &Path) -> (Spool, Store) {
    let spool = Spool::open(&folder.join("spool")).expect("a folder");
    let store = Store::open(&Place::Folder(folder.join("kept"))).expect("a folder");
    (spool, store)
}

/// Records frames of both channels: `#` is loud, `.` is silent.
async fn recorded(spool: &Spool, id: &str, channels: u8, pattern: [&str; 2]) {
    let take = spool.begin(id, channels).expect("a take");
    let microphone = take.microphone();
    let [first, second] = pattern.map(|pattern| {
        let frames = pattern.chars().enumerate();
        frames
            .map(|(number, frame)| if frame == '#' { loud(number) } else { SILENCE })
            .collect::<Vec<Frame>>()
    });
    for (first, second) in first.iter().zip(&second) {
        microphone.hear(first, second);
    }
    drop(microphone);
    tokio::task::spawn_blocking(|| take.end())
        .await
        .expect("it ends")
        .expect("a disk");
}

/// This program once more, for one of its tests alone: what a process has for itself (its environment, its memory, its life) is seen in
/// one of its own.
fn own_process(test: &str) -> Command {
    let mut process = Command::new(std::env::current_exe().expect("this program"));
    process.args(["--exact", test, "--nocapture"]);
    process
}

async fn file(store: &Store, id: &str, format: Format) -> Vec<u8> {
    let size = store.size_bytes(id, format).await.expect("a store").expect("a file");
    store.read(id, format, 0..size).await.expect("its bytes").to_vec()
}

#[tokio::test]
async fn what_was_heard_is_kept_in_both_forms() {
    let folder = TempDir::new().expect("a folder");
    let (spool, store) = world(folder.path());
    let check = async |id: &str, channels: u8, pattern: [&str; 2], trims: bool, expected: Option<(i64, i64)>| {
        recorded(&spool, id, channels, pattern).await;
        let finished = spool.finish(&store, id, trims).await.expect(id);
        assert_eq!(
            spool.finish(&store, id, trims).await.expect(id),
            finished,
            "{id}: once more"
        );
        spool.remove(id).expect("a folder");
        assert!(spool.ids().expect("a folder").is_empty(), "{id}: its take is gone");
        let Some((after_ms, length_ms)) = expected else {
            assert_eq!(finished, Finished::Empty, "{id}");
            assert_eq!(store.size_bytes(id, Format::Wav).await.expect("a store"), None, "{id}");
            return;
        };
        let Finished::Kept {
            duration_ms,
            begins_after_ms,
            channels: kept,
            audio,
        } = finished
        else {
            panic!("{id} is empty");
        };
        assert_eq!(
            (begins_after_ms, duration_ms, kept),
            (after_ms, length_ms, channels),
            "{id}"
        );
        let samples = usize::try_from(length_ms * 8).expect("short");
        for audio in audio {
            let file = file(&store, id, audio.format).await;
            assert_eq!(file.len() as u64, audio.size_bytes, "{id}");
            let played = decode(&file).expect("it plays").len();
            let slack = if audio.format == Format::Wav { 0 } else { 576 };
            assert!(played.abs_diff(samples) <= slack, "{id} {:?}: {played}", audio.format);
        }
    };
    let (speech, silence) = ("..........##########..........", "..............................");
    check("whole", 1, [speech, silence], false, Some((0, 600))).await;
    check("trimmed", 1, [speech, silence], true, Some((100, 400))).await;
    check("both", 2, [silence, speech], false, Some((0, 600))).await;
    check("other", 1, [silence, speech], false, None).await;
    check("silent", 2, [silence, silence], true, None).await;
    check("nothing", 1, ["", ""], false, None).await;
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_ids_name_no_other_files() {
    let folder = TempDir::new().expect("a folder");
    let (spool, store) = world(folder.path());
    recorded(&spool, "a", 1, ["####", "####"]).await;
    spool.finish(&store, "a", false).await.expect("it is kept");
    spool.remove("a").expect("a folder");
    recorded(&spool, "a", 1, ["####", "####"]).await;
    spool.erase(&store, "a").await.expect("a store");
    assert!(spool.ids().expect("a folder").is_empty(), "its take is gone as well");
    for format in Format::ALL {
        assert_eq!(store.size_bytes("a", format).await.expect("a store"), None);
    }
    spool.erase(&store, "a").await.expect("once more is no error");
    assert!(spool.finish(&store, "a", false).await.is_err(), "there is no take");
    for id in ["", "../a", "a/b", "a.b", &"a".repeat(65)] {
        assert!(spool.begin(id, 1).is_err(), "{id}");
    }
}

#[tokio::test]
async fn a_pause_is_left_out_or_is_silent() {
    let folder = TempDir::new().expect("a folder");
    let (spool, store) = world(folder.path());
    let check = async |id: &str, channels: u8, pause: Pause, expected: &[usize]| {
        let take = spool.begin(id, channels).expect("a take");
        let microphone = take.microphone();
        for number in 0..90 {
            match number {
                30 => take.pause(Some(pause)),
                60 => take.pause(None),
                _ => {}
            }
            microphone.hear(&loud(number), &loud(number));
        }
        drop(microphone);
        let ended = tokio::task::spawn_blocking(|| take.end()).await;
        ended.expect("it ends").expect("a disk");
        let Finished::Kept { duration_ms, .. } = spool.finish(&store, id, false).await.expect(id) else {
            panic!("{id} is empty");
        };
        assert_eq!(duration_ms, 20 * i64::try_from(expected.len()).expect("short"), "{id}");
        let wav = decode(&file(&store, id, Format::Wav).await).expect("it plays");
        for (place, frame) in wav.chunks_exact(160).enumerate() {
            let number = expected[place];
            let said = if number == SILENT { SILENCE } else { loud(number) };
            let differs = frame.iter().zip(&said).any(|(one, other)| one.abs_diff(*other) > 1);
            assert!(!differs, "{id}: frame {place} is not {number}");
        }
    };
    let skipped: Vec<usize> = (0..30).chain(60..90).collect();
    let silent: Vec<usize> = (0..30).chain([SILENT; 30]).chain(60..90).collect();
    for channels in [1, 2] {
        check(&format!("skip-{channels}"), channels, Pause::Skip, &skipped).await;
        check(&format!("silence-{channels}"), channels, Pause::Silence, &silent).await;
    }
}

/// No frame that is loud has this number.
const SILENT: usize = usize::MAX;
