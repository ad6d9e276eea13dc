//! The lines by which a check reaches the server: sockets of its own, or one to a relay.

use std::{io, net::SocketAddr, sync::Arc};

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
    limits,
    relayed::{Through, socket_towards},
};

/// A line to the server.
enum Line {
    Udp(Arc<UdpSocket>),
    Tcp { write: OwnedWriteHalf, to: SocketAddr },
    Relay(Box<Through>),
}

/// A datagram that came.
pub(crate) struct Came {
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    pub(crate) contents: Vec<u8>,
}

/// The lines that there are, each with its end on this machine, and what comes by them.
pub(crate) struct Lines {
    open: Vec<(SocketAddr, Line)>,
    came: mpsc::Receiver<Came>,
    came_in: mpsc::Sender<Came>,
    /// Those that read; they end with this.
    readers: JoinSet<()>,
}

impl Lines {
    fn new() -> Lines {
        let (came_in, came) = mpsc::channel(limits::CHECK_DATAGRAMS_MAX);
        Lines {
            open: vec![],
            came,
            came_in,
            readers: JoinSet::new(),
        }
    }

    /// Opens what can be opened: an end of the other family may not be reached from here.
    pub(crate) async fn by_udp(ends: &[SocketAddr]) -> Lines {
        let mut lines = Lines::new();
        for end in ends {
            // Whatever fails here is what is looked for: there is no way by it.
            let _ = lines.open_udp(*end).await;
        }
        lines
    }

    /// The same by connections, all at once: one that is blocked takes the time that there is.
    pub(crate) async fn by_tcp(ends: &[SocketAddr]) -> Lines {
        let mut lines = Lines::new();
        let mut opening: JoinSet<_> = ends.iter().map(|end| connected(*end)).collect();
        while let Some(opened) = opening.join_next().await {
            if let Ok(Ok((stream, from, to))) = opened {
                lines.add_connection(stream, from, to);
            }
        }
        lines
    }

    /// Through a relay, whose address for us is our end.
    pub(crate) fn by_relay(relayed: SocketAddr, through: Through) -> Lines {
        let mut lines = Lines::new();
        lines.open.push((relayed, Line::Relay(Box::new(through))));
        lines
    }

    /// Our ends.
    pub(crate) fn from(&self) -> Vec<SocketAddr> {
        self.open.iter().map(|(from, _)| *from).collect()
    }

    /// The next datagram, by whichever line.
    pub(crate) async fn receive(&mut self) -> Option<Came> {
        match self.open.first_mut() {
            Some((to, Line::Relay(through))) => {
                let (from, contents) = through.receive().await?;
                Some(Came {
                    from,
                    to: *to,
                    contents,
                })
            }
            _ => self.came.recv().await,
        }
    }

    /// Gives back what was lent.
    pub(crate) async fn close(&mut self) {
        for (_, line) in &mut self.open {
            if let Line::Relay(through) = line {
                through.close().await;
            }
        }
    }

    async fn open_udp(&mut self, end: SocketAddr) -> io::Result<()> {
        let ip = socket_towards(end).await?.local_addr()?.ip();
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

    fn add_connection(&mut self, stream: TcpStream, from: SocketAddr, to: SocketAddr) {
        let (read, write) = stream.into_split();
        self.readers
            .spawn(read_connection(read, to, from, self.came_in.clone()));
        self.open.push((from, Line::Tcp { write, to }));
    }

    /// Sends by the line from there to there, if there is one; what does not go out is lost.
    pub(crate) async fn send(&mut self, from: SocketAddr, to: SocketAddr, contents: &[u8]) {
        for (own, line) in &mut self.open {
            match line {
                Line::Udp(socket) if *own == from => drop(socket.send_to(contents, to).await),
                Line::Tcp { write, to: end } if *own == from && *end == to => {
                    let Ok(length) = u16::try_from(contents.len()) else {
                        continue;
                    };
                    let framed = [&length.to_be_bytes(), contents].concat();
                    drop(write.write_all(&framed).await);
                }
                Line::Relay(through) if *own == from => through.send(to, contents).await,
                Line::Udp(_) | Line::Tcp { .. } | Line::Relay(_) => {}
            }
        }
    }
}

/// A connection to there, with its own end.
async fn connected(to: SocketAddr) -> io::Result<(TcpStream, SocketAddr, SocketAddr)> {
    let stream = time::timeout(limits::CHECK_OPENS_WITHIN, TcpStream::connect(to)).await??;
    stream.set_nodelay(true)?;
    let from = stream.local_addr()?;
    Ok((stream, from, to))
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
