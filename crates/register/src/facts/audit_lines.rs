//! What the audit log says of facts: that somebody put another out, or ended a meeting for all. Everything else that happens in a
//! meeting is the register's to tell.

use audit::{Action, By};
use db::Statement;
use meeting::{Fact, names};

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
        Fact::ConferenceEnded { conference, .. } if !was_put_out => {
            Some(by.did(Action::MeetingEnd, &names::conference(conference), ""))
        }
        _ => None,
    })
}
