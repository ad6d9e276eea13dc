//! Programs that ask people for consent: `apps/{client_id}`.

use api::sederunt::v1 as api;
use audit::By;
use identity::{App, AppKind, Identity, NewApp};

use super::pages::requested_page;
use super::{failures, timestamp};
use crate::failure::{Answer, Failure};
use crate::grpc::wire::chosen;
use crate::names;

pub(super) async fn list(identity: &Identity, message: &api::ListAppsRequest) -> Answer<api::ListAppsResponse> {
    let page = requested_page(message.page_size, &message.page_token)?;
    let apps = identity.list_apps(page).await.map_err(|error| failures::app(&error))?;
    Ok(api::ListAppsResponse {
        apps: apps.items.into_iter().map(app_to_wire).collect(),
        next_page_token: apps.next.unwrap_or_default(),
    })
}

pub(super) async fn create(
    identity: &Identity,
    message: &api::CreateAppRequest,
    by: &By,
) -> Answer<api::CreateAppResponse> {
    let kind = match chosen(message.kind, "kind")? {
        api::AppKind::Web => AppKind::Web,
        api::AppKind::Installed => AppKind::Installed,
        api::AppKind::Unspecified => return Err(Failure::field("kind", "it is neither WEB nor INSTALLED")),
    };
    let new = NewApp {
        kind,
        name: &message.display_name,
        redirect_uris: &message.redirect_uris,
        // Google's libraries for installed apps send one, and fail without.
        secret: true,
    };
    let (app, secret) = identity
        .create_app(new, by)
        .await
        .map_err(|error| failures::app(&error))?;
    Ok(api::CreateAppResponse {
        client_file: identity.client_file(&app, secret.as_ref()),
        client_secret: secret.map(|secret| secret.expose()).unwrap_or_default(),
        app: Some(app_to_wire(app)),
    })
}

pub(super) async fn delete(identity: &Identity, message: &api::DeleteAppRequest, by: &By) -> Answer<()> {
    let [client_id] = names::split("name", &message.name, ["apps"])?;
    identity
        .delete_app(client_id, by)
        .await
        .map_err(|error| failures::app(&error))
}

fn app_to_wire(app: App) -> api::App {
    let kind = match app.kind {
        AppKind::Web => api::AppKind::Web,
        AppKind::Installed => api::AppKind::Installed,
    };
    api::App {
        name: format!("apps/{}", app.client_id),
        display_name: app.name,
        kind: kind.into(),
        redirect_uris: app.redirect_uris,
        create_time: Some(timestamp(app.create_us)),
    }
}
