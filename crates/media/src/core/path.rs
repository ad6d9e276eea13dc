//! Where a session's media goes: to the address that the newest authentic datagram came from.
//!
//! A STUN request may name any address as the one to send to, and nothing in it shows that the session is there: signed by
//! one client, it would turn a room's pictures on somebody who never asked. So a nomination moves nothing. The client's
//! own packets do: it sends them on the path that it has chosen, so media follows it to another network with the first one,
//! whatever the two ends think of the priorities of candidates. Until there is one there are no keys, and so no media: the
//! handshake is answered to where it comes from, and begun, if that is ours to do, where a request has asked for it.

use std::net::SocketAddr;

use crate::core::datagram::{Kind, kind};

/// One session's path.
#[derive(Debug, Default)]
pub(crate) struct Path {
    /// Where the newest authentic datagram came from.
    proved: Option<SocketAddr>,
    /// Where the newest part of a handshake came from.
    greeted: Option<SocketAddr>,
}

impl Path {
    /// A datagram that nothing is known of yet.
    pub(crate) fn arrived(&mut self, from: SocketAddr, datagram: &[u8]) {
        if self.proved.is_none() && kind(datagram) == Kind::Dtls {
            self.greeted = Some(from);
        }
    }

    /// A datagram from there was authentic.
    pub(crate) fn proved(&mut self, from: SocketAddr) {
        self.proved = Some(from);
    }

    /// Where the session is, as far as is known.
    pub(crate) fn reached(&self) -> Option<SocketAddr> {
        self.proved.or(self.greeted)
    }

    /// Where a datagram is sent that the stack has for an address: the answer to a STUN request goes there.
    pub(crate) fn of(&self, datagram: &[u8], named: SocketAddr) -> SocketAddr {
        match datagram.first() {
            Some(0..=3) => named,
            _ => self.reached().unwrap_or(named),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUN: &[u8] = &[1, 1];
    const DTLS: &[u8] = &[22, 254, 253];
    const MEDIA: &[u8] = &[0x80, 111];

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    /// Where media goes after these steps, while the stack has it for port 9.
    fn check(steps: &[fn(&mut Path)], expected: u16) {
        let mut path = Path::default();
        for step in steps {
            step(&mut path);
        }
        for datagram in [DTLS, MEDIA] {
            assert_eq!(path.of(datagram, at(9)), at(expected));
        }
        assert_eq!(path.of(STUN, at(9)), at(9), "whoever asks by STUN is answered");
    }

    #[test]
    fn media_goes_where_authentic_datagrams_come_from() {
        let greeted: fn(&mut Path) = |path| path.arrived(at(1), DTLS);
        let proved: fn(&mut Path) = |path| path.proved(at(1));
        let named: fn(&mut Path) = |path| path.arrived(at(2), STUN);
        let forged: fn(&mut Path) = |path| {
            path.arrived(at(2), DTLS);
            path.arrived(at(2), MEDIA);
        };
        let moved: fn(&mut Path) = |path| path.proved(at(3));
        check(&[named], 9);
        check(&[named, greeted], 1);
        check(&[greeted, proved, named], 1);
        check(&[greeted, proved, named, forged], 1);
        check(&[greeted, proved, moved], 3);
        check(&[greeted, proved, moved, forged, proved], 1);
    }
}
