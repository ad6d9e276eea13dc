//! A connection's bytes, as they are or secured by TLS.
//!
//! Whoever shook hands hands the keys over with the connection, and it is read and written here like one without: neither waits,
//! and what the system does not take is left for the next time.

use std::io::{self, ErrorKind, Read, Write};

use mio::net::TcpStream;
use rustls::ServerConnection;

/// What is sealed at once: one record.
const RECORD_BYTES: usize = 16 * 1024;

/// A connection.
pub(crate) struct Stream {
    pub(crate) io: TcpStream,
    pub(crate) secured: Option<Box<ServerConnection>>,
}

impl Stream {
    /// Reads what has come. None is the end, and `WouldBlock` means that there is nothing more, also nothing that was opened already.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(secured) = &mut self.secured else {
            return self.io.read(buffer);
        };
        loop {
            match secured.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                read => return read,
            }
            if secured.read_tls(&mut self.io)? == 0 {
                return Ok(0);
            }
            secured.process_new_packets().map_err(io::Error::other)?;
        }
    }

    /// Takes some of these bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(secured) = &mut self.secured else {
            return self.io.write(bytes);
        };
        // What is sealed cannot be left out any more: no more of it waits than what the system would not take.
        send_sealed(secured, &mut self.io)?;
        let taken = secured.writer().write(&bytes[..bytes.len().min(RECORD_BYTES)])?;
        match send_sealed(secured, &mut self.io) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(taken),
        }
    }

    /// Sends what was taken and is not on its way yet.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        match &mut self.secured {
            Some(secured) => send_sealed(secured, &mut self.io),
            None => Ok(()),
        }
    }
}

fn send_sealed(secured: &mut ServerConnection, io: &mut TcpStream) -> io::Result<()> {
    while secured.wants_write() {
        if secured.write_tls(io)? == 0 {
            return Err(ErrorKind::WriteZero.into());
        }
    }
    Ok(())
}
