//! A check of the network on real sockets: whether a way leads to the server, and how a voice would fare on it.
//!
//! One way at a time, by an answer that offers nothing else: so it is known which of them is blocked.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::time;

use crate::{
    checker::{Checker, End, Unreadable},
    limits,
    lines::{Came, Lines},
    relay::Relay,
    relayed::{Through, Unrelayed},
};

/// What carries datagrams.
#[derive(Clone, Debug)]
pub enum Way {
    /// Each by itself.
    Udp,
    /// A connection.
    Tcp,
    /// Somebody else, who sends them on.
    Relay(Relay),
}

impl Way {
    fn end(&self) -> End {
        match self {
            Way::Udp => End::Udp,
            Way::Tcp => End::Tcp,
            Way::Relay(_) => End::Relayed,
        }
    }
}

/// A check, until its offer is answered.
pub struct Check {
    checker: Box<Checker>,
    way: Way,
    offer: String,
}

/// What was found of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The server announces no such way.
    Absent,
    /// Nothing comes back from where the server says that it is.
    Blocked {
        /// Where that is.
        ends: Vec<SocketAddr>,
    },
    /// The relay lets nobody through.
    Unrelayed(Unrelayed),
    /// It leads to the server.
    Open {
        /// Where that is.
        ends: Vec<SocketAddr>,
        /// How many messages went out,
        sent: usize,
        /// and how long each took that came back.
        round_trips: Vec<Duration>,
    },
}

impl Check {
    /// A check by one way.
    pub fn new(way: Way) -> Check {
        let (checker, offer) = Checker::new(way.end(), Instant::now());
        Check {
            checker: Box::new(checker),
            way,
            offer,
        }
    }

    /// What to send to the server, as SDP.
    pub fn offer(&self) -> &str {
        &self.offer
    }

    /// Takes the server's answer and tries the way, for some seconds.
    ///
    /// # Errors
    /// If the answer is none.
    pub async fn run(self, answer: &str) -> Result<Found, Unreadable> {
        let Check { mut checker, way, .. } = self;
        let (answer, ends) = only_by(way.end(), answer);
        if ends.is_empty() {
            return Ok(Found::Absent);
        }
        let mut lines = match way {
            Way::Udp => Lines::by_udp(&ends).await,
            Way::Tcp => Lines::by_tcp(&ends).await,
            Way::Relay(relay) => match Box::pin(Through::open(&relay, &ends)).await {
                Ok((relayed, through)) => Lines::by_relay(relayed, through),
                Err(unrelayed) => return Ok(Found::Unrelayed(unrelayed)),
            },
        };
        let accepted = checker.accept(&answer, &lines.from(), Instant::now());
        if accepted.is_ok() {
            // What was found until then is what there is.
            let _ = time::timeout(limits::CHECK_WITHIN, exchange(&mut checker, &mut lines)).await;
        }
        lines.close().await;
        accepted?;
        Ok(match checker.found() {
            (0, _) => Found::Blocked { ends },
            (sent, round_trips) => Found::Open {
                ends,
                sent,
                round_trips,
            },
        })
    }
}

/// Sends and receives until there is nothing more to find out.
async fn exchange(checker: &mut Checker, lines: &mut Lines) {
    let give_up = Instant::now() + limits::CHECK_OPENS_WITHIN;
    loop {
        let now = Instant::now();
        for sent in checker.turn(now) {
            lines.send(sent.from, sent.to, &sent.contents).await;
        }
        let late = !checker.is_open() && now >= give_up;
        if late || checker.is_over(now) {
            return;
        }
        let until = checker.next_deadline().min(now + limits::CHECK_LOOK);
        tokio::select! {
            Some(Came { from, to, contents }) = lines.receive() => {
                checker.receive(from, to, &contents, Instant::now());
            }
            () = time::sleep_until(until.into()) => {}
        }
    }
}

/// The answer without the other ways, and where it leads.
fn only_by(end: End, answer: &str) -> (String, Vec<SocketAddr>) {
    let name = end.protocol().to_string();
    let (mut kept, mut ends) = (String::with_capacity(answer.len()), vec![]);
    for line in answer.split_inclusive('\n') {
        if let Some(candidate) = line.strip_prefix("a=candidate:") {
            let mut words = candidate.split_ascii_whitespace().skip(2);
            if !words.next().is_some_and(|by| by.eq_ignore_ascii_case(&name)) {
                continue;
            }
            let (address, port) = (words.nth(1), words.next());
            let address = address.and_then(|address| address.parse::<IpAddr>().ok());
            let port = port.and_then(|port| port.parse().ok());
            if let (Some(address), Some(port)) = (address, port) {
                let end = SocketAddr::new(address, port);
                if !ends.contains(&end) && ends.len() < limits::CHECK_ENDS_MAX {
                    ends.push(end);
                }
            }
        }
        kept.push_str(line);
    }
    (kept, ends)
}
