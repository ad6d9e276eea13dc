//! What the media plane tells the control plane.
//!
//! The media plane only reports. It never tells the others in the room that somebody left: that is a fact, and a fact is
//! written down before anybody hears of it. So a departure is `Lost` here, a durable write at the server, and only then
//! `Media::remove`.

use std::time::Instant;

/// A report from a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A session's transport is up: DTLS is done, and so its address has proved itself. It is reported once, and the session
    /// is told nothing until the control plane says what becomes of it.
    Connected {
        /// The session, as it was admitted.
        session: String,
    },
    /// Connected sessions from which datagrams arrived since the last report, with the instant of the last one, gathered for
    /// `limits::ALIVE_INTERVAL`. Who is outside is reported too.
    Alive(Vec<(String, Instant)>),
    /// A session is gone. It is reported once, and its media is forwarded no longer; `Media::remove` then clears it away.
    Lost {
        /// The session, as it was admitted.
        session: String,
        /// When the last datagram from it arrived; the admission if none did.
        last_sign_of_life: Instant,
        /// How it went.
        cause: LostCause,
    },
}

/// How a session went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LostCause {
    /// It asked to leave on `session-control`.
    Left,
    /// Its end closed the DTLS or SCTP association, as a browser does when the tab is closed.
    Closed,
    /// Nothing arrived from it for `limits::SILENCE`.
    Silent,
    /// Its media did not connect within `limits::CONNECT_DEADLINE`.
    NeverConnected,
}

/// Why the control plane takes a session out of its room or the lobby; the client is told on `session-control`. `Removed`,
/// `Denied`, `Expired` and `Full` are `REASON_USER_STOPPED` on the wire, with a `detail` of that name in capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectReason {
    /// The client left: by the data channel, by HTTP, or by closing the tab.
    ClientLeft,
    /// Somebody in the meeting put it out.
    Removed,
    /// Somebody in the meeting did not let it in.
    Denied,
    /// Nobody answered its knock.
    Expired,
    /// There was no place left when its transport was up, in the room or in the lobby.
    Full,
    /// The conference was ended for all.
    ConferenceEnded,
    /// The session went silent or never connected.
    Unhealthy,
    /// The server stops. On the wire this is `REASON_SESSION_UNHEALTHY`, which a client may recover from by joining again.
    ShuttingDown,
}
