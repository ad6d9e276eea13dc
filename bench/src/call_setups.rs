//! Calls set up and taken down by the agent, one after the other and some at once, against a loop that answers without looking.
//!
//! The caller is the same for both: it invites, acknowledges, hangs up and begins the next. What the agent does for a call beside its
//! messages is in the figure: who may call is asked, a line is opened and closed, and what was said is kept.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use telephony::{
    agent::{Agent, AgentEvent, Directory, Later, Proof, Secrets, Settings, Terms, session::Sessions},
    line::{self, Exchange},
};
use tokio::sync::mpsc;

use crate::report::{Rates, progress};

const TURN: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
/// Calls at once: what an office sets up in a second.
const AT_ONCE: usize = 20;
const DATAGRAM_BYTES: usize = 4_096;

pub(crate) async fn run() -> Result<()> {
    progress("calls: set up and taken down by the agent, and by a loop that answers without looking");
    let (agent, stop) = (answering().await?, Arc::new(AtomicBool::new(false)));
    let (floor, answering) = bare(Arc::clone(&stop))?;
    let mut rounds = vec![];
    for round in 0..ROUNDS {
        let rate_at = |address| async move { tokio::task::spawn_blocking(move || rate(address, round)).await? };
        rounds.push((rate_at(agent.address()).await?, rate_at(floor).await?));
    }
    stop.store(true, Ordering::Relaxed);
    answering.join().ok().context("the loop")??;
    let rates = Rates {
        name: "calls: set up",
        what: format!("calls made, answered and hung up; {AT_ONCE} at once"),
        unit: "calls",
        floor: "the same by a loop that answers each message at once",
        rounds,
        aim: "100 calls/s or more, which is 6,000 in a minute",
    };
    rates.print();
    Ok(())
}

/// A domain that everybody may call.
struct Open;

impl Directory for Open {
    fn terms<'a>(&'a self, _: &'a str, _: IpAddr) -> Later<'a, Option<Terms>> {
        let terms = Terms {
            proof: Proof::Address,
            calls: true,
            registers: false,
        };
        Box::pin(async move { Some(terms) })
    }

    fn secrets<'a>(&'a self, _: &'a str, _: &'a str) -> Later<'a, Option<Secrets>> {
        Box::pin(async { None })
    }
}

/// An agent that answers every call.
async fn answering() -> Result<Agent> {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let (lines_in, mut lines) = mpsc::channel(1_000);
    let (events_in, mut events) = mpsc::channel(1_000);
    let ports = 20_000..=29_998;
    let exchange = Exchange::start(line::Settings { address: here, ports }, lines_in)?;
    let settings = Settings {
        listen: (here, 0).into(),
        public_address: here,
        tls: None,
        offers_sha256: false,
        sessions: Sessions::default(),
    };
    let stop = tokio_util::sync::CancellationToken::new();
    let agent = Agent::start(settings, Arc::new(Open), exchange, events_in, stop).await?;
    let answering = agent.clone();
    tokio::spawn(async move {
        let mut said = HashMap::new();
        loop {
            tokio::select! {
                Some(event) = events.recv() => match event {
                    AgentEvent::Incoming { leg, invitation, .. } => {
                        said.insert(leg, invitation.sip_call_id);
                        answering.answer(leg);
                    }
                    // What was said is taken, as it is where calls are written down.
                    AgentEvent::Ended { leg, .. } => {
                        said.remove(&leg).map(|sip_call_id| answering.signalling(&sip_call_id));
                    }
                    _ => {}
                },
                Some(_) = lines.recv() => {}
                else => return,
            }
        }
    });
    Ok(agent)
}

/// What comes behind a name in a message.
fn after<'m>(message: &'m str, name: &str) -> &'m str {
    let mut lines = message.split("\r\n").filter_map(|line| line.strip_prefix(name));
    lines.next().unwrap_or_default()
}

/// Answers each request but an ACK at once.
fn bare(stop: Arc<AtomicBool>) -> Result<(SocketAddr, JoinHandle<Result<()>>)> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(100)))?;
    let address = socket.local_addr()?;
    let answering = thread::spawn(move || {
        let mut datagram = [0; DATAGRAM_BYTES];
        while !stop.load(Ordering::Relaxed) {
            let Ok((length, from)) = socket.recv_from(&mut datagram) else {
                continue;
            };
            let request = std::str::from_utf8(&datagram[..length])?;
            if request.starts_with("ACK") {
                continue;
            }
            let [via, from_header, to, call, sequence] =
                ["Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "].map(|name| after(request, name));
            let answer = format!(
                "SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: {from_header}\r\nTo: {to};tag=1\r\nCall-ID: {call}\r\n\
                 CSeq: {sequence}\r\nContent-Length: 0\r\n\r\n"
            );
            socket.send_to(answer.as_bytes(), from)?;
        }
        Ok(())
    });
    Ok((address, answering))
}

/// Somebody who calls.
struct Caller {
    socket: UdpSocket,
    own: SocketAddr,
    callee: SocketAddr,
    round: usize,
    begun: usize,
}

impl Caller {
    fn send(&self, method: &str, number: &str, to: &str, body: &str) -> Result<()> {
        let Caller { own, callee, .. } = self;
        let sequence = if method == "BYE" { 2 } else { 1 };
        let text = format!(
            "{method} sip:help@{callee} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{method}{number}\r\n\
             From: <sip:ada@{own}>;tag={number}\r\nTo: {to}\r\nCall-ID: {number}\r\nCSeq: {sequence} {method}\r\n\
             Contact: <sip:ada@{own}>\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.socket.send_to(text.as_bytes(), callee)?;
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        self.begun += 1;
        let number = format!("{}-{}-{}", self.own.port(), self.round, self.begun);
        let body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
        self.send("INVITE", &number, &format!("<sip:help@{}>", self.callee), body)
    }
}

/// How many calls in a second come to their end.
fn rate(address: SocketAddr, round: usize) -> Result<f64> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(Duration::from_secs(5)))?;
    let own = socket.local_addr()?;
    let mut caller = Caller {
        socket,
        own,
        callee: address,
        round,
        begun: 0,
    };
    for _ in 0..AT_ONCE {
        caller.begin()?;
    }
    let (start, mut ended) = (Instant::now(), 0_u32);
    let (mut talking, mut over) = (HashSet::new(), HashSet::new());
    let mut datagram = [0; DATAGRAM_BYTES];
    while start.elapsed() < TURN {
        let length = caller.socket.recv(&mut datagram).context("nobody answers any more")?;
        let message = std::str::from_utf8(&datagram[..length])?;
        let (status, number) = (message.get(8..11).unwrap_or_default(), after(message, "Call-ID: "));
        match (status, after(message, "CSeq: ")) {
            // An answer comes again if its acknowledgement took long.
            ("200", "1 INVITE") => {
                let to = after(message, "To: ");
                caller.send("ACK", number, to, "")?;
                if talking.insert(number.to_owned()) {
                    caller.send("BYE", number, to, "")?;
                }
            }
            ("200", "2 BYE") if over.insert(number.to_owned()) => {
                ended += 1;
                caller.begin()?;
            }
            // It has too many at once, because the machine is busy with something else: whoever is refused calls again, and does not count.
            ("503", "1 INVITE") => {
                caller.send("ACK", number, after(message, "To: "), "")?;
                caller.begin()?;
            }
            _ => ensure!(status < "300", "a call is refused: {message}"),
        }
    }
    Ok(f64::from(ended) / start.elapsed().as_secs_f64())
}
