//! The descriptions from which Google's dynamic clients build themselves.
//!
//! | path | answer |
//! |---|---|
//! | `/$discovery/rest?version=…` | a description; the version alone says which is meant, since one host has all APIs here |
//! | `/discovery/v1/apis` | what there is, and where |
//! | `/discovery/v1/apis/{api}/{version}/rest` | a description |
//!
//! The first is how the reference serves each API on a host of its own, the others how it serves all of them on one. What there is
//! to describe, and the scopes of each method, stand in the contracts' tables.
//!
//! They are made once, at start, since nothing of them changes while the server runs and anybody may ask for them.

use axum_core::body::Body;
use http::{Method, Request, Response, StatusCode};
use identity::Scope;
use serde_json::{Value, json};
use transcode::RuleError;
use transcode::discovery::{Api, document};

use crate::grpc::{Contract, Declared, Description};
use crate::web::json;

/// Where one is, by its version.
const BY_VERSION: &str = "/$discovery/rest";

/// Where the directory is, and below it each description by name and version.
const DIRECTORY: &str = "/discovery/v1/apis";

/// What is described when no version is asked for.
const DEFAULT: &str = "v2";

/// Whether descriptions are served at a path.
pub(crate) fn is_described_at(path: &str) -> bool {
    let below = path.strip_prefix(DIRECTORY);
    path == BY_VERSION || below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
}

/// All descriptions.
pub(crate) struct Descriptions {
    all: Vec<Described>,
    directory: Value,
}

struct Described {
    api: &'static Description,
    document: Value,
}

impl Descriptions {
    /// Describes what these contracts serve at this address.
    pub(crate) fn new(contracts: &[Contract], public_url: &str) -> Result<Descriptions, RuleError> {
        let all = contracts.iter().map(|contract| contract.declared).flat_map(|declared| {
            let descriptions = declared.descriptions.iter();
            descriptions.map(move |description| (declared, description))
        });
        let all: Vec<Described> = all
            .map(|(declared, api)| {
                let document = described(declared, api, public_url)?;
                Ok(Described { api, document })
            })
            .collect::<Result<_, RuleError>>()?;
        let directory = directory(&all, public_url);
        Ok(Descriptions { all, directory })
    }

    /// Answers a request for a description, or for the directory.
    pub(crate) fn serve(&self, request: &Request<Body>) -> Response<Body> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return json::only("GET, HEAD");
        }
        let path = request.uri().path();
        if path.trim_end_matches('/') == DIRECTORY {
            return json::answer(StatusCode::OK, &self.directory);
        }
        let query = request.uri().query().unwrap_or_default();
        let version = query.split('&').find_map(|pair| pair.strip_prefix("version="));
        let version = version.unwrap_or(DEFAULT);
        let below = path.strip_prefix(DIRECTORY);
        let is_meant = |described: &&Described| {
            below.map_or(described.api.version == version, |below| described.api.path() == below)
        };
        let found = self.all.iter().find(is_meant);
        let Some(described) = found else {
            let known = self
                .all
                .iter()
                .map(|described| format!("{} {}", described.api.name, described.api.version));
            let message = format!("There are {}.", known.collect::<Vec<_>>().join(", "));
            return json::error(StatusCode::NOT_FOUND, "NOT_FOUND", &message);
        };
        json::answer(StatusCode::OK, &described.document)
    }
}

impl Description {
    /// Where it is, below the directory.
    fn path(&self) -> String {
        format!("/{}/{}/rest", self.name, self.version)
    }
}

/// What there is, in the form of the reference's directory.
fn directory(all: &[Described], public_url: &str) -> Value {
    let items = all.iter().map(|Described { api, .. }| {
        json!({
            "kind": "discovery#directoryItem",
            "id": format!("{}:{}", api.name, api.version),
            "name": api.name,
            "version": api.version,
            "title": api.title,
            "discoveryRestUrl": format!("{public_url}{DIRECTORY}{}", api.path()),
            "preferred": api.version == DEFAULT,
        })
    });
    let items: Vec<Value> = items.collect();
    json!({"kind": "discovery#directoryList", "discoveryVersion": "v1", "items": items})
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
