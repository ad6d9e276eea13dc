//! `attend`: attendees for tests that are not written in Rust.
//!
//! One JSON object on each line, by a number that whoever asks chooses for each attendee:
//!
//! | asked | answered |
//! |---|---|
//! | `{"offer": 1}` | `{"attendee": 1, "offer": "v=0…"}` |
//! | `{"accept": 1, "answer": "v=0…"}` | `{"attendee": 1, "state": "JOINED"}`, or `WAITING`, or `OUT` with a `reason`; again whenever it changes |
//! | `{"close": 1}` | nothing: it says goodbye to the server |
//!
//! The end of the input ends all of them without a word.

use std::collections::HashMap;

use anyhow::{Context, Result};
use attendee::{Attendee, Offered, State, limits};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin, stdout},
    sync::mpsc,
};

/// What the sound of all of them is filled with.
const VOICE: u8 = b'a';

#[derive(Deserialize)]
#[serde(untagged)]
enum Asked {
    Offer { offer: u64 },
    Accept { accept: u64, answer: String },
    Close { close: u64 },
}

#[tokio::main]
async fn main() -> Result<()> {
    let (told, lines) = mpsc::channel(limits::LINES_MAX);
    tokio::spawn(write(lines));
    let mut asked = BufReader::new(stdin()).lines();
    let mut offered = HashMap::new();
    let mut attending = HashMap::new();
    while let Some(line) = asked.next_line().await? {
        match serde_json::from_str(&line).with_context(|| line.clone())? {
            Asked::Offer { offer: number } => {
                let offer = Offered::new(VOICE).await?;
                told.send(json!({"attendee": number, "offer": offer.sdp()})).await?;
                offered.insert(number, offer);
            }
            Asked::Accept { accept: number, answer } => {
                let offer = offered.remove(&number).context("it made no offer")?;
                let (close, closed) = mpsc::channel(1);
                tokio::spawn(attend(number, offer.accept(&answer), closed, told.clone()));
                attending.insert(number, close);
            }
            Asked::Close { close: number } => {
                if let Some(close) = attending.remove(&number) {
                    // One that is out already needs no goodbye.
                    let _ = close.send(()).await;
                }
            }
        }
    }
    Ok(())
}

/// Tells what becomes of an attendee, until it is out or closed.
async fn attend(number: u64, mut attendee: Attendee, mut closed: mpsc::Receiver<()>, told: mpsc::Sender<Value>) {
    let mut before = State::Connecting;
    loop {
        tokio::select! {
            now = attendee.until(|state| *state != before) => {
                let line = match &now {
                    State::Connecting => json!({"attendee": number, "state": "CONNECTING"}),
                    State::Waiting => json!({"attendee": number, "state": "WAITING"}),
                    State::Joined => json!({"attendee": number, "state": "JOINED"}),
                    State::Out(reason) => json!({"attendee": number, "state": "OUT", "reason": reason}),
                };
                let is_over = now == before || matches!(now, State::Out(_));
                if told.send(line).await.is_err() || is_over {
                    return;
                }
                before = now;
            }
            _ = closed.recv() => return attendee.close().await,
        }
    }
}

async fn write(mut lines: mpsc::Receiver<Value>) {
    let mut output = stdout();
    while let Some(line) = lines.recv().await {
        if output.write_all(format!("{line}\n").as_bytes()).await.is_err() || output.flush().await.is_err() {
            return;
        }
    }
}
