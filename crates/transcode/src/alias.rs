//! One implementation under two package names.
//!
//! Two versions of an API that are the same on the wire need one service. This service stands before it and changes the
//! path of a call; messages are not touched. It belongs below the transcoder, which then writes each version's JSON by
//! that version's own descriptors: a field that only the newer one knows never shows in the older one.

use std::{
    collections::HashMap,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Uri};
use prost_reflect::DescriptorPool;
use tower::Service;

use crate::rules::rpc_path;

/// Calls the methods of one package as the methods of the same name in another.
#[derive(Debug, Clone)]
pub struct Alias<S> {
    inner: S,
    /// From the path of each method to that of its namesake.
    paths: Arc<HashMap<String, Uri>>,
}

impl<S> Alias<S> {
    /// `package` is what callers name, `implementation` what `inner` serves. A method that has no namesake there, and
    /// every call of another package, goes through as it is.
    pub fn new(inner: S, pool: &DescriptorPool, package: &str, implementation: &str) -> Alias<S> {
        let mut paths = HashMap::new();
        for service in pool.services().filter(|service| service.package_name() == package) {
            let namesake = pool.get_service_by_name(&format!("{implementation}.{}", service.name()));
            for method in service.methods() {
                let namesake = namesake
                    .as_ref()
                    .and_then(|service| service.methods().find(|other| other.name() == method.name()));
                if let Some(path) = namesake.and_then(|namesake| rpc_path(&namesake).parse().ok()) {
                    paths.insert(rpc_path(&method), path);
                }
            }
        }
        Alias {
            inner,
            paths: Arc::new(paths),
        }
    }
}

impl<S, B> Service<Request<B>> for Alias<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if let Some(path) = self.paths.get(request.uri().path()) {
            *request.uri_mut() = path.clone();
        }
        self.inner.call(request)
    }
}
