//! Ports for programs that are told where to listen, because a system that chose for them would choose another one the next time.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};

use anyhow::Result;

/// A port of 127.0.0.1 that is free for UDP and for TCP now.
pub fn free_port() -> Result<u16> {
    loop {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = socket.local_addr()?.port();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
}
