//! Deleting what has expired. It is invisible already: this only gives the space back, a conference at a time, so that no
//! join waits behind it for long.

use crate::{Register, RegisterError, limits::CONFERENCES_DELETED_AT_ONCE};
use db::Statement;
use meeting::Micros;

pub(crate) const EXPIRED_CONFERENCES: &str = "
    select c.id from conference c
    where c.end_us is not null and c.expire_us <= $1
    order by c.expire_us limit $2";

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
            let deletions = [
                "delete from conference_reader where conference = $1",
                "delete from participant_session where conference = $1",
                "delete from participant where conference = $1",
                "delete from conference where id = $1",
            ];
            let statements = deletions.map(|sql| Statement::new(sql, vec![conference.into()]));
            self.db.write(statements.to_vec()).await?;
        }
        Ok(expired.len())
    }
}
