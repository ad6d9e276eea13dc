//! The lean way out: packets that go from a publisher to a cipher, past the WebRTC stack.
//!
//! The stack makes of every packet one of its own, queues it, moves it some times, keeps it for three seconds by value, and looks after all its timers for
//! it: that is ten times the price of sealing it. Here a packet for a subscriber is some numbers and a share of the payload, and becomes
//! bytes in one buffer when its burst leaves. The stack keeps what is not done for each packet: the handshake, addresses, data channels, what comes in, and
//! reports, which `reporting` sets right.
//!
//! Two things the stack cannot share with this. It numbers packets across lines to estimate what the way to a client carries, so who is
//! estimated is served by the stack (`sending`); and a source that both sent of would have its numbers sealed twice. So a
//! session goes one way or the other for all its life.
//!
//! What was sent of a picture is kept for [`limits::RESEND_AGE`], and sent again as its own source (RFC 4588) when it is missed.

use std::{collections::VecDeque, sync::Arc, time::Instant};

use str0m::media::Pt;

use crate::{
    core::{
        LineId,
        codec::{Codec, Picture, write_picture},
    },
    egress::{Extensions, Outgoing},
    limits,
    peer::{
        PeerEvent,
        reporting::{Missing, Reporting, Sent},
        srtp::Sealer,
    },
};

/// Sources that a packet may name.
const CSRC_PLACES: usize = 2;
/// RFC 8285 §4.2, one-byte headers.
const EXTENSIONS: [u8; 2] = [0xbe, 0xde];

/// Header extensions of a line, by the numbers that were negotiated; none for those that were not.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) mid: Option<(u8, String)>,
    pub(super) level: Option<u8>,
    pub(super) orientation: Option<u8>,
}

/// A line as it was negotiated.
pub(super) struct Negotiated {
    pub(super) ssrc: u32,
    /// The source of what is sent again.
    pub(super) resends: Option<u32>,
    pub(super) names: Names,
}

/// The types of a packet, and of the same when it is sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types {
    pub(super) plain: Pt,
    pub(super) resent: Option<Pt>,
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
    scratch: Vec<u8>,
}

struct Line {
    ssrc: u32,
    /// Source and next number of what is sent again.
    resends: Option<(u32, u64)>,
    names: Names,
    /// By their numbers: all that were put here from the first of them to the newest.
    kept: VecDeque<Packet>,
    newest: u64,
    unsent: usize,
    missing: Vec<u16>,
}

struct Packet {
    sequence: u64,
    timestamp: u32,
    types: Types,
    marker: bool,
    csrc: [u32; CSRC_PLACES],
    csrc_count: u8,
    payload: Arc<[u8]>,
    codec: Codec,
    picture: Option<Picture>,
    extensions: Extensions,
    /// Nothing until it has left.
    sent: Option<Instant>,
}

/// How many bytes may be sent again: a share of all that are.
#[derive(Debug)]
struct Resending {
    sent_bytes: f32,
    resent_bytes: f32,
    since: Instant,
}

impl Lean {
    pub(super) fn new(audio: Vec<Negotiated>, video: Vec<Negotiated>, now: Instant) -> Lean {
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
                since: now,
            },
            waits: false,
            scratch: Vec::with_capacity(limits::DATAGRAM_BYTES),
        }
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
        let Some(sealer) = self.sealer.as_ref().filter(|_| self.waits) else {
            return;
        };
        self.waits = false;
        self.resending.pass(now);
        for (line, sent) in self.lines.iter_mut().zip(&mut self.reporting.lines) {
            if line.unsent == 0 && line.missing.is_empty() {
                continue;
            }
            let (packets, bytes) = line.send(sealer, now, &mut self.scratch, transmit);
            sent.packets += packets;
            sent.bytes += bytes;
            self.resending.sent(bytes);
            let (packets, bytes) = line.resend(sealer, &mut self.resending, &mut self.scratch, transmit);
            sent.packets += packets;
            sent.bytes += bytes;
        }
    }
}

impl Line {
    fn new(negotiated: Negotiated) -> Line {
        Line {
            ssrc: negotiated.ssrc,
            resends: negotiated.resends.map(|ssrc| (ssrc, 1)),
            names: negotiated.names,
            kept: VecDeque::new(),
            newest: 0,
            unsent: 0,
            missing: vec![],
        }
    }

    /// Puts a packet where its number says, which is nearly always last. False: it was there before, or is too late for that to be known,
    /// and no number is sealed twice.
    fn push(&mut self, packet: Packet) -> bool {
        if packet.sequence > self.newest {
            self.newest = packet.sequence;
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

    /// Sends what has not left; gives how many packets and bytes that were.
    fn send(
        &mut self,
        sealer: &Sealer,
        now: Instant,
        scratch: &mut Vec<u8>,
        transmit: &mut dyn FnMut(&[u8]),
    ) -> (u64, u64) {
        let (mut packets, mut bytes) = (0, 0);
        let mut first = self.kept.len();
        let mut left = std::mem::take(&mut self.unsent);
        while left > 0 && first > 0 {
            first -= 1;
            left -= usize::from(self.kept[first].sent.is_none());
        }
        for packet in self.kept.range_mut(first..).filter(|packet| packet.sent.is_none()) {
            packet.sent = Some(now);
            let header_bytes =
                packet.write_header(scratch, &self.names, self.ssrc, packet.sequence, packet.types.plain);
            packet.write_payload(scratch);
            if sealer.seal(scratch, header_bytes, self.ssrc, packet.sequence) {
                transmit(scratch);
                packets += 1;
                bytes += packet.payload.len() as u64;
            }
        }
        self.forget(now);
        (packets, bytes)
    }

    /// Sends once more what is missed, as far as it is there and may be; gives how many packets and bytes that were.
    fn resend(
        &mut self,
        sealer: &Sealer,
        resending: &mut Resending,
        scratch: &mut Vec<u8>,
        transmit: &mut dyn FnMut(&[u8]),
    ) -> (u64, u64) {
        let (mut packets, mut sent_bytes) = (0, 0);
        let Some((ssrc, next)) = self.resends.as_mut() else {
            self.missing.clear();
            return (0, 0);
        };
        for sequence in self.missing.drain(..) {
            // They are asked for by the lower half of their numbers, and none is newer than the newest.
            let [.., high, low] = self.newest.to_be_bytes();
            let behind = u64::from(u16::from_be_bytes([high, low]).wrapping_sub(sequence));
            let sequence = self.newest.saturating_sub(behind);
            let Ok(at) = self.kept.binary_search_by_key(&sequence, |packet| packet.sequence) else {
                continue;
            };
            let packet = &self.kept[at];
            let bytes = packet.payload.len() as u64;
            let Some(payload_type) = packet.types.resent.filter(|_| resending.take(bytes)) else {
                continue;
            };
            let header_bytes = packet.write_header(scratch, &self.names, *ssrc, *next, payload_type);
            scratch.extend_from_slice(&sequence.to_be_bytes()[6..]);
            packet.write_payload(scratch);
            if sealer.seal(scratch, header_bytes, *ssrc, *next) {
                transmit(scratch);
                packets += 1;
                sent_bytes += bytes;
            }
            *next += 1;
        }
        (packets, sent_bytes)
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

impl Packet {
    fn new(types: Types, packet: &Outgoing<'_>) -> Packet {
        let mut csrc = [0; CSRC_PLACES];
        let csrc_count = packet.csrc.len().min(CSRC_PLACES);
        csrc[..csrc_count].copy_from_slice(&packet.csrc[..csrc_count]);
        Packet {
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            types,
            marker: packet.marker,
            csrc,
            csrc_count: u8::try_from(csrc_count).expect("two at most"),
            payload: Arc::clone(packet.payload),
            codec: packet.format.codec,
            picture: packet.picture,
            extensions: packet.extensions,
            sent: None,
        }
    }

    /// Begins a datagram with the header (RFC 3550 §5.1); gives its length.
    fn write_header(&self, datagram: &mut Vec<u8>, names: &Names, ssrc: u32, sequence: u64, payload_type: Pt) -> usize {
        datagram.clear();
        let marker = u8::from(self.marker) << 7;
        datagram.extend_from_slice(&[0x80 | self.csrc_count, marker | *payload_type]);
        datagram.extend_from_slice(&sequence.to_be_bytes()[6..]);
        datagram.extend_from_slice(&self.timestamp.to_be_bytes());
        datagram.extend_from_slice(&ssrc.to_be_bytes());
        for csrc in &self.csrc[..usize::from(self.csrc_count)] {
            datagram.extend_from_slice(&csrc.to_be_bytes());
        }
        let at = datagram.len();
        datagram.extend_from_slice(&EXTENSIONS);
        datagram.extend_from_slice(&[0, 0]);
        self.write_extensions(datagram, names);
        let bytes = datagram.len() - at - 4;
        if bytes == 0 {
            datagram.truncate(at);
            return at;
        }
        datagram[0] |= 0x10;
        let words = bytes.div_ceil(4);
        datagram.resize(at + 4 + 4 * words, 0);
        datagram[at + 3] = u8::try_from(words).expect("a few");
        datagram.len()
    }

    /// The set depends on the line alone, so that a burst has one size. The line's name is said in every packet: who has missed the first
    /// ones could not tell what the others are of.
    fn write_extensions(&self, datagram: &mut Vec<u8>, names: &Names) {
        let Extensions {
            level_dbov,
            voice,
            rotation,
        } = self.extensions;
        if let Some(id) = names.level {
            let level = level_dbov.unwrap_or(i8::MIN + 1).unsigned_abs() & 0x7f;
            let voice = u8::from(voice == Some(true)) << 7;
            datagram.extend_from_slice(&[id << 4, voice | level]);
        }
        if let Some(id) = names.orientation {
            datagram.extend_from_slice(&[id << 4, rotation & 3]);
        }
        if let Some((id, mid)) = &names.mid {
            let length = u8::try_from(mid.len() - 1).expect("sixteen characters at most");
            datagram.push(id << 4 | length);
            datagram.extend_from_slice(mid.as_bytes());
        }
    }

    fn write_payload(&self, datagram: &mut Vec<u8>) {
        let at = datagram.len();
        datagram.extend_from_slice(&self.payload);
        if let Some(picture) = self.picture {
            write_picture(self.codec, &mut datagram[at..], picture);
        }
    }
}

impl Resending {
    /// Half of what was counted is forgotten each second.
    fn pass(&mut self, now: Instant) {
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
        let may = resent <= limits::RESEND_RATIO * (resent + self.sent_bytes);
        if may {
            self.resent_bytes = resent;
        }
        may
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
mod tests {
    use std::time::Duration;

    use str0m::crypto::{dtls::SrtpProfile, from_feature_flags};

    use super::*;
    use crate::egress::Format;

    const SSRC: u32 = 1;
    const AGAIN: u32 = 2;

    /// A session with one line of pictures.
    fn lean(now: Instant) -> Lean {
        let provider = from_feature_flags().srtp_provider;
        let sealer = Sealer::new(&[7; 56], SrtpProfile::AEAD_AES_128_GCM, true, provider).unwrap();
        let negotiated = Negotiated {
            ssrc: SSRC,
            resends: Some(AGAIN),
            names: Names {
                mid: Some((4, "12".to_owned())),
                level: None,
                orientation: Some(13),
            },
        };
        Lean::new(vec![], vec![negotiated], now).begun(sealer)
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
}
