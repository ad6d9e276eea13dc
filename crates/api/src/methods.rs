//! Calling a service from message to message.
//!
//! The servers that tonic generates read a body and answer with one, for whoever holds a connection. Who holds the whole message
//! already would have to dress it up as a body and undress the answer, in buffers of eight kilobytes each, which costs as much as
//! all that our gate does. So the build script writes [`Methods`] for each service: the same methods, without what is around them.
//! Methods whose messages go on, either way, are no matter of whole messages: those are tonic's.

use std::convert::Infallible;
use std::pin::Pin;

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::{Request, Response, Status};

/// A service, called by the names of its methods.
pub trait Methods: Send + Sync {
    /// Its name: `google.apps.meet.v2beta.SpacesService`.
    fn service(&self) -> &'static str;

    /// Answers an encoded message, with one in the framing of gRPC.
    fn call(&self, method: &str, request: Request<Bytes>) -> Answering;

    /// Answers a request whose messages go on, or whose answer's do, by the method in its path. A message has at most so many bytes.
    fn converse(&self, request: Asked, message_bytes_max: usize) -> Conversing {
        let _ = (request, message_bytes_max);
        Box::pin(std::future::ready(Status::unimplemented("").into_http()))
    }
}

/// A request as it comes.
pub type Asked = http::Request<Body>;

/// The begin of an answer on its way.
pub type Conversing = Pin<Box<dyn Future<Output = http::Response<Body>> + Send>>;

/// An answer on its way: not compressed, length, message.
pub type Answering = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Status>> + Send>>;

/// Decodes a message, has it answered, and encodes the answer.
pub(crate) async fn exchange<Asked, Answered, F>(
    request: Request<Bytes>,
    serve: impl FnOnce(Request<Asked>) -> F,
) -> Result<Response<Bytes>, Status>
where
    Asked: Message + Default,
    Answered: Message,
    F: Future<Output = Result<Response<Answered>, Status>>,
{
    let (metadata, extensions, encoded) = request.into_parts();
    let message = Asked::decode(encoded).map_err(|error| Status::internal(error.to_string()))?;
    let response = serve(Request::from_parts(metadata, extensions, message)).await?;
    let (metadata, message, extensions) = response.into_parts();
    Ok(Response::from_parts(metadata, framed(&message)?, extensions))
}

/// Has one of tonic's servers answer.
pub(crate) fn conversed<S>(mut server: S, request: Asked) -> Conversing
where
    S: Service<Asked, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    let answer = server.call(request);
    Box::pin(async move { answer.await.unwrap_or_else(|never| match never {}) })
}

/// A method that the service does not have.
pub(crate) fn unknown() -> Answering {
    Box::pin(std::future::ready(Err(Status::unimplemented(""))))
}

fn framed(message: &impl Message) -> Result<Bytes, Status> {
    let too_long = |_| Status::out_of_range("the answer is too long for a frame");
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(5 + length);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length).map_err(too_long)?);
    message.encode_raw(&mut frame);
    Ok(frame.freeze())
}
