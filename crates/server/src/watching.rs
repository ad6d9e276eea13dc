//! `/metrics`: who may read what the server counts.
//!
//! The page tells how many meet, when, and which ways in fail: nothing for strangers. A token would be one more secret to keep in a
//! scraper's configuration, so there is none. Whoever scrapes is given a listener of its own, on an address that the operator
//! chooses and only scrapers reach. On the port of the meetings the page is for this machine, and only while nobody else is meant
//! to reach the server: behind a proxy on the same machine, everybody comes from here.

use std::convert::Infallible;
use std::future::ready;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use axum_core::body::Body;
use edge::{Limits, Proxies, Setup};
use http::header::{self, HeaderValue};
use http::{Request, Response, StatusCode};
use share::{Client, Reports};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::service_fn;

use crate::metrics::Metrics;
use crate::web::pages::plain;

/// The path of the page.
pub(crate) const PATH: &str = "/metrics";

/// What the server counts, as its main port shows it.
pub(crate) struct Watched {
    metrics: Arc<Metrics>,
    /// Whether people find the server by a name that means their own machine.
    is_local: bool,
}

impl Watched {
    /// Shown on this machine, if the server is for this machine alone: its public URL has this host.
    pub(crate) fn new(metrics: Arc<Metrics>, host: Option<&str>) -> Watched {
        let is_local = host.is_some_and(|host| {
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        });
        Watched { metrics, is_local }
    }

    /// Serves [`PATH`] on the main port.
    pub(crate) fn answer(&self, request: &Request<Body>) -> Response<Body> {
        let client = request.extensions().get().copied();
        if self.is_local && client.is_none_or(is_here) {
            return page(&self.metrics);
        }
        plain(
            StatusCode::FORBIDDEN,
            "metrics are for this machine alone; `--metrics-listen` gives them a port of their own\n",
        )
    }
}

/// Serves the page, and nothing else, to whoever reaches this listener.
pub(crate) async fn serve(listener: TcpListener, metrics: Arc<Metrics>, reports: Reports, stop: CancellationToken) {
    let service = service_fn(move |request: Request<Body>| {
        let response = match request.uri().path() {
            PATH => page(&metrics),
            _ => plain(StatusCode::NOT_FOUND, "only /metrics is here\n"),
        };
        ready(Ok::<_, Infallible>(response))
    });
    let setup = Setup {
        secured: None,
        proxies: Proxies::default(),
        datagrams: None,
        limits: Limits::default(),
        reports,
    };
    edge::serve(listener, setup, service, stop).await;
}

fn page(metrics: &Metrics) -> Response<Body> {
    let mut response = Response::new(Body::from(metrics.page()));
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn is_here(client: Client) -> bool {
    client == Client::HERE || client == Client::at(Ipv6Addr::LOCALHOST.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_on_this_machine() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("203.0.113.7", false),
            ("2001:db8::1", false),
        ] {
            let client = Client::at(address.parse().expect("a valid row"));
            assert_eq!(is_here(client), expected, "{address}");
        }
    }
}
