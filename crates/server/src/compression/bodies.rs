//! Request bodies that came compressed, as they were before.

use std::future::ready;
use std::io;

use async_compression::tokio::bufread::GzipDecoder;
use axum_core::body::Body;
use bytes::Bytes;
use edge::Room;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderValue, Request, header};
use tokio::io::AsyncBufReadExt as _;
use tokio_util::io::{ReaderStream, StreamReader};

use super::counted;
use crate::limits::INFLATED_PIECE_BYTES;

/// The request with its body inflated, if it says that it is compressed. Another coding than gzip stays for whoever reads to
/// refuse.
pub(crate) fn inflated(mut request: Request<Body>) -> Request<Body> {
    if !request.headers().get(header::CONTENT_ENCODING).is_some_and(is_gzip) {
        return request;
    }
    for name in [header::CONTENT_ENCODING, header::CONTENT_LENGTH] {
        request.headers_mut().remove(name);
    }
    let room = request.extensions().get::<Room>().cloned();
    request.map(|body| Body::from_stream(pieces(body, room)))
}

/// The old name is the same (RFC 9110, section 8.4.1.3).
fn is_gzip(coding: &HeaderValue) -> bool {
    [&b"gzip"[..], b"x-gzip"]
        .iter()
        .any(|name| coding.as_bytes().eq_ignore_ascii_case(name))
}

/// What is in a compressed body, piece by piece as it is asked for.
fn pieces(body: Body, room: Option<Room>) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let inflating = async move {
        let mut sent = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
        // Some clients call a body compressed that they do not send at all.
        let is_empty = sent.fill_buf().await?.is_empty();
        let mut inflating = GzipDecoder::new(sent);
        inflating.multiple_members(true);
        let inflating = ReaderStream::with_capacity(inflating, INFLATED_PIECE_BYTES);
        Ok::<_, io::Error>(stream::iter((!is_empty).then_some(inflating)).flatten())
    };
    stream::once(inflating).try_flatten().and_then(move |piece| {
        let counted = counted(room.as_ref(), piece.len());
        ready(counted.map(|()| piece).map_err(io::Error::other))
    })
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, LengthLimitError, Limited};
    use proptest::prelude::*;

    use super::*;
    use crate::compression::messages::tests::gzip;

    /// A request whose body comes in pieces of this size.
    fn request(coding: &str, body: &[u8], piece_bytes: usize) -> Request<Body> {
        let pieces: Vec<io::Result<Bytes>> = body
            .chunks(piece_bytes)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        let request = Request::post("/").header(header::CONTENT_ENCODING, coding);
        request.body(Body::from_stream(stream::iter(pieces))).expect("valid")
    }

    async fn read(request: Request<Body>) -> Option<Bytes> {
        let read = request.into_body().collect().await.ok()?;
        Some(read.to_bytes())
    }

    #[tokio::test]
    async fn bodies_are_read_as_they_were() {
        let twice = [gzip(b"hel").await, gzip(b"lo").await].concat();
        let mut damaged = gzip(b"hello").await;
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0xff;
        for (coding, body, expected) in [
            ("gzip", &*gzip(b"hello").await, Some(&b"hello"[..])),
            ("X-GZIP", &gzip(b"hello").await, Some(b"hello")),
            ("gzip", &twice, Some(b"hello")),
            ("gzip", &gzip(b"").await, Some(b"")),
            // Nothing was sent, whatever it is called.
            ("gzip", b"", Some(b"")),
            ("gzip", b"hello", None),
            ("gzip", &damaged, None),
            ("gzip", &gzip(b"hello").await[..12], None),
            ("identity", b"hello", Some(b"hello")),
            ("br", b"hello", Some(b"hello")),
        ] {
            for piece_bytes in [1, 7, 4096] {
                let request = inflated(request(coding, body, piece_bytes));
                let says = request.headers().get(header::CONTENT_ENCODING).cloned();
                assert_eq!(says.is_none(), is_gzip(&coding.parse().expect("a header")));
                assert_eq!(read(request).await.as_deref(), expected, "{coding} {body:?}");
            }
        }
    }

    #[tokio::test]
    async fn nobody_inflates_more_than_they_read() {
        let bomb = gzip(&vec![0; 4 << 20]).await;
        assert!(bomb.len() < 16 << 10, "{}", bomb.len());
        let mut body = Limited::new(inflated(request("gzip", &bomb, 4096)).into_body(), 1 << 20);
        let mut taken = 0;
        let refusal = loop {
            match body.frame().await.expect("it is longer than that") {
                Ok(frame) => taken += frame.into_data().expect("no trailers").len(),
                Err(refusal) => break refusal,
            }
        };
        assert!(refusal.is::<LengthLimitError>(), "{refusal}");
        assert!(taken <= 1 << 20);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Whatever strangers call gzip: no piece is longer than a piece, and what was compressed is there again.
        #[test]
        fn any_bytes(body in any::<Vec<u8>>(), repeated in 1_usize..5_000, damage in any::<Option<(u16, u8)>>(), piece_bytes in 1_usize..100) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                let whole = body.repeat(repeated.min(1 + 100_000 / body.len().max(1)));
                let mut sent = gzip(&whole).await;
                if let Some((at, by)) = damage {
                    let at = usize::from(at) % sent.len();
                    sent[at] ^= by;
                }
                let mut inflating = inflated(request("gzip", &sent, piece_bytes)).into_body();
                let mut found = Vec::new();
                while let Some(Ok(frame)) = inflating.frame().await {
                    let piece = frame.into_data().expect("no trailers");
                    assert!(piece.len() <= INFLATED_PIECE_BYTES, "{}", piece.len());
                    found.extend_from_slice(&piece);
                }
                if damage.is_none() {
                    assert!(found == whole);
                }
            });
        }
    }
}
