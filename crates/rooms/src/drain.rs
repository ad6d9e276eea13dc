//! Stopping in good order: nobody enters, those inside get some time, then every session ends as a fact and its client is told that the
//! server restarts. The conferences stay open: the next start waits for their people, as after a crash.

use std::time::Duration;

use meeting::{Input, SpaceId};
use register::chain;
use tokio::task::JoinSet;

use crate::limits;
use crate::rooms::{InputError, Rooms};

/// Lets nobody in, waits until all have left or `patience` has passed, and ends the sessions that are left.
pub async fn drain(rooms: &Rooms, patience: Duration) {
    rooms.drain();
    let emptied = async {
        while rooms.sessions() > 0 {
            tokio::time::sleep(limits::LEFT_INTERVAL).await;
        }
    };
    let waited = tokio::time::timeout(patience, emptied).await;
    if waited.is_err() {
        tracing::info!(
            sessions = rooms.sessions(),
            "the time to leave has passed; the sessions end, and their meetings wait for the next start"
        );
    }
    let mut closing = JoinSet::new();
    for space in rooms.spaces() {
        closing.spawn(close(rooms.clone(), space));
    }
    let any = !closing.is_empty();
    closing.join_all().await;
    if any {
        tokio::time::sleep(limits::FAREWELL_TIMEOUT).await;
    }
    // What was measured last came while the clients were told.
    if let Err(error) = rooms.write_measured().await {
        tracing::warn!(error = %chain(&error), "what was measured last could not be written");
    }
}

async fn close(rooms: Rooms, space: SpaceId) {
    for _ in 0..limits::CLOSE_ATTEMPTS_MAX {
        match rooms.input(space.clone(), Input::Shutdown).await {
            Err(InputError::Register(_) | InputError::Panicked(_)) => tokio::time::sleep(limits::CLOSE_PAUSE).await,
            Ok(()) | Err(_) => return,
        }
    }
    tracing::error!(%space, "a conference could not be closed; the next start ends it as after a crash");
}
