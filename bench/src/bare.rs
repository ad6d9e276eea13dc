//! The floor of a read: handlers that take the name from the request and answer at once, with as many bytes as ours.
//!
//! No store, no token, no transcoding; the same frameworks and the same load.

use anyhow::Result;
use api::google::apps::meet::v2::{
    GetParticipantSessionRequest, ParticipantSession,
    conference_records_service_server::{ConferenceRecordsService, ConferenceRecordsServiceServer},
};
use axum::{Json, Router, extract::Path, routing::get, serve::ListenerExt};
use prost_types::Timestamp;
use serde::Serialize;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, service::Routes};

const TIME: &str = "2026-01-02T03:04:05.678901Z";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    name: String,
    start_time: &'static str,
    end_time: &'static str,
}

async fn rest(Path((conference, participant, session)): Path<(String, String, String)>) -> Json<Session> {
    let name = format!("conferenceRecords/{conference}/participants/{participant}/participantSessions/{session}");
    Json(Session {
        name,
        start_time: TIME,
        end_time: TIME,
    })
}

struct Grpc;

#[tonic::async_trait]
impl ConferenceRecordsService for Grpc {
    async fn get_participant_session(
        &self,
        request: Request<GetParticipantSessionRequest>,
    ) -> Result<Response<ParticipantSession>, Status> {
        let time = Some(Timestamp {
            seconds: 1_767_323_045,
            nanos: 678_901_000,
        });
        let name = request.into_inner().name;
        Ok(Response::new(ParticipantSession {
            name,
            start_time: time,
            end_time: time,
        }))
    }
}

/// Serves both on a free port of this machine.
pub(crate) async fn serve() -> Result<SocketAddr> {
    let path = "/v2/conferenceRecords/{conference}/participants/{participant}/participantSessions/{session}";
    let grpc = Routes::new(ConferenceRecordsServiceServer::new(Grpc)).into_axum_router();
    let router = Router::new().route(path, get(rest)).merge(grpc);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a new connection takes options"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
