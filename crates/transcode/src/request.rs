//! The caller's request, from HTTP and JSON to gRPC.
//!
//! Everything is checked before the service is called: path, query, body and field mask. Headers travel on as they came,
//! because authentication, limits and logs sit below and need them. gRPC's own headers are removed, so that a REST caller
//! cannot speak for this layer.

use std::borrow::Cow;

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Version, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};

use crate::{
    body,
    failure::Failure,
    fields, frame,
    limits::BODY_BYTES_MAX,
    partial::{self, FIELD_MASK},
    query::{self, SystemParameters},
    reply::Form,
    routes::{Miss, RouteTable},
    rules::{BodyRule, Route},
};

const API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
const SERVER_TIMEOUT: HeaderName = HeaderName::from_static("x-server-timeout");

/// The request as gRPC, and how its reply is to be written.
#[derive(Debug)]
pub(crate) struct GrpcRequest<'t> {
    pub(crate) route: &'t Route,
    pub(crate) request: Request<Body>,
    pub(crate) form: Form,
}

/// Reads a REST request.
pub(crate) async fn read(request: Request<Body>, routes: &RouteTable) -> Result<GrpcRequest<'_>, Failure> {
    let (mut head, body) = request.into_parts();
    let verb = verb(&head)?;
    let (route, path) = routes.find(&verb, head.uri.path()).map_err(|miss| match miss {
        Miss::OtherVerbs(verbs) => Failure::wrong_verb(&verbs),
        Miss::UnknownPath => Failure::unknown_path(),
    })?;

    let mut message = DynamicMessage::new(route.input.clone());
    let mut query = Cow::Borrowed(head.uri.query().unwrap_or_default());
    match &route.body {
        // A query that is too long for a URL comes as the form of a POST that stands for a GET.
        BodyRule::Nothing
            if head.method == Method::POST && has_type(&head.headers, "application/x-www-form-urlencoded") =>
        {
            let form = collect(&head.headers, body).await?;
            query = Cow::Owned(format!("{query}&{}", String::from_utf8_lossy(&form)));
        }
        BodyRule::Nothing => {}
        BodyRule::Request => {
            let json = json(&head.headers, body).await?;
            message = body::read(&json, &route.input, None)?.unwrap_or(message);
        }
        BodyRule::Field(field, kind) => {
            let json = json(&head.headers, body).await?;
            if let Some(value) = body::read(&json, kind, Some(field.name()))? {
                message.set_field(field, Value::Message(value));
            }
        }
    }
    let mut parameters = query::read(&query, &route.body, &mut message)?;
    for (fields, segments) in path.captures(route) {
        fields::set_string(&mut message, fields, decode(fields, segments)?);
    }

    pass_mask(parameters.fields.take(), &mut head.headers)?;
    let mask = partial::mask(&head.headers, &route.output)?;
    let form = Form {
        enum_numbers: parameters.enum_numbers,
        pretty: parameters.pretty,
        mask,
    };
    pass_credentials(parameters, &mut head.headers)?;
    speak_grpc(&mut head, route)?;
    let frame = frame::encode(&message).map_err(|reason| Failure::broken(reason.as_ref()))?;
    Ok(GrpcRequest {
        route,
        request: Request::from_parts(head, Body::from(frame)),
        form,
    })
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

/// Reads a JSON body. Browsers call it `text/plain` where anything else would cost them a preflight.
async fn json(headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    let bytes = collect(headers, body).await?;
    let named = !headers.contains_key(header::CONTENT_TYPE)
        || has_type(headers, "application/json")
        || has_type(headers, "text/plain");
    if named || bytes.is_empty() {
        return Ok(bytes);
    }
    Err(Failure::malformed("The body is not `application/json`"))
}

async fn collect(headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    if headers
        .get(header::CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity")
    {
        return Err(Failure::malformed("The body is compressed, which is not supported"));
    }
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(reason) if reason.is::<LengthLimitError>() => Err(Failure::malformed(format!(
            "The body is larger than {BODY_BYTES_MAX} bytes"
        ))),
        Err(_) => Err(Failure::malformed("The body ended early")),
    }
}

/// The text of a captured field. Segments are decoded one by one; a slash that was encoded stays so in a field of several
/// segments, or an id could pretend to be two.
fn decode(fields: &[FieldDescriptor], segments: &[&str]) -> Result<String, Failure> {
    let mut text = String::with_capacity(segments.iter().map(|segment| segment.len() + 1).sum());
    for (index, segment) in segments.iter().enumerate() {
        if index > 0 {
            text.push('/');
        }
        let decoded = percent_decode_str(segment).decode_utf8().map_err(|_| {
            Failure::field(
                fields.last().map_or("", FieldDescriptor::name),
                "expected UTF-8 in the path",
            )
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
    let foreign: Vec<HeaderName> = head
        .headers
        .keys()
        .filter(|name| name.as_str().starts_with("grpc-"))
        .cloned()
        .collect();
    let of_the_hop = [
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONTENT_ENCODING,
        header::CONNECTION,
        header::UPGRADE,
        header::EXPECT,
        METHOD_OVERRIDE,
    ];
    for name in foreign.into_iter().chain(of_the_hop) {
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
