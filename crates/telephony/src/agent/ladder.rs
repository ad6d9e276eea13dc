//! What is said by SIP about each call, as far as it is kept: both ways, with addresses and times, and without secrets.
//!
//! The stack shows every message to a [`Watch`], those of strangers too, and nearly all of what strangers send is never a call. So a
//! message is looked at only if its `Call-ID` is that of a leg: a ladder begins when somebody has been let in, with the invitation that
//! did it, or when we call. It is as the stack reads and writes messages, which over a network may have had other spaces. Challenges
//! before it, and what the stack says again of transactions that are over, are not in it.
//!
//! Of a caller who wants nobody to know who they are, a ladder does not say it either: what is kept is read by whoever may read of the
//! call, to whom they are nobody.
//!
//! A ladder is bounded. Where a call says more, the first messages stay, which say what was agreed on, and the last, which say how it
//! ended.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use rsipstack::{
    sip::{Request, SipMessage, Transport, prelude::*},
    transaction::endpoint::MessageInspector,
    transport::SipAddr,
};
use steady::now_us;

use super::{
    redaction::redacted,
    withheld::{Side, withheld},
};
use crate::limits;

/// A message of SIP that was sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// From where.
    pub source: SocketAddr,
    /// To where.
    pub destination: SocketAddr,
    /// What it says, without secrets.
    pub text: String,
}

/// Messages of one call, and where whoever was last heard is.
#[derive(Debug, Default)]
struct Ladder {
    /// Whoever calls us withholds who they are.
    withholds: bool,
    peer: Option<SocketAddr>,
    messages: Vec<Message>,
    bytes: usize,
}

impl Ladder {
    fn add(&mut self, message: Message) {
        self.bytes += message.text.len();
        self.messages.push(message);
        let is_over = |ladder: &Ladder| {
            ladder.messages.len() > limits::LADDER_MESSAGES_MAX || ladder.bytes > limits::LADDER_BYTES_MAX
        };
        while is_over(self) && self.messages.len() > limits::LADDER_MESSAGES_FIRST {
            let gone = self.messages.remove(limits::LADDER_MESSAGES_FIRST);
            self.bytes -= gone.text.len();
        }
    }
}

/// The ladders of all calls, by their `Call-ID`s; clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Ladders(Arc<Mutex<HashMap<String, Ladder>>>);

impl Ladders {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Ladder>> {
        self.0.lock().expect("whoever holds it does not panic")
    }

    /// Messages of this call are kept from now on, if there is room. Who gives a call the name of another has their messages there. Of
    /// somebody who calls and `withholds` who they are, messages say nothing that does.
    pub(super) fn begin(&self, sip_call_id: &str, withholds: bool) {
        let mut all = self.all();
        let is_full = all.len() >= limits::LADDERS_MAX;
        match all.get_mut(sip_call_id) {
            // Two calls by one name are told of together, so what one of them withholds is withheld in both.
            Some(ladder) => ladder.withholds |= withholds,
            None if !is_full => {
                let begun = Ladder {
                    withholds,
                    ..Ladder::default()
                };
                all.insert(sip_call_id.to_owned(), begun);
            }
            None => {}
        }
    }

    /// What was said about this call. It is kept no longer.
    pub(super) fn take(&self, sip_call_id: &str) -> Vec<Message> {
        let ladder = self.all().remove(sip_call_id);
        ladder.map(|ladder| ladder.messages).unwrap_or_default()
    }

    /// A message came, or goes: `ends` says from where to where, of whoever was last heard.
    fn saw(
        &self,
        message: &SipMessage,
        at_us: i64,
        side: Side,
        ends: impl FnOnce(&mut Option<SocketAddr>) -> Option<(SocketAddr, SocketAddr)>,
    ) {
        let call_id = match message {
            SipMessage::Request(request) => request.call_id_header(),
            SipMessage::Response(response) => response.call_id_header(),
        };
        let Ok(call_id) = call_id else { return };
        let mut all = self.all();
        let Some(ladder) = all.get_mut(call_id.value()) else {
            return;
        };
        let Some((source, destination)) = ends(&mut ladder.peer) else {
            return;
        };
        let mut bytes = redacted(&message.to_bytes());
        if ladder.withholds {
            bytes = withheld(&bytes, side);
        }
        bytes.truncate(limits::LADDER_MESSAGE_BYTES_MAX);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        ladder.add(Message {
            at_us,
            source,
            destination,
            text,
        });
    }
}

/// What looks at messages as they come and go.
#[derive(Clone)]
pub(super) struct Watch {
    pub(super) ladders: Ladders,
    /// By which address telephones reach us by UDP and TCP.
    pub(super) address: SocketAddr,
    /// By which by TLS.
    pub(super) tls_address: Option<SocketAddr>,
}

impl Watch {
    fn own(&self, transport: Option<Transport>) -> SocketAddr {
        match transport {
            Some(Transport::Tls) => self.tls_address.unwrap_or(self.address),
            _ => self.address,
        }
    }

    /// An invitation that came before its ladder began.
    pub(super) fn admitted(&self, request: &Request, from: Option<&SipAddr>) {
        self.received(&request.clone().into(), from);
    }

    fn received(&self, message: &SipMessage, from: Option<&SipAddr>) {
        // What comes from nowhere is the stack's own word for nobody having answered.
        let Some(from) = from else { return };
        let Ok(source) = from.get_socketaddr() else { return };
        self.ladders.saw(message, now_us(), Side::Theirs, |peer| {
            *peer = Some(source);
            Some((source, self.own(from.r#type)))
        });
    }
}

impl MessageInspector for Watch {
    fn before_send(&self, message: SipMessage, to: Option<&SipAddr>) -> SipMessage {
        let transport = to.and_then(|to| to.r#type);
        let destination = to.and_then(|to| to.get_socketaddr().ok());
        self.ladders.saw(&message, now_us(), Side::Ours, |peer| {
            // An answer by datagram goes to where its question came from.
            let destination = destination.or(*peer)?;
            peer.get_or_insert(destination);
            Some((self.own(transport), destination))
        });
        message
    }

    fn after_received(&self, message: SipMessage, from: Option<&SipAddr>) -> SipMessage {
        self.received(&message, from);
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(number: usize, bytes: usize) -> Message {
        let address = ([192, 0, 2, 1], 5_060).into();
        Message {
            at_us: i64::try_from(number).expect("a small number"),
            source: address,
            destination: address,
            text: "x".repeat(bytes),
        }
    }

    #[test]
    fn a_ladder_keeps_its_begin_and_its_end() {
        let check = |count: usize, bytes: usize, kept_max: usize| {
            let mut ladder = Ladder::default();
            for number in 0..count {
                ladder.add(message(number, bytes));
            }
            let numbers: Vec<i64> = ladder.messages.iter().map(|message| message.at_us).collect();
            let kept = count.min(kept_max);
            let last = kept - limits::LADDER_MESSAGES_FIRST;
            let expected = (0..limits::LADDER_MESSAGES_FIRST).chain(count - last..count);
            let expected: Vec<i64> = expected.map(|number| i64::try_from(number).expect("small")).collect();
            assert_eq!(numbers, expected, "{count} of {bytes}");
            assert_eq!(ladder.bytes, kept * bytes);
        };
        check(20, 10, 20);
        check(1_000, 10, limits::LADDER_MESSAGES_MAX);
        check(500, 1_000, limits::LADDER_BYTES_MAX / 1_000);
    }

    #[test]
    fn nothing_is_kept_of_calls_that_did_not_begin_or_are_too_many() {
        let ladders = Ladders::default();
        for number in 0..=limits::LADDERS_MAX {
            ladders.begin(&number.to_string(), false);
        }
        assert_eq!(ladders.all().len(), limits::LADDERS_MAX);
        assert_eq!(ladders.take("nobody's"), []);
        assert_eq!(ladders.take("0"), []);
        assert_eq!(ladders.all().len(), limits::LADDERS_MAX - 1);
    }
}
