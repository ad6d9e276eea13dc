//! What joins a session to its room: WebRTC, a wire inside this process, or WebRTC on another shard. The one place that tells them apart.
//!
//! An enum and no trait object: a packet asks its connection three things, and there are three kinds of it. What only a network
//! has (addresses, keyframes, datagrams) is nothing for a wire, and the affair of the other shard for what is there.

use std::{sync::Arc, time::Instant};

use mio::Waker;

use crate::{
    core::{LineId, Source, channels::Channel, roll::Sends},
    distant::Distant,
    egress::{Egress, Outgoing},
    endpoint::Route,
    event::Path,
    ingress::PeerEvent,
    limits,
    peer::{Peer, PeerError},
    wired::{Announced, WiredPeer},
};

/// One of them.
pub(crate) enum Connection {
    WebRtc(Box<Peer>),
    Wired(Box<WiredPeer>),
    Distant(Box<Distant>),
}

impl Connection {
    /// The user fragment by which STUN requests name it.
    pub(crate) fn ufrag(&self) -> Option<&str> {
        match self {
            Connection::WebRtc(peer) => Some(peer.ufrag()),
            Connection::Wired(_) | Connection::Distant(_) => None,
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
            Connection::Distant(distant) => distant.answered.sends,
        }
    }

    /// In how many sizes it offers its camera and its screen.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        match self {
            Connection::WebRtc(peer) => peer.sizes(),
            Connection::Wired(_) => [1, 1],
            Connection::Distant(distant) => distant.answered.sizes,
        }
    }

    /// Whether its streams are measured.
    pub(crate) fn is_measured(&self) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.is_measured(),
            Connection::Wired(peer) => peer.is_measured(),
            Connection::Distant(distant) => distant.answered.is_measured,
        }
    }

    /// The SSRC of a receiving line.
    pub(crate) fn ssrc(&self, line: LineId) -> Option<u32> {
        match self {
            Connection::WebRtc(peer) => peer.ssrc(line),
            Connection::Wired(_) => WiredPeer::ssrc(line),
            Connection::Distant(_) => None,
        }
    }

    /// The way to its client, as far as is known and if there is one.
    pub(crate) fn path(&self) -> Option<Path> {
        match self {
            Connection::WebRtc(peer) => peer.path(),
            Connection::Wired(_) | Connection::Distant(_) => None,
        }
    }

    /// Whether the newest datagram that is truly from its other end came by this way.
    pub(crate) fn is_proved(&self, route: Route) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.is_proved(route),
            Connection::Wired(_) | Connection::Distant(_) => false,
        }
    }

    pub(crate) fn audio_lines(&self) -> usize {
        match self {
            Connection::WebRtc(peer) => peer.audio_lines(),
            Connection::Wired(_) => limits::AUDIO_LINES,
            Connection::Distant(distant) => distant.answered.audio_lines,
        }
    }

    pub(crate) fn video_ssrcs(&self) -> Vec<u32> {
        match self {
            Connection::WebRtc(peer) => peer.video_ssrcs(),
            Connection::Wired(_) => vec![],
            Connection::Distant(distant) => distant.answered.video_ssrcs.clone(),
        }
    }

    /// Whether a STUN request is truly from its other end.
    pub(crate) fn vouches_for(&mut self, route: Route, contents: &[u8], now: Instant) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.vouches_for(route, contents, now),
            Connection::Wired(_) | Connection::Distant(_) => false,
        }
    }

    /// Takes a datagram from an address that has been vouched for; false if it made no sense.
    pub(crate) fn receive(&mut self, route: Route, contents: &[u8], now: Instant) -> Result<bool, PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.receive(route, contents, now),
            Connection::Wired(_) | Connection::Distant(_) => Ok(false),
        }
    }

    /// Whether it was there since this was asked last, if it is to be asked: the datagrams of a network say so by themselves.
    pub(crate) fn take_beat(&self) -> bool {
        match self {
            Connection::WebRtc(_) | Connection::Distant(_) => false,
            Connection::Wired(peer) => peer.take_beat(),
        }
    }

    /// What is known of it, if it is on another shard.
    pub(crate) fn distant(&mut self) -> Option<&mut Distant> {
        match self {
            Connection::WebRtc(_) | Connection::Wired(_) => None,
            Connection::Distant(distant) => Some(distant),
        }
    }

    /// Whether it is on another shard, which knows whether its client is heard.
    pub(crate) fn is_distant(&self) -> bool {
        matches!(self, Connection::Distant(_))
    }

    /// Whether texts wait for its client beyond what this shard knows.
    pub(crate) fn waits(&self) -> bool {
        matches!(self, Connection::Distant(distant) if distant.waits())
    }

    /// Whether what it sends comes by the network of this server to this shard.
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
            Connection::Distant(distant) => {
                distant.tick(now);
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
            Connection::Distant(distant) => Ok(Some(distant.drain())),
        }
    }

    /// Whether a data channel is open.
    pub(crate) fn has(&self, channel: Channel) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.has(channel),
            Connection::Wired(_) => WiredPeer::has(channel),
            Connection::Distant(distant) => distant.has(channel),
        }
    }

    /// Writes a text to a data channel; false if there is no room for it now. A channel that is closed takes everything.
    pub(crate) fn tell(&mut self, channel: Channel, text: &Arc<str>) -> Result<bool, PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.tell(channel, text),
            Connection::Wired(peer) => Ok(peer.tell(channel, text)),
            Connection::Distant(distant) => Ok(distant.tell(channel, text)),
        }
    }

    /// Sends a message of a check back.
    pub(crate) fn send_back(&mut self, message: &[u8]) -> Result<(), PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.send_back(message),
            Connection::Wired(_) | Connection::Distant(_) => Ok(()),
        }
    }

    /// What it would be sent if there were no limit, in bits per second; `None` if it is shown no picture.
    pub(crate) fn want(&mut self, wanted_bps: Option<u64>) {
        match self {
            Connection::WebRtc(peer) => peer.want(wanted_bps),
            Connection::Wired(_) => {}
            Connection::Distant(distant) => distant.want(wanted_bps),
        }
    }

    /// Asks this publisher for a keyframe of one size, and says of which stream that is; `None` if nothing of it has come yet.
    pub(crate) fn ask_keyframe(&mut self, source: Source, spatial: u8) -> Option<u32> {
        match self {
            Connection::WebRtc(peer) => peer.ask_keyframe(source, spatial),
            Connection::Wired(_) => None,
            Connection::Distant(distant) => distant.ask_keyframe(source, spatial),
        }
    }

    /// Says goodbye; the drain that follows carries it. Whoever holds a wire reads its end when this is dropped.
    pub(crate) fn close(&mut self) -> Result<(), PeerError> {
        match self {
            Connection::WebRtc(peer) => peer.close(),
            Connection::Wired(_) | Connection::Distant(_) => Ok(()),
        }
    }
}

impl Egress for Connection {
    fn wants_redundancy(&self) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.wants_redundancy(),
            Connection::Wired(peer) => peer.wants_redundancy(),
            // What is written there is asked there.
            Connection::Distant(_) => false,
        }
    }

    fn write(&mut self, line: LineId, packet: &Outgoing<'_>) -> bool {
        match self {
            Connection::WebRtc(peer) => peer.write(line, packet),
            Connection::Wired(peer) => peer.write(line, packet),
            Connection::Distant(_) => false,
        }
    }
}
