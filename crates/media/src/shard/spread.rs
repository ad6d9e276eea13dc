//! Rooms whose people have their transports on several shards.
//!
//! Both ends are here: what the shard of a room does with what a transport says, and what the shard of a transport does with what a room says.
//! On the one there is a seat as for everybody, with a connection that is `Distant`; on the other a seat that is `Elsewhere`, with the
//! connection itself, its timers, its signs of life and what is measured of what leaves. See `mail` for what goes between them.

use std::time::Instant;

use crate::{
    connection::Connection,
    core::{LineId, MemberId, channels::Channel, outbox::Manner, roll, room::Forward},
    counters::count,
    distant::Distant,
    egress::Shared,
    event::{DisconnectReason, LostCause},
    ingress::PeerEvent,
    limits,
    mail::{Mail, Word},
    peer::Peer,
    post::Post,
    shard::{
        Shard, measures,
        seat::{Phase, Seat, Whereabouts},
    },
};

/// The ways to the other shards, by their numbers. There is none to itself.
#[derive(Default)]
pub(crate) struct Spread {
    posts: Vec<Option<Post<Mail>>>,
    /// How many packets were forwarded.
    packets: u64,
}

impl Spread {
    pub(crate) fn new(posts: Vec<Option<Post<Mail>>>) -> Spread {
        Spread { posts, packets: 0 }
    }

    /// Whether there are other shards.
    pub(super) fn has_others(&self) -> bool {
        self.posts.len() > 1
    }

    fn post(&mut self, shard: usize) -> Option<&mut Post<Mail>> {
        self.posts.get_mut(shard)?.as_mut()
    }

    fn say(&mut self, shard: usize, word: Word) {
        if let Some(post) = self.post(shard) {
            post.say(word);
        }
    }

    fn has_space(&mut self, shard: usize) -> bool {
        self.post(shard).is_some_and(Post::has_space)
    }

    /// What is forwarded from now on is another packet.
    pub(super) fn begin_packet(&mut self) {
        self.packets += 1;
    }

    /// Sends a packet to a line that is on another shard; false if it is lost.
    pub(super) fn forward(&mut self, distant: &Distant, shared: &Shared, forward: &Forward) -> bool {
        let Some(there) = distant.there() else { return false };
        let (number, to) = (self.packets, MemberId(there));
        let post = self.posts.get_mut(distant.shard).and_then(Option::as_mut);
        post.is_some_and(|post| post.forward(number, shared, Forward { to, ..*forward }))
    }

    pub(super) fn flush(&mut self) {
        self.posts.iter_mut().flatten().for_each(Post::flush);
    }

    /// How many batches it has posted.
    #[cfg(feature = "simulated")]
    pub(super) fn posted(&self) -> u64 {
        self.posts.iter().flatten().map(Post::posted).sum()
    }
}

impl Shard {
    /// Has somebody of this shard carried by another one.
    pub(super) fn lodge(&mut self, key: usize, peer: Box<Peer>, shard: usize) {
        let Some(seat) = self.seats.get(key) else { return };
        let lodge = Word::Lodge {
            place: key,
            peer,
            session: seat.session.clone(),
        };
        self.spread.say(shard, lodge);
    }

    /// Before a seat is settled: says to a distant one whether there is space on the way to it.
    pub(super) fn note_space(&mut self, key: usize) {
        if let Some(distant) = self.seats.get_mut(key).and_then(|seat| seat.peer.distant()) {
            distant.note_space(self.spread.has_space(distant.shard));
        }
    }

    /// After it: posts what a distant one has for its shard.
    pub(super) fn post_words(&mut self, key: usize) {
        if let Some(distant) = self.seats.get_mut(key).and_then(|seat| seat.peer.distant()) {
            let shard = distant.shard;
            for word in distant.take_words() {
                self.spread.say(shard, word);
            }
        }
    }

    /// Does what the other shards have posted.
    pub(super) fn read_mail(&mut self, now: Instant) {
        for shard in 0..self.spread.posts.len() {
            while let Some(mut mail) = self.spread.post(shard).and_then(Post::take) {
                for word in mail.words.drain(..) {
                    match word {
                        Word::Forward { packet, forward } => {
                            if let Some(shared) = mail.packets.get(packet) {
                                self.write(&forward, shared, now);
                                self.burst.wrote(shared, now);
                            }
                        }
                        word => self.heed(shard, word, now),
                    }
                }
                mail.packets.clear();
                if let Some(post) = self.spread.post(shard) {
                    post.give_back(mail);
                }
            }
        }
    }

    fn heed(&mut self, shard: usize, word: Word, now: Instant) {
        match word {
            Word::Forward { .. } => {}
            Word::Lodge { place, peer, session } => self.take_in(shard, place, peer, session, now),
            Word::Tell { place, channel, text } => self.tell(MemberId(place), channel, Manner::State, text),
            Word::Want { place, wanted_bps } => self.want(MemberId(place), wanted_bps),
            Word::AskKeyframe { place, source, spatial } => {
                if let Some(seat) = self.seats.get_mut(place) {
                    seat.peer.ask_keyframe(source, spatial);
                    self.touch(place);
                }
            }
            Word::Lost { place } => self.end_elsewhere(place, Phase::Lost, now),
            Word::Leave { place } => {
                let until = now + limits::GOODBYE;
                self.end_elsewhere(place, Phase::Leaving { until }, now);
            }
            Word::Lodged { place, there } => {
                if let Some(distant) = self.distant(place) {
                    distant.lodged(there);
                    self.touch(place);
                }
            }
            Word::Happened { place, heard, event } => {
                if let Some(seat) = self.seats.get_mut(place) {
                    seat.last_datagram = heard;
                    if let Some(distant) = seat.peer.distant() {
                        distant.note(&event);
                    }
                    self.event(place, event, now);
                }
            }
            Word::Heard { place, heard } => {
                if let Some(seat) = self.seats.get_mut(place) {
                    seat.last_datagram = heard;
                }
            }
            Word::Waits { place, is_so } => {
                if let Some(distant) = self.distant(place) {
                    distant.note_waits(is_so);
                    self.touch(place);
                }
            }
            Word::Gone { place, heard, cause } => {
                if let Some(seat) = self.seats.get_mut(place) {
                    seat.last_datagram = heard;
                    self.lose(place, cause);
                }
            }
            Word::Freed { place } => self.forget_distant(place),
        }
    }

    fn distant(&mut self, key: usize) -> Option<&mut Distant> {
        self.seats.get_mut(key)?.peer.distant()
    }

    // The shard of a room.

    /// Its transport has had its last word. Only one that stops has it before it was asked for.
    fn forget_distant(&mut self, key: usize) {
        self.lose(key, LostCause::Closed);
        let Some(seat) = self.seats.get(key).filter(|seat| seat.peer.is_distant()) else {
            return;
        };
        if matches!(seat.phase, Phase::Leaving { .. }) {
            self.directory.forget(key);
            self.seats.remove(key);
        }
    }

    // The shard of a transport.

    /// Somebody of another shard is carried here.
    fn take_in(&mut self, shard: usize, place: usize, peer: Box<Peer>, session: String, now: Instant) {
        let ufrag = Some(peer.ufrag().to_owned());
        let elsewhere = Whereabouts::Elsewhere { shard, place };
        let key = self
            .seats
            .insert(Seat::new(Connection::WebRtc(peer), session, elsewhere, now));
        self.directory.enter(key, None, ufrag);
        self.dirty.push(key);
        self.spread.say(shard, Word::Lodged { place, there: key });
    }

    /// Something happened to somebody whose room is on another shard.
    pub(super) fn event_elsewhere(&mut self, key: usize, event: PeerEvent, now: Instant) {
        let Some(seat) = self.seats.get_mut(key) else { return };
        let Whereabouts::Elsewhere { shard, place } = seat.whereabouts else {
            return;
        };
        match &event {
            PeerEvent::Told { line, told, left } => return seat.measuring.told(*line, *told, *left),
            PeerEvent::Closed => return self.lose(key, LostCause::Closed),
            PeerEvent::Connected if seat.phase == Phase::Connecting => {
                seat.phase = Phase::Connected;
                seat.reported = now;
                measures::tell_reached(seat, &self.wire, &mut self.reporter);
            }
            PeerEvent::Connected | PeerEvent::Echo(_) => return,
            PeerEvent::RoundTrip(round_trip_us) => seat.measuring.round_trip(*round_trip_us),
            PeerEvent::Estimate { bps, .. } => seat.measuring.estimated(*bps),
            PeerEvent::KeyframeWanted(line) => seat.measuring.keyframe_wanted(LineId::Video(*line)),
            PeerEvent::Media(packet) => self.directory.sends(key, packet.stream),
            PeerEvent::PictureBroken(_) | PeerEvent::ChannelOpen(_) | PeerEvent::Message(..) => {}
        }
        let heard = seat.last_datagram;
        // These come once, and all others again or too late.
        let is_needed = matches!(event, PeerEvent::Connected | PeerEvent::ChannelOpen(_));
        if is_needed || self.spread.has_space(shard) {
            self.spread.say(shard, Word::Happened { place, heard, event });
        } else if matches!(event, PeerEvent::Message(..)) {
            // Nobody would know which of its words were heard: it comes back and says what is so.
            self.lose(key, LostCause::Closed);
        } else {
            count(&self.counting.datagrams_unread);
        }
    }

    /// Says to the shards of their rooms who was heard: signs of life are told for each room by one shard, as each telling is written down.
    pub(super) fn say_heard(&mut self) {
        for (_, seat) in &mut self.seats {
            let is_fresh = seat.phase == Phase::Connected && seat.last_datagram > seat.reported;
            if let Whereabouts::Elsewhere { shard, place } = seat.whereabouts
                && is_fresh
                && self.spread.has_space(shard)
            {
                let heard = seat.last_datagram;
                seat.reported = heard;
                self.spread.say(shard, Word::Heard { place, heard });
            }
        }
    }

    /// Says to the shard of its room that somebody is gone.
    pub(super) fn lose_elsewhere(&mut self, key: usize, cause: LostCause) {
        let Some(seat) = self.seats.get(key) else { return };
        if let Whereabouts::Elsewhere { shard, place } = seat.whereabouts {
            let heard = seat.last_datagram;
            self.spread.say(shard, Word::Gone { place, heard, cause });
        }
    }

    /// The room has done with somebody.
    fn end_elsewhere(&mut self, key: usize, phase: Phase, now: Instant) {
        let time = self.time(now);
        let Some(seat) = self.seats.get_mut(key) else { return };
        if seat.phase.lives() {
            measures::tell_the_last(seat, &self.wire, &mut self.reporter, now, time);
        }
        seat.phase = phase;
        self.touch(key);
    }

    /// Its place is nobody's from now on.
    pub(super) fn freed_elsewhere(&mut self, whereabouts: &Whereabouts) {
        if let Whereabouts::Elsewhere { shard, place } = *whereabouts {
            self.spread.say(shard, Word::Freed { place });
        }
    }

    /// Tells the shard of its room whether texts wait for somebody.
    pub(super) fn note_waiting_elsewhere(&mut self, shard: usize, place: usize, is_so: bool) {
        self.spread.say(shard, Word::Waits { place, is_so });
    }

    /// This shard stops: those who have not been told so by their room are told by it.
    pub(super) fn dismiss_carried(&mut self, now: Instant) {
        self.read_mail(now);
        let is_carried = |seat: &Seat| {
            matches!(seat.whereabouts, Whereabouts::Elsewhere { .. }) && !matches!(seat.phase, Phase::Leaving { .. })
        };
        let carried = self.seats.iter().filter(|(_, seat)| is_carried(seat));
        let farewell = roll::disconnected(DisconnectReason::ShuttingDown);
        for key in carried.map(|(key, _)| key).collect::<Vec<_>>() {
            self.tell(
                MemberId(key),
                Channel::SessionControl,
                Manner::Answer,
                farewell.clone().into(),
            );
        }
    }
}
