//! The relay beside the socket and the connections: what is for it is taken out of what comes, and what goes through it is wrapped.
//!
//! To the shard a client behind it is an address like any other, of a transport of its own. What is announced is what the
//! relay leads to, and it may change; both ends look at the same list.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use turn::{Received, Relay, Secret, is_relaying};

use crate::{
    endpoint::{Endpoint, Route, Transport},
    event::Path,
};

/// What is announced to clients, best first.
pub(crate) type Announced = Mutex<Arc<[Endpoint]>>;

/// What the relay says to a client of its own.
pub(crate) struct Answer {
    pub(crate) bytes: Vec<u8>,
    /// Its client is one from now on.
    pub(crate) allocated: bool,
}

/// The relay.
pub(crate) struct Relaying {
    relay: Relay<Route>,
    announced: Arc<Announced>,
    /// What it leads to now.
    leads_to: Arc<[Endpoint]>,
    answers: Vec<(Route, Answer)>,
    wrapped: Vec<u8>,
}

impl Relaying {
    /// With credentials that are made of this secret.
    pub(crate) fn new(secret: Secret, announced: Arc<Announced>, unix_s: u64) -> Relaying {
        let mut relaying = Relaying {
            relay: Relay::new(secret, unix_s),
            announced,
            leads_to: [].into(),
            answers: vec![],
            wrapped: vec![],
        };
        relaying.follow();
        relaying
    }

    /// Leads to what is announced now.
    fn follow(&mut self) {
        let announced = Arc::clone(&self.announced.lock().unwrap_or_else(PoisonError::into_inner));
        if Arc::ptr_eq(&announced, &self.leads_to) {
            return;
        }
        let by_datagrams = announced.iter().filter(|end| end.transport == Transport::Udp);
        self.relay.lead_to(by_datagrams.map(|end| end.address));
        self.leads_to = announced;
    }

    /// Takes what came: hands on what is for the media plane, and keeps what the relay answers.
    pub(crate) fn receive(&mut self, way: Route, datagram: &[u8], now: Instant, take: &mut impl FnMut(Route, &[u8])) {
        if !is_relaying(datagram) {
            return take(way, datagram);
        }
        match self.relay.receive(way, way.from.address, datagram, now) {
            Received::Answer { bytes, allocated } => self.answers.push((way, Answer { bytes, allocated })),
            Received::Datagram { from, to, contents } => {
                let route = Route {
                    from: Endpoint::relayed(from),
                    to: Some(to.ip()),
                };
                take(route, contents);
            }
            // It is nobody's, and is refused like all that is.
            Received::Nothing => take(way, datagram),
        }
    }

    /// What is to be sent back, since this was asked last.
    pub(crate) fn take_answers(&mut self) -> Vec<(Route, Answer)> {
        std::mem::take(&mut self.answers)
    }

    /// A datagram as it goes through the relay, and by which way.
    pub(crate) fn wrap(&mut self, back: Route, datagram: &[u8]) -> Option<(Route, &[u8])> {
        self.wrapped.clear();
        let way = self
            .relay
            .wrap(back.from.address, back.to, datagram, &mut self.wrapped)?;
        Some((way, &self.wrapped))
    }

    /// Whether somebody has a relayed address.
    pub(crate) fn has(&self, relayed: SocketAddr) -> bool {
        self.relay.way(relayed).is_some()
    }

    /// Whether the relay is what somebody is here for.
    pub(crate) fn serves(&self, way: &Route) -> bool {
        self.relay.has(way)
    }

    /// Where the client is that has a relayed address.
    pub(crate) fn client(&self, relayed: SocketAddr) -> Option<Endpoint> {
        Some(self.relay.way(relayed)?.from)
    }

    /// A way that ends at a relayed address, as it is beyond the relay.
    pub(crate) fn seen(&self, path: Path) -> Option<Path> {
        let Endpoint { transport, address } = self.client(path.theirs)?;
        Some(Path {
            transport,
            theirs: address,
            ..path
        })
    }

    /// Ends what is over.
    pub(crate) fn sweep(
        &mut self,
        now: Instant,
        unix_s: u64,
        is_open: impl Fn(Endpoint) -> bool,
        is_somebodys: impl Fn(Endpoint) -> bool,
    ) {
        self.follow();
        let is_lived_in = |relayed| is_somebodys(Endpoint::relayed(relayed));
        self.relay.sweep(now, unix_s, |way| is_open(way.from), is_lived_in);
    }

    /// How many allocations there are.
    pub(crate) fn count(&self) -> usize {
        self.relay.count()
    }
}
