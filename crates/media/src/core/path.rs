//! Where a session's media goes: to the address that the newest authentic datagram came from.
//!
//! A STUN request may name any address as the one to send to, and nothing in it shows that the session is there: signed by
//! one client, it would turn a room's pictures on somebody who never asked. So a nomination moves nothing. The client's
//! own packets do: it sends them on the path that it has chosen, so media follows it to another network with the first one,
//! whatever the two ends think of the priorities of candidates. Until there is one there are no keys, and so no media: the
//! handshake is answered to where it comes from, and begun, if that is ours to do, where a request has asked for it.

use crate::{
    core::datagram::{Kind, kind},
    endpoint::{Endpoint, Route},
};

/// One session's path.
#[derive(Debug, Default)]
pub(crate) struct Path {
    /// By which way the newest authentic datagram came.
    proved: Option<Route>,
    /// By which way the newest part of a handshake came.
    greeted: Option<Route>,
}

impl Path {
    /// A datagram that nothing is known of yet.
    pub(crate) fn arrived(&mut self, route: Route, datagram: &[u8]) {
        if self.proved.is_none() && kind(datagram) == Kind::Dtls {
            self.greeted = Some(route);
        }
    }

    /// A datagram that came this way was authentic.
    pub(crate) fn proved(&mut self, route: Route) {
        self.proved = Some(route);
    }

    /// Whether the newest authentic datagram came by this way.
    pub(crate) fn is_proved(&self, route: Route) -> bool {
        self.proved == Some(route)
    }

    /// The way to the session, as far as is known.
    pub(crate) fn reached(&self) -> Option<Route> {
        self.proved.or(self.greeted)
    }

    /// By which way a datagram goes back that the stack has for an address: the answer to a STUN request goes there, from where
    /// the request came to. `asked` is the way of the datagram that is being answered.
    pub(crate) fn of(&self, datagram: &[u8], named: Endpoint, asked: Option<Route>) -> Route {
        let answer = || {
            let asked = asked.filter(|asked| asked.from == named);
            asked.unwrap_or(Route { from: named, to: None })
        };
        match datagram.first() {
            Some(0..=3) => answer(),
            _ => self.reached().unwrap_or_else(answer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUN: &[u8] = &[1, 1];
    const DTLS: &[u8] = &[22, 254, 253];
    const MEDIA: &[u8] = &[0x80, 111];

    /// The way from a port, to an address of ours that nobody else sends to.
    fn at(port: u16) -> Route {
        Route {
            from: Endpoint::udp(([192, 0, 2, 1], port).into()),
            to: Some([198, 51, 100, u8::try_from(port).unwrap()].into()),
        }
    }

    /// Where media goes after these steps, while the stack has it for port 9.
    fn check(steps: &[fn(&mut Path)], expected: u16) {
        let mut path = Path::default();
        for step in steps {
            step(&mut path);
        }
        for datagram in [DTLS, MEDIA] {
            assert_eq!(path.of(datagram, at(9).from, Some(at(9))), at(expected));
        }
        assert_eq!(
            path.of(STUN, at(9).from, Some(at(9))),
            at(9),
            "whoever asks by STUN is answered"
        );
        let unasked = Route { to: None, ..at(9) };
        assert_eq!(path.of(STUN, at(9).from, Some(at(8))), unasked);
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
