//! A peer connection for tests of what is around it.

use std::time::Instant;

use super::{Peer, Watch};
use crate::endpoint::Endpoint;

/// An offer of data channels alone, which is the least that one can join with.
const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n\
    m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
    a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:\
    00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=setup:actpass\r\na=mid:0\r\na=sctp-port:5000\r\n";

/// A peer connection that was answered a moment ago, and has not heard of anybody.
#[expect(clippy::disallowed_methods, reason = "instants can only be had from a clock")]
pub(crate) fn peer() -> Box<Peer> {
    let candidates = [Endpoint::udp("127.0.0.1:9".parse().unwrap())];
    let watch = Watch {
        is_measured: true,
        is_estimated: true,
    };
    let (peer, _) = Peer::answer(OFFER, &candidates, watch, Instant::now()).unwrap();
    Box::new(peer)
}
