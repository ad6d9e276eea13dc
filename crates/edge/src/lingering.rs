//! A request body that is read on after everybody lost interest, for a while.
//!
//! Whoever refuses a body that is too large drops it. If the connection were closed then, a client that is still sending
//! would find it reset, and never read why it was refused. So what is left is read and thrown away beside the answer, up to a
//! limit of bytes and of time, for a few at once: an honest client gets its answer, and a flood is cut off all the same.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use share::{Client, Shared, Taker};

use crate::limits;

/// The body of a request.
pub(crate) struct Lingering<B: Body<Data = Bytes> + Send + Unpin + 'static> {
    body: Option<B>,
    client: Client,
    at_once: Shared,
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Lingering<B> {
    pub(crate) fn new(body: B, client: Client, at_once: Shared) -> Lingering<B> {
        Lingering {
            body: Some(body),
            client,
            at_once,
        }
    }

    /// Cuts it off: nothing of it is read any more.
    pub(crate) fn cut(&mut self) {
        self.body = None;
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Body for Lingering<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.body.as_ref();
        body.map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Drop for Lingering<B> {
    fn drop(&mut self) {
        if let Some(rest) = self.body.take()
            && !rest.is_end_stream()
            && let Ok(permit) = self.at_once.take(Taker::Stranger(self.client), 1)
        {
            tokio::spawn(async move {
                // Whether it ended or was cut off, it was for its sender's sake alone.
                let _ = tokio::time::timeout(limits::LINGER_TIMEOUT, discard(rest)).await;
                drop(permit);
            });
        }
    }
}

async fn discard<B: Body<Data = Bytes> + Unpin>(mut rest: B) {
    let mut discarded = 0;
    while discarded < limits::LINGER_BYTES_MAX {
        match rest.frame().await {
            Some(Ok(frame)) => discarded += frame.data_ref().map_or(0, Bytes::len),
            Some(Err(_)) | None => return,
        }
    }
}
