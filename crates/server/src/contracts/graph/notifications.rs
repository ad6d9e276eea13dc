//! What subscribers are told: that there is a version of a call record, and what becomes of their subscription.
//!
//! A notification holds ids and no call record: whoever gets it reads the record with a token, and so nobody learns more by it than
//! that a meeting was. An id of its own tells one that is sent again from another one.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use identity::AppRole;
use meeting::Micros;
use outbox::{Delivery, Kind, Subscription};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::primitives::{self, Moment};
use super::subscriptions::{CONTRACT, Terms};
use crate::delivering::Correspondent;
use crate::failure::Failure;
use crate::installation::Installation;

/// How this contract tells those who subscribed by it.
pub(crate) fn correspondent(installation: &Installation) -> Arc<dyn Correspondent> {
    Arc::new(Notifications {
        installation: installation.clone(),
    })
}

struct Notifications {
    installation: Installation,
}

/// The envelope, which may hold several.
#[derive(Serialize)]
struct Notified<'a> {
    value: [Notification<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    subscription_id: &'a str,
    subscription_expiration_date_time: Moment,
    client_state: Option<&'a str>,
    tenant_id: &'a str,
    #[serde(flatten)]
    what: What,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum What {
    Change {
        change_type: &'static str,
        resource: String,
        resource_data: ResourceData,
    },
    Lifecycle {
        lifecycle_event: &'static str,
    },
}

#[derive(Serialize)]
struct ResourceData {
    #[serde(rename = "@odata.type")]
    kind: &'static str,
    #[serde(rename = "@odata.id")]
    path: String,
    id: String,
}

impl Correspondent for Notifications {
    fn contract(&self) -> &'static str {
        CONTRACT
    }

    fn may_hear<'a>(&'a self, subscription: &'a Subscription) -> BoxFuture<'a, Result<bool, Failure>> {
        Box::pin(may_hear(&self.installation, subscription))
    }

    fn letter(&self, subscription: &Subscription, delivery: &Delivery) -> Bytes {
        letter(self.installation.identity.tenant().as_str(), subscription, delivery)
    }
}

/// Whether the application is still there, with the role by which it subscribed.
async fn may_hear(installation: &Installation, subscription: &Subscription) -> Result<bool, Failure> {
    let Some(id) = subscription.owner.strip_prefix("daemons/") else {
        return Ok(false);
    };
    let daemon = installation.identity.daemon(id).await;
    let daemon = daemon.map_err(|error| Failure::internal(&error))?;
    Ok(daemon.is_some_and(|daemon| daemon.roles.contains(AppRole::CallRecordsReadAll)))
}

fn letter(tenant: &str, subscription: &Subscription, delivery: &Delivery) -> Bytes {
    let terms = Terms::of(subscription).expect("we wrote them");
    let (id, what) = match delivery.kind {
        Kind::Version => (Some(id_of(delivery)), change(&terms, delivery)),
        Kind::ExpiresSoon => (None, lifecycle("reauthorizationRequired")),
        Kind::Missed => (None, lifecycle("missed")),
        Kind::Removed => (None, lifecycle("subscriptionRemoved")),
    };
    let notification = Notification {
        id,
        subscription_id: subscription.id.as_str(),
        subscription_expiration_date_time: Moment(Micros(subscription.expire_us)),
        client_state: terms.client_state.as_deref(),
        tenant_id: tenant,
        what,
    };
    serde_json::to_vec(&Notified { value: [notification] })
        .expect("texts are JSON")
        .into()
}

/// What asks for changes alone hears of the first version too, and of it as of a change.
fn change(terms: &Terms, delivery: &Delivery) -> What {
    let is_made = delivery.version == 1 && terms.change_type.contains("created");
    let id = primitives::guid(&delivery.subject);
    let path = format!("communications/callRecords/{id}");
    What::Change {
        change_type: if is_made { "created" } else { "updated" },
        resource: path.clone(),
        // The odd case is the contract's.
        resource_data: ResourceData {
            kind: "#Microsoft.Graph.callrecord",
            path,
            id,
        },
    }
}

fn lifecycle(event: &'static str) -> What {
    What::Lifecycle { lifecycle_event: event }
}

/// The same for the same notification, however often it is sent.
fn id_of(delivery: &Delivery) -> String {
    let mut hash = Sha256::new();
    hash.update(delivery.subscription.as_str());
    hash.update(&delivery.subject);
    hash.update(delivery.version.to_be_bytes());
    let hash = hash.finalize();
    let number = u128::from_be_bytes(*hash.first_chunk().expect("it is twice as long"));
    // The version of a UUID that is a name of one's own making, and its variant.
    let replaced = 0xf000_u128 << 64 | 0xc000_u128 << 48;
    let version_and_variant = 0x8000_u128 << 64 | 0x8000_u128 << 48;
    primitives::hyphenated(number & !replaced | version_and_variant)
}

#[cfg(test)]
mod tests {
    use outbox::{SubscriptionId, Topic, Tries};
    use serde_json::{Value, json};

    use super::*;

    fn subscription(change_type: &str) -> Subscription {
        let terms = Terms {
            resource: "communications/callRecords".to_owned(),
            change_type: change_type.to_owned(),
            client_state: Some("s3cret".to_owned()),
            latest_supported_tls_version: None,
            notification_query_options: None,
            notification_url_app_id: None,
            application_id: None,
            creator_id: "1".to_owned(),
        };
        Subscription {
            id: SubscriptionId::from_random([1; 16]),
            topic: Topic::CallRecords,
            contract: CONTRACT.to_owned(),
            owner: "daemons/1".to_owned(),
            account: None,
            first_only: false,
            address: "https://hears.example".to_owned(),
            lifecycle_address: None,
            terms: serde_json::to_string(&terms).expect("writable"),
            create_us: 0,
            expire_us: 1_795_392_000_000_000,
        }
    }

    fn told(change_type: &str, kind: Kind, version: i64) -> Value {
        let subscription = subscription(change_type);
        let delivery = Delivery {
            subscription: subscription.id.clone(),
            kind,
            subject: "5SPS7SlmS2uSW3VKiANMxQ".to_owned(),
            version,
            tries: Tries {
                made_us: 0,
                failures: 0,
            },
        };
        let bytes = letter("7a0a6b6e-0001-4c6e-8a39-4a4b2f0d2c11", &subscription, &delivery);
        serde_json::from_slice(&bytes).expect("JSON")
    }

    #[test]
    fn notifications_are_as_the_contract_has_them() {
        let change = told("created,updated", Kind::Version, 1);
        let path = "communications/callRecords/e523d2ed-2966-4b6b-925b-754a88034cc5";
        let expected = json!({"value": [{
            "id": change["value"][0]["id"],
            "subscriptionId": "01010101-0101-4101-8101-010101010101",
            "subscriptionExpirationDateTime": "2026-11-23T00:00:00.000000Z",
            "clientState": "s3cret",
            "tenantId": "7a0a6b6e-0001-4c6e-8a39-4a4b2f0d2c11",
            "changeType": "created",
            "resource": path,
            "resourceData": {
                "@odata.type": "#Microsoft.Graph.callrecord",
                "@odata.id": path,
                "id": "e523d2ed-2966-4b6b-925b-754a88034cc5",
            },
        }]});
        assert_eq!(change, expected);
        let expected = json!({"value": [{
            "subscriptionId": "01010101-0101-4101-8101-010101010101",
            "subscriptionExpirationDateTime": "2026-11-23T00:00:00.000000Z",
            "clientState": "s3cret",
            "tenantId": "7a0a6b6e-0001-4c6e-8a39-4a4b2f0d2c11",
            "lifecycleEvent": "reauthorizationRequired",
        }]});
        assert_eq!(told("created", Kind::ExpiresSoon, 0), expected);
    }

    #[test]
    fn a_change_is_called_what_was_asked_for() {
        for (change_type, version, expected) in [
            ("created", 1, "created"),
            ("created,updated", 1, "created"),
            ("created,updated", 2, "updated"),
            ("updated", 1, "updated"),
            ("updated", 2, "updated"),
        ] {
            let told = told(change_type, Kind::Version, version);
            assert_eq!(told["value"][0]["changeType"], expected, "{change_type} {version}");
        }
        let event = |kind| told("created", kind, 0)["value"][0]["lifecycleEvent"].clone();
        assert_eq!(event(Kind::Missed), "missed");
        assert_eq!(event(Kind::Removed), "subscriptionRemoved");
    }

    #[test]
    fn what_is_sent_again_has_the_same_id_and_nothing_else_has() {
        let id = |version| {
            let told = told("updated", Kind::Version, version);
            told["value"][0]["id"].as_str().map(str::to_owned).expect("an id")
        };
        assert_eq!(id(1), id(1));
        assert_ne!(id(1), id(2));
        assert_eq!(id(1).as_bytes()[14], b'8', "{}", id(1));
    }
}
