//! The end of a wired session that the shard has. It is what a peer connection is for somebody with a network.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use mio::Waker;
use tokio::sync::mpsc;

use super::{
    HeardPacket, SaidPacket,
    exchange::{Announced, Exchange, push_newest},
};
use crate::{
    core::{LineId, Source, channels::Channel, codec::Codec, roll::Sends},
    egress::{Egress, Extensions, Format, Outgoing},
    ingress::{MediaPacket, PeerEvent},
    limits,
};

/// The channels that a wired session reads: what becomes of it, what it may, and whose hand is up. It may speak on all.
const READS: [Channel; 3] = [Channel::SessionControl, Channel::Moderation, Channel::Reactions];

/// The SSRC of its microphone, and of its first line: its own affair, as no network tells them apart.
const MICROPHONE_SSRC: u32 = 1;
const FIRST_LINE_SSRC: u32 = 2;

/// What could not be handed over is tried again so soon.
pub(super) const AGAIN: Duration = Duration::from_millis(1);
/// And an end for which nothing waits is looked at so late: whoever has something for it says so.
const NEVER: Duration = Duration::from_hours(1);

pub(super) const OPUS: Format = Format {
    codec: Codec::Opus,
    profile: None,
    packetization: None,
};

/// The shard's end.
pub(crate) struct WiredPeer {
    exchange: Arc<Exchange>,
    texts: mpsc::Sender<(Channel, String)>,
    /// What could not be handed over yet.
    heard: VecDeque<HeardPacket>,
    /// The packets of its microphone so far.
    said: u64,
    is_connected: bool,
    is_closed: bool,
    is_measured: bool,
    /// The time that it was handed last.
    pub(super) now: Option<Instant>,
}

impl WiredPeer {
    pub(super) fn new(exchange: Arc<Exchange>, texts: mpsc::Sender<(Channel, String)>, is_measured: bool) -> WiredPeer {
        WiredPeer {
            exchange,
            texts,
            heard: VecDeque::new(),
            said: 0,
            is_connected: false,
            is_closed: false,
            is_measured,
            now: None,
        }
    }

    /// It is about to be admitted by the shard that hears so that something waits.
    pub(crate) fn lives_with(&self, announced: &Arc<Announced>, waker: &Arc<Waker>) {
        self.exchange.lives_with(announced, waker);
    }

    /// The shard has this place for it.
    pub(crate) fn seated(&self, key: usize) {
        self.exchange.seated(key);
    }

    pub(crate) fn sends() -> Sends {
        Sends {
            microphone: true,
            ..Sends::default()
        }
    }

    pub(crate) fn is_measured(&self) -> bool {
        self.is_measured
    }

    pub(crate) fn ssrc(line: LineId) -> Option<u32> {
        let line = audio_line(line)?;
        Some(FIRST_LINE_SSRC + u32::try_from(line).expect("there are three"))
    }

    pub(crate) fn has(channel: Channel) -> bool {
        READS.contains(&channel)
    }

    /// Whether the holder was there since this was asked last.
    pub(crate) fn take_beat(&self) -> bool {
        self.exchange.take_beat()
    }

    /// Hands over a text; false if there is no room for it now. A channel that is not read takes everything.
    pub(crate) fn tell(&self, channel: Channel, text: &str) -> bool {
        if !WiredPeer::has(channel) {
            return true;
        }
        let told = self.texts.try_send((channel, text.to_owned()));
        !matches!(told, Err(mpsc::error::TrySendError::Full(_)))
    }

    pub(crate) fn tick(&mut self, now: Instant) {
        self.now = Some(now);
    }

    /// Hands over what is heard and takes what is said. Says when to tick next.
    pub(crate) fn drain(&mut self, events: &mut Vec<PeerEvent>) -> Option<Instant> {
        let now = self.now?;
        if !std::mem::replace(&mut self.is_connected, true) {
            events.push(PeerEvent::Connected);
        }
        let exchange = Arc::clone(&self.exchange);
        let Some(mut waiting) = exchange.try_lock() else {
            return Some(now + AGAIN);
        };
        waiting.is_announced = false;
        for packet in self.heard.drain(..) {
            push_newest(&mut waiting.heard, packet, limits::WIRED_HEARD_WAITING);
        }
        let requests = waiting.requests.drain(..);
        events.extend(requests.map(|(channel, text)| PeerEvent::Message(channel, text.into_bytes())));
        for packet in waiting.said.drain(..) {
            self.said += 1;
            events.push(PeerEvent::Media(Box::new(media_packet(packet, self.said, now))));
        }
        if waiting.is_closed && !std::mem::replace(&mut self.is_closed, true) {
            events.push(PeerEvent::Closed);
        }
        Some(now + NEVER)
    }
}

impl Egress for WiredPeer {
    fn wants_redundancy(&self) -> bool {
        false
    }

    fn write(&mut self, line: LineId, packet: &Outgoing<'_>) -> bool {
        let Some(line) = audio_line(line).filter(|_| packet.format == OPUS) else {
            return false;
        };
        let heard = HeardPacket {
            line,
            sequence: packet.sequence,
            timestamp: packet.timestamp,
            speaker: packet.csrc.first().copied().unwrap_or(0),
            level_dbov: packet.extensions.level_dbov,
            payload: Arc::clone(packet.payload),
        };
        push_newest(&mut self.heard, heard, limits::WIRED_HEARD_WAITING);
        true
    }
}

impl Drop for WiredPeer {
    fn drop(&mut self) {
        self.exchange.unseated();
    }
}

/// Which line of sound this is, if it is one.
fn audio_line(line: LineId) -> Option<usize> {
    match line {
        LineId::Audio(line) => Some(line).filter(|line| *line < limits::AUDIO_LINES),
        LineId::Video(_) => None,
    }
}

fn media_packet(packet: SaidPacket, sequence: u64, arrived: Instant) -> MediaPacket {
    let SaidPacket {
        timestamp,
        marker,
        level_dbov,
        voice,
        payload,
    } = packet;
    MediaPacket {
        source: Source::Microphone,
        spatial: 0,
        format: OPUS,
        stream: MICROPHONE_SSRC,
        is_resent: false,
        is_repeated: false,
        sequence,
        timestamp,
        marker,
        extensions: Extensions {
            level_dbov: Some(level_dbov),
            voice: Some(voice),
            rotation: 0,
        },
        described: None,
        payload,
        redundant: None,
        arrived,
        // One clock is behind both ends.
        report: None,
    }
}
