//! Conference records: one by its name, and the list of those that somebody may read.
//!
//! The list walks `conference_reader`, which has a row for everybody who may read a record: the owner of the space and
//! each signed-in participant. Asking that of every record instead would make the list as slow as the register is long.

use crate::{
    Page, Query, Register, RegisterError,
    limits::{CONFERENCES_PER_PAGE, NEVER_US},
    page::{Direction, List},
    spaces::lapsed_by,
};
use std::collections::HashMap;

use db::Row;
use filter::{Field, Kind, Predicate};
use meeting::{ConferenceId, MeetingCode, Micros, SpaceId, UserId};

/// A conference as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConferenceRecord {
    /// Its id.
    pub id: ConferenceId,
    /// Where it is or was held.
    pub space: SpaceId,
    /// The first join.
    pub start: Micros,
    /// The last leave; `None` while it is held.
    pub end: Option<Micros>,
    /// When the record vanishes; provisional while the conference is held, which never expires; `None` if it is kept for
    /// ever.
    pub expire: Option<Micros>,
}

pub(crate) const CONFERENCE: &str = "
    select c.start_us, c.id, c.space, c.end_us, c.expire_us from conference c
    where c.id = $1 and (c.end_us is null or c.expire_us > $2)";

/// Walks what the first may read, and looks both up among the participants of each.
pub(crate) const HAVE_MET: &str = "
    select 1 from conference_reader r
    join conference c on c.id = r.conference and (c.end_us is null or c.expire_us > $3)
    join participant mine on mine.conference = c.id and mine.id = $1
    join participant theirs on theirs.conference = c.id and theirs.id = $2
    where r.account = $1
    limit 1";

pub(crate) const MAY_READ: &str = "
    select c.end_us, c.expire_us from conference c
    join conference_reader r on r.account = $2 and r.start_us = c.start_us and r.conference = c.id
    where c.id = $1 and (c.end_us is null or c.expire_us > $3)";

/// The space that has this code now, if it has not lapsed.
pub(crate) const SPACE_OF_CODE: &str = "select m.space from meeting_code m where m.code = $1 and m.last_used_us > $2";

pub(crate) const CONFERENCES: List = List {
    name: "conferences",
    select: "
        select r.start_us, r.conference, r.space, c.end_us, c.expire_us
        from conference_reader r join conference c on c.id = r.conference
        where r.account = $1 and (c.end_us is null or c.expire_us > $2)",
    key: ["r.start_us", "r.conference"],
    direction: Direction::Descending,
    fields: &[
        Field {
            path: "space.name",
            column: "r.space",
            kind: Kind::ResourceName("spaces/"),
        },
        Field {
            // The space in the place of its code: see `resolve_codes`.
            path: "space.meeting_code",
            column: "r.space",
            kind: Kind::Text,
        },
        Field {
            path: "start_time",
            column: "r.start_us",
            kind: Kind::Time,
        },
        Field {
            path: "end_time",
            column: "c.end_us",
            kind: Kind::Time,
        },
    ],
    sizes: CONFERENCES_PER_PAGE,
};

/// The same list, of spaces that one app made.
pub(crate) const CONFERENCES_OF_APP: List = List {
    select: "
        select r.start_us, r.conference, r.space, c.end_us, c.expire_us
        from conference_reader r join conference c on c.id = r.conference
        where r.account = $1 and (c.end_us is null or c.expire_us > $2)
        and r.app = $3",
    ..CONFERENCES
};

/// The same for a filter that asks for one space: its records are fewer than those of the app.
pub(crate) const CONFERENCES_OF_APP_IN_SPACE: List = List {
    select: "
        select r.start_us, r.conference, r.space, c.end_us, c.expire_us
        from conference_reader r join conference c on c.id = r.conference
        where r.account = $1 and (c.end_us is null or c.expire_us > $2)
        and (select s.app from space s where s.id = r.space) = $3",
    ..CONFERENCES
};

impl Register {
    /// The conference with this id.
    pub async fn conference(&self, id: &ConferenceId, now: Micros) -> Result<ConferenceRecord, RegisterError> {
        let rows = self.db.read(CONFERENCE, vec![id.as_str().into(), now.0.into()]).await?;
        conference_record(rows.first().ok_or(RegisterError::NotFound)?)
    }

    /// Whether this user owns the space of the conference or took part in it. No such conference: nobody may read it.
    pub async fn may_read(&self, id: &ConferenceId, reader: &UserId, now: Micros) -> Result<bool, RegisterError> {
        // Asked before anything is read, or a write in between would be missed.
        let last_write = self.db.last_write();
        if self.readable().holds(last_write, id, reader, now) {
            return Ok(true);
        }
        let params = vec![id.as_str().into(), reader.as_str().into(), now.0.into()];
        let rows = self.db.read_since(last_write, MAY_READ, params).await?;
        if let Some(row) = rows.first() {
            let until = readable_until(row, 0)?;
            self.readable().keep(last_write, id, reader, until);
        }
        Ok(!rows.is_empty())
    }

    /// Whether two users took part in the same conference, of those that are still on record.
    pub async fn have_met(&self, one: &UserId, other: &UserId, now: Micros) -> Result<bool, RegisterError> {
        let params = vec![one.as_str().into(), other.as_str().into(), now.0.into()];
        Ok(!self.db.read(HAVE_MET, params).await?.is_empty())
    }

    /// The conferences that this user may read; with an app, only those in spaces that it made.
    pub async fn list_conferences(
        &self,
        reader: &UserId,
        query: &Query<'_>,
        app: Option<&str>,
    ) -> Result<Page<ConferenceRecord>, RegisterError> {
        let mut params = vec![reader.as_str().into(), query.now.0.into()];
        params.extend(app.map(Into::into));
        let mut predicate = filter::google_conditions(query.filter)?;
        self.resolve_codes(&mut predicate, query.now).await?;
        let list = match app {
            None => CONFERENCES,
            Some(_) if asks_for_one_space(&predicate) => CONFERENCES_OF_APP_IN_SPACE,
            Some(_) => CONFERENCES_OF_APP,
        };
        let scope: Vec<&str> = [reader.as_str()].into_iter().chain(app).collect();
        list.page_where(&self.db, &scope, params, query, &predicate, conference_record)
            .await
    }

    /// Puts spaces in the place of their codes, each looked up once. Asked of the rows instead, every comparison would look up
    /// every row's code. A code that is nobody's, or could be none, becomes the name of no space; a space whose code has lapsed is
    /// in the answer of no code, and of none that is negated left out.
    pub(crate) async fn resolve_codes(&self, predicate: &mut Predicate, now: Micros) -> Result<(), RegisterError> {
        let mut spaces = HashMap::new();
        for word in predicate.literals_mut("space.meeting_code") {
            if word.text.contains('\0') {
                // No text of a database: refused with its position where the SQL is made.
                continue;
            }
            let Ok(code) = MeetingCode::parse_typed(&word.text) else {
                word.text.clear();
                continue;
            };
            let code = code.as_str();
            if !spaces.contains_key(code) {
                let params = vec![code.into(), lapsed_by(now).into()];
                let rows = self.db.read(SPACE_OF_CODE, params).await?;
                let space = rows.first().map_or(Ok(""), |row| row.text(0))?.to_owned();
                spaces.insert(code.to_owned(), space);
            }
            word.text.clone_from(&spaces[code]);
        }
        Ok(())
    }
}

/// Whether everything that matches is of one space.
fn asks_for_one_space(predicate: &Predicate) -> bool {
    let by = ["space.name", "space.meeting_code"];
    by.iter().any(|path| predicate.demanded(path).is_some())
}

pub(crate) fn conference_record(row: &Row) -> Result<ConferenceRecord, RegisterError> {
    Ok(ConferenceRecord {
        start: Micros(row.int(0)?),
        id: ConferenceId::parse(row.text(1)?)?,
        space: SpaceId::parse(row.text(2)?)?,
        end: row.opt_int(3)?.map(Micros),
        expire: Some(row.int(4)?).filter(|us| *us != NEVER_US).map(Micros),
    })
}

/// Until when a conference may be read, from its end and its expiry at this column and the next: one that goes on does not expire.
pub(crate) fn readable_until(row: &Row, column: usize) -> Result<Micros, RegisterError> {
    Ok(match row.opt_int(column)? {
        None => Micros(i64::MAX),
        Some(_) => Micros(row.int(column + 1)?),
    })
}
