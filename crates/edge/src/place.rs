//! The places of connections: [`Connections`], which decides, behind a lock.

use std::sync::{Arc, Mutex, PoisonError};

use http::Version;
use share::{Limit, Reports};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use crate::connections::{Connections, Id, Peer};
use crate::limits::Limits;

/// All places. Clones share them.
#[derive(Clone)]
pub(crate) struct Places {
    connections: Arc<Mutex<Connections<CancellationToken>>>,
    limit: Arc<Limit>,
}

/// The place of one connection, until it is dropped.
pub(crate) struct Place {
    all: Places,
    id: Id,
    ended: CancellationToken,
}

/// A request of a connection, until it is dropped.
pub(crate) struct UnderWay(Arc<Place>);

impl Places {
    pub(crate) fn new(limits: Limits, reports: &Reports) -> Places {
        Places {
            connections: Arc::new(Mutex::new(Connections::new(limits))),
            limit: reports.limit("connections"),
        }
    }

    /// A place, if there is one or somebody gives way.
    pub(crate) fn enter(&self, peer: Peer) -> Option<Arc<Place>> {
        let ended = CancellationToken::new();
        let entered = self.change(|connections| connections.enter(peer, ended.clone(), Instant::now()));
        if !matches!(entered, Ok((_, None))) {
            self.limit.reached(&peer.client);
        }
        let (id, gives_way) = entered.ok()?;
        if let Some(other) = gives_way {
            other.cancel();
        }
        let all = self.clone();
        Some(Arc::new(Place { all, id, ended }))
    }

    /// Somebody gives way.
    pub(crate) fn make_room(&self) {
        if let Some(other) = self.change(|connections| connections.make_room(Instant::now())) {
            other.cancel();
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Connections<CancellationToken>) -> T) -> T {
        // What is counted is never left half changed, so a panic elsewhere does not spoil it.
        change(&mut self.connections.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Place {
    /// Until when the connection may stay as it is, or is to be looked at again.
    pub(crate) fn patience(&self) -> Instant {
        self.all
            .change(|connections| connections.patience(self.id, Instant::now()))
    }

    /// Waits until it has to give way to another.
    pub(crate) fn gives_way(&self) -> WaitForCancellationFuture<'_> {
        self.ended.cancelled()
    }

    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>, version: Version) -> UnderWay {
        self.all
            .change(|connections| connections.begin(self.id, version, Instant::now()));
        UnderWay(Arc::clone(self))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.change(|connections| connections.leave(self.id));
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let UnderWay(place) = self;
        place
            .all
            .change(|connections| connections.end(place.id, Instant::now()));
    }
}
