//! What shards hand to each other: letters, in batches, by two channels that never wait.
//!
//! One shard is the door: it reads the socket, connections and the relay, and what is another's it posts. The others
//! send datagrams by themselves, and post what only the door can do. See `shard/door.rs`.
//!
//! Between other pairs goes what rooms and their people's transports have for each other, in the same way; see `mail`.
//!
//! Letters are gathered while a turn lasts and go together at its end, so that a burst costs one step on a channel and one
//! call that wakes. Both channels are bounded and made once; what has been read goes back to be filled again, so nothing is
//! allocated for a letter once they are warm. A shard that stands still loses datagrams, as it would if they waited in
//! the socket. What is not a datagram is never lost: it waits in the batch that could not go, and there is little of it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
};

use mio::Waker;

use crate::{
    endpoint::{Endpoint, Route},
    limits,
};

/// What a letter says. Some have bytes beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letter {
    /// To a shard: this datagram came by this way, and seems to be yours.
    Received(Route),
    /// To a shard: the relayed address that it has claimed is that of a client at this end.
    Relayed { relayed: SocketAddr, client: Endpoint },
    /// To the door: send this datagram back by this way.
    Send(Route),
    /// To the door: one of my sessions lives there.
    Claimed(Endpoint),
    /// To the door: what came from there was nobody's.
    Refused(Endpoint),
    /// To the door: nobody lives there any more.
    Released(Endpoint),
    /// To the door: no session has the user fragment any more that is beside this.
    Forgotten,
}

/// What goes in one step from one shard to another, and is used again and again.
pub(crate) trait Batch: Default {
    fn is_empty(&self) -> bool;

    fn clear(&mut self);
}

/// Letters with what is beside them, in one buffer that is used again and again.
#[derive(Debug, Default)]
pub(crate) struct Letters {
    bytes: Vec<u8>,
    letters: Vec<(Letter, usize)>,
}

impl Letters {
    fn push(&mut self, letter: Letter, beside: &[u8]) {
        self.bytes.extend_from_slice(beside);
        self.letters.push((letter, beside.len()));
    }

    /// Each of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Letter, &[u8])> {
        self.letters.iter().scan(&self.bytes[..], |rest, (letter, length)| {
            let (beside, left) = rest.split_at(*length);
            *rest = left;
            Some((*letter, beside))
        })
    }
}

impl Batch for Letters {
    fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.letters.clear();
    }
}

/// One shard's end of the way to another: it writes, and it reads.
pub(crate) struct Post<B = Letters> {
    out: SyncSender<B>,
    /// What the other has read.
    returned: Receiver<B>,
    pub(crate) gathered: B,
    /// Wakes the other.
    waker: Arc<Waker>,
    incoming: Receiver<B>,
    give_back: SyncSender<B>,
    posted: u64,
}

/// The two ends between shards that are woken by these.
pub(crate) fn post<B: Batch>(first: &Arc<Waker>, second: &Arc<Waker>) -> (Post<B>, Post<B>) {
    let (to_second, second_reads) = sync_channel(limits::BATCHES_POSTED);
    let (to_first, first_reads) = sync_channel(limits::BATCHES_POSTED);
    // One more than can be under way, so that what is given back always has its place.
    let (second_returns, returned_to_first) = sync_channel(limits::BATCHES_POSTED + 1);
    let (first_returns, returned_to_second) = sync_channel(limits::BATCHES_POSTED + 1);
    let end = |out, returned, waker: &Arc<Waker>, incoming, give_back| Post {
        out,
        returned,
        gathered: B::default(),
        waker: Arc::clone(waker),
        incoming,
        give_back,
        posted: 0,
    };
    (
        end(to_second, returned_to_first, second, first_reads, first_returns),
        end(to_first, returned_to_second, first, second_reads, second_returns),
    )
}

impl Post {
    /// Gathers a letter with a datagram; false if so much waits already that it is lost.
    pub(crate) fn push_datagram(&mut self, letter: Letter, datagram: &[u8]) -> bool {
        let has_space = self.gathered.bytes.len() + datagram.len() <= limits::BATCH_POSTED_BYTES;
        if has_space {
            self.gathered.push(letter, datagram);
        }
        has_space
    }

    /// Gathers a letter that is never lost.
    pub(crate) fn push(&mut self, letter: Letter, beside: &[u8]) {
        self.gathered.push(letter, beside);
    }
}

impl<B: Batch> Post<B> {
    /// Hands over what was gathered, if anything was.
    pub(crate) fn flush(&mut self) {
        if !self.gathered.is_empty() {
            self.hand_over();
        }
    }

    /// Hands over what was gathered, and a sign of life if that is nothing.
    pub(crate) fn hand_over(&mut self) {
        let mut next = self.returned.try_recv().unwrap_or_default();
        next.clear();
        match self.out.try_send(std::mem::replace(&mut self.gathered, next)) {
            Ok(()) => {
                self.posted += 1;
                if let Err(error) = self.waker.wake() {
                    tracing::warn!(%error, "another media thread hears of its letters only in its next turn");
                }
            }
            Err(TrySendError::Full(letters)) => self.gathered = letters,
            // It has ended, and so will this one.
            Err(TrySendError::Disconnected(_)) => {}
        }
    }

    /// The oldest letters that wait. They go back by [`Post::give_back`].
    pub(crate) fn take(&mut self) -> Option<B> {
        self.incoming.try_recv().ok()
    }

    /// Gives letters back that were read.
    pub(crate) fn give_back(&mut self, letters: B) {
        // There is a place for each that was taken; if the other has ended, nobody fills them again.
        let _ = self.give_back.try_send(letters);
    }

    /// How many batches it has handed over.
    #[cfg(feature = "simulated")]
    pub(crate) fn posted(&self) -> u64 {
        self.posted
    }
}

#[cfg(test)]
mod tests {
    use mio::{Poll, Token};

    use super::*;

    fn ends() -> (Post, Post, Poll) {
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
        let (first, second) = post(&waker, &waker);
        (first, second, poll)
    }

    fn route() -> Route {
        Route { from: end(), to: None }
    }

    fn end() -> Endpoint {
        Endpoint::udp(([127, 0, 0, 1], 9).into())
    }

    fn read(post: &mut Post) -> Vec<(Letter, Vec<u8>)> {
        let mut read = vec![];
        while let Some(letters) = post.take() {
            read.extend(letters.iter().map(|(letter, beside)| (letter, beside.to_vec())));
            post.give_back(letters);
        }
        read
    }

    #[test]
    fn letters_come_in_order_and_whole_both_ways() {
        let (mut first, mut second, _poll) = ends();
        for round in 0..3 * limits::BATCHES_POSTED {
            let datagram = vec![1; round];
            assert!(first.push_datagram(Letter::Received(route()), &datagram));
            first.push(Letter::Forgotten, b"name");
            first.flush();
            first.flush();
            second.push(Letter::Claimed(end()), &[]);
            second.flush();
            let expected = [
                (Letter::Received(route()), datagram),
                (Letter::Forgotten, b"name".to_vec()),
            ];
            assert_eq!(read(&mut second), expected);
            assert_eq!(read(&mut first), [(Letter::Claimed(end()), vec![])]);
        }
    }

    #[test]
    fn who_reads_nothing_loses_datagrams_and_nothing_else() {
        let (mut first, mut second, _poll) = ends();
        let datagram = [0; 1_000];
        let mut posted = 0;
        while first.push_datagram(Letter::Received(route()), &datagram) {
            posted += 1;
            if posted % 64 == 0 {
                first.push(Letter::Released(end()), &[]);
                first.flush();
            }
        }
        first.push(Letter::Claimed(end()), &[]);
        first.flush();
        let mut letters = read(&mut second);
        first.flush();
        letters.extend(read(&mut second));
        let count = |wanted| letters.iter().filter(|(letter, _)| *letter == wanted).count();
        assert_eq!(count(Letter::Received(route())), posted);
        assert_eq!(count(Letter::Released(end())), posted / 64);
        assert_eq!(letters.last(), Some(&(Letter::Claimed(end()), vec![])));
    }

    #[test]
    fn a_sign_of_life_is_an_empty_batch() {
        let (mut first, mut second, _poll) = ends();
        first.flush();
        assert!(second.take().is_none());
        first.hand_over();
        assert_eq!(second.take().map(|letters| letters.is_empty()), Some(true));
    }
}
