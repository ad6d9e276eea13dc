//! Load: connections that ask, wait for the answer, and ask again.
//!
//! The load shares the machine with what it measures, so it does as little as it can: requests are bytes made before, and
//! of an answer only its status and its length are read. It is the same for both sides, and what it costs brings their
//! ratio nearer to 1.

use anyhow::{Context, Result, bail, ensure};
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, Uri,
    client::conn::http2,
    header::{self, HeaderValue},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

/// One HTTP/1.1 connection, kept alive.
pub(crate) struct Http1 {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Http1 {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Http1> {
        Http1::over(TcpStream::connect(address).await?)
    }

    /// From another address of this machine.
    pub(crate) async fn connect_from(client: IpAddr, address: SocketAddr) -> Result<Http1> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((client, 0).into())?;
        Http1::over(socket.connect(address).await?)
    }

    fn over(stream: TcpStream) -> Result<Http1> {
        stream.set_nodelay(true)?;
        Ok(Http1 {
            stream,
            received: Vec::with_capacity(64 * 1024),
        })
    }

    /// Sends a part of a request, and waits for nothing.
    pub(crate) async fn send(&mut self, part: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(part).await?)
    }

    /// Sends a request and returns the body of its answer, which must be a 200.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<&[u8]> {
        let body = self.exchange(request).await?;
        if !self.received.starts_with(b"HTTP/1.1 200 ") {
            bail!("refused: {}", String::from_utf8_lossy(&self.received));
        }
        Ok(&self.received[body..])
    }

    /// Sends a request and reads its answer, whatever that is; returns where its body begins.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<usize> {
        self.stream.write_all(request).await?;
        self.received.clear();
        loop {
            ensure!(
                self.stream.read_buf(&mut self.received).await? > 0,
                "the connection was closed"
            );
            let Some(head) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
                continue;
            };
            let length = content_length(&self.received[..head])?;
            while self.received.len() < head + 4 + length {
                ensure!(
                    self.stream.read_buf(&mut self.received).await? > 0,
                    "the connection was closed"
                );
            }
            return Ok(head + 4);
        }
    }
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head)?;
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let field = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Ok(field.context("the answer says no length")?.1.trim().parse()?)
}

/// A `GET` as it goes over the wire, by the one with this token or by nobody in particular.
pub(crate) fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n"));
    let authorization = authorization.unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{authorization}\r\n").into_bytes()
}

/// A `POST` of JSON as it goes over the wire, with further fields of its head.
pub(crate) fn post(path: &str, fields: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\n{fields}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Requests per second over so many HTTP/1.1 connections, each request taken in turn from the list.
pub(crate) async fn http1(
    address: SocketAddr,
    requests: &Arc<Vec<Vec<u8>>>,
    connections: usize,
    time: Duration,
) -> Result<f64> {
    let start = Instant::now();
    let clients = (0..connections).map(|client| {
        let requests = Arc::clone(requests);
        tokio::spawn(async move {
            let mut connection = Http1::connect(address).await?;
            let mut answered = 0_u64;
            // Steps of a prime number visit the whole list in an order that no cache foresees.
            let mut next = client * requests.len() / connections;
            while start.elapsed() < time {
                connection.ask(&requests[next % requests.len()]).await?;
                next += 7919;
                answered += 1;
            }
            Ok(answered)
        })
    });
    sum(clients.collect(), start).await
}

/// A gRPC method, and what is said with every call of it.
pub(crate) struct Method {
    address: Uri,
    headers: HeaderMap,
}

impl Method {
    /// Called by the one with this token or by nobody in particular, who wants the whole answer or these fields of it.
    pub(crate) fn new(path: &'static str, token: Option<&str>, mask: Option<&'static str>) -> Method {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        if let Some(token) = token {
            let bearer = HeaderValue::from_str(&format!("Bearer {token}"));
            headers.insert(header::AUTHORIZATION, bearer.expect("a token is base64 and dots"));
        }
        if let Some(mask) = mask {
            headers.insert("x-goog-fieldmask", HeaderValue::from_static(mask));
        }
        // Over HTTP/2 the host is a part of the address.
        let address = format!("http://localhost{path}");
        Method {
            address: address.parse().expect("a path of names"),
            headers,
        }
    }
}

/// A message in gRPC's framing: not compressed, length, message.
pub(crate) fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut framed = BytesMut::with_capacity(5 + length);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(length).expect("a request is short"));
    message.encode(&mut framed).expect("the buffer grows");
    framed.freeze()
}

/// Calls per second over so many HTTP/2 connections with so many calls at once on each; requests are messages in gRPC's
/// framing.
pub(crate) async fn grpc(
    address: SocketAddr,
    method: &Arc<Method>,
    requests: &Arc<Vec<Bytes>>,
    (connections, streams): (usize, usize),
    time: Duration,
) -> Result<f64> {
    let start = Instant::now();
    let mut clients = Vec::new();
    for connection in 0..connections {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(driver);
        for stream in 0..streams {
            let (mut sender, requests, method) = (sender.clone(), Arc::clone(requests), Arc::clone(method));
            let mut next = (connection * streams + stream) * requests.len() / (connections * streams);
            clients.push(tokio::spawn(async move {
                let mut answered = 0_u64;
                while start.elapsed() < time {
                    call(&mut sender, &method, requests[next % requests.len()].clone()).await?;
                    next += 7919;
                    answered += 1;
                }
                Ok(answered)
            }));
        }
    }
    sum(clients, start).await
}

async fn call(sender: &mut http2::SendRequest<Full<Bytes>>, method: &Method, message: Bytes) -> Result<()> {
    let mut request = Request::post(method.address.clone()).body(Full::new(message))?;
    request.headers_mut().clone_from(&method.headers);
    let (head, mut body) = sender.send_request(request).await?.into_parts();
    // A refusal has no message, and its status stands where the head is.
    ensure!(!head.headers.contains_key("grpc-status"), "refused: {:?}", head.headers);
    let mut messages = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame?;
        if let Some(trailers) = frame.trailers_ref() {
            let status = trailers.get("grpc-status").context("the answer has no status")?;
            ensure!(status == "0" && messages > 0, "refused: {trailers:?}");
            return Ok(());
        }
        messages += 1;
    }
    bail!("the answer has no trailers")
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2 to the 52")]
async fn sum(clients: Vec<tokio::task::JoinHandle<Result<u64>>>, start: Instant) -> Result<f64> {
    let mut answered = 0;
    for client in clients {
        answered += client.await??;
    }
    Ok(answered as f64 / start.elapsed().as_secs_f64())
}
