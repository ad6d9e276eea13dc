//! The way through a relay: a socket to it, and a client that asks there to be let through to the server's media.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket, lookup_host},
    time::{self, Instant},
};
use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
use turn::{Client, Framing, Refused, Relayed};

use crate::{
    limits,
    relay::{Carrier, Relay},
};

/// Why a relay lets nobody through.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unrelayed {
    /// There is no way to it.
    #[error("it is not reached: {0}")]
    Unreached(String),
    /// It says nothing.
    #[error("it does not answer")]
    Silent,
    /// It, or somebody before it, hangs up.
    #[error("it ends the connection")]
    Ended,
    /// Something else is there.
    #[error("what answers there is no relay")]
    Strange,
    /// It says no.
    #[error("it refuses: {0}")]
    Refused(#[from] Refused),
}

impl From<io::Error> for Unrelayed {
    fn from(error: io::Error) -> Unrelayed {
        Unrelayed::Unreached(error.to_string())
    }
}

/// A connection, whatever it is inside of.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What leads to the relay.
enum Socket {
    Datagrams(UdpSocket),
    Connection {
        stream: Box<dyn Stream>,
        framing: Framing,
        /// Messages that came, and wait.
        whole: VecDeque<Vec<u8>>,
    },
}

/// A way through a relay.
pub(crate) struct Through {
    socket: Socket,
    client: Client,
}

impl Through {
    /// Asks to be let through to these ends of the server. With the way comes its end on the relay.
    pub(crate) async fn open(relay: &Relay, ends: &[SocketAddr]) -> Result<(SocketAddr, Through), Unrelayed> {
        let mut unrelayed = Unrelayed::Unreached("it has no address".to_owned());
        for address in addresses(relay).await? {
            match Through::at(address, relay, ends).await {
                Ok(opened) => return Ok(opened),
                // What it says is its word; where nothing is, another address may be better.
                Err(Unrelayed::Refused(refused)) => return Err(refused.into()),
                Err(other) => unrelayed = other,
            }
        }
        Err(unrelayed)
    }

    async fn at(address: SocketAddr, relay: &Relay, ends: &[SocketAddr]) -> Result<(SocketAddr, Through), Unrelayed> {
        let give_up = Instant::now() + limits::RELAY_OPENS_WITHIN;
        let mut exchange = [0; 12];
        getrandom::fill(&mut exchange).map_err(|error| Unrelayed::Unreached(error.to_string()))?;
        let Some(client) = Client::new(relay.credentials.clone(), ends, exchange) else {
            return Err(Unrelayed::Unreached("its user name is too long".to_owned()));
        };
        let opened = time::timeout_at(give_up, Socket::open(address, relay)).await;
        let socket = opened.map_err(|_| Unrelayed::Silent)??;
        let mut through = Through { socket, client };
        let asked = time::timeout_at(give_up, through.ask()).await;
        match asked.unwrap_or(Err(Unrelayed::Silent)) {
            Ok(relayed) => Ok((relayed, through)),
            Err(unrelayed) => {
                // It may have lent something before it came to this.
                through.close().await;
                Err(unrelayed)
            }
        }
    }

    /// Asks until all is answered, for the address that it is known by then.
    async fn ask(&mut self) -> Result<SocketAddr, Unrelayed> {
        // A connection loses nothing, and there each request is sent once.
        let mut is_due = true;
        while let Some(request) = self.client.request() {
            if is_due {
                self.socket.send(&request).await?;
            }
            is_due = match time::timeout(limits::RELAY_ASKED_AGAIN, self.socket.receive()).await {
                Ok(message) => self.client.receive(&message?)? == Relayed::Answer,
                Err(_) => matches!(self.socket, Socket::Datagrams(_)),
            };
        }
        self.client.relayed().ok_or(Unrelayed::Silent)
    }

    /// The next datagram that comes through, and who sent it; none if no more will.
    pub(crate) async fn receive(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        loop {
            let message = self.socket.receive().await.ok()?;
            if let Ok(Relayed::Datagram { from, contents }) = self.client.receive(&message) {
                return Some((from, contents.to_vec()));
            }
        }
    }

    /// Sends one; what does not go out is lost.
    pub(crate) async fn send(&mut self, to: SocketAddr, datagram: &[u8]) {
        let mut message = Vec::with_capacity(datagram.len() + limits::RELAY_HEADER_BYTES);
        if self.client.wrap(to, datagram, &mut message) {
            drop(self.socket.send(&message).await);
        }
    }

    /// Gives back what the relay has lent, if it has.
    pub(crate) async fn close(&mut self) {
        if self.client.relayed().is_some() {
            let farewell = self.client.farewell();
            drop(time::timeout(limits::GOODBYE, self.socket.send(&farewell)).await);
        }
    }
}

/// A socket for datagrams to one place and from there.
pub(crate) async fn socket_towards(place: SocketAddr) -> io::Result<UdpSocket> {
    let any: IpAddr = if place.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(place).await?;
    Ok(socket)
}

async fn addresses(relay: &Relay) -> Result<Vec<SocketAddr>, Unrelayed> {
    let found = time::timeout(
        limits::RELAY_OPENS_WITHIN,
        lookup_host((relay.host.as_str(), relay.port)),
    );
    let unknown = |_| Unrelayed::Unreached("nobody says within seconds where its name is".to_owned());
    let found = found.await.map_err(unknown)??;
    Ok(found.take(limits::RELAY_ADDRESSES_MAX).collect())
}

impl Socket {
    async fn open(address: SocketAddr, relay: &Relay) -> io::Result<Socket> {
        if relay.carrier == Carrier::Udp {
            return socket_towards(address).await.map(Socket::Datagrams);
        }
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = if relay.carrier == Carrier::Tls {
            let name = ServerName::try_from(relay.host.clone()).map_err(io::Error::other)?;
            let connector = TlsConnector::from(Arc::clone(&relay.trust));
            Box::new(connector.connect(name, stream).await?)
        } else {
            Box::new(stream)
        };
        Ok(Socket::Connection {
            stream,
            framing: Framing::default(),
            whole: VecDeque::new(),
        })
    }

    async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Socket::Datagrams(socket) => socket.send(message).await.map(drop),
            Socket::Connection { stream, .. } => {
                stream.write_all(message).await?;
                stream.flush().await
            }
        }
    }

    /// The next message. Whoever gives up waiting loses none.
    async fn receive(&mut self) -> Result<Vec<u8>, Unrelayed> {
        let mut came = [0; limits::DATAGRAM_BYTES_MAX];
        match self {
            Socket::Datagrams(socket) => {
                let length = socket.recv(&mut came).await?;
                Ok(came[..length].to_vec())
            }
            Socket::Connection { stream, framing, whole } => loop {
                if let Some(message) = whole.pop_front() {
                    return Ok(message);
                }
                let length = stream.read(&mut came).await?;
                if length == 0 {
                    return Err(Unrelayed::Ended);
                }
                let taken = framing.take(&came[..length], |message| whole.push_back(message.to_vec()));
                taken.map_err(|_| Unrelayed::Strange)?;
            },
        }
    }
}
