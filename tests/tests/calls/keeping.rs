//! What is recorded of a call while it goes on, as programs say it: started, paused, resumed and stopped; what whoever is recorded hears of it; and
//! how it is kept.
//!
//! Ada says a tone that rises each second, so that what is in a file says when it was said.

use std::{
    f64::consts::TAU,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use end_to_end::{Answer, binary, request};
use serde_json::{Value, json};

use super::{
    speech::{likeness, speech, then_silence},
    telephone::Telephone,
    world::{DOMAIN_BASE, PATIENCE, PEERS, PROJECT, World},
};

const RATE: usize = 8_000;

/// How high the tone is in a second of the call: each a fifth higher than none before it.
fn pitch_hz(second: usize) -> f64 {
    400.0 + 50.0 * f64::from(u32::try_from(second % 40).expect("small"))
}

/// A voice that says which second it is.
fn counting(seconds: usize) -> Vec<i16> {
    let sample = |place: usize| {
        let time_s = f64::from(u32::try_from(place).expect("a minute")) / 8_000.0;
        #[expect(clippy::cast_possible_truncation, reason = "a quarter of the range")]
        let sample = (8_000.0 * (TAU * pitch_hz(place / RATE) * time_s).sin()) as i16;
        sample
    };
    (0..seconds * RATE).map(sample).collect()
}

/// How much of a frequency is in a sound, by Goertzel's formula, for each of its samples.
fn power(sound: &[i16], hz: f64) -> f64 {
    let coefficient = 2.0 * (TAU * hz / 8_000.0).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for &sample in sound {
        (last, before) = (f64::from(sample) + coefficient * last - before, last);
    }
    let power: f64 = last * last + before * before - coefficient * last * before;
    power.sqrt() / f64::from(u32::try_from(sound.len().max(1)).expect("short"))
}

/// Which second of Ada's voice is heard in each tenth of a second; `None` where it is silent.
fn seconds_heard(channel: &[i16]) -> Vec<Option<usize>> {
    let tenths = channel.chunks_exact(RATE / 10);
    tenths
        .map(|tenth| {
            let powers = (0..40).map(|second| power(tenth, pitch_hz(second)));
            let (second, power) = powers.enumerate().max_by(|one, other| one.1.total_cmp(&other.1))?;
            (power > 500.0).then_some(second)
        })
        .collect()
}

/// The two channels of a WAV file.
fn channels(wav: &[u8]) -> [Vec<i16>; 2] {
    let samples: Vec<i16> = wav[44..]
        .chunks_exact(2)
        .map(|sample| i16::from_le_bytes([sample[0], sample[1]]))
        .collect();
    [0, 1].map(|channel| samples.iter().skip(channel).step_by(2).copied().collect())
}

impl World {
    fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        let path = format!("/v1beta1/{path}");
        request(self.server().address(), "POST", &path, Some(&self.token), Some(body))
    }

    /// Does something with the recording of a call, and answers how that is then.
    fn control(&self, call: &str, verb: &str, body: &Value) -> Result<Value> {
        self.post(&format!("{call}:{verb}Recording"), body)?.ok()
    }

    /// Why that is not done.
    fn refusal(&self, call: &str, verb: &str) -> Result<String> {
        let answer = self.post(&format!("{call}:{verb}Recording"), &json!({}))?;
        let error = &answer.body["error"];
        ensure!(error["status"] == "FAILED_PRECONDITION", "{error}");
        Ok(error["message"].as_str().context("a sentence")?.to_owned())
    }

    /// The newest recording when it is over, with its WAV file.
    fn recorded(&self) -> Result<(Value, Vec<u8>)> {
        let is_over = |newest: &Value| newest["state"].as_str().is_some_and(|state| state != "PENDING");
        let newest = self.newest("recordings", "recordings", is_over)?;
        ensure!(newest["state"] == "SUCCEEDED", "{newest}");
        let name = newest["name"].as_str().context("a name")?;
        let full = self.server().get(&format!("/v1beta1/{name}"), &self.token)?;
        let (_, wav) = self.fetch(full["audio"][0]["uri"].as_str().context("a link")?)?;
        Ok((full, wav))
    }

    /// The name of the call that goes on, once it is answered.
    fn going_on(&self) -> Result<String> {
        let call = self.newest("calls", "calls", |call| call["state"] == "IN_PROGRESS")?;
        Ok(call["name"].as_str().context("a name")?.to_owned())
    }
}

fn duration_s(recording: &Value) -> Result<f64> {
    let duration = recording["duration"].as_str().context("a duration")?;
    Ok(duration.trim_end_matches('s').parse()?)
}

async fn after(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// Ada calls somebody who waits.
async fn ada_calls(world: &World, id: &str) -> Result<(Telephone, String)> {
    world.handler.says("/waits", "<Wait DurationSeconds=\"60\"/>");
    world.domain(id, "/waits")?;
    let mut ada = Telephone::ada(&counting(60), "udp", world.sip).await;
    ada.dial(&format!("sip:me@{id}.{DOMAIN_BASE}")).await;
    let call = world.going_on()?;
    Ok((ada, call))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_is_left_out_of_a_recording_or_is_silent_in_it() -> Result<()> {
    let world = World::open()?;
    let (mut ada, call) = ada_calls(&world, "pause").await?;
    assert!(
        world
            .refusal(&call, "pause")?
            .contains("no recording of the call is under way")
    );
    let started = world.control(
        &call,
        "start",
        &json!({"recordingReadyUri": format!("{}/ready", world.handler.origin())}),
    )?;
    assert_eq!(started["state"], "RECORDING", "{started}");
    assert!(world.refusal(&call, "start")?.contains("being recorded already"));
    assert!(world.refusal(&call, "resume")?.contains("is not paused"));
    after(3).await;
    let paused = world.control(&call, "pause", &json!({"mode": "SKIP"}))?;
    assert_eq!(
        (&paused["state"], &paused["pauseMode"]),
        (&json!("PAUSED"), &json!("SKIP")),
        "{paused}"
    );
    assert!(world.refusal(&call, "pause")?.contains("paused already"));
    after(3).await;
    world.control(&call, "resume", &json!({}))?;
    after(3).await;
    world.control(&call, "pause", &json!({"mode": "SILENCE"}))?;
    after(3).await;
    world.control(&call, "resume", &json!({}))?;
    after(2).await;
    let stopped = world.control(&call, "stop", &json!({}))?;
    assert_eq!(
        (&stopped["state"], stopped.get("recording")),
        (&json!("NONE"), None),
        "{stopped}"
    );

    let (recording, wav) = world.recorded()?;
    let status = world
        .server()
        .get(&format!("/v1beta1/{call}/recordingStatus"), &world.token)?;
    assert_eq!(status["state"], "NONE", "the call goes on, and its recording is over");
    let [said, heard] = channels(&wav);
    assert_eq!(said.len(), heard.len());
    let length_s = duration_s(&recording)?;
    assert!(
        (10.5..12.5).contains(&length_s),
        "eleven seconds were recorded: {length_s}"
    );
    let told = length_s * 8_000.0 - f64::from(u32::try_from(said.len())?);
    assert!(told.abs() < 160.0, "{length_s} s, {} samples", said.len());
    let seconds = seconds_heard(&said);
    let jump = seconds.windows(2).position(|pair| match pair {
        [Some(before), Some(after)] => *after >= before + 2,
        _ => false,
    });
    let jump = jump.context("the first pause is left out")?;
    assert!((25..36).contains(&jump), "after three seconds: {seconds:?}");
    let silent = seconds.iter().filter(|second| second.is_none()).count();
    assert!(
        (26..34).contains(&silent),
        "the second is three seconds of silence: {seconds:?}"
    );

    // Another recording of the same call is another one.
    world.control(&call, "start", &json!({}))?;
    after(1).await;
    ada.hang_up().await;
    let (another, _) = world.recorded()?;
    assert_ne!(another["name"], recording["name"]);
    let over = world.refusal(&call, "start")?;
    assert!(over.contains("does not go on"), "{over}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_a_pause_leaves_what_was_said_before_it() -> Result<()> {
    let mut world = World::open()?;
    let (_ada, call) = ada_calls(&world, "killed").await?;
    world.control(&call, "start", &json!({}))?;
    after(4).await;
    world.control(&call, "pause", &json!({}))?;
    after(3).await;
    world.kill_and_start()?;
    let (recording, wav) = world.recorded()?;
    let [said, heard] = channels(&wav);
    assert_eq!(said.len(), heard.len());
    let length_s = duration_s(&recording)?;
    assert!(
        (2.5..5.0).contains(&length_s),
        "what was said before the pause: {length_s} s"
    );
    let heard: Vec<usize> = seconds_heard(&said).into_iter().flatten().collect();
    assert!(
        heard.windows(2).all(|pair| pair[1] <= pair[0] + 1),
        "in one piece: {heard:?}"
    );
    Ok(())
}

/// What was heard beside beeps, the first of which is in the first second and is where there is most of one.
fn without_beeps(heard: &[i16], every_s: usize) -> Vec<i16> {
    let beep = audio::tone::reminder();
    let begin = (0..50_usize).max_by(|one, other| {
        let loud = |frame: usize| power(&heard[160 * frame..][..beep.len()], 1_400.0);
        loud(*one).total_cmp(&loud(*other))
    });
    let mut spoken = heard.to_vec();
    for place in (160 * begin.unwrap_or(0)..heard.len()).step_by(every_s * RATE) {
        for (sample, beep) in spoken[place..].iter_mut().zip(beep.iter()) {
            *sample = sample.saturating_sub(*beep);
        }
    }
    spoken
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_recorded_hears_of_it() -> Result<()> {
    let world = World::open()?;
    let announced = "This call is recorded. Please hang up if you do not want that.";
    let set = ["project", "recordings", PROJECT, "--announce", announced, "--beep", "2"];
    world.server().command(&set)?;
    world.handler.says(
        "/announced",
        "<RecordCall/><Say>Good morning, and thank you for waiting. What can we do for you today?</Say><Wait DurationSeconds=\"4\"/>",
    );
    world.domain("announced", "/announced")?;
    let mut ada = Telephone::ada(&then_silence(&audio::tone::beep(), 60), "udp", world.sip).await;
    ada.dial(&format!("sip:me@announced.{DOMAIN_BASE}")).await;
    let (recording, wav) = world.recorded()?;
    let announcement = speech(announced)?;
    let greeting = speech("Good morning, and thank you for waiting. What can we do for you today?")?;
    let [_, played] = channels(&wav);
    let spoken = without_beeps(&played, 2);
    let (of_greeting, of_announcement) = (likeness(&greeting, &spoken), likeness(&announcement, &spoken));
    assert!(of_greeting >= 0.9, "what follows is in the recording: {of_greeting}");
    assert!(of_announcement < 0.8, "what is announced comes before it");
    // A tenth of a second is loud at 1,400 Hz and hardly anywhere beside it.
    let is_beep = |tenth: &[i16]| power(tenth, 1_400.0) > 1_000.0;
    let beeps: Vec<usize> = (0..played.len() / 800)
        .filter(|tenth| is_beep(&played[tenth * 800..][..800]))
        .collect();
    let begins: Vec<usize> = beeps
        .iter()
        .copied()
        .filter(|tenth| *tenth == 0 || !beeps.contains(&(tenth - 1)))
        .collect();
    assert!(
        begins.len() >= 3 && begins.windows(2).all(|pair| (18..=22).contains(&(pair[1] - pair[0]))),
        "{begins:?}"
    );
    assert!(duration_s(&recording)? > 6.0);

    let heard = ada.heard().await;
    let at = |voice: &[i16]| heard.len().min(voice.len());
    assert!(
        likeness(&announcement, &heard[..at(&announcement).max(heard.len() / 2)]) >= 0.85,
        "she heard it"
    );
    let in_her_ear = heard.chunks_exact(800).filter(|tenth| is_beep(tenth)).count();
    assert!(in_her_ear >= 5, "she heard the beeps");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_connected_hears_the_beeps_as_well() -> Result<()> {
    let world = World::open()?;
    world
        .server()
        .command(&["project", "recordings", PROJECT, "--beep", "2"])?;
    let quiet = then_silence(&[0; 8_000], 60);
    let mut bo = Telephone::bo(&quiet).await;
    let cy = Telephone::bo(&quiet).await;
    let connects = format!(r#"<RecordCall/><Call CallerId="desk">{}</Call>"#, cy.address());
    world.handler.says("/connects", connects);
    let created = world.call(&bo.address(), "/connects", &[])?.ok()?;
    world.newest("calls", "calls", |call| {
        call["originatingCall"] == created["name"] && call["bridged"] == json!(true)
    })?;
    after(7).await;
    bo.hang_up().await;
    world.newest("calls", "calls", |call| call.get("endTime").is_some())?;
    for (who, telephone) in [("Bo", bo), ("Cy", cy)] {
        let heard = telephone.heard().await;
        let beeps = heard.chunks_exact(800).filter(|tenth| power(tenth, 1_400.0) > 1_000.0);
        let beeps = beeps.count();
        assert!(beeps >= 3, "{who} heard {beeps}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_announced_nothing_is_recorded() -> Result<()> {
    let world = World::open()?;
    let address = format!("{}/nothing.wav", world.handler.origin());
    world
        .server()
        .command(&["project", "recordings", PROJECT, "--announce", &address])?;
    let (_ada, call) = ada_calls(&world, "mute").await?;
    let refused = world.refusal(&call, "start")?;
    assert!(refused.contains("so nothing is recorded"), "{refused}");
    let recording = world.newest("recordings", "recordings", |newest| newest["state"] == "FAILED")?;
    assert_eq!(recording["source"], "CALL_RECORDING", "{recording}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_stays_and_what_is_forgotten_goes() -> Result<()> {
    let world = World::open()?;
    let (mut ada, call) = ada_calls(&world, "held").await?;
    world.control(&call, "start", &json!({}))?;
    after(2).await;
    ada.hang_up().await;
    let (recording, _) = world.recorded()?;
    let name = recording["name"].as_str().context("a name")?;
    let uri = recording["audio"][0]["uri"].as_str().context("a link")?;
    world.server().command(&["project", "hold", name])?;
    let path = format!("/v1beta1/{name}");
    let refused = request(world.server().address(), "DELETE", &path, Some(&world.token), None)?;
    assert_eq!(refused.status, 400);
    let status = world
        .server()
        .get(&format!("/v1beta1/{call}/recordingStatus"), &world.token)?;
    assert_eq!(status["heldRecordings"], json!([name]), "{status}");
    let forget = ["project", "forget-caller", PROJECT, "ada@example.org"];
    let said = world.server().command(&forget)?;
    assert!(said.contains("in 0 calls") && said.contains(&call), "{said}");

    world.server().command(&["project", "release", name])?;
    let said = world.server().command(&forget)?;
    assert!(said.contains("in 1 calls, with 1 recordings"), "{said}");
    assert_eq!(world.fetch(uri)?.0, 404, "its links are gone at once");
    let forgotten = world.server().get(&format!("/v1beta1/{call}"), &world.token)?;
    assert_eq!(forgotten["isPrivate"], true, "{forgotten}");
    let folder = world.data.path().join("recordings");
    let begun = std::time::Instant::now();
    while std::fs::read_dir(&folder).map_or(0, Iterator::count) > 0 {
        ensure!(begun.elapsed() < Duration::from_mins(1), "its files are still there");
        after(1).await;
    }
    Ok(())
}

/// The program on a machine that is slow to remove files: each waits for seconds before it goes.
fn slow_to_remove() -> Result<Command> {
    let mut strace = Command::new("strace");
    // With -D the tracer stands aside: what we start, and kill, is the server itself.
    strace.args(["-D", "-f", "-o", "/dev/null", "-e", "trace=?unlink,unlinkat"]);
    strace.args(["-e", "inject=?unlink,unlinkat:delay_enter=2000000"]);
    strace.arg(binary()?);
    Ok(strace)
}

/// How many files below a folder are of a recording.
fn files_of(recording: &str, folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let is_of_it = entry.file_name().to_string_lossy().starts_with(recording);
        count += usize::from(is_of_it);
        if !is_of_it && entry.file_type()?.is_dir() {
            count += files_of(recording, &entry.path())?;
        }
    }
    Ok(count)
}

/// Waits until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let begun = Instant::now();
    while !is_so()? {
        ensure!(begun.elapsed() < PATIENCE, "it does not come to that: {what}");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

impl World {
    /// Somebody deletes a recording, and the server is killed when its row is gone and so many of its files are left; and when there is an
    /// answer, if none are.
    fn killed_in_deletion(&mut self, recording: &Value, left: usize) -> Result<()> {
        let name = recording["name"].as_str().context("a name")?;
        let (_, id) = name.rsplit_once('/').context("an id")?;
        let link = recording["audio"][0]["uri"].as_str().context("a link")?;
        let (path, data) = (format!("/v1beta1/{name}"), self.data.path().to_owned());
        let status = |world: &World, method: &str| -> Result<u16> {
            let answer = request(world.server().address(), method, &path, Some(&world.token), None);
            Ok(answer?.status)
        };
        assert_eq!((status(self, "GET")?, files_of(id, &data)?), (200, 2), "it is kept");

        self.kill_and_start_by(slow_to_remove()?, PEERS)?;
        let (address, token, deleted) = (self.server().address(), self.token.clone(), path.clone());
        let asked = thread::spawn(move || request(address, "DELETE", &deleted, Some(&token), None));
        until("its row is gone", || Ok(status(self, "GET")? == 404))?;
        until("so many files are left", || Ok(files_of(id, &data)? <= left))?;
        until("it is answered", || Ok(left > 0 || asked.is_finished()))?;
        self.kill_and_start()?;
        let answered = asked.join().ok().context("it does not panic")?;
        assert_eq!(answered.is_ok_and(|answer| answer.status == 200), left == 0, "{left}");

        assert_eq!((status(self, "GET")?, status(self, "DELETE")?), (404, 404), "{left}");
        assert_eq!(self.fetch(link)?.0, 404, "{left}: nobody has a link");
        let listed = self.get("recordings")?;
        assert!(!listed.to_string().contains(name), "{left}: {listed}");
        until("its files are gone", || Ok(files_of(id, &data)? == 0))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_a_deletion_leaves_neither_row_nor_file() -> Result<()> {
    let mut world = World::open()?;
    let (mut ada, call) = ada_calls(&world, "deleted").await?;
    let mut recordings = vec![];
    for _ in 0..3 {
        world.control(&call, "start", &json!({}))?;
        after(1).await;
        world.control(&call, "stop", &json!({}))?;
        recordings.push(world.recorded()?.0);
    }
    ada.hang_up().await;
    for (recording, left) in recordings.iter().zip([2, 1, 0]) {
        world.killed_in_deletion(recording, left)?;
    }
    assert_eq!(
        world.get("recordings")?["recordings"],
        Value::Null,
        "each was another one"
    );
    Ok(())
}
