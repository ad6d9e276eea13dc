//! Whoever calls hears what a network says before anybody answers.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use audio::{FRAME_SAMPLES, g711::Law};
use serde_json::json;

use super::{
    speech::{likeness, speech, then_silence},
    telephone::Telephone,
    world::{DOMAIN_BASE, PATIENCE, World},
};

/// What comes behind a name in a message.
fn after<'m>(message: &'m str, name: &str) -> Result<&'m str> {
    let mut lines = message.lines().filter_map(|line| line.strip_prefix(name));
    lines.next().with_context(|| format!("{name} in {message}"))
}

/// An answer to a request, with a description of sound or without.
fn answer(request: &str, line: &str, body: &str) -> Result<String> {
    let [via, from, to, call, sequence] =
        ["Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "].map(|name| after(request, name));
    Ok(format!(
        "SIP/2.0 {line}\r\nVia: {}\r\nFrom: {}\r\nTo: {};tag=network\r\nCall-ID: {}\r\nCSeq: {}\r\n\
         Contact: <sip:network@127.0.0.1>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        via?,
        from?,
        to?,
        call?,
        sequence?,
        body.len()
    ))
}

/// A network that says something to whoever calls by it, and then that nobody is there.
fn network(voice: Vec<i16>) -> Result<(SocketAddr, JoinHandle<Result<()>>)> {
    let sip = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    sip.set_read_timeout(Some(PATIENCE))?;
    let address = sip.local_addr()?;
    let announcing = thread::spawn(move || {
        let mut datagram = [0; 4_096];
        let (length, caller) = sip.recv_from(&mut datagram)?;
        let invite = String::from_utf8(datagram[..length].to_vec())?;
        let port: u16 = after(&invite, "m=audio ")?
            .split(' ')
            .next()
            .context("a port")?
            .parse()?;
        let sound = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 0\r\n",
            sound.local_addr()?.port()
        );
        sip.send_to(answer(&invite, "183 Session Progress", &body)?.as_bytes(), caller)?;
        let begun = Instant::now();
        for (number, frame) in (0_u32..).zip(voice.chunks_exact(FRAME_SAMPLES)) {
            let due = begun + number * Duration::from_millis(20);
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let sequence = u16::try_from(number)?.to_be_bytes();
            let head = [&[0x80, 0], &sequence[..], &(160 * number).to_be_bytes(), &[0, 0, 0, 7]].concat();
            let samples = Law::Mu.encode(frame.try_into()?);
            sound.send_to(&[&head[..], &samples].concat(), (Ipv4Addr::LOCALHOST, port))?;
        }
        sip.send_to(answer(&invite, "404 Not Found", "")?.as_bytes(), caller)?;
        Ok(())
    });
    Ok((address, announcing))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_network_announces_is_heard() -> Result<()> {
    let world = World::open()?;
    world.domain("front", "/front")?;
    let voice = speech("The number that you have called is not in use. Please look it up and call again.")?;
    let (address, announcing) = network(voice.to_vec())?;
    let order = format!("<Call TimeoutSeconds=\"30\">sip:nobody@{address}</Call><Wait DurationSeconds=\"1\"/>");
    world.handler.says("/front", order);
    let mut ada = Telephone::ada(&then_silence(&audio::tone::beep(), 60), "udp", world.sip).await;
    ada.dial(&format!("sip:anybody@front.{DOMAIN_BASE}")).await;
    announcing.join().ok().context("it goes on to its end")??;
    let call = world.newest("calls", "calls", |call| call["errorCode"] == "SIP_404")?;
    assert_eq!(call["bridged"], json!(null), "nobody was connected: {call}");
    let heard = ada.heard().await;
    let alike = likeness(&voice, &heard);
    assert!(alike >= 0.95, "Ada hears the network: {alike}");
    Ok(())
}
