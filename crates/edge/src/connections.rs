//! Which connections are open, and which of them gives way to a new one.
//!
//! Places are few, and whoever opens a connection and leaves it there holds one for nothing. So holding is what nobody can do
//! against others: where there is no place left, a connection without a request under way gives way, of the client that has the most
//! of them the one that has been so the longest. Whoever comes seldom is let in, and loses little; whoever holds many makes room
//! with their own. Only where everything is busy is somebody turned away, and that is whoever has the most already.

use std::cmp::Reverse;
use std::collections::HashMap;

use http::Version;
use share::{Client, Used};
use tokio::time::Instant;

use crate::limits::{self, Limits};

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) client: Client,
    /// Whether it is a proxy that is trusted: it speaks for many, so no client's share holds for it.
    pub(crate) is_proxy: bool,
}

/// A connection, told from all that were before it.
pub(crate) type Id = u64;

/// All connections. With each is kept what ends it.
#[derive(Debug)]
pub(crate) struct Connections<Ender> {
    limits: Limits,
    entered: Id,
    open: HashMap<Id, Open<Ender>>,
    by_client: HashMap<Client, usize>,
}

#[derive(Debug)]
struct Open<Ender> {
    peer: Peer,
    ender: Ender,
    requests: usize,
    /// When its last request began or ended, or it was opened.
    since: Instant,
    /// In which version it spoke, once it brought a request.
    spoke: Option<Version>,
}

impl<Ender> Open<Ender> {
    /// Whether nobody waits for anything. Who was just let in is about to ask, and who does not take an answer for minutes does
    /// not wait for it.
    fn is_idle(&self, now: Instant) -> bool {
        let patience = if self.requests > 0 {
            limits::ANSWER_TIMEOUT
        } else {
            limits::QUESTION_TIMEOUT
        };
        now.saturating_duration_since(self.since) >= patience
    }
}

impl<Ender> Connections<Ender> {
    pub(crate) fn new(limits: Limits) -> Connections<Ender> {
        Connections {
            limits,
            entered: 0,
            open: HashMap::new(),
            by_client: HashMap::new(),
        }
    }

    /// Lets one in, and says who gives way to it, if anybody has to.
    pub(crate) fn enter(&mut self, peer: Peer, ender: Ender, now: Instant) -> Result<(Id, Option<Ender>), Used> {
        let own = self.held_by(peer.client);
        let gives_way = if !peer.is_proxy && own >= self.limits.connections_per_client {
            let own = self.who_gives_way(now, |open| open.peer.client == peer.client && open.is_idle(now));
            Some(own.ok_or(Used::Own)?)
        } else if self.open.len() >= self.limits.connections_max {
            let has_more = |open: &Open<Ender>| self.held_by(open.peer.client) > own + 1;
            let any = self.who_gives_way(now, |open| open.is_idle(now) || has_more(open));
            Some(any.ok_or(Used::All)?)
        } else {
            None
        };
        let gone = gives_way.and_then(|id| self.leave(id));
        self.entered += 1;
        let open = Open {
            peer,
            ender,
            requests: 0,
            since: now,
            spoke: None,
        };
        self.open.insert(self.entered, open);
        *self.by_client.entry(peer.client).or_default() += 1;
        Ok((self.entered, gone))
    }

    /// One gives way to nobody in particular: there is no descriptor left for the next.
    pub(crate) fn make_room(&mut self, now: Instant) -> Option<Ender> {
        let id = self.who_gives_way(now, |open| open.is_idle(now))?;
        self.leave(id)
    }

    /// One is closed. One that gave way is gone already.
    pub(crate) fn leave(&mut self, id: Id) -> Option<Ender> {
        let Open { peer, ender, .. } = self.open.remove(&id)?;
        if let Some(held) = self.by_client.get_mut(&peer.client) {
            *held -= 1;
            if *held == 0 {
                self.by_client.remove(&peer.client);
            }
        }
        Some(ender)
    }

    /// A request begins.
    pub(crate) fn begin(&mut self, id: Id, version: Version, now: Instant) {
        if let Some(open) = self.open.get_mut(&id) {
            open.requests += 1;
            open.since = now;
            open.spoke = Some(version);
        }
    }

    /// A request is answered, to the last byte.
    pub(crate) fn end(&mut self, id: Id, now: Instant) {
        if let Some(open) = self.open.get_mut(&id) {
            open.requests = open.requests.saturating_sub(1);
            open.since = now;
        }
    }

    /// Until when one may stay as it is, or is to be looked at again.
    pub(crate) fn patience(&self, id: Id, now: Instant) -> Instant {
        let Limits {
            idle_timeout,
            first_request_timeout,
            ..
        } = self.limits;
        match self.open.get(&id) {
            None => now,
            // It may end right after this look, and what follows has the shortest time.
            Some(open) if open.requests > 0 => now + idle_timeout.min(first_request_timeout),
            Some(open) if open.spoke == Some(Version::HTTP_2) => open.since + idle_timeout,
            // Over HTTP/1 nobody can tell whether nothing comes, or a head that never ends.
            Some(open) => open.since + first_request_timeout,
        }
    }

    fn held_by(&self, client: Client) -> usize {
        self.by_client.get(&client).copied().unwrap_or_default()
    }

    /// Of those who may be asked to: idle before busy, and a proxy's last, since all who came through it would pay for one.
    fn who_gives_way(&self, now: Instant, may: impl Fn(&Open<Ender>) -> bool) -> Option<Id> {
        let asked = self.open.iter().filter(|(_, open)| may(open));
        let first = asked.max_by_key(|(id, open)| {
            let held = self.held_by(open.peer.client);
            (
                open.is_idle(now),
                !open.peer.is_proxy,
                held,
                Reverse(open.since),
                Reverse(**id),
            )
        });
        first.map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    /// Eight places, of which one client may have two.
    const LIMITS: Limits = Limits {
        connections_per_client: 2,
        ..Limits::with_connections(8)
    };

    fn peer(last: u8) -> Peer {
        Peer {
            client: Client::at(Ipv4Addr::new(192, 0, 2, last).into()),
            is_proxy: last == 0,
        }
    }

    /// What happens, each a second after the one before.
    enum Step {
        /// A client opens a connection; who gives way, by the number of their step, or nobody gets in.
        Enters(u8, Result<Option<usize>, Used>),
        /// A request begins on the connection of a step.
        Begins(usize),
        Ends(usize),
        Leaves(usize),
    }
    use Step::{Begins, Ends, Enters, Leaves};

    fn check(steps: &[Step]) {
        let begin = Instant::now();
        let mut connections = Connections::new(LIMITS);
        let mut ids = HashMap::new();
        for (number, step) in steps.iter().enumerate() {
            let now = begin + Duration::from_secs(number as u64);
            match step {
                Enters(client, expected) => {
                    let entered = connections.enter(peer(*client), number, now);
                    ids.extend(entered.as_ref().ok().map(|(id, _)| (number, *id)));
                    assert_eq!(entered.map(|(_, gone)| gone), *expected, "step {number}");
                }
                Begins(of) => connections.begin(ids[of], Version::HTTP_11, now),
                Ends(of) => connections.end(ids[of], now),
                Leaves(of) => drop(connections.leave(ids[of])),
            }
        }
    }

    #[test]
    fn a_client_makes_room_with_its_own() {
        check(&[
            Enters(1, Ok(None)),
            Enters(1, Ok(None)),
            // The one that is idle for longer, however it came to be.
            Begins(0),
            Ends(0),
            Enters(1, Ok(Some(1))),
            Enters(1, Ok(Some(0))),
            Begins(4),
            Begins(5),
            Enters(1, Err(Used::Own)),
            Enters(2, Ok(None)),
            Leaves(4),
            Enters(1, Ok(None)),
        ]);
        // A proxy speaks for many.
        check(&[
            Enters(0, Ok(None)),
            Enters(0, Ok(None)),
            Enters(0, Ok(None)),
            Enters(0, Ok(None)),
        ]);
    }

    #[test]
    fn who_has_the_most_gives_way() {
        check(&[
            Enters(1, Ok(None)),
            Enters(2, Ok(None)),
            Enters(2, Ok(None)),
            Enters(3, Ok(None)),
            Enters(3, Ok(None)),
            Enters(4, Ok(None)),
            Enters(4, Ok(None)),
            Enters(0, Ok(None)),
            // Full. Those who have but one are left alone while others have more, and so is the proxy.
            Begins(1),
            Enters(5, Ok(Some(2))),
            Enters(6, Ok(Some(3))),
            Enters(7, Ok(Some(5))),
            Enters(8, Ok(Some(0))),
        ]);
    }

    #[test]
    fn nobody_is_cut_off_for_somebody_greedier() {
        check(&[
            Enters(1, Ok(None)),
            Enters(1, Ok(None)),
            Enters(2, Ok(None)),
            Enters(2, Ok(None)),
            Enters(3, Ok(None)),
            Enters(3, Ok(None)),
            Enters(4, Ok(None)),
            Enters(5, Ok(None)),
            Begins(0),
            Begins(1),
            Begins(2),
            Begins(3),
            Begins(4),
            Begins(5),
            Begins(6),
            Begins(7),
            // All are busy: who has one already gets no second, and who has none gets one of somebody's two.
            Enters(4, Err(Used::All)),
            Enters(6, Ok(Some(0))),
            // Nor does one who just came give way.
            Enters(4, Err(Used::All)),
        ]);
    }

    #[test]
    fn how_long_one_may_do_nothing() {
        let begin = Instant::now();
        let later = |second| begin + Duration::from_secs(second);
        let (head, idle) = (LIMITS.first_request_timeout, LIMITS.idle_timeout);
        for (version, after_an_answer) in [(Version::HTTP_11, head), (Version::HTTP_2, idle)] {
            let mut connections = Connections::new(LIMITS);
            let (id, _) = connections.enter(peer(1), (), begin).expect("the first");
            assert_eq!(connections.patience(id, later(3)), begin + head);
            connections.begin(id, version, later(4));
            assert_eq!(connections.patience(id, later(9)), later(9) + head);
            connections.end(id, later(10));
            assert_eq!(connections.patience(id, later(12)), later(10) + after_an_answer);
            // An answer that is not taken keeps no place.
            connections.begin(id, version, later(20));
            assert_eq!(connections.make_room(later(19) + limits::ANSWER_TIMEOUT), None);
            assert_eq!(connections.make_room(later(20) + limits::ANSWER_TIMEOUT), Some(()));
            assert_eq!(connections.patience(id, later(22)), later(22));
        }
    }

    proptest! {
        #[test]
        fn places_are_counted(steps in prop::collection::vec((0..4_u8, 0..5_u8, 0..30_u64), 0..200)) {
            let mut now = Instant::now();
            let mut connections = Connections::new(LIMITS);
            for (what, client, of) in steps {
                now += Duration::from_secs(1);
                match what {
                    0 | 1 => drop(connections.enter(peer(client), (), now)),
                    2 => connections.begin(of, Version::HTTP_2, now),
                    _ => drop(connections.leave(of)),
                }
                prop_assert!(connections.open.len() <= LIMITS.connections_max);
                for (client, held) in &connections.by_client {
                    let open = connections.open.values().filter(|open| open.peer.client == *client);
                    prop_assert_eq!(open.count(), *held);
                    prop_assert!(*client == peer(0).client || *held <= 2);
                }
            }
        }
    }
}
