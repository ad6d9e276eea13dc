//! Peers that keep to the letter of SIP, and those that do not: what each call comes to, and what is answered to whom.

use std::{
    net::{IpAddr, Ipv4Addr, UdpSocket},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use end_to_end::request;
use serde_json::{Value, json};

use super::{
    sipp::Sipp,
    world::{DOMAIN_BASE, PROJECT, World},
};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Another machine, as far as anybody here can tell.
const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// A call that ends so, once it has.
fn ended(world: &World, name: &Value, expected: (&str, Option<&str>)) -> Result<Value> {
    let call = world.newest("calls", "calls", |call| {
        call["name"] == *name && call.get("endTime").is_some()
    })?;
    let became = (call["state"].as_str(), call["errorCode"].as_str());
    assert_eq!(became, (Some(expected.0), expected.1), "{call}");
    Ok(call)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_calls_that_are_made() -> Result<()> {
    let world = World::open()?;
    world.handler.says("/short", "<Wait DurationSeconds=\"1\"/>");
    let check = async |scenario: &str, status: &str, expected: (&str, Option<&str>)| -> Result<()> {
        let peer = Sipp::called(scenario, status);
        let options = [("timeoutSeconds", json!(3))];
        let created = world.call(&peer.address(), "/short", &options)?.ok()?;
        ended(&world, &created["name"], expected).with_context(|| format!("{scenario} {status}"))?;
        peer.plays_out().await;
        Ok(())
    };
    for (status, state, code) in [
        ("486 Busy Here", "BUSY", None),
        ("600 Busy Everywhere", "BUSY", None),
        ("603 Decline", "REJECTED", None),
        ("403 Forbidden", "REJECTED", None),
        ("480 Temporarily Unavailable", "NOT_ANSWERED", None),
        ("404 Not Found", "FAILED", Some("SIP_404")),
        ("407 Proxy Authentication Required", "FAILED", Some("SIP_407")),
        ("503 Service Unavailable", "FAILED", Some("SIP_503")),
    ] {
        check("refuses", status, (state, code)).await?;
    }
    check("rings", "", ("NOT_ANSWERED", None)).await?;
    check("answers", "", ("COMPLETED", None)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_calls_that_come_in() -> Result<()> {
    let world = World::open()?;
    world.domain("waiting", "/never")?;
    world.domain("busy", "/busy")?;
    world.domain("recorded", "/recorded")?;
    let check = async |scenario: &str, id: &str, expected: (&str, Option<&str>)| -> Result<()> {
        let domain = format!("{id}.{DOMAIN_BASE}");
        let peer = Sipp::calling(scenario, HERE, world.sip, &domain);
        peer.plays_out().await;
        let to = json!(format!("sip:help@{domain}"));
        let call = world.newest("calls", "calls", |call| {
            call["to"] == to && call.get("endTime").is_some()
        })?;
        ended(&world, &call["name"], expected).map(drop)
    };
    check("gives_up", "waiting", ("NOT_ANSWERED", None)).await?;
    check("is_refused", "busy", ("REJECTED", Some("USER"))).await?;
    check("calls", "recorded", ("COMPLETED", None)).await?;
    check("holds", "recorded", ("COMPLETED", None)).await
}

/// The name of a domain that lets in whoever has Ada's password, from anywhere.
fn closed(world: &World) -> Result<String> {
    let ask = |path: &str, body: &Value| {
        let path = format!("/v1beta1/projects/{PROJECT}/sipDomains{path}");
        request(world.server().address(), "POST", &path, Some(&world.token), Some(body))?.ok()
    };
    let handlers = [format!("{}/recorded", world.handler.origin())];
    let domain = json!({"callTerminationMode": "PROGRAMMABLE", "callTerminationHandlerUris": handlers});
    ask("?sipDomainId=closed", &domain)?;
    ask("/closed/users?userId=ada", &json!({"password": "Right-Passw0rd"}))?;
    Ok(format!("closed.{DOMAIN_BASE}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused() -> Result<()> {
    let world = World::open()?;
    let peer = Sipp::calling("knows_no_password", HERE, world.sip, &closed(&world)?);
    peer.plays_out().await;
    assert!(world.get("calls")?.get("calls").is_none(), "it is no call");
    Ok(())
}

/// What telephones say beside what is needed. A request that is short is not answered by what is longer.
const CHATTER: &str = "User-Agent: a telephone of somebody who tries one password after the other, whatever they are told\r\n\
                       Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, SUBSCRIBE, INFO, MESSAGE, UPDATE, REFER\r\nSupported: gruu, outbound, path\r\n";

/// Somebody at an address of their own who says to be Ada's telephone; what is answered, if anything is.
fn registers(from: &UdpSocket, world: &World, domain: &str, number: usize, shows: &str) -> Result<Option<String>> {
    let address = from.local_addr()?;
    let text = format!(
        "REGISTER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK{number};rport\r\nFrom: <sip:ada@{domain}>;tag=1\r\n\
         To: <sip:ada@{domain}>\r\nCall-ID: {address}\r\nCSeq: {number} REGISTER\r\nContact: <sip:ada@{address}>\r\n{shows}\
         {CHATTER}Max-Forwards: 70\r\nExpires: 60\r\nContent-Length: 0\r\n\r\n"
    );
    from.send_to(text.as_bytes(), world.sip)?;
    // A guess more is listened to each three seconds.
    from.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut answer = [0; 2_000];
    let heard = from.recv(&mut answer).ok();
    Ok(heard.map(|length| String::from_utf8_lossy(&answer[..length]).into_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_passwords_is_not_answered_any_more() -> Result<()> {
    let world = World::open()?;
    let domain = closed(&world)?;
    let guesser = UdpSocket::bind((THERE, 0))?;
    let asked = registers(&guesser, &world, &domain, 1, "")?.context("they are asked for their password")?;
    let (_, nonce) = asked.split_once("nonce=\"").with_context(|| asked.clone())?;
    let (nonce, _) = nonce.split_once('"').context("a nonce")?;
    let is_answered = |number: usize| -> Result<bool> {
        let shows = format!(
            "Authorization: Digest username=\"ada\", realm=\"{domain}\", nonce=\"{nonce}\", uri=\"sip:{domain}\", qop=auth, \
             nc={number:08x}, cnonce=\"1\", algorithm=MD5, response=\"{number:032x}\"\r\n"
        );
        let refused = registers(&guesser, &world, &domain, number, &shows)?;
        ensure!(
            refused
                .as_ref()
                .is_none_or(|refused| refused.starts_with("SIP/2.0 403")),
            "{refused:?}"
        );
        Ok(refused.is_some())
    };
    let mut tried = 0;
    while tried < 60 && is_answered(2 + tried)? {
        tried += 1;
    }
    assert!((1..60).contains(&tried), "{tried} guesses were answered");
    let other = UdpSocket::bind((HERE, 0))?;
    let answered = registers(&other, &world, &domain, 1, "")?;
    assert!(answered.is_some(), "others are asked for their password");
    Ok(())
}

/// A request of somebody, as a datagram.
fn datagram(method: &str, domain: &str, number: usize, from: &UdpSocket) -> Result<String> {
    let address = from.local_addr()?;
    Ok(format!(
        "{method} sip:{number}@{domain} SIP/2.0\r\nVia: SIP/2.0/UDP {address};branch=z9hG4bK{method}{number};rport\r\n\
         From: <sip:{number}@{domain}>;tag={number}\r\nTo: <sip:{number}@{domain}>\r\nCall-ID: {method}{number}\r\n\
         CSeq: 1 {method}\r\nContact: <sip:{number}@{address}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn scanners_hear_nothing_while_a_call_goes_through() -> Result<()> {
    let world = World::open()?;
    world.domain("demo", "/recorded")?;
    let domain = format!("demo.{DOMAIN_BASE}");
    let scanner = UdpSocket::bind((THERE, 0))?;
    let mut real = vec![];
    for number in 0..1_000 {
        for method in ["OPTIONS", "INVITE", "REGISTER", "CANCEL"] {
            let text = datagram(method, "192.0.2.1", number, &scanner)?;
            scanner.send_to(text.as_bytes(), world.sip)?;
        }
        if number % 400 == 0 {
            real.push(Sipp::calling("calls", HERE, world.sip, &domain));
        }
        // A machine that cannot take datagrams as fast would lose those of the call as well.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for call in real {
        call.plays_out().await;
    }
    scanner.set_nonblocking(true)?;
    let mut answer = [0; 2_000];
    let heard = scanner
        .recv(&mut answer)
        .map(|length| String::from_utf8_lossy(&answer[..length]).into_owned());
    ensure!(heard.is_err(), "a stranger is answered: {heard:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_none_harm_nobody() -> Result<()> {
    let world = World::open()?;
    world.domain("demo", "/recorded")?;
    let domain = format!("demo.{DOMAIN_BASE}");
    let sender = UdpSocket::bind((HERE, 0))?;
    let whole = datagram("INVITE", &domain, 1, &sender)?;
    let without = |name: &str| -> Vec<u8> {
        let lines = whole.split_inclusive("\r\n").filter(|line| !line.starts_with(name));
        lines.collect::<String>().into_bytes()
    };
    let with = |name: &str, value: &str| -> Vec<u8> {
        let line = |line: &str| {
            if line.starts_with(name) {
                format!("{name}: {value}\r\n")
            } else {
                line.to_owned()
            }
        };
        whole.split_inclusive("\r\n").map(line).collect::<String>().into_bytes()
    };
    let mut messages: Vec<Vec<u8>> = ["Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards"]
        .map(without)
        .into();
    messages.extend([
        with("CSeq", "99999999999999999999 INVITE"),
        with("CSeq", "-1"),
        with("Content-Length", "4000000000"),
        with("Max-Forwards", "-1"),
        with("Contact", "<>"),
        with("From", "\u{1}\u{2}"),
        with("Via", ";;;;"),
        with("Call-ID", &"x".repeat(30_000)),
        with("Max-Forwards", "70\r\nSupported: timer\r\nSession-Expires: 99999999999"),
        with("Max-Forwards", "70\r\nSession-Expires: ;;;refresher"),
        whole.replace("\r\n", "\n").into_bytes(),
        whole.as_bytes()[..whole.len() / 2].to_vec(),
        format!("{whole}v=0\r\nm=audio").into_bytes(),
        vec![0; 1_000],
        b"\r\n\r\n".to_vec(),
        b"SIP/2.0 200 OK\r\n\r\n".to_vec(),
        vec![0xff; 60_000],
    ]);
    for message in &messages {
        sender.send_to(message, world.sip)?;
    }
    Sipp::calling("calls", HERE, world.sip, &domain).plays_out().await;
    Ok(())
}
