//! Entering and leaving by plain HTTP. No media ever flows: the offer was recorded from Chromium, and whoever made it
//! is long gone. For the register that makes no difference until the fifteen seconds for connecting are over.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::http::{Answer, request};

/// An offer as Chromium makes it: three audio lines and one video line to receive, microphone, camera, data channels.
pub const OFFER: &str = include_str!("../fixtures/offer.sdp");

/// What a join gave.
#[derive(Clone, Debug)]
pub struct Seat {
    /// `spaces/S`.
    pub space: String,
    /// `conferenceRecords/C`.
    pub conference_record: String,
    /// `conferenceRecords/C/participants/P`.
    pub participant: String,
    /// `conferenceRecords/C/participants/P/participantSessions/S`.
    pub participant_session: String,
    /// Proves to be the same participant.
    pub resume_secret: String,
}

impl Seat {
    fn read(answer: Answer) -> Result<Self> {
        let body = answer.ok()?;
        let text = |field: &str| -> Result<String> {
            Ok(body[field]
                .as_str()
                .with_context(|| format!("no {field} in the answer"))?
                .to_owned())
        };
        Ok(Self {
            space: text("space")?,
            conference_record: text("conferenceRecord")?,
            participant: text("participant")?,
            participant_session: text("participantSession")?,
            resume_secret: text("resumeSecret")?,
        })
    }
}

/// Makes a space that strangers walk in to; its name.
pub fn open_space(address: SocketAddr, token: &str) -> Result<String> {
    let body = json!({"config": {"accessType": "OPEN"}});
    let space = request(address, "POST", "/v2/spaces", Some(token), Some(&body))?.ok()?;
    Ok(space["name"].as_str().context("a space has a name")?.to_owned())
}

/// Joins a space, as the user of a token or under a name. The inner result is the server's refusal.
pub fn join(address: SocketAddr, space: &str, token: Option<&str>, name: &str) -> Result<Result<Seat>> {
    let mut body = json!({ "offer": OFFER });
    if token.is_none() {
        body["displayName"] = Value::from(name);
    }
    let answer = request(
        address,
        "POST",
        &format!("/sederunt/v1/{space}:join"),
        token,
        Some(&body),
    )?;
    Ok(Seat::read(answer))
}

/// Comes back to the conference of a seat. The inner result is the server's refusal.
pub fn resume(address: SocketAddr, seat: &Seat, token: Option<&str>) -> Result<Result<Seat>> {
    let body = json!({
        "offer": OFFER, "conferenceRecord": seat.conference_record, "resumeSecret": seat.resume_secret,
        "displayName": "Back again",
    });
    let answer = request(
        address,
        "POST",
        &format!("/sederunt/v1/{}:resume", seat.space),
        token,
        Some(&body),
    )?;
    Ok(Seat::read(answer))
}

/// Leaves. The inner result is the server's refusal.
pub fn leave(address: SocketAddr, seat: &Seat) -> Result<Result<Value>> {
    let body = json!({ "participantSession": seat.participant_session, "resumeSecret": seat.resume_secret });
    Ok(request(
        address,
        "POST",
        &format!("/sederunt/v1/{}:leave", seat.space),
        None,
        Some(&body),
    )?
    .ok())
}
