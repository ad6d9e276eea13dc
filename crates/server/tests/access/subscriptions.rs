//! Subscriptions that are there: one of the caller's own, whoever that is, and one of somebody else's.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use outbox::{Outbox, Subscription, SubscriptionId, Topic};
use serde_json::json;
use server::clock;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::callers::Caller;
use crate::cases::Case;

const OWN: Case = Case("one of the caller's own");
const ANOTHERS: Case = Case("one of somebody else's");

/// What an operation is asked about: one that names a subscription, of both.
pub(crate) fn cases(path: &str) -> Vec<Case> {
    if path.contains("SUBSCRIPTION") {
        vec![OWN, ANOTHERS]
    } else {
        vec![Case("")]
    }
}

/// Writes one, as if it had been made a moment ago. Of a caller whom nobody knows none is their own.
pub(crate) async fn make(outbox: &Outbox, case: Case, caller: &Caller) -> Subscription {
    static MADE: AtomicU8 = AtomicU8::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let id = SubscriptionId::from_random([number; 16]);
    let owner = caller.actor.clone().filter(|_| case == OWN);
    let now_us = clock::now_us();
    let terms = json!({
        "resource": "communications/callRecords",
        "changeType": "updated",
        "clientState": "a secret",
        "creatorId": "somebody",
    });
    let subscription = Subscription {
        topic: Topic::CallRecords,
        contract: "graph".to_owned(),
        owner: owner.unwrap_or_else(|| format!("daemons/{id}")),
        account: None,
        first_only: false,
        address: "https://receiver.example/told".to_owned(),
        lifecycle_address: None,
        terms: terms.to_string(),
        create_us: now_us,
        expire_us: now_us + 3_600_000_000,
        id,
    };
    outbox.subscribe(&subscription).await.expect("there is room");
    subscription
}

/// What one is renewed with.
pub(crate) fn renewal() -> String {
    let until = OffsetDateTime::now_utc() + Duration::from_hours(24);
    json!({"expirationDateTime": until.format(&Rfc3339).expect("a year of four digits")}).to_string()
}

/// Whoever is refused has changed nothing.
pub(crate) async fn holds(outbox: &Outbox, made: &Subscription) {
    let found = outbox.subscription(&made.contract, &made.id, clock::now_us()).await;
    assert_eq!(found.expect("readable").as_ref(), Some(made));
}

/// Nobody may have many.
pub(crate) async fn end(outbox: &Outbox, made: &Subscription) {
    let ended = outbox.unsubscribe(&made.id, clock::now_us()).await;
    ended.expect("writable");
}
