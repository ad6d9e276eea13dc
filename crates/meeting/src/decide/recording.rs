//! A recording begins, pauses, goes on and ends. Who may ask for it, the caller knows; what nobody asked for (a disk that is full, a
//! conference that ends) comes the same way, with its reason.

use crate::{
    Conference, Consent, Fact, Input, Micros, RecordingEndReason, RecordingId, Refusal, SecretHash, SessionId, UserId,
};

/// What follows from what is wished of the recording of this conference.
pub(super) fn decide(active: &Conference, input: Input, at: Micros) -> Result<Vec<Fact>, Refusal> {
    match input {
        Input::StartRecording { recording, by, asks } => start(active, recording, asks, by, at),
        Input::PauseRecording => turn(active, true, at),
        Input::ResumeRecording => turn(active, false, at),
        Input::StopRecording { recording, reason } => stop(active, recording.as_ref(), at, reason),
        other => unreachable!("it is nothing about a recording: {other:?}"),
    }
}

fn start(
    active: &Conference,
    recording: RecordingId,
    asks: bool,
    by: Option<UserId>,
    at: Micros,
) -> Result<Vec<Fact>, Refusal> {
    if active.recorded.now().is_some() {
        return Err(Refusal::AlreadyRecording);
    }
    if active.live.is_empty() {
        return Err(Refusal::NobodyInside);
    }
    if !active.takes_another_recording() {
        return Err(Refusal::TooManyRecordings);
    }
    Ok(vec![Fact::RecordingStarted {
        conference: active.id().clone(),
        recording,
        start: at,
        by,
        asks,
    }])
}

/// What somebody who is there says to it; nothing, if they have said so already.
pub(super) fn answer(
    active: &Conference,
    session: &SessionId,
    secret: SecretHash,
    agrees: bool,
    at: Micros,
) -> Result<Vec<Fact>, Refusal> {
    let participant = &active.live.get(session).ok_or(Refusal::UnknownSession)?.participant;
    if active.seats.get(&secret).is_none_or(|seat| seat.session != *session) {
        return Err(Refusal::WrongSecret);
    }
    let current = active.recorded.now().ok_or(Refusal::NotRecording)?;
    let said = if agrees { Consent::Agreed } else { Consent::Refused };
    match current.consent_of(participant) {
        Consent::NotAsked => Err(Refusal::NobodyAsked),
        before if before == said => Ok(Vec::new()),
        _ => Ok(vec![Fact::RecordingAnswered {
            conference: active.id().clone(),
            recording: current.id.clone(),
            participant: participant.clone(),
            agrees,
            at,
        }]),
    }
}

/// Pauses it or lets it go on; nothing, if it is so already.
fn turn(active: &Conference, paused: bool, at: Micros) -> Result<Vec<Fact>, Refusal> {
    let current = active.recorded.now().ok_or(Refusal::NotRecording)?;
    if current.paused == paused {
        return Ok(Vec::new());
    }
    let (conference, recording) = (active.id().clone(), current.id.clone());
    let fact = if paused {
        Fact::RecordingPaused {
            conference,
            recording,
            at,
        }
    } else {
        Fact::RecordingResumed {
            conference,
            recording,
            at,
        }
    };
    Ok(vec![fact])
}

/// Ends it. Nothing, if it is another one than was meant: that one is over.
fn stop(
    active: &Conference,
    meant: Option<&RecordingId>,
    at: Micros,
    reason: RecordingEndReason,
) -> Result<Vec<Fact>, Refusal> {
    let current = active.recorded.now().ok_or(Refusal::NotRecording)?;
    if meant.is_some_and(|meant| *meant != current.id) {
        return Ok(Vec::new());
    }
    Ok(ends(active, at, reason).into_iter().collect())
}

/// The end of the recording of a conference at this time, or when something was last known of it if that is later.
pub(super) fn ends(active: &Conference, end: Micros, reason: RecordingEndReason) -> Option<Fact> {
    let current = active.recorded.now()?;
    Some(Fact::RecordingEnded {
        conference: active.id().clone(),
        recording: current.id.clone(),
        end: end.max(current.latest),
        reason,
    })
}
