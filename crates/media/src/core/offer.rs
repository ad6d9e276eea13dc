//! The rules of an offer, and the plan that follows from one.
//!
//! A session negotiates once for its whole life, so everything it will ever receive or send is in its one offer: a fixed
//! number of receiving lines that the server fills, and at most a microphone, a camera and a screen. The rules are those
//! that Google states for the Media API, with sending lines added and more video lines allowed; codecs and extensions that
//! Google's documentation demands but stock Chromium does not offer are not demanded.
//!
//! This reads only the section lines, directions, mids and codec names. What else there is in SDP is the business of the
//! WebRTC stack.

use crate::limits;

/// Why an offer is refused. `Display` is what the client is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// The offer exceeds [`limits::OFFER_BYTES`].
    #[error("the offer is longer than {} bytes", limits::OFFER_BYTES)]
    TooLong,
    /// The offer is no SDP, or lacks what every WebRTC offer has.
    #[error("the offer is not valid SDP: {0}")]
    Malformed(String),
    /// A section is of another kind than audio, video or application.
    #[error("section {section}: `{kind}` is not supported")]
    UnknownSection {
        /// Counted from 0.
        section: usize,
        /// The word after `m=`.
        kind: String,
    },
    /// A section has no identification, a strange one, or that of another section.
    #[error("section {section}: `a=mid` must be unique, 1 to 16 letters or digits")]
    Mid {
        /// Counted from 0.
        section: usize,
    },
    /// A media section both sends and receives, or neither.
    #[error("section {section}: must be `recvonly` or `sendonly`")]
    Direction {
        /// Counted from 0.
        section: usize,
    },
    /// A media section is not in the one bundle.
    #[error("section {section}: all sections must be in one `a=group:BUNDLE`")]
    NotBundled {
        /// Counted from 0.
        section: usize,
    },
    /// A media section offers no codec that is forwarded.
    #[error("section {section}: must offer {expected}")]
    NoCodec {
        /// Counted from 0.
        section: usize,
        /// What was missing.
        expected: &'static str,
    },
    /// A sending section offers layers in a way that is not understood.
    #[error("section {section}: `a=simulcast` must be `send` with at most {max} names, each once, of 1 to 8 letters or digits", max = limits::SPATIAL_LAYERS)]
    Simulcast {
        /// Counted from 0.
        section: usize,
    },
    /// Neither three nor no receiving audio sections.
    #[error("{0} audio sections are `recvonly`, must be 3 or none")]
    AudioLines(usize),
    /// Too many receiving video sections.
    #[error("{0} video sections are `recvonly`, at most {max} are possible", max = limits::VIDEO_LINES)]
    VideoLines(usize),
    /// More than one microphone.
    #[error("{0} audio sections are `sendonly`, at most 1 is possible")]
    SendingAudio(usize),
    /// More than a camera and a screen.
    #[error("{0} video sections are `sendonly`, at most {max} are possible", max = limits::SENDING_VIDEO_LINES)]
    SendingVideo(usize),
    /// A check of the network has sections for media.
    #[error("a check of the network has one section, for data channels")]
    OnlyChannels,
    /// There is not exactly one section for data channels.
    #[error("{0} sections are for data channels, must be 1")]
    DataChannels(usize),
}

/// The lines of a session, by their `a=mid`, in the order of the offer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Receiving audio lines: three or none.
    pub audio: Vec<String>,
    /// Receiving video lines.
    pub video: Vec<String>,
    /// The sending audio line.
    pub microphone: Option<SendingLine>,
    /// The first sending video line.
    pub camera: Option<SendingLine>,
    /// The second sending video line.
    pub screen: Option<SendingLine>,
    /// The client can read redundancy (RFC 2198) on all lines on which it receives sound.
    pub takes_redundancy: bool,
    /// The client can tell, of what it receives as video, when each packet arrived.
    pub tells_arrivals: bool,
}

/// A line on which a session sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendingLine {
    /// Its `a=mid`.
    pub mid: String,
    /// The names of its simulcast layers (RFC 8853), in the order of the offer; none where it sends one stream. Our rule is
    /// that the smallest comes first: browsers number their encodings so, and nothing in SDP says which is which.
    pub layers: Vec<String>,
}

#[derive(Default)]
struct Section<'a> {
    kind: &'a str,
    mid: &'a str,
    direction: &'a str,
    codecs: Vec<String>,
    simulcast: Option<&'a str>,
    tells_arrivals: bool,
}

impl Plan {
    /// Reads an offer and holds it to the rules.
    pub fn parse(offer: &str) -> Result<Plan, OfferError> {
        if offer.len() > limits::OFFER_BYTES {
            return Err(OfferError::TooLong);
        }
        let (sections, bundle) = sections(offer)?;
        let mut plan = Plan::default();
        let (mut sending_audio, mut sending_video, mut channels) = (vec![], vec![], 0);
        for (index, section) in sections.iter().enumerate() {
            section.check(index, &sections[..index], &bundle)?;
            let mid = section.mid.to_owned();
            let layers = section.layers().unwrap_or_default();
            let sending = SendingLine {
                mid: mid.clone(),
                layers,
            };
            match (section.kind, section.direction) {
                ("audio", "recvonly") => {
                    let takes_redundancy = section.codecs.iter().any(|codec| codec == "red");
                    plan.takes_redundancy = takes_redundancy && (plan.audio.is_empty() || plan.takes_redundancy);
                    plan.audio.push(mid);
                }
                ("audio", _) => sending_audio.push(sending),
                ("video", "recvonly") => {
                    plan.tells_arrivals = section.tells_arrivals;
                    plan.video.push(mid);
                }
                ("video", _) => sending_video.push(sending),
                _ => channels += 1,
            }
        }
        match (
            plan.audio.len(),
            plan.video.len(),
            sending_audio.len(),
            sending_video.len(),
        ) {
            (audio, ..) if audio != 0 && audio != limits::AUDIO_LINES => Err(OfferError::AudioLines(audio)),
            (_, video, ..) if video > limits::VIDEO_LINES => Err(OfferError::VideoLines(video)),
            (_, _, audio, _) if audio > 1 => Err(OfferError::SendingAudio(audio)),
            (.., video) if video > limits::SENDING_VIDEO_LINES => Err(OfferError::SendingVideo(video)),
            _ if channels != 1 => Err(OfferError::DataChannels(channels)),
            _ => {
                let mut sending_video = sending_video.into_iter();
                plan.microphone = sending_audio.pop();
                plan.camera = sending_video.next();
                plan.screen = sending_video.next();
                Ok(plan)
            }
        }
    }
}

impl Plan {
    /// Reads the offer of a check of the network, which has nothing but data channels.
    pub(crate) fn parse_check(offer: &str) -> Result<Plan, OfferError> {
        let plan = Plan::parse(offer)?;
        if plan != Plan::default() {
            return Err(OfferError::OnlyChannels);
        }
        Ok(plan)
    }
}

impl Section<'_> {
    fn check(&self, section: usize, earlier: &[Section<'_>], bundle: &[&str]) -> Result<(), OfferError> {
        if !matches!(self.kind, "audio" | "video" | "application") {
            return Err(OfferError::UnknownSection {
                section,
                kind: self.kind.chars().take(32).collect(),
            });
        }
        let unique = !earlier.iter().any(|other| other.mid == self.mid);
        let well_formed =
            (1..=16).contains(&self.mid.len()) && self.mid.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !well_formed || !unique {
            return Err(OfferError::Mid { section });
        }
        // Port 0 says nothing: Firefox gives it to every bundled section but the first.
        if !bundle.contains(&self.mid) {
            return Err(OfferError::NotBundled { section });
        }
        if self.kind == "application" {
            return Ok(());
        }
        if !matches!(self.direction, "recvonly" | "sendonly") {
            return Err(OfferError::Direction { section });
        }
        if self.layers().is_none() {
            return Err(OfferError::Simulcast { section });
        }
        let offers = |codecs: &[&str]| self.codecs.iter().any(|codec| codecs.contains(&codec.as_str()));
        let expected = match self.kind {
            "audio" if !offers(&["opus"]) => "Opus",
            "video" if !offers(&["vp8", "vp9", "h264", "av1"]) => "VP8, VP9, H.264 or AV1",
            _ => return Ok(()),
        };
        Err(OfferError::NoCodec { section, expected })
    }
}

impl Section<'_> {
    /// The names of its layers, none if it has only one; `None` if they are not as they must be.
    fn layers(&self) -> Option<Vec<String>> {
        let Some(simulcast) = self.simulcast.filter(|_| self.direction == "sendonly") else {
            return Some(vec![]);
        };
        // `~`: it sends nothing of this layer at first.
        let names = simulcast.trim().strip_prefix("send ")?.split(';');
        let names: Vec<String> = names.map(|name| name.trim_start_matches('~').to_owned()).collect();
        let is_name = |name: &String| {
            let is_short = (1..=8).contains(&name.len());
            is_short && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let is_once = |(place, name)| !names[..place].contains(name);
        let is_right = self.kind == "video"
            && names.len() <= limits::SPATIAL_LAYERS
            && names.iter().all(is_name)
            && names.iter().enumerate().all(is_once);
        is_right.then_some(names)
    }
}

fn sections(offer: &str) -> Result<(Vec<Section<'_>>, Vec<&str>), OfferError> {
    if !offer.starts_with("v=0") {
        return Err(OfferError::Malformed("it does not begin with `v=0`".into()));
    }
    let (mut sections, mut bundle, mut default_direction) = (Vec::<Section<'_>>::new(), vec![], "sendrecv");
    for line in offer.lines() {
        if let Some(media) = line.strip_prefix("m=") {
            let kind = media.split_ascii_whitespace().next().unwrap_or_default();
            sections.push(Section {
                kind,
                direction: default_direction,
                ..Section::default()
            });
        } else if let Some(attribute) = line.strip_prefix("a=") {
            let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
            match (name, sections.last_mut()) {
                ("group", None) => bundle.extend(value.strip_prefix("BUNDLE ").unwrap_or_default().split_whitespace()),
                ("recvonly" | "sendonly" | "sendrecv" | "inactive", None) => default_direction = name,
                ("recvonly" | "sendonly" | "sendrecv" | "inactive", Some(section)) => section.direction = name,
                ("mid", Some(section)) => section.mid = value.trim(),
                ("simulcast", Some(section)) => section.simulcast = Some(value),
                ("extmap", Some(section)) => section.tells_arrivals |= value.contains(ARRIVALS),
                ("rtpmap", Some(section)) => section.codecs.extend(codec(value)),
                _ => {}
            }
        }
    }
    if sections.is_empty() {
        return Err(OfferError::Malformed("it has no sections".into()));
    }
    Ok((sections, bundle))
}

/// The header extension by which a receiver tells when packets arrived (transport-wide congestion control).
const ARRIVALS: &str = "transport-wide-cc-extensions-01";

/// `96 VP8/90000`: the name, in lower case as names of codecs are case-blind.
fn codec(rtpmap: &str) -> Option<String> {
    Some(rtpmap.split_once(' ')?.1.split_once('/')?.0.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    /// An offer in a few words: `a<` receives audio, `v>` sends video, `d` is the section for data channels.
    fn offer(sections: &str) -> String {
        let words: Vec<&str> = sections.split_whitespace().collect();
        let mids: Vec<String> = (0..words.len()).map(|mid| mid.to_string()).collect();
        let mut text = format!(
            "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n",
            mids.join(" ")
        );
        for (word, mid) in words.iter().zip(mids) {
            let (kind, codec) = match word.as_bytes()[0] {
                b'a' => ("audio 9 UDP/TLS/RTP/SAVPF 111", "a=rtpmap:111 opus/48000/2\r\n"),
                b'v' => ("video 9 UDP/TLS/RTP/SAVPF 96", "a=rtpmap:96 VP8/90000\r\n"),
                b'd' => ("application 9 UDP/DTLS/SCTP webrtc-datachannel", ""),
                _ => ("text 9 UDP/TLS/RTP/SAVPF 98", ""),
            };
            let direction = match word.as_bytes().get(1) {
                Some(b'<') => "a=recvonly\r\n",
                Some(b'>') => "a=sendonly\r\n",
                Some(b'=') => "a=sendrecv\r\n",
                _ => "",
            };
            write!(text, "m={kind}\r\na=mid:{mid}\r\n{direction}{codec}").unwrap();
        }
        text
    }

    #[test]
    fn the_lines_of_an_offer_are_planned() {
        let plan = Plan::parse(&offer("a< a< a< d v< v< a> v> v>")).unwrap();
        assert_eq!(plan.audio, ["0", "1", "2"]);
        assert_eq!(plan.video, ["4", "5"]);
        assert_eq!(
            (
                plan.microphone.map(|line| line.mid).as_deref(),
                plan.camera.map(|line| line.mid).as_deref(),
                plan.screen.map(|line| line.mid).as_deref()
            ),
            (Some("6"), Some("7"), Some("8"))
        );
        let layers = |simulcast: &str| {
            let plan = Plan::parse(&(offer("d v>") + simulcast)).unwrap();
            plan.camera.unwrap().layers.join(" ")
        };
        assert_eq!(layers("a=simulcast:send q;h;f\r\n"), "q h f");
        assert_eq!(layers("a=simulcast:send q;~f\r\n"), "q f");
        assert_eq!(layers(""), "");
        let receiver = Plan::parse(&offer("a< a< a< v< d")).unwrap();
        assert_eq!(
            (receiver.microphone, receiver.camera, receiver.screen),
            (None, None, None)
        );
        let with_redundancy = |lines: usize| {
            let red = "a=rtpmap:63 red/48000/2\r\na=rtpmap:111";
            let offer = offer("a< a< a< d").replacen("a=rtpmap:111", red, lines);
            Plan::parse(&offer).unwrap().takes_redundancy
        };
        assert_eq!(
            [0, 1, 3].map(with_redundancy),
            [false, false, true],
            "on all lines or none"
        );
        assert!(Plan::parse(&offer("d")).is_ok(), "somebody who only reads the roll");
        assert!(
            Plan::parse(&offer("d v>").replace("video 9", "video 0")).is_ok(),
            "bundled, as Firefox writes it"
        );
    }

    #[test]
    fn the_rules_are_kept() {
        let check = |offer: String, expected: &str| {
            let said = Plan::parse(&offer).map_or_else(|error| error.to_string(), |plan| format!("{plan:?}"));
            assert_eq!(said, expected, "{offer}");
        };
        check(
            String::new(),
            "the offer is not valid SDP: it does not begin with `v=0`",
        );
        check("v=0\r\n".into(), "the offer is not valid SDP: it has no sections");
        check(
            "v=0".repeat(limits::OFFER_BYTES),
            "the offer is longer than 262144 bytes",
        );
        check(offer("a< d"), "1 audio sections are `recvonly`, must be 3 or none");
        check(
            offer("a< a< a< a< d"),
            "4 audio sections are `recvonly`, must be 3 or none",
        );
        check(
            offer(&"v< ".repeat(17)),
            "17 video sections are `recvonly`, at most 16 are possible",
        );
        check(
            offer("d a> a>"),
            "2 audio sections are `sendonly`, at most 1 is possible",
        );
        check(
            offer("d v> v> v>"),
            "3 video sections are `sendonly`, at most 2 are possible",
        );
        check(offer("a>"), "0 sections are for data channels, must be 1");
        check(offer("d d"), "2 sections are for data channels, must be 1");
        check(offer("d a="), "section 1: must be `recvonly` or `sendonly`");
        check(offer("d a"), "section 1: must be `recvonly` or `sendonly`");
        check(offer("d t<"), "section 1: `text` is not supported");
        check(offer("d a>").replace("opus", "PCMU"), "section 1: must offer Opus");
        check(
            offer("d v>").replace("VP8", "H265"),
            "section 1: must offer VP8, VP9, H.264 or AV1",
        );
        check(
            offer("d v>").replace("BUNDLE 0 1", "BUNDLE 0"),
            "section 1: all sections must be in one `a=group:BUNDLE`",
        );
        check(
            offer("d v>").replace("mid:1", "mid:0"),
            "section 1: `a=mid` must be unique, 1 to 16 letters or digits",
        );
        check(
            offer("d v>").replace("mid:1", "mid:"),
            "section 1: `a=mid` must be unique, 1 to 16 letters or digits",
        );
        let simulcasts = [
            "send a;b;c;d",
            "send a;a",
            "send a,b;c",
            "send ",
            "recv a",
            "send 123456789",
            "send a recv b",
        ];
        for (simulcast, sections) in simulcasts
            .map(|simulcast| (simulcast, "d v>"))
            .into_iter()
            .chain([("send a", "d a>")])
        {
            check(
                offer(sections) + "a=simulcast:" + simulcast + "\r\n",
                "section 1: `a=simulcast` must be `send` with at most 3 names, each once, of 1 to 8 letters or digits",
            );
        }
    }

    #[test]
    fn the_longest_honest_offer_fits_twice() {
        // Chromium's offer of three lines of sound and one of video, a microphone, a camera and the data channels.
        let fixture = include_str!("../../../../tests/fixtures/offer.sdp");
        let (head, sections) = fixture.split_once("\r\nm=").unwrap();
        let lengths: Vec<usize> = sections.split("\r\nm=").map(|section| section.len() + 4).collect();
        let [sound, .., video, microphone, camera, channels] = lengths[..] else {
            panic!("{lengths:?}");
        };
        let length = head.len()
            + limits::AUDIO_LINES * sound
            + limits::VIDEO_LINES * video
            + microphone
            + limits::SENDING_VIDEO_LINES * camera
            + channels;
        assert!((85_000..95_000).contains(&length), "{length}");
        assert!(2 * length < limits::OFFER_BYTES);
    }

    proptest! {
        #[test]
        fn no_offer_panics(text in "(v=0\r\n)?((m=|a=)(audio|video|mid|rtpmap|group|recvonly|sendonly|simulcast)?[: ]?.{0,9}\r?\n){0,20}") {
            let _ = Plan::parse(&text);
        }
    }
}
