//! Who reads which call records, and the one that a path names.
//!
//! Whose record it is stands in it, so it is read first; to whoever may not read it, it looks as if it were not there.

use identity::policy::Reach;
use meeting::ConferenceId;
use register::{CallRecord, RegisterError, Whose};

use super::primitives;
use super::{Asked, Graph};
use crate::failure::{Answer, Failure, Kind};

/// Whose records the caller may read.
pub(super) fn whose(asked: &Asked) -> Answer<Whose<'_>> {
    Ok(match asked.asking.reach()? {
        Reach::Everybody => Whose::Everybody,
        Reach::Own(user) => Whose::Organizer(&user.id),
    })
}

/// Whether a record is among them.
fn includes(whose: Whose<'_>, record: &CallRecord) -> bool {
    match whose {
        Whose::Everybody => true,
        Whose::Organizer(organizer) => record.organizer.as_ref() == Some(organizer),
    }
}

/// Whether network addresses of participants are shown: to programs by their role, and not to whoever only holds meetings.
pub(super) fn shows_addresses(asked: &Asked) -> bool {
    matches!(asked.asking.reach(), Ok(Reach::Everybody))
}

/// The record that a path names, if the caller may read it: whose it is stands in it.
pub(super) async fn find(graph: &Graph, asked: &Asked) -> Answer<CallRecord> {
    let whose = whose(asked)?;
    let hidden = || Failure::new(Kind::Hidden, "Call record not found.");
    let id = primitives::id(asked.key(0)).and_then(|id| ConferenceId::parse(&id).ok());
    let id = id.ok_or_else(hidden)?;
    let register = &graph.installation.register;
    let found = if asked.preferences.provisional {
        register.provisional_call_record(&id, asked.now).await
    } else {
        register.call_record(&id, asked.now).await
    };
    match found {
        Ok(record) if includes(whose, &record) => Ok(record),
        Ok(_) | Err(RegisterError::NotFound) => Err(hidden()),
        Err(error) => Err(asked.asking.unread(error)),
    }
}
