//! Work that nobody waits for.

use std::time::Duration;

use audit::Log;
use calls::Calls;
use recording::{Spool, Store};
use register::Register;

use crate::{clock, limits};
use register::chain;

/// Deletes what has expired, for ever. Reads hide it from the second it expires; this only frees the space.
pub(crate) async fn expire(register: Register) {
    let mut ticks = tokio::time::interval(limits::EXPIRY_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match register.delete_expired(clock::steady()).await {
                Ok(0) => break,
                Ok(conferences) => tracing::info!(conferences, "expired conferences were deleted"),
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "expired conferences could not be deleted");
                    break;
                }
            }
        }
    }
}

/// Deletes recordings that are as old as their project keeps them, and files that nothing names any more, for ever.
pub(crate) async fn expire_recordings(calls: Calls, spool: Spool, store: Store) {
    let mut ticks = tokio::time::interval(limits::RECORDINGS_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match calls.delete_expired_recordings(&spool, &store, clock::now_us()).await {
                Ok(0) => break,
                Ok(recordings) => tracing::info!(recordings, "recordings that were as old as they may be were deleted"),
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "expired recordings could not be deleted");
                    break;
                }
            }
        }
        loop {
            match calls.sweep_leftovers(&spool, &store, clock::now_us()).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "files of deleted recordings could not be removed; it is tried again");
                    break;
                }
            }
        }
    }
}

/// Deletes what was said by SIP about calls that ended too long ago, for ever. Reads hide it from the second it expires.
pub(crate) async fn expire_signalling(calls: Calls) {
    let mut ticks = tokio::time::interval(limits::EXPIRY_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match calls.delete_expired_signalling(clock::steady().0).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "old messages of SIP could not be deleted");
                    break;
                }
            }
        }
    }
}

/// Publishes call records that are due, for ever. What a server that was killed had not published is due when it is back.
pub(crate) async fn publish(register: Register) {
    let mut ticks = tokio::time::interval(limits::PUBLISH_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match register.publish(clock::steady()).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "call records could not be published; it is tried again");
                    break;
                }
            }
        }
    }
}

/// Writes what the audit log has counted, and deletes what is too old in it; `None` keeps it for ever.
pub(crate) async fn keep_log(log: Log, retention: Option<Duration>) {
    let mut ticks = tokio::time::interval(limits::AUDIT_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now_us = clock::now_us();
        if let Err(error) = log.write_counts(now_us).await {
            tracing::warn!(error = %chain(&error), "refusals could not be written into the audit log");
        }
        let Some(retention) = retention else { continue };
        loop {
            match log.delete_before(now_us - clock::micros(retention)).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(error = %chain(&error), "old lines of the audit log could not be deleted");
                    break;
                }
            }
        }
    }
}
