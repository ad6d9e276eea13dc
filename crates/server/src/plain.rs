//! Contracts of plain HTTP: what one is to whoever hands requests on.
//!
//! A contract that has no gRPC says which paths are its own, and answers them by the gate as the others do
//! ([`Wire`](crate::gate::admission::Wire)). It is asked by reference, so that the front names none.

use std::pin::Pin;
use std::sync::Arc;

use axum_core::body::Body;
use http::{Request, Response};

/// An answer on its way.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Response<Body>> + Send>>;

/// A contract that is served by plain HTTP.
pub(crate) trait Contract: Send + Sync {
    /// Whether this path is one of its own.
    fn owns(&self, path: &str) -> bool;

    /// Answers a request, which passes the gate.
    fn answer(self: Arc<Self>, request: Request<Body>) -> Answering;
}
