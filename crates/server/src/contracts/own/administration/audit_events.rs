//! Who did what, from where and when: `auditEvents/{event}`.

use api::sederunt::v1 as api;
use audit::{Action, By, Query};
use identity::{AuditEvent, Identity};
use prost_types::Timestamp;

use super::pages::requested_page;
use super::{failures, timestamp};
use crate::failure::{Answer, Failure};

pub(super) async fn list(
    identity: &Identity,
    message: &api::ListAuditEventsRequest,
) -> Answer<api::ListAuditEventsResponse> {
    let page = requested_page(message.page_size, &message.page_token)?;
    let query = Query {
        actor: message.actor.clone(),
        subject: message.subject.clone(),
        action: message.action.clone(),
        start_us: message.start_time.map(micros),
        end_us: message.end_time.map(micros),
        size: page.size,
        after: page.after.map(str::to_owned),
    };
    let events = identity.audit_events(&query).await;
    let (events, next) = events.map_err(|error| failures::account(&error))?;
    Ok(api::ListAuditEventsResponse {
        audit_events: events.into_iter().map(event_to_wire).collect(),
        next_page_token: next.unwrap_or_default(),
    })
}

/// The same; whoever takes the log away asks for its first page once.
pub(super) async fn export(
    identity: &Identity,
    message: &api::ListAuditEventsRequest,
    by: &By,
) -> Answer<api::ListAuditEventsResponse> {
    if message.page_token.is_empty() {
        let written = identity.log().write(vec![by.did(Action::AuditExport, "", "")]).await;
        written.map_err(|error| Failure::unreachable(&error, "the audit log cannot be written"))?;
    }
    list(identity, message).await
}

fn event_to_wire(line: AuditEvent) -> api::AuditEvent {
    let AuditEvent {
        event,
        actor_email,
        subject_email,
    } = line;
    api::AuditEvent {
        name: format!("auditEvents/{}", event.id),
        time: Some(timestamp(event.time_us)),
        actor: event.actor,
        actor_email: actor_email.unwrap_or_default(),
        app: event.app.map(|app| format!("apps/{app}")).unwrap_or_default(),
        action: event.action,
        subject: event.subject,
        subject_email: subject_email.unwrap_or_default(),
        detail: event.detail,
        client_address: event.client.unwrap_or_default(),
        refused: event.refused,
        times: event.times,
    }
}

/// A time of the wire as the log counts it.
fn micros(time: Timestamp) -> i64 {
    let micros = i64::from(time.nanos) / 1_000;
    time.seconds.saturating_mul(1_000_000).saturating_add(micros)
}
