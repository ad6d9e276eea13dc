//! The names of resources, written: `spaces/{space}`, `conferenceRecords/{conference}/participants/{participant}` and so on.
//!
//! They are the same wherever a thing is named: in the register's contracts, on the data channels of a meeting, in events.
//! Reading a name is the business of whoever was given it, because a wrong one is told in their words.

use crate::{ConferenceId, MemberId, ParticipantId, RecordingId, SessionId, SpaceId, UserId};

/// `users/{user}`.
pub fn user(user: &UserId) -> String {
    format!("users/{user}")
}

/// `spaces/{space}`.
pub fn space(space: &SpaceId) -> String {
    format!("spaces/{space}")
}

/// `spaces/{space}/members/{member}`.
pub fn member(space: &SpaceId, member: &MemberId) -> String {
    format!("spaces/{space}/members/{member}")
}

/// `conferenceRecords/{conference_record}`.
pub fn conference(conference: &ConferenceId) -> String {
    format!("conferenceRecords/{conference}")
}

/// `conferenceRecords/{conference_record}/participants/{participant}`.
pub fn participant(conference: &ConferenceId, participant: &ParticipantId) -> String {
    format!("conferenceRecords/{conference}/participants/{participant}")
}

/// `conferenceRecords/{conference_record}/participants/{participant}/participantSessions/{participant_session}`.
pub fn participant_session(conference: &ConferenceId, participant: &ParticipantId, session: &SessionId) -> String {
    format!("conferenceRecords/{conference}/participants/{participant}/participantSessions/{session}")
}

/// `conferenceRecords/{conference_record}/recordings/{recording}`.
pub fn recording(conference: &ConferenceId, recording: &RecordingId) -> String {
    format!("conferenceRecords/{conference}/recordings/{recording}")
}
