//! Who somebody is, as Graph says it: one identity, and sets of identities in which the slot says of what kind.
//!
//! A signed-in user is a `user`, whoever came by the link alone a `guest`, and whoever telephones a `phone`. The same person has the same id in every slot, in every
//! record for a user, in one record for a guest.

use std::collections::BTreeMap;

use identity::{Identity as Accounts, User};
use meeting::{ParticipantId, SessionId, UserId};
use register::ParticipantKind;
use serde::Serialize;

use super::primitives::guid;
use crate::failure::{Answer, Failure};

/// `microsoft.graph.identity`, or what is derived from it. Clients take the type from its name alone.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identity {
    #[serde(rename = "@odata.type")]
    kind: &'static str,
    id: String,
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_principal_name: Option<String>,
    /// Which installation the account is of, as the contract's own answers have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<String>,
}

/// `microsoft.graph.identitySet`. It is an open type: whoever is none of its three stands under the name that the richer set has for
/// them. As a `user` they would be taken for somebody with an account.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct IdentitySet {
    application: Option<Identity>,
    device: Option<Identity>,
    user: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guest: Option<Identity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<Identity>,
}

/// `microsoft.graph.communicationsIdentitySet`.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommunicationsIdentitySet {
    endpoint_type: Option<&'static str>,
    application: Option<Identity>,
    application_instance: Option<Identity>,
    asserted_identity: Option<Identity>,
    azure_communication_services_user: Option<Identity>,
    device: Option<Identity>,
    encrypted: Option<Identity>,
    guest: Option<Identity>,
    on_premises: Option<Identity>,
    phone: Option<Identity>,
    user: Option<Identity>,
}

/// Somebody in a record.
#[derive(Clone, Debug)]
pub(super) struct Somebody {
    id: String,
    /// `None` of a guest who never came in: nobody has seen a name.
    display_name: Option<String>,
    /// Of a user with an account.
    email: Option<String>,
    /// Of a user, also of one whose account is gone.
    tenant: Option<String>,
    slot: Slot,
}

/// Of what kind somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    User,
    Guest,
    Phone,
}

impl Slot {
    fn of(kind: &ParticipantKind) -> Slot {
        match kind {
            ParticipantKind::SignedIn(_) => Slot::User,
            ParticipantKind::Anonymous => Slot::Guest,
            ParticipantKind::Phone => Slot::Phone,
        }
    }
}

/// Whose accounts they are, if it is somebody with an account.
fn tenant_of(accounts: &Accounts, slot: Slot) -> Option<String> {
    (slot == Slot::User).then(|| accounts.tenant().to_string())
}

/// Whoever telephones and does not want to be known.
const WITHHELD: &str = "anonymous";

/// Accounts that were looked up for one answer.
#[derive(Default)]
pub(super) struct Known(BTreeMap<UserId, Option<User>>);

impl Known {
    /// The account, if it is still there; each is read once for an answer.
    pub(super) async fn user(&mut self, accounts: &Accounts, id: &UserId) -> Answer<Option<&User>> {
        if !self.0.contains_key(id) {
            let found = accounts.user(id).await;
            let found = found.map_err(|error| Failure::unreachable(&error, "a person cannot be looked up"))?;
            self.0.insert(id.clone(), found);
        }
        Ok(self.0.get(id).and_then(Option::as_ref))
    }

    /// Reads all of these who were not looked up yet at once, for whoever will ask for each of them.
    pub(super) async fn meet(&mut self, accounts: &Accounts, ids: impl Iterator<Item = &UserId>) -> Answer<()> {
        let mut new: Vec<UserId> = ids.filter(|id| !self.0.contains_key(id)).cloned().collect();
        new.sort_unstable();
        new.dedup();
        let found = accounts.users(&new).await;
        let found = found.map_err(|error| Failure::unreachable(&error, "people cannot be looked up"))?;
        self.0.extend(new.into_iter().map(|id| (id, None)));
        self.0
            .extend(found.into_iter().map(|user| (user.id.clone(), Some(user))));
        Ok(())
    }

    /// A participant, under the name that others saw.
    pub(super) async fn participant(
        &mut self,
        accounts: &Accounts,
        id: &ParticipantId,
        kind: &ParticipantKind,
        display_name: &str,
    ) -> Answer<Somebody> {
        let email = match kind {
            ParticipantKind::SignedIn(user) => self.user(accounts, user).await?.map(|user| user.email.clone()),
            ParticipantKind::Anonymous | ParticipantKind::Phone => None,
        };
        Ok(Somebody {
            id: guid(id.as_str()),
            display_name: Some(display_name.to_owned()),
            email,
            tenant: tenant_of(accounts, Slot::of(kind)),
            slot: Slot::of(kind),
        })
    }

    /// Somebody who was on the way in and never came: by their account, or by this session alone.
    pub(super) async fn absent(
        &mut self,
        accounts: &Accounts,
        session: &SessionId,
        kind: &ParticipantKind,
    ) -> Answer<Somebody> {
        let user = match kind {
            ParticipantKind::SignedIn(user) => self.user(accounts, user).await?,
            ParticipantKind::Anonymous | ParticipantKind::Phone => None,
        };
        let unknown = || Somebody {
            id: match kind {
                ParticipantKind::SignedIn(user) => user.as_str().to_owned(),
                ParticipantKind::Anonymous | ParticipantKind::Phone => guid(session.as_str()),
            },
            display_name: None,
            email: None,
            tenant: tenant_of(accounts, Slot::of(kind)),
            slot: Slot::of(kind),
        };
        Ok(user.map_or_else(unknown, |user| Somebody::user(accounts, user)))
    }
}

impl Somebody {
    /// Somebody with an account.
    pub(super) fn user(accounts: &Accounts, user: &User) -> Somebody {
        Somebody {
            id: user.id.as_str().to_owned(),
            display_name: Some(user.display_name.as_str().to_owned()),
            email: Some(user.email.clone()),
            tenant: tenant_of(accounts, Slot::User),
            slot: Slot::User,
        }
    }

    /// Somebody on the telephone, by their address: a number, or one of SIP.
    pub(super) fn telephone(address: Option<&str>) -> Somebody {
        Somebody {
            id: address.unwrap_or(WITHHELD).to_owned(),
            display_name: None,
            email: None,
            tenant: None,
            slot: Slot::Phone,
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Alone, of the type that an endpoint has.
    pub(super) fn associated(&self) -> Identity {
        self.identity("#microsoft.graph.callRecords.userIdentity")
    }

    pub(super) fn set(&self) -> IdentitySet {
        let CommunicationsIdentitySet { user, guest, phone, .. } = self.communications_set();
        IdentitySet {
            user,
            guest,
            phone,
            ..IdentitySet::default()
        }
    }

    pub(super) fn communications_set(&self) -> CommunicationsIdentitySet {
        let identity = Some(self.identity("#microsoft.graph.userIdentity"));
        let mut set = CommunicationsIdentitySet::default();
        match self.slot {
            Slot::User => set.user = identity,
            Slot::Guest => set.guest = identity,
            Slot::Phone => set.phone = identity,
        }
        set
    }

    /// Whoever has no account is no user, whatever the slot.
    fn identity(&self, of_user: &'static str) -> Identity {
        Identity {
            kind: if self.slot == Slot::User {
                of_user
            } else {
                "#microsoft.graph.identity"
            },
            id: self.id.clone(),
            display_name: self.display_name.clone(),
            user_principal_name: self.email.clone(),
            tenant_id: self.tenant.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TENANT: &str = "7a0a6b6e-0001-4c6e-8a39-4a4b2f0d2c11";

    /// In both sets, and alone.
    #[test]
    fn everybody_stands_where_their_kind_does() {
        let check = |slot: Slot, email: Option<&str>, expected: Value, kind_alone: &str| {
            let somebody = Somebody {
                id: "1".to_owned(),
                display_name: Some("Ada".to_owned()),
                email: email.map(str::to_owned),
                tenant: email.map(|_| TENANT.to_owned()),
                slot,
            };
            let set = serde_json::to_value(somebody.set()).expect("JSON");
            let rich = serde_json::to_value(somebody.communications_set()).expect("JSON");
            for (name, set) in [("identitySet", &set), ("communicationsIdentitySet", &rich)] {
                let there: serde_json::Map<String, Value> = set
                    .as_object()
                    .expect("an object")
                    .iter()
                    .filter(|(_, value)| !value.is_null())
                    .map(|(slot, value)| (slot.clone(), value.clone()))
                    .collect();
                assert_eq!(Value::Object(there), expected, "{name}");
                let declared = crate::contracts::graph::metadata::declared("ComplexType", name);
                for declared in declared {
                    assert!(
                        set.get(declared).is_some(),
                        "{name} says of {declared} that there is none"
                    );
                }
            }
            let alone = serde_json::to_value(somebody.associated()).expect("JSON");
            assert_eq!(alone["@odata.type"], kind_alone);
        };
        let identity = json!({"@odata.type": "#microsoft.graph.identity", "id": "1", "displayName": "Ada"});
        let user = json!({
            "@odata.type": "#microsoft.graph.userIdentity", "id": "1", "displayName": "Ada",
            "userPrincipalName": "ada@example.org", "tenantId": TENANT,
        });
        check(
            Slot::User,
            Some("ada@example.org"),
            json!({"user": user}),
            "#microsoft.graph.callRecords.userIdentity",
        );
        check(
            Slot::Guest,
            None,
            json!({"guest": identity}),
            "#microsoft.graph.identity",
        );
        check(
            Slot::Phone,
            None,
            json!({"phone": identity}),
            "#microsoft.graph.identity",
        );
    }
}
