//! Those who are in a meeting: one process for all tests of a binary, which plays their clients.
//!
//! The register has nobody without a transport, so somebody must have one. `attend` is the WebRTC of a client and nothing else;
//! what is said over HTTP is said here.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    process::{ChildStdin, Command, Stdio},
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::server;

/// Connecting takes some hundredths of a second; a busy machine needs longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was told to the client of a session last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is in.
    Joined,
    /// It waits at the door.
    Waiting,
    /// It is out, for this reason.
    Out(String),
}

/// The process that plays the clients.
struct Attend {
    asked: Mutex<Asked>,
    told: Mutex<HashMap<u64, Line>>,
    news: Condvar,
}

struct Asked {
    input: ChildStdin,
    number: u64,
}

/// The latest line about a client.
enum Line {
    Offer(String),
    Told(Told),
}

/// A client with its offer: by its number it is accepted.
pub fn offer() -> Result<(u64, String)> {
    let attend = Attend::get()?;
    let number = {
        let mut asked = lock(&attend.asked);
        asked.number += 1;
        let number = asked.number;
        writeln!(asked.input, "{}", json!({ "offer": number }))?;
        number
    };
    match attend.wait(number)? {
        Line::Offer(offer) => Ok((number, offer)),
        Line::Told(told) => bail!("{told:?} before there was an answer"),
    }
}

/// Gives a client the server's answer, and waits until it is told whether it is in.
pub fn accept(number: u64, answer: &str) -> Result<Told> {
    let attend = Attend::get()?;
    writeln!(
        lock(&attend.asked).input,
        "{}",
        json!({"accept": number, "answer": answer})
    )?;
    match attend.wait(number)? {
        Line::Told(told) => Ok(told),
        Line::Offer(_) => bail!("it offered twice"),
    }
}

impl Attend {
    /// The one of this process, which ends with it: then its input ends.
    fn get() -> Result<&'static Attend> {
        static ATTEND: OnceLock<Attend> = OnceLock::new();
        if let Some(attend) = ATTEND.get() {
            return Ok(attend);
        }
        let mut child = Command::new(server::beside("attend")?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the clients did not start")?;
        let input = child.stdin.take().context("standard input is piped")?;
        let output = child.stdout.take().context("standard output is piped")?;
        let attend = Attend {
            asked: Mutex::new(Asked { input, number: 0 }),
            told: Mutex::default(),
            news: Condvar::new(),
        };
        if ATTEND.set(attend).is_ok() {
            std::thread::spawn(|| {
                let lines = BufReader::new(output).lines().map_while(Result::ok);
                let attend = ATTEND.get().expect("it was set");
                lines.for_each(|line| attend.hear(&line));
            });
        }
        ATTEND.get().context("it was set")
    }

    fn hear(&self, line: &str) {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        let Some(number) = line["attendee"].as_u64() else {
            return;
        };
        let news = match (line["offer"].as_str(), line["state"].as_str()) {
            (Some(offer), _) => Line::Offer(offer.to_owned()),
            (None, Some("JOINED")) => Line::Told(Told::Joined),
            (None, Some("WAITING")) => Line::Told(Told::Waiting),
            _ => Line::Told(Told::Out(line["reason"].as_str().unwrap_or_default().to_owned())),
        };
        lock(&self.told).insert(number, news);
        self.news.notify_all();
    }

    /// Takes what is told of a client next.
    fn wait(&self, number: u64) -> Result<Line> {
        let told = lock(&self.told);
        let waited = self
            .news
            .wait_timeout_while(told, PATIENCE, |told| !told.contains_key(&number));
        let (mut told, outcome) = waited.unwrap_or_else(PoisonError::into_inner);
        ensure!(!outcome.timed_out(), "nothing is told of a client for {PATIENCE:?}");
        told.remove(&number).context("it is there")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
