//! `/$discovery/rest?version=…`: the descriptions from which Google's dynamic clients build themselves.
//!
//! The reference serves each API on a host of its own; here one host has them all, so the version alone says which is meant. What
//! there is to describe, and the scopes of each method, stand in the contracts' tables.
//!
//! They are made once, at start, since nothing of them changes while the server runs and anybody may ask for them.

use axum_core::body::Body;
use http::{Method, Request, Response, StatusCode};
use identity::Scope;
use serde_json::Value;
use transcode::RuleError;
use transcode::discovery::{Api, document};

use crate::grpc::{Contract, Declared, Description};
use crate::web::json;

/// Where the descriptions are.
pub(crate) const PATH: &str = "/$discovery/rest";

/// What is described when no version is asked for.
const DEFAULT: &str = "v2";

/// All descriptions, by version.
pub(crate) struct Descriptions(Vec<(&'static str, Value)>);

impl Descriptions {
    /// Describes what these contracts serve at this address.
    pub(crate) fn new(contracts: &[Contract], public_url: &str) -> Result<Descriptions, RuleError> {
        let all = contracts.iter().map(|contract| contract.declared).flat_map(|declared| {
            let descriptions = declared.descriptions.iter();
            descriptions.map(move |description| (declared, description))
        });
        all.map(|(declared, description)| Ok((description.version, described(declared, description, public_url)?)))
            .collect::<Result<_, _>>()
            .map(Descriptions)
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
            let versions: Vec<&str> = self.0.iter().map(|(version, _)| *version).collect();
            let message = format!("There are the versions {}.", versions.join(", "));
            return json::error(StatusCode::NOT_FOUND, "NOT_FOUND", &message);
        };
        json::answer(StatusCode::OK, description)
    }
}

fn described(declared: &Declared, description: &Description, public_url: &str) -> Result<Value, RuleError> {
    let scopes = description.scopes.iter();
    let scopes: Vec<(String, &str)> = scopes.map(|scope| (scope.full_name(), scope.description())).collect();
    let api = Api {
        package: description.package,
        name: description.name,
        version: description.version,
        title: description.title,
        description: "Served by Sederunt.",
        root_url: public_url,
        scopes: &scopes,
    };
    let scopes_of = |method: &str| {
        let operation = declared.operation(method);
        let scopes = operation.map(|operation| operation.needs.scopes().iter().map(Scope::full_name).collect());
        scopes.unwrap_or_default()
    };
    document(api::descriptor_pool(), &api, scopes_of)
}
