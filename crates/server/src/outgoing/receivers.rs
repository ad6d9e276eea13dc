//! Posting to whoever asked to be told something: strangers' servers, on the public internet and nowhere else.
//!
//! A name is looked up for every request, every address that it has is looked at, and the connection goes to one of these:
//! there is no second question that could be answered otherwise. TLS is by the name, so whoever answers is whom the name
//! belongs to. No connection is used again, since it would be one that nobody looked at.
//!
//! An operator may list front doors of this network, which are not asked about: whoever runs the server decides what its neighbours
//! may hear.

use std::error::Error;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::vec;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tower::Service;

use super::address::{Address, Origin, Unfit};
use super::public::is_public;
use super::{Client, client};
use crate::limits;

/// Tells receivers. Clones share connections to those whom an operator lists.
#[derive(Clone, Debug)]
pub(crate) struct Receivers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    listed: Vec<Origin>,
    clients: OnceLock<Result<Clients, io::Error>>,
}

#[derive(Debug)]
struct Clients {
    listed: Client,
    others: legacy::Client<HttpsConnector<HttpConnector<PublicOnly>>, Full<Bytes>>,
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Without parameters, in lower case.
    pub(crate) media_type: String,
    pub(crate) headers: HeaderMap,
    /// Up to what was asked for.
    pub(crate) body: Bytes,
}

/// Why a receiver did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswering {
    #[error("the address is none that may be told anything")]
    Unfit(#[source] Unfit),
    #[error("the certificates that this system trusts cannot be read")]
    Roots(#[source] io::Error),
    #[error("{0} cannot be reached")]
    Unreachable(Origin, #[source] legacy::Error),
    #[error("{0} broke off its answer, or it is too long")]
    Cut(Origin, #[source] Box<dyn Error + Send + Sync>),
    #[error("{0} did not answer in time")]
    Late(Origin),
}

impl Receivers {
    /// Those on the public internet, and these.
    pub(crate) fn new(listed: Vec<Origin>) -> Receivers {
        Receivers(Arc::new(Inner {
            listed,
            clients: OnceLock::new(),
        }))
    }

    /// Whether somebody may be told at this address, as far as can be seen without asking, and whose it is.
    pub(crate) fn check(&self, url: &str) -> Result<Origin, Unfit> {
        self.address(url).map(|address| address.origin)
    }

    fn address(&self, url: &str) -> Result<Address, Unfit> {
        let address = Address::parse(url)?;
        if !self.0.listed.contains(&address.origin) {
            address.check()?;
        }
        Ok(address)
    }

    /// Posts, and reads so much of the answer. Redirects are answers.
    pub(crate) async fn post(
        &self,
        url: &str,
        content_type: &'static str,
        body: Bytes,
        answer_bytes_max: usize,
    ) -> Result<Answer, Unanswering> {
        let content_type = HeaderValue::from_static(content_type);
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]);
        self.ask(url, Method::POST, headers, body, answer_bytes_max).await
    }

    /// Asks anything, and reads so much of the answer. Redirects are answers.
    pub(crate) async fn ask(
        &self,
        url: &str,
        method: Method,
        headers: HeaderMap,
        body: Bytes,
        answer_bytes_max: usize,
    ) -> Result<Answer, Unanswering> {
        let Address { uri, origin } = self.address(url).map_err(Unanswering::Unfit)?;
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let answer = self.answer(&origin, request, answer_bytes_max);
        match tokio::time::timeout(limits::RECEIVER_TIMEOUT, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(Unanswering::Late(origin)),
        }
    }

    async fn answer(&self, origin: &Origin, request: Request<Full<Bytes>>, most: usize) -> Result<Answer, Unanswering> {
        let clients = self.0.clients.get_or_init(Clients::open).as_ref();
        let clients = clients.map_err(|error| Unanswering::Roots(io::Error::new(error.kind(), error.to_string())))?;
        let answer = if self.0.listed.contains(origin) {
            clients.listed.request(request).await
        } else {
            clients.others.request(request).await
        };
        let (head, body) = answer
            .map_err(|source| Unanswering::Unreachable(origin.clone(), source))?
            .into_parts();
        let media_type = head
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
        let body = if most == 0 {
            Bytes::new()
        } else {
            let body = Limited::new(body, most).collect().await;
            body.map_err(|source| Unanswering::Cut(origin.clone(), source))?
                .to_bytes()
        };
        Ok(Answer {
            status: head.status,
            media_type: media_type.trim().to_ascii_lowercase(),
            headers: head.headers,
            body,
        })
    }
}

impl Clients {
    fn open() -> io::Result<Clients> {
        let mut http = HttpConnector::new_with_resolver(PublicOnly::default());
        // The scheme is the connector's around it.
        http.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(aws_lc_rs::default_provider())?
            .https_only()
            .enable_http1()
            .wrap_connector(http);
        let others = legacy::Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .http1_max_buf_size(limits::RECEIVER_HEAD_BYTES_MAX)
            .build(connector);
        Ok(Clients {
            listed: client()?,
            others,
        })
    }
}

/// Looks names up, and refuses those that have an address which is not public: a name with one of each would be tried until it is
/// the other's turn.
#[derive(Clone, Debug)]
struct PublicOnly {
    places: Arc<Semaphore>,
}

/// Why a name is not connected to.
#[derive(Debug, thiserror::Error)]
enum NotPublic {
    #[error("the name cannot be looked up")]
    Unknown(#[source] io::Error),
    #[error("the name leads to {0}, which is not on the public internet")]
    Neighbour(SocketAddr),
}

impl Default for PublicOnly {
    fn default() -> PublicOnly {
        PublicOnly {
            places: Arc::new(Semaphore::new(limits::RECEIVER_LOOKUPS_MAX)),
        }
    }
}

impl Service<Name> for PublicOnly {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = NotPublic;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NotPublic>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NotPublic>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let places = Arc::clone(&self.places);
        Box::pin(async move {
            let place = places.acquire_owned().await.expect("nobody closes it");
            // A look-up goes on when nobody waits for it any more, so it keeps its place until it is over.
            let look = move || {
                let found = (name.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
                drop(place);
                found
            };
            let looked = tokio::task::spawn_blocking(look).await.map_err(io::Error::other);
            all_public(looked.flatten().map_err(NotPublic::Unknown)?)
        })
    }
}

/// The addresses of a name, if all are public.
fn all_public(addresses: Vec<SocketAddr>) -> Result<vec::IntoIter<SocketAddr>, NotPublic> {
    match addresses.iter().find(|address| !is_public(address.ip())) {
        Some(neighbour) => Err(NotPublic::Neighbour(*neighbour)),
        None => Ok(addresses.into_iter()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        let address = |text: &&str| SocketAddr::new(text.parse().expect("an address"), 0);
        texts.iter().map(address).collect()
    }

    #[test]
    fn a_name_with_one_neighbour_among_its_addresses_is_refused() {
        for (texts, is_fine) in [
            (&["1.1.1.1"][..], true),
            (&["1.1.1.1", "2606:4700:4700::1111"], true),
            (&["127.0.0.1"], false),
            (&["1.1.1.1", "10.0.0.1"], false),
            (&["1.1.1.1", "1.0.0.1", "::1"], false),
        ] {
            assert_eq!(all_public(addresses(texts)).is_ok(), is_fine, "{texts:?}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let accepted = tokio::spawn(async move { listener.accept().await.map(drop) });
        // As if port 443 were this one: the check of addresses comes before the connection, whatever the port.
        let mut resolver = PublicOnly::default();
        let refused = resolver.call("localhost".parse().expect("a name")).await;
        assert!(matches!(refused, Err(NotPublic::Neighbour(_))), "{refused:?}");
        for url in [format!("https://localhost:{port}/"), "https://localhost/".to_owned()] {
            let posted = Receivers::new(Vec::new())
                .post(&url, "text/plain", Bytes::new(), 0)
                .await;
            posted.expect_err("it is this machine");
        }
        assert!(!accepted.is_finished(), "somebody came");
        accepted.abort();
    }
}
