//! The limits of connections and of bodies, each with its reason.

use std::time::Duration;

use share::Rule;

/// Open TCP connections, where there are descriptors for them. Each costs a task and its buffers (about 20 kB idle): this many
/// fit in 200 MB.
pub(crate) const CONNECTIONS_MAX: usize = 10_000;

/// Of all connections, one part of so many may be one client's: 1,250 at most. A school of a thousand is behind one address, and
/// a browser that speaks HTTP/2 opens one; where more are opened, the school's own idle ones make room.
const CLIENTS_PART: usize = 8;

/// Descriptors for everything else: the register's files and connections, the sockets of media, providers, connections that gave
/// way and are being closed.
const OTHER_FILES_MAX: u64 = 256;

/// What the machine, and the patience of a test, decides.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections.
    pub connections_max: usize,
    /// Of those, of one client.
    pub connections_per_client: usize,
    /// How long a new connection may take to its first complete request, and one of HTTP/1 to the head of its next: longer than
    /// any honest network.
    pub first_request_timeout: Duration,
    /// How long a connection may stay that has no request under way. Browsers and channels of gRPC keep one and ask again;
    /// after so long they open another as well.
    pub idle_timeout: Duration,
    /// How long a body may take in any case: a packet that is lost is sent again after 1, 2 and 4 s.
    pub body_grace: Duration,
    /// How long it may take at most, however steadily it comes: as long as the answer.
    pub body_timeout: Duration,
}

impl Limits {
    /// As many files as there is a use for.
    pub const FILES: u64 = CONNECTIONS_MAX as u64 + OTHER_FILES_MAX;

    /// With so many connections at most.
    pub const fn with_connections(connections_max: usize) -> Limits {
        Limits {
            connections_max,
            connections_per_client: connections_max.div_ceil(CLIENTS_PART),
            first_request_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(3),
            body_grace: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
        }
    }

    /// Where the process may open so many files. Where those are very few, half are for connections.
    pub fn with_files(files_max: u64) -> Limits {
        let connections = files_max.saturating_sub(OTHER_FILES_MAX.min(files_max / 2));
        let connections = usize::try_from(connections).unwrap_or(usize::MAX);
        Limits::with_connections(connections.min(CONNECTIONS_MAX))
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::with_connections(CONNECTIONS_MAX)
    }
}

/// How long somebody who was let in, or had an answer, is taken to be about to ask: two round trips of a slow network with the
/// handshake. Only after that does a connection give way to another.
pub(crate) const QUESTION_TIMEOUT: Duration = Duration::from_secs(2);

/// How long an answer that is not taken keeps its connection from giving way to another: long enough for the largest page
/// over a slow network.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);

/// How long a connection that is asked to close may take to.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long shaking hands may take: two round trips, and an honest machine needs no second for its part.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Handshakes at once. Each takes about a millisecond of a core, and holds some kilobytes until it is done.
pub(crate) const HANDSHAKES: Rule = strangers(1_024, 256);

/// Bytes of bodies that are held while they are read or answered: what all may take of the memory, and what one client may.
/// The largest honest body is 256 KiB, and mostly held for some hundredths of a second: 64 of them at once are a school that
/// comes in at the same moment.
pub(crate) const BODIES_BYTES: Rule = strangers(64 * 1024 * 1024, 16 * 1024 * 1024);

/// What a piece of a body costs beside its bytes: whoever sends them one by one pays for it.
pub(crate) const BODY_PIECE_BYTES: u64 = 128;

/// Beyond [`Limits::body_grace`], a body is given a second for each of so many bytes it brought: slower is no network in which
/// anybody could be in a meeting.
pub(crate) const BODY_BYTES_PER_SECOND: u64 = 8 * 1024;

/// When to come again after there was no room for a body: it is made within a second where others are honest.
pub(crate) const BODY_RETRY_SECONDS: u64 = 2;

/// Bytes of a request head: a bearer token of 8 kB and its cookies fit twice.
pub(crate) const REQUEST_HEAD_BYTES_MAX: usize = 32 * 1024;

/// Streams that one HTTP/2 connection may have open: what a gRPC channel counts on before it opens a second connection.
pub(crate) const HTTP2_STREAMS_MAX: u32 = 128;

/// Bytes of one stream that may be on their way before anybody reads them: most bodies come in one go.
pub(crate) const HTTP2_STREAM_BYTES_MAX: u32 = 64 * 1024;

/// The same for all streams of a connection. Whoever is let in reads at once, and what nobody wants is thrown away, so few have
/// anything waiting; were all of 1,250 connections of a client to, they would hold 320 MB.
pub(crate) const HTTP2_CONNECTION_BYTES_MAX: u32 = 256 * 1024;

/// Bytes of a frame: the least that the protocol allows.
pub(crate) const HTTP2_FRAME_BYTES_MAX: u32 = 16 * 1024;

/// Bytes of the answer of one stream that wait for a client to take them; all streams of a connection together have 8 MB.
pub(crate) const HTTP2_ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Streams that a client opened and reset before anybody looked; one more, and the connection is closed. Nobody honest resets
/// faster than we accept.
pub(crate) const HTTP2_RESET_EARLY_MAX: usize = 20;

/// Streams of a connection that were reset for a client's faults; one more, and it is closed.
pub(crate) const HTTP2_RESET_FOR_FAULTS_MAX: usize = 64;

/// How often an HTTP/2 connection is asked whether it lives.
pub(crate) const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(30);

/// How long the answer to such a question may take.
pub(crate) const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a refused body that are still read, so that its sender gets to the answer; whoever sends more is cut off. Thirty
/// times the largest body that is taken: who has that much to say mistook the address.
pub(crate) const LINGER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long a refused body is still read.
pub(crate) const LINGER_TIMEOUT: Duration = Duration::from_secs(10);

/// Refused bodies that are read on at once: nothing of them is kept, but they cost the network. Others are cut off.
pub(crate) const LINGERING: Rule = strangers(256, 32);

/// How often the files of a certificate are looked at: whoever renews them does so days before they expire.
pub(crate) const CERTIFICATE_LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// How long nothing is accepted after the system refused to accept.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// So much for all, and so much for one client. Nobody is known here by an account.
const fn strangers(total: u64, per_client: u64) -> Rule {
    Rule {
        total,
        kept_for_accounts: 0,
        kept_for_close: 0,
        per_client,
        per_account: 0,
    }
}
