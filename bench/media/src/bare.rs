//! The floor: what sealing and sending as many packets costs, and nothing else.
//!
//! Every burst is sealed with AES-128-GCM, each packet for each receiver, and leaves in one call (`UDP_SEGMENT`). Nobody is answered, nothing is
//! kept, and no header is made. The receivers are sockets of the other process that are read, as those of the crowd are.

use std::{
    hint::black_box,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use mio::{Events, Interest, Poll, Token};
use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};
use serde::{Deserialize, Serialize};

use crate::reading::of_this_thread_ns;

/// What SRTP adds to a payload: header and tag.
const OVERHEAD_BYTES: usize = 20 + TAG_BYTES;
const TAG_BYTES: usize = 16;

/// What each receiver gets, again and again.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Burst {
    pub(crate) packets: usize,
    pub(crate) payload_bytes: usize,
    pub(crate) every_us: u64,
}

/// Microseconds of processor time per packet.
#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2 to the 52")]
pub(crate) fn run(to: &[SocketAddr], burst: Burst, seconds: u64) -> Result<f64> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
    let unspecified = |_| anyhow!("the cipher would not");
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &[7; 16]).map_err(unspecified)?);
    let bytes = burst.payload_bytes + OVERHEAD_BYTES;
    let payload = vec![7; bytes - TAG_BYTES];
    let mut out = vec![0; bytes * burst.packets];
    let (mut nonce, mut packets) = ([0; 12], 0_u64);
    let (start, began_ns) = (Instant::now(), of_this_thread_ns()?);
    let mut next = start;
    while start.elapsed() < Duration::from_secs(seconds) {
        for to in to {
            for packet in out.chunks_exact_mut(bytes) {
                packets += 1;
                nonce[4..].copy_from_slice(&packets.to_be_bytes());
                let (contents, tag) = packet.split_at_mut(bytes - TAG_BYTES);
                contents.copy_from_slice(&payload);
                let sealed = key.seal_in_place_separate_tag(
                    Nonce::assume_unique_for_key(nonce),
                    Aad::from([0; 12]),
                    black_box(contents),
                );
                tag.copy_from_slice(sealed.map_err(unspecified)?.as_ref());
            }
            let transmit = Transmit {
                destination: *to,
                ecn: None,
                contents: &out,
                segment_size: (burst.packets > 1).then_some(bytes),
                src_ip: None,
            };
            // What the system would not take is late, as in a meeting.
            let _ = state.try_send(UdpSockRef::from(&socket), &transmit);
        }
        next += Duration::from_micros(burst.every_us);
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok((of_this_thread_ns()? - began_ns) as f64 / 1_000.0 / packets as f64)
}

/// Sockets that are read, and nothing is made of it.
pub(crate) struct Sinks {
    poll: Poll,
    sockets: Vec<mio::net::UdpSocket>,
}

impl Sinks {
    pub(crate) fn bind(count: usize) -> Result<Sinks> {
        let poll = Poll::new()?;
        let mut sockets = vec![];
        for token in 0..count {
            let mut socket = mio::net::UdpSocket::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            poll.registry()
                .register(&mut socket, Token(token), Interest::READABLE)?;
            sockets.push(socket);
        }
        Ok(Sinks { poll, sockets })
    }

    pub(crate) fn addresses(&self) -> Result<Vec<SocketAddr>> {
        self.sockets.iter().map(|socket| Ok(socket.local_addr()?)).collect()
    }

    /// Reads until told to stop.
    pub(crate) fn run(mut self, is_over: &AtomicBool) -> Result<()> {
        let (mut events, mut buffer) = (Events::with_capacity(1_024), [0; 2_048]);
        while !is_over.load(Relaxed) {
            self.poll.poll(&mut events, Some(Duration::from_millis(10)))?;
            for event in &events {
                while self.sockets[event.token().0].recv(&mut buffer).is_ok() {}
            }
        }
        Ok(())
    }
}
