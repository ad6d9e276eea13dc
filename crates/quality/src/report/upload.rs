//! What one upload says: a table of the figures that a client counts, and what follows from those of one stream.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

/// Declares some figures, each with how a newer one takes the place of an older one: [`total`] or [`latest`].
macro_rules! figures {
    ($(#[$doc:meta])+ $name:ident { $($(#[$figure_doc:meta])+ $kind:ident $figure:ident,)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$figure_doc])+ #[serde(skip_serializing_if = "Option::is_none")] pub $figure: Option<u64>,)+
        }

        impl $name {
            /// Takes over what is newer.
            pub(super) fn take(&mut self, newer: &$name) {
                $(self.$figure = $kind(self.$figure, newer.$figure);)+
            }
        }
    };
}

/// A sum since the stream began.
fn total(known: Option<u64>, newer: Option<u64>) -> Option<u64> {
    known.max(newer)
}

/// How it is at the moment.
fn latest(known: Option<u64>, newer: Option<u64>) -> Option<u64> {
    newer.or(known)
}

figures! {
    /// What a client counts of a stream that it receives, on one of its lines.
    Received {
        /// Packets that arrived.
        total packets,
        /// Packets that never did.
        total packets_lost,
        /// Packets that came too late to be played.
        total packets_discarded,
        /// Packets that arrived because they were sent again.
        total packets_resent,
        /// Packets of forward error correction.
        total packets_fec,
        /// RFC 3550 jitter.
        latest jitter_us,
        /// How long each sample or frame has waited to be played, summed up over all of them.
        total jitter_buffer_us,
        /// Over how many.
        total jitter_buffer_emitted,
        /// Samples of sound that were played, invented ones included.
        total samples,
        /// Samples that were invented because nothing was there to be played.
        total samples_concealed,
        /// Those among them that were silence, as on a line that nobody speaks on.
        total samples_concealed_silent,
        /// How often inventing began.
        total concealments,
        /// The square of the level, where 1 is full scale, times seconds, in billionths.
        total audio_energy_nano,
        /// The time that this energy was gathered in.
        total audio_us,
        /// Frames that arrived whole.
        total frames,
        /// Frames that were decoded.
        total frames_decoded,
        /// Keyframes among them.
        total keyframes_decoded,
        /// Frames that were thrown away, undecoded or unshown.
        total frames_dropped,
        /// The time that decoding took.
        total decoding_us,
        /// How often the picture stood still, as a person would notice it.
        total freezes,
        /// For how long in all.
        total frozen_us,
        /// The picture's width.
        latest width_pixels,
        /// The picture's height.
        latest height_pixels,
    }
}

figures! {
    /// What a client counts of a stream that it sends.
    Sent {
        /// Packets that were sent.
        total packets,
        /// Packets that were sent again.
        total packets_resent,
        /// Frames that were encoded.
        total frames_encoded,
        /// Keyframes among them.
        total keyframes_encoded,
        /// The time that encoding took.
        total encoding_us,
        /// For how long the encoder did all that it was meant to.
        total unlimited_us,
        /// For how long the processor kept it from that.
        total limited_by_processor_us,
        /// For how long the network did.
        total limited_by_bandwidth_us,
        /// For how long something else did.
        total limited_otherwise_us,
        /// What the encoder aims at.
        latest target_bps,
        /// Round trips that were measured by RTCP, summed up.
        total round_trips_us,
        /// How many.
        total round_trips,
        /// Packets that we told the client are lost.
        total packets_lost,
        /// The square of the level of what is sent, before it is encoded, times seconds, in billionths.
        total audio_energy_nano,
        /// The time that this energy was gathered in.
        total audio_us,
        /// How often the microphone missed some sound.
        total capture_glitches,
    }
}

figures! {
    /// What a client counts of its loudspeaker.
    Playout {
        /// How often something had to be invented because nothing was ready.
        total glitches,
        /// How much sound was invented.
        total glitched_us,
        /// How much sound was played, invented sound included.
        total played_us,
    }
}

/// What a client says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Client {
    /// As a browser sends it to servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Cores of its processor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u16>,
    /// What it believes to be connected by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
    /// The names of microphone and loudspeaker. Names of devices are personal, so our own client sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capture_device: Option<String>,
    /// See [`Client::capture_device`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub render_device: Option<String>,
}

/// The access network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Connection {
    /// A cable.
    Wired,
    /// Wireless, at home or in an office.
    Wifi,
    /// A telephone network.
    Mobile,
    /// A private network inside of another.
    Tunnel,
    /// Something else.
    Unknown,
}

/// The way that a client's packets take, as it looks from there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Path {
    /// The last round trip to us.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_us: Option<u64>,
    /// What the client believes that it could send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outgoing_bps: Option<u64>,
    /// What it believes that it could receive; few browsers say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incoming_bps: Option<u64>,
    /// What kind of address it sends from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Candidate>,
    /// How it sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// How it reaches its relay, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay_protocol: Option<Protocol>,
    /// Its own address, where the browser does not hide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// The port there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The network of that address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<Connection>,
}

/// A kind of ICE candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Candidate {
    /// An address of the device itself.
    Host,
    /// What a STUN server saw.
    ServerReflexive,
    /// What the other end saw.
    PeerReflexive,
    /// An address at a relay.
    Relay,
}

/// A way to send packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Protocol {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP, to a relay.
    Tls,
}

/// What one upload says. Streams are named by their SSRC, as the client knows them: on the lines that it receives on, it is
/// the one that the answer gave to the line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upload {
    /// The client itself.
    pub client: Option<Client>,
    /// The selected path.
    pub path: Option<Path>,
    /// The loudspeaker.
    pub playout: Playout,
    /// What it receives.
    pub received: BTreeMap<u32, Received>,
    /// What it sends.
    pub sent: BTreeMap<u32, Sent>,
}

/// Samples of sound, without invented silence: nobody misses the sound of a line that nobody speaks on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Concealment {
    pub(super) heard: u64,
    pub(super) concealed: u64,
}

impl Client {
    /// Takes over what is newer.
    pub(super) fn take(&mut self, newer: Client) {
        *self = Client {
            user_agent: newer.user_agent.or(self.user_agent.take()),
            cores: newer.cores.or(self.cores),
            connection: newer.connection.or(self.connection),
            capture_device: newer.capture_device.or(self.capture_device.take()),
            render_device: newer.render_device.or(self.render_device.take()),
        };
    }
}

impl Received {
    pub(super) fn concealment(&self) -> Option<Concealment> {
        let silent = self.samples_concealed_silent.unwrap_or(0);
        Some(Concealment {
            heard: self.samples?.saturating_sub(silent),
            concealed: self.samples_concealed?.saturating_sub(silent),
        })
    }

    /// The share of invented sound in all sound but invented silence, in millionths.
    pub fn concealed_ppm(&self) -> Option<u64> {
        let Concealment { heard, concealed } = self.concealment()?;
        share_ppm(concealed, heard)
    }

    /// The share of frames that arrived and were thrown away, in millionths.
    pub fn frames_dropped_ppm(&self) -> Option<u64> {
        share_ppm(self.frames_dropped?, self.frames?)
    }

    /// The share of packets that never came, not even sent again or by forward error correction, in millionths. Whoever does not know what
    /// was sent again does not know it.
    pub fn lost_after_repair_ppm(&self) -> Option<u64> {
        let resent = self.packets_resent?;
        let repaired = resent.saturating_add(self.packets_fec.unwrap_or(0));
        let lost = self.packets_lost?;
        // What was sent again is counted among what came.
        let expected = self.packets?.saturating_sub(resent).saturating_add(lost);
        share_ppm(lost.saturating_sub(repaired), expected)
    }

    /// The mean length of a freeze.
    pub fn freeze_mean_us(&self) -> Option<u64> {
        self.frozen_us?.checked_div(self.freezes?)
    }
}

impl Sent {
    /// The share of the time in which the processor kept the encoder from what it was meant to do, in millionths.
    pub fn limited_by_processor_ppm(&self) -> Option<u64> {
        share_ppm(self.limited_by_processor_us?, self.encoder_us())
    }

    /// For how long there was an encoder, whether or not something kept it from what it was meant to do.
    pub fn encoder_us(&self) -> u64 {
        let all = [
            self.unlimited_us,
            self.limited_by_processor_us,
            self.limited_by_bandwidth_us,
            self.limited_otherwise_us,
        ];
        all.into_iter().flatten().fold(0, u64::saturating_add)
    }
}

/// A part of a whole, in millionths; absent if there is no whole.
pub(super) fn share_ppm(part: u64, whole: u64) -> Option<u64> {
    let ppm = (u128::from(part.min(whole)) * 1_000_000).checked_div(u128::from(whole))?;
    u64::try_from(ppm).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_repaired_was_not_lost() {
        let check = |figures: [Option<u64>; 4], expected: Option<u64>| {
            let [packets, packets_lost, packets_resent, packets_fec] = figures;
            let received = Received {
                packets,
                packets_lost,
                packets_resent,
                packets_fec,
                ..Received::default()
            };
            assert_eq!(received.lost_after_repair_ppm(), expected, "{figures:?}");
        };
        check([Some(990), Some(50), Some(40), None], Some(10_000));
        check([Some(990), Some(50), Some(40), Some(5)], Some(5_000));
        check([Some(1_000), Some(0), Some(0), None], Some(0));
        // What was not lost was sent again, too: padding of who looks for a wider way.
        check([Some(1_100), Some(10), Some(100), None], Some(0));
        check([Some(950), Some(50), None, None], None);
        check([Some(0), Some(0), Some(0), None], None);
        check([None, Some(50), Some(40), None], None);
    }

    #[test]
    fn shares_are_of_something() {
        let sent = |limited_us, unlimited_us| Sent {
            unlimited_us,
            limited_by_processor_us: limited_us,
            limited_by_bandwidth_us: unlimited_us.map(|unlimited_us| unlimited_us / 6),
            ..Sent::default()
        };
        let limited_ppm = |limited_us, unlimited_us| sent(limited_us, unlimited_us).limited_by_processor_ppm();
        assert_eq!(limited_ppm(Some(3_000_000), Some(6_000_000)), Some(300_000));
        assert_eq!(limited_ppm(Some(0), None), None, "of no time at all");
        assert_eq!(limited_ppm(None, Some(6_000_000)), None, "it was not counted");
        let video = |frames| Received {
            frames: Some(frames),
            frames_dropped: Some(50),
            ..Received::default()
        };
        assert_eq!(video(200).frames_dropped_ppm(), Some(250_000));
        assert_eq!(video(0).frames_dropped_ppm(), None);
    }
}
