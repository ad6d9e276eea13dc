//! Lines, and telephones that speak and press keys on them.

use std::sync::Mutex;

use audio::{FRAME_SAMPLES, RATE_HZ, g711::Law, opus};

use super::{
    super::{
        plan::{Codec, Events, Sound},
        rtcp::{Block, Telling},
    },
    *,
};

const MU: Sound = Sound {
    payload_type: 0,
    codec: Codec::G711(Law::Mu),
};
const OPUS: Sound = Sound {
    payload_type: 96,
    codec: Codec::Opus,
};
const EVENTS: u8 = 101;

fn address(last: u8) -> SocketAddr {
    ([192, 0, 2, last], 4_000).into()
}

fn reports_address(last: u8) -> SocketAddr {
    ([192, 0, 2, last], 4_001).into()
}

fn plan(remote: u8) -> Plan {
    Plan {
        remote: address(remote),
        reports: Reports::At(reports_address(remote)),
        sound: MU,
        events: Some(Events {
            payload_type: EVENTS,
            clock_hz: RATE_HZ,
        }),
        hears: true,
        speaks: true,
    }
}

/// Lines, and telephones that say one value each.
struct World {
    lines: Lines,
    frames: u32,
    events: Vec<LineEvent>,
    /// What was sent to whom, and what they heard of it: the last sample.
    sent: BTreeMap<SocketAddr, i16>,
    /// Reports that were sent, from which port and to whom.
    reported: Vec<(Port, SocketAddr, Vec<u8>)>,
}

impl World {
    fn new() -> World {
        World {
            lines: Lines::default(),
            frames: 0,
            events: vec![],
            sent: BTreeMap::new(),
            reported: vec![],
        }
    }

    fn now_us(&self) -> i64 {
        i64::from(self.frames) * 20_000
    }

    fn leg(&mut self, remote: u8) -> LegId {
        let leg = LegId::next();
        self.lines.open(leg, 7, self.now_us());
        self.lines.connect(leg, plan(remote), self.now_us());
        leg
    }

    fn say(&mut self, leg: LegId, from: u8, value: i16) {
        let payload = &Law::Mu.encode(&[value; FRAME_SAMPLES]);
        let mut datagram = vec![];
        let packet = Packet {
            marker: false,
            payload_type: 0,
            sequence: u16::try_from(self.frames).expect("a few minutes"),
            timestamp: self.frames * 160,
            ssrc: u32::from(from),
            payload,
        };
        packet.write(&mut datagram);
        self.lines.packet(leg, address(from), &datagram, self.now_us());
    }

    fn press(&mut self, leg: LegId, from: u8, event: u8) {
        let mut datagram = vec![];
        let packet = Packet {
            marker: true,
            payload_type: EVENTS,
            sequence: 1,
            timestamp: self.frames * 160,
            ssrc: 1,
            payload: &[event, 10, 0, 160],
        };
        packet.write(&mut datagram);
        self.lines.packet(leg, address(from), &datagram, self.now_us());
    }

    /// So many beats in which these telephones speak.
    fn beats(&mut self, count: u32, speaking: &[(LegId, u8, i16)]) {
        for _ in 0..count {
            for (leg, from, value) in speaking {
                self.say(*leg, *from, *value);
            }
            self.frames += 1;
            let now_us = self.now_us();
            let (sent, reported) = (&mut self.sent, &mut self.reported);
            let told = self.lines.beat(now_us, |_, port, to, datagram| {
                if is_report(datagram) {
                    reported.push((port, to, datagram.to_vec()));
                    return;
                }
                let packet = Packet::read(datagram).expect("ours");
                if packet.payload_type == 0 {
                    sent.insert(to, Law::Mu.decode(packet.payload[159]));
                }
            });
            self.events.extend(told);
        }
    }

    /// What a telephone hears now, roughly.
    fn heard(&self, at: u8) -> i32 {
        let value = self.sent.get(&address(at)).copied().unwrap_or(i16::MIN);
        (i32::from(value) + 50) / 100 * 100
    }
}

/// Somebody who says one value, and counts the beats.
struct Other {
    is_live: bool,
    beats: Mutex<u32>,
}

impl Voice for Other {
    fn frame(&self, _: &Frame) -> Frame {
        *self.beats.lock().expect("held for a moment") += 1;
        [3_000; FRAME_SAMPLES]
    }

    fn is_live(&self) -> bool {
        self.is_live
    }
}

#[test]
fn a_meeting_goes_on_beneath_an_announcement_and_a_program_waits() {
    for (is_live, expected) in [(true, 20), (false, 15)] {
        let mut world = World::new();
        let leg = world.leg(1);
        let voice = Arc::new(Other {
            is_live,
            beats: Mutex::new(0),
        });
        world.lines.converse(leg, Some(Arc::clone(&voice) as _));
        world.beats(10, &[]);
        assert_eq!(world.heard(1), 3_000);
        let clip: Clip = vec![1_000; 5 * FRAME_SAMPLES].into();
        world.lines.overlay(leg, |overlay| overlay.announce(PlayId(9), clip));
        world.beats(5, &[]);
        assert_eq!(world.heard(1), 1_000);
        world.beats(5, &[]);
        assert_eq!(world.heard(1), 3_000);
        assert_eq!(*voice.beats.lock().expect("held for a moment"), expected, "{is_live}");
    }
}

#[test]
fn two_hear_each_other_while_nothing_is_played() {
    let mut world = World::new();
    let (ada, bo) = (world.leg(1), world.leg(2));
    let both = [(ada, 1, 1_000), (bo, 2, 3_000)];
    world.beats(10, &both);
    assert_eq!((world.heard(1), world.heard(2)), (0, 0), "nobody is bridged");
    world.lines.bridge(ada, bo);
    world.beats(10, &both);
    assert_eq!((world.heard(1), world.heard(2)), (3_000, 1_000));
    world.lines.play(ada, PlayId(1), vec![8_000; 800].into(), 2);
    world.beats(10, &both);
    assert_eq!(
        (world.heard(1), world.heard(2)),
        (7_900, 1_000),
        "a prompt is over the other"
    );
    assert_eq!(
        world.events,
        [LineEvent::Played {
            leg: ada,
            play: PlayId(1)
        }]
    );
    world.beats(1, &both);
    assert_eq!(world.heard(1), 3_000);
    world.lines.close(bo, 0);
    world.beats(2, &both[..1]);
    assert_eq!(world.heard(1), 0);
}

#[test]
fn whoever_is_not_the_telephone_is_not_heard() {
    let mut world = World::new();
    let (ada, bo) = (world.leg(1), world.leg(2));
    world.lines.bridge(ada, bo);
    let mut check = |name: &str, speaking: &[(LegId, u8, i16)], beats: u32, expected: i32| {
        world.beats(beats, speaking);
        assert_eq!(world.heard(2), expected, "{name}");
    };
    check("behind a NAT", &[(ada, 9, 1_000)], 10, 1_000);
    check("a stranger", &[(ada, 9, 1_000), (ada, 66, 8_000)], 20, 1_000);
    check(
        "where it says that it is",
        &[(ada, 9, 1_000), (ada, 1, 2_000)],
        20,
        2_000,
    );
    check("a stranger, later", &[(ada, 66, 8_000)], 300, 0);
}

#[test]
fn a_telephone_that_moved_is_found() {
    let mut world = World::new();
    let (ada, bo) = (world.leg(1), world.leg(2));
    world.lines.bridge(ada, bo);
    world.beats(10, &[(ada, 9, 1_000)]);
    world.beats(150, &[(ada, 10, 2_000)]);
    assert_eq!(world.heard(2), 2_000);
    assert!(world.sent.contains_key(&address(10)), "it is answered there");
}

#[test]
fn whoever_says_nothing_for_long_is_gone() {
    let mut world = World::new();
    let (ada, bo) = (world.leg(1), world.leg(2));
    let held = world.leg(3);
    let on_hold = Plan {
        speaks: false,
        ..plan(3)
    };
    world.lines.connect(held, on_hold, 0);
    world.beats(749, &[(bo, 2, 1)]);
    assert_eq!(world.events, []);
    world.beats(300, &[(bo, 2, 1)]);
    assert_eq!(world.events, [LineEvent::Silent { leg: ada }]);
}

#[test]
fn keys_are_told_and_pressed() {
    let mut world = World::new();
    let ada = world.leg(1);
    world.press(ada, 1, 5);
    world.beats(5, &[(ada, 1, 1)]);
    world.press(ada, 1, 11);
    world.lines.press(ada, "12");
    world.beats(60, &[(ada, 1, 1)]);
    let told: Vec<char> = world
        .events
        .iter()
        .filter_map(|event| match event {
            LineEvent::Digit { digit, .. } => Some(*digit),
            _ => None,
        })
        .collect();
    assert_eq!(told, ['5', '#']);
    assert!(world.events.contains(&LineEvent::Pressed { leg: ada }));
}

#[test]
fn reports_go_where_the_telephone_says_or_where_its_own_come_from() {
    let heard_of_us = |about: u32| {
        let mut datagram = vec![];
        let heard = Block {
            ssrc: about,
            fraction_lost: 0,
            lost: 0,
            highest: 1,
            jitter: 0,
            last_report: 0,
            since_last_report: 0,
        };
        let telling = Telling {
            ssrc: 1,
            name: "ada",
            sent: None,
            heard: Some(heard),
            leaves: false,
        };
        telling.write(&mut datagram);
        datagram
    };
    let check = |name: &str, reports: Reports, from: Option<SocketAddr>, expected: (Port, SocketAddr)| {
        let mut world = World::new();
        let ada = world.leg(1);
        world.lines.connect(ada, Plan { reports, ..plan(1) }, 0);
        world.beats(5, &[(ada, 1, 1_000)]);
        if let Some(from) = from {
            world.lines.report(ada, from, &heard_of_us(7), world.now_us());
            world.lines.packet(ada, from, &heard_of_us(7), world.now_us());
        }
        world.beats(500, &[(ada, 1, 1_000)]);
        let (port, to, datagram) = world.reported.last().expect("a report");
        assert_eq!((*port, *to), expected, "{name}");
        let told = Told::read(datagram, 1).expect("ours");
        assert!(told.sent.is_some() && told.heard.is_some() && !told.leaves, "{told:?}");
    };
    let beside = Reports::At(reports_address(1));
    let elsewhere: SocketAddr = ([192, 0, 2, 1], 9).into();
    check("as it says", beside, None, (Port::Reports, reports_address(1)));
    check("behind a NAT", beside, Some(elsewhere), (Port::Reports, elsewhere));
    check(
        "a stranger's",
        beside,
        Some(address(66)),
        (Port::Reports, reports_address(1)),
    );
    check("muxed", Reports::Muxed, Some(address(1)), (Port::Sound, address(1)));
}

#[test]
fn what_was_measured_is_told_under_a_name_now_and_then_and_in_the_end() {
    let mut world = World::new();
    let (ada, bo) = (world.leg(1), world.leg(2));
    world.lines.measure(ada, "ada's".into());
    world.beats(300, &[(ada, 1, 1_000), (bo, 2, 1_000)]);
    let goodbye = world.lines.close(ada, world.now_us()).expect("a report");
    world.lines.close(bo, world.now_us());
    world.beats(1, &[]);
    assert_eq!(goodbye.1, reports_address(1));
    assert!(Told::read(&goodbye.2, 1).expect("ours").leaves);
    let told: Vec<_> = world
        .events
        .iter()
        .filter_map(|event| match event {
            LineEvent::Measured { name, streams } => Some((name.as_ref(), streams)),
            _ => None,
        })
        .collect();
    let packets: Vec<(&str, Vec<u64>)> = told
        .iter()
        .map(|(name, streams)| {
            let packets = streams.iter().map(|(_, totals)| totals.figures.packets);
            (*name, packets.collect())
        })
        .collect();
    assert_eq!(packets, [("ada's", vec![250, 250]), ("ada's", vec![300, 300])]);
}

#[test]
fn a_sink_hears_both_ways_without_a_gap() {
    #[derive(Default)]
    struct Taken(Mutex<Vec<(i16, i16)>>);
    impl Sink for Taken {
        fn frame(&self, heard: &Frame, said: &Frame) {
            self.0.lock().expect("not poisoned").push((heard[0], said[0]));
        }
    }
    let mut world = World::new();
    let ada = world.leg(1);
    let taken = Arc::new(Taken::default());
    world.lines.tap(ada, Some(taken.clone()));
    world.lines.play(ada, PlayId(1), vec![500; 320].into(), 1);
    world.beats(10, &[(ada, 1, 1_000)]);
    world.lines.tap(ada, None);
    world.beats(3, &[]);
    let taken = taken.0.lock().expect("not poisoned");
    assert_eq!(taken.len(), 10);
    assert_eq!(taken.iter().filter(|(_, said)| *said == 500).count(), 2);
    assert_eq!(
        taken.iter().filter(|(heard, _)| *heard > 900).count(),
        7,
        "all but the wait"
    );
}

/// A telephone that speaks Opus: what it says, and what it hears.
struct OpusTelephone {
    leg: LegId,
    encoder: opus::Encoder,
    decoder: opus::Decoder,
    frames: u32,
}

impl OpusTelephone {
    fn new(world: &mut World, remote: u8, events: Option<Events>) -> OpusTelephone {
        let leg = world.leg(remote);
        let plan = Plan {
            sound: OPUS,
            events,
            ..plan(remote)
        };
        world.lines.connect(leg, plan, world.now_us());
        OpusTelephone {
            leg,
            encoder: opus::Encoder::new(48_000, 32_000),
            decoder: opus::Decoder::new(RATE_HZ),
            frames: 0,
        }
    }

    /// Says 20 ms of a tone that is so loud.
    fn say(&mut self, world: &mut World, from: u8, value: i16) {
        let tone: Vec<i16> = (0..960)
            .map(|at| if at / 60 % 2 == 0 { value } else { -value })
            .collect();
        let payload = &self.encoder.encode(&tone).expect("20 ms");
        let mut datagram = vec![];
        let packet = Packet {
            marker: false,
            payload_type: OPUS.payload_type,
            sequence: u16::try_from(self.frames).expect("a few minutes"),
            timestamp: self.frames * 960,
            ssrc: 9,
            payload,
        };
        packet.write(&mut datagram);
        self.frames += 1;
        world.lines.packet(self.leg, address(from), &datagram, world.now_us());
    }
}

#[test]
fn whoever_speaks_opus_and_whoever_does_not_hear_each_other() {
    let mut world = World::new();
    let mut ada = OpusTelephone::new(&mut world, 1, None);
    let bo = world.leg(2);
    world.lines.bridge(ada.leg, bo);
    let (mut by_ada, mut by_bo, mut timestamps) = (vec![], vec![], vec![]);
    for beat in 0..100_u32 {
        ada.say(&mut world, 1, 8_000);
        world.say(bo, 2, if beat % 8 < 4 { 8_000 } else { -8_000 });
        world.frames += 1;
        world.lines.beat(world.now_us(), |_, _, to, datagram| {
            let Some(packet) = Packet::read(datagram) else { return };
            if to == address(1) {
                assert_eq!(packet.payload_type, OPUS.payload_type);
                timestamps.push(packet.timestamp);
                by_ada.extend(ada.decoder.decode(packet.payload).expect("Opus"));
            } else {
                by_bo.extend(packet.payload.iter().map(|byte| Law::Mu.decode(*byte)));
            }
        });
    }
    assert_eq!((by_ada.len(), by_bo.len()), (16_000, 16_000));
    let loudness = |heard: &[i16]| opus::level_dbov(&heard[8_000..]);
    assert!((-16..=-10).contains(&loudness(&by_bo)), "{}", loudness(&by_bo));
    // What leaps twelve times a second is no voice, so most of it is taken out.
    assert!(loudness(&by_ada) > -35, "{}", loudness(&by_ada));
    assert!(
        timestamps.windows(2).all(|pair| pair[1] - pair[0] == 960),
        "{timestamps:?}"
    );
}

#[test]
fn keys_of_opus_have_its_timeline_and_their_own_clock() {
    let check = |clock_hz: u32, held: u16| {
        let mut world = World::new();
        let events = Events {
            payload_type: EVENTS,
            clock_hz,
        };
        let ada = OpusTelephone::new(&mut world, 1, Some(events));
        world.lines.press(ada.leg, "5");
        let (mut starts, mut lengths) = (vec![], vec![]);
        for _ in 0..30 {
            world.frames += 1;
            world.lines.beat(world.now_us(), |_, _, _, datagram| {
                let Some(packet) = Packet::read(datagram).filter(|packet| packet.payload_type == EVENTS) else {
                    return;
                };
                starts.push(packet.timestamp);
                lengths.push(u16::from_be_bytes([packet.payload[2], packet.payload[3]]));
            });
        }
        assert!(starts.windows(2).all(|pair| pair[0] == pair[1]), "{starts:?}");
        assert_eq!(
            (lengths.first(), lengths.last()),
            (Some(&(held / 10)), Some(&held)),
            "{clock_hz}"
        );
    };
    check(RATE_HZ, 1_600);
    check(opus::CLOCK_HZ, 9_600);
}
