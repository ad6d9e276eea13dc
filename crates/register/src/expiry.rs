//! Deleting what has expired. It is invisible already: this only gives the space back, a conference at a time and of a big one
//! some rows at a time, so that no join waits behind it for long: a conference may have been open for a year.
//!
//! Of a conference with a report of attendance everything goes but who was there and from when to when: the report is kept for a year.

use crate::{
    Register, RegisterError,
    limits::{CONFERENCES_DELETED_AT_ONCE, REPORT_KEPT_US, ROWS_DELETED_AT_ONCE},
    recording_files::leftovers_of,
};
use db::Statement;
use meeting::Micros;

/// Each with 1 if its report is kept: of those that ended after `$3`.
pub(crate) const EXPIRED_CONFERENCES: &str = "
    select c.id, case when c.attendance_report = 1 and c.end_us > $3 then 1 else 0 end from conference c
    where c.is_report_only = 0 and c.end_us is not null and c.expire_us <= $1
    and not exists (select 1 from meeting_recording r where r.conference = c.id and r.is_held = 1)
    order by c.expire_us limit $2";

pub(crate) const EXPIRED_REPORTS: &str = "
    select c.id from conference c where c.is_report_only = 1 and c.end_us <= $1 order by c.end_us limit $2";

/// Whether a conference has more than so many rows.
pub(crate) const MANY_SESSIONS: &str = "select 1 from participant_session s where s.conference = $1 limit 1 offset $2";

pub(crate) const MANY_PARTICIPANTS: &str = "select 1 from participant p where p.conference = $1 limit 1 offset $2";

pub(crate) const MANY_READERS: &str = "select 1 from conference_reader r where r.conference = $1 limit 1 offset $2";

pub(crate) const MANY_STREAMS: &str = "select 1 from stream t where t.conference = $1 limit 1 offset $2";

pub(crate) const MANY_PIECES: &str = "select 1 from stream_series z where z.conference = $1 limit 1 offset $2";

pub(crate) const MANY_PATHS: &str = "select 1 from session_path w where w.conference = $1 limit 1 offset $2";

pub(crate) const MANY_REPORTS: &str = "select 1 from session_report r where r.conference = $1 limit 1 offset $2";

pub(crate) const MANY_REPORTED: &str = "select 1 from report_person p where p.conference = $1 limit 1 offset $2";

const SOME_STREAMS: &str = "delete from stream where conference = $1 and session in
    (select t.session from stream t where t.conference = $1 limit $2)";

const SOME_PIECES: &str = "delete from stream_series where conference = $1 and session in
    (select z.session from stream_series z where z.conference = $1 limit $2)";

const SOME_PATHS: &str = "delete from session_path where conference = $1 and session in
    (select w.session from session_path w where w.conference = $1 limit $2)";

const SOME_REPORTS: &str = "delete from session_report where conference = $1 and session in
    (select r.session from session_report r where r.conference = $1 limit $2)";

const SOME_SESSIONS: &str = "delete from participant_session where id in
    (select s.id from participant_session s where s.conference = $1 limit $2)";

/// Of those whose sessions have gone already.
const SOME_PARTICIPANTS: &str = "delete from participant where conference = $1 and id in
    (select p.id from participant p where p.conference = $1 and not exists
    (select 1 from participant_session s where s.conference = p.conference and s.participant = p.id) limit $2)";

const SOME_READERS: &str = "delete from conference_reader where conference = $1 and account in
    (select r.account from conference_reader r where r.conference = $1 limit $2)";

const SOME_REPORTED: &str = "delete from report_person where conference = $1 and account in
    (select p.account from report_person p where p.conference = $1 limit $2)";

const SOME_MOVED: &str = "insert into report_person (account, conference)
    select r.account, r.conference from conference_reader r where r.conference = $1 limit $2 on conflict do nothing";

const ALL_MOVED: &str = "insert into report_person (account, conference)
    select r.account, r.conference from conference_reader r where r.conference = $1 on conflict do nothing";

/// Of those whom the report has already.
const MOVED_READERS: &str = "delete from conference_reader where conference = $1 and account in
    (select p.account from report_person p where p.conference = $1)";

const REPORT_ONLY: &str =
    "update conference set is_report_only = 1, version = 0, modified_us = null, due_us = null where id = $1";

/// What was measured: how to see that one write cannot delete all of it, and what deletes some of it.
const MEASURED: [(&str, &str); 4] = [
    (MANY_PIECES, SOME_PIECES),
    (MANY_STREAMS, SOME_STREAMS),
    (MANY_PATHS, SOME_PATHS),
    (MANY_REPORTS, SOME_REPORTS),
];

/// The same of who was there.
const ATTENDED: [(&str, &str); 4] = [
    (MANY_SESSIONS, SOME_SESSIONS),
    (MANY_PARTICIPANTS, SOME_PARTICIPANTS),
    (MANY_READERS, SOME_READERS),
    (MANY_REPORTED, SOME_REPORTED),
];

impl Register {
    /// Deletes some of the records and of the reports that have expired, and says of how many conferences; the caller comes back at
    /// once while that is not 0.
    pub async fn delete_expired(&self, now: Micros) -> Result<usize, RegisterError> {
        let limit = i64::try_from(CONFERENCES_DELETED_AT_ONCE).expect("a small number");
        let a_year_ago_us = now.0.saturating_sub(REPORT_KEPT_US);
        let params = vec![now.0.into(), limit.into(), a_year_ago_us.into()];
        let expired = self.db.read(EXPIRED_CONFERENCES, params).await?;
        for row in &expired {
            let conference = row.text(0)?;
            self.thin_out(conference, &MEASURED).await?;
            let mut statements: Vec<Statement> = leftovers_of(conference, now).into();
            statements.extend(unmeasured(conference));
            if row.int(1)? == 1 {
                self.move_readers(conference).await?;
                let kept = [ALL_MOVED, MOVED_READERS, REPORT_ONLY];
                statements.extend(kept.map(|sql| Statement::new(sql, vec![conference.into()])));
            } else {
                self.thin_out(conference, &ATTENDED).await?;
                statements.extend(unattended(conference));
            }
            self.db.write(statements).await?;
        }
        let params = vec![a_year_ago_us.into(), limit.into()];
        let reports = self.db.read(EXPIRED_REPORTS, params).await?;
        for row in &reports {
            let conference = row.text(0)?;
            self.thin_out(conference, &ATTENDED).await?;
            self.db.write(unattended(conference).into()).await?;
        }
        Ok(expired.len() + reports.len())
    }

    /// Leaves as much of a conference as one write may delete.
    async fn thin_out(&self, conference: &str, tables: &[(&'static str, &'static str)]) -> Result<(), RegisterError> {
        let params = || vec![conference.into(), ROWS_DELETED_AT_ONCE.into()];
        for (many, some) in tables {
            while !self.db.read(many, params()).await?.is_empty() {
                self.db.write(vec![Statement::new(*some, params())]).await?;
            }
        }
        Ok(())
    }

    /// Leaves as many readers of a conference as one write may move to its report.
    async fn move_readers(&self, conference: &str) -> Result<(), RegisterError> {
        let params = || vec![conference.into(), ROWS_DELETED_AT_ONCE.into()];
        while !self.db.read(MANY_READERS, params()).await?.is_empty() {
            let some = Statement::new(SOME_MOVED, params());
            let moved = Statement::new(MOVED_READERS, vec![conference.into()]);
            self.db.write(vec![some, moved]).await?;
        }
        Ok(())
    }
}

/// Deletes what was measured of a conference.
fn unmeasured(conference: &str) -> [Statement; 5] {
    [
        "delete from stream_series where conference = $1",
        "delete from stream where conference = $1",
        "delete from session_path where conference = $1",
        "delete from session_report where conference = $1",
        "delete from setup_failure where conference = $1",
    ]
    .map(|sql| Statement::new(sql, vec![conference.into()]))
}

/// Deletes what is left of it then.
fn unattended(conference: &str) -> [Statement; 5] {
    [
        "delete from report_person where conference = $1",
        "delete from conference_reader where conference = $1",
        "delete from participant_session where conference = $1",
        "delete from participant where conference = $1",
        "delete from conference where id = $1",
    ]
    .map(|sql| Statement::new(sql, vec![conference.into()]))
}
