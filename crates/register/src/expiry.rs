//! Deleting what has expired. It is invisible already: this only gives the space back, a conference at a time and of a big one
//! some rows at a time, so that no join waits behind it for long: a conference may have been open for a year.

use crate::{
    Register, RegisterError,
    limits::{CONFERENCES_DELETED_AT_ONCE, ROWS_DELETED_AT_ONCE},
    recording_files::leftovers_of,
};
use db::Statement;
use meeting::Micros;

pub(crate) const EXPIRED_CONFERENCES: &str = "
    select c.id from conference c
    where c.end_us is not null and c.expire_us <= $1
    and not exists (select 1 from meeting_recording r where r.conference = c.id and r.is_held = 1)
    order by c.expire_us limit $2";

/// Whether a conference has more than so many rows.
pub(crate) const MANY_SESSIONS: &str = "select 1 from participant_session s where s.conference = $1 limit 1 offset $2";

pub(crate) const MANY_PARTICIPANTS: &str = "select 1 from participant p where p.conference = $1 limit 1 offset $2";

pub(crate) const MANY_READERS: &str = "select 1 from conference_reader r where r.conference = $1 limit 1 offset $2";

pub(crate) const MANY_STREAMS: &str = "select 1 from stream t where t.conference = $1 limit 1 offset $2";

pub(crate) const MANY_PIECES: &str = "select 1 from stream_series z where z.conference = $1 limit 1 offset $2";

pub(crate) const MANY_PATHS: &str = "select 1 from session_path w where w.conference = $1 limit 1 offset $2";

pub(crate) const MANY_REPORTS: &str = "select 1 from session_report r where r.conference = $1 limit 1 offset $2";

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

impl Register {
    /// Deletes some of the records that have expired, and says of how many conferences; the caller comes back at once
    /// while that is not 0.
    pub async fn delete_expired(&self, now: Micros) -> Result<usize, RegisterError> {
        let limit = i64::try_from(CONFERENCES_DELETED_AT_ONCE).expect("a small number");
        let expired = self
            .db
            .read(EXPIRED_CONFERENCES, vec![now.0.into(), limit.into()])
            .await?;
        for row in &expired {
            let conference = row.text(0)?;
            self.thin_out(conference).await?;
            let deletions = [
                "delete from stream_series where conference = $1",
                "delete from stream where conference = $1",
                "delete from session_path where conference = $1",
                "delete from session_report where conference = $1",
                "delete from setup_failure where conference = $1",
                "delete from conference_reader where conference = $1",
                "delete from participant_session where conference = $1",
                "delete from participant where conference = $1",
                "delete from conference where id = $1",
            ];
            let mut statements: Vec<Statement> = leftovers_of(conference, now).into();
            statements.extend(deletions.map(|sql| Statement::new(sql, vec![conference.into()])));
            self.db.write(statements).await?;
        }
        Ok(expired.len())
    }
    /// Leaves as much of a conference as one write may delete.
    async fn thin_out(&self, conference: &str) -> Result<(), RegisterError> {
        let params = || vec![conference.into(), ROWS_DELETED_AT_ONCE.into()];
        for (many, some) in [
            (MANY_PIECES, SOME_PIECES),
            (MANY_STREAMS, SOME_STREAMS),
            (MANY_PATHS, SOME_PATHS),
            (MANY_REPORTS, SOME_REPORTS),
            (MANY_SESSIONS, SOME_SESSIONS),
            (MANY_PARTICIPANTS, SOME_PARTICIPANTS),
            (MANY_READERS, SOME_READERS),
        ] {
            while !self.db.read(many, params()).await?.is_empty() {
                self.db.write(vec![Statement::new(some, params())]).await?;
            }
        }
        Ok(())
    }
}
