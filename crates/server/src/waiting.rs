//! What a server answers while it waits for another one to end.
//!
//! An update starts the new server before it stops the old one, and whoever starts it asks both how they are. So the port answers: it is
//! alive, it is not ready, and a request that comes all the same is worth another try.

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::net;
use std::os::fd::AsFd;

use axum_core::body::Body;
use edge::Setup;
use http::{Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::limits;
use crate::web::{json, pages};

/// Answers at the port of a listener that is to serve later, until the guard is dropped.
pub(crate) fn answer_at(listener: &TcpListener, setup: Setup) -> io::Result<DropGuard> {
    let listener = net::TcpListener::from(listener.as_fd().try_clone_to_owned()?);
    let stop = CancellationToken::new();
    let service = tower::service_fn(|request| ready(Ok::<_, Infallible>(answer(&request))));
    tokio::spawn(edge::serve(
        TcpListener::from_std(listener)?,
        setup,
        service,
        stop.clone(),
    ));
    Ok(stop.drop_guard())
}

fn answer(request: &Request<Body>) -> Response<Body> {
    if request.uri().path() == "/healthz" {
        return pages::plain(StatusCode::OK, "ok\n");
    }
    let waiting = pages::plain(StatusCode::SERVICE_UNAVAILABLE, "waiting for another server to end\n");
    json::retry_after(waiting, limits::RETRY_WAIT)
}
