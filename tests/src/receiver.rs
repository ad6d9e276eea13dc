//! Whoever is told of changes by requests to an address of theirs: it says that it is there, keeps what it hears, and may be down.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Context, Result};
use serde_json::Value;

/// A receiver on loopback, up to the end of the process.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_down: AtomicBool,
    heard: Mutex<Vec<Value>>,
}

impl Receiver {
    /// Starts one.
    ///
    /// # Errors
    /// If there is no socket to be had.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let listening = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever sends nonsense, or goes, is not answered.
                let told = Arc::clone(&listening);
                thread::spawn(move || told.serve(&stream).ok());
            }
        });
        Ok(Self { address, shared })
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// While it is down, it answers nobody.
    pub fn set_down(&self, is_down: bool) {
        self.shared.is_down.store(is_down, Ordering::Relaxed);
    }

    /// All notifications so far.
    ///
    /// # Panics
    /// If one of its threads did.
    pub fn heard(&self) -> Vec<Value> {
        self.shared.heard.lock().expect("no thread panics").clone()
    }
}

impl Shared {
    fn serve(&self, mut stream: &TcpStream) -> Result<()> {
        if self.is_down.load(Ordering::Relaxed) {
            return Ok(());
        }
        let mut reader = BufReader::new(stream);
        let mut first = String::new();
        reader.read_line(&mut first)?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                None => break,
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse()?,
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let token = first.split_once("validationToken=").map_or("", |(_, rest)| rest);
        let words = decoded(token.split([' ', '&']).next().unwrap_or_default());
        if words.is_empty() {
            self.keep(&body)?;
        }
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/plain";
        write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n", words.len())?;
        stream.write_all(&words)?;
        Ok(())
    }

    fn keep(&self, body: &[u8]) -> Result<()> {
        let body: Value = serde_json::from_slice(body)?;
        let notifications = body["value"].as_array().context("a list")?;
        let mut heard = self.heard.lock().expect("no thread panics");
        heard.extend(notifications.iter().cloned());
        Ok(())
    }
}

/// What stands percent-encoded in a query.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        let hex: Vec<u8> = if byte == b'%' {
            bytes.by_ref().take(2).collect()
        } else {
            Vec::new()
        };
        let value = std::str::from_utf8(&hex)
            .ok()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(value.unwrap_or(if byte == b'+' { b' ' } else { byte }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_decoded() {
        for (text, expected) in [("", ""), ("a", "a"), ("a+b%3A%20c", "a b: c"), ("100%25", "100%")] {
            assert_eq!(decoded(text), expected.as_bytes(), "{text}");
        }
    }
}
