//! Partial responses: which fields a caller asked for, and gRPC replies with only these.
//!
//! The metadata `x-goog-fieldmask` asks of a gRPC request what `fields` asks of a REST one, in the same words. Only a gRPC
//! request that has it is looked into; every other one goes through as it is.

use std::collections::HashMap;

use axum_core::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response, header};
use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::{
    failure::Failure,
    frame::{self, Broken},
    mask::Mask,
    prune::prune,
    rules::rpc_path,
};

/// The mask as a header, or as metadata of gRPC.
pub(crate) const FIELD_MASK: HeaderName = HeaderName::from_static("x-goog-fieldmask");

/// The mask that a request asks for, for a reply of this kind.
pub(crate) fn mask(headers: &HeaderMap, reply: &MessageDescriptor) -> Result<Option<Mask>, Failure> {
    let Some(text) = headers.get(&FIELD_MASK).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let text = text
        .to_str()
        .map_err(|_| Failure::field("fields", "expected field names"))?;
    Mask::parse(text, reply)
        .map(Some)
        .map_err(|why| Failure::field("fields", &why.to_string()))
}

/// The replies of all unary methods, by the path of the method.
pub(crate) struct Replies(HashMap<String, MessageDescriptor>);

impl Replies {
    pub(crate) fn new(pool: &DescriptorPool) -> Replies {
        let methods = pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>());
        let unary = methods.filter(|method| !method.is_client_streaming() && !method.is_server_streaming());
        Replies(unary.map(|method| (rpc_path(&method), method.output())).collect())
    }

    /// What a gRPC request asks for. The reply must then come uncompressed, so the request no longer allows otherwise.
    pub(crate) fn asked(&self, request: &mut Request<Body>) -> Result<Option<Mask>, Failure> {
        if !request.headers().contains_key(&FIELD_MASK) {
            return Ok(None);
        }
        let Some(reply) = self.0.get(request.uri().path()) else {
            return Ok(None);
        };
        let mask = mask(request.headers(), reply)?;
        request.headers_mut().remove("grpc-accept-encoding");
        Ok(mask)
    }
}

/// Leaves out what was not asked for. An error has no message, and goes through.
pub(crate) async fn pruned<B>(reply: Response<B>, mask: &Mask) -> Result<Response<Body>, Broken>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Broken>,
{
    let (mut head, body) = reply.into_parts();
    let (mut bytes, trailers) = frame::collect(body).await?;
    if !bytes.is_empty() {
        bytes = frame::around(&prune(mask, &frame::inside(bytes)?)?)?;
    }
    head.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(head, frame::body(bytes, trailers)))
}
