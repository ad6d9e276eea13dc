//! What the audit log says of facts: that somebody put another out, ended a meeting for all, or recorded it. Everything else that happens in a
//! meeting is the register's to tell.

use audit::{Action, By};
use db::Statement;
use meeting::{Fact, RecordingEndReason, names};

/// The lines of facts that are somebody's doing.
pub(super) fn of<'a>(facts: &'a [Fact], by: &'a By) -> impl Iterator<Item = Statement> + 'a {
    // A meeting that ends because its last participant was put out was not ended for anybody else.
    let was_put_out = facts.iter().any(|fact| matches!(fact, Fact::ParticipantRemoved { .. }));
    facts.iter().filter_map(move |fact| match fact {
        Fact::ParticipantRemoved {
            conference,
            participant,
        } => {
            let subject = names::conference(conference);
            Some(by.did(
                Action::MeetingRemove,
                &subject,
                &audit::participant(participant.as_str()),
            ))
        }
        Fact::RecordingStarted {
            conference, recording, ..
        } => Some(by.did(Action::RecordingStart, &names::recording(conference, recording), "")),
        Fact::RecordingPaused {
            conference, recording, ..
        } => Some(by.did(Action::RecordingPause, &names::recording(conference, recording), "")),
        Fact::RecordingResumed {
            conference, recording, ..
        } => Some(by.did(Action::RecordingResume, &names::recording(conference, recording), "")),
        Fact::RecordingAnswered {
            conference,
            recording,
            participant,
            agrees,
            ..
        } => {
            let action = if *agrees {
                Action::RecordingAgree
            } else {
                Action::RecordingRefuse
            };
            let subject = names::recording(conference, recording);
            Some(by.did(action, &subject, &audit::participant(participant.as_str())))
        }
        Fact::RecordingEnded {
            conference,
            recording,
            reason: RecordingEndReason::Stopped,
            ..
        } => Some(by.did(Action::RecordingStop, &names::recording(conference, recording), "")),
        Fact::ConferenceEnded { conference, .. } if !was_put_out => {
            Some(by.did(Action::MeetingEnd, &names::conference(conference), ""))
        }
        _ => None,
    })
}
