//! The lines of a description that we make.

use std::{fmt::Write, net::SocketAddr};

use audio::{RATE_HZ, g711::Law};

use super::Direction;
use crate::line::{Codec, Events, Key, Sound};

pub(super) fn head(local: SocketAddr, version: u64) -> String {
    let family = if local.is_ipv4() { "IP4" } else { "IP6" };
    let (address, session) = (local.ip(), local.port());
    let mut head = String::new();
    for line in [
        "v=0",
        &format!("o=- {session} {version} IN {family} {address}"),
        "s=-",
        &format!("c=IN {family} {address}"),
        "t=0 0",
    ] {
        writeln_crlf(&mut head, line);
    }
    head
}

pub(super) fn stream(
    text: &mut String,
    port: u16,
    sounds: &[Sound],
    events: &[Events],
    direction: Direction,
    crypto: Option<(u32, Key)>,
) {
    let types = sounds.iter().map(|sound| sound.payload_type);
    let types: Vec<String> = types
        .chain(events.iter().map(|events| events.payload_type))
        .map(|number| number.to_string())
        .collect();
    let profile = if crypto.is_some() { "RTP/SAVP" } else { "RTP/AVP" };
    writeln_crlf(text, &format!("m=audio {port} {profile} {}", types.join(" ")));
    if let Some((tag, key)) = crypto {
        let (suite, key) = (key.suite().name(), key.text());
        writeln_crlf(text, &format!("a=crypto:{tag} {suite} inline:{key}"));
    }
    for Sound { payload_type, codec } in sounds {
        let name = match codec {
            Codec::G711(Law::Mu) => "PCMU/8000",
            Codec::G711(Law::A) => "PCMA/8000",
            Codec::Opus => "opus/48000/2",
        };
        writeln_crlf(text, &format!("a=rtpmap:{payload_type} {name}"));
        if *codec == Codec::Opus {
            // No more of it is heard here, nor said; and what is lost is taken from the packet behind it.
            let narrow = format!("maxplaybackrate={RATE_HZ};sprop-maxcapturerate={RATE_HZ}");
            writeln_crlf(text, &format!("a=fmtp:{payload_type} {narrow};useinbandfec=1"));
        }
    }
    for Events { payload_type, clock_hz } in events {
        writeln_crlf(text, &format!("a=rtpmap:{payload_type} telephone-event/{clock_hz}"));
        writeln_crlf(text, &format!("a=fmtp:{payload_type} 0-15"));
    }
    writeln_crlf(text, "a=ptime:20");
    writeln_crlf(text, &format!("a={}", direction.name()));
}

pub(super) fn writeln_crlf(text: &mut String, line: &str) {
    write!(text, "{line}\r\n").expect("a text takes everything");
}
