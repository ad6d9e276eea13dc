//! A take that is long is finished as a short one is, in as much memory; judged by decoders that share no code with ours.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use audio::RATE_HZ;
use recording::{Finished, Format};
use tempfile::TempDir;

use crate::{file, loud, own_process, world};

/// Where the process is that finishes takes and looks how much memory it had for it; unset in all others.
const FOLDER: &str = "RECORDING_TEST_FINISHES_IN";

/// How long a take is, in seconds, and how many are finished at once: 29 MB each as a WAV.
const LENGTH_S: usize = 900;
const TAKES: usize = 3;

/// What [`recording::limits`] promises, and what the process is anyway.
const MEMORY_MB_MAX: usize = 70;

fn id(number: usize) -> String {
    format!("long-{number}")
}

/// A take as it is on the disk, two channels: a second of speech in each minute, and at the end.
fn put_take(path: &Path) {
    let second = |is_loud: bool| -> Vec<u8> {
        let frames = (0..50).map(|number| if is_loud { loud(number) } else { [0; 160] });
        let samples = frames.flatten().flat_map(|sample| [sample, sample / 2]);
        samples.flat_map(i16::to_le_bytes).collect()
    };
    let mut take = fs::File::create_new(path).expect("a folder");
    for number in 0..LENGTH_S {
        let is_loud = number % 60 == 0 || number + 1 == LENGTH_S;
        take.write_all(&second(is_loud)).expect("a disk");
    }
}

/// The most memory that this process ever had.
fn memory_mb() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    let kilobytes: usize = line
        .split_ascii_whitespace()
        .nth(1)
        .and_then(|word| word.parse().ok())
        .expect("a number");
    kilobytes / 1_000
}

/// The process that finishes all of them at once; nothing in the one that tests.
#[tokio::test(flavor = "multi_thread")]
async fn finishes_them_at_once() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let (spool, store) = world(&folder);
    let finishing = (0..TAKES).map(|number| {
        let (spool, store) = (spool.clone(), store.clone());
        tokio::spawn(async move { spool.finish(&store, &id(number), false).await })
    });
    for finished in finishing.collect::<Vec<_>>() {
        let finished = finished.await.expect("it ends").expect("it is kept");
        let Finished::Kept { duration_ms, .. } = finished else {
            panic!("there is something to hear")
        };
        assert_eq!(usize::try_from(duration_ms), Ok(1_000 * LENGTH_S));
    }
    let memory_mb = memory_mb();
    assert!(memory_mb < MEMORY_MB_MAX, "{memory_mb} MB");
}

/// Channels, rate and samples of each channel, as Python reads them.
fn read_by_python(wav: &Path) -> String {
    let script = "import sys, wave; w = wave.open(sys.argv[1]); n = w.getnframes(); \
                  assert len(w.readframes(n)) == 4 * n; print(w.getnchannels(), w.getframerate(), n)";
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(wav)
        .output()
        .expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Samples of each of two channels that `mpg123` hears.
fn heard_by_mpg123(mp3: &Path) -> usize {
    let output = Command::new("mpg123")
        .args(["--quiet", "--stdout"])
        .arg(mp3)
        .stderr(Stdio::inherit())
        .output()
        .expect("this test needs mpg123: `apt-get install mpg123`");
    assert!(output.status.success());
    output.stdout.len() / 4
}

#[tokio::test]
async fn long_takes_are_whole_and_take_no_more_memory() {
    let folder = TempDir::new().expect("a folder");
    let (_, store) = world(folder.path());
    for number in 0..TAKES {
        put_take(&folder.path().join(format!("spool/{}.2", id(number))));
    }
    let finished = own_process("long::finishes_them_at_once")
        .env(FOLDER, folder.path())
        .status();
    assert!(finished.expect("it starts").success());
    let samples = LENGTH_S * RATE_HZ as usize;
    let (wav, mp3) = (folder.path().join("a.wav"), folder.path().join("a.mp3"));
    for number in 0..TAKES {
        fs::write(&wav, file(&store, &id(number), Format::Wav).await).expect("a disk");
        assert_eq!(read_by_python(&wav), format!("2 {RATE_HZ} {samples}"));
    }
    fs::write(&mp3, file(&store, &id(0), Format::Mp3).await).expect("a disk");
    let heard = heard_by_mpg123(&mp3);
    assert!(heard.abs_diff(samples) <= 576, "{heard} of {samples}");
    let rest = fs::read_dir(folder.path().join("spool")).expect("a folder");
    assert_eq!(rest.count(), TAKES, "of what was made beside the takes nothing is left");
}
