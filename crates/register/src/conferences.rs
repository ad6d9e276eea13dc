//! Conference records: one by its name, and the list of those that somebody may read.
//!
//! The list walks `conference_reader`, which has a row for everybody who may read a record: the owner of the space and
//! each signed-in participant. Asking that of every record instead would make the list as slow as the register is long.

use crate::{
    Page, Query, Register, RegisterError,
    limits::{CONFERENCES_PER_PAGE, NEVER_US},
    page::List,
};
use db::Row;
use filter::{Comparison, Field, Kind, Predicate};
use meeting::{ConferenceId, Micros, SpaceId, UserId};

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
    select 1 from conference c
    join conference_reader r on r.account = $2 and r.start_us = c.start_us and r.conference = c.id
    where c.id = $1 and (c.end_us is null or c.expire_us > $3)";

pub(crate) const CONFERENCES: List = List {
    name: "conferences",
    select: "
        select r.start_us, r.conference, r.space, c.end_us, c.expire_us
        from conference_reader r join conference c on c.id = r.conference
        where r.account = $1 and (c.end_us is null or c.expire_us > $2)",
    key: ["r.start_us", "r.conference"],
    fields: &[
        Field {
            path: "space.name",
            column: "r.space",
            kind: Kind::ResourceName("spaces/"),
        },
        Field {
            path: "space.meeting_code",
            column: "(select m.code from meeting_code m where m.space = r.space)",
            kind: Kind::LowerCaseText,
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

/// The same list of one space, for a filter that asks for its code: a walk along that space's records instead of all of
/// the reader's. A filter by `space.name` needs no such help, it names the column of the index.
pub(crate) const CONFERENCES_BY_CODE: List = List {
    select: "
        select r.start_us, r.conference, r.space, c.end_us, c.expire_us
        from conference_reader r join conference c on c.id = r.conference
        where r.account = $1 and (c.end_us is null or c.expire_us > $2)
        and r.space = (select m.space from meeting_code m where m.code = $3)",
    ..CONFERENCES
};

/// The first list again, of spaces that one app made.
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

/// The same for a filter that asks for one code.
pub(crate) const CONFERENCES_OF_APP_BY_CODE: List = List {
    select: "
        select r.start_us, r.conference, r.space, c.end_us, c.expire_us
        from conference_reader r join conference c on c.id = r.conference
        where r.account = $1 and (c.end_us is null or c.expire_us > $2)
        and (select s.app from space s where s.id = r.space) = $3
        and r.space = (select m.space from meeting_code m where m.code = $4)",
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
        let params = vec![id.as_str().into(), reader.as_str().into(), now.0.into()];
        Ok(!self.db.read(MAY_READ, params).await?.is_empty())
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
        let predicate = filter::google(query.filter)?;
        let code = asked(&predicate, &["space.meeting_code", "space.meetingCode"]);
        let one_space = asked(&predicate, &["space.name"]).is_some();
        params.extend(code.map(|code| code.to_lowercase().into()));
        let list = match (app, code) {
            (None, None) => CONFERENCES,
            (None, Some(_)) => CONFERENCES_BY_CODE,
            (Some(_), None) if one_space => CONFERENCES_OF_APP_IN_SPACE,
            (Some(_), None) => CONFERENCES_OF_APP,
            (Some(_), Some(_)) => CONFERENCES_OF_APP_BY_CODE,
        };
        let scope: Vec<&str> = [reader.as_str()].into_iter().chain(app).collect();
        list.page(&self.db, &scope, params, query, conference_record).await
    }
}

/// What everything that matches must have in this field, under any of its spellings.
fn asked<'a>(predicate: &'a Predicate, field: &[&str]) -> Option<&'a str> {
    match predicate {
        Predicate::And(all) => all.iter().find_map(|one| asked(one, field)),
        Predicate::Compare {
            path,
            comparison: Comparison::Equal,
            literal,
        } => field.contains(&&*path.text).then_some(&literal.text),
        _ => None,
    }
}

fn conference_record(row: &Row) -> Result<ConferenceRecord, RegisterError> {
    Ok(ConferenceRecord {
        start: Micros(row.int(0)?),
        id: ConferenceId::parse(row.text(1)?)?,
        space: SpaceId::parse(row.text(2)?)?,
        end: row.opt_int(3)?.map(Micros),
        expire: Some(row.int(4)?).filter(|us| *us != NEVER_US).map(Micros),
    })
}
