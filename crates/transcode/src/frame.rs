//! The body of a unary gRPC request: one length-prefixed message, and trailers after it.

use std::error::Error;

use axum_core::body::Body;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt as _;
use prost::Message;

/// Whatever keeps a reply from being read. Callers can neither cause nor mend it.
pub(crate) type Broken = Box<dyn Error + Send + Sync>;

/// Why a body was not understood.
const NOT_UNARY: &str = "the reply is not one uncompressed message";

/// Puts the prefix before a message, and after it fields of it that are encoded already.
pub(crate) fn encode(message: &impl Message, fields: &[u8]) -> Result<Bytes, Broken> {
    let length = message.encoded_len() + fields.len();
    let mut frame = BytesMut::with_capacity(5 + length);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length)?);
    message.encode(&mut frame)?;
    frame.extend_from_slice(fields);
    Ok(frame.freeze())
}

/// Puts the prefix before a message that is encoded already.
pub(crate) fn around(message: &[u8]) -> Result<Bytes, Broken> {
    let mut frame = BytesMut::with_capacity(5 + message.len());
    frame.put_u8(0);
    frame.put_u32(u32::try_from(message.len())?);
    frame.extend_from_slice(message);
    Ok(frame.freeze())
}

/// Takes the prefix away: what is left is the message, encoded.
pub(crate) fn inside(mut frame: Bytes) -> Result<Bytes, Broken> {
    if frame.len() < 5 || frame.get_u8() != 0 || frame.get_u32() as usize != frame.len() {
        return Err(NOT_UNARY.into());
    }
    Ok(frame)
}

/// Reads a body to its end. A reply comes in one piece nearly always, which is then not copied.
pub(crate) async fn collect<B>(body: B) -> Result<(Bytes, HeaderMap), Broken>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Broken>,
{
    let mut body = std::pin::pin!(body);
    let (mut bytes, mut trailers) = (Bytes::new(), HeaderMap::new());
    while let Some(part) = body.frame().await {
        match part.map_err(Into::into)?.into_data() {
            Ok(data) if bytes.is_empty() => bytes = data,
            Ok(data) => bytes = [bytes, data].concat().into(),
            Err(part) => trailers = part.into_trailers().unwrap_or_default(),
        }
    }
    Ok((bytes, trailers))
}

/// A body of one frame and its trailers.
pub(crate) fn body(frame: Bytes, trailers: HeaderMap) -> Body {
    Body::new(http_body_util::Full::new(frame).with_trailers(std::future::ready(Some(Ok(trailers)))))
}
