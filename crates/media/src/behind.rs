//! The wire of a shard behind the door: it sends datagrams by itself, and what it reads was posted by the door.
//!
//! The socket is the door's, held once more: a datagram leaves from the one port that is open, without passing through another
//! thread. Connections and the relay are the door's alone, and what goes back by them is posted to it.

use std::{collections::HashMap, net::SocketAddr};

#[cfg(feature = "simulated")]
use crate::sent::Sent;
use crate::{
    endpoint::{Endpoint, Route, Transport},
    event::Path,
    post::{Letter, Post},
    socket::Socket,
};

/// By what datagrams leave.
pub(crate) enum Sending {
    Network(Box<Socket>),
    #[cfg(feature = "simulated")]
    Simulated(Sent),
}

/// The wire of such a shard.
pub(crate) struct Behind {
    sending: Sending,
    post: Post,
    /// Where the clients of the relay are, by what it has given them.
    relayed: HashMap<SocketAddr, Endpoint>,
    /// The door was there since this was asked last.
    is_door_there: bool,
    unsent: u64,
}

impl Behind {
    pub(crate) fn new(sending: Sending, post: Post) -> Behind {
        Behind {
            sending,
            post,
            relayed: HashMap::new(),
            is_door_there: false,
            unsent: 0,
        }
    }

    /// Reads one batch. `None`: there is nothing more.
    pub(crate) fn receive(&mut self, mut take: impl FnMut(Route, &[u8])) -> Option<usize> {
        let letters = self.post.take()?;
        self.is_door_there = true;
        let mut count = 0;
        for (letter, beside) in letters.iter() {
            match letter {
                Letter::Received(route) => {
                    count += 1;
                    take(route, beside);
                }
                Letter::Relayed { relayed, client } => {
                    self.relayed.insert(relayed, client);
                }
                Letter::Send(_) | Letter::Claimed(_) | Letter::Refused(_) | Letter::Released(_) | Letter::Forgotten => {
                }
            }
        }
        self.post.give_back(letters);
        Some(count)
    }

    /// Whether the door was there since this was asked last.
    pub(crate) fn take_sign_of_door(&mut self) -> bool {
        std::mem::take(&mut self.is_door_there)
    }

    /// Queues a datagram that goes back a way.
    pub(crate) fn send(&mut self, back: Route, datagram: &[u8]) {
        if back.from.transport != Transport::Udp {
            let is_posted = self.post.push_datagram(Letter::Send(back), datagram);
            self.unsent += u64::from(!is_posted);
            return;
        }
        match &mut self.sending {
            Sending::Network(socket) => socket.send(back.from.address, back.to, datagram),
            #[cfg(feature = "simulated")]
            Sending::Simulated(sent) => sent.push(back.from.address, datagram),
        }
    }

    /// One of our sessions lives there.
    pub(crate) fn claim(&mut self, end: Endpoint) {
        self.post.push(Letter::Claimed(end), &[]);
        // At once, so that the door knows before whoever it is has an answer.
        self.post.flush();
    }

    /// What came from there was nobody's.
    pub(crate) fn refuse(&mut self, end: Endpoint) {
        self.post.push(Letter::Refused(end), &[]);
    }

    /// Nobody lives there any more.
    pub(crate) fn release(&mut self, end: Endpoint) {
        if end.transport == Transport::Relay {
            self.relayed.remove(&end.address);
        }
        self.post.push(Letter::Released(end), &[]);
    }

    /// No session has this user fragment any more.
    pub(crate) fn forget(&mut self, ufrag: &str) {
        self.post.push(Letter::Forgotten, ufrag.as_bytes());
    }

    /// A way through the relay, as it is beyond that.
    pub(crate) fn seen(&self, path: Path) -> Option<Path> {
        let Endpoint { transport, address } = *self.relayed.get(&path.theirs)?;
        Some(Path {
            transport,
            theirs: address,
            ..path
        })
    }

    /// Sends what is queued.
    pub(crate) fn flush(&mut self) {
        match &mut self.sending {
            Sending::Network(socket) => socket.flush(),
            #[cfg(feature = "simulated")]
            Sending::Simulated(_) => {}
        }
        self.post.flush();
    }

    /// How many datagrams were sent, and how many could not be, since the last call.
    pub(crate) fn take_counts(&mut self) -> (u64, u64) {
        let (sent, unsent) = match &mut self.sending {
            Sending::Network(socket) => socket.take_counts(),
            #[cfg(feature = "simulated")]
            Sending::Simulated(_) => (0, 0),
        };
        (sent, unsent + std::mem::take(&mut self.unsent))
    }

    /// What was sent in a simulated world.
    #[cfg(feature = "simulated")]
    pub(crate) fn take_sent(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        match &mut self.sending {
            Sending::Network(_) => vec![],
            Sending::Simulated(sent) => sent.take(),
        }
    }

    /// How many batches it has posted.
    #[cfg(feature = "simulated")]
    pub(crate) fn posted(&self) -> u64 {
        self.post.posted()
    }
}
