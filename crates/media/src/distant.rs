//! A transport that is on another shard, as the shard of its room knows it.
//!
//! It has what the room asks before anybody is let in (what is sent, on how many lines), which an answer fixes for life, and it gathers
//! what goes to the transport until the shard posts it. Packets do not pass through here; the shard posts them as it makes them. Whether the
//! client is still heard, what its network carries and how its streams fare is the affair of the transport's shard. See `mail`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    core::{Source, channels::Channel, roll::Sends},
    ingress::{MediaPacket, PeerEvent},
    limits,
    mail::Word,
    peer::Peer,
};

/// Nothing in it happens by itself: it is given the time when something was written to it.
const NEVER: Duration = Duration::from_hours(1);

/// What an answer fixes for life.
pub(crate) struct Answered {
    pub(crate) sends: Sends,
    pub(crate) sizes: [usize; 2],
    pub(crate) is_measured: bool,
    pub(crate) audio_lines: usize,
    pub(crate) video_ssrcs: Vec<u32>,
}

/// What would be sent to a client if there were no limit, in bits per second; `None` if it is shown no picture.
struct Wanted(Option<u64>);

/// Such a transport.
pub(crate) struct Distant {
    /// The shard that it is on.
    pub(crate) shard: usize,
    /// Its place there, once that is known, and until it has had the last word.
    there: Option<usize>,
    pub(crate) answered: Answered,
    open: [bool; Channel::ALL.len()],
    /// The client does not take what it is told.
    waits: bool,
    /// There is no space for more on the way to the other shard.
    is_held: bool,
    is_leaving: bool,
    /// Which stream each source and size is, the newest last.
    streams: Vec<(Source, u8, u32)>,
    words: Vec<Word>,
    /// What is to be said of that.
    wanted: Option<Wanted>,
    now: Instant,
}

impl Distant {
    /// Of a connection that is about to be on another shard.
    pub(crate) fn new(peer: &Peer, shard: usize, now: Instant) -> Distant {
        Distant {
            shard,
            there: None,
            answered: Answered {
                sends: peer.sends(),
                sizes: peer.sizes(),
                is_measured: peer.is_measured(),
                audio_lines: peer.audio_lines(),
                video_ssrcs: peer.video_ssrcs(),
            },
            open: [false; _],
            waits: false,
            is_held: false,
            is_leaving: false,
            streams: vec![],
            words: vec![],
            wanted: None,
            now,
        }
    }

    /// Its place on its shard, if it may be spoken to.
    pub(crate) fn there(&self) -> Option<usize> {
        self.there
    }

    pub(crate) fn lodged(&mut self, there: usize) {
        self.there = Some(there);
    }

    /// Notes what has to be known here of something that happened.
    pub(crate) fn note(&mut self, event: &PeerEvent) {
        match event {
            PeerEvent::ChannelOpen(channel) => self.open[channel.index()] = true,
            // Any packet may be the first that comes here: those before it are left out where there is no space on the way.
            PeerEvent::Media(packet) => self.note_stream(packet),
            _ => {}
        }
    }

    fn note_stream(&mut self, packet: &MediaPacket) {
        if self.streams.iter().any(|(.., stream)| *stream == packet.stream) {
            return;
        }
        if self.streams.len() == limits::STREAMS_PER_SESSION {
            self.streams.remove(0);
        }
        self.streams.push((packet.source, packet.spatial, packet.stream));
    }

    /// Whether a data channel is open.
    pub(crate) fn has(&self, channel: Channel) -> bool {
        self.open[channel.index()]
    }

    /// Whether texts wait for the client there.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    pub(crate) fn note_waits(&mut self, waits: bool) {
        self.waits = waits;
    }

    /// Whether there is space on the way.
    pub(crate) fn note_space(&mut self, has_space: bool) {
        self.is_held = !has_space;
    }

    /// Takes a text; false if it shall wait. Nothing waits for a farewell.
    pub(crate) fn tell(&mut self, channel: Channel, text: &Arc<str>) -> bool {
        let Some(place) = self.there else { return false };
        if !self.is_leaving && (self.waits || self.is_held) {
            return false;
        }
        self.words.push(Word::Tell {
            place,
            channel,
            text: Arc::clone(text),
        });
        true
    }

    pub(crate) fn want(&mut self, wanted_bps: Option<u64>) {
        self.wanted = Some(Wanted(wanted_bps));
    }

    /// Asks this publisher for a keyframe of one size, and says of which stream that is; `None` if nothing of it has come yet, or there is no
    /// space on the way.
    pub(crate) fn ask_keyframe(&mut self, source: Source, spatial: u8) -> Option<u32> {
        let place = self.there.filter(|_| !self.is_held)?;
        let is_it = |(of, size, _): &&(Source, u8, u32)| (*of, *size) == (source, spatial);
        let (.., stream) = self.streams.iter().rev().find(is_it)?;
        self.words.push(Word::AskKeyframe { place, source, spatial });
        Some(*stream)
    }

    /// It has been reported lost.
    pub(crate) fn lost(&mut self) {
        self.words.extend(self.there.map(|place| Word::Lost { place }));
    }

    /// Its session was removed: once all texts have gone, it says goodbye.
    pub(crate) fn leave(&mut self) {
        self.is_leaving = true;
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        self.now = now;
    }

    /// Says when to tick next.
    pub(crate) fn drain(&mut self) -> Instant {
        if let Some(place) = self.there.filter(|_| !self.is_held)
            && let Some(Wanted(wanted_bps)) = self.wanted.take()
        {
            self.words.push(Word::Want { place, wanted_bps });
        }
        if self.is_leaving
            && let Some(place) = self.there.take()
        {
            self.words.push(Word::Leave { place });
        }
        self.now + NEVER
    }

    /// What goes to its shard.
    pub(crate) fn take_words(&mut self) -> impl Iterator<Item = Word> {
        self.words.drain(..)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::codec::Codec,
        egress::{Extensions, Format},
        peer::fixture,
    };

    fn distant() -> Distant {
        Distant::new(&fixture::peer(), 2, crate::shard::clock())
    }

    /// Tells something and says what goes to the other shard, in a word each.
    fn told(distant: &mut Distant, text: &str) -> (bool, Vec<&'static str>) {
        let taken = distant.tell(Channel::Chat, &text.into());
        distant.drain();
        (taken, words(distant))
    }

    fn words(distant: &mut Distant) -> Vec<&'static str> {
        let words = distant.take_words().map(|word| match word {
            Word::Tell { place: 7, .. } => "tell",
            Word::Want { place: 7, .. } => "want",
            Word::Lost { place: 7 } => "lost",
            Word::Leave { place: 7 } => "leave",
            _ => "something else",
        });
        words.collect()
    }

    #[test]
    fn nothing_is_said_before_it_has_a_place_and_nothing_after_the_last_word() {
        let mut distant = distant();
        distant.want(Some(1));
        distant.lost();
        assert_eq!(told(&mut distant, "early"), (false, vec![]));
        distant.lodged(7);
        assert_eq!(told(&mut distant, "in time"), (true, vec!["tell", "want"]));
        distant.leave();
        assert_eq!(told(&mut distant, "farewell"), (true, vec!["tell", "leave"]));
        distant.want(Some(2));
        distant.lost();
        assert_eq!(told(&mut distant, "late"), (false, vec![]));
        assert_eq!(distant.there(), None);
    }

    #[test]
    fn who_is_put_out_before_it_has_a_place_leaves_once_it_has_one() {
        let mut distant = distant();
        distant.leave();
        assert_eq!(told(&mut distant, "farewell"), (false, vec![]));
        distant.lodged(7);
        assert_eq!(told(&mut distant, "farewell"), (true, vec!["tell", "leave"]));
    }

    fn packet((source, spatial, stream): (Source, u8, u32)) -> MediaPacket {
        MediaPacket {
            source,
            spatial,
            stream,
            format: Format {
                codec: Codec::Vp8,
                profile: None,
                packetization: None,
            },
            is_resent: false,
            is_repeated: false,
            sequence: 1,
            timestamp: 0,
            marker: false,
            extensions: Extensions::default(),
            described: None,
            payload: Arc::default(),
            redundant: None,
            arrived: crate::shard::clock(),
            report: None,
        }
    }

    #[test]
    fn a_stream_is_known_by_whichever_packet_of_it_comes() {
        let mut distant = distant();
        distant.lodged(7);
        assert_eq!(distant.ask_keyframe(Source::Camera, 1), None);
        let check = |distant: &mut Distant, packets: &[(Source, u8, u32)], expected| {
            for of in packets {
                distant.note(&PeerEvent::Media(Box::new(packet(*of))));
            }
            assert_eq!(distant.ask_keyframe(Source::Camera, 1), expected, "{packets:?}");
        };
        check(&mut distant, &[(Source::Camera, 0, 10), (Source::Screen, 1, 30)], None);
        check(&mut distant, &[(Source::Camera, 1, 11)], Some(11));
        // It began anew, and a packet of before comes late.
        check(
            &mut distant,
            &[(Source::Camera, 1, 12), (Source::Camera, 1, 11)],
            Some(12),
        );
        // Whoever makes up streams without an end takes no space.
        let made_up: Vec<_> = (100..200).map(|stream| (Source::Camera, 1, stream)).collect();
        check(&mut distant, &made_up, Some(199));
        assert_eq!(distant.streams.len(), limits::STREAMS_PER_SESSION);
    }

    #[test]
    fn texts_wait_here_while_they_would_wait_there() {
        let mut distant = distant();
        distant.lodged(7);
        for (waits, has_space, expected) in [(true, true, false), (false, false, false), (false, true, true)] {
            distant.note_waits(waits);
            distant.note_space(has_space);
            assert_eq!(told(&mut distant, "text").0, expected);
        }
        // What is wanted waits as well, and the last of it is said.
        distant.note_space(false);
        distant.want(Some(1));
        distant.want(None);
        distant.drain();
        assert_eq!(words(&mut distant), Vec::<&str>::new());
        distant.note_space(true);
        distant.drain();
        assert_eq!(words(&mut distant), ["want"]);
        // Nothing holds a farewell up.
        distant.note_waits(true);
        distant.leave();
        assert_eq!(told(&mut distant, "farewell"), (true, vec!["tell", "leave"]));
    }
}
