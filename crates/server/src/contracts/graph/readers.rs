//! Who reads which call records, and the one that a path names.
//!
//! Whose record it is stands in it, so it is read first; to whoever may not read it, it looks as if it were not there.

use identity::policy::Reach;
use meeting::ConferenceId;
use register::{CallRecord, Published, RegisterError, Whose};

use super::primitives::{self, guid};
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

/// Whether network addresses of participants and the numbers of their telephones are shown: to programs by their role, and not to
/// whoever only holds meetings.
pub(super) fn shows_addresses(asked: &Asked) -> bool {
    matches!(asked.asking.reach(), Ok(Reach::Everybody))
}

/// The record that a path names, if the caller may read it: whose it is stands in it.
pub(super) async fn find(graph: &Graph, asked: &Asked) -> Answer<Published> {
    let whose = whose(asked)?;
    let hidden = || Failure::new(Kind::Hidden, "Call record not found.");
    let id = primitives::id(asked.key(0)).ok_or_else(hidden)?;
    let register = &graph.installation.register;
    let is_provisional = asked.preferences.provisional;
    if let Ok(id) = ConferenceId::parse(&id) {
        let found = if is_provisional {
            register.provisional_call_record(&id, asked.now).await
        } else {
            register.call_record(&id, asked.now).await
        };
        match found {
            Ok(record) if includes(whose, &record) => return Ok(Published::Meeting(record)),
            Ok(_) => return Err(hidden()),
            Err(RegisterError::NotFound) => {}
            Err(error) => return Err(asked.asking.unread(error)),
        }
    }
    // Nobody organizes a call.
    if whose != Whose::Everybody {
        return Err(hidden());
    }
    let id = guid(&id);
    let found = if is_provisional {
        register.provisional_telephone_record(&id).await
    } else {
        register.telephone_record(&id).await
    };
    match found {
        Ok(record) => Ok(Published::Telephone(record)),
        Err(RegisterError::NotFound) => Err(hidden()),
        Err(error) => Err(asked.asking.unread(error)),
    }
}

/// The id of a record, as Graph has it.
pub(super) fn id_of(record: &Published) -> String {
    match record {
        Published::Meeting(record) => guid(record.conference.as_str()),
        Published::Telephone(record) => record.call.clone(),
    }
}
