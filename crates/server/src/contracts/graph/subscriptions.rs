//! `subscriptions`: who is told of call records, where, and until when.
//!
//! An application with the role hears of all call records. Whoever made a subscription is the only one who sees it. Before there is one, both its addresses have answered ([`handshake`]): nobody is sent anything who has
//! not asked for it. What is sent is in [`notifications`](super::notifications).

mod handshake;
mod wanted;

use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use identity::policy::Reach;
use meeting::Micros;
use outbox::{SubscribeError, Subscription, SubscriptionId, Topic};
use serde::{Deserialize, Serialize};

use super::primitives::Moment;
use super::reply::Reply;
use super::{Asked, Graph};
use crate::failure::{Answer, Failure, Kind};
use crate::random;
use wanted::{Changed, Wanted};

/// By which name the outbox keeps our subscriptions.
pub(super) const CONTRACT: &str = "graph";

/// What the outbox keeps of a subscription without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Terms {
    /// As it was given.
    pub(super) resource: String,
    /// As it was given.
    pub(super) change_type: String,
    pub(super) client_state: Option<String>,
    pub(super) latest_supported_tls_version: Option<String>,
    /// As it was given: nothing here reads it.
    #[serde(default)]
    pub(super) notification_query_options: Option<String>,
    /// The same.
    #[serde(default)]
    pub(super) notification_url_app_id: Option<String>,
    /// The application by which it was made.
    pub(super) application_id: Option<String>,
    /// Who made it.
    pub(super) creator_id: String,
}

/// A subscription as clients read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entity<'a> {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    id: &'a str,
    resource: &'a str,
    application_id: Option<&'a str>,
    change_type: &'a str,
    client_state: Option<&'a str>,
    notification_url: &'a str,
    notification_query_options: Option<&'a str>,
    lifecycle_notification_url: Option<&'a str>,
    expiration_date_time: Moment,
    creator_id: &'a str,
    include_resource_data: Option<bool>,
    latest_supported_tls_version: &'a str,
    encryption_certificate: Option<&'a str>,
    encryption_certificate_id: Option<&'a str>,
    notification_url_app_id: Option<&'a str>,
}

/// All that somebody has.
#[derive(Serialize)]
struct Entities<'a> {
    #[serde(rename = "@odata.context")]
    context: String,
    value: Vec<Entity<'a>>,
}

impl Terms {
    pub(super) fn of(subscription: &Subscription) -> Answer<Terms> {
        serde_json::from_str(&subscription.terms).map_err(|error| Failure::internal(&error))
    }

    fn entity<'a>(&'a self, of: &'a Subscription) -> Entity<'a> {
        Entity {
            context: None,
            id: of.id.as_str(),
            resource: &self.resource,
            application_id: self.application_id.as_deref(),
            change_type: &self.change_type,
            client_state: self.client_state.as_deref(),
            notification_url: &of.address,
            notification_query_options: self.notification_query_options.as_deref(),
            lifecycle_notification_url: of.lifecycle_address.as_deref(),
            expiration_date_time: Moment(Micros(of.expire_us)),
            creator_id: &self.creator_id,
            include_resource_data: None,
            latest_supported_tls_version: self.latest_supported_tls_version.as_deref().unwrap_or("v1_2"),
            encryption_certificate: None,
            encryption_certificate_id: None,
            notification_url_app_id: self.notification_url_app_id.as_deref(),
        }
    }
}

/// `POST /subscriptions`.
pub(super) async fn create(graph: &Arc<Graph>, asked: &Asked) -> Answer<Reply> {
    let wanted = Wanted::read(&asked.body, asked.now)?;
    let id = SubscriptionId::from_random(random::bytes());
    let urls = [
        Some(&wanted.notification_url),
        wanted.lifecycle_notification_url.as_ref(),
    ];
    handshake::with_all(graph, asked, urls.into_iter().flatten()).await?;
    let owner = owner(asked)?;
    let terms = Terms {
        resource: wanted.resource,
        change_type: wanted.change_type,
        client_state: wanted.client_state,
        latest_supported_tls_version: wanted.latest_supported_tls_version,
        notification_query_options: wanted.notification_query_options,
        notification_url_app_id: wanted.notification_url_app_id,
        application_id: asked.asking.app().map(str::to_owned),
        creator_id: owner.id,
    };
    let subscription = Subscription {
        id,
        topic: Topic::CallRecords,
        contract: CONTRACT.to_owned(),
        owner: owner.name,
        account: owner.account,
        first_only: wanted.first_only,
        address: wanted.notification_url,
        lifecycle_address: wanted.lifecycle_notification_url,
        terms: serde_json::to_string(&terms).expect("texts are JSON"),
        create_us: asked.now.0,
        expire_us: wanted.expiration.0,
    };
    match graph.installation.outbox.subscribe(&subscription).await {
        Ok(()) => {}
        Err(error @ SubscribeError::TooMany) => return Err(Failure::new(Kind::Forbidden, error.to_string())),
        Err(error) => return Err(Failure::internal(&error)),
    }
    let location = format!("{}/subscriptions('{}')", graph.root(&asked.place), subscription.id);
    let location = HeaderValue::try_from(location).expect("the public URL is one, and an id is hexadecimal");
    let made = shown(graph, asked, StatusCode::CREATED, &subscription)?;
    Ok(made.header(header::LOCATION, location))
}

/// `GET /subscriptions`.
pub(super) async fn list(graph: &Arc<Graph>, asked: &Asked) -> Answer<Reply> {
    let owner = owner(asked)?;
    let subscriptions = graph
        .installation
        .outbox
        .subscriptions_of(CONTRACT, &owner.name, asked.now.0)
        .await;
    let subscriptions = subscriptions.map_err(|error| Failure::internal(&error))?;
    let terms: Vec<Terms> = subscriptions.iter().map(Terms::of).collect::<Answer<_>>()?;
    let value = terms.iter().zip(&subscriptions).map(|(terms, of)| terms.entity(of));
    Ok(asked.reply(&Entities {
        context: format!("{}/$metadata#subscriptions", graph.root(&asked.place)),
        value: value.collect(),
    }))
}

/// `GET /subscriptions/{id}`.
pub(super) async fn get(graph: &Arc<Graph>, asked: &Asked) -> Answer<Reply> {
    shown(graph, asked, StatusCode::OK, &own(graph, asked).await?)
}

/// `PATCH /subscriptions/{id}`: how long it lasts, and where it is told.
pub(super) async fn update(graph: &Arc<Graph>, asked: &Asked) -> Answer<Reply> {
    let mut subscription = own(graph, asked).await?;
    let changed = Changed::read(&asked.body, asked.now)?;
    if let Some(url) = changed.notification_url.filter(|url| *url != subscription.address) {
        handshake::with_all(graph, asked, [&url]).await?;
        subscription.address = url;
    }
    if let Some(expiration) = changed.expiration {
        subscription.expire_us = expiration.0;
    }
    let renewed = graph.installation.outbox.renew(&subscription, asked.now.0).await;
    there(renewed)?;
    shown(graph, asked, StatusCode::OK, &subscription)
}

/// `DELETE /subscriptions/{id}`.
pub(super) async fn delete(graph: &Arc<Graph>, asked: &Asked) -> Answer<Reply> {
    let subscription = own(graph, asked).await?;
    there(
        graph
            .installation
            .outbox
            .unsubscribe(&subscription.id, asked.now.0)
            .await,
    )?;
    Ok(Reply::nothing(StatusCode::NO_CONTENT))
}

/// `POST /subscriptions/{id}/reauthorize`: whoever asks may still hear, or this would have been refused. Nothing changes by it, since
/// who may is asked again with whatever is told.
pub(super) async fn reauthorize(graph: &Arc<Graph>, asked: &Asked) -> Answer<Reply> {
    own(graph, asked).await?;
    Ok(Reply::nothing(StatusCode::OK))
}

/// Who asks, as the outbox keeps it.
struct Owner {
    /// `users/U` or `daemons/D`.
    name: String,
    /// The same without its kind.
    id: String,
    /// The account whose call records are all that it hears of.
    account: Option<String>,
}

fn owner(asked: &Asked) -> Answer<Owner> {
    let account = match asked.asking.reach()? {
        Reach::Everybody => None,
        Reach::Own(user) => Some(user.id.to_string()),
    };
    let name = asked.asking.by().actor();
    let id = name.split_once('/').map_or("", |(_, id)| id).to_owned();
    Ok(Owner { name, id, account })
}

/// The subscription that the path names, if it is the caller's: another one's is not there.
async fn own(graph: &Arc<Graph>, asked: &Asked) -> Answer<Subscription> {
    let owner = owner(asked)?;
    let hidden = || Failure::hidden(asked.asking.noun()).because("ResourceNotFound");
    let id = SubscriptionId::parse(asked.key(0)).ok_or_else(hidden)?;
    let found = graph.installation.outbox.subscription(CONTRACT, &id, asked.now.0).await;
    let found = found.map_err(|error| Failure::internal(&error))?;
    found.filter(|one| one.owner == owner.name).ok_or_else(hidden)
}

/// What a change of a subscription came to, that may have gone meanwhile.
fn there(changed: Result<bool, db::Error>) -> Answer<()> {
    match changed {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::not_found().because("ResourceNotFound")),
        Err(error) => Err(Failure::internal(&error)),
    }
}

fn shown(graph: &Graph, asked: &Asked, status: StatusCode, subscription: &Subscription) -> Answer<Reply> {
    let terms = Terms::of(subscription)?;
    let context = format!("{}/$metadata#subscriptions/$entity", graph.root(&asked.place));
    let entity = Entity {
        context: Some(context),
        ..terms.entity(subscription)
    };
    Ok(asked.reply_with(status, &entity))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::graph::metadata;

    /// Both ways: what is told is declared, and what is declared is told.
    #[test]
    fn a_subscription_is_what_it_is_declared_to_be() {
        let terms = Terms {
            resource: String::new(),
            change_type: String::new(),
            client_state: None,
            latest_supported_tls_version: None,
            notification_query_options: None,
            notification_url_app_id: None,
            application_id: None,
            creator_id: String::new(),
        };
        let subscription = Subscription {
            id: SubscriptionId::from_random([1; 16]),
            topic: Topic::CallRecords,
            contract: CONTRACT.to_owned(),
            owner: String::new(),
            account: None,
            first_only: false,
            address: String::new(),
            lifecycle_address: None,
            terms: String::new(),
            create_us: 0,
            expire_us: 0,
        };
        let entity = serde_json::to_value(terms.entity(&subscription)).expect("plain values");
        let mut told: Vec<&str> = entity
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        let mut declared = metadata::declared("EntityType", "subscription");
        told.sort_unstable();
        declared.sort_unstable();
        assert_eq!(told, declared);
    }
}
