//! The UDP socket: datagrams in batches, both ways.
//!
//! A frame is a handful of datagrams of one size to one address, and the system sends such a run in one call
//! (`UDP_SEGMENT`) for half the price. So datagrams are gathered while they fit the run and go out when one does not. What
//! the system will not take is dropped and counted: late media is worth nothing, and retransmission covers the rest.

use std::{
    io::{self, IoSliceMut},
    net::{IpAddr, SocketAddr},
};

use mio::{Interest, Registry, Token, event::Source, net::UdpSocket};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSockRef, UdpSocketState};
use socket2::SockRef;

use crate::{
    endpoint::{Endpoint, Route},
    limits,
};

/// Bytes of the longest run: what one UDP datagram may hold, as the system sees a run.
const RUN_BYTES: usize = 60_000;

/// Datagrams that were read together, in one buffer that is used again and again.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    datagrams: Vec<(Route, usize)>,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
    }

    pub(crate) fn push(&mut self, route: Route, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.datagrams.push((route, datagram.len()));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Route, &[u8])> {
        self.datagrams.iter().scan(&self.bytes[..], |rest, (route, length)| {
            let (datagram, left) = rest.split_at(*length);
            *rest = left;
            Some((*route, datagram))
        })
    }
}

/// A bound socket.
#[derive(Debug)]
pub(crate) struct Socket {
    io: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
    buffers: Vec<Vec<u8>>,
    run: Run,
    sent: u64,
    unsent: u64,
}

/// Datagrams for one address that go out together: all of one size, but for a shorter last.
#[derive(Debug)]
struct Run {
    to: SocketAddr,
    from: Option<IpAddr>,
    bytes: Vec<u8>,
    segment: usize,
    count: usize,
    closed: bool,
}

impl Socket {
    /// Binds.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Socket> {
        let io = UdpSocket::bind(address)?;
        let state = UdpSocketState::new(UdpSockRef::from(&io))?;
        let bytes = limits::SOCKET_BUFFER_BYTES;
        let received = state.set_recv_buffer_size(UdpSockRef::from(&io), bytes);
        let sent = state.set_send_buffer_size(UdpSockRef::from(&io), bytes);
        if let Err(error) = received.and(sent) {
            tracing::debug!(%error, "the socket keeps smaller buffers");
        }
        let local = io.local_addr()?;
        let buffers = vec![vec![0; limits::DATAGRAM_BYTES * state.gro_segments()]; BATCH_SIZE];
        Ok(Socket::of(io, state, local, buffers))
    }

    /// The same socket for another thread, which only sends by it.
    pub(crate) fn twin(&self) -> io::Result<Socket> {
        let twin: std::net::UdpSocket = SockRef::from(&self.io).try_clone()?.into();
        let io = UdpSocket::from_std(twin);
        let state = UdpSocketState::new(UdpSockRef::from(&io))?;
        Ok(Socket::of(io, state, self.local, vec![]))
    }

    fn of(io: UdpSocket, state: UdpSocketState, local: SocketAddr, buffers: Vec<Vec<u8>>) -> Socket {
        let run = Run {
            to: local,
            from: None,
            bytes: vec![],
            segment: 0,
            count: 0,
            closed: false,
        };
        Socket {
            io,
            state,
            local,
            buffers,
            run,
            sent: 0,
            unsent: 0,
        }
    }

    pub(crate) fn local_address(&self) -> SocketAddr {
        self.local
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.io.register(registry, token, Interest::READABLE)
    }

    /// Reads one batch. `None`: there is nothing more.
    pub(crate) fn receive(&mut self, mut take: impl FnMut(Route, &[u8])) -> Option<usize> {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let mut buffers = self.buffers.iter_mut();
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(buffers.next().expect("one for each of a batch")));
        let batches = match self.state.recv(UdpSockRef::from(&self.io), &mut slices, &mut metas) {
            Ok(batches) => batches,
            Err(error) => {
                // Not an empty socket but an error of an earlier send, told late: what is behind it is read in the next turn.
                if error.kind() != io::ErrorKind::WouldBlock {
                    tracing::debug!(%error, "could not receive");
                }
                return None;
            }
        };
        let mut count = 0;
        for (meta, buffer) in metas.iter().zip(&self.buffers).take(batches) {
            let from = SocketAddr::new(meta.addr.ip().to_canonical(), meta.addr.port());
            let route = Route {
                from: Endpoint::udp(from),
                to: meta.dst_ip.map(|ip| ip.to_canonical()),
            };
            for datagram in buffer[..meta.len].chunks(meta.stride.max(1)) {
                count += 1;
                take(route, datagram);
            }
        }
        Some(count)
    }

    /// Queues a datagram, from one of our addresses if we have several.
    pub(crate) fn send(&mut self, to: SocketAddr, from: Option<IpAddr>, datagram: &[u8]) {
        let run = &mut self.run;
        let fits = !run.closed
            && run.count < self.state.max_gso_segments()
            && (run.to, run.from) == (to, from)
            && datagram.len() <= run.segment
            && run.bytes.len() + datagram.len() <= RUN_BYTES;
        if run.count > 0 && !fits {
            self.flush();
        }
        let run = &mut self.run;
        if run.count == 0 {
            (run.to, run.from, run.segment, run.closed) = (to, from, datagram.len(), false);
        }
        run.bytes.extend_from_slice(datagram);
        run.count += 1;
        run.closed = datagram.len() < run.segment;
    }

    /// Sends what is queued.
    pub(crate) fn flush(&mut self) {
        let run = &mut self.run;
        if run.count == 0 {
            return;
        }
        let address = |ip: IpAddr| match (self.local.ip(), ip) {
            (IpAddr::V6(_), IpAddr::V4(ip)) => IpAddr::V6(ip.to_ipv6_mapped()),
            (_, ip) => ip,
        };
        let transmit = Transmit {
            destination: SocketAddr::new(address(run.to.ip()), run.to.port()),
            ecn: None,
            contents: &run.bytes,
            segment_size: (run.count > 1).then_some(run.segment),
            src_ip: run.from.map(address),
        };
        let count = u64::try_from(run.count).unwrap_or(u64::MAX);
        match self.state.try_send(UdpSockRef::from(&self.io), &transmit) {
            Ok(()) => self.sent += count,
            Err(error) => {
                tracing::trace!(%error, "could not send");
                self.unsent += count;
            }
        }
        run.bytes.clear();
        run.count = 0;
    }

    /// How many datagrams were sent, and how many could not be, since the last call.
    pub(crate) fn take_counts(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.sent), std::mem::take(&mut self.unsent))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn receive_all(socket: &mut Socket, expected: usize) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut poll = mio::Poll::new().unwrap();
        socket.register(poll.registry(), Token(0)).unwrap();
        let mut received = vec![];
        while received.len() < expected {
            poll.poll(&mut mio::Events::with_capacity(4), Some(Duration::from_secs(5)))
                .unwrap();
            while socket
                .receive(|route, datagram| received.push((route.from.address, datagram.to_vec())))
                .is_some()
            {}
        }
        received
    }

    #[test]
    fn what_a_twin_sends_comes_from_the_same_port() {
        let mut receiver = Socket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let first = Socket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let mut twin = first.twin().unwrap();
        twin.send(receiver.local_address(), None, b"hello");
        twin.flush();
        assert_eq!(twin.take_counts(), (1, 0));
        let arrived = receive_all(&mut receiver, 1);
        assert_eq!(arrived, [(first.local_address(), b"hello".to_vec())]);
    }

    #[test]
    fn runs_arrive_as_the_datagrams_that_they_are() {
        let check = |bind: &str| {
            let mut sender = Socket::bind(bind.parse().unwrap()).unwrap();
            let mut receiver = Socket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let to = receiver.local_address();
            let lengths = [1_000, 1_000, 1_000, 300, 300, 1_200, 1, 1_200];
            for (index, length) in (0_u8..).zip(lengths) {
                sender.send(to, None, &vec![index; length]);
            }
            sender.flush();
            assert_eq!(sender.take_counts(), (8, 0), "{bind}");
            let mut arrived = receive_all(&mut receiver, lengths.len());
            arrived.sort_by_key(|(_, datagram)| datagram[0]);
            for ((index, length), (_, datagram)) in (0_u8..).zip(lengths).zip(arrived) {
                assert_eq!(datagram, vec![index; length], "{bind}");
            }
        };
        check("127.0.0.1:0");
        check("0.0.0.0:0");
        check("[::]:0");
    }
}
