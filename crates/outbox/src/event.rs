//! What happened, as a statement for the write that makes it so.
//!
//! An event is named by what it happened to and by the number of the version that came of it, which its writer counts anyway.
//! So a writer that says something twice is refused by the key, with its fact.

use db::Statement;

/// What can be heard of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Call records: the subject is the id of a conference.
    CallRecords,
    /// States of telephone calls: the subject is the id of a call.
    CallStates,
    /// Recordings of calls that are over: the subject is the id of a recording.
    Recordings,
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// To what kind of thing.
    pub topic: Topic,
    /// To which one: its id, as the register has it.
    pub subject: &'a str,
    /// Which version came of it: 1 made the thing, each later one changed it.
    pub version: i64,
    /// The account whose the thing is: it may ask to be told of it. Others that are told may hear of everything.
    pub account: Option<&'a str>,
    /// When, in microseconds since the Unix epoch. Subscriptions that are made later do not hear of it.
    pub now_us: i64,
}

impl Topic {
    /// All of them.
    const ALL: &[Topic] = &[Topic::CallRecords, Topic::CallStates, Topic::Recordings];

    pub(crate) fn named(name: &str) -> Option<Topic> {
        Topic::ALL.iter().copied().find(|topic| topic.name() == name)
    }

    /// Its name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::CallRecords => "call_records",
            Topic::CallStates => "call_states",
            Topic::Recordings => "recordings",
        }
    }
}

impl Event<'_> {
    /// The statement for the write that makes it happen.
    pub fn happened(&self) -> Statement {
        let sql = "insert into outbox_event (topic, subject, version, account, time_us) values ($1, $2, $3, $4, $5)";
        let params = vec![
            self.topic.name().into(),
            self.subject.into(),
            self.version.into(),
            self.account.into(),
            self.now_us.into(),
        ];
        Statement::new(sql, params).expect(1)
    }
}
