//! The store is a bucket: moto, a server that speaks S3, in a process of its own.
//!
//! A bucket's keys come from the environment, so whoever uses it here is a process of its own too.

use std::{
    env,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use aws_lc_rs::digest::{SHA256, digest};
use recording::{Finished, Format, Place, PlaceError, Spool, Store};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{file, loud, own_process, recorded};

/// Where the server is, for whoever uses it.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// A server, for as long as this is there.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start() -> Server {
        let mut process = Command::new(program())
            .args(["--host", "127.0.0.1", "--port", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this test needs moto: `cargo xtask test --only tools`");
        let mut output = BufReader::new(process.stderr.take().expect("it is piped"));
        let address = loop {
            let mut line = String::new();
            assert_ne!(output.read_line(&mut line).expect("text"), 0, "moto ended by itself");
            if let Some((_, address)) = line.trim().split_once("Running on http://") {
                break address.to_owned();
            }
        };
        // It logs every request, and would wait for somebody to read that.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        Server { process, address }
    }

    /// A request of somebody who runs the server, and what is answered.
    async fn ask(address: &str, request: &str) -> String {
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let request =
            format!("{request} HTTP/1.1\r\nHost: s3.amazonaws.com\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("text");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where `cargo xtask` installs it: beside what cargo builds.
fn program() -> PathBuf {
    let this = env::current_exe().expect("this program");
    let target = this
        .ancestors()
        .nth(3)
        .expect("a test is in a folder of the target folder");
    target.join("xtask/venv-s3/bin/moto_server")
}

#[test]
fn places() {
    let check = |text: &str, expected: Result<Place, PlaceError>| assert_eq!(text.parse(), expected, "{text}");
    let bucket = |bucket: &str, prefix: &str| {
        Ok(Place::S3 {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: env::var(ENDPOINT).ok(),
        })
    };
    check("s3://calls", bucket("calls", ""));
    check("s3://calls/", bucket("calls", ""));
    check("s3://calls.example/of/support/", bucket("calls.example", "of/support"));
    check("/srv/recordings", Ok(Place::Folder("/srv/recordings".into())));
    check("recordings", Ok(Place::Folder("recordings".into())));
    for text in [
        "",
        "s3://",
        "s3://a",
        "s3:///of",
        "s3://Calls",
        "s3://host:80/of",
        "https://example.org/calls",
    ] {
        check(text, Err(PlaceError));
    }
}

/// Runs a test of this module as somebody who has keys.
fn check_with_keys(test: &str, address: &str) {
    let status = own_process(&format!("bucket::{test}"))
        .env(ENDPOINT, format!("http://{address}"))
        .env("AWS_ACCESS_KEY_ID", "key")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_REGION", "us-east-1")
        .status();
    assert!(status.expect("it starts").success(), "{test}");
}

fn opened(folder: &TempDir) -> (Spool, Store) {
    let spool = Spool::open(&folder.path().join("spool")).expect("a folder");
    let place: Place = "s3://recordings/of/calls".parse().expect("a place");
    (spool, Store::open(&place).expect("it is not asked yet"))
}

/// Whoever keeps recordings in a bucket; nothing in the process that tests.
#[tokio::test]
async fn keeps_in_a_bucket() {
    let Ok(endpoint) = env::var(ENDPOINT) else { return };
    let address = endpoint.trim_start_matches("http://");
    let folder = TempDir::new().expect("a folder");
    let (spool, store) = opened(&folder);
    recorded(&spool, "call", 2, ["##########", ".........."]).await;
    spool
        .finish(&store, "call", false)
        .await
        .expect_err("there is no bucket");
    assert_eq!(spool.ids().expect("a folder"), ["call"], "and so it is still here");

    Server::ask(address, "PUT /recordings").await;
    let finished = spool.finish(&store, "call", false).await.expect("it is kept");
    let again = spool.finish(&store, "call", false).await.expect("it is kept");
    assert_eq!(again, finished, "twice is once");
    let wav = file(&store, "call", Format::Wav).await;
    assert_eq!(audio::decode::decode(&wav).expect("it plays").len(), 1_600);
    let some = store.read("call", Format::Wav, 4..12).await.expect("its bytes");
    assert_eq!(some, wav[4..12]);
    let names = Server::ask(address, "GET /recordings").await;
    for name in ["of/calls/recordings/call.wav", "of/calls/recordings/call.mp3"] {
        assert!(names.contains(name), "{names}");
    }
    for _ in 0..2 {
        store.delete("call").await.expect("it is gone");
        for format in Format::ALL {
            assert_eq!(store.size_bytes("call", format).await.expect("a store"), None);
        }
    }
}

/// The same with more than one request takes: ten minutes of two channels are 19 MB.
#[tokio::test]
async fn keeps_what_is_long_in_a_bucket() {
    let Ok(endpoint) = env::var(ENDPOINT) else { return };
    let folder = TempDir::new().expect("a folder");
    let (spool, store) = opened(&folder);
    Server::ask(endpoint.trim_start_matches("http://"), "PUT /recordings").await;
    let mut take = vec![0; 600 * 32_000];
    for (place, sample) in loud(0).iter().enumerate() {
        take[4 * place..4 * place + 2].copy_from_slice(&sample.to_le_bytes());
    }
    std::fs::write(folder.path().join("spool/long.2"), take).expect("a disk");
    let Finished::Kept { audio, .. } = spool.finish(&store, "long", false).await.expect("it is kept") else {
        panic!("there is something to hear")
    };
    let wav = file(&store, "long", Format::Wav).await;
    assert_eq!((audio[0].size_bytes, wav.len()), (44 + 600 * 32_000, 44 + 600 * 32_000));
    assert_eq!(audio[0].sha256, digest(&SHA256, &wav).as_ref());
}

/// A server that takes the first parts of a file, and is gone.
#[tokio::test]
async fn gives_up_in_the_middle() {
    let Ok(endpoint) = env::var(ENDPOINT) else { return };
    let address = endpoint.trim_start_matches("http://").to_owned();
    Server::ask(&address, "PUT /recordings").await;
    let folder = TempDir::new().expect("a folder");
    let (spool, _) = opened(&folder);
    std::fs::write(folder.path().join("spool/long.2"), [1, 1].repeat(600 * 16_000 / 2 * 2)).expect("a disk");
    // What is between refuses the second part, as a server does that has no room.
    let between = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let place = Place::S3 {
        bucket: "recordings".to_owned(),
        prefix: "of/calls".to_owned(),
        endpoint: Some(format!("http://{}", between.local_addr().expect("an address"))),
    };
    let behind = address.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = between.accept().await {
            tokio::spawn(pass_on(stream, behind.clone()));
        }
    });
    let broken = Store::open(&place).expect("it is not asked yet");
    spool.finish(&broken, "long", false).await.expect_err("it refuses");
    let (_, store) = opened(&folder);
    for format in Format::ALL {
        assert_eq!(
            store.size_bytes("long", format).await.expect("a store"),
            None,
            "nothing half"
        );
    }
    let uploads = Server::ask(&address, "GET /recordings?uploads").await;
    assert!(!uploads.contains("long.wav"), "parts are taken back: {uploads}");
    assert_eq!(spool.ids().expect("a folder"), ["long"], "the take is still here");
    spool.finish(&store, "long", false).await.expect("later it is kept");
    assert_eq!(file(&store, "long", Format::Wav).await.len(), 44 + 600 * 32_000);
}

/// Passes one connection on, but for requests with a second part, which it forbids.
async fn pass_on(mut from: TcpStream, to: String) {
    let mut head = [0; 2_000];
    let read = from.peek(&mut head).await.unwrap_or_default();
    if head[..read].windows(12).any(|bytes| bytes == b"partNumber=2") {
        let refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let _ = from.write_all(refusal).await;
        // It hears what it is told once it has said everything.
        let _ = tokio::io::copy(&mut from, &mut tokio::io::sink()).await;
        return;
    }
    let mut to = TcpStream::connect(to).await.expect("it listens");
    let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
}

#[test]
fn a_bucket_keeps_what_a_folder_keeps() {
    check_with_keys("keeps_in_a_bucket", &Server::start().address);
}

#[test]
fn what_is_long_goes_in_parts() {
    check_with_keys("keeps_what_is_long_in_a_bucket", &Server::start().address);
}

#[test]
fn a_store_that_fails_midway_has_nothing_half() {
    check_with_keys("gives_up_in_the_middle", &Server::start().address);
}
