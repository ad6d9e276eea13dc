//! What two telephones agree on for their sound: offers and answers of SDP (RFC 8866, RFC 3264), as far as telephones go.
//!
//! One stream of sound, by Opus or either law of G.711, with keys as events if the other side has them. Of what somebody offers the
//! first is taken that is known here, since that is what they like best; in our own offers Opus comes first. Whatever else is offered
//! is answered by a port of 0, in its place, as the rules of answers ask. A hold is a direction, and is answered by its mirror.
//!
//! Reports come to the port behind that of the sound, or to the same one where the other side offers that (RFC 5761); we offer it to
//! nobody, since gateways that do not know it are many.
//!
//! Where the description itself comes by TLS, its sound may be sealed by keys that it carries (SDES, RFC 4568). Over anything else such
//! a stream is one of those that are not taken: its keys would be as open as the sound.

use std::{
    fmt::Write as _,
    net::{IpAddr, SocketAddr},
};

use audio::{RATE_HZ, g711::Law, opus};

use crate::{
    limits,
    line::{Codec, Events, Key, Keys, Plan, Reports, Secret, Sound, Suite},
};

/// What somebody offers, or answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Each stream as its line says it, and whether it is the one that is taken.
    streams: Vec<(String, bool)>,
    plan: Plan,
    sealed: Option<Sealed>,
}

/// By what the sound of a stream is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sealed {
    /// Which of the ways that were offered.
    tag: u32,
    keys: Keys,
}

/// Why there can be no sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// It is something else, or too long.
    #[error("no description of a session")]
    Malformed,
    /// It offers nothing that can be taken.
    #[error("no sound by Opus or G.711 in it, over RTP that can be taken here")]
    Unsupported,
}

const MU: Sound = Sound {
    payload_type: 0,
    codec: Codec::G711(Law::Mu),
};
const A: Sound = Sound {
    payload_type: 8,
    codec: Codec::G711(Law::A),
};
/// As we offer it; others choose their own number.
const OPUS: Sound = Sound {
    payload_type: 96,
    codec: Codec::Opus,
};
/// What we offer for keys. Those of Opus have its clock (RFC 7587 §4.1, RFC 4733 §2.1), but many that speak it know only the other.
const EVENTS: Events = Events {
    payload_type: 101,
    clock_hz: RATE_HZ,
};
/// See [`EVENTS`].
const OPUS_EVENTS: Events = Events {
    payload_type: 102,
    clock_hz: opus::CLOCK_HZ,
};

/// What can be agreed on with a telephone.
#[derive(Clone, Copy)]
pub(crate) struct Means {
    /// By what our sound is sealed, where its description comes by TLS.
    pub(crate) secret: Option<Secret>,
    /// Opus may be spoken.
    pub(crate) opus: bool,
}

/// In the open, everything that is known here.
const ALL: Means = Means {
    secret: None,
    opus: true,
};

/// Which way sound flows, as whoever says it sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Direction {
    speaks: bool,
    hears: bool,
}

impl Direction {
    fn named(name: &str) -> Option<Direction> {
        let (speaks, hears) = match name {
            "sendrecv" => (true, true),
            "sendonly" => (true, false),
            "recvonly" => (false, true),
            "inactive" => (false, false),
            _ => return None,
        };
        Some(Direction { speaks, hears })
    }

    fn name(self) -> &'static str {
        match (self.speaks, self.hears) {
            (true, true) => "sendrecv",
            (true, false) => "sendonly",
            (false, true) => "recvonly",
            (false, false) => "inactive",
        }
    }
}

/// What is read of a stream.
struct Stream<'a> {
    line: &'a str,
    address: Option<IpAddr>,
    direction: Option<Direction>,
    /// Payload types that have another codec than their number says, or keys.
    maps: Vec<(u8, &'a str)>,
    /// Where its reports come to, if it says so: a port, and perhaps an address (RFC 3605).
    reports: Option<(u16, Option<IpAddr>)>,
    /// They may come to the port of the sound.
    is_muxed: bool,
    /// The first way of sealing it that is known here.
    crypto: Option<(u32, Key)>,
}

impl Stream<'_> {
    /// What can be agreed on, if it is a stream of sound that telephones have; and by what it is sealed, if it is and may be.
    fn agreed(&self, session: &Stream<'_>, means: Means) -> Option<(Plan, Option<Sealed>)> {
        let profile = self.line.split_ascii_whitespace().nth(2)?;
        let sealed = match profile {
            "RTP/AVP" => None,
            "RTP/SAVP" => {
                let (tag, theirs) = self.crypto?;
                let ours = Key::new(theirs.suite(), means.secret?);
                let keys = Keys { theirs, ours };
                Some(Sealed { tag, keys })
            }
            _ => return None,
        };
        Some((self.plan(session, means)?, sealed))
    }

    fn plan(&self, session: &Stream<'_>, means: Means) -> Option<Plan> {
        let mut words = self.line.split_ascii_whitespace();
        let (kind, port, _) = (words.next()?, words.next()?, words.next()?);
        let port: u16 = port.parse().ok()?;
        if kind != "audio" || port == 0 {
            return None;
        }
        let types: Vec<u8> = words.filter_map(|word| word.parse().ok()).collect();
        let sound = types.iter().find_map(|payload_type| self.sound(*payload_type, means))?;
        let direction = self.direction.or(session.direction);
        let Direction { speaks, hears } = direction.unwrap_or(Direction {
            speaks: true,
            hears: true,
        });
        let address = self.address.or(session.address)?;
        let (reports_port, reports_address) = self.reports.unwrap_or((port.saturating_add(1), None));
        Some(Plan {
            remote: SocketAddr::new(address, port),
            reports: if self.is_muxed {
                Reports::Muxed
            } else {
                Reports::At(SocketAddr::new(reports_address.unwrap_or(address), reports_port))
            },
            sound,
            events: self.events(&types, sound.codec),
            // An address of zeros is a hold, as it was said before directions (RFC 3264 §8.4).
            hears: hears && !address.is_unspecified(),
            speaks,
        })
    }

    /// What a payload type stands for, if it was said.
    fn named(&self, payload_type: u8) -> Option<String> {
        let map = self.maps.iter().find(|(number, _)| *number == payload_type);
        map.map(|(_, name)| name.to_ascii_lowercase())
    }

    /// The sound of that payload type, if it is one that is known here.
    fn sound(&self, payload_type: u8, means: Means) -> Option<Sound> {
        let codec = match self.named(payload_type).as_deref() {
            Some("pcmu/8000" | "pcmu/8000/1") => Codec::G711(Law::Mu),
            Some("pcma/8000" | "pcma/8000/1") => Codec::G711(Law::A),
            // Two channels, whatever comes in them (RFC 7587 §7).
            Some("opus/48000/2") if means.opus => Codec::Opus,
            None => {
                [MU, A]
                    .into_iter()
                    .find(|sound| sound.payload_type == payload_type)?
                    .codec
            }
            Some(_) => return None,
        };
        Some(Sound { payload_type, codec })
    }

    /// Keys as events: those that have the clock of the sound, or those that everybody has.
    fn events(&self, types: &[u8], codec: Codec) -> Option<Events> {
        let of = |clock_hz: u32| {
            let name = format!("telephone-event/{clock_hz}");
            let payload_type = *types
                .iter()
                .find(|number| self.named(**number).as_ref() == Some(&name))?;
            Some(Events { payload_type, clock_hz })
        };
        of(codec.clock_hz()).or_else(|| of(RATE_HZ))
    }
}

/// A way of sealing, as `a=crypto` says it: its tag and key (RFC 4568 §9.1). `None` is one that asks for something else than is done
/// here, such as keys that change or packets that are left open.
fn crypto(value: &str) -> Option<(u32, Key)> {
    let mut words = value.split_ascii_whitespace();
    let (tag, suite, keys) = (words.next()?, words.next()?, words.next()?);
    let tag = tag.parse().ok()?;
    let suite = Suite::named(suite)?;
    let mut parts = keys.strip_prefix("inline:")?.split('|');
    let key = Key::read(suite, parts.next()?)?;
    // How long it is good is longer than a call. A number with a colon names one key of several.
    let is_one = parts.all(|part| !part.contains([':', ';']));
    let is_usual = words.all(|parameter| parameter.starts_with("WSH="));
    (is_one && is_usual).then_some((tag, key))
}

/// Where reports come to, as `a=rtcp` says it: `53020`, or `53020 IN IP4 126.16.64.4`.
fn reports(place: &str) -> Option<(u16, Option<IpAddr>)> {
    let mut words = place.split_ascii_whitespace();
    let port = words.next()?.parse().ok().filter(|port| *port != 0)?;
    Some((port, words.nth(2).and_then(|address| address.parse().ok())))
}

impl Description {
    /// Reads one that came in the open.
    pub fn read(body: &[u8]) -> Result<Description, SdpError> {
        Description::read_by(body, ALL)
    }

    /// Reads one of which no more than this can be agreed on.
    pub(crate) fn read_by(body: &[u8], means: Means) -> Result<Description, SdpError> {
        if body.len() > limits::SDP_BYTES_MAX {
            return Err(SdpError::Malformed);
        }
        let text = std::str::from_utf8(body).map_err(|_| SdpError::Malformed)?;
        if !text.starts_with("v=0") {
            return Err(SdpError::Malformed);
        }
        let session = || Stream {
            line: "",
            address: None,
            direction: None,
            maps: vec![],
            reports: None,
            is_muxed: false,
            crypto: None,
        };
        let mut streams = vec![session()];
        for line in text.lines().map(str::trim_end) {
            let Some((kind, value)) = line.split_once('=') else {
                continue;
            };
            let count = streams.len();
            let last = streams.last_mut().expect("one is there from the begin");
            match (kind, value.split_once(':')) {
                ("m", _) if count > limits::SDP_STREAMS_MAX => return Err(SdpError::Malformed),
                ("m", _) => streams.push(Stream {
                    line: value,
                    ..session()
                }),
                ("c", _) => {
                    let address = value.split_ascii_whitespace().nth(2);
                    last.address = address.and_then(|address| address.parse().ok());
                }
                ("a", Some(("rtpmap", map))) => last.maps.extend(map.split_once(' ').and_then(|(number, name)| {
                    let number = number.parse().ok()?;
                    Some((number, name.trim()))
                })),
                ("a", Some(("crypto", value))) => last.crypto = last.crypto.or_else(|| crypto(value)),
                ("a", Some(("rtcp", place))) => last.reports = reports(place),
                ("a", None) if value == "rtcp-mux" => last.is_muxed = true,
                ("a", None) => last.direction = Direction::named(value).or(last.direction),
                _ => {}
            }
        }
        let (session, streams) = streams.split_first().expect("one is there from the begin");
        let taken = streams
            .iter()
            .enumerate()
            .find_map(|(place, stream)| Some((place, stream.agreed(session, means)?)));
        let (taken, (plan, sealed)) = taken.ok_or(SdpError::Unsupported)?;
        let lines = streams
            .iter()
            .enumerate()
            .map(|(place, stream)| (stream.line.to_owned(), place == taken));
        Ok(Description {
            streams: lines.collect(),
            plan,
            sealed,
        })
    }

    /// What a line does by it.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// By what its sound is sealed, if it is.
    pub(crate) fn keys(&self) -> Option<Keys> {
        self.sealed.map(|sealed| sealed.keys)
    }

    /// The answer of whoever has its sound here. `version` grows with each of one session.
    pub fn answer(&self, local: SocketAddr, version: u64) -> String {
        let mut answer = head(local, version);
        for (line, is_taken) in &self.streams {
            if *is_taken {
                let Plan {
                    reports,
                    sound,
                    events,
                    hears,
                    speaks,
                    ..
                } = self.plan;
                let direction = Direction {
                    speaks: hears,
                    hears: speaks,
                };
                let crypto = self.sealed.map(|sealed| (sealed.tag, sealed.keys.ours));
                stream(
                    &mut answer,
                    local.port(),
                    &[sound],
                    events.as_slice(),
                    direction,
                    crypto,
                );
                if reports == Reports::Muxed {
                    writeln_crlf(&mut answer, "a=rtcp-mux");
                }
            } else {
                let mut words = line.split_ascii_whitespace();
                let kind = words.next().unwrap_or("audio");
                let rest: Vec<&str> = words.skip(1).collect();
                writeln_crlf(&mut answer, &format!("m={kind} 0 {}", rest.join(" ")));
            }
        }
        answer
    }
}

/// What we offer to a telephone that we call. By TLS that is sealed sound and nothing else.
pub(crate) fn offer(local: SocketAddr, means: Means) -> String {
    let mut offer = head(local, 1);
    let direction = Direction {
        speaks: true,
        hears: true,
    };
    let crypto = means.secret.map(|secret| (1, Key::new(Suite::HmacSha1_80, secret)));
    let (sounds, events): (&[Sound], &[Events]) = if means.opus {
        (&[OPUS, MU, A], &[EVENTS, OPUS_EVENTS])
    } else {
        (&[MU, A], &[EVENTS])
    };
    stream(&mut offer, local.port(), sounds, events, direction, crypto);
    offer
}

fn head(local: SocketAddr, version: u64) -> String {
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

fn stream(
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

fn writeln_crlf(text: &mut String, line: &str) {
    write!(text, "{line}\r\n").expect("a text takes everything");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n";

    fn local() -> SocketAddr {
        ([192, 0, 2, 9], 4_000).into()
    }

    #[test]
    fn what_is_offered_is_answered_in_its_place() {
        let check = |streams: &str, expected: &str| {
            let description = Description::read(format!("{HEAD}{streams}").as_bytes()).expect(streams);
            let answer = description.answer(local(), 1);
            let lines: Vec<&str> = answer
                .lines()
                .filter(|line| line.starts_with("m=") || line.starts_with("a="))
                .collect();
            let kept: Vec<&str> = lines
                .into_iter()
                .filter(|line| !line.contains("ptime") && !line.contains("fmtp"))
                .collect();
            assert_eq!(kept.join(" "), expected, "{streams}");
        };
        let mu = "m=audio 4000 RTP/AVP 0 a=rtpmap:0 PCMU/8000 a=sendrecv";
        check("m=audio 5000 RTP/AVP 0\r\n", mu);
        let opus = "a=rtpmap:96 opus/48000/2";
        check(
            &format!("m=audio 5000 RTP/AVP 96 0\r\n{opus}\r\n"),
            &format!("m=audio 4000 RTP/AVP 96 {opus} a=sendrecv"),
        );
        check(&format!("m=audio 5000 RTP/AVP 0 96\r\n{opus}\r\n"), mu);
        check("m=audio 5000 RTP/AVP 96 0\r\na=rtpmap:96 opus/48000\r\n", mu);
        let (eight, forty_eight) = ("a=rtpmap:97 telephone-event/8000", "a=rtpmap:98 telephone-event/48000");
        check(
            &format!("m=audio 5000 RTP/AVP 96 97 98\r\n{opus}\r\n{eight}\r\n{forty_eight}\r\n"),
            &format!("m=audio 4000 RTP/AVP 96 98 {opus} {forty_eight} a=sendrecv"),
        );
        check(
            &format!("m=audio 5000 RTP/AVP 96 97\r\n{opus}\r\n{eight}\r\n"),
            &format!("m=audio 4000 RTP/AVP 96 97 {opus} {eight} a=sendrecv"),
        );
        check(&format!("m=audio 5000 RTP/AVP 0 98\r\n{forty_eight}\r\n"), mu);
        check(
            "m=audio 5000 RTP/AVP 8 0\r\n",
            "m=audio 4000 RTP/AVP 8 a=rtpmap:8 PCMA/8000 a=sendrecv",
        );
        check(
            "m=audio 5000 RTP/AVP 97 100\r\na=rtpmap:97 pcmu/8000/1\r\na=rtpmap:100 telephone-event/8000\r\n",
            "m=audio 4000 RTP/AVP 97 100 a=rtpmap:97 PCMU/8000 a=rtpmap:100 telephone-event/8000 a=sendrecv",
        );
        check(
            "m=video 7000 RTP/AVP 31\r\nm=audio 5000 RTP/AVP 0\r\n",
            &format!("m=video 0 RTP/AVP 31 {mu}"),
        );
        check(
            "m=audio 5000 RTP/AVP 0\r\na=sendonly\r\n",
            "m=audio 4000 RTP/AVP 0 a=rtpmap:0 PCMU/8000 a=recvonly",
        );
        check(
            "a=inactive\r\nm=audio 5000 RTP/AVP 0\r\n",
            "m=audio 4000 RTP/AVP 0 a=rtpmap:0 PCMU/8000 a=inactive",
        );
    }

    #[test]
    fn where_reports_go() {
        let check = |streams: &str, expected: Option<&str>| {
            let description = Description::read(format!("{HEAD}{streams}").as_bytes()).expect(streams);
            let expected = expected.map_or(Reports::Muxed, |at| Reports::At(at.parse().expect("an address")));
            assert_eq!(description.plan().reports, expected, "{streams}");
            let is_muxed = description.answer(local(), 1).contains("a=rtcp-mux\r\n");
            assert_eq!(is_muxed, expected == Reports::Muxed, "{streams}");
        };
        let with = |line: &str| format!("m=audio 5000 RTP/AVP 0\r\n{line}\r\n");
        check(&with("a=sendrecv"), Some("192.0.2.1:5001"));
        check(&with("a=rtcp:6000"), Some("192.0.2.1:6000"));
        check(&with("a=rtcp:6000 IN IP4 192.0.2.7"), Some("192.0.2.7:6000"));
        check(&with("a=rtcp:0"), Some("192.0.2.1:5001"));
        check(&with("a=rtcp:x"), Some("192.0.2.1:5001"));
        check(&with("a=rtcp-mux"), None);
        check(&with("a=rtcp:6000\r\na=rtcp-mux"), None);
        check("m=audio 65535 RTP/AVP 0\r\n", Some("192.0.2.1:65535"));
    }

    #[test]
    fn where_sound_goes() {
        let check = |streams: &str, remote: &str, hears: bool| {
            let description = Description::read(format!("{HEAD}{streams}").as_bytes()).expect(streams);
            assert_eq!(
                (description.plan().remote.to_string().as_str(), description.plan().hears),
                (remote, hears),
                "{streams}"
            );
        };
        check("m=audio 5000 RTP/AVP 0\r\n", "192.0.2.1:5000", true);
        check(
            "m=audio 5000 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\n",
            "192.0.2.2:5000",
            true,
        );
        check(
            "m=audio 5000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n",
            "[2001:db8::1]:5000",
            true,
        );
        check("m=audio 5000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", "0.0.0.0:5000", false);
        check("m=audio 5000 RTP/AVP 0\r\na=sendonly\r\n", "192.0.2.1:5000", false);
    }

    #[test]
    fn what_cannot_be_agreed_on() {
        let check = |body: &str, expected| assert_eq!(Description::read(body.as_bytes()), Err(expected), "{body:.60}");
        check("", SdpError::Malformed);
        check("hello", SdpError::Malformed);
        check(HEAD, SdpError::Unsupported);
        let with = |streams: &str| format!("{HEAD}{streams}");
        check(&with("m=audio 0 RTP/AVP 0\r\n"), SdpError::Unsupported);
        check(&with("m=audio 5000 RTP/SAVP 0\r\n"), SdpError::Unsupported);
        check(
            &with("m=audio 5000 RTP/AVP 96\r\na=rtpmap:96 G722/8000\r\n"),
            SdpError::Unsupported,
        );
        check(&with("m=audio 70000 RTP/AVP 0\r\n"), SdpError::Unsupported);
        check(&with(&"m=audio 5000 RTP/AVP 0\r\n".repeat(40)), SdpError::Malformed);
        check(&with(&"a=x\r\n".repeat(4_000)), SdpError::Malformed);
    }

    #[test]
    fn what_we_offer_can_be_answered() {
        let check = |ours: bool, theirs: bool, sound: Sound, events: Events| {
            let (ours, theirs) = (Means { opus: ours, ..ALL }, Means { opus: theirs, ..ALL });
            let offered = Description::read_by(offer(local(), ours).as_bytes(), theirs).expect("ours");
            let answer = offered.answer(([192, 0, 2, 1], 6_000).into(), 1);
            let plan = Description::read_by(answer.as_bytes(), ours).expect("an answer").plan();
            assert_eq!(
                (plan.remote.port(), plan.sound, plan.events),
                (6_000, sound, Some(events))
            );
        };
        check(true, true, OPUS, OPUS_EVENTS);
        check(true, false, MU, EVENTS);
        check(false, true, MU, EVENTS);
    }

    const SECRET: Secret = [7; 30];

    fn secure(secret: Secret) -> Means {
        Means {
            secret: Some(secret),
            ..ALL
        }
    }

    #[test]
    fn sealed_sound_is_taken_where_its_keys_are_safe() {
        let key = Key::new(Suite::HmacSha1_80, [1; 30]).text();
        let check = |streams: &str, is_secure: bool, expected: Option<&str>| {
            let body = format!("{HEAD}{streams}");
            let read = if is_secure {
                Description::read_by(body.as_bytes(), secure(SECRET))
            } else {
                Description::read(body.as_bytes())
            };
            let answer = read
                .map(|description| description.answer(local(), 1))
                .unwrap_or_default();
            let mut lines = answer.lines();
            let crypto = lines.find_map(|line| line.strip_prefix("a=crypto:"));
            let ours = |suite: Suite| format!("{} inline:{}", suite.name(), Key::new(suite, SECRET).text());
            let expected = expected.map(|expected| match expected.split_once(' ') {
                Some((tag, suite)) => format!("{tag} {}", ours(Suite::named(suite).expect("a suite"))),
                None => String::new(),
            });
            let said = (!answer.is_empty()).then(|| crypto.unwrap_or_default().to_owned());
            assert_eq!(said, expected, "{streams} {is_secure}");
        };
        let sealed = |crypto: &str| format!("m=audio 5000 RTP/SAVP 0\r\na=crypto:{crypto}\r\n");
        let (eighty, short) = ("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32");
        let usual = sealed(&format!("1 {eighty} inline:{key}"));
        check(&usual, true, Some("1 AES_CM_128_HMAC_SHA1_80"));
        check(&usual, false, None);
        check(
            &sealed(&format!("3 {short} inline:{key}|2^31")),
            true,
            Some("3 AES_CM_128_HMAC_SHA1_32"),
        );
        check(&sealed(&format!("1 {eighty} inline:{key}|2^20|1:4")), true, None);
        check(&sealed(&format!("1 {eighty} inline:{key};inline:{key}")), true, None);
        check(
            &sealed(&format!("1 {eighty} inline:{key} UNENCRYPTED_SRTP")),
            true,
            None,
        );
        check(
            &sealed(&format!("1 {eighty} inline:{key} WSH=64")),
            true,
            Some("1 AES_CM_128_HMAC_SHA1_80"),
        );
        check(&sealed("1 F8_128_HMAC_SHA1_80 inline:AAAA"), true, None);
        check(&sealed(&format!("1 {eighty} inline:AAAA")), true, None);
        check(
            &format!(
                "{}a=crypto:2 {short} inline:{key}\r\n",
                sealed("1 AEAD_AES_128_GCM inline:AAAA")
            ),
            true,
            Some("2 AES_CM_128_HMAC_SHA1_32"),
        );
        // A telephone that offers both ways gets the one that the way of its offer allows.
        let both = format!("{usual}m=audio 5002 RTP/AVP 0\r\n");
        check(&both, true, Some("1 AES_CM_128_HMAC_SHA1_80"));
        check(&both, false, Some(""));
        check("m=audio 5000 RTP/AVP 0\r\n", true, Some(""));
        check("m=audio 5000 RTP/SAVP 0\r\n", true, None);
    }

    #[test]
    fn what_we_offer_by_tls_is_sealed() {
        let offer = offer(local(), secure(SECRET));
        let theirs = Description::read_by(offer.as_bytes(), secure([9; 30])).expect("ours");
        let answer = theirs.answer(([192, 0, 2, 1], 6_000).into(), 1);
        let ours = Description::read_by(answer.as_bytes(), secure(SECRET)).expect("an answer");
        let (theirs, ours) = (theirs.keys().expect("sealed"), ours.keys().expect("sealed"));
        assert_eq!((theirs.theirs, theirs.ours), (ours.ours, ours.theirs));
        assert!(!format!("{theirs:?}").contains("CQkJ"), "keys are not shown");
    }

    proptest! {
        #[test]
        fn no_crypto_is_a_panic(value in "[0-9]{1,3} AES_CM_128_HMAC_SHA1_(80|32) (inline:)?[A-Za-z0-9+/=|:;^ ]{0,60}") {
            let _ = crypto(&value);
        }

        #[test]
        fn no_bytes_are_a_panic(lines in prop::collection::vec("[vomcat]=[ -~]{0,30}|m=audio [0-9]{1,5} RTP/AVP( [0-9]{1,3}){0,4}", 0..12)) {
            let body = format!("v=0\r\n{}", lines.join("\r\n"));
            if let Ok(description) = Description::read(body.as_bytes()) {
                let answer = description.answer(local(), 2);
                prop_assert!(Description::read(answer.as_bytes()).is_ok(), "{}", answer);
            }
        }
    }
}
