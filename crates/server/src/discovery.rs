//! `/$discovery/rest?version=…`: the descriptions from which Google's dynamic clients build themselves.
//!
//! The reference serves each API on a host of its own; here one host has them all, so the version alone says which is meant:
//! `v2` and `v2beta` are meetings, `v1` is people.
//!
//! They are made once, at start, since nothing of them changes while the server runs and anybody may ask for them.

use axum::body::Body;
use http::{Method, Request, Response, StatusCode};
use identity::policy::{self, Action};
use identity::{Scope, Scopes, directory};
use serde_json::Value;
use transcode::RuleError;
use transcode::discovery::{Api, document};

use crate::web::json;

/// Where the descriptions are.
pub(crate) const PATH: &str = "/$discovery/rest";

/// What is described when no version is asked for.
const DEFAULT: &str = "v2";

/// Package, name, version, title and scopes of each API.
const APIS: [(&str, &str, &str, &str, Scopes); 3] = [
    ("google.apps.meet.v2", "meet", "v2", "Meetings", Scopes::MEET),
    ("google.apps.meet.v2beta", "meet", "v2beta", "Meetings", Scopes::MEET),
    ("google.people.v1", "people", "v1", "People", PEOPLE),
];

const PEOPLE: Scopes = directory::OTHERS.union(directory::ONESELF);

/// All descriptions, by version.
pub(crate) struct Descriptions(Vec<(&'static str, Value)>);

impl Descriptions {
    /// Describes what is served at this address.
    pub(crate) fn new(public_url: &str) -> Result<Descriptions, RuleError> {
        let described = APIS.map(|(package, name, version, title, scopes)| {
            let scopes: Vec<(String, &str)> = scopes.iter().map(|scope| (scope.url(), scope.description())).collect();
            let api = Api {
                package,
                name,
                version,
                title,
                description: "Served by Sederunt.",
                root_url: public_url,
                scopes: &scopes,
            };
            let scopes_of = |method: &str| scopes_of(method).iter().map(Scope::url).collect();
            Ok((version, document(api::descriptor_pool(), &api, scopes_of)?))
        });
        described.into_iter().collect::<Result<_, _>>().map(Descriptions)
    }

    /// Answers a request for a description.
    pub(crate) fn serve(&self, request: &Request<Body>) -> Response<Body> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return json::only("GET");
        }
        let query = request.uri().query().unwrap_or_default();
        let asked = query.split('&').find_map(|pair| pair.strip_prefix("version="));
        let asked = asked.unwrap_or(DEFAULT);
        let found = self.0.iter().find(|(version, _)| *version == asked);
        let Some((_, description)) = found else {
            let message = "There are the versions v2, v2beta and v1.";
            return json::error(StatusCode::NOT_FOUND, "NOT_FOUND", message);
        };
        json::answer(StatusCode::OK, description)
    }
}

/// The scopes of which one is needed.
fn scopes_of(method: &str) -> Scopes {
    policy::accepted(match method {
        "CreateSpace" => Action::CreateSpace,
        "GetSpace" => Action::GetSpace,
        "UpdateSpace" => Action::UpdateSpace,
        "EndActiveConference" => Action::EndActiveConference,
        "ConnectActiveConference" => Action::ConnectActiveConference,
        "GetMember" | "ListMembers" => Action::ReadMembers,
        "CreateMember" | "UpdateMember" | "BatchUpdateMembers" | "DeleteMember" => Action::ChangeMembers,
        "ListConferenceRecords" => Action::ListConferenceRecords,
        "GetPerson" => return PEOPLE,
        _ => Action::ReadConferenceRecord,
    })
}
