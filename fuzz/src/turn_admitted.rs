//! Any messages of somebody who has credentials, which each of them is signed with.
//!
//! A message is one byte that says what it is about, one that says how long its attributes are, and those. Data of channels and what was not
//! asked for need no signature.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use md5::{Digest as _, Md5};
use turn::{Credentials, Received, Relay, Secret};

const NOW_UNIX_S: u64 = 1_000_000;
/// Between two messages.
const STEP: Duration = Duration::from_secs(20);
const REALM: &str = "sederunt";
const MAGIC: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const REALM_IS: u16 = 0x0014;
const NONCE: u16 = 0x0015;

/// Requests for an allocation, to refresh it, for a permission and for a channel; and to send.
const KINDS: [u16; 5] = [3, 4, 8, 9, 0x0016];
const ALLOCATE: u16 = 3;
const SEND: u16 = 0x0016;
/// A kind above these is data of a channel, of whichever number.
const CHANNEL_DATA: u8 = 0x40;

/// Somebody who has credentials, and the nonce that was said to them.
struct Client {
    at: SocketAddr,
    credentials: Credentials,
    nonce: Vec<u8>,
}

/// The bytes are messages, one after the other. Whatever they say, datagrams go to where the relay leads and nowhere else.
pub fn run(data: &[u8]) {
    let media = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|ip| SocketAddr::from((ip, 8080)));
    let mut now = Instant::now();
    let mut relay = Relay::new(Secret::new(b"north"), NOW_UNIX_S);
    relay.lead_to(media.into_iter());
    let client = Client::new(&mut relay, now);
    let mut rest = data;
    while let [kind, length, tail @ ..] = rest {
        let (attributes, next) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = next;
        let message = client.message(*kind, attributes);
        match relay.receive((), client.at, &message, now) {
            Received::Datagram { from, to, contents } => {
                assert!(media.contains(&to) && relay.way(from).is_some());
                assert!(contents.len() < message.len());
                let mut back = vec![];
                assert!(relay.wrap(from, None, contents, &mut back).is_some() && back.len() > contents.len());
            }
            Received::Answer { bytes, .. } => assert!(bytes.len() >= 20),
            Received::Nothing => {}
        }
        assert!(relay.count() <= 1, "one for each way");
        now += STEP;
        relay.sweep(now, NOW_UNIX_S, |()| true, |_| true);
    }
    relay.sweep(now, NOW_UNIX_S, |()| false, |_| false);
    assert_eq!(relay.count(), 0);
}

impl Client {
    fn new(relay: &mut Relay<()>, now: Instant) -> Client {
        let at = SocketAddr::from(([198, 51, 100, 1], 9));
        let Received::Answer { bytes, .. } = relay.receive((), at, &finished(begun(ALLOCATE)), now) else {
            unreachable!("whoever asks is told how to sign");
        };
        Client {
            at,
            credentials: Secret::new(b"north").credentials("somebody", NOW_UNIX_S + 100),
            nonce: attribute(&bytes, NONCE),
        }
    }

    fn message(&self, kind: u8, attributes: &[u8]) -> Vec<u8> {
        if kind >= CHANNEL_DATA {
            return [&[kind][..], attributes].concat();
        }
        let kind = KINDS[usize::from(kind) % KINDS.len()];
        let mut message = begun(kind);
        message.extend(attributes);
        message.resize(message.len().next_multiple_of(4), 0);
        if kind == SEND {
            return finished(message);
        }
        let Credentials { username, password } = &self.credentials;
        for (kind, value) in [
            (USERNAME, username.as_bytes()),
            (REALM_IS, REALM.as_bytes()),
            (NONCE, &self.nonce),
        ] {
            push(&mut message, kind, value);
        }
        let covered = message.len();
        push(&mut message, MESSAGE_INTEGRITY, &[0; 20]);
        let mut message = finished(message);
        let key = Md5::digest(format!("{username}:{REALM}:{password}"));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
        let tag = hmac::sign(&key, &message[..covered]);
        message[covered + 4..].copy_from_slice(tag.as_ref());
        message
    }
}

fn begun(kind: u16) -> Vec<u8> {
    [&kind.to_be_bytes(), &[0, 0][..], &MAGIC, &[5; 12]].concat()
}

/// With its length.
fn finished(mut message: Vec<u8>) -> Vec<u8> {
    let length = u16::try_from(message.len() - 20).expect("a few hundred bytes");
    message[2..4].copy_from_slice(&length.to_be_bytes());
    message
}

fn push(message: &mut Vec<u8>, kind: u16, value: &[u8]) {
    message.extend(kind.to_be_bytes());
    message.extend(u16::try_from(value.len()).expect("short").to_be_bytes());
    message.extend(value);
    message.resize(message.len().next_multiple_of(4), 0);
}

/// An attribute of an answer, which is whole.
fn attribute(answer: &[u8], kind: u16) -> Vec<u8> {
    let mut rest = &answer[20..];
    while let [high, low, length_high, length_low, value @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*length_high, *length_low]));
        if u16::from_be_bytes([*high, *low]) == kind {
            return value[..length].to_vec();
        }
        rest = &value[length.next_multiple_of(4)..];
    }
    vec![]
}
