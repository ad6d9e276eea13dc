//! `google.api.http` and proto3 JSON, as one Tower service in front of a gRPC service of the same process.
//!
//! A REST request becomes the gRPC request that the process serves anyway, and the reply becomes JSON. So a service is
//! written once, and authentication, limits, traces and metrics, which sit below, cannot be skipped by a REST path. No byte of
//! a body is read before the service below asks for it.
//!
//! The layer knows no service: all it knows it reads from descriptors, at start. It trades bytes with what is below, so it
//! does not care which crate generated the messages. It is the only place that knows how HTTP and JSON stand for gRPC.
//!
//! What it leaves to others: compression and CORS (outside of it), streaming (no method of ours needs it) and JSONP.
//!
//! | module | subject |
//! |---|---|
//! | `template`, `rules`, `routes` | from annotations to a table; from a verb and a path to an RPC |
//! | `request`, `query`, `fields`, `body`, `late` | from HTTP and JSON to a gRPC request |
//! | `spelling` | one field, two spellings |
//! | `reply`, `failure`, `frame` | from a gRPC reply to HTTP and JSON |
//! | `wire`, `shapes`, `json`, `timestamp` | a message as it is encoded, and written as JSON from there |
//! | `mask`, `partial` | partial responses, on both transports |
//! | `service` | the layer |
//! | `batch` | several requests in one |
//! | `discovery` | the document from which dynamic clients build themselves |

pub mod batch;
mod body;
pub mod discovery;
mod failure;
mod fields;
mod frame;
mod json;
mod late;
pub mod limits;
mod mask;
mod partial;
mod prune;
mod query;
mod reply;
mod request;
mod routes;
mod rules;
mod service;
mod shapes;
mod spelling;
mod template;
mod timestamp;
mod wire;

pub use failure::canonical_name;
pub use json::message_to_json;
pub use mask::{Mask, MaskError};
pub use rules::RuleError;
pub use service::Transcoder;
pub use spelling::{lower_camel_case, snake_case};
