//! Whether the server is ready: whether a join would be accepted now. `/readyz` and gRPC's own health check say the same.
//!
//! A join is a durable write, so the database is asked for one: a disk that is full, or a database that another server has taken
//! over, still reads. Anybody may ask, so one answer serves all who ask within a moment, and one write is made for it.

use std::sync::Arc;
use std::time::Instant;

use db::Db;
use register::chain;
use rooms::Rooms;
use tokio::sync::Mutex;

use crate::{clock, limits};

/// What is looked at, and what the database answered last, and when.
#[derive(Clone)]
pub(crate) struct Readiness {
    db: Db,
    rooms: Rooms,
    answered: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Readiness {
    pub(crate) fn new(db: Db, rooms: Rooms) -> Readiness {
        Readiness {
            db,
            rooms,
            answered: Arc::default(),
        }
    }

    /// How it is now; if not ready, why not, as a line of text.
    pub(crate) async fn look(&self) -> Result<(), &'static str> {
        if self.rooms.is_draining() {
            return Err("draining\n");
        }
        if !self.rooms.has_media() {
            return Err("the media plane has stopped\n");
        }
        if self.takes_writes().await {
            Ok(())
        } else {
            Err("the register takes nothing\n")
        }
    }

    /// Who asks while the database is asked waits for its answer.
    async fn takes_writes(&self) -> bool {
        let mut answered = self.answered.lock().await;
        if let Some((at, takes)) = *answered
            && clock::instant().saturating_duration_since(at) < limits::READINESS_LASTS
        {
            return takes;
        }
        let asked = self.db.ping().await;
        if let Err(error) = &asked {
            tracing::error!(error = %chain(error), "the register takes nothing");
        }
        *answered = Some((clock::instant(), asked.is_ok()));
        asked.is_ok()
    }
}
