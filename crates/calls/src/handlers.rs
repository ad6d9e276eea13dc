//! Whoever says what to do with calls: what they are asked, and what they answer. How that goes over a wire is others' business.

use std::{collections::BTreeMap, pin::Pin};

use bytes::Bytes;
use http::Uri;

use crate::{Call, Cookies, limits::URI_BYTES_MAX};

/// Whether somebody can be asked there what to do with a call: by HTTP.
pub(crate) fn is_handler(uri: &str) -> bool {
    let parsed: Option<Uri> = (uri.len() <= URI_BYTES_MAX).then(|| uri.parse().ok()).flatten();
    parsed.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
}

/// Something that is ready later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A question to a handler.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Where.
    pub uri: String,
    /// The call, as it is now.
    pub call: Call,
    /// What came of the action before.
    pub parameters: BTreeMap<String, String>,
    /// What the handlers of this call want to be told again.
    pub cookies: Cookies,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The document.
    pub document: Bytes,
    /// Where it was, after redirects.
    pub uri: String,
    /// What the question had of these, with what was set and taken back on the way.
    pub cookies: Cookies,
}

/// A handler that did not answer with a document, or an address at which there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unanswered(pub String);

/// Who asks handlers, by HTTP.
pub trait Handlers: Send + Sync + 'static {
    /// Asks.
    fn ask<'a>(&'a self, ask: &'a Ask) -> Later<'a, Result<Answered, Unanswered>>;

    /// Fetches a file to play.
    fn fetch<'a>(&'a self, project: &'a str, uri: &'a str) -> Later<'a, Result<Bytes, Unanswered>>;
}
