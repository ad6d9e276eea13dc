//! The data channels of a peer connection: which of those that a client opens are ours, and what goes through them.
//!
//! A client opens as many as it likes, and each takes memory. So one that we do not know, or have already, is closed again.
//! A check of the network has a single one, whatever it is called, and is given back what it sends there.

use str0m::channel::{ChannelData, ChannelId};

use crate::{
    core::channels::Channel,
    ingress::PeerEvent,
    peer::{Peer, PeerError},
};

/// Those that are open.
pub(super) enum Channels {
    OfSession([Option<ChannelId>; Channel::ALL.len()]),
    OfCheck(Option<ChannelId>),
}

impl Channels {
    fn id(&self, channel: Channel) -> Option<ChannelId> {
        match self {
            Channels::OfSession(open) => open[channel.index()],
            Channels::OfCheck(_) => None,
        }
    }

    /// One is closed. A check that closes its own has had it.
    pub(super) fn closed(&mut self, id: ChannelId) {
        if let Channels::OfSession(open) = self {
            for channel in open {
                channel.take_if(|open| *open == id);
            }
        }
    }

    /// Something came on one.
    pub(super) fn message(&self, data: ChannelData) -> Option<PeerEvent> {
        match self {
            Channels::OfSession(open) => {
                let is_it = |channel: &Channel| open[channel.index()] == Some(data.id);
                let channel = Channel::ALL.into_iter().find(is_it)?;
                Some(PeerEvent::Message(channel, data.data))
            }
            Channels::OfCheck(_) => Some(PeerEvent::Echo(data.data)),
        }
    }
}

impl Peer {
    /// Whether the client has opened this data channel.
    pub(crate) fn has(&self, channel: Channel) -> bool {
        self.channels.id(channel).is_some()
    }

    /// Writes a text to a data channel; false if there is no room for it now. A channel that is closed takes everything.
    pub(crate) fn tell(&mut self, channel: Channel, text: &str) -> Result<bool, PeerError> {
        self.is_stirred = true;
        self.guarded(|peer| {
            let id = peer.channels.id(channel);
            let Some(mut channel) = id.and_then(|id| peer.rtc.channel(id)) else {
                return Ok(true);
            };
            Ok(channel.write(false, text.as_bytes())?)
        })
    }

    /// Sends a message of a check back; what there is no room for now is lost.
    pub(crate) fn send_back(&mut self, message: &[u8]) -> Result<(), PeerError> {
        self.is_stirred = true;
        self.guarded(|peer| {
            if let Channels::OfCheck(Some(id)) = peer.channels
                && let Some(mut channel) = peer.rtc.channel(id)
            {
                channel.write(true, message)?;
            }
            Ok(())
        })
    }

    pub(super) fn channel_open(&mut self, id: ChannelId, label: &str) -> Option<PeerEvent> {
        match &mut self.channels {
            Channels::OfCheck(only) => {
                if *only.get_or_insert(id) == id {
                    return None;
                }
            }
            Channels::OfSession(open) => {
                let is_free = |channel: &Channel| open[channel.index()].is_none();
                if let Some(channel) = Channel::from_label(label).filter(is_free) {
                    open[channel.index()] = Some(id);
                    return Some(PeerEvent::ChannelOpen(channel));
                }
            }
        }
        self.rtc.direct_api().close_data_channel(id);
        None
    }
}
