//! Takes into files, on a real disk; and what is left of them when whoever writes them is killed.

use std::{path::Path, process::Command, sync::LazyLock, time::Duration};

use audio::{Clip, Frame, SILENCE, decode::decode, tone};
use recording::{Finished, Format, Place, Spool, Store};
use tempfile::TempDir;

/// Says that this process is the one that is killed, and in which folder it writes.
const WRITER: &str = "RECORDING_TEST_WRITES_IN";

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
    store.delete("a").await.expect("a store");
    for format in Format::ALL {
        assert_eq!(store.size_bytes("a", format).await.expect("a store"), None);
    }
    store.delete("a").await.expect("once more is no error");
    assert!(spool.finish(&store, "a", false).await.is_err(), "there is no take");
    for id in ["", "../a", "a/b", "a.b", &"a".repeat(65)] {
        assert!(spool.begin(id, 1).is_err(), "{id}");
    }
}

/// What is killed in [`a_kill_leaves_a_take_that_is_shorter`]: it records until then, and says how far it is.
#[test]
fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(WRITER) else { return };
    let (spool, _) = world(Path::new(&folder));
    let take = spool.begin("killed", 2).expect("a take");
    let microphone = take.microphone();
    for number in 0.. {
        microphone.hear(&loud(number), &loud(number + 1));
        // Faster than a line, so that some seconds are enough.
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test]
async fn a_kill_leaves_a_take_that_is_shorter() {
    for (run, lives_ms) in [180, 260, 340, 420, 500].into_iter().enumerate() {
        let folder = TempDir::new().expect("a folder");
        let mut writer = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "writes_until_it_is_killed"])
            .env(WRITER, folder.path())
            .spawn()
            .expect("it starts");
        let take = folder.path().join("spool/killed.2");
        while !take.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(lives_ms)).await;
        writer.kill().expect("it is killed");
        writer.wait().expect("it is gone");

        let (spool, store) = world(folder.path());
        assert_eq!(spool.ids().expect("a folder"), ["killed"], "run {run}");
        let Finished::Kept { duration_ms, .. } = spool.finish(&store, "killed", false).await.expect("it is finished")
        else {
            panic!("run {run}: nothing is left");
        };
        let kept = decode(&file(&store, "killed", Format::Wav).await).expect("it plays");
        assert_eq!(i64::try_from(kept.len()), Ok(duration_ms * 8), "run {run}");
        let expected = |place: usize| {
            let at = |number: usize| i32::from(loud(number / 160)[number % 160]);
            i32::midpoint(at(place), at(place + 160))
        };
        let wrong = kept
            .iter()
            .enumerate()
            .filter(|(place, sample)| (i32::from(**sample) - expected(*place)).abs() > 1);
        assert_eq!(wrong.count(), 0, "run {run}: what is left is what was heard");
    }
}
