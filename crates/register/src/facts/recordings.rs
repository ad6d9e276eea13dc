//! How recordings enter the register.

use db::Statement;
use meeting::{ConferenceId, Fact, Micros, RecordingId, SpaceId, UserId};

/// Of a conference that goes on. That it has no other one, the index says.
const START: &str = "insert into meeting_recording
    (id, conference, state, start_us, end_us, end_reason, account, is_paused, latest_us, is_held, asks)
    select $2, c.id, 1, $3, null, null, $4, 0, $3, 0, $6 from conference c where c.id = $1 and c.space = $5 and c.end_us is null";

const TURN: &str = "update meeting_recording set is_paused = $3, latest_us = $4
    where id = $1 and conference = $2 and end_us is null and is_paused <> $3";

const END: &str = "update meeting_recording set state = 2, end_us = $3, end_reason = $4
    where id = $1 and conference = $2 and end_us is null and latest_us <= $3";

const ANSWERED: &str = "update meeting_recording set latest_us = $3
    where id = $1 and conference = $2 and end_us is null and asks = 1 and latest_us <= $3";

/// Of two answers at one time the later holds.
const ANSWER: &str =
    "insert into meeting_recording_answer (recording, participant, at_us, agrees) values ($1, $2, $3, $4)
    on conflict (recording, participant, at_us) do update set agrees = excluded.agrees";

const PAUSE: &str = "insert into meeting_recording_pause (recording, begin_us, end_us) values ($1, $2, null)
    on conflict (recording, begin_us) do update set end_us = null";

const GO_ON: &str = "update meeting_recording_pause set end_us = $2 where recording = $1 and end_us is null";

pub(super) fn statements(space: &SpaceId, fact: &Fact) -> Vec<Statement> {
    match fact {
        Fact::RecordingStarted {
            conference,
            recording,
            start,
            by,
            asks,
        } => {
            let params = vec![
                conference.as_str().into(),
                recording.as_str().into(),
                start.0.into(),
                by.as_ref().map(UserId::as_str).into(),
                space.as_str().into(),
                (*asks).into(),
            ];
            vec![Statement::new(START, params).expect(1)]
        }
        Fact::RecordingPaused {
            conference,
            recording,
            at,
        } => {
            let pause = Statement::new(PAUSE, vec![recording.as_str().into(), at.0.into()]);
            vec![turned(conference, recording, true, *at), pause.expect(1)]
        }
        Fact::RecordingResumed {
            conference,
            recording,
            at,
        } => vec![turned(conference, recording, false, *at), goes_on(recording, *at)],
        Fact::RecordingAnswered {
            conference,
            recording,
            participant,
            agrees,
            at,
        } => {
            let known = vec![recording.as_str().into(), conference.as_str().into(), at.0.into()];
            let answer = vec![
                recording.as_str().into(),
                participant.as_str().into(),
                at.0.into(),
                (*agrees).into(),
            ];
            vec![
                Statement::new(ANSWERED, known).expect(1),
                Statement::new(ANSWER, answer).expect(1),
            ]
        }
        Fact::RecordingEnded {
            conference,
            recording,
            end,
            reason,
        } => {
            let params = vec![
                recording.as_str().into(),
                conference.as_str().into(),
                end.0.into(),
                reason.as_str().into(),
            ];
            vec![Statement::new(END, params).expect(1), goes_on(recording, *end)]
        }
        _ => Vec::new(),
    }
}

fn turned(conference: &ConferenceId, recording: &RecordingId, paused: bool, at: Micros) -> Statement {
    let params = vec![
        recording.as_str().into(),
        conference.as_str().into(),
        paused.into(),
        at.0.into(),
    ];
    Statement::new(TURN, params).expect(1)
}

/// A pause is over, if there is one.
fn goes_on(recording: &RecordingId, at: Micros) -> Statement {
    Statement::new(GO_ON, vec![recording.as_str().into(), at.0.into()])
}
