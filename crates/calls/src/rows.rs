//! Calls as rows: written whole, read one by one and in lists.

use std::collections::BTreeMap;

use db::{Row, Statement, Value};
use filter::{Field, Kind, Parameter, Predicate};
use outbox::Notice;

use crate::{
    Call, CallState, Calls, CreateMethod, CutOff, Direction,
    clock::now_us,
    limits,
    page::{List, ListError, Listed, Page},
};

pub(crate) const COLUMNS: &str =
    "id, project, to_address, from_address, is_private, labels, direction, state, create_method, error_code,
    error_message, create_us, start_us, ring_us, answer_us, end_us, sip_call_id, originating_call, bridged,
    state_update_uri, participant_session, cut_off, final_status";

/// What a filter may speak of.
const FIELDS: &[Field] = &[
    Field {
        path: "create_time",
        column: "create_us",
        kind: Kind::Time,
    },
    Field {
        path: "to",
        column: "to_address",
        kind: Kind::Pattern,
    },
    Field {
        path: "from",
        column: "from_address",
        kind: Kind::Pattern,
    },
    Field {
        path: "state",
        column: "state",
        kind: Kind::Number,
    },
    Field {
        path: "direction",
        column: "direction",
        kind: Kind::Number,
    },
    Field {
        path: "transport",
        column: "transport",
        kind: Kind::Number,
    },
];

pub(crate) fn call_of(row: &Row) -> Result<Call, db::Error> {
    let optional = |column| Ok::<_, db::Error>(row.opt_text(column)?.map(str::to_owned));
    let labels: BTreeMap<String, String> = serde_json::from_str(row.text(5)?).unwrap_or_default();
    Ok(Call {
        id: row.text(0)?.to_owned(),
        project: row.text(1)?.to_owned(),
        to: row.text(2)?.to_owned(),
        from: optional(3)?,
        is_private: row.int(4)? != 0,
        labels,
        direction: Direction::read(row.int(6)?).unwrap_or(Direction::Incoming),
        state: CallState::read(row.int(7)?).unwrap_or(CallState::Failed),
        create_method: CreateMethod::read(row.int(8)?).unwrap_or(CreateMethod::IncomingCall),
        error_code: optional(9)?,
        error_message: optional(10)?,
        create_us: row.int(11)?,
        start_us: row.opt_int(12)?,
        ring_us: row.opt_int(13)?,
        answer_us: row.opt_int(14)?,
        end_us: row.opt_int(15)?,
        sip_call_id: optional(16)?,
        originating_call: optional(17)?,
        bridged: row.int(18)? != 0,
        state_update_uri: optional(19)?,
        participant_session: optional(20)?,
        cut_off: row.opt_int(21)?.and_then(CutOff::read),
        final_status: row.opt_int(22)?.and_then(|status| u16::try_from(status).ok()),
    })
}

impl Call {
    /// The statement that makes its row what it is now.
    fn written(&self, now_us: i64) -> Statement {
        let labels = serde_json::to_string(&self.labels).expect("texts under texts");
        let sql = format!(
            "insert into call ({COLUMNS}, transport, alive_us, due_us)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
            on conflict (id) do update set labels = excluded.labels, state = excluded.state, error_code = excluded.error_code,
            error_message = excluded.error_message, start_us = excluded.start_us, ring_us = excluded.ring_us,
            answer_us = excluded.answer_us, end_us = excluded.end_us, sip_call_id = excluded.sip_call_id,
            bridged = excluded.bridged, participant_session = excluded.participant_session, cut_off = excluded.cut_off,
            final_status = excluded.final_status, alive_us = excluded.alive_us, due_us = excluded.due_us"
        );
        let params: Vec<Value> = vec![
            self.id.as_str().into(),
            self.project.as_str().into(),
            self.to.as_str().into(),
            self.from.as_deref().into(),
            self.is_private.into(),
            labels.into(),
            self.direction.number().into(),
            self.state.number().into(),
            self.create_method.number().into(),
            self.error_code.as_deref().into(),
            self.error_message.as_deref().into(),
            self.create_us.into(),
            self.start_us.into(),
            self.ring_us.into(),
            self.answer_us.into(),
            self.end_us.into(),
            self.sip_call_id.as_deref().into(),
            self.originating_call.as_deref().into(),
            self.bridged.into(),
            self.state_update_uri.as_deref().into(),
            self.participant_session.as_deref().into(),
            self.cut_off.map(CutOff::number).into(),
            self.final_status.map(i64::from).into(),
            (self.transport() as i64).into(),
            now_us.into(),
            self.due_us(now_us).into(),
        ];
        Statement::new(sql, params).expect(1)
    }

    /// When its record is due: once it is over, if it has one of its own.
    fn due_us(&self, now_us: i64) -> Option<i64> {
        let is_due = self.end_us.is_some() && self.originating_call.is_none();
        is_due.then_some(now_us + limits::PUBLISHED_AFTER_US)
    }

    /// The record of which it is a part is due again when it is over, if the call out of which it was made is.
    fn adds_to_record(&self, now_us: i64) -> Option<Statement> {
        let record = self.originating_call.as_deref().filter(|_| self.end_us.is_some())?;
        let sql = "update call set due_us = $2 where id = $1 and end_us is not null";
        let due_us = now_us + limits::PUBLISHED_AFTER_US;
        Some(Statement::new(sql, vec![record.into(), due_us.into()]))
    }
}

/// Whether a time is a day alone: `2021-02-01`.
fn is_date(text: &str) -> bool {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    shape.eq(*b"0000-00-00")
}

/// A filter's names of states and directions, and its days, as they are in the rows.
fn numbered(predicate: Predicate) -> Result<Predicate, filter::Malformed> {
    predicate.translated(&mut |condition| {
        let Predicate::Compare {
            path,
            comparison,
            mut literal,
        } = condition
        else {
            return Ok(condition);
        };
        let names: Vec<(&str, i64)> = match path.text.as_str() {
            "state" => CallState::ALL
                .iter()
                .map(|state| (state.name(), state.number()))
                .collect(),
            "direction" => vec![("OUTGOING", 1), ("INCOMING", 2)],
            "transport" => vec![("PSTN", 1), ("CLIENT", 2), ("SIP", 3)],
            // A day is its begin.
            "createTime" | "create_time" if is_date(&literal.text) => {
                literal.text.push_str("T00:00:00Z");
                vec![]
            }
            _ => vec![],
        };
        if names.is_empty() {
            return Ok(Predicate::Compare {
                path,
                comparison,
                literal,
            });
        }
        let known = names.iter().find(|(name, _)| *name == literal.text);
        let (_, number) = known.ok_or_else(|| filter::Malformed {
            at: literal.at,
            why: format!("there is no such {}", path.text).into(),
        })?;
        literal.text = number.to_string();
        Ok(Predicate::Compare {
            path,
            comparison,
            literal,
        })
    })
}

fn bound(parameter: Parameter) -> Value {
    match parameter {
        Parameter::Int(number) => number.into(),
        Parameter::Text(text) => Value::key(&text),
    }
}

impl Calls {
    /// A call as it is now, durably, with the notice of its state if that is another one than before.
    pub(crate) async fn write_call(&self, call: &Call, now_us: i64) -> Result<(), db::Error> {
        let news = self.news_of(call, now_us).await?;
        let write = news.iter().map(Notice::posted).chain([call.written(now_us)]);
        self.db.write(write.chain(call.adds_to_record(now_us)).collect()).await
    }

    /// A call of a project, if there is one.
    pub async fn call(&self, project: &str, id: &str) -> Result<Option<Call>, db::Error> {
        let sql = format!("select {COLUMNS} from call where id = $1 and project = $2");
        let params = [id, project].map(Value::key);
        let rows = self.db.read(&sql, params.into()).await?;
        rows.first().map(call_of).transpose()
    }

    /// Calls of a project, the newest first.
    pub async fn list_calls(&self, project: &str, list: List<'_>) -> Result<Page<Call>, ListError> {
        let predicate = numbered(filter::google(list.filter)?)?;
        let (condition, parameters) = predicate.to_sql(FIELDS, Listed::<Call>::FIRST_PARAMETER + 1)?;
        let project_param = Value::key(project);
        let listed = Listed {
            table: "call",
            columns: COLUMNS,
            parent: project,
            condition: &format!("project = $4 and {condition}"),
            params: std::iter::once(project_param)
                .chain(parameters.into_iter().map(bound))
                .collect(),
            read: call_of,
            place: |call| (call.create_us, &call.id),
        };
        self.page_of(list, listed).await
    }

    /// Calls that go on are alive now.
    pub(crate) async fn keep_alive(&self, now_us: i64) -> Result<(), db::Error> {
        let sql = "update call set alive_us = $1 where end_us is null and alive_us < $1";
        self.db.write(vec![Statement::new(sql, vec![now_us.into()])]).await
    }

    /// The calls that were in meetings by these participant sessions.
    pub async fn calls_of_sessions(&self, mut sessions: Vec<String>) -> Result<Vec<Call>, db::Error> {
        let Some(last) = sessions.last().cloned() else {
            return Ok(vec![]);
        };
        // The last is repeated until their number is a power of two, so that an engine meets few texts.
        sessions.resize(sessions.len().next_power_of_two(), last);
        let places: Vec<String> = (1..=sessions.len()).map(|place| format!("${place}")).collect();
        let places = places.join(", ");
        let sql = format!("select {COLUMNS} from call where participant_session in ({places})");
        let rows = self
            .db
            .read(&sql, sessions.into_iter().map(Value::from).collect())
            .await?;
        rows.iter().map(call_of).collect()
    }

    /// Calls that a server left open when it died, and that were in a meeting: with the names of their sessions.
    pub(crate) async fn left_in_meetings(&self) -> Result<Vec<(String, String)>, db::Error> {
        let sql = "select id, participant_session from call where end_us is null and participant_session is not null";
        let rows = self.db.read(sql, vec![]).await?;
        rows.iter()
            .map(|row| Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned())))
            .collect()
    }

    /// That was the last sign of life of a call that a server left open.
    pub(crate) async fn was_last_alive(&self, id: &str, at_us: i64) -> Result<(), db::Error> {
        let sql = "update call set alive_us = $2 where id = $1 and end_us is null";
        self.db
            .write(vec![Statement::new(sql, vec![id.into(), at_us.into()])])
            .await
    }

    /// The call that was in a meeting by that participant session, if one was.
    pub async fn call_of_session(&self, session: &str) -> Result<Option<Call>, db::Error> {
        let sql = format!("select {COLUMNS} from call where participant_session = $1");
        let rows = self.db.read(&sql, vec![session.into()]).await?;
        rows.first().map(call_of).transpose()
    }

    /// Calls that a server left open when it died ended at their last sign of life.
    pub(crate) async fn end_abandoned(&self) -> Result<(), db::Error> {
        let told =
            format!("select {COLUMNS}, alive_us from call where end_us is null and state_update_uri is not null");
        let told = self.db.read(&told, vec![]).await?;
        let mut write = vec![];
        for row in &told {
            let mut call = call_of(row)?;
            call.lost(row.int(23)?);
            write.extend(call.news(now_us()).iter().map(Notice::posted));
        }
        let sql = "update call set end_us = case when answer_us > alive_us then answer_us else alive_us end,
            state = case when answer_us is null then 6 else 5 end,
            error_code = case when answer_us is null then 'SERVER_LOST' else error_code end,
            cut_off = case when answer_us is null then cut_off else 3 end,
            due_us = case when originating_call is null then alive_us end
            where end_us is null";
        write.push(Statement::new(sql, vec![]));
        self.db.write(write).await
    }
}
