//! What request bodies may take, of time and of memory.
//!
//! Whoever reads a body keeps what came until it is whole, and a sender may take for ever over the last byte. So every body has to
//! come at some pace and to end; and what all of them hold is counted, whoever reads them, for as long as the request is under
//! way. Where somebody's share is used up, or all there is, the body breaks off. Its reader sees an error like any other and
//! answers in its own way; that answer is replaced by one that says whether, and when, to come again. So no contract needs
//! to know of any of this.

use std::error::Error;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_core::body::Body;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Frame, SizeHint};
use share::{Client, Limit, Permit, Reports, Shared, Taker, Used};
use tokio::time::{Instant, Sleep};

use crate::limits::{self, Limits};
use crate::lingering::Lingering;

/// What the bodies of all requests share.
pub(crate) struct Bodies {
    held: Shared,
    lingering: Shared,
    slow: Arc<Limit>,
    limits: Limits,
}

/// A body within its bounds.
pub(crate) struct Bounded<B: http_body::Body<Data = Bytes> + Send + Unpin + 'static> {
    body: Lingering<B>,
    account: Arc<Account>,
    bytes: u64,
    pace: Pace,
}

/// What the body of one request took, until the request is answered.
pub(crate) struct Account {
    client: Client,
    shared: Shared,
    slow: Arc<Limit>,
    held: Mutex<Option<Permit>>,
    lasts: AtomicBool,
    refusal: OnceLock<Refusal>,
}

/// Why a body was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the body takes too long")]
    TooSlow,
    #[error("there is no room for the body now")]
    NoRoom(Used),
}

/// Why a body is not whole.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the body ended early")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
}

/// How fast a body has to come.
struct Pace {
    grace: Duration,
    timeout: Duration,
    /// When somebody first asked for it: until then, it is not the sender who is slow.
    began: Option<Instant>,
    late: Option<Pin<Box<Sleep>>>,
}

impl Bodies {
    pub(crate) fn new(limits: Limits, reports: &Reports) -> Bodies {
        Bodies {
            held: Shared::new("body_bytes", limits::BODIES_BYTES, reports),
            lingering: Shared::new("lingering_bodies", limits::LINGERING, reports),
            slow: reports.limit("body_time"),
            limits,
        }
    }

    /// Bounds a body of a client's.
    pub(crate) fn bound<B>(&self, body: B, client: Client) -> (Bounded<B>, Arc<Account>)
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    {
        let account = Arc::new(Account {
            client,
            shared: self.held.clone(),
            slow: Arc::clone(&self.slow),
            held: Mutex::new(None),
            lasts: AtomicBool::new(false),
            refusal: OnceLock::new(),
        });
        let bounded = Bounded {
            body: Lingering::new(body, client, self.lingering.clone()),
            account: Arc::clone(&account),
            bytes: 0,
            pace: Pace {
                grace: self.limits.body_grace,
                timeout: self.limits.body_timeout,
                began: None,
                late: None,
            },
        };
        (bounded, account)
    }
}

impl Account {
    /// Why the body was broken off, if it was.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        self.refusal.get().copied()
    }

    pub(crate) fn hold(&self, bytes: u64) -> Result<(), Refusal> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = if let Some(permit) = &mut *held {
            permit.grow(bytes)
        } else {
            let taken = self.shared.take(Taker::Stranger(self.client), bytes);
            taken.map(|permit| *held = Some(permit))
        };
        outcome.map_err(|used| self.refuse(Refusal::NoRoom(used)))
    }

    /// It may go on for as long as its reader likes, who keeps nothing of what came.
    pub(crate) fn last(&self) {
        self.lasts.store(true, Ordering::Relaxed);
    }

    fn lasts(&self) -> bool {
        self.lasts.load(Ordering::Relaxed)
    }

    fn refuse(&self, refusal: Refusal) -> Refusal {
        if refusal == Refusal::TooSlow {
            self.slow.reached(&self.client);
        }
        *self.refusal.get_or_init(|| refusal)
    }
}

impl Refusal {
    /// The answer, whatever the request was for.
    pub(crate) fn answer(self) -> Response<Body> {
        let status = match self {
            Refusal::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Refusal::NoRoom(Used::Own) => StatusCode::TOO_MANY_REQUESTS,
            Refusal::NoRoom(Used::All) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response = Response::new(Body::from(format!("{self}\n")));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, kind);
        if let Refusal::NoRoom(_) = self {
            headers.insert(header::RETRY_AFTER, limits::BODY_RETRY_SECONDS.into());
        }
        response
    }
}

impl<B> http_body::Body for Bounded<B>
where
    B: http_body::Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let began = *self.pace.began.get_or_insert_with(Instant::now);
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) if self.account.lasts() => Poll::Ready(Some(Ok(frame))),
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.bytes += bytes;
                let held = self.account.hold(bytes + limits::BODY_PIECE_BYTES);
                Poll::Ready(Some(held.map(|()| frame).map_err(BodyError::from)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(BodyError::Broken(error.into())))),
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending if self.account.lasts() => Poll::Pending,
            Poll::Pending => {
                let until = began + self.pace.patience(self.bytes);
                std::task::ready!(self.pace.poll_late(until, context));
                // Whoever is slow would be slow to end as well.
                self.body.cut();
                Poll::Ready(Some(Err(self.account.refuse(Refusal::TooSlow).into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Pace {
    /// How long a body may take to bring more than so many bytes.
    fn patience(&self, bytes: u64) -> Duration {
        let earned = Duration::from_secs(bytes / limits::BODY_BYTES_PER_SECOND);
        self.timeout.min(self.grace + earned)
    }

    fn poll_late(&mut self, until: Instant, context: &mut Context<'_>) -> Poll<()> {
        let late = self
            .late
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if late.deadline() != until {
            late.as_mut().reset(until);
        }
        late.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::net::Ipv4Addr;

    use http_body_util::BodyExt as _;

    use super::*;
    use crate::room::Room;

    /// Pieces, each so many seconds after the one before; then nothing comes, or the end.
    struct Trickle {
        pieces: VecDeque<(u64, usize)>,
        ends: bool,
        next: Option<Pin<Box<Sleep>>>,
    }

    impl http_body::Body for Trickle {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let Some((seconds, bytes)) = self.pieces.front().copied() else {
                return if self.ends { Poll::Ready(None) } else { Poll::Pending };
            };
            let wait = Duration::from_secs(seconds);
            let next = self.next.get_or_insert_with(|| Box::pin(tokio::time::sleep(wait)));
            std::task::ready!(next.as_mut().poll(context));
            self.next = None;
            self.pieces.pop_front();
            Poll::Ready(Some(Ok(Frame::data(vec![0; bytes].into()))))
        }
    }

    fn trickle(pieces: &[(u64, usize)], ends: bool) -> Trickle {
        Trickle {
            pieces: pieces.iter().copied().collect(),
            ends,
            next: None,
        }
    }

    fn client(last: u8) -> Client {
        Client::at(Ipv4Addr::new(192, 0, 2, last).into())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_comes_at_a_pace_and_ends() {
        let bodies = Bodies::new(Limits::default(), &Reports::default());
        let slow = Some(Refusal::TooSlow);
        for (pieces, ends, expected, after_s) in [
            (&[][..], true, None, 0),
            (&[(9, 1)], true, None, 9),
            (&[(11, 1)], true, slow, 10),
            (&[], false, slow, 10),
            (&[(9, 1)], false, slow, 10),
            // What came is time earned.
            (&[(9, 80 * 1024), (10, 1)], true, None, 19),
            (&[(0, 80 * 1024), (21, 1)], true, slow, 20),
            // But not for ever.
            (&[(9, 1 << 20), (20, 1 << 20), (2, 1)], true, slow, 30),
        ] {
            let (body, account) = bodies.bound(trickle(pieces, ends), client(1));
            let began = Instant::now();
            let whole = body.collect().await.is_ok();
            assert_eq!((whole, account.refusal()), (expected.is_none(), expected), "{pieces:?}");
            assert_eq!(began.elapsed().as_secs(), after_s, "{pieces:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_lasts_is_neither_hurried_nor_kept() {
        let bodies = Bodies::new(Limits::default(), &Reports::default());
        let (body, account) = bodies.bound(trickle(&[(0, 1), (9, 1), (3_600, 100), (3_600, 1)], true), client(1));
        let mut body = body;
        assert!(body.frame().await.is_some_and(|frame| frame.is_ok()));
        let held = bodies.held.taken();
        Room::of(&account).last();
        while let Some(frame) = body.frame().await {
            assert!(frame.is_ok());
        }
        assert_eq!((bodies.held.taken(), account.refusal()), (held, None));
    }

    #[tokio::test]
    async fn what_bodies_hold_is_counted_until_their_requests_end() {
        let reports = Reports::default();
        let bodies = Bodies::new(Limits::default(), &reports);
        let whole = |bytes: u64, client: Client| {
            let bytes = usize::try_from(bytes).expect("some megabytes");
            let (body, account) = bodies.bound(trickle(&[(0, bytes)], true), client);
            async move {
                let whole = body.collect().await.is_ok();
                assert_eq!(whole, account.refusal().is_none());
                account
            }
        };
        let share = limits::BODIES_BYTES.per_client;
        let half = whole(share / 2, client(1)).await;
        assert_eq!(bodies.held.taken(), share / 2 + limits::BODY_PIECE_BYTES);
        let refused = whole(share / 2, client(1)).await;
        assert_eq!(refused.refusal(), Some(Refusal::NoRoom(Used::Own)));
        assert_eq!(whole(share / 2, client(2)).await.refusal(), None);
        drop(half);
        assert_eq!(whole(share / 2, client(1)).await.refusal(), None);

        let mut all = Vec::new();
        let enough = u8::try_from(limits::BODIES_BYTES.total / share).expect("a few");
        for number in 0..=enough {
            all.push(whole(share - limits::BODY_PIECE_BYTES, client(number)).await);
        }
        let refused = all.pop().and_then(|last| last.refusal());
        assert_eq!(refused, Some(Refusal::NoRoom(Used::All)));
        drop(all);
        assert_eq!(bodies.held.taken(), 0);
        assert_eq!(reports.read()[0], ("body_bytes", 2));
    }

    /// Whoever sends byte by byte makes others keep more than bytes.
    #[tokio::test]
    async fn small_pieces_are_not_cheap() {
        let bodies = Bodies::new(Limits::default(), &Reports::default());
        let (body, _account) = bodies.bound(trickle(&[(0, 1); 1000], true), client(1));
        assert!(body.collect().await.is_ok());
        assert_eq!(bodies.held.taken(), 1000 * (1 + limits::BODY_PIECE_BYTES));
    }

    #[tokio::test]
    async fn what_is_made_of_a_body_counts_as_well() {
        let bodies = Bodies::new(Limits::default(), &Reports::default());
        let (body, account) = bodies.bound(trickle(&[], true), client(1));
        let room = Room::of(&account);
        let share = usize::try_from(limits::BODIES_BYTES.per_client).expect("some megabytes");
        assert!(room.take(share).is_ok());
        assert_eq!(bodies.held.taken(), limits::BODIES_BYTES.per_client);
        assert_eq!(account.refusal(), None);
        assert!(room.take(1).is_err());
        assert_eq!(account.refusal(), Some(Refusal::NoRoom(Used::Own)));
        drop((room, account, body));
        assert_eq!(bodies.held.taken(), 0);
    }

    #[test]
    fn answers_say_whether_to_come_again() {
        for (refusal, status, comes_again) in [
            (Refusal::TooSlow, 408, false),
            (Refusal::NoRoom(Used::Own), 429, true),
            (Refusal::NoRoom(Used::All), 503, true),
        ] {
            let answer = refusal.answer();
            let again = answer.headers().contains_key(header::RETRY_AFTER);
            assert_eq!((answer.status().as_u16(), again), (status, comes_again));
        }
    }
}
