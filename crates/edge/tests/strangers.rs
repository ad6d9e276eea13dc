//! Strangers in quantity, over real connections: every address of 127.0.0.0/8 is a client of its own.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_core::body::Body;
use bytes::Bytes;
use edge::{Limits, Network, Proxies, Setup, TakesDatagrams};
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, combinators::BoxBody};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use share::{Client, Reports};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

/// Soon, for whoever is watched by a test.
const SOON: Duration = Duration::from_millis(200);

const POST: &str = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n";
const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

/// A service that says whose request it was, and how long its body.
struct World {
    address: SocketAddr,
    reports: Reports,
    /// Connections that carry datagrams.
    handed: UnboundedReceiver<std::net::TcpStream>,
    _stop: DropGuard,
}

impl World {
    async fn new(limits: Limits) -> World {
        World::behind(&[], limits).await
    }

    async fn behind(proxies: &[&str], limits: Limits) -> World {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (reports, stop) = (Reports::default(), CancellationToken::new());
        let networks = proxies.iter().map(|proxy| proxy.parse::<Network>().expect("a network"));
        let (hand, handed) = unbounded_channel();
        let datagrams: TakesDatagrams = Arc::new(move |stream, _| drop(hand.send(stream)));
        let setup = Setup {
            secured: None,
            proxies: networks.collect::<Proxies>(),
            datagrams: Some(datagrams),
            limits,
            reports: reports.clone(),
        };
        let service = tower::service_fn(|request: Request<Body>| async {
            let client = request.extensions().get::<Client>().copied();
            let response = match (client, request.into_body().collect().await) {
                (Some(client), Ok(body)) => Response::new(Body::from(format!("{client} {}", body.to_bytes().len()))),
                _ => Response::builder().status(400).body(Body::empty()).expect("a number"),
            };
            Ok::<_, Infallible>(response)
        });
        tokio::spawn(edge::serve(listener, setup, service, stop.clone()));
        World {
            address,
            reports,
            handed,
            _stop: stop.drop_guard(),
        }
    }

    /// A connection from 127.0.0.N.
    async fn connect(&self, from: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        let own = SocketAddr::from(([127, 0, 0, from], 0));
        socket.bind(own).expect("all of the network is this machine's");
        socket.connect(self.address).await.expect("connected")
    }

    /// A connection from 127.0.0.N that said this.
    async fn say(&self, from: u8, text: &str) -> TcpStream {
        let mut stream = self.connect(from).await;
        stream.write_all(text.as_bytes()).await.expect("written");
        stream
    }

    async fn http2(&self) -> (SendRequest<BoxBody<Bytes, Infallible>>, JoinHandle<hyper::Result<()>>) {
        let stream = TokioIo::new(self.connect(1).await);
        let shaken = http2::handshake(TokioExecutor::new(), stream).await;
        let (sender, connection) = shaken.expect("HTTP/2");
        (sender, tokio::spawn(connection))
    }

    fn reached(&self, limit: &str) -> u64 {
        let all = self.reports.read();
        all.iter()
            .find(|(name, _)| *name == limit)
            .map_or(0, |(_, times)| *times)
    }
}

/// All that is answered before the connection is closed.
async fn heard(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that is cut off may be reset.
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let _ = read.expect("the connection is closed");
    String::from_utf8(answer).expect("text")
}

/// A body of which nothing comes.
struct Silence;

impl http_body::Body for Silence {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

fn post<B: http_body::Body<Data = Bytes, Error = Infallible> + Send + Sync + 'static>(
    body: B,
) -> Request<BoxBody<Bytes, Infallible>> {
    let request = Request::post("http://x/").body(body.boxed());
    request.expect("a request")
}

#[tokio::test]
async fn whoever_holds_their_share_keeps_nobody_out() {
    let world = World::new(Limits {
        connections_per_client: 2,
        ..Limits::with_connections(8)
    })
    .await;
    let _held = [world.say(1, POST).await, world.say(1, POST).await];
    assert_eq!(heard(world.say(1, GET).await).await, "");
    assert_eq!(world.reached("connections"), 1);
    let answer = heard(world.say(2, GET).await).await;
    assert!(answer.ends_with("127.0.0.2 0"), "{answer}");
    assert_eq!(world.reached("connections"), 1);
}

#[tokio::test]
async fn whoever_holds_everything_makes_room() {
    let world = World::new(Limits {
        connections_per_client: 3,
        ..Limits::with_connections(3)
    })
    .await;
    let first = world.say(1, POST).await;
    let _others = [world.say(1, POST).await, world.say(1, POST).await];
    let answer = heard(world.say(2, GET).await).await;
    assert!(answer.ends_with("127.0.0.2 0"), "{answer}");
    assert_eq!(heard(first).await, "");
    assert_eq!(world.reached("connections"), 1);
}

#[tokio::test]
async fn a_body_that_stops_is_given_up() {
    let world = World::new(Limits {
        body_grace: SOON,
        ..Limits::default()
    })
    .await;
    let answer = heard(world.say(1, &format!("{POST}12345")).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");

    let (mut sender, _connection) = world.http2().await;
    let (stopped, whole) = (
        sender.send_request(post(Silence)),
        sender.send_request(post(Empty::new())),
    );
    let whole = timeout(PATIENCE, whole).await.expect("in time").expect("answered");
    assert_eq!(whole.status(), StatusCode::OK);
    let stopped = timeout(PATIENCE, stopped).await.expect("in time").expect("answered");
    assert_eq!(stopped.status(), StatusCode::REQUEST_TIMEOUT);
    // Others on the connection have nothing to do with it.
    let whole = timeout(PATIENCE, sender.send_request(post(Empty::new()))).await;
    assert_eq!(whole.expect("in time").expect("answered").status(), StatusCode::OK);
    assert_eq!(world.reached("body_time"), 2);
}

#[tokio::test]
async fn who_says_nothing_does_not_stay() {
    let world = World::new(Limits {
        first_request_timeout: SOON,
        ..Limits::default()
    })
    .await;
    assert_eq!(heard(world.connect(1).await).await, "");
    assert_eq!(heard(world.say(1, "GET / HTT").await).await, "");
    assert_eq!(heard(world.say(1, "PRI * HTTP/2.0\r\n\r\nSM").await).await, "");
    // The head of the next request has no more time than that of the first.
    for next in ["", "GET / HTT"] {
        let mut stream = world.say(1, &GET.replace("connection: close\r\n", "")).await;
        let answered = stream.read(&mut [0; 1024]).await.expect("an answer");
        assert!(answered > 0);
        stream.write_all(next.as_bytes()).await.expect("written");
        heard(stream).await;
    }
}

#[tokio::test]
async fn whoever_keeps_a_connection_idle_is_asked_to_close_it() {
    let world = World::new(Limits {
        first_request_timeout: SOON,
        idle_timeout: SOON,
        ..Limits::default()
    })
    .await;
    let (mut sender, connection) = world.http2().await;
    let answer = sender.send_request(post(Empty::new())).await.expect("answered");
    assert_eq!(answer.status(), StatusCode::OK);
    let closed = timeout(PATIENCE, connection).await.expect("it is closed");
    closed.expect("no panic").expect("in peace");
}

#[tokio::test]
async fn only_a_proxy_speaks_for_others() {
    let world = World::behind(&["127.0.0.1"], Limits::default()).await;
    for (from, client) in [(1, "198.51.100.7"), (2, "127.0.0.2")] {
        let request = GET.replace("host: x", "host: x\r\nx-forwarded-for: 203.0.113.9, 198.51.100.7");
        let answer = heard(world.say(from, &request).await).await;
        assert!(answer.ends_with(&format!("{client} 0")), "{answer}");
    }
}

#[tokio::test]
async fn what_carries_datagrams_is_handed_over_unread() {
    let mut world = World::behind(&["127.0.0.7"], Limits::default()).await;
    let request = [0, 2, 0x00, 0x01];
    let mut stream = world.connect(1).await;
    stream.write_all(&request).await.expect("written");
    let handed = timeout(PATIENCE, world.handed.recv()).await.expect("in time");
    let mut handed = TcpStream::from_std(handed.expect("one")).expect("a connection");
    let mut read = [0; 4];
    handed.read_exact(&mut read).await.expect("all of it");
    assert_eq!(read, request);
    // Whoever asks for something is answered, and a proxy has no datagrams of its own: what it says is read as a request.
    assert!(heard(world.say(1, GET).await).await.starts_with("HTTP/1.1 200"));
    heard(world.say(7, "\0\u{2}\0\u{1}").await).await;
    assert!(world.handed.try_recv().is_err());
}
