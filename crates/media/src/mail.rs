//! What a room and the transports of its people hand to each other, where they are on different shards.
//!
//! A room decides on one shard. Of somebody in it only the transport may be on another one (`distant`): what costs most there is, encrypting and
//! sending. A packet goes there once, however many it is for, and after it for each of them the numbers that it has on their line; nothing
//! of it is copied. Back comes what their transports have to say, word for word as they say it on the shard of their room.
//!
//! **No word is about somebody else.** Both sides name a session by its place in the other's table, and a place may be another's
//! some day. So neither gives a place away before it has had the last word about it: the room says [`Word::Leave`] and nothing after it,
//! the transport says goodbye, then [`Word::Freed`], and only then the room's side gives its place away as well.
//!
//! **What may be lost.** Media, which is late in any case if there is no space for it. Nothing else: there is little of it, and what people write
//! is held back where it comes from.

use std::{sync::Arc, time::Instant};

use crate::{
    core::{Source, channels::Channel, room::Forward},
    egress::Shared,
    event::LostCause,
    ingress::PeerEvent,
    limits,
    peer::Peer,
    post::{Batch, Post},
};

/// One thing that is handed over.
pub(crate) enum Word {
    /// To a transport's shard: carry this, for somebody who has this place here.
    Lodge {
        place: usize,
        peer: Box<Peer>,
        session: String,
    },
    /// To a transport: send one of the packets of this mail on a line.
    Forward { packet: usize, forward: Forward },
    /// To a transport: send this text.
    Tell {
        place: usize,
        channel: Channel,
        text: Arc<str>,
    },
    /// To a transport: so much would be sent if there were no limit.
    Want { place: usize, wanted_bps: Option<u64> },
    /// To a transport: ask for a keyframe of one size.
    AskKeyframe { place: usize, source: Source, spatial: u8 },
    /// To a transport: whom you carry has been reported lost.
    Lost { place: usize },
    /// To a transport: say goodbye. It is the last word.
    Leave { place: usize },

    /// To a room's shard: whom you sent has this place here.
    Lodged { place: usize, there: usize },
    /// To a room's shard: this has happened, and the last sign of life is of this time.
    Happened {
        place: usize,
        heard: Instant,
        event: PeerEvent,
    },
    /// To a room's shard: a sign of life was of this time.
    Heard { place: usize, heard: Instant },
    /// To a room's shard: texts wait because the client does not take them, or none does any more.
    Waits { place: usize, is_so: bool },
    /// To a room's shard: the transport is gone.
    Gone {
        place: usize,
        heard: Instant,
        cause: LostCause,
    },
    /// To a room's shard: it has said goodbye. It is the last word.
    Freed { place: usize },
}

/// Words, and the packets that they speak of.
#[derive(Default)]
pub(crate) struct Mail {
    pub(crate) packets: Vec<Shared>,
    pub(crate) words: Vec<Word>,
    /// The number of the newest packet, as its shard counts.
    newest: Option<u64>,
}

impl Batch for Mail {
    fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn clear(&mut self) {
        self.packets.clear();
        self.words.clear();
        self.newest = None;
    }
}

impl Post<Mail> {
    /// Adds a word that is not lost.
    pub(crate) fn say(&mut self, word: Word) {
        self.gathered.words.push(word);
    }

    /// Whether there is space for what may be lost or can wait. A batch that is full goes at once, so that the other may begin with it.
    pub(crate) fn has_space(&mut self) -> bool {
        if self.gathered.words.len() >= limits::WORDS_POSTED {
            self.hand_over();
        }
        self.gathered.words.len() < limits::WORDS_POSTED
    }

    /// Adds a packet for a line, and the packet itself if it has not this number already; false if it is lost.
    pub(crate) fn forward(&mut self, number: u64, shared: &Shared, forward: Forward) -> bool {
        if !self.has_space() {
            return false;
        }
        let Mail { packets, words, newest } = &mut self.gathered;
        if newest.replace(number) != Some(number) {
            packets.push(shared.clone());
        }
        words.push(Word::Forward {
            packet: packets.len() - 1,
            forward,
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use mio::{Poll, Token, Waker};
    use quality::Content;

    use super::*;
    use crate::{
        core::{LineId, MemberId, codec::Codec, line::Rewritten, room::Csrc},
        egress::{Extensions, Format},
        post::post,
    };

    fn ends() -> (Post<Mail>, Post<Mail>, Poll) {
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
        let (first, second) = post(&waker, &waker);
        (first, second, poll)
    }

    fn shared() -> Shared {
        let codec = Codec::Opus;
        Shared {
            format: Format {
                codec,
                profile: None,
                packetization: None,
            },
            is_sound: true,
            marker: false,
            payload: Arc::from([1, 2, 3]),
            redundant: None,
            captured: crate::shard::clock(),
            extensions: Extensions::default(),
            content: Content {
                codec,
                ends_picture: false,
                starts_keyframe: false,
                picture: None,
                is_redundant: false,
                level: None,
            },
        }
    }

    fn forward(to: usize) -> Forward {
        Forward {
            to: MemberId(to),
            line: LineId::Audio(0),
            rewritten: Rewritten {
                sequence: 1,
                timestamp: 0,
                picture: None,
                switched: false,
            },
            csrc: Csrc::default(),
        }
    }

    #[test]
    fn a_packet_goes_once_and_its_payload_is_nobodys_copy() {
        let (mut first, mut second, _poll) = ends();
        let shared = shared();
        for (number, to) in [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)] {
            assert!(first.forward(number, &shared, forward(to)));
        }
        first.flush();
        let mut mail = second.take().unwrap();
        let lines: Vec<(usize, usize)> = mail
            .words
            .iter()
            .filter_map(|word| match word {
                Word::Forward { packet, forward } => Some((*packet, forward.to.0)),
                _ => None,
            })
            .collect();
        assert_eq!(lines, [(0, 1), (0, 2), (1, 1), (1, 2), (1, 3)]);
        assert_eq!(mail.packets.len(), 2);
        assert!(Arc::ptr_eq(&mail.packets[1].payload, &shared.payload));
        mail.clear();
        assert_eq!(Arc::strong_count(&shared.payload), 1);
    }

    #[test]
    fn whoever_stands_still_loses_packets_and_no_words() {
        let (mut first, mut second, _poll) = ends();
        let shared = shared();
        let mut sent = 0;
        while first.forward(1, &shared, forward(1)) {
            sent += 1;
        }
        assert_eq!(sent, (limits::BATCHES_POSTED + 1) * limits::WORDS_POSTED);
        first.say(Word::Leave { place: 1 });
        let (mut lines, mut last) = (0, None);
        while let Some(mut mail) = second.take() {
            assert_eq!(mail.packets.len(), 1, "each batch has its packet");
            lines += mail.words.len();
            last = mail.words.pop();
            second.give_back(mail);
            first.flush();
        }
        assert_eq!(lines, sent + 1);
        assert!(matches!(last, Some(Word::Leave { place: 1 })));
        assert!(first.has_space());
    }
}
