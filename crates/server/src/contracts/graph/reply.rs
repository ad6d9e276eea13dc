//! What is answered: JSON as clients of OData read it, or a text.

use axum_core::body::Body;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;

use super::preferences::Preferences;

/// With no metadata but what is needed to tell types apart. Clients take nothing for JSON that does not begin like this.
const JSON: HeaderValue = HeaderValue::from_static(
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8",
);

/// An answer of a handler.
pub(super) struct Reply(Response<Body>);

impl Reply {
    /// A resource or a page of them.
    pub(super) fn json(value: &impl Serialize) -> Reply {
        Reply::with(StatusCode::OK, value)
    }

    /// The same with another status: what was made is answered with 201.
    pub(super) fn with(status: StatusCode, value: &impl Serialize) -> Reply {
        Reply(json(status, value))
    }

    /// Done, and there is nothing to say.
    pub(super) fn nothing(status: StatusCode) -> Reply {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        Reply(response)
    }

    /// A text of this type.
    pub(super) fn text(kind: &'static str, text: impl Into<Body>) -> Reply {
        let mut response = Response::new(text.into());
        let kind = HeaderValue::from_static(kind);
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        Reply(response)
    }

    /// A number alone.
    pub(super) fn number(number: i64) -> Reply {
        Reply::text("text/plain", number.to_string())
    }

    /// The same, and which of the client's wishes were met.
    pub(super) fn applying(self, preferences: &Preferences) -> Reply {
        match preferences
            .applied()
            .and_then(|applied| HeaderValue::try_from(applied).ok())
        {
            Some(applied) => self.header(HeaderName::from_static("preference-applied"), applied),
            None => self,
        }
    }

    /// The same with a header.
    pub(super) fn header(mut self, name: HeaderName, value: HeaderValue) -> Reply {
        self.0.headers_mut().insert(name, value);
        self
    }

    pub(super) fn into_response(self) -> Response<Body> {
        self.0
    }
}

/// A value as an answer.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    let text = serde_json::to_vec(value).expect("a value of ours has text for keys");
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}
