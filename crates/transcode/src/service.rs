//! The layer itself: REST in front of a gRPC service in the same process.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_core::body::Body;
use bytes::Bytes;
use http::{Request, Response, header};
use prost_reflect::DescriptorPool;
use tower::Service;

use crate::{
    failure::Failure,
    frame::Broken,
    partial::{self, Replies},
    reply, request,
    routes::RouteTable,
    rules::{self, RuleError},
    shapes::Shapes,
};

/// Serves REST by calling `inner`, a gRPC service, with what the `google.api.http` rules of a descriptor pool say.
///
/// A request that is gRPC already goes through untouched, unless it asks for a partial response. Every other one is
/// answered in JSON, errors included.
#[derive(Clone)]
pub struct Transcoder<S> {
    inner: S,
    tables: Arc<Tables>,
}

/// All that is read from the descriptors.
struct Tables {
    routes: RouteTable,
    replies: Replies,
    shapes: Shapes,
    pool: DescriptorPool,
}

impl<S> Transcoder<S> {
    /// Reads the rules of `pool`. Where `google.rpc.Status` and the details of errors are in it, errors show them.
    pub fn new(inner: S, pool: &DescriptorPool) -> Result<Transcoder<S>, RuleError> {
        let tables = Tables {
            routes: RouteTable::new(rules::read(pool)?)?,
            replies: Replies::new(pool),
            shapes: Shapes::new(pool),
            pool: pool.clone(),
        };
        Ok(Transcoder {
            inner,
            tables: Arc::new(tables),
        })
    }
}

impl<S, B> Service<Request<Body>> for Transcoder<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Broken>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The clone takes the place of the service that was polled ready, which is the one to call.
        let next = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, next);
        if !is_grpc(&request) {
            let tables = Arc::clone(&self.tables);
            return Box::pin(async move {
                Ok(match request::read(request, &tables.routes).await {
                    Ok(asked) => {
                        let reply = inner.call(asked.request).await?;
                        let response = reply::render(reply, &asked.route.output, &asked.form, &tables.shapes).await;
                        match asked.late.failure() {
                            None => response,
                            Some(failure) => reply::instead(&response, failure),
                        }
                    }
                    Err(failure) => failure.into_response(),
                })
            });
        }
        match self.tables.replies.asked(&mut request) {
            Ok(None) => {
                let reply = inner.call(request);
                Box::pin(async move { Ok(reply.await?.map(Body::new)) })
            }
            Ok(Some(mask)) => {
                let tables = Arc::clone(&self.tables);
                Box::pin(async move {
                    let reply = partial::pruned(inner.call(request).await?, &mask).await;
                    Ok(
                        reply
                            .unwrap_or_else(|reason| Failure::broken(reason.as_ref()).into_grpc_response(&tables.pool)),
                    )
                })
            }
            Err(failure) => {
                let response = failure.into_grpc_response(&self.tables.pool);
                Box::pin(std::future::ready(Ok(response)))
            }
        }
    }
}

fn is_grpc(request: &Request<Body>) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    content_type.is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}
