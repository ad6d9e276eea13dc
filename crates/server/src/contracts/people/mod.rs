//! `google.people.v1`: from a participant to a person, which is where Google's guide to participants ends.
//!
//! The person of `conferenceRecords/C/participants/P` is `people/P`. There is one method, and it shows what an account
//! holds: one name and one address. Who sees what is [`identity::directory`]'s answer; somebody who may not be seen is answered like
//! somebody who does not exist.

use std::collections::BTreeSet;
use std::sync::Arc;

use ::api::google::people::v1 as api;
use ::api::google::people::v1::PeopleServiceMethods;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use identity::directory::{self, Visible};
use identity::policy::Refusal;
use identity::{Identity, Scopes, User, given_and_family};
use meeting::{DisplayName, UserId};
use register::Register;
use sha2::{Digest, Sha256};
use tonic::{Request, Response, Status};
use transcode::lower_camel_case;

use crate::acquaintance::acquaintance_of;
use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;
use crate::gate::operation::{Needs, Operation};
use crate::grpc::{Contract, Declared, Description, admitted, respond};
use crate::installation::Installation;

/// The contract, as it is served here.
pub(crate) fn contract(installation: &Installation) -> Contract {
    let people = People {
        register: installation.register.clone(),
        identity: installation.identity.clone(),
    };
    Contract {
        declared: &DECLARED,
        services: vec![Arc::new(PeopleServiceMethods(Arc::new(people)))],
    }
}

/// What it is.
pub(crate) const DECLARED: Declared = Declared {
    packages: &["google.people.v1"],
    host: "people.googleapis.com",
    operations: OPERATIONS,
    descriptions: &[Description {
        package: "google.people.v1",
        name: "people",
        version: "v1",
        title: "People",
        scopes: SCOPES,
    }],
};

/// One row for each method.
const OPERATIONS: &[Operation] = &[Operation::reads(
    "PeopleService/GetPerson",
    Needs::Scope(SCOPES),
    "Person",
)];

/// The scopes by which somebody may be seen.
const SCOPES: Scopes = directory::OTHERS.union(directory::ONESELF);

/// The service.
#[derive(Clone)]
struct People {
    register: Register,
    identity: Identity,
}

/// The fields of a person that the reference knows. Those that an account does not have are empty.
const FIELDS: [&str; 28] = [
    "addresses",
    "ageRanges",
    "biographies",
    "birthdays",
    "calendarUrls",
    "clientData",
    "coverPhotos",
    "emailAddresses",
    "events",
    "externalIds",
    "genders",
    "imClients",
    "interests",
    "locales",
    "locations",
    "memberships",
    "metadata",
    "miscKeywords",
    "names",
    "nicknames",
    "occupations",
    "organizations",
    "phoneNumbers",
    "photos",
    "relations",
    "sipAddresses",
    "skills",
    "urls",
];

impl People {
    async fn get(&self, asking: &Asking, request: &api::GetPersonRequest) -> Answer<api::Person> {
        let caller = asking.caller();
        let fields = fields_of(request)?;
        let id = request.resource_name.strip_prefix("people/").unwrap_or_default();
        let oneself = id == "me" || caller.user().is_some_and(|user| user.id.as_str() == id);
        directory::may_ask(caller, oneself).map_err(|refusal| asking.refused(refusal))?;
        let Some(user) = caller.user() else {
            return Err(asking.refused(Refusal::NotSignedIn));
        };
        if oneself {
            return Ok(person_to_wire(user, directory::oneself(caller.scopes), &fields));
        }
        let id = UserId::parse(id).map_err(|_| Failure::not_found())?;
        let found = self.identity.user(&id).await;
        let person = found
            .map_err(|error| Failure::unreachable(&error, "a person cannot be looked up"))?
            .ok_or_else(Failure::not_found)?;
        let acquaintance = acquaintance_of(&self.register, &self.identity, &user.id, &person).await?;
        let visible = directory::visible(caller.scopes, acquaintance).ok_or_else(Failure::not_found)?;
        Ok(person_to_wire(&person, visible, &fields))
    }
}

#[tonic::async_trait]
impl api::people_service_server::PeopleService for People {
    async fn get_person(&self, request: Request<api::GetPersonRequest>) -> Result<Response<api::Person>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }
}

/// The fields that are asked for, in either of the two ways and of the two spellings.
fn fields_of(request: &api::GetPersonRequest) -> Answer<BTreeSet<String>> {
    let older = request.request_mask.iter().flat_map(|mask| &mask.include_field);
    let older = older
        .flat_map(|mask| &mask.paths)
        .map(|path| lower_camel_case(path.strip_prefix("person.").unwrap_or(path)));
    let newer = request.person_fields.iter().flat_map(|fields| fields.split(','));
    let fields: BTreeSet<String> = newer.map(|field| lower_camel_case(field.trim())).chain(older).collect();
    if fields.is_empty() {
        return Err(Failure::field(
            "person_fields",
            "say which fields are wanted, such as names,emailAddresses",
        ));
    }
    match fields
        .iter()
        .find(|field| !FIELDS.contains(&field.as_str()) && *field != "userDefined")
    {
        Some(unknown) => Err(Failure::field(
            "person_fields",
            format!("`{unknown}` is not a field of a person"),
        )),
        None => Ok(fields),
    }
}

fn person_to_wire(person: &User, visible: Visible, fields: &BTreeSet<String>) -> api::Person {
    let source = || api::Source {
        r#type: api::source::SourceType::Profile.into(),
        id: person.id.as_str().to_owned(),
    };
    let metadata = || {
        Some(api::FieldMetadata {
            primary: true,
            source: Some(source()),
        })
    };
    let wanted = |field: &str| fields.contains(field);
    let names = wanted("names").then(|| name(&person.display_name, metadata()));
    let address = visible.email_address.then_some(person.email.as_str());
    let addresses = address
        .filter(|_| wanted("emailAddresses"))
        .map(|address| api::EmailAddress {
            metadata: metadata(),
            value: address.to_owned(),
        });
    // Of what the caller may see and no more: a digest of an address confirms whoever guesses it.
    let digest = Sha256::digest(format!("{}\n{}", person.display_name, address.unwrap_or_default()));
    api::Person {
        resource_name: format!("people/{}", person.id.as_str()),
        etag: BASE64_URL_SAFE_NO_PAD.encode(&digest[..12]),
        metadata: wanted("metadata").then(|| api::PersonMetadata {
            sources: vec![source()],
            object_type: api::person_metadata::ObjectType::Person.into(),
        }),
        names: names.into_iter().collect(),
        email_addresses: addresses.into_iter().collect(),
        photos: Vec::new(),
        organizations: Vec::new(),
    }
}

fn name(display_name: &DisplayName, metadata: Option<api::FieldMetadata>) -> api::Name {
    let (given, family) = given_and_family(display_name);
    let display_name = display_name.to_string();
    api::Name {
        metadata,
        display_name: display_name.clone(),
        unstructured_name: display_name,
        display_name_last_first: if family.is_empty() {
            given.to_owned()
        } else {
            format!("{family}, {given}")
        },
        given_name: given.to_owned(),
        family_name: family.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_asked_for_in_several_ways() {
        let check = |fields: &[&str], mask: &[&str], expected: Result<&[&str], &str>| {
            let request = api::GetPersonRequest {
                person_fields: fields.iter().map(ToString::to_string).collect(),
                request_mask: (!mask.is_empty()).then(|| api::RequestMask {
                    include_field: Some(prost_types::FieldMask {
                        paths: mask.iter().map(ToString::to_string).collect(),
                    }),
                }),
                ..api::GetPersonRequest::default()
            };
            let found = fields_of(&request).map(|fields| fields.into_iter().collect::<Vec<_>>());
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(failure), Err(why)) => assert!(format!("{failure:?}").contains(why), "{failure:?}"),
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        };
        check(&["names,emailAddresses"], &[], Ok(&["emailAddresses", "names"]));
        check(&["names", "email_addresses"], &[], Ok(&["emailAddresses", "names"]));
        check(
            &[],
            &["person.names", "person.email_addresses"],
            Ok(&["emailAddresses", "names"]),
        );
        check(&["names"], &["person.photos"], Ok(&["names", "photos"]));
        check(&[], &[], Err("say which fields"));
        check(&["names,shoeSize"], &[], Err("`shoeSize` is not a field"));
        check(&["names,"], &[], Err("`` is not a field"));
    }

    #[test]
    fn names_are_taken_apart() {
        for (display_name, given, family, last_first) in [
            ("Ada Lovelace", "Ada", "Lovelace", "Lovelace, Ada"),
            ("Ada", "Ada", "", "Ada"),
            ("Ada King Lovelace", "Ada King", "Lovelace", "Lovelace, Ada King"),
        ] {
            let display_name = DisplayName::parse(display_name).expect("a name");
            let name = name(&display_name, None);
            assert_eq!(name.given_name, given);
            assert_eq!(name.family_name, family);
            assert_eq!(name.display_name_last_first, last_first);
        }
    }
}
