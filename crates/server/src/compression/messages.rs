//! Messages of gRPC that come compressed, and answers to whoever sends such.
//!
//! The protocol compresses each message by itself, behind a flag, so a body is cut at its messages and each is made plain. That is
//! done out here and not in tonic, because partial responses are made of plain answers, and because here it is counted.
//!
//! Nearly every client says that it takes compressed answers, without its program ever having asked for any. So only those that
//! send compressed themselves are answered so, as Google's server for Go has it: that is what a program asks for by its
//! `compression=gzip`.

use std::convert::Infallible;
use std::error::Error;

use async_compression::Level;
use async_compression::tokio::bufread::{GzipDecoder, GzipEncoder};
use axum_core::body::{Body, BodyDataStream};
use bytes::{Bytes, BytesMut};
use edge::Room;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyStream, StreamBody};
use tokio::io::AsyncReadExt as _;
use tower::{Service, ServiceExt as _};

use super::{counted, lists_gzip};
use crate::limits::{COMPRESSED_BYTES_MIN, MESSAGE_BYTES_MAX};

const ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// The flag and the length before a message.
const PREFIX_BYTES: usize = 5;

type Broken = Box<dyn Error + Send + Sync>;

/// Whether the messages of a request may be compressed in a way that we speak.
pub(crate) fn are_compressed(headers: &HeaderMap) -> bool {
    headers.get(ENCODING).is_some_and(|coding| coding == "gzip")
}

/// Answers a request whose messages are compressed, and compresses the answer if it may.
pub(crate) async fn exchange<S>(mut request: Request<Body>, service: S) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    request.headers_mut().remove(ENCODING);
    let takes_gzip = request.headers().get(ACCEPT_ENCODING).is_some_and(lists_gzip);
    let room = request.extensions().get::<Room>().cloned();
    let request = request.map(|body| Body::from_stream(plain_messages(body, room)));
    let response = service.oneshot(request).await.unwrap_or_else(|never| match never {});
    // An error is all in the headers: a body after it, even an empty one, would be taken for an answer.
    if takes_gzip && !response.headers().contains_key(STATUS) {
        compressed(response)
    } else {
        response
    }
}

/// The messages of a body, none of them compressed any more.
fn plain_messages(body: Body, room: Option<Room>) -> impl Stream<Item = Result<Bytes, Broken>> + Send + 'static {
    let messages = Messages {
        body: body.into_data_stream(),
        bytes: BytesMut::new(),
    };
    stream::try_unfold((messages, room), async |(mut messages, room)| {
        let Some(message) = messages.next().await? else {
            return Ok::<_, Broken>(None);
        };
        let message = plain(message, room.as_ref()).await?;
        Ok(Some((message, (messages, room))))
    })
}

/// A body that is cut at its messages.
struct Messages {
    body: BodyDataStream,
    bytes: BytesMut,
}

impl Messages {
    /// The next message with its prefix. What breaks off, or is longer than any message, is given as far as it came: whoever reads
    /// it refuses it.
    async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        loop {
            if let Some(length) = self.length() {
                return Ok(Some(self.bytes.split_to(length).freeze()));
            }
            match self.body.next().await.transpose()? {
                Some(piece) => self.bytes.extend_from_slice(&piece),
                None => return Ok((!self.bytes.is_empty()).then(|| self.bytes.split().freeze())),
            }
        }
    }

    /// How many of the bytes are the next message, once they are there.
    fn length(&self) -> Option<usize> {
        let (prefix, _) = self.bytes.split_first_chunk::<PREFIX_BYTES>()?;
        let [_, length @ ..] = *prefix;
        let length = PREFIX_BYTES.saturating_add(u32::from_be_bytes(length) as usize);
        let length = length.min(MESSAGE_BYTES_MAX + 1);
        (self.bytes.len() >= length).then_some(length)
    }
}

/// A message as it was before it was compressed, if it is. One that becomes too long ends a byte after the limit, where its
/// reader finds it too long.
async fn plain(message: Bytes, room: Option<&Room>) -> Result<Bytes, Broken> {
    if message.first() != Some(&1) || message.len() > MESSAGE_BYTES_MAX {
        return Ok(message);
    }
    let mut plain = vec![0; PREFIX_BYTES];
    let inflating = GzipDecoder::new(message.get(PREFIX_BYTES..).unwrap_or_default());
    let most = MESSAGE_BYTES_MAX - PREFIX_BYTES + 1;
    inflating.take(most as u64).read_to_end(&mut plain).await?;
    counted(room, plain.len())?;
    put_length(&mut plain)?;
    Ok(plain.into())
}

fn compressed(mut response: Response<Body>) -> Response<Body> {
    response
        .headers_mut()
        .insert(ENCODING, HeaderValue::from_static("gzip"));
    response.map(|body| Body::new(StreamBody::new(BodyStream::new(body).err_into().and_then(smaller))))
}

/// A frame of an answer, compressed if it is one message for which that is worth it; the flag says of each whether it was.
async fn smaller(frame: Frame<Bytes>) -> Result<Frame<Bytes>, Broken> {
    let data = match frame.into_data() {
        Ok(data) if is_one_message(&data) && data.len() as u64 >= COMPRESSED_BYTES_MIN => data,
        Ok(data) => return Ok(Frame::data(data)),
        Err(trailers) => return Ok(trailers),
    };
    let mut message = vec![1; PREFIX_BYTES];
    let mut compressing = GzipEncoder::with_quality(&data[PREFIX_BYTES..], Level::Fastest);
    compressing.read_to_end(&mut message).await?;
    put_length(&mut message)?;
    Ok(Frame::data(message.into()))
}

fn is_one_message(data: &[u8]) -> bool {
    data.split_first_chunk::<PREFIX_BYTES>()
        .is_some_and(|([flag, length @ ..], message)| {
            *flag == 0 && u32::from_be_bytes(*length) as usize == message.len()
        })
}

/// Writes the length of a message into its prefix.
fn put_length(message: &mut [u8]) -> Result<(), Broken> {
    let length = u32::try_from(message.len() - PREFIX_BYTES)?;
    message[1..PREFIX_BYTES].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use http_body_util::BodyExt as _;
    use proptest::prelude::*;
    use tower::service_fn;

    use super::*;

    pub(in crate::compression) async fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut compressed = Vec::new();
        let mut compressing = GzipEncoder::new(bytes);
        compressing.read_to_end(&mut compressed).await.expect("in memory");
        compressed
    }

    fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(message.len()).expect("short");
        [&[flag][..], &length.to_be_bytes(), message].concat()
    }

    async fn read(sent: &[u8], piece_bytes: usize) -> Option<Vec<u8>> {
        let pieces: Vec<Result<Bytes, Infallible>> = sent
            .chunks(piece_bytes)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        let body = Body::from_stream(stream::iter(pieces));
        let read: Result<Vec<Bytes>, Broken> = plain_messages(body, None).try_collect().await;
        read.ok().map(|messages| messages.concat())
    }

    #[tokio::test]
    async fn messages_are_read_as_they_were() {
        let (hello, compressed) = (framed(0, b"hello"), framed(1, &gzip(b"hello").await));
        let nothing = framed(1, &gzip(b"").await);
        let too_long = framed(0, &vec![0; MESSAGE_BYTES_MAX - PREFIX_BYTES + 1]);
        let bomb = framed(1, &gzip(&vec![0; 4 << 20]).await);
        let stream = [&*hello, &compressed, &nothing].concat();
        for (sent, expected) in [
            (&b""[..], Some(&b""[..])),
            (&hello, Some(&*hello)),
            (&compressed, Some(&hello)),
            (&stream, Some(&[&*hello, &hello, &framed(0, b"")].concat())),
            (&framed(1, b"hello"), None),
            (&framed(1, b""), None),
            (&compressed[..compressed.len() - 1], None),
            // For whoever reads it to refuse.
            (&hello[..7], Some(&hello[..7])),
            (&too_long, Some(&too_long)),
            (&bomb, Some(&too_long)),
        ] {
            for piece_bytes in [1, 7, 1 << 20] {
                let found = read(sent, piece_bytes).await;
                assert!(found.as_deref() == expected, "{} bytes of {piece_bytes}", sent.len());
            }
        }
    }

    #[tokio::test]
    async fn who_sends_compressed_is_answered_so() {
        let long = framed(0, &[7; 5_000]);
        let short = framed(0, &[7; 50]);
        for (accepts, answer, expected) in [
            (Some("identity, deflate, gzip"), &long, true),
            (Some("gzip"), &short, false),
            (Some("identity"), &long, false),
            (None, &long, false),
        ] {
            let mut request = Request::post("/").header(ENCODING, "gzip");
            if let Some(accepts) = accepts {
                request = request.header(ACCEPT_ENCODING, accepts);
            }
            let request = request.body(Body::empty()).expect("valid");
            assert!(are_compressed(request.headers()));
            let service = service_fn(|request: Request<Body>| {
                assert!(!are_compressed(request.headers()));
                std::future::ready(Ok(Response::new(Body::from(answer.clone()))))
            });
            let response = exchange(request, service).await;
            let says = response.headers().contains_key(ENCODING);
            let body = response.into_body().collect().await.expect("in memory").to_bytes();
            assert_eq!(body[0] == 1, expected);
            assert!(says || !expected);
            assert!(read(&body, 4096).await.as_ref() == Some(answer));
            assert!(!expected || body.len() < 100, "{}", body.len());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Whatever strangers send: nothing is longer than a byte over the longest message.
        #[test]
        fn any_messages(messages in prop::collection::vec((any::<Vec<u8>>(), 1_usize..9_000, any::<bool>()), 0..4), damage in any::<Option<(u16, u8)>>(), piece_bytes in 1_usize..500) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let mut sent = Vec::new();
                for (bytes, times, compressed) in &messages {
                    let message = bytes.repeat((*times).min(1 + 400_000 / bytes.len().max(1)));
                    let frame = if *compressed { framed(1, &gzip(&message).await) } else { framed(0, &message) };
                    sent.extend_from_slice(&frame);
                }
                if let (Some((at, by)), false) = (damage, sent.is_empty()) {
                    let at = usize::from(at) % sent.len();
                    sent[at] ^= by;
                }
                let pieces: Vec<Result<Bytes, Infallible>> = sent.chunks(piece_bytes).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
                let mut plain = std::pin::pin!(plain_messages(Body::from_stream(stream::iter(pieces)), None));
                while let Some(Ok(message)) = plain.next().await {
                    assert!(message.len() <= MESSAGE_BYTES_MAX + 1, "{}", message.len());
                    assert!(message[0] != 1 || message.len() > MESSAGE_BYTES_MAX, "it is compressed still");
                }
            });
        }
    }
}
