//! Every limit of telephony, named and argued in one place.

use std::{num::NonZeroU32, ops::RangeInclusive, time::Duration};

use share::Rule;

/// A datagram of a telephone: 1,500 bytes are what a network carries at once.
pub(crate) const DATAGRAM_BYTES_MAX: usize = 1_500;

/// Sound in one packet: nobody sends more than 200 ms at once, since a telephone would wait for them.
pub(crate) const PACKET_SAMPLES_MAX: usize = 1_600;

/// Packets of Opus that wait until they are heard: a second of them in the shortest frames there are, 2.5 ms, in some of a kilobyte each.
pub(crate) const WAITING_PACKETS_MAX: usize = 400;

/// Legs that speak Opus at once; further ones speak G.711. To code and decode a frame takes some 80 µs on a core of today, and all lines
/// share one: so these are 12 ms of a beat's 20.
pub(crate) const OPUS_LEGS_MAX: usize = 150;

/// Packets that are read of one leg before the next frame of all legs is due: what 20 ms of the worst burst bring.
pub(crate) const PACKETS_AT_ONCE: usize = 64;

/// Sounds that wait to be played to one leg.
pub(crate) const PLAYING_MAX: usize = 1_000;

/// Keys that wait to be pressed on one leg: the contract's longest run of digits.
pub(crate) const PRESSING_MAX: usize = 256;

/// A leg of which nothing has been heard for so long is gone: telephones that say nothing send comfort noise or silence.
pub(crate) const SILENT_US: i64 = 15_000_000;

/// A telephone that moved to another address has not been heard from its old one for so long.
pub(crate) const MOVED_US: i64 = 2_000_000;

/// What waits for the thread of all lines.
pub(crate) const COMMANDS_MAX: usize = 4_096;

/// A description of a session: a telephone's has some hundred bytes, a browser's some thousand.
pub(crate) const SDP_BYTES_MAX: usize = 16_384;

/// Streams in one: sound, pictures, slides, and more than anybody has.
pub(crate) const SDP_STREAMS_MAX: usize = 16;

/// Legs at once: each has a port, and a beat of all of them takes less than the 20 ms between two.
pub(crate) const LEGS_MAX: usize = 500;

/// Sound ahead of what is heard: what waits for its place, and what a burst brings, a second in all.
pub(crate) const AHEAD_SAMPLES_MAX: i64 = 8_000;

/// Calls of one address in a minute that may lead nowhere: a telephone that is set up wrongly, and no scanner.
pub(crate) const CALLS_IN_VAIN_PER_MINUTE: NonZeroU32 = NonZeroU32::new(20).expect("not zero");

/// What somebody shows to be let in: names, a nonce, an address and digests, each some dozen bytes.
pub(crate) const AUTHORIZATION_BYTES_MAX: usize = 2_048;

/// How long a nonce is good: a telephone that is asked answers at once, and may use it for some calls more.
pub(crate) const NONCE_US: i64 = 300_000_000;

/// Nonces whose counts are remembered: a telephone has one at a time, so those of all telephones that register in five minutes, and of
/// their calls.
pub(crate) const NONCES_MAX: usize = 50_000;

/// How often one address is asked for a password in a minute: an office whose telephones all register at once, and their calls.
pub(crate) const CHALLENGES_PER_MINUTE: NonZeroU32 = NonZeroU32::new(300).expect("not zero");

/// How long a registration may be good, and at least: it is what a restart costs, and what a telephone keeps an address translator
/// open by.
pub(crate) const REGISTERED_S: RangeInclusive<u32> = 60..=300;

/// Telephones of one user: at a desk, at home, in a pocket, and two that were replaced and not signed off.
pub(crate) const BINDINGS_PER_USER_MAX: usize = 5;

/// Registrations at once: some hundred bytes each, so some megabytes.
pub(crate) const BINDINGS_MAX: usize = 20_000;

/// Where a telephone says that it is: an address with its parameters.
pub(crate) const CONTACT_BYTES_MAX: usize = 512;

/// Packets that are remembered of a sealed source, so that none is heard twice: a second and more of sound.
pub(crate) const REPLAYED_PACKETS_MAX: usize = 64;

/// Sealed sources of one leg: a telephone begins a new one after a hold or a transfer.
pub(crate) const SEALED_SOURCES_MAX: usize = 16;

/// Connections at once, by TCP and by TLS: one for each telephone that is not reached by UDP. The stack has 128 KiB of buffers for each,
/// so they are 128 MiB in all. An office of telephones behind one address has a fifth.
pub(crate) const CONNECTIONS: Rule = Rule {
    total: 1_000,
    kept_for_accounts: 0,
    kept_for_close: 0,
    per_client: 200,
    per_account: 0,
};

/// How often a port is looked for that is free for UDP and for TCP.
pub(crate) const BINDS_MAX: u32 = 16;

/// How long somebody may take to shake hands.
pub(crate) const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);

/// How long it is waited before a connection is taken again, when one could not be.
pub(crate) const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// What is read at once of a connection that we made: more than a message of SIP mostly has.
pub(crate) const TLS_CHUNK_BYTES_MAX: usize = 4_096;

/// Whoever is called and has said nothing at all for so long is not there: a request has been sent four times by then.
pub(crate) const HEARD_WITHIN: Duration = Duration::from_secs(5);

/// Messages that are kept of what is said about one call, of which so many are its first: a call has some ten, and one of four hours
/// that is refreshed each quarter of an hour some eighty.
pub(crate) const LADDER_MESSAGES_MAX: usize = 200;
/// See [`LADDER_MESSAGES_MAX`].
pub(crate) const LADDER_MESSAGES_FIRST: usize = 16;

/// And their bytes: some hundred messages of a telephone's usual length.
pub(crate) const LADDER_BYTES_MAX: usize = 65_536;

/// What is kept of one message: the first ones of a ladder are within what a ladder may have, and more than any telephone says at once.
pub(crate) const LADDER_MESSAGE_BYTES_MAX: usize = LADDER_BYTES_MAX / LADDER_MESSAGES_FIRST;

/// Calls of which messages are kept at once: those that go on, and as many that have just ended. So they are 64 MiB at most.
pub(crate) const LADDERS_MAX: usize = 2 * LEGS_MAX;

/// How long what was said about a call is kept after its end, for whoever wants it.
pub(crate) const LADDER_KEPT: Duration = Duration::from_secs(10);

/// How often a call is asked for a refresh in a row, where something comes between.
pub(crate) const REFRESHES_MAX: u32 = 4;

/// How long a call may be good without a word, where whoever is called asks for more than usual: a day. Calls are shorter.
pub(crate) const SESSION_S_MAX: u32 = 86_400;

/// How long it is waited at least after two offers met, and how much more by chance: whoever began the call waits longer, so that the
/// second try meets nothing (RFC 3261 §14.1).
pub(crate) const GLARE_OURS: (Duration, Duration) = (Duration::from_millis(2_100), Duration::from_millis(1_900));
/// See [`GLARE_OURS`].
pub(crate) const GLARE_THEIRS: (Duration, Duration) = (Duration::ZERO, Duration::from_secs(2));

/// Streams of one leg that are measured: a telephone begins a new one after a hold or a transfer, and ours is one of them.
pub(crate) const MEASURED_STREAMS_MAX: usize = 16;

/// A sequence that jumps by more than this was started anew: `MAX_DROPOUT` of RFC 3550 §A.1, a minute of sound.
pub(crate) const DROPOUT: u64 = 3_000;

/// By so much a telephone may round up for how long it kept a report, in 65,536ths of a second: a hundredth of a second, by which the
/// coarsest of their clocks tick.
pub(crate) const WAITED_ROUNDED_BY: u32 = 655;

/// A report that was answered later than this was not answered: nobody waits for so long to hear somebody.
pub(crate) const ROUND_TRIP_US_MAX: u64 = 60_000_000;

/// Reports that are read of one leg at once: they come every few seconds, and of a flood the rest is left to the next.
pub(crate) const REPORTS_AT_ONCE: usize = 8;
