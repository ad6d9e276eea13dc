//! Telephone calls as call records. What a call is, is the business of `calls`, which also writes when its record is due; here is which of
//! them are published, in the order of all call records, and which went by the telephone network.
//!
//! A call that was made out of another one is in that one's record, and in no list. Nobody organizes a call, and it is held in no space:
//! a condition on either is decided before any row is read.

use std::convert::Infallible;

use crate::{
    Media, Page, Query, Register, RegisterError,
    limits::{CALL_RECORDS_PER_PAGE, CALL_SESSIONS_PER_PAGE, NETWORK_CALLS_PER_PAGE},
    page::{Direction, List},
};
use db::Row;
use filter::{Comparison, Field, Kind, Predicate};
use meeting::Micros;

/// The record of a telephone call, as far as lists of records go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TelephoneRecord {
    /// The call: a UUID, as text.
    pub call: String,
    /// When it was known of.
    pub start: Micros,
    /// When it was over; `None` while it goes on.
    pub end: Option<Micros>,
    /// What came from its telephones.
    pub media: Media,
    /// How often it was published; 0 while it goes on.
    pub version: i64,
    /// When it was published last.
    pub modified: Option<Micros>,
}

const START_TIME: Field = Field {
    path: "start_time",
    column: "c.create_us",
    kind: Kind::Time,
};

/// Fields that records of meetings and of telephone calls have alike, in whichever table `c` is.
pub(crate) const END_TIME: Field = Field {
    path: "end_time",
    column: "c.end_us",
    kind: Kind::Time,
};
/// See [`END_TIME`].
pub(crate) const MODIFIED_TIME: Field = Field {
    path: "modified_time",
    column: "c.modified_us",
    kind: Kind::Time,
};
/// See [`END_TIME`].
pub(crate) const VERSION: Field = Field {
    path: "version",
    column: "c.version",
    kind: Kind::Number,
};

macro_rules! telephone_records {
    ($key:literal) => {
        concat!(
            "select ",
            $key,
            ", c.id, c.create_us, c.end_us, c.media, c.version, c.modified_us from call c where "
        )
    };
}

/// A published one or not: that is the caller's to see.
pub(crate) const TELEPHONE_RECORD: &str = concat!(
    telephone_records!("c.create_us"),
    "c.id = $1 and c.originating_call is null"
);

pub(crate) const TELEPHONE_RECORDS: List = List {
    name: "call records",
    select: concat!(telephone_records!("c.create_us"), "c.version > 0"),
    key: ["c.create_us", "c.id"],
    direction: Direction::Descending,
    fields: &[
        START_TIME,
        END_TIME,
        MODIFIED_TIME,
        VERSION,
        Field {
            path: "media.audio",
            column: "c.media",
            kind: Kind::Number,
        },
        Field {
            path: "participants.id",
            column: "select 1 from call l where (l.id = c.id or l.originating_call = c.id)
                and (case when l.direction = 2 then l.from_address else l.to_address end)",
            kind: Kind::Any,
        },
    ],
    sizes: CALL_RECORDS_PER_PAGE,
};

pub(crate) const TELEPHONE_RECORDS_BY_CHANGE: List = List {
    name: "call records by change",
    // See `CALL_RECORDS_BY_CHANGE`.
    select: concat!(
        telephone_records!("c.modified_us"),
        "c.version > 0 and +c.modified_us <= $1"
    ),
    key: ["c.modified_us", "c.id"],
    ..TELEPHONE_RECORDS
};

/// The one session of a record, for a condition on it.
const SESSION: List = List {
    name: "call sessions",
    select: concat!(telephone_records!("c.create_us"), "c.id = $1"),
    sizes: CALL_SESSIONS_PER_PAGE,
    ..TELEPHONE_RECORDS
};

/// Calls of the telephone network that are over.
pub(crate) const NETWORK_CALLS: List = List {
    name: "calls of the telephone network",
    select: "select c.create_us, c.id from call c where c.transport = 1 and c.end_us is not null",
    key: ["c.create_us", "c.id"],
    direction: Direction::Ascending,
    fields: &[START_TIME],
    sizes: NETWORK_CALLS_PER_PAGE,
};

impl Register {
    /// The published record of a telephone call.
    pub async fn telephone_record(&self, call: &str) -> Result<TelephoneRecord, RegisterError> {
        let record = self.provisional_telephone_record(call).await?;
        match record.version {
            0 => Err(RegisterError::NotFound),
            _ => Ok(record),
        }
    }

    /// The same, or what there is of it so far, if it is not published yet.
    pub async fn provisional_telephone_record(&self, call: &str) -> Result<TelephoneRecord, RegisterError> {
        let rows = self.db.read(TELEPHONE_RECORD, vec![call.into()]).await?;
        telephone_record(rows.first().ok_or(RegisterError::NotFound)?)
    }

    /// Whether the one session of a record matches.
    pub async fn is_session_of_call(
        &self,
        record: &TelephoneRecord,
        predicate: &Predicate,
    ) -> Result<bool, RegisterError> {
        let params = vec![record.call.as_str().into()];
        Ok(SESSION.count_where(&self.db, params, predicate).await? > 0)
    }

    /// The ids of calls of the telephone network that are over, the first first. The filter knows when they began: `start_time`.
    pub async fn list_network_calls(&self, query: &Query<'_>) -> Result<Page<String>, RegisterError> {
        let id = |row: &Row| Ok(row.text(1)?.to_owned());
        NETWORK_CALLS.page(&self.db, &[], vec![], query, id).await
    }

    /// How many match, on all pages.
    pub async fn count_network_calls(&self, filter: &str) -> Result<i64, RegisterError> {
        NETWORK_CALLS.count(&self.db, vec![], filter).await
    }
}

pub(crate) fn telephone_record(row: &Row) -> Result<TelephoneRecord, RegisterError> {
    Ok(TelephoneRecord {
        call: row.text(1)?.to_owned(),
        start: Micros(row.int(2)?),
        end: row.opt_int(3)?.map(Micros),
        media: Media::read(row.int(4)?),
        version: row.int(5)?,
        modified: row.opt_int(6)?.map(Micros),
    })
}

/// A condition as it is for telephone calls, where what they never have is decided.
pub(crate) fn of_calls(predicate: Predicate) -> Predicate {
    decided(predicate, |path, literal| match path {
        "organizer" | "space.name" | "space.meeting_code" => Some(literal.is_none()),
        "media.video" | "media.screen" => Some(literal == Some("0")),
        _ => None,
    })
}

/// A condition of which some parts are decided before any row is read: whether a field is equal to something, or is null.
pub(crate) fn decided(predicate: Predicate, holds: impl Fn(&str, Option<&str>) -> Option<bool>) -> Predicate {
    let constant = |holds: bool| {
        if holds {
            Predicate::And(Vec::new())
        } else {
            Predicate::Or(Vec::new())
        }
    };
    let decide = &mut |condition| {
        let decision = match &condition {
            Predicate::IsNull { path } => holds(&path.text, None),
            Predicate::Compare {
                path,
                comparison,
                literal,
            } => holds(&path.text, Some(&literal.text)).map(|is_equal| match comparison {
                Comparison::Equal => is_equal,
                Comparison::NotEqual => !is_equal,
                // What there is none of stands before nothing and after nothing.
                Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => false,
            }),
            Predicate::And(_) | Predicate::Or(_) | Predicate::Not(_) => None,
        };
        Ok::<_, Infallible>(decision.map_or(condition, constant))
    };
    match predicate.translated(decide) {
        Ok(predicate) => predicate,
    }
}
