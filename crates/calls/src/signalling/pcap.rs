//! Messages as a capture that tools for networks open: the classic format of pcap, of packets of IP without anything below.
//!
//! Messages that went by TCP or TLS stand in datagrams too, whole and in the clear: what a reader wants is what was said, and not how a
//! connection cut it up.

use std::net::{IpAddr, SocketAddr};

use super::SipMessage;
use crate::limits::{CAPTURED_BYTES_MAX, CAPTURED_PACKET_BYTES_MAX};

/// `LINKTYPE_RAW`: a packet begins with IP of either version.
const RAW: u32 = 101;

/// The number of UDP among protocols.
const UDP: u8 = 17;

/// A file of pcap with a datagram for each message.
pub fn pcap(messages: &[SipMessage]) -> Vec<u8> {
    let mut file = vec![];
    for number in [0xa1b2_c3d4, 0x0004_0002, 0, 0, CAPTURED_PACKET_BYTES_MAX, RAW] {
        file.extend(u32::to_le_bytes(number));
    }
    for message in messages {
        let packet = packet(message);
        let length = u32::try_from(packet.len()).expect("a packet");
        let seconds = u32::try_from(message.at_us.div_euclid(1_000_000)).unwrap_or(u32::MAX);
        let micros = u32::try_from(message.at_us.rem_euclid(1_000_000)).expect("below a second");
        for number in [seconds, micros, length, length] {
            file.extend(number.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

/// A datagram with its head of IP.
fn packet(message: &SipMessage) -> Vec<u8> {
    let payload = message.text.as_bytes();
    let payload = &payload[..payload.len().min(CAPTURED_BYTES_MAX)];
    match (message.source.ip(), message.destination.ip()) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let addresses = [source.octets(), destination.octets()].concat();
            let datagram = datagram(message.source, message.destination, &addresses, payload);
            let length = size(20 + datagram.len());
            // Version and length of the head; one hop has been gone; the sum comes last.
            let mut head = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, UDP, 0, 0];
            head.extend(&addresses);
            let sum = checksum(&head);
            head[10..12].copy_from_slice(&sum);
            [head, datagram].concat()
        }
        (source, destination) => {
            let six = |address: IpAddr| match address {
                IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
                IpAddr::V6(address) => address.octets(),
            };
            let addresses = [six(source), six(destination)].concat();
            let datagram = datagram(message.source, message.destination, &addresses, payload);
            let length = size(datagram.len());
            let head = vec![0x60, 0, 0, 0, length[0], length[1], UDP, 64];
            [head, addresses, datagram].concat()
        }
    }
}

fn datagram(source: SocketAddr, destination: SocketAddr, addresses: &[u8], payload: &[u8]) -> Vec<u8> {
    let length = size(8 + payload.len());
    let mut datagram = [
        source.port().to_be_bytes(),
        destination.port().to_be_bytes(),
        length,
        [0, 0],
    ]
    .concat();
    datagram.extend(payload);
    // What is summed up has the addresses before it, the protocol and the length once more.
    let summed = [addresses, &[0, UDP], &length, &datagram].concat();
    let sum = match checksum(&summed) {
        // That would say that there is none.
        [0, 0] => [0xff, 0xff],
        sum => sum,
    };
    datagram[6..8].copy_from_slice(&sum);
    datagram
}

fn size(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).expect("a payload is cut before").to_be_bytes()
}

/// The sum of the internet (RFC 1071).
fn checksum(bytes: &[u8]) -> [u8; 2] {
    let words = bytes
        .chunks(2)
        .map(|word| u32::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)])));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(!sum & 0xffff).expect("sixteen bits").to_be_bytes()
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    use super::*;

    /// What Python reads in a file: it has no part in how we write.
    fn read(file: &[u8]) -> Vec<String> {
        let mut python = Command::new("python3")
            .args(["-c", include_str!("read_pcap.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed");
        let mut stdin = python.stdin.take().expect("a pipe");
        stdin.write_all(file).expect("it reads");
        drop(stdin);
        let output = python.wait_with_output().expect("it ends");
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).expect("text");
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn another_reads_what_we_write() {
        let message = |source: &str, destination: &str, text: &str| SipMessage {
            at_us: 1_767_225_600_000_123,
            source: source.parse().expect("an address"),
            destination: destination.parse().expect("an address"),
            text: text.to_owned(),
        };
        let long = "x".repeat(70_000);
        let file = pcap(&[
            message("192.0.2.1:5060", "198.51.100.2:5080", "OPTIONS sip:a SIP/2.0\r\n\r\n"),
            message("198.51.100.2:5080", "192.0.2.1:5060", "odd"),
            message("[2001:db8::1]:5060", "[2001:db8::2]:5061", "INVITE ü"),
            message("192.0.2.1:5060", "[2001:db8::2]:5061", ""),
            message("192.0.2.1:5060", "192.0.2.2:5060", &long),
        ]);
        let expected = [
            "1767225600.000123 192.0.2.1:5060 198.51.100.2:5080 25 OPTIONS sip:a SIP/2.0",
            "1767225600.000123 198.51.100.2:5080 192.0.2.1:5060 3 odd",
            "1767225600.000123 2001:db8::1:5060 2001:db8::2:5061 9 INVITE ü",
            "1767225600.000123 ::ffff:192.0.2.1:5060 2001:db8::2:5061 0 ",
            &format!(
                "1767225600.000123 192.0.2.1:5060 192.0.2.2:5060 65487 {}",
                "x".repeat(65_487)
            ),
        ];
        assert_eq!(read(&file), expected);
        assert_eq!(read(&pcap(&[])), [""; 0]);
    }
}
