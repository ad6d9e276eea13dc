//! Work that nobody waits for.

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
            match register.delete_expired(meeting::Micros(clock::now_us())).await {
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
