//! Relays that let nobody through, each for a reason of its own.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use attendee::{Check, Found, Relay, Unrelayed, Way};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
    task::JoinHandle,
};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use turn::{Credentials, Received, Secret};

const NOW_UNIX_S: u64 = 1_000_000;

/// What a server answers, as far as it counts here: where its media is.
const ANSWER: &str = "v=0\r\na=candidate:1 1 UDP 1 203.0.113.7 8080 typ host\r\n";

fn relay(url: &str, username: &str) -> Option<Relay> {
    let credentials = Credentials {
        username: username.to_owned(),
        password: "secret".to_owned(),
    };
    relay_with(url, credentials)
}

fn relay_with(url: &str, credentials: Credentials) -> Option<Relay> {
    let builder = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into());
    let builder = builder.with_safe_default_protocol_versions().expect("its own");
    let trust = builder.with_root_certificates(RootCertStore::empty());
    Relay::new(url, credentials, Arc::new(trust.with_no_client_auth()))
}

async fn tried(relay: Relay) -> Unrelayed {
    let found = Box::pin(Check::new(Way::Relay(relay)).run(ANSWER)).await;
    match found.expect("it can be read") {
        Found::Unrelayed(unrelayed) => unrelayed,
        found => panic!("{found:?}"),
    }
}

/// A port at which whoever connects is told this, and then no more.
async fn saying(told: &'static [u8]) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // The request is read, so that what is told comes before the end.
            let _ = stream.read(&mut [0; 512]).await;
            let _ = stream.write_all(told).await;
        }
    });
    (address, serving)
}

#[tokio::test]
async fn what_is_no_relay_is_told_from_one_that_hangs_up() {
    for (told, expected) in [
        (&b""[..], Unrelayed::Ended),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Unrelayed::Strange),
        (b"\x00\x01\xff\xfc", Unrelayed::Strange),
    ] {
        let (address, serving) = saying(told).await;
        let relay = relay(&format!("turn:{address}?transport=tcp"), "1:a").expect("a valid row");
        assert_eq!(tried(relay).await, expected);
        serving.abort();
    }
}

/// An allocation in which no way leads anywhere is not left behind.
#[tokio::test]
async fn what_was_lent_is_given_back_although_it_leads_nowhere() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = socket.local_addr().expect("it is bound");
    let secret = Secret::new(b"north");
    let credentials = secret.credentials("somebody", NOW_UNIX_S + 100);
    let serving = tokio::spawn(async move {
        let mut relay = turn::Relay::new(secret, NOW_UNIX_S);
        relay.lead_to(std::iter::once(SocketAddr::from(([203, 0, 113, 8], 8080))));
        let (mut message, mut was_lent) = ([0; 2_000], false);
        while !was_lent || relay.count() > 0 {
            let (length, from) = socket.recv_from(&mut message).await.expect("it is bound");
            let received = relay.receive((), from, &message[..length], Instant::now());
            was_lent |= relay.count() > 0;
            if let Received::Answer { bytes, .. } = received {
                socket.send_to(&bytes, from).await.expect("it is bound");
            }
        }
    });
    let relay = relay_with(&format!("turn:{address}"), credentials).expect("a valid row");
    let Unrelayed::Refused(refused) = tried(relay).await else {
        panic!("it refuses");
    };
    assert_eq!(refused.code, 403);
    serving.await.expect("all is given back");
}

#[test]
fn a_name_that_no_browser_would_show_makes_no_relay() {
    let check = |length, expected: bool| {
        let name = "a".repeat(length);
        assert_eq!(relay("turn:relay.example", &name).is_some(), expected, "{length}");
    };
    check(508, true);
    check(509, false);
}

#[test]
fn ports_at_which_nothing_can_be_make_no_relay() {
    let check = |port: &str, expected: Option<&str>| {
        let told = relay(&format!("turn:relay.example{port}"), "1:a").map(|relay| relay.to_string());
        assert_eq!(told.as_deref(), expected, "{port}");
    };
    check("", Some("relay.example:3478"));
    check(":1", Some("relay.example:1"));
    check(":65535", Some("relay.example:65535"));
    for strange in [":", ":0", ":+1", ":-1", ":65536", ":1:2"] {
        check(strange, None);
    }
}
