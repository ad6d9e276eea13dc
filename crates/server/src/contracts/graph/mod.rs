//! Call records as Microsoft Graph's clients read them: plain HTTP and OData, with errors and names of its own.
//!
//! | file | what it holds |
//! |---|---|
//! | [`operations`] | the table: verb, path, what a caller needs, and who answers |
//! | [`preferences`] | what a client would like; the path and the options are read by `odata` |
//! | [`reply`], [`error`], [`primitives`] | what is answered, and how it is refused |
//! | [`shapes`], [`shaping`], [`pages`], [`conditions`], [`contexts`] | what options may name, and what they make of an answer |
//! | [`call_records`], [`sessions`], [`participants`], [`pstn`], [`online_meetings`], [`attendance`] | one for each resource: its type, and what is asked of the register |
//! | [`telephone`] | a telephone call, as one of them |
//! | [`readers`], [`organizers`] | who reads which call records, and of whose meetings a path is |
//! | [`subscriptions`], [`notifications`] | who is told of call records, and in which words |
//! | [`session`], [`endpoints`], [`identities`], [`media`], [`phrases`] | types and words that resources share |
//!
//! A request is one row of the table. The gate lets its caller in, then its options are read, then the row's handler is called with
//! all of it as one value ([`Asked`]). A path that no row has, and a verb that its path does not take, pass the gate as well, so that every
//! answer carries its ids and counts in the figures. Both versions are the same handlers: of what is served here, their types are
//! the same.

mod attendance;
mod batch;
mod call_records;
mod conditions;
mod contexts;
mod devices;
mod endpoints;
mod error;
mod identities;
mod media;
mod metadata;
mod networks;
mod notifications;
mod online_meetings;
mod operations;
mod organizers;
mod pages;
mod participants;
mod phrases;
mod preferences;
mod primitives;
mod pstn;
mod readers;
mod reply;
mod session;
mod sessions;
mod shapes;
mod shaping;
mod streams;
mod subscriptions;
mod telephone;

use std::sync::Arc;

use axum_core::body::Body;
use bytes::Bytes;
use http::request::Parts;
use http::{Method as Verb, Request, Response, StatusCode};
use meeting::Micros;
use odata::Options;
use serde::Serialize;
use share::Shared;

pub(crate) use notifications::correspondent;

use error::{Errors, Named};
use operations::{OPERATIONS, Row, UNKNOWN};
use pages::Cut;
use preferences::Preferences;
use reply::Reply;

use crate::failure::{Answer, Failure, Kind};
use crate::gate::admission::Admission;
use crate::gate::asking::{Asking, Method};
use crate::gate::operation::{Needs, Operation};
use crate::installation::Installation;
use crate::plain::{Answering, Contract};
use crate::{clock, limits};

/// By which errors and figures name the contract.
const SERVICE: &str = "graph.microsoft.com";

/// The versions, by the first segment of a path.
const VERSIONS: [&str; 2] = ["v1.0", "beta"];

/// What some editors and shells write before a text: it says nothing.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The contract, as it is served here.
pub(crate) fn contract(installation: &Installation, admission: &Arc<Admission>) -> Arc<dyn Contract> {
    Arc::new(Graph {
        installation: installation.clone(),
        admission: Arc::clone(admission),
        handshakes: Shared::new("handshakes", limits::HANDSHAKES, &installation.reports),
        methods: OPERATIONS.iter().map(|row| method(&row.operation)).collect(),
        unknown: method(&UNKNOWN),
    })
}

fn method(operation: &'static Operation) -> Arc<Method> {
    Arc::new(Method {
        name: format!("graph.{}", operation.name).into(),
        service: SERVICE,
        operation,
    })
}

/// The contract over an installation.
struct Graph {
    installation: Installation,
    admission: Arc<Admission>,
    /// Addresses that are asked whether they want to be told.
    handshakes: Shared,
    /// One for each row of the table, in its order.
    methods: Vec<Arc<Method>>,
    unknown: Arc<Method>,
}

/// What a path says beside its row.
struct Place {
    /// `v1.0` or `beta`.
    version: &'static str,
    /// What stands where the row's pattern has a key, or between a function's parentheses.
    keys: Vec<String>,
}

/// A request that was let in, as its handler is given it.
struct Asked {
    asking: Asking,
    /// Where it was found.
    place: Place,
    options: Options,
    preferences: Preferences,
    /// Which page of a collection.
    cut: Cut,
    head: Parts,
    body: Bytes,
    now: Micros,
}

impl Contract for Graph {
    fn owns(&self, path: &str) -> bool {
        split_version(path).is_some()
    }

    fn answer(self: Arc<Self>, request: Request<Body>) -> Answering {
        Box::pin(self.answered(request))
    }
}

impl Graph {
    async fn answered(self: Arc<Self>, request: Request<Body>) -> Response<Body> {
        let named = Named::by_the_client(request.headers());
        let found = self.find(request.method(), request.uri().path());
        let response = match found {
            Ok((row, method, place)) => {
                let graph = Arc::clone(&self);
                let serve = |asking, request| async move {
                    let asked = Asked::new(row, asking, place, request);
                    let answer = match asked {
                        Ok(asked) => (row.handler)(&graph, &asked).await,
                        Err(failure) => Err(failure),
                    };
                    answer.map_or_else(error::refused, Reply::into_response)
                };
                self.admission.pass::<Errors, _>(method, request, serve).await
            }
            Err(failure) => return self.refused(request, failure).await,
        };
        named.finish(response)
    }

    /// What answers a request that is for no row: it passes the gate, and so it has an id and counts.
    async fn refused(&self, request: Request<Body>, failure: Failure) -> Response<Body> {
        let named = Named::by_the_client(request.headers());
        let refuse = |_, _| async { error::refused(failure) };
        let unknown = Arc::clone(&self.unknown);
        named.finish(self.admission.pass::<Errors, _>(unknown, request, refuse).await)
    }

    /// The row of a request.
    fn find(&self, verb: &Verb, path: &str) -> Answer<(&'static Row, Arc<Method>, Place)> {
        let nothing = || Failure::new(Kind::NotFound, "There is nothing at this path.").because("ResourceNotFound");
        let (version, below) = split_version(path).ok_or_else(nothing)?;
        let path = odata::Path::parse(below)?;
        // What may be read may be asked for its headers alone.
        let verb = if verb == Verb::HEAD { &Verb::GET } else { verb };
        let rows = OPERATIONS.iter().zip(&self.methods);
        let of_path: Vec<_> = rows
            .filter_map(|(row, method)| Some((row, method, path.keys(row.path)?)))
            .collect();
        if of_path.is_empty() {
            return Err(nothing());
        }
        let verbs: Vec<&str> = of_path.iter().map(|(row, ..)| row.verb.as_str()).collect();
        let allowed = verbs.join(", ");
        match of_path.into_iter().find(|(row, ..)| row.verb == *verb) {
            Some((row, method, keys)) => Ok((row, Arc::clone(method), Place { version, keys })),
            None => Err(error::not_allowed(verb, allowed)),
        }
    }

    /// The absolute address of what is below a version: links in answers begin with it.
    fn root(&self, place: &Place) -> String {
        format!("{}/{}", self.installation.public_url, place.version)
    }
}

impl Asked {
    fn new(row: &Row, asking: Asking, place: Place, request: Request<Bytes>) -> Answer<Asked> {
        let (head, body) = request.into_parts();
        let body = match body.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) => body.slice_ref(rest),
            None => body,
        };
        // Nobody is told what is wrong with a question that they may not ask.
        if let Needs::Credential(_) = row.operation.needs {
            asking.reach()?;
        }
        let options = Options::parse(head.uri.query().unwrap_or_default())?;
        options.fit(row.takes)?;
        let mut preferences = Preferences::of(&head.headers);
        preferences.provisional |= options.provisional;
        preferences.fit(row.takes, &options);
        let cut = pages::cut(options.top, options.skip_token.as_deref(), &mut preferences)?;
        Ok(Asked {
            options,
            preferences,
            cut,
            asking,
            place,
            head,
            body,
            now: clock::steady(),
        })
    }

    /// An answer with what is wanted of it, that says what was done of the client's wishes.
    fn reply(&self, value: &impl Serialize) -> Reply {
        self.reply_with(StatusCode::OK, value)
    }

    /// The same with another status: what was made is answered with 201.
    fn reply_with(&self, status: StatusCode, value: &impl Serialize) -> Reply {
        let reply = if shaping::leaves_out(&self.options, &self.preferences) {
            Reply::with(status, &shaping::shaped(value, &self.options, &self.preferences))
        } else {
            Reply::with(status, value)
        };
        reply.applying(&self.preferences)
    }

    /// The key at this place of the path: the first is 0. The row has as many as it has places.
    fn key(&self, at: usize) -> &str {
        self.place.keys.get(at).map_or("", String::as_str)
    }
}

/// The version that a path begins with, and what is below it.
fn split_version(path: &str) -> Option<(&'static str, &str)> {
    let path = path.strip_prefix('/')?;
    let (first, below) = path.split_once('/').unwrap_or((path, ""));
    let version = VERSIONS.into_iter().find(|version| *version == first)?;
    Some((version, below))
}

/// A request that does not say what it should.
impl From<odata::Refused> for Failure {
    fn from(refused: odata::Refused) -> Failure {
        Failure::new(Kind::Invalid, refused.0)
    }
}
