//! Datagrams of a client whose network lets none through: in a connection.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use media::framing::Framing;

/// A connection that carries datagrams.
pub(crate) struct Connection {
    pub(super) stream: TcpStream,
    framing: Framing,
}

impl Connection {
    pub(crate) fn open(server: SocketAddr) -> Connection {
        Connection::over(TcpStream::connect(server).unwrap())
    }

    pub(crate) fn over(stream: TcpStream) -> Connection {
        stream.set_read_timeout(Some(Duration::from_micros(200))).unwrap();
        Connection {
            stream,
            framing: Framing::default(),
        }
    }

    pub(super) fn send(&mut self, datagram: &[u8]) {
        let length = u16::try_from(datagram.len()).unwrap().to_be_bytes();
        // The server may have cut it off.
        let _ = self.stream.write_all(&[&length, datagram].concat());
    }

    pub(super) fn receive(&mut self) -> Vec<Vec<u8>> {
        let (mut datagrams, mut buffer) = (vec![], [0; 16 * 1024]);
        if let Ok(length) = self.stream.read(&mut buffer) {
            let whole = |datagram: &[u8]| datagrams.push(datagram.to_vec());
            self.framing.take(&buffer[..length], whole).unwrap();
        }
        datagrams
    }
}
