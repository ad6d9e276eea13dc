//! A recording of a meeting whose place fails: the disk fills up, or the bucket is away. What was recorded is kept, and nothing else suffers.

use std::{
    env, fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use attendee::Attendee;
use end_to_end::{binary, free_port};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    conversation::{enter, spoken},
    meetings::{ACCESS, CALLER, Space, open_by, quiet},
    recorded::Made,
    speech::{likeness, speech},
    telephone::Telephone,
    world::{PATIENCE, World},
};

const WORDS: &str =
    "Good morning. Before we look at the figures of last month, let me say how glad I am that all of us could come.";
/// How long these take, and a little more.
const SAID_IN: Duration = Duration::from_secs(9);

/// A disk of its own for what is recorded, with little more than is never touched.
const SMALL_DISK: &str = include_str!("../../fixtures/small-disk.sh");

/// The program where recordings have that disk.
fn with_small_disk(takes: &Path, full: &Path) -> Result<Command> {
    fs::create_dir(takes)?;
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", SMALL_DISK]);
    command.arg(takes).arg(full).arg(binary()?);
    Ok(command)
}

/// Ada in a meeting that is recorded, and the name of the recording.
async fn recorded(world: &World, space: &Space) -> Result<(Attendee, String)> {
    let ada = enter(world, space, "Ada").await?;
    let started = space.recording(world, "start")?;
    let name = started["name"].as_str().context("a name")?.to_owned();
    ada.converse(spoken(&speech(WORDS)?)?).await;
    sleep(SAID_IN).await;
    Ok((ada, name))
}

/// What is told of a recording, once it is so.
pub(super) async fn told(world: &World, space: &Space, name: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
    let begun = Instant::now();
    loop {
        let told = world.server().get(&format!("/sederunt/v1/{name}"), &space.owner)?;
        if is_so(&told) {
            return Ok(told);
        }
        ensure!(begun.elapsed() < PATIENCE, "it does not come to that: {told}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// What she said is in her file and in the sound of all.
fn check_words(made: &Made) -> Result<()> {
    let words = speech(WORDS)?;
    for (what, sound) in [("her file", &made.tracks["Ada"]), ("the mix", &made.mix)] {
        let likeness = likeness(&words, sound);
        // On a busy machine whoever speaks halts now and then.
        assert!(likeness > 0.8, "in {what}: {likeness}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_recording_and_nothing_else() -> Result<()> {
    let data = tempfile::tempdir()?;
    let full = data.path().join("full");
    let command = with_small_disk(&data.path().join("meeting-takes"), &full)?;
    let world = open_by(command, data, "")?;
    let space = Space::make(&world, "OPEN")?;
    let mut telephone = Telephone::gateway(CALLER, &quiet(), world.sip).await;
    telephone.dial(&space.uri).await;
    space.telephones(&world, |all| all.len() == 1)?;
    let (_ada, name) = recorded(&world, &space).await?;

    fs::write(&full, "")?;
    let ended = |told: &Value| told["endReason"] == "DISK_FULL";
    told(&world, &space, &name, ended).await?;
    let again = space.recording(&world, "start")?;
    told(&world, &space, again["name"].as_str().context("a name")?, ended).await?;
    let _ben = enter(&world, &space, "Ben").await?;
    space.participants(&world, "anonymousUser", |all| all.len() == 2)?;
    sleep(Duration::from_secs(4)).await;
    let words = speech("This meeting is not being recorded now.")?;
    let heard = telephone.heard().await;
    let windows = (0..heard.len()).step_by(3 * 8_000).map(|begin| &heard[begin..]);
    let likeness = windows.map(|window| likeness(&words, window)).fold(-1.0, f64::max);
    assert!(likeness > 0.8, "the telephone was told: {likeness}");

    fs::remove_file(&full)?;
    check_words(&space.made(&world, &name, |_| true)?)
}

/// A server that speaks S3, while this is there.
struct Bucket(Child);

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bucket {
    /// One that is called `meetings`, at this port.
    fn open(port: u16) -> Result<Bucket> {
        let process = Command::new(moto()?)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let bucket = Bucket(process);
        let begun = Instant::now();
        let mut stream = loop {
            match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
                Ok(stream) => break stream,
                Err(error) => ensure!(begun.elapsed() < PATIENCE, "it does not listen: {error}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "PUT /meetings HTTP/1.1\r\nHost: s3.amazonaws.com\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Ok(bucket)
    }
}

/// Where `cargo xtask` installs it: beside what cargo builds.
fn moto() -> Result<PathBuf> {
    let this = env::current_exe()?;
    let target = this
        .ancestors()
        .nth(3)
        .context("a test is in a folder of the target folder")?;
    Ok(target.join("xtask/venv-s3/bin/moto_server"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_away_has_everything_when_it_is_back() -> Result<()> {
    let port = free_port()?;
    let more = "[recordings]\nplace = \"s3://meetings/kept\"\n";
    let command = || -> Result<Command> {
        let mut command = Command::new(binary()?);
        command
            .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{port}"))
            .env("AWS_ACCESS_KEY_ID", "key")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_REGION", "us-east-1");
        Ok(command)
    };
    let mut world = open_by(command()?, tempfile::tempdir()?, more)?;
    let space = Space::make(&world, "OPEN")?;
    let (ada, name) = recorded(&world, &space).await?;
    space.recording(&world, "stop")?;
    ada.close().await;
    // Its files are made, and cannot be brought there.
    sleep(Duration::from_secs(3)).await;
    world.kill_and_start_by(command()?, &format!("{ACCESS}{more}"))?;
    let waiting = told(&world, &space, &name, |told| told["state"] == "ENDED").await?;
    assert_eq!(waiting.get("files").unwrap_or(&json!([])), &json!([]), "{waiting}");

    let _bucket = Bucket::open(port)?;
    check_words(&space.made(&world, &name, |_| true)?)
}
