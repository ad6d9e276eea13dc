//! Programs with keys of their own: `serviceAccounts/{client_id}` and `serviceAccounts/{client_id}/keys/{key_id}`.

use api::sederunt::v1 as api;
use audit::By;
use identity::{Identity, ServiceAccount};

use super::pages::requested_page;
use super::{failures, timestamp};
use crate::failure::Answer;
use crate::names;

const COLLECTION: &str = "serviceAccounts";

pub(super) async fn list(
    identity: &Identity,
    message: &api::ListServiceAccountsRequest,
) -> Answer<api::ListServiceAccountsResponse> {
    let page = requested_page(message.page_size, &message.page_token)?;
    let accounts = identity
        .list_service_accounts(page)
        .await
        .map_err(|error| failures::app(&error))?;
    Ok(api::ListServiceAccountsResponse {
        service_accounts: accounts.items.into_iter().map(account_to_wire).collect(),
        next_page_token: accounts.next.unwrap_or_default(),
    })
}

pub(super) async fn create(
    identity: &Identity,
    message: &api::CreateServiceAccountRequest,
    by: &By,
) -> Answer<api::ServiceAccount> {
    let account = identity.create_service_account(&message.account_id, by);
    account
        .await
        .map(account_to_wire)
        .map_err(|error| failures::app(&error))
}

pub(super) async fn delete(identity: &Identity, message: &api::DeleteServiceAccountRequest, by: &By) -> Answer<()> {
    let [client_id] = names::split("name", &message.name, [COLLECTION])?;
    identity
        .delete_service_account(client_id, by)
        .await
        .map_err(|error| failures::app(&error))
}

pub(super) async fn list_keys(
    identity: &Identity,
    message: &api::ListServiceAccountKeysRequest,
) -> Answer<api::ListServiceAccountKeysResponse> {
    let [client_id] = names::split("parent", &message.parent, [COLLECTION])?;
    let keys = identity
        .list_keys(client_id)
        .await
        .map_err(|error| failures::app(&error))?;
    let keys = keys.into_iter().rev();
    Ok(api::ListServiceAccountKeysResponse {
        keys: keys.map(|key| key_to_wire(client_id, &key.id, key.create_us)).collect(),
    })
}

pub(super) async fn create_key(
    identity: &Identity,
    message: &api::CreateServiceAccountKeyRequest,
    by: &By,
) -> Answer<api::CreateServiceAccountKeyResponse> {
    let [client_id] = names::split("parent", &message.parent, [COLLECTION])?;
    let file = identity
        .create_key(client_id, by)
        .await
        .map_err(|error| failures::app(&error))?;
    Ok(api::CreateServiceAccountKeyResponse {
        key: Some(key_to_wire(client_id, &file.id, by.now_us)),
        key_file: file.json().to_owned(),
    })
}

pub(super) async fn delete_key(
    identity: &Identity,
    message: &api::DeleteServiceAccountKeyRequest,
    by: &By,
) -> Answer<()> {
    let [client_id, key] = names::split("name", &message.name, [COLLECTION, "keys"])?;
    identity
        .delete_key(client_id, key, by)
        .await
        .map_err(|error| failures::app(&error))
}

fn account_to_wire(account: ServiceAccount) -> api::ServiceAccount {
    api::ServiceAccount {
        name: format!("{COLLECTION}/{}", account.client_id),
        email: account.email,
        display_name: account.name,
        create_time: Some(timestamp(account.create_us)),
    }
}

fn key_to_wire(client_id: &str, key: &str, create_us: i64) -> api::ServiceAccountKey {
    api::ServiceAccountKey {
        name: format!("{COLLECTION}/{client_id}/keys/{key}"),
        create_time: Some(timestamp(create_us)),
    }
}
