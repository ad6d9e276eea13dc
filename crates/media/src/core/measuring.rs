//! What is measured of one session: its streams, each where it arrives or leaves, and its transport.
//!
//! A stream is met by its first packet, and only that one takes memory: later ones find their place. There are as many of them as
//! a session may have, whatever SSRCs it makes up. One more takes the place of one that has been silent for a window, of which
//! everything has been told; if there is none, the new one is not measured.

use quality::{Arrival, Content, Direction, Kind, Receiving, Report, Sending, Stream, Transport, Window};

use crate::{
    core::{LineId, Source, Time},
    limits,
};

/// One session's figures since they were gathered last.
#[derive(Debug)]
pub(crate) struct Measuring {
    is_on: bool,
    uplinks: Vec<Uplink>,
    downlinks: Vec<Downlink>,
    transport: Transport,
    /// The round trip that was told last: it is told again until there is another.
    round_trip_us: Option<u64>,
}

#[derive(Debug)]
struct Uplink {
    stream: Stream,
    receiving: Receiving,
    heard_us: i64,
}

#[derive(Debug)]
struct Downlink {
    line: LineId,
    stream: Stream,
    sending: Sending,
    /// What its receiver reported last: it is told again until there is another.
    told: Option<Told>,
}

/// What a client tells of a line on which it receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// What its receiver counts.
    pub report: Report,
    /// How long a report of ours and its answer took.
    pub round_trip_us: Option<u64>,
}

impl Measuring {
    /// Nothing is measured if it is not on.
    pub(crate) fn new(is_on: bool) -> Measuring {
        Measuring {
            is_on,
            uplinks: vec![],
            downlinks: vec![],
            transport: Transport::default(),
            round_trip_us: None,
        }
    }

    /// A packet of the session came.
    pub(crate) fn arrived(&mut self, ssrc: u32, source: Source, packet: &Arrival<'_>, now: Time) {
        let now_us = microseconds(now);
        if let Some(uplink) = self.uplink(ssrc, source, now_us) {
            uplink.heard_us = now_us;
            uplink.receiving.arrived(packet, now_us);
        }
    }

    /// A packet was put on a line of the session, under this number.
    pub(crate) fn sent(&mut self, line: LineId, ssrc: u32, sequence: u64, bytes: usize, content: &Content, now: Time) {
        if !self.is_on {
            return;
        }
        let now_us = microseconds(now);
        let place = self.downlinks.iter().position(|downlink| downlink.line == line);
        let place = place.unwrap_or_else(|| {
            self.downlinks.push(Downlink::new(line, ssrc, sequence, now_us));
            self.downlinks.len() - 1
        });
        self.downlinks[place].sending.sent(sequence, bytes, content, now_us);
    }

    /// The session was asked for a keyframe of a stream.
    pub(crate) fn keyframe_asked(&mut self, ssrc: u32) {
        let asked = self.uplinks.iter_mut().find(|uplink| uplink.stream.ssrc == ssrc);
        if let Some(uplink) = asked {
            uplink.receiving.keyframe_requested();
        }
    }

    /// The session asked for a keyframe on a line.
    pub(crate) fn keyframe_wanted(&mut self, line: LineId) {
        if let Some(downlink) = self.downlink(line) {
            downlink.sending.keyframe_requested();
        }
    }

    /// What the session tells of a line, and how many packets have left on it, those that were sent again among them.
    pub(crate) fn told(&mut self, line: LineId, told: Option<Told>, left: u64) {
        let Some(downlink) = self.downlink(line) else { return };
        downlink.sending.left_in_all(left);
        let Some(told) = told.filter(|told| downlink.told != Some(*told)) else {
            return;
        };
        downlink.told = Some(told);
        downlink.sending.reported(&told.report);
        if let Some(round_trip_us) = told.round_trip_us {
            self.transport.round_trip(round_trip_us);
        }
    }

    /// How long a packet and its answer took, as a stream of the session tells: one that receives nothing tells it too.
    pub(crate) fn round_trip(&mut self, round_trip_us: u64) {
        if self.round_trip_us.replace(round_trip_us) != Some(round_trip_us) {
            self.transport.round_trip(round_trip_us);
        }
    }

    /// What the way to the session is believed to carry.
    pub(crate) fn estimated(&mut self, estimate_bps: u64) {
        self.transport.estimate(estimate_bps);
    }

    /// A second is over.
    pub(crate) fn second(&mut self, now: Time) {
        let now_us = microseconds(now);
        for uplink in &mut self.uplinks {
            uplink.receiving.second(now_us);
        }
        for downlink in &mut self.downlinks {
            downlink.sending.second(now_us);
        }
    }

    /// What was measured since the last time; times count from now.
    pub(crate) fn gather(&mut self, now: Time) -> Vec<(Stream, Window)> {
        self.take(now, Receiving::take)
    }

    /// The same when the session goes: nothing is measured any more.
    pub(crate) fn close(&mut self, now: Time) -> Vec<(Stream, Window)> {
        let windows = self.take(now, Receiving::close);
        *self = Measuring::new(false);
        windows
    }

    fn take(
        &mut self,
        now: Time,
        take: impl Fn(&mut Receiving, i64, &Transport) -> Option<Window>,
    ) -> Vec<(Stream, Window)> {
        let now_us = microseconds(now);
        let transport = std::mem::take(&mut self.transport);
        let uplinks = self.uplinks.iter_mut();
        let uplinks = uplinks.map(|uplink| (uplink.stream, take(&mut uplink.receiving, now_us, &transport)));
        let downlinks = self.downlinks.iter_mut();
        let downlinks = downlinks.map(|downlink| (downlink.stream, downlink.sending.take(now_us, &transport)));
        let windows = uplinks.chain(downlinks);
        windows
            .filter_map(|(stream, window)| Some((stream, window?.moved(-now_us))))
            .collect()
    }

    fn uplink(&mut self, ssrc: u32, source: Source, now_us: i64) -> Option<&mut Uplink> {
        if !self.is_on {
            return None;
        }
        let known = self.uplinks.iter().position(|uplink| uplink.stream.ssrc == ssrc);
        let place = match known {
            Some(place) => place,
            None => self.place_for_another(now_us)?,
        };
        if known.is_none() {
            let uplink = Uplink::new(ssrc, source, now_us);
            if place == self.uplinks.len() {
                self.uplinks.push(uplink);
            } else {
                self.uplinks[place] = uplink;
            }
        }
        self.uplinks.get_mut(place)
    }

    fn place_for_another(&self, now_us: i64) -> Option<usize> {
        if self.uplinks.len() < limits::STREAMS_PER_SESSION {
            return Some(self.uplinks.len());
        }
        let silent_since_us = now_us - microseconds(2 * limits::WINDOW);
        let is_told = |uplink: &Uplink| uplink.heard_us < silent_since_us;
        self.uplinks.iter().position(is_told)
    }

    fn downlink(&mut self, line: LineId) -> Option<&mut Downlink> {
        self.downlinks.iter_mut().find(|downlink| downlink.line == line)
    }
}

impl Uplink {
    fn new(ssrc: u32, source: Source, now_us: i64) -> Uplink {
        Uplink {
            stream: Stream {
                ssrc,
                direction: Direction::Uplink,
                kind: kind(source),
            },
            receiving: Receiving::new(now_us),
            heard_us: now_us,
        }
    }
}

impl Downlink {
    fn new(line: LineId, ssrc: u32, sequence: u64, now_us: i64) -> Downlink {
        Downlink {
            line,
            stream: Stream {
                ssrc,
                direction: Direction::Downlink,
                kind: match line {
                    LineId::Audio(_) => Kind::Audio,
                    LineId::Video(_) => Kind::Video,
                },
            },
            sending: Sending::new(sequence, now_us),
            told: None,
        }
    }
}

fn kind(source: Source) -> Kind {
    match source {
        Source::Microphone => Kind::Audio,
        Source::Camera => Kind::Video,
        Source::Screen => Kind::Screen,
    }
}

fn microseconds(time: Time) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::codec::Codec;

    const SOUND: Content = Content {
        codec: Codec::Opus,
        ends_picture: false,
        starts_keyframe: false,
        picture: None,
        is_redundant: false,
        level: None,
    };

    fn arrive(measuring: &mut Measuring, ssrc: u32, source: Source, now: Time) {
        let packet = Arrival {
            sequence: 1,
            timestamp: 0,
            bytes: 10,
            is_resent: false,
            content: &SOUND,
            is_forwarded: true,
        };
        measuring.arrived(ssrc, source, &packet, now);
    }

    fn tell(measuring: &mut Measuring, line: LineId, highest: u64, lost: u64, left: u64) {
        let report = Report {
            highest,
            lost,
            jitter_us: 1_000,
        };
        let round_trip_us = Some(40_000);
        measuring.told(line, Some(Told { report, round_trip_us }), left);
    }

    #[test]
    fn a_line_is_one_stream_whatever_is_on_it() {
        let mut measuring = Measuring::new(true);
        let line = LineId::Video(2);
        // Another source is another codec, and the numbers go on.
        for (sequence, codec) in [(1, Codec::Vp8), (2, Codec::Vp8), (3, Codec::H264), (4, Codec::H264)] {
            let content = Content { codec, ..SOUND };
            measuring.sent(line, 77, sequence, 100, &content, Time::from_secs(1));
        }
        measuring.keyframe_wanted(line);
        measuring.keyframe_wanted(LineId::Video(3));
        tell(&mut measuring, line, 4, 1, 5);
        tell(&mut measuring, line, 4, 1, 6);
        tell(&mut measuring, LineId::Audio(0), 9, 9, 9);
        let windows = measuring.gather(Time::from_secs(5));
        let [(stream, window)] = &windows[..] else {
            panic!("one line, one stream: {windows:?}");
        };
        let expected = Stream {
            ssrc: 77,
            direction: Direction::Downlink,
            kind: Kind::Video,
        };
        assert_eq!(*stream, expected);
        assert_eq!((window.begin_us, window.first_us), (-4_000_000, Some(-4_000_000)));
        let figures = &window.figures;
        assert_eq!(
            (figures.packets, figures.expected, figures.lost, figures.resent),
            (4, 4, 1, 2)
        );
        assert_eq!(figures.keyframe_requests, 1);
        assert_eq!(figures.round_trip_us.samples, 1, "what is said again is not new");
        assert_eq!(figures.codec, Some(Codec::H264));
        assert_eq!(measuring.gather(Time::from_secs(10)), []);
    }

    #[test]
    fn the_round_trip_is_the_transport_s_and_so_each_stream_s() {
        let mut measuring = Measuring::new(true);
        arrive(&mut measuring, 1, Source::Microphone, Time::ZERO);
        arrive(&mut measuring, 2, Source::Screen, Time::ZERO);
        for round_trip_us in [30_000, 30_000, 50_000] {
            measuring.round_trip(round_trip_us);
        }
        measuring.keyframe_asked(2);
        measuring.keyframe_asked(3);
        let windows = measuring.gather(Time::from_secs(5));
        let kinds: Vec<Kind> = windows.iter().map(|(stream, _)| stream.kind).collect();
        assert_eq!(kinds, [Kind::Audio, Kind::Screen]);
        for (_, window) in &windows {
            assert_eq!(window.figures.round_trip_us.mean(), Some(40_000.0));
        }
        let requests: Vec<u64> = windows
            .iter()
            .map(|(_, window)| window.figures.keyframe_requests)
            .collect();
        assert_eq!(requests, [0, 1]);
    }

    #[test]
    fn a_session_that_makes_up_streams_takes_no_more_memory() {
        let mut measuring = Measuring::new(true);
        let streams = u32::try_from(limits::STREAMS_PER_SESSION).unwrap();
        for ssrc in 0..=streams {
            arrive(&mut measuring, ssrc, Source::Camera, Time::ZERO);
        }
        assert_eq!(measuring.gather(Time::from_secs(5)).len(), limits::STREAMS_PER_SESSION);
        // Those that were silent for two windows have been told of, and give way.
        arrive(&mut measuring, 0, Source::Camera, Time::from_secs(9));
        arrive(&mut measuring, 100, Source::Camera, Time::from_secs(11));
        arrive(&mut measuring, 101, Source::Camera, Time::from_secs(11));
        let windows = measuring.gather(Time::from_secs(15));
        let ssrcs: Vec<u32> = windows.iter().map(|(stream, _)| stream.ssrc).collect();
        assert!(ssrcs.contains(&100) && ssrcs.contains(&101), "{ssrcs:?}");
        assert_eq!(measuring.uplinks.len(), limits::STREAMS_PER_SESSION);
    }

    #[test]
    fn what_is_off_or_closed_measures_nothing() {
        let check = |measuring: &mut Measuring| {
            arrive(measuring, 1, Source::Microphone, Time::ZERO);
            measuring.sent(LineId::Audio(0), 2, 1, 10, &SOUND, Time::ZERO);
            tell(measuring, LineId::Audio(0), 1, 0, 1);
            assert_eq!(measuring.gather(Time::from_secs(5)), []);
        };
        check(&mut Measuring::new(false));
        let mut measuring = Measuring::new(true);
        arrive(&mut measuring, 1, Source::Microphone, Time::ZERO);
        assert_eq!(measuring.close(Time::from_secs(1)).len(), 1);
        check(&mut measuring);
    }
}
