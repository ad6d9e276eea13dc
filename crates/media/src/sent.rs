//! What a shard has sent in a simulated world, until that carries it away.

use std::net::SocketAddr;

/// Datagrams in one buffer, as the network takes them: sending one costs no memory of its own.
#[derive(Default)]
pub(crate) struct Sent {
    bytes: Vec<u8>,
    /// To whom, and where each ends.
    ends: Vec<(SocketAddr, usize)>,
}

impl Sent {
    pub(crate) fn push(&mut self, to: SocketAddr, datagram: &[u8]) {
        self.bytes.extend_from_slice(datagram);
        self.ends.push((to, self.bytes.len()));
    }

    /// All of them, and forgets them.
    pub(crate) fn take(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut start = 0;
        let datagrams = self.ends.drain(..).map(|(to, end)| {
            let datagram = self.bytes[std::mem::replace(&mut start, end)..end].to_vec();
            (to, datagram)
        });
        let datagrams = datagrams.collect();
        self.bytes.clear();
        datagrams
    }
}
