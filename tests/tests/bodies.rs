//! Strangers who send bodies in quantity and never end them, as the real program meets them.
//!
//! What the other tests speak has no streams, so this one brings a client of HTTP/2.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use anyhow::{Result, ensure};
use bytes::Bytes;
use end_to_end::{Server, request};
use http::Request;
use http_body::{Body, Frame, SizeHint};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, task::JoinSet, time};

const CONNECTIONS: usize = 6;
const STREAMS: usize = 255;
const BODY_BYTES: usize = 1024 * 1024;
const MEMORY_BYTES: u64 = 200 * 1024 * 1024;

/// How long they are at it: much longer than taking all of it would take.
const LASTS: Duration = Duration::from_secs(5);

/// A body of one mebibyte whose last byte never comes.
struct Unfinished {
    left: usize,
}

impl Body for Unfinished {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        static PIECE: [u8; 16 * 1024] = [b' '; 16 * 1024];
        let length = PIECE.len().min(self.left);
        if length == 0 {
            return Poll::Pending;
        }
        self.left -= length;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&PIECE[..length])))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left as u64 + 1)
    }
}

/// One connection with as many streams as it may have, until somebody loses patience.
async fn besiege(address: SocketAddr) -> Result<()> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (sender, connection) = http2::handshake(TokioExecutor::new(), stream).await?;
    tokio::spawn(connection);
    let mut asking = JoinSet::new();
    for _ in 0..STREAMS {
        let mut sender = sender.clone();
        let body = Unfinished { left: BODY_BYTES - 1 };
        let request = Request::post("http://server/v2/spaces").body(body)?;
        asking.spawn(async move {
            // Whatever the answer is, or that there is none.
            if sender.ready().await.is_ok() {
                sender.send_request(request).await.ok();
            }
        });
    }
    asking.join_all().await;
    Ok(())
}

#[test]
fn bodies_without_end_take_little_memory() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(folder.path())?;
    server.add_user("owner@example.org")?;
    let token = server.token("owner@example.org")?;
    let address = server.address();
    let runtime = tokio::runtime::Runtime::new()?;
    let siege = runtime.spawn(async move {
        let besieging: JoinSet<_> = (0..CONNECTIONS).map(|_| besiege(address)).collect();
        // Whoever is not refused would wait for longer.
        let answered = time::timeout(LASTS, besieging.join_all()).await;
        answered.into_iter().flatten().collect::<Result<Vec<()>>>()
    });
    loop {
        request(address, "GET", "/v2/conferenceRecords", Some(&token), None)?.ok()?;
        if siege.is_finished() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    runtime.block_on(siege)??;
    let memory = server.memory_max()?;
    ensure!(memory < MEMORY_BYTES, "{} MiB of memory", memory / 1024 / 1024);
    Ok(())
}
