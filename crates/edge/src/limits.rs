//! The limits of connections, each with its reason.

use std::time::Duration;

/// Open TCP connections. Each costs a task and its buffers (about 20 kB idle): this many fit in 200 MB.
pub(crate) const CONNECTIONS_MAX: usize = 10_000;

/// How long a new connection may take to its first complete request, and a kept one to the head of its next:
/// longer than any honest network, short enough that silent connections cannot use up [`CONNECTIONS_MAX`].
pub(crate) const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Bytes of a request head: a bearer token of 8 kB and its cookies fit twice.
pub(crate) const REQUEST_HEAD_BYTES_MAX: usize = 32 * 1024;

/// Streams that one HTTP/2 connection may have open: above what a gRPC channel uses before it opens a second connection.
pub(crate) const HTTP2_STREAMS_MAX: u32 = 256;

/// How often an idle HTTP/2 connection is asked whether it lives.
pub(crate) const HTTP2_PING_INTERVAL: Duration = Duration::from_secs(30);

/// How long the answer to such a question may take.
pub(crate) const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a refused body that are still read, so that its sender gets to the answer; a faster flood is cut off.
pub(crate) const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long a refused body is still read.
pub(crate) const LINGER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the last requests may take once the meetings are closed and the listener is stopping.
pub(crate) const LAST_REQUESTS_TIMEOUT: Duration = Duration::from_secs(3);

/// How often the files of a certificate are looked at: whoever renews them does so days before they expire.
pub(crate) const CERTIFICATE_LOOK_INTERVAL: Duration = Duration::from_mins(1);

/// How long nothing is accepted after the system refused to accept.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
