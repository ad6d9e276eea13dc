//! Telling whoever asked what happened: from the outbox to their servers, and what became of it back.
//!
//! It goes in rounds, each of which begins with what is in the database: a server that starts again goes on with what the one before
//! it left. What is being tried is remembered here alone, since one process serves a database.
//!
//! Receivers are strangers' servers, so no receiver may cost another one anything. Each is asked a few things at once and no more,
//! whoever subscribed; whoever is slow or gone has its own few places filled and no one else's. What a receiver answers
//! beyond its status is not read. How a thing is said, and whether its receiver may still hear it, is the contract's that made
//! the subscription ([`Correspondent`]). Where nobody subscribed and the fact says whom, how it is told is the contract's, too
//! ([`Notifier`]).

mod places;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::StatusCode;
use outbox::{Delivery, Next, Notice, Outbox, Outcome, Subscription, Topic};
use register::chain;
use tokio::task::{Id, JoinSet};

use crate::failure::Failure;
use crate::installation::Installation;
use crate::metrics::Metrics;
use crate::outgoing::{Receivers, Unanswering};
use crate::turned_away::TurnedAway;
use crate::{clock, limits, random};

use places::{Errand, Places};

/// How a contract tells those who subscribed by it.
pub(crate) trait Correspondent: Send + Sync {
    /// By which name its subscriptions are kept.
    fn contract(&self) -> &'static str;

    /// Whether a subscription's owner may still hear what it asked for.
    fn may_hear<'a>(&'a self, subscription: &'a Subscription) -> BoxFuture<'a, Result<bool, Failure>>;

    /// What is said, as JSON.
    fn letter(&self, subscription: &Subscription, delivery: &Delivery) -> Bytes;
}

/// How a contract tells those whom a fact of its names.
pub(crate) trait Notifier: Send + Sync {
    /// Which facts are its own.
    fn topics(&self) -> &'static [Topic];

    /// Tells somebody. What they may hear was decided when the fact was written, so it is told or it is not.
    fn tell<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), Box<dyn Error + Send + Sync>>>;
}

/// Delivers, for ever.
pub(crate) async fn deliver(
    installation: Installation,
    correspondents: Vec<Arc<dyn Correspondent>>,
    notifiers: Vec<Arc<dyn Notifier>>,
) {
    let shared = Arc::new(Shared {
        outbox: installation.outbox,
        receivers: installation.receivers,
        metrics: installation.metrics,
    });
    let deliverer = Deliverer {
        shared: Arc::clone(&shared),
        correspondents,
        notifiers,
        tries: JoinSet::new(),
        places: Places::new(),
        rounds: 0,
    };
    tokio::join!(deliverer.go_round(), shared.keep_tidy());
}

fn tell_failure(error: &db::Error) {
    tracing::warn!(error = %chain(error), "the outbox cannot be read or written; what waits there waits longer");
}

/// What the log hears of receivers that are not told.
static UNTOLD: TurnedAway =
    TurnedAway::new("somebody could not be told what they wait for; it is tried again for some hours");

struct Deliverer {
    shared: Arc<Shared>,
    correspondents: Vec<Arc<dyn Correspondent>>,
    notifiers: Vec<Arc<dyn Notifier>>,
    tries: JoinSet<()>,
    places: Places<Id>,
    rounds: usize,
}

struct Shared {
    outbox: Outbox,
    receivers: Receivers,
    metrics: Arc<Metrics>,
}

/// Whom something is due for.
enum Addressee {
    /// Somebody who asked to be told.
    Subscriber(Subscription),
    /// A server that facts name.
    Named(String),
}

/// Why somebody was not told.
#[derive(Debug, thiserror::Error)]
enum Untold {
    #[error("subscription {0}")]
    Unanswered(outbox::SubscriptionId, #[source] Unanswering),
    #[error("subscription {0} was answered {1}")]
    Refused(outbox::SubscriptionId, StatusCode),
}

impl Deliverer {
    async fn go_round(mut self) {
        loop {
            let pause = match self.round(clock::steady().0).await {
                Ok(0) => limits::OUTBOX_INTERVAL,
                Ok(_) => limits::OUTBOX_INTERVAL_BUSY,
                Err(error) => {
                    tell_failure(&error);
                    limits::OUTBOX_INTERVAL
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Begins to tell what is due and has a place, and says how much is being told now.
    async fn round(&mut self, now_us: i64) -> Result<usize, db::Error> {
        while let Some(ended) = self.tries.try_join_next_with_id() {
            let id = ended.map_or_else(|panicked| panicked.id(), |(id, ())| id);
            self.places.free(&id);
        }
        let outbox = self.shared.outbox.clone();
        while outbox.spread(now_us).await? > 0 {}
        outbox.remind(now_us).await?;
        let subscribers = outbox.awaiting(now_us).await?.into_iter().map(Addressee::Subscriber);
        let named = outbox
            .receivers_awaiting(now_us)
            .await?
            .into_iter()
            .map(Addressee::Named);
        let mut awaiting: Vec<Addressee> = subscribers.chain(named).collect();
        // Where there are more than places, each comes first in turn.
        self.rounds = self.rounds.wrapping_add(1);
        let first = self.rounds.checked_rem(awaiting.len()).unwrap_or_default();
        awaiting.rotate_left(first);
        for addressee in awaiting {
            if self.places.are_full() {
                break;
            }
            match addressee {
                Addressee::Subscriber(subscription) => self.tell_subscriber(subscription, now_us).await?,
                Addressee::Named(receiver) => self.tell_named(&receiver, now_us).await?,
            }
        }
        Ok(self.places.taken())
    }

    /// Begins to tell a subscription what is due to it.
    async fn tell_subscriber(&mut self, subscription: Subscription, now_us: i64) -> Result<(), db::Error> {
        let of_contract = |one: &&Arc<dyn Correspondent>| one.contract() == subscription.contract;
        // A contract that is not served any more tells nobody anything; what waits for it expires.
        let Some(correspondent) = self.correspondents.iter().find(of_contract).cloned() else {
            return Ok(());
        };
        let due = self
            .shared
            .outbox
            .due(&subscription.id, limits::DELIVERIES_PER_RECEIVER_MAX, now_us)
            .await?;
        let subscription = Arc::new(subscription);
        for delivery in due {
            let (errand, url) = (Errand::from(&delivery), subscription.address_of(delivery.kind));
            let (shared, correspondent) = (Arc::clone(&self.shared), Arc::clone(&correspondent));
            let of = Arc::clone(&subscription);
            let tell = async move { shared.tell(&*correspondent, &of, &delivery).await };
            if !self.begin(errand, url, tell) {
                break;
            }
        }
        Ok(())
    }

    /// Begins to tell a server what facts say that it hears.
    async fn tell_named(&mut self, receiver: &str, now_us: i64) -> Result<(), db::Error> {
        let most = limits::DELIVERIES_PER_RECEIVER_MAX;
        let due = self.shared.outbox.notices_due(receiver, most, now_us).await?;
        for notice in due {
            let of_topic = |one: &&Arc<dyn Notifier>| one.topics().contains(&notice.topic);
            // A contract that is not served any more tells nobody anything; what waits for it expires.
            let Some(notifier) = self.notifiers.iter().find(of_topic).cloned() else {
                continue;
            };
            let (errand, address) = (Errand::from(&notice), notice.address.clone());
            let shared = Arc::clone(&self.shared);
            let tell = async move { shared.notify(&*notifier, &notice).await };
            if !self.begin(errand, Some(&address), tell) {
                break;
            }
        }
        Ok(())
    }

    /// Begins one errand, unless it is under way; `false` if there is no place for another at this address.
    fn begin(&mut self, errand: Errand, url: Option<&str>, tell: impl Future<Output = ()> + Send + 'static) -> bool {
        if self.places.have(&errand) {
            return true;
        }
        let origin = url.and_then(|url| self.shared.receivers.check(url).ok());
        if !self.places.have_room_for(origin.as_ref()) {
            return false;
        }
        let started = self.tries.spawn(tell);
        self.places.take(started.id(), errand, origin);
        true
    }
}

impl Shared {
    async fn keep_tidy(&self) {
        loop {
            if let Err(error) = self.tidy(clock::steady().0).await {
                tell_failure(&error);
            }
            tokio::time::sleep(limits::OUTBOX_TIDY_INTERVAL).await;
        }
    }

    /// Deletes what has expired, and counts what waits.
    async fn tidy(&self, now_us: i64) -> Result<(), db::Error> {
        self.outbox.delete_expired(now_us).await?;
        let backlog = self.outbox.backlog().await?;
        let oldest = backlog
            .oldest_us
            .map_or(0, |since_us| now_us.saturating_sub(since_us).max(0));
        self.metrics
            .notifications_wait(backlog.deliveries, Duration::from_micros(oldest.unsigned_abs()));
        Ok(())
    }

    /// Tells somebody something, and writes what became of it.
    async fn tell(&self, correspondent: &dyn Correspondent, subscription: &Subscription, delivery: &Delivery) {
        match correspondent.may_hear(subscription).await {
            Ok(true) => {}
            // It is already being told that it hears nothing any more.
            Ok(false) if delivery.kind == outbox::Kind::Removed => {}
            Ok(false) => {
                if let Err(error) = self.outbox.remove(&subscription.id, clock::steady().0).await {
                    tell_failure(&error);
                    tokio::time::sleep(limits::RETRY_WAIT).await;
                }
                return;
            }
            Err(failure) => {
                tracing::warn!(?failure, "it cannot be told whether a subscriber may still hear");
                return tokio::time::sleep(limits::RETRY_WAIT).await;
            }
        }
        let outcome = match subscription.address_of(delivery.kind) {
            Some(url) => {
                self.post(url, correspondent.letter(subscription, delivery), subscription)
                    .await
            }
            None => Outcome::Told,
        };
        let now_us = clock::steady().0;
        let next = delivery
            .tries
            .after(outcome, now_us, u16::from_ne_bytes(random::bytes()));
        self.count(next);
        // It keeps its place until this is written, or it would be told again and again.
        while let Err(error) = self.outbox.settle(delivery, next, now_us).await {
            tell_failure(&error);
            tokio::time::sleep(limits::RETRY_WAIT).await;
        }
    }

    /// Tells somebody whom a fact names, and writes what became of it.
    async fn notify(&self, notifier: &dyn Notifier, notice: &Notice) {
        let outcome = match notifier.tell(notice).await {
            Ok(()) => Outcome::Told,
            Err(untold) => {
                UNTOLD.tell(&*untold);
                Outcome::Failed
            }
        };
        let next = notice.after(outcome, clock::steady().0);
        self.count(next);
        // It keeps its place until this is written, or it would be told again and again.
        while let Err(error) = self.outbox.settle_notice(notice, next).await {
            tell_failure(&error);
            tokio::time::sleep(limits::RETRY_WAIT).await;
        }
    }

    fn count(&self, next: Next) {
        self.metrics.notified(match next {
            Next::Done => "told",
            Next::Again { .. } => "failed",
            Next::Dropped => "dropped",
        });
    }

    async fn post(&self, url: &str, letter: Bytes, subscription: &Subscription) -> Outcome {
        let answer = self
            .receivers
            .post(url, "application/json; charset=utf-8", letter, 0)
            .await;
        let untold = match answer {
            Ok(answer) if answer.status.is_success() => return Outcome::Told,
            Ok(answer) => Untold::Refused(subscription.id.clone(), answer.status),
            Err(unanswering) => Untold::Unanswered(subscription.id.clone(), unanswering),
        };
        UNTOLD.tell(&untold);
        Outcome::Failed
    }
}
