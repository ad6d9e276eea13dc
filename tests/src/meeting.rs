//! Entering and leaving, as a client does: by HTTP, and then by a transport of its own.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::{
    attend::{self, Told},
    http::request,
};

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
    fn read(body: &Value) -> Result<Self> {
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
    let mut body = json!({});
    if token.is_none() {
        body["displayName"] = Value::from(name);
    }
    enter(address, space, "join", token, body)
}

/// Comes back to the conference of a seat. The inner result is the server's refusal.
pub fn resume(address: SocketAddr, seat: &Seat, token: Option<&str>) -> Result<Result<Seat>> {
    let body = json!({
        "conferenceRecord": seat.conference_record, "resumeSecret": seat.resume_secret, "displayName": "Back again",
    });
    enter(address, &seat.space, "resume", token, body)
}

/// Asks, connects, and is told that it is in: only then it is promised that the register knows.
fn enter(address: SocketAddr, space: &str, verb: &str, token: Option<&str>, mut body: Value) -> Result<Result<Seat>> {
    let (client, offer) = attend::offer()?;
    body["offer"] = offer.into();
    let path = format!("/sederunt/v1/{space}:{verb}");
    let body = match request(address, "POST", &path, token, Some(&body))?.ok() {
        Ok(body) => body,
        Err(refused) => return Ok(Err(refused)),
    };
    let seat = Seat::read(&body)?;
    let told = attend::accept(client, body["answer"].as_str().context("no answer to the offer")?)?;
    ensure!(told == Told::Joined, "{told:?} instead of in");
    Ok(Ok(seat))
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
