//! The table: reading it, and letting go of what is old.

use std::sync::{Arc, Mutex, PoisonError};

use db::{Db, Statement, Value};
use meeting::{ConferenceId, ParticipantId, UserId, names};

use crate::{
    Action, Actor, By, Event,
    event::{COLUMNS, REFUSED, event_of},
    limits::{LINES_DELETED_AT_ONCE, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, SAME_AGAIN_US},
    refusals::{Beyond, Refusals},
};

/// The log of one installation. Clones share what is counted.
#[derive(Clone)]
pub struct Log {
    db: Db,
    refusals: Arc<Mutex<Refusals>>,
}

/// Which lines, newest first. A field that is empty or `None` leaves none out.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Of whoever this names.
    pub actor: String,
    /// About what this names.
    pub subject: String,
    /// An action, or how the names of several begin: `key.`
    pub action: String,
    /// From this time on.
    pub start_us: Option<i64>,
    /// Before this time.
    pub end_us: Option<i64>,
    /// 0: the default; more than [`PAGE_SIZE_MAX`] is that.
    pub size: usize,
    /// [`Listing::next`] of the page before.
    pub after: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Newest first.
    pub events: Vec<Event>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
}

impl Log {
    /// The log in this database.
    pub fn new(db: Db) -> Log {
        Log {
            db,
            refusals: Arc::default(),
        }
    }

    /// Somebody was refused; how is said in the detail. Not every time has a line of its own.
    pub async fn refused(&self, by: &By, action: Action, subject: &str, detail: &str) -> Result<(), db::Error> {
        let (over, has_line) = {
            let mut refusals = self.refusals();
            let over = refusals.take_over(by.now_us);
            (over, refusals.note(by.client().unwrap_or_default(), by.now_us))
        };
        let mut lines = counted(over, by.now_us);
        if has_line {
            lines.push(by.line(action, subject, detail, REFUSED, 1));
        }
        self.write(lines).await
    }

    /// Something that a program does all the time was done, in a write of its own; one line stands for all of
    /// [`SAME_AGAIN_US`].
    pub async fn at_intervals(&self, by: &By, action: Action, subject: &str, detail: &str) -> Result<(), db::Error> {
        let sql = "select 1 from audit_event
            where subject = $1 and time_us > $2 and actor = $3 and action = $4 and detail = $5 limit 1";
        let params = vec![
            subject.into(),
            by.now_us.saturating_sub(SAME_AGAIN_US).into(),
            by.actor().into(),
            action.name().into(),
            detail.into(),
        ];
        if self.db.read(sql, params).await?.is_empty() {
            self.write(vec![by.did(action, subject, detail)]).await?;
        }
        Ok(())
    }

    /// Writes how many were refused without a line, once their minute is over.
    pub async fn write_counts(&self, now_us: i64) -> Result<(), db::Error> {
        let over = self.refusals().take_over(now_us);
        self.write(counted(over, now_us)).await
    }

    /// Writes lines that belong to no other write.
    pub async fn write(&self, lines: Vec<Statement>) -> Result<(), db::Error> {
        if lines.is_empty() {
            return Ok(());
        }
        self.db.write(lines).await
    }

    /// One page of the log. A page begins behind the last line of the one before, whatever was added since.
    pub async fn list(&self, query: &Query) -> Result<Listing, db::Error> {
        let size = match query.size {
            0 => PAGE_SIZE_DEFAULT,
            size => size.min(PAGE_SIZE_MAX),
        };
        let (sql, params) = selection(query, size + 1);
        let rows = self.db.read(&sql, params).await?;
        let events = rows.iter().take(size).map(event_of).collect::<Result<Vec<_>, _>>()?;
        let next = events.last().filter(|_| rows.len() > size);
        let next = next.map(|last| last.id.clone());
        Ok(Listing { events, next })
    }

    /// Deletes some of the lines from before this time, and says whether there may be more.
    pub async fn delete_before(&self, time_us: i64) -> Result<bool, db::Error> {
        let sql = "select time_us, id from audit_event where time_us < $1 order by time_us, id limit $2";
        let rows = self
            .db
            .read(sql, vec![time_us.into(), LINES_DELETED_AT_ONCE.into()])
            .await?;
        let Some(last) = rows.last() else { return Ok(false) };
        let delete = Statement::new(
            "delete from audit_event where (time_us, id) <= ($1, $2)",
            vec![last.int(0)?.into(), last.text(1)?.into()],
        );
        self.db.write(vec![delete]).await?;
        Ok(true)
    }

    fn refusals(&self) -> std::sync::MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a person out of the log: statements for the write that deletes their account. What they did stays, under an id that
/// is nobody's any more, and not from where; nor does it stay from where somebody tried to be them. That somebody was put out of a
/// meeting, or answered whether they may be recorded, stays, and not that it was them.
pub fn forgetting(user: &UserId) -> [Statement; 3] {
    let name = Actor::User(user.clone()).name();
    [
        Statement::new(
            "update audit_event set client = null where actor = $1",
            vec![name.clone().into()],
        ),
        Statement::new(
            "update audit_event set client = null where subject = $1 and actor = $2",
            vec![name.into(), Actor::Nobody.name().into()],
        ),
        Statement::new(
            "update audit_event set detail = '' where detail = $1",
            vec![participant(user.as_str()).into()],
        ),
    ]
}

/// Gives a person another name in the log, when not even their id may stay: statements for a write. What they did, and what was
/// done with their account, stays theirs among others', and tells nobody who they were.
///
/// The id is looked for in all that lines hold, whatever they are about: no kind of line can be forgotten.
pub fn renaming(user: &UserId, pseudonym: &UserId) -> Vec<Statement> {
    let sql = "update audit_event set actor = replace(actor, $1, $2), subject = replace(subject, $1, $2),
            detail = replace(detail, $1, $2)
        where replace(actor || subject || detail, $1, '') <> actor || subject || detail";
    let ids = vec![user.as_str().into(), pseudonym.as_str().into()];
    // An account may have been deleted by a server that left something.
    let mut statements = forgetting(user).to_vec();
    statements.push(Statement::new(sql, ids));
    statements
}

/// Takes a participant of one conference out of the log: statements for the write that forgets them there. Of what they answered for
/// themselves nothing stays but that somebody did; who put them out did so, and to somebody.
pub fn forgetting_participant(conference: &ConferenceId, id: &ParticipantId) -> [Statement; 2] {
    // All that is below a name begins with it and a slash, and this is what follows a slash.
    let beginning = names::conference(conference);
    let end = format!("{beginning}0");
    let lines = || {
        vec![
            participant(id.as_str()).into(),
            beginning.clone().into(),
            end.clone().into(),
        ]
    };
    let mut answers = lines();
    answers.extend([
        Action::RecordingAgree.name().into(),
        Action::RecordingRefuse.name().into(),
        Actor::Nobody.name().into(),
    ]);
    [
        Statement::new(
            "update audit_event set actor = $6, app = null, client = null
            where detail = $1 and subject >= $2 and subject < $3 and action in ($4, $5)",
            answers,
        ),
        Statement::new(
            "update audit_event set detail = '' where detail = $1 and subject >= $2 and subject < $3",
            lines(),
        ),
    ]
}

/// How a line names a participant: whoever was put out of a meeting, or answered in it.
pub fn participant(id: &str) -> String {
    format!("participants/{id}")
}

/// The lines that say how many were refused without one.
fn counted(over: Vec<Beyond>, now_us: i64) -> Vec<Statement> {
    let line = |one: Beyond| {
        let by = match one.client {
            Some(client) => By::remote(Actor::Nobody, &client, now_us),
            None => By::command_line(now_us).known_as(Actor::Nobody),
        };
        by.line(
            Action::SignInRefused,
            "",
            "more of the minute before",
            REFUSED,
            one.times.into(),
        )
    };
    over.into_iter().map(line).collect()
}

/// The statement for a page, and its parameters.
fn selection(query: &Query, rows_max: usize) -> (String, Vec<Value>) {
    let mut conditions = Vec::new();
    let mut params: Vec<Value> = Vec::new();
    let mut bind = |value: Value| {
        params.push(value);
        format!("${}", params.len())
    };
    for (column, text) in [("actor", &query.actor), ("subject", &query.subject)] {
        if !text.is_empty() {
            conditions.push(format!("{column} = {}", bind(Value::key(text))));
        }
    }
    if !query.action.is_empty() {
        let beginning = bind(Value::key(&query.action));
        conditions.push(format!("substr(action, 1, length({beginning})) = {beginning}"));
    }
    if let Some(start_us) = query.start_us {
        conditions.push(format!("time_us >= {}", bind(start_us.into())));
    }
    if let Some(end_us) = query.end_us {
        conditions.push(format!("time_us < {}", bind(end_us.into())));
    }
    if let Some((time, id)) = query.after.as_deref().and_then(position) {
        conditions.push(format!(
            "(time_us, id) < ({}, {})",
            bind(time.into()),
            bind(Value::key(id))
        ));
    }
    let conditions = if conditions.is_empty() {
        String::new()
    } else {
        format!("where {}", conditions.join(" and "))
    };
    let rows_max = bind(i64::try_from(rows_max).expect("at most a thousand and one").into());
    let sql = format!("select {COLUMNS} from audit_event {conditions} order by time_us desc, id desc limit {rows_max}");
    (sql, params)
}

/// Where a line stands, by its id. What is no id of ours is the beginning: only administrators page here.
fn position(id: &str) -> Option<(i64, &str)> {
    let (time, id) = id.split_once('.')?;
    Some((time.parse().ok()?, id))
}
