//! A line as it is kept.

use db::Row;

/// What the line is about was done.
pub(crate) const DONE: i64 = 0;

/// What the line is about was refused.
pub(crate) const REFUSED: i64 = 1;

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Names it: the time and what tells it from others of that time.
    pub id: String,
    /// When, in microseconds since the Unix epoch.
    pub time_us: i64,
    /// Who: `users/U`, `serviceAccounts/S`, `daemons/D`, `commandLine` or `nobody`.
    pub actor: String,
    /// The client id of the application that acted for them.
    pub app: Option<String>,
    /// What: [`crate::Action::name`]. A text, since a log is older than the program that reads it.
    pub action: String,
    /// Whom or what it was done to: a resource name, or nothing.
    pub subject: String,
    /// More about it.
    pub detail: String,
    /// From which address; `None` at the command line, and of people who are gone.
    pub client: Option<String>,
    /// Whether it was refused.
    pub refused: bool,
    /// How many alike the line stands for.
    pub times: i64,
}

/// The columns of an [`Event`], in the order that [`event_of`] reads them.
pub(crate) const COLUMNS: &str = "time_us, id, actor, app, action, subject, detail, client, outcome, times";

/// Writes them in that order.
pub(crate) const INSERT: &str = "insert into audit_event
    (time_us, id, actor, app, action, subject, detail, client, outcome, times)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(crate) fn event_of(row: &Row) -> Result<Event, db::Error> {
    let time_us = row.int(0)?;
    let text = |column| row.opt_text(column).map(|text| text.map(str::to_owned));
    Ok(Event {
        id: format!("{time_us}.{}", row.text(1)?),
        time_us,
        actor: row.text(2)?.to_owned(),
        app: text(3)?,
        action: row.text(4)?.to_owned(),
        subject: row.text(5)?.to_owned(),
        detail: row.text(6)?.to_owned(),
        client: text(7)?,
        refused: row.int(8)? == REFUSED,
        times: row.int(9)?,
    })
}
