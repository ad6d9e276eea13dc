//! The door of several shards: the one that reads what comes from outside, and posts what is another's.
//!
//! There is one open port, however many shards there are. Who comes by it is told apart as in a single shard: by the user
//! fragment of a request, which the control plane has said is a session's of that shard, and then by the address, which
//! that shard says is its session's once the request was vouched for there. So a stranger cannot turn anybody's media
//! elsewhere, and costs one letter more.
//!
//! Only what comes in passes through here, and in a meeting that is a small part of what goes out: each packet comes once and
//! leaves as often as there are others, and that the shards send by themselves.

use std::collections::HashMap;

use crate::{
    core::datagram::{Kind, kind},
    counters::count,
    endpoint::{Endpoint, Route, Transport},
    limits,
    post::{Letter, Post},
    shard::Shard,
};

/// What the door knows of the others.
pub(crate) struct Door {
    /// The ways to them, in the order of their numbers, which begin with 1.
    posts: Vec<Post>,
    by_ufrag: HashMap<String, usize>,
    by_address: HashMap<Endpoint, usize>,
    /// How many packets of media from nobody's address may still be shown to all, before the next sweep.
    wanderers: usize,
}

impl Door {
    pub(crate) fn new(posts: Vec<Post>) -> Door {
        Door {
            posts,
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            wanderers: limits::WANDERERS_PER_SWEEP,
        }
    }

    /// A session of that shard has this user fragment.
    pub(super) fn direct(&mut self, ufrag: String, shard: usize) {
        self.by_ufrag.insert(ufrag, shard);
    }

    /// Whether a session of another shard lives there.
    pub(super) fn has(&self, end: Endpoint) -> bool {
        self.by_address.contains_key(&end)
    }

    /// Another shard to which a datagram belongs. A request is of one shard by its name, and an address stays with the session
    /// that lives there, as it does within a shard.
    fn owner(&self, from: Endpoint, kind: Kind<'_>) -> Option<usize> {
        let known = self.by_address.get(&from).copied();
        match kind {
            Kind::Binding { ufrag } => {
                let named = self.by_ufrag.get(ufrag).copied()?;
                known.is_none_or(|known| known == named).then_some(named)
            }
            Kind::Dtls | Kind::Media => known,
            Kind::Other => None,
        }
    }

    /// Posts a datagram; false if it is lost.
    fn post(&mut self, shard: usize, route: Route, datagram: &[u8]) -> bool {
        let post = shard.checked_sub(1).and_then(|index| self.posts.get_mut(index));
        post.is_some_and(|post| post.push_datagram(Letter::Received(route), datagram))
    }

    /// Shows media from an address that is nobody's to all shards: the router of somebody may have lent it another port.
    /// Strangers could have much shown, so it is some of it.
    pub(super) fn show(&mut self, route: Route, datagram: &[u8]) {
        if route.from.transport != Transport::Udp || self.wanderers == 0 {
            return;
        }
        self.wanderers -= 1;
        for post in &mut self.posts {
            post.push_datagram(Letter::Received(route), datagram);
        }
    }

    /// Shows the others that this thread is there: without it they hear nobody.
    pub(super) fn sweep(&mut self) {
        self.wanderers = limits::WANDERERS_PER_SWEEP;
        for post in &mut self.posts {
            post.hand_over();
        }
    }

    pub(super) fn flush(&mut self) {
        for post in &mut self.posts {
            post.flush();
        }
    }

    /// How many batches it has posted.
    #[cfg(feature = "simulated")]
    pub(super) fn posted(&self) -> u64 {
        self.posts.iter().map(Post::posted).sum()
    }
}

impl Shard {
    /// Posts what is another shard's; true if it is done with.
    pub(super) fn pass_on(&mut self, route: Route, contents: &[u8]) -> bool {
        let kind = kind(contents);
        let Some(door) = &self.door else { return false };
        let mut owner = door.owner(route.from, kind);
        let is_known = owner.is_some() || self.directory.by_address(route.from).is_some();
        if !is_known && matches!(kind, Kind::Dtls | Kind::Media) {
            // Whoever lives there may have been answered this moment.
            self.read_post();
            owner = self.door.as_ref().and_then(|door| door.owner(route.from, kind));
        }
        // Whoever lives there in this shard stays there.
        let lives_here = self.directory.by_address(route.from).is_some_and(|key| self.lives(key));
        let (Some(owner), Some(door)) = (owner, &mut self.door) else {
            return false;
        };
        if !lives_here && !door.post(owner, route, contents) {
            count(&self.counting.datagrams_unread);
        }
        true
    }

    /// Does what the others have posted.
    pub(super) fn read_post(&mut self) {
        let Some(mut door) = self.door.take() else { return };
        for shard in 1..=door.posts.len() {
            while let Some(letters) = door.posts[shard - 1].take() {
                for (letter, beside) in letters.iter() {
                    self.answer(&mut door, shard, letter, beside);
                }
                door.posts[shard - 1].give_back(letters);
            }
        }
        self.door = Some(door);
    }

    fn answer(&mut self, door: &mut Door, shard: usize, letter: Letter, beside: &[u8]) {
        match letter {
            Letter::Send(back) => self.wire.send(back, beside),
            Letter::Claimed(end) => {
                door.by_address.insert(end, shard);
                self.wire.vouch(end);
                if let Some(client) = self.wire.client_of(end) {
                    let relayed = end.address;
                    door.posts[shard - 1].push(Letter::Relayed { relayed, client }, &[]);
                }
            }
            Letter::Refused(end) if !door.has(end) => self.wire.refuse(end),
            Letter::Released(end) => {
                if door.by_address.get(&end) == Some(&shard) {
                    door.by_address.remove(&end);
                }
            }
            Letter::Forgotten => {
                if let Ok(ufrag) = std::str::from_utf8(beside) {
                    door.by_ufrag.remove(ufrag);
                }
            }
            Letter::Refused(_) | Letter::Received(_) | Letter::Relayed { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::SocketAddr,
        sync::Arc,
        time::{Duration, Instant},
    };

    use attendee::Browser;
    use mio::{Poll, Token, Waker};
    use tokio::sync::mpsc;

    use super::*;
    use crate::{
        event::{DisconnectReason, Event},
        handle::Media,
        placing::Spreading,
        post::post,
        shard::Simulated,
    };

    fn end(port: u16) -> Endpoint {
        Endpoint::udp(([192, 0, 2, 1], port).into())
    }

    #[test]
    fn requests_go_by_their_name_and_all_else_by_its_address() {
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
        let posts = [(); 2].map(|()| post(&waker, &waker));
        let mut door = Door::new(posts.map(|(of_door, _)| of_door).into());
        door.direct("red".into(), 1);
        door.direct("green".into(), 2);
        door.by_address.insert(end(1), 1);
        let check = |from: u16, kind: Kind<'_>, expected: Option<usize>| {
            assert_eq!(door.owner(end(from), kind), expected, "{from} {kind:?}");
        };
        check(2, Kind::Binding { ufrag: "green" }, Some(2));
        check(2, Kind::Binding { ufrag: "blue" }, None);
        check(2, Kind::Dtls, None);
        check(2, Kind::Media, None);
        check(1, Kind::Binding { ufrag: "red" }, Some(1));
        check(1, Kind::Binding { ufrag: "green" }, None);
        check(1, Kind::Dtls, Some(1));
        check(1, Kind::Media, Some(1));
        check(1, Kind::Other, None);
    }

    /// Lets a browser and shards talk until something is so.
    fn talk(browser: &mut Browser, shards: &mut Simulated, now: &mut Instant, mut is_so: impl FnMut(&Door) -> bool) {
        let server: SocketAddr = ([192, 0, 2, 9], 9).into();
        for _ in 0..1_000 {
            if shards.door().is_some_and(&mut is_so) {
                return;
            }
            *now += Duration::from_millis(20);
            for (_, datagram) in browser.turn(*now) {
                shards.receive(browser.address, &datagram, *now);
            }
            shards.turn(*now);
            for (_, datagram) in shards.take_sent() {
                browser.receive(server, &datagram, *now);
            }
        }
        panic!("not within 20 s");
    }

    #[test]
    fn what_a_session_is_found_by_ends_with_it() {
        let (sender, mut events) = mpsc::channel(100);
        let (media, mut shards) =
            Media::simulated_in_shards(([192, 0, 2, 9], 9).into(), sender, 2, Spreading::WhereItPays).unwrap();
        let mut now = crate::shard::clock();
        let (mut browser, offer) = Browser::new(end(1).address, b'a', now);
        let prepared = media.answer(&offer).unwrap();
        browser.accept(prepared.answer_sdp(), now);
        media.admit(prepared, "ada", "group").unwrap();
        talk(&mut browser, &mut shards, &mut now, |door| {
            assert!(door.by_ufrag.len() <= 1);
            door.by_address.get(&end(1)) == Some(&1)
        });
        let is_connected = |event: Event| matches!(event, Event::Connected { session } if session == "ada");
        talk(&mut browser, &mut shards, &mut now, |_| {
            events.try_recv().is_ok_and(is_connected)
        });
        media.remove("ada", DisconnectReason::ClientLeft);
        talk(&mut browser, &mut shards, &mut now, |door| {
            door.by_address.is_empty() && door.by_ufrag.is_empty()
        });
    }
}
