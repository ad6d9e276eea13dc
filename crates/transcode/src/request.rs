//! The caller's request, from HTTP and JSON to gRPC.
//!
//! Path, query and field mask are checked before the service is called. The body is read only when the service asks for the
//! message ([`Late`]): who may send one at all is settled below, from the headers. Headers travel on as they came, because
//! authentication, limits and logs sit below and need them. gRPC's own headers are removed, so that a REST caller cannot
//! speak for this layer.

use std::borrow::Cow;
use std::sync::Arc;

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, Version, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

use crate::{
    body,
    failure::Failure,
    frame,
    json::Style,
    late::Late,
    limits::{BODY_BYTES_MAX, FORM_BYTES_MAX},
    partial::{self, FIELD_MASK},
    query::{self, SystemParameters},
    reply::Form,
    routes::{Miss, Path, RouteTable},
    rules::{BodyRule, PathField, Route},
    wire,
};

const API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
const SERVER_TIMEOUT: HeaderName = HeaderName::from_static("x-server-timeout");

/// The request as gRPC, and how its reply is to be written.
#[derive(Debug)]
pub(crate) struct GrpcRequest {
    pub(crate) route: Arc<Route>,
    pub(crate) request: Request<Body>,
    pub(crate) form: Form,
    /// What becomes known of the body; nothing where the route has none.
    pub(crate) late: Late,
}

/// Reads a REST request, but for its body.
pub(crate) async fn read(request: Request<Body>, routes: &RouteTable) -> Result<GrpcRequest, Failure> {
    let (mut head, body) = request.into_parts();
    let verb = verb(&head)?;
    let (route, path) = routes.find(&verb, head.uri.path()).map_err(|miss| match miss {
        Miss::OtherVerbs(verbs) => Failure::wrong_verb(&verbs),
        Miss::UnknownPath => Failure::unknown_path(),
    })?;

    let mut message = DynamicMessage::new(route.input.clone());
    let mut query = Cow::Borrowed(head.uri.query().unwrap_or_default());
    let (body, (mut parameters, named)) = if matches!(route.body, BodyRule::Nothing) {
        // A query that is too long for a URL comes as the form of a POST that stands for a GET.
        if head.method == Method::POST && has_type(&head.headers, "application/x-www-form-urlencoded") {
            refuse_compressed(&head.headers)?;
            let form = collect(body, FORM_BYTES_MAX).await?;
            query = Cow::Owned(format!("{query}&{}", String::from_utf8_lossy(&form)));
        }
        (None, address(&mut message, route, &path, &query)?)
    } else {
        refuse_compressed(&head.headers)?;
        // The address wins over the body, so it is read again on top of it; here it is read for what is wrong with it.
        let addressed = address(&mut message, route, &path, &query)?;
        (Some(body), addressed)
    };

    pass_mask(parameters.fields.take(), &mut head.headers)?;
    let form = Form {
        style: Style {
            enum_numbers: parameters.enum_numbers,
            pretty: parameters.pretty,
        },
        mask: partial::mask(&head.headers, &route.output)?,
    };
    pass_credentials(parameters, &mut head.headers)?;
    let late = Late::default();
    let route = Arc::clone(route);
    let body = match body {
        None => Body::from(encode(&message, &named)?),
        Some(body) => {
            let (route, uri) = (Arc::clone(&route), head.uri.clone());
            let is_json = may_be_json(&head.headers);
            late.body(async move { with_body(&route, &uri, is_json, body).await })
        }
    };
    speak_grpc(&mut head, &route)?;
    Ok(GrpcRequest {
        route,
        request: Request::from_parts(head, body),
        form,
        late,
    })
}

/// The frame of a message that a body fills, and then the address.
async fn with_body(route: &Route, uri: &Uri, is_json: bool, body: Body) -> Result<Bytes, Failure> {
    let json = collect(body, BODY_BYTES_MAX).await?;
    if !is_json && !json.is_empty() {
        return Err(Failure::malformed("The body is not `application/json`"));
    }
    let mut message = DynamicMessage::new(route.input.clone());
    match &route.body {
        BodyRule::Nothing => {}
        BodyRule::Request => message = body::read(&json, &route.input, None)?.unwrap_or(message),
        BodyRule::Field(field, kind) => {
            if let Some(value) = body::read(&json, kind, Some(field.name()))? {
                message.set_field(field, Value::Message(value));
            }
        }
    }
    let path = Path::of(route, uri.path()).ok_or_else(Failure::unknown_path)?;
    let (_, named) = address(&mut message, route, &path, uri.query().unwrap_or_default())?;
    encode(&message, &named)
}

/// Puts into a message what the query says. What the path says is the second part, encoded: it goes after the message, and whoever
/// reads protobuf takes the last value of a field, so that the path wins.
fn address(
    message: &mut DynamicMessage,
    route: &Route,
    path: &Path<'_>,
    query: &str,
) -> Result<(SystemParameters, Vec<u8>), Failure> {
    let parameters = query::read(query, &route.body, message)?;
    let mut named = Vec::new();
    for (field, segments) in path.captures(route) {
        wire::add_string(&mut named, &field.numbers, &decode(field, segments)?);
    }
    Ok((parameters, named))
}

fn encode(message: &DynamicMessage, named: &[u8]) -> Result<Bytes, Failure> {
    frame::encode(message, named).map_err(|reason| Failure::broken(reason.as_ref()))
}

/// The verb that is meant: a POST may stand for another, where a proxy lets nothing else through, and HEAD is a GET of which the
/// answer's body is not sent.
fn verb(head: &Parts) -> Result<Method, Failure> {
    match head.headers.get(&METHOD_OVERRIDE) {
        Some(verb) if head.method == Method::POST => {
            let verb = Method::from_bytes(verb.as_bytes());
            verb.map_err(|_| Failure::field(METHOD_OVERRIDE.as_str(), "expected an HTTP method"))
        }
        _ if head.method == Method::HEAD => Ok(Method::GET),
        _ => Ok(head.method.clone()),
    }
}

fn has_type(headers: &HeaderMap, wanted: &str) -> bool {
    let given = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    given
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .eq_ignore_ascii_case(wanted)
}

/// Whether a body may be read as JSON. Browsers call it `text/plain` where anything else would cost them a preflight.
fn may_be_json(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::CONTENT_TYPE)
        || has_type(headers, "application/json")
        || has_type(headers, "text/plain")
}

fn refuse_compressed(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => {
            Err(Failure::malformed("The body is compressed in another way than by gzip"))
        }
        _ => Ok(()),
    }
}

/// All of a body, unless it is too long.
pub(crate) async fn collect(body: Body, bytes_max: usize) -> Result<Bytes, Failure> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(reason) if reason.is::<LengthLimitError>() => Err(Failure::too_large(bytes_max)),
        Err(_) => Err(Failure::malformed(
            "The body ended early, or is not compressed as it says",
        )),
    }
}

/// The text of a captured field. Segments are decoded one by one; a slash that was encoded stays so in a field of several
/// segments, or an id could pretend to be two.
fn decode(field: &PathField, segments: &[&str]) -> Result<String, Failure> {
    let mut text = String::with_capacity(segments.iter().map(|segment| segment.len() + 1).sum());
    for (index, segment) in segments.iter().enumerate() {
        if index > 0 {
            text.push('/');
        }
        if !segment.contains('%') {
            text.push_str(segment);
            continue;
        }
        let decoded = percent_decode_str(segment).decode_utf8().map_err(|_| {
            let name = field.fields.last().map_or("", FieldDescriptor::name);
            Failure::field(name, "expected UTF-8 in the path")
        })?;
        if segments.len() > 1 && decoded.contains('/') {
            text.push_str(&decoded.replace('/', "%2F"));
        } else {
            text.push_str(&decoded);
        }
    }
    Ok(text)
}

/// A mask of the query becomes a header: the service reads it too, since it may have to compute what is asked for.
fn pass_mask(fields: Option<String>, headers: &mut HeaderMap) -> Result<(), Failure> {
    if let Some(fields) = fields {
        let fields = HeaderValue::try_from(fields).map_err(|_| Failure::field("fields", "expected field names"))?;
        headers.insert(FIELD_MASK, fields);
    }
    Ok(())
}

/// Credentials of the query become headers, unless there are such headers.
fn pass_credentials(parameters: SystemParameters, headers: &mut HeaderMap) -> Result<(), Failure> {
    let token = parameters
        .access_token
        .map(|token| (header::AUTHORIZATION, format!("Bearer {token}")));
    for (name, value) in token.into_iter().chain(parameters.api_key.map(|key| (API_KEY, key))) {
        let mut value = HeaderValue::try_from(value)
            .map_err(|_| Failure::malformed("The credentials contain what no header can carry"))?;
        value.set_sensitive(true);
        headers.entry(name).or_insert(value);
    }
    Ok(())
}

/// Makes the head of a REST request that of a gRPC request.
fn speak_grpc(head: &mut Parts, route: &Route) -> Result<(), Failure> {
    let of_the_hop = [
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONTENT_ENCODING,
        header::CONNECTION,
        header::UPGRADE,
        header::EXPECT,
        METHOD_OVERRIDE,
    ];
    let ends_here = |name: &&HeaderName| of_the_hop.contains(name) || name.as_str().starts_with("grpc-");
    // Mostly there is none: looking at what is there costs less than taking away what is not.
    for name in head.headers.keys().filter(ends_here).cloned().collect::<Vec<_>>() {
        head.headers.remove(name);
    }
    if let Some(timeout) = head.headers.remove(&SERVER_TIMEOUT) {
        head.headers.insert(GRPC_TIMEOUT, grpc_timeout(&timeout)?);
    }
    head.headers
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    head.headers.insert(header::TE, HeaderValue::from_static("trailers"));
    head.method = Method::POST;
    head.uri = route.rpc.clone();
    head.version = Version::HTTP_2;
    Ok(())
}

/// Seconds, with decimals, into the milliseconds of gRPC, which have at most eight digits.
fn grpc_timeout(seconds: &HeaderValue) -> Result<HeaderValue, Failure> {
    let seconds = seconds.to_str().ok().and_then(|text| text.trim().parse::<f64>().ok());
    let seconds = seconds.filter(|seconds| *seconds > 0.0);
    let seconds = seconds.ok_or_else(|| Failure::field(SERVER_TIMEOUT.as_str(), "expected a number of seconds"))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits"
    )]
    let timeout_ms = (seconds * 1000.0).ceil().min(99_999_999.0) as u32;
    HeaderValue::try_from(format!("{timeout_ms}m")).map_err(|_| Failure::internal())
}
