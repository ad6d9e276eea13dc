//! How the server asks others by HTTP: providers, itself the way that people come, and whoever asked to be told something.
//!
//! It trusts whom the system trusts, and follows no redirect: whoever asks says whether that is an answer. An operator names
//! providers, and so they may be anywhere. Receivers are named by whoever has a token, who must not get this server to ask
//! its neighbours in their stead ([`receivers`]).

mod address;
mod public;
mod receivers;

pub use address::Origin;
pub(crate) use public::is_public;
pub(crate) use receivers::{Answer, Receivers, Unanswering};

use std::io;

use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

/// Asks. Clones share connections.
pub(crate) type Client = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Why nothing was answered.
pub(crate) type Unanswered = legacy::Error;

/// A client that has yet to connect.
pub(crate) fn client() -> io::Result<Client> {
    let connector = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(aws_lc_rs::default_provider())?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(legacy::Client::builder(TokioExecutor::new()).build(connector))
}

/// Whose certificates count, for who connects without asking by HTTP.
pub(crate) fn trust() -> io::Result<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into());
    let builder = builder
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    Ok(builder.with_native_roots()?.with_no_client_auth())
}
