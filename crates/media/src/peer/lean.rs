//! The lean way out: packets that go from a publisher to a cipher, past the WebRTC stack.
//!
//! The stack makes of every packet one of its own, queues it, moves it some times, keeps it for three seconds by value, and looks after all its timers for
//! it: that is ten times the price of sealing it. Here a packet for a subscriber is some numbers and a share of the payload, and becomes
//! bytes in one buffer when its burst leaves. The stack keeps what is not done for each packet: the handshake, addresses, data channels, what comes in, and
//! reports, which `reporting` sets right.
//!
//! A source of which both sent would have its numbers sealed twice, so a session goes one way or the other for all its life (`sending`).
//!
//! What was sent of a picture is kept for [`limits::RESEND_AGE`], and sent again as its own source (RFC 4588) when it is missed. Nobody misses
//! the last packet of a picture before the next picture comes; so where packets are lost it is sent again unasked, a moment later.

use std::{cell::Cell, collections::VecDeque, time::Instant};

use str0m::media::Pt;

use crate::{
    core::{LineId, codec::Codec},
    egress::Outgoing,
    ingress::PeerEvent,
    limits,
    peer::{
        leaving::{Estimating, Leaving},
        packet::{Names, Packet, Place, Types},
        reporting::{Missing, Reporting, Sent},
        srtp::Sealer,
    },
};

thread_local! {
    /// Where datagrams are made, of all sessions of a thread.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(vec![]) };
}

/// A line as it was negotiated.
pub(super) struct Negotiated {
    pub(super) ssrc: u32,
    /// The source of what is sent again.
    pub(super) resends: Option<u32>,
    /// One of the types that it is sent as.
    pub(super) padding: Option<Pt>,
    pub(super) names: Names,
}

/// The lines of a session.
pub(super) struct Lean {
    /// Nothing until the handshake is done.
    sealer: Option<Sealer>,
    audio_lines: usize,
    lines: Vec<Line>,
    /// Of the same lines.
    reporting: Reporting,
    resending: Resending,
    /// Something was written, or is missed.
    waits: bool,
    /// The way to the client loses packets, and has room.
    loses: bool,
    /// When the end of some picture is to be sent again.
    ends_at: Option<Instant>,
    estimating: Option<Estimating>,
}

struct Line {
    ssrc: u32,
    /// Source and next number of what is sent again.
    resends: Option<(u32, u64)>,
    padding: Option<Pt>,
    names: Names,
    /// The time of the newest packet.
    timestamp: u32,
    /// By their numbers: all that were put here from the first of them to the newest.
    kept: VecDeque<Packet>,
    newest: u64,
    unsent: usize,
    missing: Vec<u16>,
    /// The last packet of the newest picture, and when it is to be sent again.
    end: Option<(u64, Instant)>,
}

/// How many bytes may be sent again: a share of all that are.
#[derive(Debug)]
struct Resending {
    sent_bytes: f32,
    resent_bytes: f32,
    /// What a narrow way carries in a second.
    narrow_bytes: Option<f32>,
    since: Instant,
}

impl Lean {
    /// The lines of a session, whose way is to be estimated or not.
    pub(super) fn new(audio: Vec<Negotiated>, video: Vec<Negotiated>, is_estimated: bool, now: Instant) -> Lean {
        let sent = |ssrc, codec: Codec| Sent {
            ssrc,
            clock_rate_hz: codec.clock_rate_hz(),
            clock: None,
            packets: 0,
            bytes: 0,
            told: None,
        };
        let sound = audio.iter().map(|line| sent(line.ssrc, Codec::Opus));
        let pictures = video.iter().map(|line| sent(line.ssrc, Codec::Vp8));
        let reporting = Reporting::new(sound.chain(pictures).collect(), now);
        Lean {
            sealer: None,
            audio_lines: audio.len(),
            lines: audio.into_iter().chain(video).map(Line::new).collect(),
            reporting,
            resending: Resending {
                sent_bytes: 0.0,
                resent_bytes: 0.0,
                narrow_bytes: None,
                since: now,
            },
            waits: false,
            loses: false,
            ends_at: None,
            estimating: is_estimated.then(|| Estimating::new(now)),
        }
    }

    /// What is found out of the way, if anything is. Whoever looks at it may make a probe due.
    pub(super) fn estimating(&mut self) -> Option<&mut Estimating> {
        self.waits = true;
        self.estimating.as_mut()
    }

    /// When something is to leave that waits for its turn.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let is_able = self.waits && self.sealer.is_some();
        let estimating = self.estimating.as_ref().filter(|_| is_able);
        let free_at = estimating.map(Estimating::free_at);
        free_at.into_iter().chain(self.ends_at).min()
    }

    /// Whether the way to the client loses packets, and has room to send some of them twice.
    pub(super) fn note_loses(&mut self, loses: bool) {
        self.loses = loses;
    }

    /// The handshake is done.
    pub(super) fn begun(self, sealer: Sealer) -> Lean {
        Lean {
            sealer: Some(sealer),
            ..self
        }
    }

    fn place(&self, line: LineId) -> usize {
        match line {
            LineId::Audio(index) => index,
            LineId::Video(index) => self.audio_lines + index,
        }
    }

    /// What is known for reports, while the stack may make some.
    pub(super) fn lend_reporting(&mut self, now: Instant) -> Reporting {
        self.reporting.now = now;
        std::mem::replace(&mut self.reporting, Reporting::new(vec![], now))
    }

    /// See [`Lean::lend_reporting`].
    pub(super) fn take_back(&mut self, reporting: Reporting) {
        self.reporting = reporting;
    }

    /// What is told of each line that something has left on. A second is over, so what nobody can miss any more is forgotten.
    pub(super) fn tell(&mut self, now: Instant) -> impl Iterator<Item = PeerEvent> {
        for line in &mut self.lines {
            line.forget(now);
        }
        let audio_lines = self.audio_lines;
        let line = move |place: usize| match place.checked_sub(audio_lines) {
            None => LineId::Audio(place),
            Some(index) => LineId::Video(index),
        };
        let sent = self.reporting.lines.iter().enumerate();
        sent.filter(|(_, sent)| sent.packets > 0)
            .map(move |(place, sent)| PeerEvent::Told {
                line: line(place),
                told: sent.told,
                left: sent.packets,
            })
    }

    /// Queues a packet; false if nothing can be sent yet.
    pub(super) fn write(&mut self, line: LineId, types: Types, packet: &Outgoing<'_>) -> bool {
        let place = self.place(line);
        let (Some(_), Some(line)) = (&self.sealer, self.lines.get_mut(place)) else {
            return false;
        };
        if !line.push(Packet::new(types, packet)) {
            return false;
        }
        self.waits = true;
        self.reporting.lines[place].clock = Some((packet.timestamp, packet.captured));
        true
    }

    /// A client says what has come, and what it misses. Gives which share of some line was lost, if it says so.
    pub(super) fn read(&mut self, compound: &[u8], now: Instant) -> Option<f32> {
        self.reporting.now = now;
        if let Some(estimating) = &mut self.estimating {
            estimating.told(compound, now);
        }
        let (lines, waits) = (&mut self.lines, &mut self.waits);
        self.reporting.read(compound, |Missing { ssrc, sequence }| {
            let line = lines.iter_mut().find(|line| line.ssrc == ssrc);
            // Who asks for more than there can be asks again.
            if let Some(line) = line.filter(|line| line.missing.len() < limits::RESEND_PACKETS) {
                line.missing.push(sequence);
                *waits = true;
            }
        })
    }

    /// Makes datagrams of what was written, and of what is missed.
    pub(super) fn send(&mut self, now: Instant, transmit: &mut dyn FnMut(&[u8])) {
        let is_due = self.waits || self.ends_at.is_some_and(|at| at <= now);
        let Some(sealer) = self.sealer.as_ref().filter(|_| is_due) else {
            return;
        };
        self.waits = false;
        let narrow_bps = self.estimating.as_ref().and_then(Estimating::narrow_bps);
        self.resending.pass(narrow_bps, now);
        let mut scratch = SCRATCH.take();
        let mut leaving = Leaving {
            sealer,
            scratch: &mut scratch,
            estimating: self.estimating.as_mut().filter(|estimating| estimating.is_wanted()),
            now,
            transmit,
        };
        for (line, sent) in self.lines.iter_mut().zip(&mut self.reporting.lines) {
            if line.unsent == 0 && line.missing.is_empty() && !line.is_end_due(now) {
                continue;
            }
            let (packets, bytes) = line.send(self.loses, &mut leaving);
            sent.packets += packets;
            sent.bytes += bytes;
            self.resending.sent(bytes);
            let (packets, bytes) = line.resend(&mut self.resending, &mut leaving);
            sent.packets += packets;
            sent.bytes += bytes;
            self.waits |= line.unsent > 0;
        }
        self.lines.iter_mut().any(|line| line.probe(&mut leaving));
        SCRATCH.set(scratch);
        let ends = self.lines.iter().filter_map(|line| line.end);
        self.ends_at = ends.map(|(_, at)| at).min();
    }
}

impl Line {
    fn new(negotiated: Negotiated) -> Line {
        Line {
            ssrc: negotiated.ssrc,
            resends: negotiated.resends.map(|ssrc| (ssrc, 1)),
            padding: negotiated.padding,
            names: negotiated.names,
            timestamp: 0,
            kept: VecDeque::new(),
            newest: 0,
            unsent: 0,
            missing: vec![],
            end: None,
        }
    }

    fn is_end_due(&self, now: Instant) -> bool {
        self.end.is_some_and(|(_, at)| at <= now)
    }

    /// Puts a packet where its number says, which is nearly always last. False: it was there before, or is too late for that to be known,
    /// and no number is sealed twice.
    fn push(&mut self, packet: Packet) -> bool {
        if packet.sequence > self.newest {
            (self.newest, self.timestamp) = (packet.sequence, packet.timestamp);
            self.kept.push_back(packet);
        } else {
            match self.kept.binary_search_by_key(&packet.sequence, |other| other.sequence) {
                Ok(_) | Err(0) => return false,
                Err(at) => self.kept.insert(at, packet),
            }
        }
        self.unsent += 1;
        let kept_max = if self.resends.is_some() {
            limits::RESEND_PACKETS
        } else {
            limits::LATE_SOUND_PACKETS
        };
        if self.kept.len() > kept_max {
            let oldest = self.kept.pop_front();
            self.unsent -= usize::from(oldest.is_some_and(|oldest| oldest.sent.is_none()));
        }
        true
    }

    /// Sends what has not left and may, and notes what is to be sent twice where packets are lost; gives how many packets and bytes that were.
    fn send(&mut self, loses: bool, leaving: &mut Leaving<'_>) -> (u64, u64) {
        let (mut packets, mut bytes) = (0, 0);
        let mut first = self.kept.len();
        let mut left = self.unsent;
        while left > 0 && first > 0 {
            first -= 1;
            left -= usize::from(self.kept[first].sent.is_none());
        }
        for packet in self.kept.range_mut(first..).filter(|packet| packet.sent.is_none()) {
            if self.resends.is_some() && !leaving.is_free() {
                break;
            }
            packet.sent = Some(leaving.now);
            self.unsent -= 1;
            let is_end = loses && packet.marker && self.resends.is_some();
            self.end = is_end.then(|| (packet.sequence, leaving.now + limits::END_IS_REPEATED_AFTER));
            let place = Place {
                names: &self.names,
                ssrc: self.ssrc,
                sequence: packet.sequence,
                payload_type: packet.types.plain,
            };
            if let Some(more) = leaving.leave(packet, place, None) {
                packets += 1;
                bytes += more;
            }
        }
        self.forget(leaving.now);
        (packets, bytes)
    }

    /// Sends once more what is missed, as far as it is there and may be, and the end of a picture; gives how many packets and bytes that were.
    fn resend(&mut self, resending: &mut Resending, leaving: &mut Leaving<'_>) -> (u64, u64) {
        let (mut packets, mut sent_bytes) = (0, 0);
        let mut count = |bytes: Option<u64>| {
            packets += u64::from(bytes.is_some());
            sent_bytes += bytes.unwrap_or(0);
        };
        let mut missing = std::mem::take(&mut self.missing);
        for sequence in missing.drain(..) {
            // They are asked for by the lower half of their numbers, and none is newer than the newest.
            let [.., high, low] = self.newest.to_be_bytes();
            let behind = u64::from(u16::from_be_bytes([high, low]).wrapping_sub(sequence));
            let sequence = self.newest.saturating_sub(behind);
            count(self.repeat(sequence, leaving, |bytes| resending.take(bytes)));
        }
        self.missing = missing;
        if let Some((sequence, _)) = self.end.take_if(|(_, at)| *at <= leaving.now) {
            count(self.repeat(sequence, leaving, |_| true));
        }
        (packets, sent_bytes)
    }

    /// Sends a packet once more, if it is there and so many bytes may be; gives how many that were.
    fn repeat(&mut self, sequence: u64, leaving: &mut Leaving<'_>, may: impl FnOnce(u64) -> bool) -> Option<u64> {
        let (ssrc, next) = self.resends.as_mut()?;
        let at = self
            .kept
            .binary_search_by_key(&sequence, |packet| packet.sequence)
            .ok()?;
        // What waits for its turn comes by itself.
        let packet = Some(&self.kept[at]).filter(|packet| packet.sent.is_some())?;
        let payload_type = packet.types.resent?;
        if !may(packet.payload.len() as u64) {
            return None;
        }
        let place = Place {
            names: &self.names,
            ssrc: *ssrc,
            sequence: *next,
            payload_type,
        };
        *next += 1;
        leaving.leave(packet, place, Some(sequence))
    }

    /// Sends what finds out whether more is carried, if that is due and this line can: padding of the source of what is sent again, which
    /// nobody plays. True if it did.
    fn probe(&mut self, leaving: &mut Leaving<'_>) -> bool {
        let Some(((ssrc, next), payload_type)) = self.resends.as_mut().zip(self.padding) else {
            return false;
        };
        let begun = self.names.number.and_then(|_| leaving.begin_probe());
        let Some(burst) = begun else { return false };
        let padding = Packet::empty(self.timestamp, payload_type);
        for _ in 0..burst.packets {
            let place = Place {
                names: &self.names,
                ssrc: *ssrc,
                sequence: *next,
                payload_type,
            };
            leaving.leave_padding(&padding, place, burst.bytes);
            *next += 1;
        }
        true
    }

    fn forget(&mut self, now: Instant) {
        let is_old = |packet: &Packet| {
            let sent = packet.sent;
            sent.is_some_and(|sent| now.saturating_duration_since(sent) >= limits::RESEND_AGE)
        };
        while self.kept.front().is_some_and(is_old) {
            self.kept.pop_front();
        }
    }
}

impl Resending {
    /// Half of what was counted is forgotten each second.
    #[expect(clippy::cast_precision_loss, reason = "it is a share")]
    fn pass(&mut self, narrow_bps: Option<u64>, now: Instant) {
        self.narrow_bytes = narrow_bps.map(|bps| bps as f32 / 8.0);
        if now.saturating_duration_since(self.since).as_secs() > 0 {
            self.since = now;
            self.sent_bytes /= 2.0;
            self.resent_bytes /= 2.0;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "it is a share")]
    fn sent(&mut self, bytes: u64) {
        self.sent_bytes += bytes as f32;
    }

    #[expect(clippy::cast_precision_loss, reason = "it is a share")]
    fn take(&mut self, bytes: u64) -> bool {
        let resent = self.resent_bytes + bytes as f32;
        // On a narrow way what was sent before it was known to be narrow allows too much: it would be lost once more, with what is new.
        let fits = self
            .narrow_bytes
            .is_none_or(|bytes| resent <= limits::RESEND_RATIO * bytes);
        let may = fits && resent <= limits::RESEND_RATIO * (resent + self.sent_bytes);
        if may {
            self.resent_bytes = resent;
        }
        may
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
mod tests {
    use std::{sync::Arc, time::Duration};

    use str0m::crypto::{dtls::SrtpProfile, from_feature_flags};

    use super::*;
    use crate::{
        core::belief::Conclusion,
        egress::{Extensions, Format},
    };

    const SSRC: u32 = 1;
    const AGAIN: u32 = 2;

    /// A session with one line of pictures.
    fn lean(now: Instant) -> Lean {
        let provider = from_feature_flags().srtp_provider;
        let sealer = Sealer::new(&[7; 56], SrtpProfile::AEAD_AES_128_GCM, true, provider).unwrap();
        let negotiated = Negotiated {
            ssrc: SSRC,
            resends: Some(AGAIN),
            padding: Some(97.into()),
            names: Names {
                mid: Some((4, "12".to_owned())),
                level: None,
                orientation: Some(13),
                number: Some(3),
            },
        };
        Lean::new(vec![], vec![negotiated], true, now).begun(sealer)
    }

    fn write(lean: &mut Lean, sequence: u64, now: Instant) -> bool {
        let types = Types {
            plain: 96.into(),
            resent: Some(97.into()),
        };
        let packet = Outgoing {
            format: Format {
                codec: Codec::Vp8,
                profile: None,
                packetization: None,
            },
            sequence,
            timestamp: 3_000,
            marker: true,
            csrc: &[5],
            payload: &Arc::from([0x10; 100]),
            redundant: None,
            picture: None,
            captured: now,
            extensions: Extensions::default(),
        };
        lean.write(LineId::Video(0), types, &packet)
    }

    /// Source, number and type of each datagram.
    fn sent(lean: &mut Lean, now: Instant) -> Vec<(u32, u16, u8)> {
        let mut sent = vec![];
        lean.send(now, &mut |datagram| {
            let number = u16::from_be_bytes([datagram[2], datagram[3]]);
            let ssrc = u32::from_be_bytes([datagram[8], datagram[9], datagram[10], datagram[11]]);
            sent.push((ssrc, number, datagram[1] & 0x7f));
        });
        sent
    }

    fn miss(lean: &mut Lean, sequence: u16, now: Instant) {
        let nack = [
            [0x81, 205, 0, 3],
            9_u32.to_be_bytes(),
            SSRC.to_be_bytes(),
            (u32::from(sequence) << 16).to_be_bytes(),
        ];
        lean.read(&nack.concat(), now);
    }

    #[test]
    fn no_number_is_sealed_twice() {
        let now = Instant::now();
        let mut lean = lean(now);
        let taken = [1, 2, 2, 5, 4, 1].map(|sequence| write(&mut lean, sequence, now));
        assert_eq!(taken, [true, true, false, true, true, false]);
        let plain = |number| (SSRC, number, 96);
        assert_eq!(sent(&mut lean, now), [plain(1), plain(2), plain(4), plain(5)]);
        assert!(write(&mut lean, 3, now) && !write(&mut lean, 3, now));
        assert_eq!(sent(&mut lean, now), [plain(3)]);
        let later = now + limits::RESEND_AGE;
        assert!(write(&mut lean, 6, later));
        assert_eq!(sent(&mut lean, later), [plain(6)]);
        assert!(
            !write(&mut lean, 5, later),
            "nobody knows any more whether it was there"
        );
        assert!(sent(&mut lean, later).is_empty());
    }

    #[test]
    fn what_is_missed_is_sent_again_for_a_while_and_within_a_share() {
        let now = Instant::now();
        let mut lean = lean(now);
        for sequence in 65_530..65_540 {
            assert!(write(&mut lean, sequence, now));
        }
        assert_eq!(sent(&mut lean, now).len(), 10);
        miss(&mut lean, 65_535, now);
        miss(&mut lean, 2, now);
        miss(&mut lean, 400, now);
        assert_eq!(sent(&mut lean, now), [(AGAIN, 1, 97), (AGAIN, 2, 97)]);
        for _ in 0..20 {
            miss(&mut lean, 1, now);
        }
        assert_eq!(sent(&mut lean, now).len(), 8, "as many as were sent");
        let later = now + limits::RESEND_AGE + Duration::from_secs(1);
        assert!(write(&mut lean, 65_540, later));
        miss(&mut lean, 3, later);
        assert_eq!(sent(&mut lean, later), [(SSRC, 4, 96)]);
    }

    #[test]
    fn no_more_is_sent_again_than_half_of_what_a_narrow_way_carries() {
        let now = Instant::now();
        let mut lean = lean(now);
        for sequence in 1..=20 {
            assert!(write(&mut lean, sequence, now));
        }
        assert_eq!(sent(&mut lean, now).len(), 20);
        let narrow = Conclusion {
            carries_bps: Some(8_000),
            begins_anew_bps: None,
        };
        lean.estimating().unwrap().believe(&narrow, now);
        for sequence in 1..=20 {
            miss(&mut lean, sequence, now);
        }
        // A thousand bytes in a second, and a hundred in each.
        assert_eq!(sent(&mut lean, now).len(), 5);
    }

    #[test]
    fn the_end_of_a_picture_is_sent_twice_where_packets_are_lost() {
        let now = Instant::now();
        let later = now + limits::END_IS_REPEATED_AFTER;
        let mut lean = lean(now);
        let plain = |number| (SSRC, number, 96);
        assert!(write(&mut lean, 1, now));
        assert_eq!(sent(&mut lean, now), [plain(1)]);
        assert_eq!(lean.deadline(), None, "nothing is lost");
        lean.note_loses(true);
        assert!(write(&mut lean, 2, now));
        assert_eq!(sent(&mut lean, now), [plain(2)]);
        assert_eq!(lean.deadline(), Some(later));
        assert!(sent(&mut lean, now).is_empty());
        assert_eq!(sent(&mut lean, later), [(AGAIN, 1, 97)]);
        assert_eq!(lean.deadline(), None, "and no third time");
        // What another follows is missed at once.
        assert!(write(&mut lean, 3, later));
        assert_eq!(sent(&mut lean, later), [plain(3)]);
        assert!(write(&mut lean, 4, later));
        let latest = later + limits::END_IS_REPEATED_AFTER;
        assert_eq!(sent(&mut lean, latest), [plain(4)]);
        assert_eq!(lean.deadline(), Some(latest + limits::END_IS_REPEATED_AFTER));
    }

    #[test]
    fn a_header_names_the_line_and_what_the_publisher_said() {
        let now = Instant::now();
        let mut lean = lean(now);
        assert!(write(&mut lean, 1, now));
        let expected = [
            0x91, 0xe0, 0, 1, 0, 0, 0x0b, 0xb8, 0, 0, 0, 1, 0, 0, 0, 5, // header and source
            0xbe, 0xde, 0, 2, 0xd0, 0, 0x41, b'1', b'2', 0, 0, 0,
        ];
        lean.send(now, &mut |datagram| {
            assert_eq!(datagram[..expected.len()], expected);
            assert_eq!(datagram.len(), expected.len() + 100 + 16);
        });
    }

    /// The numbers across all lines of all that leaves, and whether it is padding.
    fn numbers(lean: &mut Lean, now: Instant) -> Vec<(u16, bool)> {
        let mut numbers = vec![];
        lean.send(now, &mut |datagram| {
            let extensions = 12 + 4 * usize::from(datagram[0] & 15) + 4;
            // After the orientation of the picture.
            assert_eq!(datagram[extensions + 2], 0x31);
            let number = u16::from_be_bytes([datagram[extensions + 3], datagram[extensions + 4]]);
            numbers.push((number, datagram[0] & 0x20 != 0));
        });
        numbers
    }

    #[test]
    fn packets_are_numbered_and_probes_leave_while_pictures_are_wanted() {
        let start = Instant::now();
        let mut lean = lean(start);
        assert!(write(&mut lean, 1, start));
        assert_eq!(sent(&mut lean, start).len(), 1, "nothing is to be found out");
        lean.estimating().unwrap().want(Some(1_000_000), None, start);
        assert!(write(&mut lean, 2, start));
        let expected: Vec<(u16, bool)> = (0..9).map(|number| (number, number > 0)).collect();
        assert_eq!(numbers(&mut lean, start), expected);
        miss(&mut lean, 2, start);
        assert_eq!(
            numbers(&mut lean, start),
            [(9, false)],
            "what is sent again is numbered as well"
        );
        // The next one is due when nothing has been heard of this one, and a while after that.
        let over = start + limits::PROBE_ANSWERS;
        lean.estimating().unwrap().reading(over);
        assert!(numbers(&mut lean, over).is_empty());
        let later = over + limits::PROBE_PATIENCE.1;
        lean.estimating();
        assert_eq!(numbers(&mut lean, later).len(), 8, "though nothing else is sent");
    }

    #[test]
    fn pictures_wait_for_each_other_on_a_narrow_way() {
        let now = Instant::now();
        let mut lean = lean(now);
        let narrow = Conclusion {
            carries_bps: Some(100_000),
            begins_anew_bps: None,
        };
        let estimating = lean.estimating().unwrap();
        // It knows enough, and does not probe.
        estimating.want(Some(100_000), Some(200_000), now);
        estimating.believe(&narrow, now);
        for sequence in 1..=10 {
            assert!(write(&mut lean, sequence, now));
        }
        let mut left = vec![];
        let mut at = now;
        while left.len() < 10 {
            left.extend(sent(&mut lean, at).iter().map(|(_, number, _)| *number));
            at = lean.deadline().unwrap_or(at);
        }
        assert_eq!(left, (1..=10).collect::<Vec<_>>());
        // Of 144 bytes each, nine times, at 250 kbit/s.
        let took = at - now;
        assert!((38..=43).contains(&took.as_millis()), "{took:?}");
        assert_eq!(lean.deadline(), None);
    }
}
