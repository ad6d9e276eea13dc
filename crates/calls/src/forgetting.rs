//! Forgetting whoever had a number or an address, on their request, in the calls of a project.
//!
//! As in the register, that somebody called, and from when to when, stays: what others did would be told wrongly otherwise. Who it was
//! does not stay, and nothing of what was said: recordings go with their files, and so does what documents wrote down. A call with a
//! recording that is held stays as it is, whole, and whoever asks is told so.
//!
//! What is forgotten is forgotten in a whole **conversation**: a call and those that were made out of it. What is recorded of any of them,
//! and what documents wrote down, stands with the first, also if it was one of the others that reached somebody. Who was called beside
//! them stays named.

use std::collections::HashSet;

use audit::{Action, By};
use db::{Statement, Value};

use crate::{
    Calls, Recording, RecordingState, address::Address, deletion::deleted, limits::CALLS_LOOKED_AT, signalling,
};

/// How a caller is written who wants nobody to know who they are (RFC 3323 §4.1.1.3).
const ANONYMOUS: &str = "sip:anonymous@anonymous.invalid";

/// What became of the calls of somebody who is to be forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForgottenCaller {
    /// Calls that do not say any more that it was them.
    pub calls: usize,
    /// Recordings that were deleted.
    pub recordings: usize,
    /// Names of calls that stay as they are, with those that were made out of them, since something that was recorded of them is under a
    /// legal hold.
    pub held: Vec<String>,
    /// Names of calls that go on, or out of which one was made that does, or whose recordings are being made: they can be forgotten later.
    pub going_on: Vec<String>,
}

/// Why nobody was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetCallerError {
    /// Nobody calls as this.
    #[error("{0:?} is no number such as +442071838750 and no address such as sip:user@host")]
    Address(String),
    /// There is no such project.
    #[error("there is no such project")]
    NotFound,
    /// All that was recorded is to be kept.
    #[error("the recordings of the project are under a legal hold, so nothing was forgotten")]
    ProjectHeld,
    /// They are forgotten, but their bytes are not gone yet.
    #[error(transparent)]
    StillSeen(db::Error),
    /// The database.
    #[error("the calls cannot be reached")]
    Store(#[source] db::Error),
}

impl From<db::Error> for ForgetCallerError {
    fn from(error: db::Error) -> ForgetCallerError {
        match error {
            error @ db::Error::Seen { .. } => ForgetCallerError::StillSeen(error),
            error => ForgetCallerError::Store(error),
        }
    }
}

/// Somebody, as they are given by whoever wants them to be forgotten: the scheme may be left out.
fn somebody(text: &str) -> Result<Address, ForgetCallerError> {
    let read = Address::read(text).or_else(|_| Address::read(&format!("sip:{text}")));
    // A host without a user is many.
    let is_one = |address: &Address| !matches!(address, Address::Sip(address) if address.user.is_none());
    let read = read.ok().filter(is_one);
    read.ok_or_else(|| ForgetCallerError::Address(text.to_owned()))
}

/// Whether that is an address of somebody: a number is theirs at whichever gateway, and an address by whichever transport.
fn is_of(somebody: &Address, written: &str) -> bool {
    match (somebody, Address::read(written)) {
        (Address::Number(number), Ok(Address::Number(written))) => *number == written,
        (Address::Number(number), Ok(Address::Sip(written))) => written.user.as_ref() == Some(number),
        (Address::Sip(address), Ok(Address::Sip(written))) => {
            (&address.user, &address.host) == (&written.user, &written.host)
        }
        _ => false,
    }
}

/// A call of a conversation with somebody.
struct Leg {
    id: String,
    is_to: bool,
    is_from: bool,
    /// An alias led to them: it is that of many, and stays.
    is_behind: bool,
    end_us: Option<i64>,
}

/// Whether somebody is among those whom an alias led a call to.
fn was_tried(somebody: &Address, tried: Option<&str>) -> bool {
    let tried: Vec<String> = tried
        .and_then(|tried| serde_json::from_str(tried).ok())
        .unwrap_or_default();
    tried.iter().any(|written| is_of(somebody, written))
}

/// The statements after which a call does not say who they were.
fn nobodys(leg: &Leg) -> impl Iterator<Item = Statement> {
    let id = || Value::from(leg.id.as_str());
    let written = "update call set labels = '{}', error_message = null, sip_call_id = null, tried = null where id = $1";
    let to = "update call set to_address = $2 where id = $1";
    let from = "update call set from_address = null, is_private = 1 where id = $1";
    let to = leg.is_to.then(|| Statement::new(to, vec![id(), ANONYMOUS.into()]));
    let from = leg.is_from.then(|| Statement::new(from, vec![id()]));
    let written = Statement::new(written, vec![id()]);
    let changes = [Some(written), to, from].into_iter().flatten();
    let rests = [outbox::untold(&leg.id), signalling::forgotten(&leg.id)];
    changes.map(|change| change.expect(1)).chain(rests)
}

impl Calls {
    /// Writes down whom an alias has led a call to, the first first, if it has.
    pub(crate) async fn write_tried(&self, call: &str, tried: &[String]) -> Result<(), db::Error> {
        if tried.is_empty() {
            return Ok(());
        }
        let tried = serde_json::to_string(tried).expect("texts");
        let sql = "update call set tried = $2 where id = $1";
        self.db
            .write(vec![Statement::new(sql, vec![call.into(), tried.into()]).expect(1)])
            .await
    }

    /// Forgets somebody in the calls of a project, in small pieces: what a crash leaves is forgotten when it is asked for again.
    pub async fn forget_caller(&self, project: &str, who: &str, by: &By) -> Result<ForgottenCaller, ForgetCallerError> {
        let who = somebody(who)?;
        let sql = "select 1 from project where id = $1";
        if self.db.read(sql, vec![project.into()]).await?.is_empty() {
            return Err(ForgetCallerError::NotFound);
        }
        if self.recording_policy(project).await?.is_held {
            return Err(ForgetCallerError::ProjectHeld);
        }
        let mut forgotten = ForgottenCaller::default();
        let (mut place, mut seen) = ((i64::MIN, String::new()), HashSet::new());
        loop {
            let (first_calls, next) = self.conversations_with(project, &who, &place).await?;
            for first in first_calls {
                if seen.insert(first.clone()) {
                    self.forget_in(project, &first, &who, by, &mut forgotten).await?;
                }
            }
            match next {
                Some(next) => place = next,
                None => break,
            }
        }
        self.db.scrub().await?;
        Ok(forgotten)
    }

    /// The first calls of conversations that somebody is in, among the next calls of a project, and where those after them begin.
    async fn conversations_with(
        &self,
        project: &str,
        who: &Address,
        (create_us, id): &(i64, String),
    ) -> Result<(Vec<String>, Option<(i64, String)>), db::Error> {
        let sql = "select id, create_us, to_address, from_address, coalesce(originating_call, id), tried from call
            where project = $1 and (create_us, id) > ($2, $3) order by create_us, id limit $4";
        let most = i64::try_from(CALLS_LOOKED_AT).expect("some hundreds");
        let params: Vec<Value> = vec![project.into(), (*create_us).into(), id.as_str().into(), most.into()];
        let rows = self.db.read(sql, params).await?;
        let mut first_calls = vec![];
        for row in &rows {
            let is_named = is_of(who, row.text(2)?) || row.opt_text(3)?.is_some_and(|from| is_of(who, from));
            if is_named || was_tried(who, row.opt_text(5)?) {
                first_calls.push(row.text(4)?.to_owned());
            }
        }
        let last = rows.last().filter(|_| rows.len() == CALLS_LOOKED_AT);
        let next = last.map(|last| Ok::<_, db::Error>((last.int(1)?, last.text(0)?.to_owned())));
        Ok((first_calls, next.transpose()?))
    }

    /// The calls of a conversation. Whoever made the first also made the others, by whichever of their names.
    async fn conversation(&self, first: &str, who: &Address) -> Result<Vec<Leg>, db::Error> {
        let sql = "select id, to_address, from_address, end_us, tried from call where id = $1 or originating_call = $1";
        let rows = self.db.read(sql, vec![first.into()]).await?;
        let mut legs = vec![];
        for row in &rows {
            legs.push(Leg {
                id: row.text(0)?.to_owned(),
                is_to: is_of(who, row.text(1)?),
                is_from: row.opt_text(2)?.is_some_and(|from| is_of(who, from)),
                is_behind: was_tried(who, row.opt_text(4)?),
                end_us: row.opt_int(3)?,
            });
        }
        if legs.iter().any(|leg| leg.id == first && leg.is_from) {
            for leg in &mut legs {
                leg.is_from = true;
            }
        }
        Ok(legs)
    }

    async fn forget_in(
        &self,
        project: &str,
        first: &str,
        who: &Address,
        by: &By,
        forgotten: &mut ForgottenCaller,
    ) -> Result<(), db::Error> {
        let name = format!("projects/{project}/calls/{first}");
        let legs = self.conversation(first, who).await?;
        let mut recordings = vec![];
        for leg in &legs {
            recordings.extend(self.recordings_of(&leg.id).await?);
        }
        let is_pending = |recording: &Recording| recording.state == RecordingState::Pending;
        if legs.iter().any(|leg| leg.end_us.is_none()) || recordings.iter().any(is_pending) {
            forgotten.going_on.push(name);
            return Ok(());
        }
        if recordings.iter().any(|recording| recording.is_held) {
            forgotten.held.push(name);
            return Ok(());
        }
        let mut write: Vec<Statement> = recordings.iter().flat_map(|recording| deleted(recording, by)).collect();
        write.extend(legs.iter().flat_map(nobodys));
        write.push(by.did(Action::CallForget, &name, ""));
        match self.db.write(write).await {
            Ok(()) => {
                forgotten.calls += legs
                    .iter()
                    .filter(|leg| leg.is_to || leg.is_from || leg.is_behind)
                    .count();
                forgotten.recordings += recordings.len();
            }
            // Somebody holds it since it was looked at.
            Err(error) if error.is_conflict() => forgotten.held.push(name),
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_addresses_are_whose() {
        let check = |who: &str, written: &str, expected: bool| {
            let who = somebody(who).expect("somebody");
            assert_eq!(is_of(&who, written), expected, "{written}");
        };
        check("+442071838750", "+442071838750", true);
        check("tel:+442071838750", "+442071838750", true);
        check("+442071838750", "sip:+442071838750@gateway.example", true);
        check("+442071838750", "+4420718387501", false);
        check("ada@a.example", "sip:ada@a.example", true);
        check("sip:ada@a.example", "sip:ada@a.example:5070;transport=tcp", true);
        check("sip:ada@a.example", "sip:ada@b.example", false);
        check("sip:ada@a.example", "sip:bo@a.example", false);
        check("sip:ada@a.example", ANONYMOUS, false);
        for nobody in ["", "ada", "https://a.example"] {
            assert!(somebody(nobody).is_err(), "{nobody}");
        }
    }
}
