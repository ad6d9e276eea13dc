//! `grpc.health.v1`: whether the server, or one of its services, is well. All of them are well together, since each needs the register.
//!
//! It is found out when somebody asks, as `/readyz` does, so nothing is looked at while nobody does and no answer is old. Whoever
//! watches is told of changes; a watch ends with the server, which would otherwise wait for it.

use std::sync::Arc;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_server};

use crate::limits::HEALTH_LOOK_INTERVAL;
use crate::readiness::Readiness;

#[derive(Clone)]
pub(super) struct Health {
    readiness: Readiness,
    services: Arc<[String]>,
    stop: CancellationToken,
}

impl Health {
    pub(super) fn new(readiness: Readiness, services: Arc<[String]>, stop: CancellationToken) -> Health {
        Health {
            readiness,
            services,
            stop,
        }
    }

    /// How a service is; the empty name is the server as a whole.
    async fn status(&self, service: &str) -> ServingStatus {
        if !service.is_empty() && !self.services.iter().any(|served| served == service) {
            return ServingStatus::ServiceUnknown;
        }
        match self.readiness.look().await {
            Ok(()) => ServingStatus::Serving,
            Err(_) => ServingStatus::NotServing,
        }
    }

    /// How it is once that is another than it was; `None` once the server stops and has said so.
    async fn changed(&self, service: &str, before: Option<ServingStatus>) -> Option<ServingStatus> {
        loop {
            let stops = self.stop.is_cancelled();
            let now = self.status(service).await;
            if before != Some(now) {
                return Some(now);
            }
            if stops {
                return None;
            }
            tokio::select! {
                () = tokio::time::sleep(HEALTH_LOOK_INTERVAL) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }
}

#[tonic::async_trait]
impl health_server::Health for Health {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match self.status(&request.get_ref().service).await {
            // In an answer of its own the protocol has this for a watch alone.
            ServingStatus::ServiceUnknown => Err(Status::not_found("There is no such service.")),
            status => Ok(Response::new(said(status))),
        }
    }

    type WatchStream = BoxStream<'static, Result<HealthCheckResponse, Status>>;

    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let watching = (self.clone(), request.into_inner().service, None);
        let changes = stream::unfold(watching, async |(health, service, before)| {
            let now = health.changed(&service, before).await?;
            Some((Ok(said(now)), (health, service, Some(now))))
        });
        Ok(Response::new(changes.boxed()))
    }
}

fn said(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}
