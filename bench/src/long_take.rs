//! A call of four hours, of which the whole is kept, recorded from its first frame and made into files: without its clock, as fast as the disk
//! takes it. A quarter of an hour in the middle is paused and left out, and it goes on beyond the longest, of which nothing is kept.
//!
//! What counts is the memory that it takes beyond what the program had before, which has a bound, and that the files are as long
//! as what was said.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use audio::{FRAME_SAMPLES, Frame, RATE_HZ};
use recording::{Finished, Microphone, Pause, Place, Spool, Store, limits::TAKE_FRAMES_MAX};

use crate::report::progress;

const PAUSED_FRAMES: u64 = 15 * 60 * 50;
const BEYOND_FRAMES: u64 = 60 * 50;
/// What may wait for the disk: fewer frames than there may be, or the take would fail.
const AHEAD_FRAMES: u64 = 300;
const FRAME_BYTES: u64 = 2 * 2 * FRAME_SAMPLES as u64;

#[expect(clippy::print_stdout, reason = "a benchmark speaks on the console")]
pub(crate) async fn run() -> Result<()> {
    progress("long take: four hours of two channels, recorded and made into files");
    let folder = crate::folder_on_disk()?;
    let spool = Spool::open(&folder.path().join("takes"))?;
    let store = Store::open(&Place::Folder(folder.path().to_owned()))?;
    let before_mb = forget_peak()?;
    let begun = Instant::now();
    let take = spool.begin("long", 2)?;
    let (microphone, file) = (take.microphone(), folder.path().join("takes/long.2"));
    let half = TAKE_FRAMES_MAX / 2;
    say(&microphone, &file, 0, half)?;
    take.pause(Some(Pause::Skip));
    (0..PAUSED_FRAMES).for_each(|number| microphone.hear(&frame(number), &frame(number + 1)));
    take.pause(None);
    say(&microphone, &file, half, TAKE_FRAMES_MAX)?;
    // Of this nothing is kept, so nobody has to wait for it.
    for number in 0..BEYOND_FRAMES {
        microphone.hear(&frame(number), &frame(number));
        if number % 100 == 0 {
            thread::sleep(Duration::from_millis(10));
        }
    }
    drop(microphone);
    tokio::task::spawn_blocking(|| take.end()).await??;
    let (recorded_s, recorded_mb) = (begun.elapsed().as_secs_f64(), peak_mb()?);
    let begun = Instant::now();
    let finished = spool.finish(&store, "long", false).await?;
    let (finished_s, finished_mb) = (begun.elapsed().as_secs_f64(), peak_mb()?);
    let Finished::Kept { duration_ms, audio, .. } = finished else {
        anyhow::bail!("nothing was heard")
    };
    let length_s = TAKE_FRAMES_MAX / 50;
    ensure!(
        u64::try_from(duration_ms)? == 1_000 * length_s,
        "it is {duration_ms} ms long"
    );
    ensure!(
        audio[0].size_bytes == 44 + 4 * length_s * u64::from(RATE_HZ),
        "the WAV is not whole"
    );
    println!(
        "long take: {} h of two channels, with a pause that is left out",
        length_s / 3_600
    );
    println!(
        "  recorded  {recorded_s:>10.1} s   {} MB more than {before_mb} MB",
        recorded_mb - before_mb
    );
    println!("  finished  {finished_s:>10.1} s   {} MB more", finished_mb - before_mb);
    println!(
        "  files     {:>10} bytes of WAV, {} of MP3     aim: below 70 MB more\n",
        audio[0].size_bytes, audio[1].size_bytes
    );
    Ok(())
}

/// Says these frames, no faster than the disk takes them.
fn say(microphone: &Microphone, file: &Path, from: u64, to: u64) -> Result<()> {
    for number in from..to {
        microphone.hear(&frame(number), &frame(number + 7));
        while number % 50 == 0 && number > fs::metadata(file)?.len() / FRAME_BYTES + AHEAD_FRAMES {
            thread::sleep(Duration::from_millis(1));
        }
    }
    Ok(())
}

/// Some sound that is another one in each frame.
fn frame(number: u64) -> Frame {
    std::array::from_fn(|sample| {
        let place = (number * 7 + sample as u64 * (5 + number % 11)) % 4_001;
        i16::try_from(place).expect("small") - 2_000
    })
}

/// The most memory from now on is looked for; how much there is now, in MB.
fn forget_peak() -> Result<i64> {
    fs::write("/proc/self/clear_refs", "5").context("Linux forgets the peak")?;
    peak_mb()
}

/// The most memory that the program had, in MB.
fn peak_mb() -> Result<i64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .context("a peak")?;
    let kilobytes: i64 = line.split_ascii_whitespace().nth(1).context("a number")?.parse()?;
    Ok(kilobytes / 1_000)
}
