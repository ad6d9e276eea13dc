//! What rooms tell whoever records what is said in them.
//!
//! A recorder is told how things should be and not what to do, so it is right again with whatever it is told next: after a step that
//! changed something, and after a space was read again because nobody knew what held.

use std::collections::BTreeSet;
use std::pin::Pin;

use meeting::{ConferenceId, Consent, RecordingId, SessionId, Space, SpaceId};
use register::RegisterError;

/// A recording that should be going on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of which conference. The media plane knows its room by this id.
    pub conference: ConferenceId,
    /// Which recording.
    pub recording: RecordingId,
    /// It should keep nothing for now.
    pub paused: bool,
    /// Of these alone; `None`: of everybody, since nobody is asked.
    pub only: Option<BTreeSet<SessionId>>,
}

impl Wanted {
    /// What should be recorded in a space.
    pub(crate) fn of(space: &Space) -> Option<Wanted> {
        let conference = space.conference()?;
        let recording = conference.recording().now()?;
        let live = conference.live_sessions().iter();
        let agreed = live.filter(|(_, session)| recording.consent_of(&session.participant) == Consent::Agreed);
        Some(Wanted {
            conference: conference.id().clone(),
            recording: recording.id.clone(),
            paused: recording.paused,
            only: recording.asks.then(|| agreed.map(|(id, _)| id.clone()).collect()),
        })
    }
}

/// What is looked up when a recording begins: whether people are asked.
pub type Asks<'a> = Pin<Box<dyn Future<Output = Result<bool, RegisterError>> + Send + 'a>>;

/// Records.
pub trait Recorder: Send + Sync {
    /// An id that no recording has, for one that begins by itself.
    fn fresh_id(&self) -> RecordingId;

    /// Whether a recording asks people that begins by itself now. It is looked up while the lock of the space is held.
    fn asks<'a>(&'a self, space: &'a SpaceId) -> Asks<'a>;

    /// This is what should be recorded in this space from now on, and nothing else. It is durable already. Called in the order in which
    /// things happen in the space, while its lock is held: nothing of it may wait.
    fn record(&self, space: &SpaceId, wanted: Option<Wanted>);
}
