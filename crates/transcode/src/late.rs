//! A body that is read when the service asks for the message, and not before.
//!
//! The service below decides by the headers who is heard. If the body were read first, whoever is not heard could still make us
//! hold it, for as long as they like. So the service is given a body that reads the caller's when it is first polled, and
//! yields the one frame that was made of it. That the caller's is wrong comes out only then, and the service could not say it as
//! this layer does: it sees a body that breaks off, and the reason is left where the layer finds it beside the reply.

use std::sync::{Arc, Mutex, PoisonError};

use axum_core::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http_body::Frame;
use http_body_util::StreamBody;

use crate::failure::Failure;

/// What was wrong with a body, once it was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Late(Arc<Mutex<Option<Failure>>>);

/// What the service sees of a wrong body.
#[derive(Debug, thiserror::Error)]
#[error("the body of the request cannot be read as the message")]
struct Unreadable;

impl Late {
    /// The body of one frame, which is made when it is asked for.
    pub(crate) fn body(&self, frame: impl Future<Output = Result<Bytes, Failure>> + Send + 'static) -> Body {
        let late = self.clone();
        Body::new(StreamBody::new(stream::once(async move {
            frame.await.map(Frame::data).map_err(|failure| {
                *late.lock() = Some(failure);
                Unreadable
            })
        })))
    }

    /// What was wrong with it, if it was read and is.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.lock().take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Failure>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
