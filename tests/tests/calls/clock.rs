//! Somebody sets the clock of the server's machine while somebody calls.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use end_to_end::binary;
use serde_json::{Value, json};

use super::{
    telephone::Telephone,
    world::{DOMAIN_BASE, PEERS, World},
};

const HOUR_S: i64 = 3_600;

/// What the program takes for the clock on the wall.
struct WallClock {
    library: PathBuf,
    set_by: PathBuf,
    file: File,
}

impl WallClock {
    fn make(folder: &Path) -> Result<WallClock> {
        let library = folder.join("wall-clock.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/wall-clock.c");
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .args([source, "-ldl"])
            .status()?;
        ensure!(made.success(), "the clock cannot be made");
        let set_by = folder.join("set-by");
        let file = File::create(&set_by)?;
        let clock = WallClock { library, set_by, file };
        clock.set_by(0)?;
        Ok(clock)
    }

    fn program(&self) -> Result<Command> {
        let mut program = Command::new(binary()?);
        program
            .env("LD_PRELOAD", &self.library)
            .env("TEST_WALL_CLOCK", &self.set_by);
        Ok(program)
    }

    fn set_by(&self, seconds: i64) -> Result<()> {
        Ok(self.file.write_all_at(&seconds.to_ne_bytes(), 0)?)
    }
}

/// The seconds of its day: no test lasts longer.
fn seconds(time: &Value) -> Result<f64> {
    let text = time.as_str().context("a time")?;
    let (_, time) = text.trim_end_matches('Z').split_once('T').context("a day and a time")?;
    time.split(':')
        .try_fold(0.0, |sum, part| Ok(sum * 60.0 + part.parse::<f64>()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_ends_no_call_and_makes_none_longer() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let clock = WallClock::make(folder.path())?;
    let world = World::open_by(clock.program()?, tempfile::tempdir()?, PEERS)?;
    world
        .handler
        .says("/wait", r#"<Wait DurationSeconds="6"/><Label Key="waited">yes</Label>"#);
    world.domain("help", "/wait")?;
    let mut ada = Telephone::ada(&vec![0; 20 * 8_000], "udp", world.sip).await;
    ada.dial(&format!("sip:help@help.{DOMAIN_BASE}")).await;
    world.newest("calls", "calls", |call| call["state"] == "IN_PROGRESS")?;
    // Nobody asks meanwhile: tokens end by the clock on the wall.
    for set_by_s in [3 * HOUR_S, -3 * HOUR_S, 0] {
        clock.set_by(set_by_s)?;
        thread::sleep(Duration::from_secs(1));
    }
    let call = world.newest("calls", "calls", |call| !call.is_null())?;
    ensure!(call.get("endTime").is_none(), "it goes on: {call}");
    let call = world.newest("calls", "calls", |call| call.get("endTime").is_some())?;
    assert_eq!(
        (&call["state"], &call["labels"]),
        (&json!("COMPLETED"), &json!({"waited": "yes"}))
    );
    let lasted_s = seconds(&call["endTime"])? - seconds(&call["answerTime"])?;
    assert!(
        (6.0..10.0).contains(&lasted_s.rem_euclid(86_400.0)),
        "{lasted_s} s: {call}"
    );
    Ok(())
}
