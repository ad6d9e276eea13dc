//! Reading a description: what is said of each stream, and which of that can be agreed on.
//!
//! Lines that say nothing to telephones are passed over, and so are those that make no sense: a stream of which too little is known is not
//! taken. What is said before the first stream is said of all.

use std::net::{IpAddr, SocketAddr};

use audio::{RATE_HZ, g711::Law};

use super::{A, Direction, MU, Means, SdpError, Sealed};
use crate::{
    limits,
    line::{Codec, Events, Key, Keys, Plan, Reports, Sound, Suite},
};

/// What is said of all, and of each stream.
pub(super) fn read(body: &[u8]) -> Result<(Stream<'_>, Vec<Stream<'_>>), SdpError> {
    if body.len() > limits::SDP_BYTES_MAX {
        return Err(SdpError::Malformed);
    }
    let text = std::str::from_utf8(body).map_err(|_| SdpError::Malformed)?;
    if !text.starts_with("v=0") {
        return Err(SdpError::Malformed);
    }
    let (mut session, mut streams) = (Stream::default(), Vec::new());
    let lines = text.lines().filter_map(|line| line.trim_end().split_once('='));
    for (kind, value) in lines {
        if kind != "m" {
            streams.last_mut().unwrap_or(&mut session).take(kind, value);
        } else if streams.len() < limits::SDP_STREAMS_MAX {
            streams.push(Stream::of(value));
        } else {
            return Err(SdpError::Malformed);
        }
    }
    Ok((session, streams))
}

/// What is said of a stream, or of all.
#[derive(Default)]
pub(super) struct Stream<'a> {
    pub(super) line: &'a str,
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

impl<'a> Stream<'a> {
    fn of(line: &'a str) -> Stream<'a> {
        Stream {
            line,
            ..Stream::default()
        }
    }

    /// Takes what another line says of it.
    fn take(&mut self, kind: &str, value: &'a str) {
        match (kind, value.split_once(':')) {
            ("c", _) => {
                let address = value.split_ascii_whitespace().nth(2);
                self.address = address.and_then(|address| address.parse().ok());
            }
            ("a", Some(("rtpmap", map))) => self.maps.extend(map.split_once(' ').and_then(|(number, name)| {
                let number = number.parse().ok()?;
                Some((number, name.trim()))
            })),
            ("a", Some(("crypto", value))) => self.crypto = self.crypto.or_else(|| crypto(value)),
            ("a", Some(("rtcp", place))) => self.reports = reports(place),
            ("a", None) if value == "rtcp-mux" => self.is_muxed = true,
            ("a", None) => self.direction = Direction::named(value).or(self.direction),
            _ => {}
        }
    }

    /// What can be agreed on, if it is a stream of sound that telephones have; and by what it is sealed, if it is and may be.
    pub(super) fn agreed(&self, session: &Stream<'_>, means: Means) -> Option<(Plan, Option<Sealed>)> {
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
        let Direction { speaks, hears } = direction.unwrap_or(Direction::BOTH);
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
pub(super) fn crypto(value: &str) -> Option<(u32, Key)> {
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
