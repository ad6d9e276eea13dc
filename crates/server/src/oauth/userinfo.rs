//! Who somebody is, told to an app that holds a token of theirs: the endpoint of OpenID Connect, and Google's older one.
//!
//! It is a read like any of the API's, so it passes the same gate: who asks, their quota, a place, the trace.

use std::sync::{Arc, LazyLock};

use axum_core::body::Body;
use http::header::{self, HeaderValue};
use http::{Request, Response, StatusCode};
use identity::{PROFILE_SCOPES, Profile};
use serde_json::{Value, json};

use super::endpoints::parameter;
use crate::failure::{Answer, Failure, Kind};
use crate::gate::admission::{Admission, Wire};
use crate::gate::asking::{Asking, Method};
use crate::gate::operation::{Needs, Operation};
use crate::web::json;

static OPERATION: Operation = Operation::reads("Userinfo/Get", Needs::Scope(PROFILE_SCOPES), "Userinfo");

static METHOD: LazyLock<Arc<Method>> = LazyLock::new(|| {
    Arc::new(Method {
        name: OPERATION.name.into(),
        service: "openidconnect.googleapis.com",
        operation: &OPERATION,
    })
});

/// In which words the answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Those of OpenID Connect.
    OpenId,
    /// Those that Google had before: `id` and `verified_email`.
    Older,
}

/// Serves it. Older programs send their token in the query.
pub(super) async fn serve(admission: &Admission, form: Form, mut request: Request<Body>) -> Response<Body> {
    let in_query = parameter(request.uri().query().unwrap_or_default().as_bytes(), "access_token");
    if let Some(Ok(bearer)) = in_query.map(|token| HeaderValue::from_str(&format!("Bearer {token}"))) {
        request.headers_mut().entry(header::AUTHORIZATION).or_insert(bearer);
    }
    let answer = move |asking: Asking, _| async move {
        match told(&asking, form) {
            Ok(body) => json::answer(StatusCode::OK, &body),
            Err(failure) => Json::refused(failure),
        }
    };
    admission.pass::<Json, _>(Arc::clone(&METHOD), request, answer).await
}

fn told(asking: &Asking, form: Form) -> Answer<Value> {
    let profile = Profile::of(asking.caller()).map_err(|refusal| asking.refused(refusal))?;
    let mut body = json!(profile);
    if form == Form::Older {
        let fields = body.as_object_mut().expect("it is made of fields");
        for (older, name) in [("id", "sub"), ("verified_email", "email_verified")] {
            let value = fields.remove(name);
            fields.extend(value.map(|value| (older.to_owned(), value)));
        }
    }
    Ok(body)
}

/// Refusals as the API's are.
struct Json;

impl Wire for Json {
    type Body = Body;

    fn refused(failure: Failure) -> Response<Body> {
        let (kind, _, details) = failure.into_parts();
        match kind {
            Kind::Unauthenticated => {
                let message = "Request had invalid authentication credentials.";
                let mut response = json::error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message);
                let challenge = HeaderValue::from_static("Bearer realm=\"sederunt\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                response
            }
            Kind::ScopeMissing | Kind::Hidden | Kind::Forbidden => {
                let message = "Request had insufficient authentication scopes.";
                json::error(StatusCode::FORBIDDEN, "PERMISSION_DENIED", message)
            }
            Kind::Exhausted => json::too_many("Too many requests.", details.retry_after.unwrap_or_default()),
            Kind::Invalid => json::error(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", "The request is broken."),
            _ => json::busy("Who you are cannot be told now; try again soon."),
        }
    }

    fn outcome(response: &Response<Body>) -> &'static str {
        match response.status() {
            StatusCode::OK => "OK",
            StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
            StatusCode::FORBIDDEN => "PERMISSION_DENIED",
            StatusCode::TOO_MANY_REQUESTS => "RESOURCE_EXHAUSTED",
            StatusCode::BAD_REQUEST => "INVALID_ARGUMENT",
            _ => "UNAVAILABLE",
        }
    }
}
