//! Changing a row that others change as well.
//!
//! An update says what is to be different, and what it says nothing of stays as it is: also what somebody else changed a moment ago. What is
//! checked of several fields together is checked of what is written. So a row is read, changed, and written only if it is still as it was
//! read; if it is not, the change is made of what is there then.

use db::{Row, Statement, Value};

use crate::{Calls, limits::CHANGE_TRIES_MAX};

impl Calls {
    /// Changes the row that `select` finds; if it finds none, that is `missing`. `change` makes of it what is answered, a statement that changes the row as
    /// it was read and no other, and a line of the audit log.
    pub(crate) async fn changed<Changed, Error: From<db::Error>>(
        &self,
        select: &str,
        params: Vec<Value>,
        missing: Error,
        change: impl Fn(&Row) -> Result<(Changed, Statement, Statement), Error>,
    ) -> Result<Changed, Error> {
        for tried in 1.. {
            let rows = self.db.read(select, params.clone()).await?;
            let Some(row) = rows.first() else { return Err(missing) };
            let (changed, write, line) = change(row)?;
            match self.db.write(vec![write.expect(1), line]).await {
                Ok(()) => return Ok(changed),
                Err(error) if error.is_conflict() && tried < CHANGE_TRIES_MAX => {}
                Err(error) => return Err(error.into()),
            }
        }
        unreachable!("the last try answers")
    }

    /// Writes what makes, changes or deletes one row, with its line of the audit log. Where it is not one, since there is none or one already,
    /// that is `otherwise`.
    pub(crate) async fn write_one<Error: From<db::Error>>(
        &self,
        write: Statement,
        line: Statement,
        otherwise: Error,
    ) -> Result<(), Error> {
        match self.db.write(vec![write.expect(1), line]).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_conflict() => Err(otherwise),
            Err(error) => Err(error.into()),
        }
    }
}
