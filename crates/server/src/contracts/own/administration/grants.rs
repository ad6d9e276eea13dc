//! Which service accounts may act as any user (domain-wide delegation): `grants/{client_id}`.

use api::sederunt::v1 as api;
use audit::By;
use identity::{Delegation, Identity, Scope, Scopes};

use super::failures;
use super::pages::requested_page;
use crate::failure::{Answer, Failure};
use crate::names;

pub(super) async fn list(identity: &Identity, message: &api::ListGrantsRequest) -> Answer<api::ListGrantsResponse> {
    let page = requested_page(message.page_size, &message.page_token)?;
    let grants = identity
        .list_delegations(page)
        .await
        .map_err(|error| failures::app(&error))?;
    Ok(api::ListGrantsResponse {
        grants: grants.items.into_iter().map(grant_to_wire).collect(),
        next_page_token: grants.next.unwrap_or_default(),
    })
}

pub(super) async fn create(identity: &Identity, message: &api::CreateGrantRequest, by: &By) -> Answer<api::Grant> {
    let scopes = message.scopes.iter().map(|name| name.parse::<Scope>());
    let scopes: Scopes = scopes
        .collect::<Result<_, _>>()
        .map_err(|unknown| Failure::field("scopes", unknown.to_string()))?;
    let grant = identity.grant_delegation(&message.client_id, scopes, by);
    grant.await.map(grant_to_wire).map_err(|error| failures::app(&error))
}

pub(super) async fn delete(identity: &Identity, message: &api::DeleteGrantRequest, by: &By) -> Answer<()> {
    let [client_id] = names::split("name", &message.name, ["grants"])?;
    identity
        .delete_delegation(client_id, by)
        .await
        .map_err(|error| failures::app(&error))
}

fn grant_to_wire(grant: Delegation) -> api::Grant {
    api::Grant {
        name: format!("grants/{}", grant.client_id),
        client_id: grant.client_id,
        scopes: grant.scopes.iter().map(Scope::full_name).collect(),
    }
}
