//! Whom a conference must wait for: those who were cut off and have not been back, each for half a minute. Told from what ended and
//! began, without a look at what the space says of it.

use meeting::{ConferenceEndReason, Fact, Micros, ParticipantId, SessionEndReason, limits};
use std::collections::BTreeMap;

/// Until when, in the caller's clock.
#[derive(Default)]
pub(crate) struct Awaited(BTreeMap<ParticipantId, Micros>);

/// What an input means to those who are awaited.
pub(crate) enum About {
    Nothing,
    /// Somebody says that they leave.
    Leave(Option<ParticipantId>),
    /// The server itself is back.
    Return,
}

impl Awaited {
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// What an input became, at this time.
    pub(crate) fn note(&mut self, about: &About, facts: &[Fact], now: Micros) {
        let until = now.plus_us(limits::RETURN_WITHIN_US);
        if let About::Return = about {
            self.0.values_mut().for_each(|awaited| *awaited = until);
        }
        if let About::Leave(Some(who)) = about {
            let given_up = facts
                .iter()
                .any(|fact| matches!(fact, Fact::ReturnGivenUp { .. } | Fact::ConferenceEnded { .. }));
            if given_up {
                self.0.remove(who);
            }
        }
        for fact in facts {
            self.note_fact(fact, until, now);
        }
    }

    fn note_fact(&mut self, fact: &Fact, until: Micros, now: Micros) {
        match fact {
            Fact::SessionEnded {
                participant,
                reason:
                    SessionEndReason::Silent
                    | SessionEndReason::Closed
                    | SessionEndReason::Crash
                    | SessionEndReason::Shutdown,
                ..
            } => {
                self.0.insert(participant.clone(), until);
            }
            Fact::SessionStarted { participant, .. } | Fact::ParticipantRemoved { participant, .. } => {
                self.0.remove(participant);
            }
            Fact::ReturnGivenUp { participants, .. } => {
                for participant in participants {
                    let awaited = self.0.remove(participant);
                    assert!(
                        awaited.is_none_or(|awaited| awaited <= now),
                        "nobody is given up in time"
                    );
                }
            }
            Fact::ConferenceEnded { reason, .. } => {
                let early = self.0.values().any(|awaited| *awaited > now);
                assert!(
                    !early || *reason == ConferenceEndReason::Ended,
                    "only the end for all ends a conference that awaits somebody"
                );
                self.0.clear();
            }
            _ => {}
        }
    }
}
