//! Asking a provider: small answers of JSON, in time, from safe addresses.
//!
//! It follows no redirect: a provider that has moved says so in its metadata.

use std::error::Error;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use serde::de::DeserializeOwned;

use super::configuration::is_safe;
use crate::limits;
use crate::outgoing::{self, Client, Unanswered};
use crate::web::query;

/// Why an answer could not be had. The addresses are the provider's; nothing here is a secret.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("`{0}` is not an address that may be asked: HTTPS is missing")]
    Unsafe(String),
    #[error("`{0}` is not an address")]
    Malformed(String, #[source] http::Error),
    #[error("`{0}` cannot be reached")]
    Unreachable(String, #[source] Unanswered),
    #[error("`{0}` broke off its answer, or it is too long")]
    Cut(String, #[source] Box<dyn Error + Send + Sync>),
    #[error("`{0}` did not answer in time")]
    Late(String),
    #[error("`{url}` answered {status}: {body}")]
    Refused {
        url: String,
        status: StatusCode,
        /// Its first words: an error of OAuth is short.
        body: String,
    },
    #[error("`{0}` answered something else than was expected")]
    Unexpected(String, #[source] serde_json::Error),
}

/// Asks providers. Clones share connections.
#[derive(Clone)]
pub(super) struct Fetcher(Client);

impl Fetcher {
    /// Trusts whom the system trusts.
    pub(super) fn new() -> std::io::Result<Fetcher> {
        outgoing::client().map(Fetcher)
    }

    /// Reads a document as it is.
    pub(super) async fn get_bytes(&self, url: &str, bearer: Option<&str>) -> Result<Bytes, FetchError> {
        let mut request = Request::get(url);
        if let Some(token) = bearer {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        self.ask(url, request.body(Full::default())).await
    }

    /// Reads a document.
    pub(super) async fn get<T: DeserializeOwned>(&self, url: &str, bearer: Option<&str>) -> Result<T, FetchError> {
        parse(url, &self.get_bytes(url, bearer).await?)
    }

    /// Sends a form.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        url: &str,
        fields: &[(&str, &str)],
        basic: Option<(&str, &str)>,
    ) -> Result<T, FetchError> {
        let mut request = Request::post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some((user, password)) = basic {
            let encoded = STANDARD.encode(format!("{}:{}", form_encoded(user), form_encoded(password)));
            request = request.header(header::AUTHORIZATION, format!("Basic {encoded}"));
        }
        let form = query::encoded(fields.iter().copied());
        parse(url, &self.ask(url, request.body(Full::from(form))).await?)
    }

    async fn ask(&self, url: &str, request: Result<Request<Full<Bytes>>, http::Error>) -> Result<Bytes, FetchError> {
        if !is_safe(url) {
            return Err(FetchError::Unsafe(url.to_owned()));
        }
        let mut request = request.map_err(|source| FetchError::Malformed(url.to_owned(), source))?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::ACCEPT, json);
        let answer = tokio::time::timeout(limits::PROVIDER_TIMEOUT, self.answer(url, request)).await;
        let (status, body) = answer.map_err(|_| FetchError::Late(url.to_owned()))??;
        if !status.is_success() {
            let body = String::from_utf8_lossy(&body).chars().take(200).collect();
            return Err(FetchError::Refused {
                url: url.to_owned(),
                status,
                body,
            });
        }
        Ok(body)
    }

    async fn answer(&self, url: &str, request: Request<Full<Bytes>>) -> Result<(StatusCode, Bytes), FetchError> {
        let answer = self.0.request(request).await;
        let answer = answer.map_err(|source| FetchError::Unreachable(url.to_owned(), source))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), limits::PROVIDER_ANSWER_BYTES_MAX);
        let body = body.collect().await;
        let body = body.map_err(|source| FetchError::Cut(url.to_owned(), source))?;
        Ok((status, body.to_bytes()))
    }
}

fn parse<T: DeserializeOwned>(url: &str, body: &[u8]) -> Result<T, FetchError> {
    serde_json::from_slice(body).map_err(|source| FetchError::Unexpected(url.to_owned(), source))
}

/// RFC 6749 §2.3.1: both halves of the header are encoded as in a form.
fn form_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
