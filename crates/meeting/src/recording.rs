//! What a conference knows of its recordings: the one that goes on, or how the last one ended. Where the bytes are, and what becomes
//! of them, is others' business; here it is known so that there is one at a time, that it ends when its conference does, and that
//! everybody can be told.
//!
//! Where people are **asked**, a recording has of each person only what they send after they agreed. An answer holds while whoever gave it
//! is there, with any device: who leaves takes it along, and is asked anew.

use crate::{Fact, Micros, ParticipantId, RecordingEndReason, RecordingId};
use std::collections::BTreeMap;

/// A recording that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Its id.
    pub id: RecordingId,
    /// When it began.
    pub start: Micros,
    /// It keeps nothing for now.
    pub paused: bool,
    /// The latest time in any fact of it: it ends no earlier.
    pub latest: Micros,
    /// People are asked, and nothing is kept of whoever has not agreed.
    pub asks: bool,
    /// What those who are there have answered.
    pub answers: BTreeMap<ParticipantId, bool>,
}

/// What somebody has said to being recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consent {
    /// Nobody is asked.
    NotAsked,
    /// They are asked, and have not answered.
    Asked,
    /// They agree.
    Agreed,
    /// They do not, or no longer.
    Refused,
}

impl Recording {
    /// What somebody who is there has said to it.
    pub fn consent_of(&self, participant: &ParticipantId) -> Consent {
        match self.answers.get(participant) {
            _ if !self.asks => Consent::NotAsked,
            None => Consent::Asked,
            Some(true) => Consent::Agreed,
            Some(false) => Consent::Refused,
        }
    }
}

/// Whether a conference is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It never was.
    Never,
    /// It is.
    Now(Recording),
    /// It was, and is not any more.
    Before {
        /// Why the last recording ended.
        reason: RecordingEndReason,
        /// It was paused when it ended.
        paused: bool,
        /// When it ended.
        end: Micros,
    },
}

impl Recorded {
    /// The recording that goes on.
    pub fn now(&self) -> Option<&Recording> {
        match self {
            Recorded::Now(recording) => Some(recording),
            Recorded::Never | Recorded::Before { .. } => None,
        }
    }

    /// The end of a server ended the last one, in the middle of what should have been kept.
    pub(crate) fn was_interrupted(&self) -> bool {
        matches!(
            self,
            Recorded::Before {
                reason: RecordingEndReason::Crash | RecordingEndReason::Shutdown,
                paused: false,
                ..
            }
        )
    }

    /// The latest time that is known of any.
    pub(crate) fn latest(&self) -> Micros {
        match self {
            Recorded::Never => Micros::default(),
            Recorded::Now(recording) => recording.latest,
            Recorded::Before { end, .. } => *end,
        }
    }

    /// Somebody is not there any more, with no device.
    pub(crate) fn left(&mut self, participant: &ParticipantId) {
        if let Recorded::Now(recording) = self {
            recording.answers.remove(participant);
        }
    }

    /// Makes a fact part of the state, and gives its time.
    pub(crate) fn apply(&mut self, fact: &Fact) -> Option<Micros> {
        match (fact, &mut *self) {
            (
                Fact::RecordingStarted {
                    recording, start, asks, ..
                },
                _,
            ) => {
                *self = Recorded::Now(Recording {
                    id: recording.clone(),
                    start: *start,
                    paused: false,
                    latest: *start,
                    asks: *asks,
                    answers: BTreeMap::new(),
                });
                Some(*start)
            }
            (Fact::RecordingPaused { at, .. } | Fact::RecordingResumed { at, .. }, Recorded::Now(recording)) => {
                recording.paused = matches!(fact, Fact::RecordingPaused { .. });
                recording.latest = *at;
                Some(*at)
            }
            (
                Fact::RecordingAnswered {
                    participant,
                    agrees,
                    at,
                    ..
                },
                Recorded::Now(recording),
            ) => {
                recording.answers.insert(participant.clone(), *agrees);
                recording.latest = recording.latest.max(*at);
                Some(*at)
            }
            (Fact::RecordingEnded { end, reason, .. }, Recorded::Now(recording)) => {
                *self = Recorded::Before {
                    reason: *reason,
                    paused: recording.paused,
                    end: *end,
                };
                Some(*end)
            }
            _ => None,
        }
    }
}
