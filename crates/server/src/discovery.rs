//! `/$discovery/rest?version=…`: the descriptions from which Google's dynamic clients build themselves.
//!
//! The reference serves each API on a host of its own; here one host has them all, so the version alone says which is meant:
//! `v2` and `v2beta` are meetings, `v1` is people.

use axum::body::Body;
use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use identity::policy::{self, Action};
use identity::{Scope, Scopes, directory};
use serde_json::json;
use transcode::discovery::{Api, document};

use crate::failure::chain;

/// Where the descriptions are.
pub(crate) const PATH: &str = "/$discovery/rest";

/// Answers a request for a description.
pub(crate) fn serve(public_url: &str, request: &Request<Body>) -> Response<Body> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return error(
            StatusCode::METHOD_NOT_ALLOWED,
            "UNIMPLEMENTED",
            "This path is served for GET",
        );
    }
    let query = request.uri().query().unwrap_or_default();
    let version = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("version="))
        .unwrap_or("v2");
    let (package, name, title, scopes) = match version {
        "v2" => ("google.apps.meet.v2", "meet", "Meetings", MEETINGS),
        "v2beta" => ("google.apps.meet.v2beta", "meet", "Meetings", MEETINGS),
        "v1" => (
            "google.people.v1",
            "people",
            "People",
            directory::OTHERS.union(directory::ONESELF),
        ),
        _ => {
            return error(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "There are the versions v2, v2beta and v1",
            );
        }
    };
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
    match document(api::descriptor_pool(), &api, scopes_of) {
        Ok(document) => answer(StatusCode::OK, document.to_string()),
        Err(broken) => {
            tracing::error!(error = %chain(&broken), "the API cannot be described");
            error(
                StatusCode::INTERNAL_SERVER_ERROR,
                "INTERNAL",
                "Internal error encountered.",
            )
        }
    }
}

/// The scopes of meetings.
const MEETINGS: Scopes = Scopes::MEET;

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
        "GetPerson" => return directory::OTHERS.union(directory::ONESELF),
        _ => Action::ReadConferenceRecord,
    })
}

fn error(status: StatusCode, name: &str, message: &str) -> Response<Body> {
    let body = json!({"error": {"code": status.as_u16(), "message": message, "status": name}});
    answer(status, body.to_string())
}

fn answer(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=UTF-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
