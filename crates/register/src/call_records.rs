//! Call records: what the register tells of conferences to those who look after them, and not to those who took part.
//!
//! A call record is a conference that is over, as it was published last ([`Register::publish`]); the same rows, ids and times as
//! in every other view, and no copy of them. While the conference goes on its record can be asked for by name, **provisional**:
//! it is in no list and has version 0.
//!
//! Telephone calls that are over are in the same lists ([`telephone_records`](crate::telephone_records)): a page of all is made of a
//! page of each, by the same key.
//!
//! Meetings and calls are read one after the other, and a version may be published in between. A list by change ends at the latest
//! version that there was before both were read: otherwise it might hold a version and lack an earlier one, which whoever goes on from
//! the newest they know would never see.
//!
//! A list begins where its filter lets it: at the records of one organizer, at those that one person may read, at the one
//! conference of somebody without an account, and only else at the newest of all. Each is an order of its own that an index has.

use crate::{
    Media, Page, Query, Register, RegisterError,
    limits::CALL_RECORDS_PER_PAGE,
    page::{self, Direction, List, Part},
    spaces::lapsed_by,
    telephone_records::{
        END_TIME, MODIFIED_TIME, TELEPHONE_RECORDS, TELEPHONE_RECORDS_BY_CHANGE, TelephoneRecord, VERSION, decided,
        of_calls, telephone_record,
    },
};
use db::{Row, Value};
use filter::{Field, Kind, Predicate};
use meeting::{ConferenceId, MeetingCode, Micros, SpaceId, UserId};

/// The record of a conference, with what those ask who look after many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// The conference.
    pub conference: ConferenceId,
    /// Where it is or was held.
    pub space: SpaceId,
    /// The meeting code that the space has now, unless it has lapsed.
    pub code: Option<MeetingCode>,
    /// The owner of the space; `None` once they are forgotten.
    pub organizer: Option<UserId>,
    /// The first join.
    pub start: Micros,
    /// The last leave; `None` while it is held.
    pub end: Option<Micros>,
    /// What has flowed in it.
    pub media: Media,
    /// How often it was published; 0 of a provisional one.
    pub version: i64,
    /// When it was published last; `None` of a provisional one.
    pub modified: Option<Micros>,
}

/// One record of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// Of a meeting.
    Meeting(CallRecord),
    /// Of a telephone call.
    Telephone(TelephoneRecord),
}

/// Whose call records are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose<'a> {
    /// All that there are.
    Everybody,
    /// Those of the spaces that one user owns.
    Organizer(&'a UserId),
}

/// In which order. Ids tell those of one moment apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By start, the last first.
    #[default]
    NewestFirst,
    /// By start, the first first.
    OldestFirst,
    /// By the time of their last version, the last first.
    LatestChangeFirst,
    /// By the time of their last version, the first first: for whoever follows what is published.
    EarliestChangeFirst,
}

/// One text for all of them. `$1` is the time, `$2` when codes had lapsed that were used last then.
macro_rules! call_records {
    ($key:literal, $from:literal) => {
        concat!(
            "select ",
            $key,
            ", c.id, c.start_us, c.space, c.organizer, c.end_us, c.version, c.modified_us, c.media, m.code ",
            $from,
            " left join meeting_code m on m.space = c.space and m.last_used_us > $2 "
        )
    };
    ($key:literal, $from:literal, $where:literal) => {
        concat!(
            call_records!($key, $from),
            " where c.version > 0 and c.expire_us > $1 ",
            $where
        )
    };
}

/// A published one or not: that is the caller's to see.
pub(crate) const CALL_RECORD: &str = concat!(
    call_records!("c.start_us", "from conference c"),
    "where c.id = $3 and (c.end_us is null or c.expire_us > $1)"
);

pub(crate) const CALL_RECORDS: List = List {
    name: "call records",
    select: call_records!("c.start_us", "from conference c", ""),
    key: ["c.start_us", "c.id"],
    direction: Direction::Descending,
    fields: &[
        Field {
            path: "start_time",
            column: "c.start_us",
            kind: Kind::Time,
        },
        END_TIME,
        MODIFIED_TIME,
        VERSION,
        Field {
            path: "organizer",
            column: "c.organizer",
            kind: Kind::Text,
        },
        Field {
            path: "media.audio",
            column: "(c.media & 1)",
            kind: Kind::Number,
        },
        Field {
            path: "media.video",
            column: "((c.media & 2) / 2)",
            kind: Kind::Number,
        },
        Field {
            path: "media.screen",
            column: "((c.media & 4) / 4)",
            kind: Kind::Number,
        },
        Field {
            path: "participants.id",
            column: "select 1 from participant p where p.conference = c.id and p.id",
            kind: Kind::Any,
        },
        Field {
            path: "space.name",
            column: "c.space",
            kind: Kind::ResourceName("spaces/"),
        },
        Field {
            // The space in the place of its code: see `resolve_codes`.
            path: "space.meeting_code",
            column: "c.space",
            kind: Kind::Text,
        },
    ],
    sizes: CALL_RECORDS_PER_PAGE,
};

pub(crate) const CALL_RECORDS_OF_ORGANIZER: List = List {
    select: call_records!("c.start_us", "from conference c", "and c.organizer = $3"),
    ..CALL_RECORDS
};

/// Of those that a user may read, for a filter that asks where they were: they are fewer than all.
pub(crate) const CALL_RECORDS_OF_PERSON: List = List {
    select: call_records!(
        "r.start_us",
        "from conference_reader r join conference c on c.id = r.conference",
        "and r.account = $3"
    ),
    key: ["r.start_us", "r.conference"],
    ..CALL_RECORDS
};

/// Somebody without an account is a participant of one conference alone.
pub(crate) const CALL_RECORDS_OF_GUEST: List = List {
    select: call_records!(
        "c.start_us",
        "from conference c",
        "and c.id = (select g.conference from participant g where g.id = $3 and g.account is null limit 1)"
    ),
    ..CALL_RECORDS
};

pub(crate) const CALL_RECORDS_BY_CHANGE: List = List {
    name: "call records by change",
    // The sign keeps the index for where the page before ended.
    select: call_records!("c.modified_us", "from conference c", "and +c.modified_us <= $3"),
    key: ["c.modified_us", "c.id"],
    ..CALL_RECORDS
};

pub(crate) const CALL_RECORDS_BY_CHANGE_OF_ORGANIZER: List = List {
    select: call_records!(
        "c.modified_us",
        "from conference c",
        "and +c.modified_us <= $3 and c.organizer = $4"
    ),
    ..CALL_RECORDS_BY_CHANGE
};

impl Register {
    /// The published record of a conference.
    pub async fn call_record(&self, conference: &ConferenceId, now: Micros) -> Result<CallRecord, RegisterError> {
        let record = self.provisional_call_record(conference, now).await?;
        match record.version {
            0 => Err(RegisterError::NotFound),
            _ => Ok(record),
        }
    }

    /// The same, or what there is of it so far, if it is not published yet.
    pub async fn provisional_call_record(
        &self,
        conference: &ConferenceId,
        now: Micros,
    ) -> Result<CallRecord, RegisterError> {
        let mut params = times(now);
        params.push(conference.as_str().into());
        let rows = self.db.read(CALL_RECORD, params).await?;
        call_record(rows.first().ok_or(RegisterError::NotFound)?)
    }

    /// Published call records that match. Of the query, the filter only binds the page token: it is the text of which the
    /// predicate was made, and whatever else must stay the same from page to page.
    pub async fn list_call_records(
        &self,
        whose: Whose<'_>,
        order: Order,
        predicate: Predicate,
        query: &Query<'_>,
    ) -> Result<Page<Published>, RegisterError> {
        let predicate = self.with_codes_resolved(predicate, query.now).await?;
        let direction = match order {
            Order::NewestFirst | Order::LatestChangeFirst => Direction::Descending,
            Order::OldestFirst | Order::EarliestChangeFirst => Direction::Ascending,
        };
        let until = match order {
            Order::NewestFirst | Order::OldestFirst => None,
            Order::LatestChangeFirst | Order::EarliestChangeFirst => Some(self.latest_publication().await?),
        };
        let mut parts = parts(whose, order, &predicate, query.now, until);
        for part in &mut parts {
            part.list.direction = direction;
        }
        let reader = match whose {
            Whose::Everybody => "",
            Whose::Organizer(organizer) => organizer.as_str(),
        };
        let scope = [
            reader,
            if direction == Direction::Ascending {
                "ascending"
            } else {
                ""
            },
        ];
        page::merged(&parts, &self.db, &scope, query).await
    }

    /// How many match, on all pages. It visits each of them.
    pub async fn count_call_records(
        &self,
        whose: Whose<'_>,
        predicate: Predicate,
        now: Micros,
    ) -> Result<i64, RegisterError> {
        let predicate = self.with_codes_resolved(predicate, now).await?;
        let mut count = 0;
        for part in parts(whose, Order::NewestFirst, &predicate, now, None) {
            count += part.list.count_where(&self.db, part.params, &part.predicate).await?;
        }
        Ok(count)
    }

    async fn with_codes_resolved(&self, mut predicate: Predicate, now: Micros) -> Result<Predicate, RegisterError> {
        self.resolve_codes(&mut predicate, now).await?;
        Ok(predicate)
    }
}

/// As which a condition on the kind of a record names it.
pub const MEETING: &str = "1";
/// See [`MEETING`].
pub const TELEPHONE: &str = "2";

/// The lists of which a list of records is made: of meetings, and of calls, if there may be any that match. Lists by change end with
/// what was published at a time.
fn parts(
    whose: Whose<'_>,
    order: Order,
    predicate: &Predicate,
    now: Micros,
    until: Option<i64>,
) -> Vec<Part<Published>> {
    let (list, who) = list_for(whose, order, predicate);
    let mut params = times(now);
    params.extend(until.map(Value::from));
    params.extend(who.map(Value::from));
    let meetings = Part {
        list,
        params,
        predicate: of_kind(predicate.clone(), MEETING),
        item: |row| call_record(row).map(Published::Meeting),
    };
    // An account organizes meetings and takes part in them, and no call has one.
    let asks_for_account = match (whose, predicate.demanded("participants.id")) {
        (Whose::Organizer(_), _) => true,
        (Whose::Everybody, Some(person)) => UserId::parse(person).is_ok(),
        (Whose::Everybody, None) => predicate.demanded("organizer").is_some(),
    };
    let calls = (!asks_for_account).then(|| Part {
        list: match order {
            Order::NewestFirst | Order::OldestFirst => TELEPHONE_RECORDS,
            Order::LatestChangeFirst | Order::EarliestChangeFirst => TELEPHONE_RECORDS_BY_CHANGE,
        },
        params: until.map(Value::from).into_iter().collect(),
        predicate: of_calls(of_kind(predicate.clone(), TELEPHONE)),
        item: |row| telephone_record(row).map(Published::Telephone),
    });
    match (predicate.demanded("kind"), calls) {
        (Some(TELEPHONE), Some(calls)) => vec![calls],
        (_, calls) => std::iter::once(meetings).chain(calls).collect(),
    }
}

/// A condition where all records are of this kind.
fn of_kind(predicate: Predicate, kind: &str) -> Predicate {
    decided(predicate, |path, literal| {
        (path == "kind").then(|| literal == Some(kind))
    })
}

/// Where the list of meetings begins, and of whom it is, if it is of somebody.
fn list_for(whose: Whose<'_>, order: Order, predicate: &Predicate) -> (List, Option<String>) {
    let by_change = matches!(order, Order::LatestChangeFirst | Order::EarliestChangeFirst);
    let organizer = match whose {
        Whose::Organizer(organizer) => Some(organizer.as_str()),
        Whose::Everybody => predicate.demanded("organizer"),
    };
    let (list, who) = match (by_change, organizer, predicate.demanded("participants.id")) {
        (true, Some(organizer), _) => (CALL_RECORDS_BY_CHANGE_OF_ORGANIZER, Some(organizer)),
        (true, None, _) => (CALL_RECORDS_BY_CHANGE, None),
        (false, Some(organizer), _) => (CALL_RECORDS_OF_ORGANIZER, Some(organizer)),
        (false, None, Some(person)) if UserId::parse(person).is_ok() => (CALL_RECORDS_OF_PERSON, Some(person)),
        (false, None, Some(guest)) => (CALL_RECORDS_OF_GUEST, Some(guest)),
        (false, None, None) => (CALL_RECORDS, None),
    };
    (list, who.map(str::to_owned))
}

fn times(now: Micros) -> Vec<Value> {
    vec![now.0.into(), lapsed_by(now).into()]
}

fn call_record(row: &Row) -> Result<CallRecord, RegisterError> {
    Ok(CallRecord {
        conference: ConferenceId::parse(row.text(1)?)?,
        start: Micros(row.int(2)?),
        space: SpaceId::parse(row.text(3)?)?,
        organizer: row.opt_text(4)?.map(UserId::parse).transpose()?,
        end: row.opt_int(5)?.map(Micros),
        version: row.int(6)?,
        modified: row.opt_int(7)?.map(Micros),
        media: Media::read(row.int(8)?),
        code: row.opt_text(9)?.map(MeetingCode::parse).transpose()?,
    })
}
