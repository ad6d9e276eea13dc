//! A check of the network on real sockets: whether a way leads to the server, and how a voice would fare on it.
//!
//! One way at a time, by an answer that offers nothing else: so it is known which of them is blocked.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream, UdpSocket,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::JoinSet,
    time,
};

use crate::{
    checker::{Checker, Unreadable, Way},
    limits,
};

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

/// A line to the server.
enum Line {
    Udp(Arc<UdpSocket>),
    Tcp { write: OwnedWriteHalf, to: SocketAddr },
}

/// A datagram that came.
struct Came {
    from: SocketAddr,
    to: SocketAddr,
    contents: Vec<u8>,
}

/// The lines that there are, each with its end on this machine, and what comes by them.
struct Lines {
    open: Vec<(SocketAddr, Line)>,
    came: mpsc::Receiver<Came>,
    came_in: mpsc::Sender<Came>,
    /// Those that read; they end with this.
    readers: JoinSet<()>,
}

impl Check {
    /// A check by one way.
    pub fn new(way: Way) -> Check {
        let (checker, offer) = Checker::new(way, Instant::now());
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
        let (answer, ends) = only_by(way, answer);
        if ends.is_empty() {
            return Ok(Found::Absent);
        }
        let mut lines = Lines::open(way, &ends).await;
        let from: Vec<SocketAddr> = lines.open.iter().map(|(from, _)| *from).collect();
        checker.accept(&answer, &from, Instant::now())?;
        let give_up = Instant::now() + limits::CHECK_OPENS_WITHIN;
        loop {
            let now = Instant::now();
            for sent in checker.turn(now) {
                lines.send(sent.from, sent.to, &sent.contents).await;
            }
            let late = !checker.is_open() && now >= give_up;
            if late || checker.is_over(now) {
                break;
            }
            let until = checker.next_deadline().min(now + limits::CHECK_LOOK);
            tokio::select! {
                Some(Came { from, to, contents }) = lines.came.recv() => {
                    checker.receive(from, to, &contents, Instant::now());
                }
                () = time::sleep_until(until.into()) => {}
            }
        }
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

impl Lines {
    /// Opens what can be opened: an end of the other family may not be reached from here.
    async fn open(way: Way, ends: &[SocketAddr]) -> Lines {
        let (came_in, came) = mpsc::channel(limits::CHECK_DATAGRAMS_MAX);
        let mut lines = Lines {
            open: vec![],
            came,
            came_in,
            readers: JoinSet::new(),
        };
        for end in ends {
            // Whatever fails here is what is looked for: there is no way by it.
            let _ = match way {
                Way::Udp => lines.open_udp(*end).await,
                Way::Tcp => lines.open_tcp(*end).await,
            };
        }
        lines
    }

    async fn open_udp(&mut self, end: SocketAddr) -> io::Result<()> {
        let any: IpAddr = if end.is_ipv4() {
            Ipv4Addr::UNSPECIFIED.into()
        } else {
            Ipv6Addr::UNSPECIFIED.into()
        };
        let towards = UdpSocket::bind((any, 0)).await?;
        towards.connect(end).await?;
        let ip = towards.local_addr()?.ip();
        if self.open.iter().any(|(from, _)| from.ip() == ip) {
            return Ok(());
        }
        let socket = Arc::new(UdpSocket::bind((ip, 0)).await?);
        let from = socket.local_addr()?;
        self.readers
            .spawn(read_datagrams(Arc::clone(&socket), from, self.came_in.clone()));
        self.open.push((from, Line::Udp(socket)));
        Ok(())
    }

    async fn open_tcp(&mut self, end: SocketAddr) -> io::Result<()> {
        let stream = time::timeout(limits::CHECK_OPENS_WITHIN, TcpStream::connect(end)).await??;
        stream.set_nodelay(true)?;
        let from = stream.local_addr()?;
        let (read, write) = stream.into_split();
        self.readers
            .spawn(read_connection(read, end, from, self.came_in.clone()));
        self.open.push((from, Line::Tcp { write, to: end }));
        Ok(())
    }

    /// Sends by the line from there to there, if there is one; what does not go out is lost.
    async fn send(&mut self, from: SocketAddr, to: SocketAddr, contents: &[u8]) {
        for (own, line) in &mut self.open {
            match line {
                Line::Udp(socket) if *own == from => drop(socket.send_to(contents, to).await),
                Line::Tcp { write, to: end } if *own == from && *end == to => {
                    let length = u16::try_from(contents.len()).unwrap_or_default();
                    let framed = [&length.to_be_bytes(), contents].concat();
                    drop(write.write_all(&framed).await);
                }
                Line::Udp(_) | Line::Tcp { .. } => {}
            }
        }
    }
}

async fn read_datagrams(socket: Arc<UdpSocket>, to: SocketAddr, came: mpsc::Sender<Came>) {
    let mut datagram = [0; limits::DATAGRAM_BYTES_MAX];
    loop {
        // A port where nobody is is told of by an error.
        let Ok((length, from)) = socket.recv_from(&mut datagram).await else {
            time::sleep(limits::CHECK_LOOK).await;
            continue;
        };
        let contents = datagram[..length].to_vec();
        if came.send(Came { from, to, contents }).await.is_err() {
            return;
        }
    }
}

/// Each datagram has its length before it (RFC 4571).
async fn read_connection(mut read: OwnedReadHalf, from: SocketAddr, to: SocketAddr, came: mpsc::Sender<Came>) {
    while let Ok(length) = read.read_u16().await {
        let mut contents = vec![0; usize::from(length)];
        if read.read_exact(&mut contents).await.is_err() || came.send(Came { from, to, contents }).await.is_err() {
            return;
        }
    }
}

/// The answer without the other ways, and where it leads.
fn only_by(way: Way, answer: &str) -> (String, Vec<SocketAddr>) {
    let name = match way {
        Way::Udp => "udp",
        Way::Tcp => "tcp",
    };
    let (mut kept, mut ends) = (String::with_capacity(answer.len()), vec![]);
    for line in answer.split_inclusive('\n') {
        if let Some(candidate) = line.strip_prefix("a=candidate:") {
            let mut words = candidate.split_ascii_whitespace().skip(2);
            if !words.next().is_some_and(|by| by.eq_ignore_ascii_case(name)) {
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
