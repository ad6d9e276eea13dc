//! Writing the whole file anew, so that nothing is left of what was deleted.
//!
//! A deleted row stays in its page until something else needs the place, and an older state of the page stays in the log. So
//! the file is rebuilt from what is alive, and then the log is moved into it and cut to nothing.

use super::{engine_error::translate, never_interrupt};
use crate::{Error, Limits};
use rusqlite::Connection;
use std::{
    thread,
    time::{Duration, Instant},
};

pub(super) fn scrub(connection: &mut Connection, limits: Limits) -> Result<(), Error> {
    never_interrupt(connection)?;
    connection.execute_batch("vacuum").map_err(translate)?;
    // A reader that began before sees the old state in the log: it is soon gone, as reads have a time limit.
    let deadline = Instant::now() + limits.read_timeout + limits.write_timeout;
    while !cut_log(connection)? {
        if Instant::now() >= deadline {
            let reason = "somebody has been reading for too long for the log to be cut";
            return Err(Error::Timeout {
                source: std::sync::Arc::new(std::io::Error::other(reason)),
            });
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Moves the log into the file and cuts it, unless somebody still reads from it.
fn cut_log(connection: &Connection) -> Result<bool, Error> {
    let busy: i64 = connection
        .query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))
        .map_err(translate)?;
    Ok(busy == 0)
}
