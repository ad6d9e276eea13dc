//! Programs with roles of their own: `daemons/{client_id}`, and what they sign in with: `daemons/{client_id}/credentials/{id}`.

use std::time::Duration;

use api::sederunt::v1 as api;
use audit::By;
use identity::{AppRole, AppRoles, Daemon, DaemonCredential, DaemonCredentialKind, Identity};

use super::pages::requested_page;
use super::{failures, timestamp};
use crate::failure::{Answer, Failure};
use crate::names;

const COLLECTION: &str = "daemons";

pub(super) async fn list(identity: &Identity, message: &api::ListDaemonsRequest) -> Answer<api::ListDaemonsResponse> {
    let page = requested_page(message.page_size, &message.page_token)?;
    let daemons = identity
        .list_daemons(page)
        .await
        .map_err(|error| failures::app(&error))?;
    Ok(api::ListDaemonsResponse {
        daemons: daemons.items.into_iter().map(daemon_to_wire).collect(),
        next_page_token: daemons.next.unwrap_or_default(),
        tenant: identity.tenant().to_string(),
    })
}

pub(super) async fn create(identity: &Identity, message: &api::CreateDaemonRequest, by: &By) -> Answer<api::Daemon> {
    let roles = roles_of_wire(&message.roles)?;
    let made = identity.create_daemon(&message.display_name, roles, by).await;
    made.map(daemon_to_wire).map_err(|error| failures::app(&error))
}

pub(super) async fn update(identity: &Identity, message: &api::UpdateDaemonRequest, by: &By) -> Answer<api::Daemon> {
    let [client_id] = names::split("name", &message.name, [COLLECTION])?;
    let roles = roles_of_wire(&message.roles)?;
    let changed = identity.set_daemon_roles(client_id, roles, by).await;
    changed.map(daemon_to_wire).map_err(|error| failures::app(&error))
}

pub(super) async fn delete(identity: &Identity, message: &api::DeleteDaemonRequest, by: &By) -> Answer<()> {
    let [client_id] = names::split("name", &message.name, [COLLECTION])?;
    let deleted = identity.delete_daemon(client_id, by).await;
    deleted.map_err(|error| failures::app(&error))
}

pub(super) async fn list_credentials(
    identity: &Identity,
    message: &api::ListDaemonCredentialsRequest,
) -> Answer<api::ListDaemonCredentialsResponse> {
    let [client_id] = names::split("parent", &message.parent, [COLLECTION])?;
    let credentials = identity.list_daemon_credentials(client_id).await;
    let credentials = credentials.map_err(|error| failures::app(&error))?.into_iter();
    Ok(api::ListDaemonCredentialsResponse {
        credentials: credentials.map(|one| credential_to_wire(client_id, &one)).collect(),
    })
}

pub(super) async fn create_credential(
    identity: &Identity,
    message: &api::CreateDaemonCredentialRequest,
    by: &By,
) -> Answer<api::CreateDaemonCredentialResponse> {
    let [client_id] = names::split("parent", &message.parent, [COLLECTION])?;
    let (credential, secret) = if message.certificate.is_empty() {
        let made = identity.create_daemon_secret(client_id, ttl(message.days)?, by).await;
        made.map(|(credential, secret)| (credential, Some(secret)))
    } else {
        let taken = identity.create_daemon_certificate(client_id, message.certificate.as_bytes(), by);
        taken.await.map(|credential| (credential, None))
    }
    .map_err(|error| failures::daemon_credential(&error))?;
    Ok(api::CreateDaemonCredentialResponse {
        credential: Some(credential_to_wire(client_id, &credential)),
        environment: identity.daemon_environment(client_id, secret.as_ref()),
        client_secret: secret.map(|secret| secret.expose()).unwrap_or_default(),
    })
}

pub(super) async fn delete_credential(
    identity: &Identity,
    message: &api::DeleteDaemonCredentialRequest,
    by: &By,
) -> Answer<()> {
    let [client_id, id] = names::split("name", &message.name, [COLLECTION, "credentials"])?;
    let deleted = identity.delete_daemon_credential(client_id, id, by).await;
    deleted.map_err(|error| failures::app(&error))
}

/// For how long a secret is to be valid.
fn ttl(days: i32) -> Answer<Option<Duration>> {
    let days = u64::try_from(days).map_err(|_| Failure::field("days", "it is negative"))?;
    Ok((days > 0).then(|| Duration::from_hours(24 * days)))
}

fn roles_of_wire(names: &[String]) -> Answer<AppRoles> {
    let roles = names.iter().map(|name| name.parse::<AppRole>());
    roles
        .collect::<Result<_, _>>()
        .map_err(|unknown| Failure::field("roles", unknown.to_string()))
}

fn daemon_to_wire(daemon: Daemon) -> api::Daemon {
    api::Daemon {
        name: daemon.resource_name(),
        display_name: daemon.name,
        roles: daemon.roles.iter().map(|role| role.name().to_owned()).collect(),
        create_time: Some(timestamp(daemon.create_us)),
    }
}

fn credential_to_wire(client_id: &str, credential: &DaemonCredential) -> api::DaemonCredential {
    let kind = match credential.kind {
        DaemonCredentialKind::Secret => api::DaemonCredentialKind::Secret,
        DaemonCredentialKind::Certificate => api::DaemonCredentialKind::Certificate,
    };
    api::DaemonCredential {
        name: format!("{COLLECTION}/{client_id}/credentials/{}", credential.id),
        kind: kind.into(),
        create_time: Some(timestamp(credential.create_us)),
        expire_time: credential.expire_us.map(timestamp),
    }
}
