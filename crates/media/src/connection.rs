//! What joins a session to its room: WebRTC, or a wire inside this process. The one place that tells the two apart.
//!
//! An enum and no trait object: a packet asks its connection three things, and there are two kinds of it. What only a network
//! has (addresses, keyframes, datagrams) is nothing for a wire.

use std::{sync::Arc, time::Instant};

use mio::Waker;

use crate::{
    core::{LineId, Source, channels::Channel, roll::Sends},
    egress::{Egress, Outgoing},
    endpoint::Route,
    event::Path,
    limits,
    peer::{Peer, PeerError, PeerEvent},
    wired::{Announced, WiredPeer},
};

/// Either of them.
pub(crate) enum Connection {
    WebRtc(Box<Peer>),
    Wired(Box<WiredPeer>),
}

impl Connection {
    /// The user fragment by which STUN requests name it.
    pub(crate) fn ufrag(&self) -> Option<&str> {
        match self {
            Connection::WebRtc(peer) => Some(peer.ufrag()),
            Connection::Wired(_) => None,
        }
    }

    /// It is about to be admitted by the shard that hears so that something waits.
    pub(crate) fn lives_with(&self, announced: &Arc<Announced>, waker: &Arc<Waker>) {
        if let Connection::Wired(peer) = self {
            peer.lives_with(announced, waker);
        }
    }

    /// The shard has this place for it.
    pub(crate) fn seated(&self, key: usize) {
        if let Connection::Wired(peer) = self {
            peer.seated(key);
        }
    }

    /// What the session may send.
    pub(crate) fn sends(&self) -> Sends {
        match self {
            Connection::WebRtc(peer) => peer.sends(),
            Connection::Wired(_) => WiredPeer::sends(),
        }
    }

    /// In how many sizes it offers its camera and its screen.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        match self {
            Connection::WebRtc(peer) => peer.sizes(),
            Connection::Wired(_) => [1, 1],
        }
    }

    /// Whether its streams are measured.
    pub(crate) fn is_measured(&self) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.is_measured(),
            Connection::Wired(peer) => peer.is_measured(),
        }
    }

    /// The SSRC of a receiving line.
    pub(crate) fn ssrc(&self, line: LineId) -> Option<u32> {
        match self {
            Connection::WebRtc(peer) => peer.ssrc(line),
            Connection::Wired(_) => WiredPeer::ssrc(line),
        }
    }

    /// The way to its client, as far as is known and if there is one.
    pub(crate) fn path(&self) -> Option<Path> {
        match self {
            Connection::WebRtc(peer) => peer.path(),
            Connection::Wired(_) => None,
        }
    }

    /// Whether the newest datagram that is truly from its other end came by this way.
    pub(crate) fn is_proved(&self, route: Route) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.is_proved(route),
            Connection::Wired(_) => false,
        }
    }

    pub(crate) fn audio_lines(&self) -> usize {
        match self {
            Connection::WebRtc(peer) => peer.audio_lines(),
            Connection::Wired(_) => limits::AUDIO_LINES,
        }
    }

    pub(crate) fn video_ssrcs(&self) -> Vec<u32> {
        match self {
            Connection::WebRtc(peer) => peer.video_ssrcs(),
            Connection::Wired(_) => vec![],
        }
    }

    /// Whether a STUN request is truly from its other end.
    pub(crate) fn vouches_for(&mut self, route: Route, contents: &[u8], now: Instant) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.vouches_for(route, contents, now),
            Connection::Wired(_) => false,
        }
    }

    /// Takes a datagram from an address that has been vouched for; false if it made no sense.
    pub(crate) fn receive(&mut self, route: Route, contents: &[u8], now: Instant) -> Result<bool, PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.receive(route, contents, now),
            Connection::Wired(_) => Ok(false),
        }
    }

    /// Whether it was there since this was asked last, if it is to be asked: the datagrams of a network say so by themselves.
    pub(crate) fn take_beat(&self) -> bool {
        match self {
            Connection::WebRtc(_) => false,
            Connection::Wired(peer) => peer.take_beat(),
        }
    }

    /// Whether what it sends comes by the network of this server.
    pub(crate) fn crosses_a_network(&self) -> bool {
        matches!(self, Connection::WebRtc(_))
    }

    /// Hands in the time: timers that are due run, and what was written becomes packets.
    pub(crate) fn tick(&mut self, now: Instant) -> Result<(), PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.tick(now),
            Connection::Wired(peer) => {
                peer.tick(now);
                Ok(())
            }
        }
    }

    /// Takes everything out, and says when to tick next if that is not as it was.
    pub(crate) fn drain(
        &mut self,
        transmit: &mut dyn FnMut(Route, &[u8]),
        events: &mut Vec<PeerEvent>,
    ) -> Result<Option<Instant>, PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.drain(transmit, events).map(Some),
            Connection::Wired(peer) => Ok(peer.drain(events)),
        }
    }

    /// Whether a data channel is open.
    pub(crate) fn has(&self, channel: Channel) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.has(channel),
            Connection::Wired(_) => WiredPeer::has(channel),
        }
    }

    /// Writes a text to a data channel; false if there is no room for it now. A channel that is closed takes everything.
    pub(crate) fn tell(&mut self, channel: Channel, text: &str) -> Result<bool, PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.tell(channel, text),
            Connection::Wired(peer) => Ok(peer.tell(channel, text)),
        }
    }

    /// Sends a message of a check back.
    pub(crate) fn send_back(&mut self, message: &[u8]) -> Result<(), PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.send_back(message),
            Connection::Wired(_) => Ok(()),
        }
    }

    /// What it would be sent if there were no limit, in bits per second; `None` if it is shown no picture.
    pub(crate) fn want(&mut self, wanted_bps: Option<u64>) {
        if let Connection::WebRtc(peer) = self {
            peer.want(wanted_bps);
        }
    }

    /// Asks this publisher for a keyframe of one size, and says of which stream that is; `None` if nothing of it has come yet.
    pub(crate) fn ask_keyframe(&mut self, source: Source, spatial: u8) -> Option<u32> {
        match self {
            Connection::WebRtc(peer) => peer.ask_keyframe(source, spatial),
            Connection::Wired(_) => None,
        }
    }

    /// Says goodbye; the drain that follows carries it. Whoever holds a wire reads its end when this is dropped.
    pub(crate) fn close(&mut self) -> Result<(), PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.close(),
            Connection::Wired(_) => Ok(()),
        }
    }
}

impl Egress for Connection {
    fn wants_redundancy(&self) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.wants_redundancy(),
            Connection::Wired(peer) => peer.wants_redundancy(),
        }
    }

    fn write(&mut self, line: LineId, packet: &Outgoing<'_>) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.write(line, packet),
            Connection::Wired(peer) => peer.write(line, packet),
        }
    }
}
