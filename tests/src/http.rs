//! One HTTP/1.1 request on a connection of its own.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// Where most requests come from.
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// No request of these tests takes this long; a test that hangs says nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, or null where it is not JSON.
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    pub fn ok(self) -> Result<Value> {
        if self.status != 200 {
            bail!("HTTP {}: {}", self.status, self.body);
        }
        Ok(self.body)
    }
}

/// Sends one request. An error means that no complete answer came: nothing was acknowledged.
pub fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<Answer> {
    request_from(HERE, address, method, path, token, body)
}

/// The same from another address of this machine: to the server, another client.
pub fn request_from(
    client: IpAddr,
    address: SocketAddr,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<Answer> {
    let body = body.map(Value::to_string).unwrap_or_default();
    send(
        client,
        address,
        &format!("{method} {path}"),
        token,
        ("application/json", &body),
    )
}

/// Posts a form, as programs do that sign in.
pub fn post_form(address: SocketAddr, path: &str, form: &str) -> Result<Answer> {
    let kind = "application/x-www-form-urlencoded";
    send(HERE, address, &format!("POST {path}"), None, (kind, form))
}

fn send(
    client: IpAddr,
    address: SocketAddr,
    what: &str,
    token: Option<&str>,
    (kind, body): (&str, &str),
) -> Result<Answer> {
    let authorization = token
        .map(|token| format!("authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    let head = format!(
        "{what} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{authorization}content-type: {kind}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = connect_from(client, address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&answer)
}

fn connect_from(client: IpAddr, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(client, 0).into())?;
    socket.connect_timeout(&address.into(), PATIENCE)?;
    Ok(socket.into())
}

fn parse(answer: &[u8]) -> Result<Answer> {
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .context("no complete answer")?;
    let head = std::str::from_utf8(&answer[..end])?;
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .context("no status line")?
        .parse()?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("no content-length")?;
    let length: usize = length.1.trim().parse()?;
    let body = answer
        .get(end + 4..end + 4 + length)
        .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
    Ok(Answer {
        status,
        body: serde_json::from_slice(body).unwrap_or(Value::Null),
    })
}
