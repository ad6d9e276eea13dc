//! The register: what happened, for as long as it is kept. Facts of [`meeting`] go in, records and pages of them come
//! out.
//!
//! It decides nothing about meetings. It holds them to their rules, though: a write that could not follow from what is
//! recorded (a session in a conference that is over, a second end) is refused as a whole, because a register that believes
//! its writer is worth no more than the writer.
//!
//! It relies on one thing: that at any moment one process writes about a space. Two that did would be told of it when
//! their facts contradict each other, not before.
//!
//! **One write per list of facts**, durable when [`Register::record`] returns. **No read grows with the register**: each is
//! a walk along an index from a known key, page 1,000 like page 1; the tests read the query plans.
//!
//! Who may read what is the caller's to ask ([`Register::may_read`]) and to enforce; only the list of conferences is made
//! for one reader. Records whose time is over are invisible at once and deleted later ([`Register::delete_expired`]).

mod attendance;
mod call_quality;
mod call_records;
mod call_sessions;
mod compositions;
mod conferences;
mod error;
mod expiry;
mod facts;
mod forget;
pub mod limits;
mod measured;
mod media_kinds;
mod members;
mod numbers;
mod obstacle;
mod page;
mod participant_sessions;
mod participants;
mod path;
mod pins;
#[cfg(test)]
mod plans;
mod presence;
mod publishing;
mod readable;
mod recording_files;
mod recordings;
mod restore;
mod retention;
mod settings;
mod spaces;
mod telephone_records;

pub use attendance::Attendee;
pub use call_quality::SessionQuality;
pub use call_records::{CallRecord, MEETING, Order, Published, TELEPHONE, Whose};
pub use call_sessions::{Attended, CallSession};
pub use compositions::Composition;
pub use conferences::ConferenceRecord;
pub use error::{RegisterError, chain};
pub use forget::{DELETED_PERSON, Forgotten};
pub use measured::{Measured, MeasuredStream, Piece, SetupFailure};
pub use media_kinds::Media;
pub use members::{MemberRecord, MemberRole};
pub use obstacle::Obstacle;
pub use page::{Page, Query};
pub use participant_sessions::{PARTICIPANT_SESSION_FOR_READER, ParticipantSessionRecord};
pub use participants::{ParticipantKind, ParticipantRecord};
pub use path::{Path, Transport};
pub use presence::Presence;
pub use recording_files::{RecordedFile, Removal};
pub use recordings::{RecordingAnswer, RecordingRecord, RecordingState};
pub use retention::Retention;
pub use spaces::{NewSpace, SpaceRecord};
pub use telephone_records::TelephoneRecord;

use db::{Db, Statement};
use readable::Readable;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The register in one database; clones share it.
#[derive(Clone, Debug)]
pub struct Register {
    db: Db,
    retention_us: i64,
    readable: Arc<Mutex<Readable>>,
}

impl Register {
    /// The register in this database. Records are kept for the usual [`limits::RETENTION_US`].
    pub fn new(db: Db) -> Register {
        Register {
            db,
            retention_us: limits::RETENTION_US,
            readable: Arc::default(),
        }
    }

    /// The same, with another retention for conferences that start or end from now on, in spaces that have none of their
    /// own; [`limits::NEVER_US`] keeps them for ever.
    #[must_use]
    pub fn with_retention_us(self, retention_us: i64) -> Register {
        Register { retention_us, ..self }
    }

    /// A memory is never left half changed, so a panic elsewhere does not spoil it.
    fn readable(&self) -> MutexGuard<'_, Readable> {
        self.readable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes about things that there are: the statements expect each its row.
    async fn write_existing(&self, statements: Vec<Statement>) -> Result<(), RegisterError> {
        match self.db.write(statements).await {
            Err(missing) if missing.is_conflict() => Err(RegisterError::NotFound),
            outcome => Ok(outcome?),
        }
    }
}
