//! Whoever only checks the network: one data channel, on which messages go out as a voice's would, and come back or not.
//!
//! No sockets and no clock, as with [`Browser`](crate::Browser). The answer comes from a server that may be anybody's, so what cannot
//! be read is an error and no panic.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcError,
    change::{SdpAnswer, SdpPendingOffer},
    channel::{ChannelConfig, ChannelId, Reliability},
    net::{Protocol, Receive, TcpType},
};

use crate::limits;

/// What kind of ends a check has on our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A socket for datagrams.
    Udp,
    /// A connection.
    Tcp,
    /// An address on a relay, for datagrams.
    Relayed,
}

impl End {
    /// What comes to the server from there.
    pub(crate) fn protocol(self) -> Protocol {
        match self {
            End::Udp | End::Relayed => Protocol::Udp,
            End::Tcp => Protocol::Tcp,
        }
    }
}

/// What is to be sent: from where, to where.
pub(crate) struct Sent {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) contents: Vec<u8>,
}

/// An answer that is none.
#[derive(Debug, thiserror::Error)]
#[error("the answer cannot be read: {0}")]
pub struct Unreadable(String);

/// One check by one way.
pub(crate) struct Checker {
    rtc: Rtc,
    pending: Option<SdpPendingOffer>,
    channel: ChannelId,
    end: End,
    is_open: bool,
    is_closed: bool,
    deadline: Instant,
    /// When the next message goes out.
    next: Instant,
    sent_at: Vec<Instant>,
    round_trips: Vec<Option<Duration>>,
}

impl Checker {
    /// A check, and the offer of it.
    pub(crate) fn new(end: End, now: Instant) -> (Checker, String) {
        let mut rtc = Rtc::builder().build(now);
        let mut api = rtc.sdp_api();
        // As media is sent: nothing waits for what was lost, and nothing is sent again.
        let channel = api.add_channel_with_config(ChannelConfig {
            label: "echo".to_owned(),
            ordered: false,
            reliability: Reliability::MaxRetransmits { retransmits: 0 },
            ..ChannelConfig::default()
        });
        let (offer, pending) = api.apply().expect("there is something to offer");
        let checker = Checker {
            rtc,
            pending: Some(pending),
            channel,
            end,
            is_open: false,
            is_closed: false,
            deadline: now,
            next: now,
            sent_at: vec![],
            round_trips: vec![],
        };
        (checker, offer.to_sdp_string())
    }

    /// Takes the answer, and begins to connect from these addresses of ours.
    pub(crate) fn accept(&mut self, answer: &str, from: &[SocketAddr], now: Instant) -> Result<(), Unreadable> {
        let unreadable = |error: &dyn std::fmt::Display| Unreadable(error.to_string());
        let answer = SdpAnswer::from_sdp_string(answer).map_err(|error| unreadable(&error))?;
        for address in from {
            let candidate = match self.end {
                End::Udp => Candidate::builder().udp().host(*address).build(),
                End::Tcp => Candidate::builder()
                    .tcp()
                    .host(*address)
                    .tcptype(TcpType::Active)
                    .build(),
                End::Relayed => Candidate::builder().udp().relayed(*address, *address).build(),
            };
            // A relay may lend an address at which nobody can be: nothing comes back from there.
            if let Ok(candidate) = candidate {
                self.rtc.add_local_candidate(candidate);
            }
        }
        let pending = self.pending.take().expect("one offer has one answer");
        let accepted = self.rtc.sdp_api().accept_answer(pending, answer);
        accepted.map_err(|error| unreadable(&error))?;
        self.deadline = now;
        Ok(())
    }

    /// Whether messages can go out.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether there is nothing more to find out.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        let all_sent = self.sent_at.len() == limits::CHECK_MESSAGES;
        let waited = self
            .sent_at
            .last()
            .is_none_or(|last| now.saturating_duration_since(*last) >= limits::CHECK_LAST_WAIT);
        self.is_closed || (all_sent && (waited || self.round_trips.iter().all(Option::is_some)))
    }

    /// How many messages went out, and how long those took that came back.
    pub(crate) fn found(&self) -> (usize, Vec<Duration>) {
        (self.sent_at.len(), self.round_trips.iter().copied().flatten().collect())
    }

    /// Takes a datagram.
    pub(crate) fn receive(&mut self, from: SocketAddr, to: SocketAddr, contents: &[u8], now: Instant) {
        if let Ok(receive) = Receive::new(self.end.protocol(), from, to, contents) {
            // What makes no sense is dropped, as a browser does.
            let _ = self.rtc.handle_input(Input::Receive(now, receive));
            self.deadline = now;
        }
    }

    /// When there is something to do if nothing arrives before.
    pub(crate) fn next_deadline(&self) -> Instant {
        if self.is_open {
            self.deadline.min(self.next)
        } else {
            self.deadline
        }
    }

    /// Does what is due, and gives what is to be sent.
    pub(crate) fn turn(&mut self, now: Instant) -> Vec<Sent> {
        let mut sent = vec![];
        if self.is_open && now >= self.next {
            self.next = now + limits::CHECK_MESSAGE_INTERVAL;
            self.send(now);
        }
        if self.step(now, &mut sent).is_err() {
            self.is_closed = true;
        }
        sent
    }

    fn step(&mut self, now: Instant, sent: &mut Vec<Sent>) -> Result<(), RtcError> {
        self.rtc.handle_input(Input::Timeout(now))?;
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return Ok(());
                }
                Output::Transmit(datagram) => sent.push(Sent {
                    from: datagram.source,
                    to: datagram.destination,
                    contents: datagram.contents.to_vec(),
                }),
                Output::Event(Event::ChannelOpen(id, _)) if id == self.channel => {
                    (self.is_open, self.next) = (true, now);
                }
                Output::Event(Event::ChannelData(data)) => self.came_back(&data.data, now),
                Output::Event(Event::ChannelClose(_) | Event::Closed) => self.is_closed = true,
                Output::Event(_) => {}
            }
        }
    }

    /// Sends the next message, which begins with its number.
    fn send(&mut self, now: Instant) {
        if self.sent_at.len() == limits::CHECK_MESSAGES {
            return;
        }
        let number = u32::try_from(self.sent_at.len()).expect("there are fewer");
        let mut message = [0; limits::CHECK_MESSAGE_BYTES];
        message[..4].copy_from_slice(&number.to_be_bytes());
        self.sent_at.push(now);
        self.round_trips.push(None);
        if let Some(mut channel) = self.rtc.channel(self.channel) {
            // What there is no room for is lost.
            let _ = channel.write(true, &message);
        }
    }

    fn came_back(&mut self, message: &[u8], now: Instant) {
        let Some(number) = message.first_chunk().map(|number| u32::from_be_bytes(*number) as usize) else {
            return;
        };
        if let (Some(sent_at), Some(round_trip)) = (self.sent_at.get(number), self.round_trips.get_mut(number)) {
            round_trip.get_or_insert_with(|| now.saturating_duration_since(*sent_at));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use str0m::change::SdpOffer;

    use super::*;

    const NEAR: &str = "192.0.2.1:9";

    fn now() -> Instant {
        Instant::now()
    }

    /// What a server says to an offer.
    fn answer_to(offer: &str) -> String {
        let mut server = Rtc::builder().set_ice_lite(true).build(now());
        let offer = SdpOffer::from_sdp_string(offer).expect("it is a checker's");
        server
            .sdp_api()
            .accept_offer(offer)
            .expect("of one channel")
            .to_sdp_string()
    }

    #[test]
    fn an_answer_that_is_none_is_an_error() {
        let check = |answer: &str| {
            let (mut checker, _) = Checker::new(End::Udp, now());
            let accepted = checker.accept(answer, &[NEAR.parse().expect("an address")], now());
            let error = accepted.expect_err(answer).to_string();
            assert!(error.starts_with("the answer cannot be read: "), "{error}");
        };
        check("");
        check("v=0\r\n");
        let (_, offer) = Checker::new(End::Udp, now());
        let answer = answer_to(&offer);
        check(&answer.replace("a=fingerprint", "a=fingerprints"));
        check(&answer.replace("a=ice-ufrag", "a=ice-ufrags"));
    }

    #[test]
    fn an_address_at_which_nobody_can_be_is_passed_over() {
        for end in [End::Udp, End::Tcp, End::Relayed] {
            for from in [NEAR, "0.0.0.0:9", "[ff02::1]:9", "169.254.1.1:9"] {
                let (mut checker, offer) = Checker::new(end, now());
                let accepted = checker.accept(&answer_to(&offer), &[from.parse().expect("an address")], now());
                assert!(accepted.is_ok(), "{from} {accepted:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Lines of an answer are left out, doubled, cut and put elsewhere.
        #[test]
        fn no_answer_panics(changes in prop::collection::vec((0..4_u8, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..8)) {
            let (mut checker, offer) = Checker::new(End::Udp, now());
            let mut lines: Vec<String> = answer_to(&offer).lines().map(str::to_owned).collect();
            for (change, first, second) in changes {
                let (first, second) = (first.index(lines.len()), second.index(lines.len()));
                match change {
                    0 if lines.len() > 1 => drop(lines.remove(first)),
                    1 => lines.insert(first, lines[second].clone()),
                    2 => lines.swap(first, second),
                    _ => {
                        let length = lines[first].len();
                        lines[first].truncate(second % (length + 1));
                    }
                }
            }
            let answer = lines.join("\r\n") + "\r\n";
            if checker.accept(&answer, &[NEAR.parse().expect("an address")], now()).is_ok() {
                checker.turn(now());
            }
        }
    }
}
