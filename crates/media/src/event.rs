//! What the media plane tells the control plane.
//!
//! The media plane only reports. It never tells the others in the room that somebody left: that is a fact, and a fact is
//! written down before anybody hears of it. So a departure is `Lost` here, a durable write at the server, and only then
//! `Media::remove`.

use std::{net::SocketAddr, time::Instant};

use quality::{Stream, Window, report::Report};

use crate::endpoint::Transport;

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
    /// What was measured of the streams of all sessions in rooms, gathered for `limits::WINDOW`; and of one session what there is
    /// since, when it goes: before its [`Event::Lost`], and when it is removed.
    Measured(Vec<Measured>),
    /// Where a session's packets come from and go to. It is reported once it is connected, and again when it has moved.
    Reached {
        /// The session, as it was admitted.
        session: String,
        /// The way.
        path: Path,
    },
    /// What a session's client has uploaded so far, whole each time: a later report says all that an earlier one said. It comes
    /// at most once in `limits::REPORT_INTERVAL`, and a last time before `Lost`.
    Reported {
        /// The session, as it was admitted.
        session: String,
        /// What only its own end can measure.
        report: Box<Report>,
    },
    /// A media thread has ended, and nobody had told it to. Of those whom it carried nothing will be told any more.
    Failed,
}

/// What was measured of a session's streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The session, as it was admitted.
    pub session: String,
    /// When these windows end: the origin of the times in them.
    pub ended: Instant,
    /// Each stream that had packets, or reports of earlier ones.
    pub streams: Vec<(Stream, Window)>,
}

/// The way between a session and this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// What carries it; as far as the relay, where there is one.
    pub transport: Transport,
    /// Where its packets come from, as seen here: behind a translating router not what the client takes for its address.
    pub theirs: SocketAddr,
    /// Where it sends them, as it was announced to it.
    pub ours: SocketAddr,
    /// They come by our relay: it is the relay that sees the address.
    pub is_relayed: bool,
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
    /// Its media did not connect within `limits::CONNECT_DEADLINE`, or cannot any more: nothing of a handshake came.
    NeverConnected,
    /// The same, though its handshake did come: ICE had found a way, and DTLS failed on it.
    NeverSecured,
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
    /// The server stops, and is expected back. On the wire this is `REASON_SESSION_UNHEALTHY`, which a client may recover from by
    /// coming back, with the `detail` `RESTARTING`.
    ShuttingDown,
}
