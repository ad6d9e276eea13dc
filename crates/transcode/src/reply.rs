//! The service's answer, from gRPC to JSON.
//!
//! The status is in the trailers, or in the headers when there is no message.
//! Metadata of the service travels on as HTTP headers; gRPC's own does not.

use axum_core::body::Body;
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response, StatusCode, header};
use percent_encoding::percent_decode_str;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

use crate::{
    failure::{Failure, code, json_response},
    frame::{self, Broken},
    json::{self, Style},
    mask::Mask,
    prune::prune,
    shapes::Shapes,
};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// How a reply is written.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) style: Style,
    pub(crate) mask: Option<Mask>,
}

/// Turns a reply of message `output`, or the status instead of one, into JSON.
pub(crate) async fn render<B>(
    reply: Response<B>,
    output: &MessageDescriptor,
    form: &Form,
    shapes: &Shapes,
) -> Response<Body>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Broken>,
{
    let (head, body) = reply.into_parts();
    let (frame, trailers) = match frame::collect(body).await {
        Ok(read) => read,
        Err(reason) => return Failure::broken(reason.as_ref()).into_response(),
    };
    let status = [&trailers, &head.headers]
        .into_iter()
        .find(|headers| headers.contains_key(&STATUS));
    let mut response = match status {
        Some(status) if status[&STATUS] == "0" => match json(frame, output, form, shapes) {
            Ok(json) => json_response(StatusCode::OK, json),
            Err(reason) => Failure::broken(reason.as_ref()).into_response(),
        },
        Some(status) => failure(status, output.parent_pool()).into_response(),
        None => Failure::new(code::UNKNOWN, "The service gave no status").into_response(),
    };
    for headers in [&head.headers, &trailers] {
        pass_metadata(headers, &mut response);
    }
    response
}

/// What the layer itself has to say, with the metadata of a reply that does not count.
pub(crate) fn instead(rendered: &Response<Body>, failure: Failure) -> Response<Body> {
    let mut response = failure.into_response();
    pass_metadata(rendered.headers(), &mut response);
    response
}

fn pass_metadata(from: &HeaderMap, response: &mut Response<Body>) {
    for (name, value) in from.iter().filter(|(name, _)| is_metadata(name)) {
        response.headers_mut().append(name.clone(), value.clone());
    }
}

/// Not what gRPC itself needs, nor what describes the gRPC body.
fn is_metadata(name: &HeaderName) -> bool {
    let of_the_body = [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::TRANSFER_ENCODING,
        header::TRAILER,
    ];
    !name.as_str().starts_with("grpc-") && !of_the_body.contains(name)
}

fn json(frame: Bytes, output: &MessageDescriptor, form: &Form, shapes: &Shapes) -> Result<Vec<u8>, Broken> {
    let mut encoded = frame::inside(frame)?;
    if let Some(mask) = &form.mask {
        encoded = prune(mask, &encoded)?.into();
    }
    json::write(shapes, output, &encoded, form.style)
}

/// Reads an error from gRPC headers. Details of unknown kinds are left out: JSON cannot show them.
fn failure(headers: &HeaderMap, pool: &DescriptorPool) -> Failure {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let code = text(STATUS.as_str())
        .and_then(|code| code.parse().ok())
        .unwrap_or(code::UNKNOWN);
    let message = percent_decode_str(text("grpc-message").unwrap_or_default())
        .decode_utf8_lossy()
        .into_owned();
    let mut failure = Failure::new(code, message);
    failure.details = text("grpc-status-details-bin")
        .and_then(|status| details(status, pool))
        .unwrap_or_default();
    failure
}

fn details(status: &str, pool: &DescriptorPool) -> Option<Vec<serde_json::Value>> {
    let bytes = BASE64.decode(status).ok()?;
    let status = DynamicMessage::decode(pool.get_message_by_name("google.rpc.Status")?, bytes.as_slice()).ok()?;
    let details = status.get_field_by_name("details")?;
    let details = details.as_list()?.iter().filter_map(|detail| detail.as_message());
    Some(details.filter_map(|detail| serde_json::to_value(detail).ok()).collect())
}

/// gRPC sends no padding and must accept it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
