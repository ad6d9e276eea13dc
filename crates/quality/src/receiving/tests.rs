//! Streams of packets as they arrive, and what is measured of them.

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{Codec, Content, Figures, Level, Picture, Totals};

const PICTURE: Content = Content {
    codec: Codec::Vp8,
    ends_picture: true,
    ..Content::SOUND
};

/// A packet of sound of 20 ms.
fn sound(sequence: u64) -> Arrival<'static> {
    Arrival {
        sequence,
        timestamp: u32::try_from(sequence & 0xffff).unwrap() * 960,
        bytes: 100,
        is_resent: false,
        content: &Content::SOUND,
        is_forwarded: true,
    }
}

fn again(sequence: u64) -> Arrival<'static> {
    Arrival {
        is_resent: true,
        ..sound(sequence)
    }
}

fn play(packets: impl IntoIterator<Item = Arrival<'static>>) -> Figures {
    let mut receiving = Receiving::new(0);
    for packet in packets {
        receiving.arrived(&packet, 0);
    }
    receiving.close(1_000_000, &Transport::default()).unwrap().figures
}

#[test]
fn what_came_and_what_was_lost() {
    /// Packets, expected, lost, bursts, the longest of them.
    #[track_caller]
    fn check(sequences: impl IntoIterator<Item = u64>, expected: [u64; 5]) {
        let figures = play(sequences.into_iter().map(sound));
        let Figures {
            packets,
            bytes,
            expected: due,
            lost,
            bursts,
            burst_max,
            ..
        } = figures;
        assert_eq!([packets, due, lost, bursts, burst_max], expected);
        assert_eq!(bytes, packets * 100);
    }
    check(1..=5, [5, 5, 0, 0, 0]);
    check([1, 2, 4, 7, 8], [5, 8, 3, 2, 2]);
    // Reordered, also before the first.
    check([1, 3, 2, 5, 4], [5, 5, 0, 0, 0]);
    check([5, 4, 7, 3], [4, 5, 1, 1, 1]);
    check([1, 2, 2, 3, 1], [3, 3, 0, 0, 0]);
    // The numbers roll over.
    check([65_534, 65_535, 65_537, 65_538], [4, 5, 1, 1, 1]);
    // More is lost than waits to be settled.
    check([1, 2_000], [2, 2_000, 1_998, 1, 1_998]);
    check((1..=3_000).step_by(2), [1_500, 2_999, 1_499, 1_499, 1]);
    // Started anew.
    check([1, 2, 10_000, 10_002], [4, 5, 1, 1, 1]);
    check([10_000, 10_001, 5, 6], [4, 4, 0, 0, 0]);
    check([u64::MAX - 2, 0, u64::MAX - 3], [3, 3, 0, 0, 0]);
}

#[test]
fn what_was_sent_again_is_lost_and_repaired() {
    #[track_caller]
    fn check(packets: &[Arrival<'static>], packets_lost_resent: [u64; 3], after_repair: f64) {
        let figures = play(packets.iter().copied());
        assert_eq!([figures.packets, figures.lost, figures.resent], packets_lost_resent);
        assert_eq!(figures.loss_after_repair(), Some(after_repair));
    }
    check(&[sound(1), sound(3), again(2), sound(4)], [3, 1, 1], 0.0);
    check(&[sound(1), sound(4), again(2), again(2)], [2, 2, 1], 0.25);
    check(&[sound(1), sound(3), again(2), sound(2)], [3, 0, 0], 0.0);
    check(&[sound(1), sound(2), again(2)], [2, 0, 0], 0.0);
}

#[test]
fn a_number_is_settled_once_a_second_later() {
    let mut receiving = Receiving::new(0);
    let second = |receiving: &mut Receiving, at: i64| receiving.second(at * 1_000_000);
    let take = |receiving: &mut Receiving| {
        let window = receiving.take(0, &Transport::default()).unwrap_or_default();
        (window.figures.expected, window.figures.lost)
    };
    for sequence in [1, 2, 4, 7] {
        receiving.arrived(&sound(sequence), 0);
    }
    second(&mut receiving, 1);
    assert_eq!(take(&mut receiving), (0, 0), "all of these may still come");
    receiving.arrived(&sound(3), 1_500_000);
    receiving.arrived(&sound(9), 1_500_000);
    second(&mut receiving, 2);
    assert_eq!(take(&mut receiving), (7, 2));
    receiving.arrived(&sound(5), 2_500_000);
    assert_eq!(take(&mut receiving), (0, 0), "too late for any player");
    let window = receiving.close(3_000_000, &Transport::default()).unwrap();
    assert_eq!((window.figures.expected, window.figures.lost), (2, 1));
    assert_eq!(window.figures.burst_max, 1);
}

#[test]
fn jitter_is_that_of_the_standard() {
    /// The jitter in microseconds after 600 packets, 20 ms apart, of which each second one is so late.
    #[track_caller]
    fn check(first: u64, late_us: i64, expected_us: u64) {
        let mut receiving = Receiving::new(0);
        for (index, sequence) in (0..600_i64).zip(first..) {
            let at_us = index * 20_000 + (index % 2) * late_us;
            receiving.arrived(&sound(sequence), at_us);
        }
        receiving.second(12_000_000);
        let figures = receiving.take(12_000_000, &Transport::default()).unwrap().figures;
        assert_eq!(figures.jitter_us.samples, 1);
        assert!(figures.jitter_us.max.abs_diff(expected_us) <= 8, "{figures:?}");
        assert_eq!(figures.late, 0);
    }
    check(1, 0, 0);
    check(1, 8_000, 8_000);
    // The timestamps roll over, too.
    check(65_300, 8_000, 8_000);
}

#[test]
fn what_is_no_delay_is_no_jitter() {
    let check = |steps: &[(u64, u32, i64)], expected_us: u64| {
        let mut receiving = Receiving::new(0);
        for (sequence, timestamp, at_us) in steps {
            let packet = Arrival {
                timestamp: *timestamp,
                ..sound(*sequence)
            };
            receiving.arrived(&packet, *at_us);
        }
        receiving.second(60_000_000);
        let figures = receiving.take(60_000_000, &Transport::default()).unwrap().figures;
        assert_eq!(figures.jitter_us.max(), Some(expected_us), "{steps:?}");
    };
    check(&[(1, 0, 0), (2, 960, 36_000)], 1_000);
    // The packets of one picture come one after the other.
    check(&[(1, 0, 0), (2, 0, 9_000), (3, 0, 18_000), (4, 960, 20_000)], 0);
    // A pause in which the clock of the codec stands still, and a clock that begins anew.
    check(&[(1, 0, 0), (2, 960, 5_000_000), (3, 1_920, 5_020_000)], 0);
    check(&[(1, 0, 0), (2, 0x8000_0000, 20_000), (3, 0x8000_03c0, 40_000)], 0);
    // One that was lost and sent again.
    let mut receiving = Receiving::new(0);
    for (packet, at_us) in [
        (sound(1), 0),
        (sound(3), 40_000),
        (again(2), 90_000),
        (sound(4), 60_000),
    ] {
        receiving.arrived(&packet, at_us);
    }
    receiving.second(1_000_000);
    let figures = receiving.take(1_000_000, &Transport::default()).unwrap().figures;
    assert_eq!(figures.jitter_us.max(), Some(0));
}

#[test]
fn late_is_later_than_a_player_waits() {
    /// Packets of a thousand that came too late, where each is as many milliseconds late.
    #[track_caller]
    fn check(what: &str, late_ms: impl Fn(i64) -> i64, expected: std::ops::RangeInclusive<u64>) -> f64 {
        let mut packets: Vec<(i64, u64)> = (1..=1_000_u64)
            .zip(1..)
            .map(|(sequence, index)| (1_000 * (index * 20 + late_ms(index)), sequence))
            .collect();
        packets.sort_unstable();
        let mut receiving = Receiving::new(0);
        for (at_us, sequence) in packets {
            receiving.arrived(&sound(sequence), at_us);
        }
        let figures = receiving.close(60_000_000, &Transport::default()).unwrap().figures;
        assert_eq!(figures.lost, 0);
        assert!(expected.contains(&figures.late), "{what}: {}", figures.late);
        figures.degradation().unwrap()
    }
    // A repeatable disorder from 0 to 1 less than this.
    let disorder = |index: i64, most: i64| (index * 7_919 + index * index * 31) % most;
    check("an even network", |_| 0, 0..=0);
    let degradation = check("jitter of 15 ms", |index| disorder(index, 46), 0..=2);
    assert!(degradation < 0.1, "{degradation}");
    check("jitter of 30 ms", |index| disorder(index, 91), 0..=5);
    check(
        "one of a hundred is 150 ms late",
        |index| if index % 100 == 50 { 150 } else { 0 },
        10..=10,
    );
    check(
        "half a second in which all are late",
        |index| if (500..525).contains(&index) { 300 } else { 0 },
        10..=25,
    );
    check("a slow sender", |index| index * 2, 0..=0);
    check("a fast sender", |index| -index * 2, 0..=0);
    check(
        "a network that becomes slower",
        |index| if index < 500 { 0 } else { 50 },
        0..=0,
    );
}

#[test]
fn what_is_in_packets_is_counted_where_they_go_anywhere() {
    let levels = [(10, true), (20, true), (90, false), (127, false)];
    let contents = levels.map(|(below_db, is_voice)| Content {
        level: Some(Level { below_db, is_voice }),
        is_redundant: is_voice,
        ..Content::SOUND
    });
    let mut receiving = Receiving::new(0);
    for ((sequence, content), is_forwarded) in (1..).zip(&contents).zip([true, true, true, false]) {
        let packet = Arrival {
            content,
            is_forwarded,
            ..sound(sequence)
        };
        receiving.arrived(&packet, 0);
    }
    receiving.keyframe_requested();
    let figures = receiving.close(1_000_000, &Transport::default()).unwrap().figures;
    assert_eq!(
        (figures.speech_db.mean(), figures.noise_db.mean()),
        (Some(15.0), Some(90.0))
    );
    assert_eq!((figures.packets, figures.redundant), (4, 2));
    assert_eq!((figures.codec, figures.keyframe_requests), (Some(Codec::Opus), 1));
}

#[test]
fn pictures_are_counted_in_full_seconds() {
    /// So many pictures in each second, and what is known then: pictures, rate, slow seconds of how many.
    #[track_caller]
    fn check(seconds: &[u64], expected: (u64, Option<f64>, u64, u64)) {
        let mut receiving = Receiving::new(0);
        let mut sequence = 0;
        for (second, pictures) in (0..).zip(seconds) {
            for _ in 0..*pictures {
                sequence += 1;
                let packet = Arrival {
                    content: &PICTURE,
                    ..sound(sequence)
                };
                receiving.arrived(&packet, second * 1_000_000);
            }
            receiving.second((second + 1) * 1_000_000);
        }
        let figures = receiving.close(60_000_000, &Transport::default()).unwrap().figures;
        let rate = figures.frame_rate();
        assert_eq!(
            (figures.frames, rate, figures.slow.such, figures.slow.samples),
            expected
        );
    }
    check(&[30, 30], (60, None, 0, 0));
    check(&[10, 30, 30, 30, 12], (112, Some(30.0), 0, 3));
    check(&[10, 30, 7, 8, 15, 12], (82, Some(15.0), 1, 4));
    // Switched off for a while.
    check(&[10, 30, 2, 0, 0, 3, 20, 20, 5], (90, Some(70.0 / 3.0), 0, 3));
}

#[test]
fn keyframes_and_their_sizes_are_counted() {
    let size = |width, height| Some(Picture { width, height });
    let keyframe = |picture| Content {
        starts_keyframe: true,
        picture,
        ..PICTURE
    };
    let contents = [
        keyframe(size(640, 360)),
        PICTURE,
        keyframe(size(1_280, 720)),
        keyframe(None),
    ];
    let mut receiving = Receiving::new(0);
    for (sequence, content) in (1..).zip(&contents) {
        let packet = Arrival {
            content,
            ..sound(sequence)
        };
        receiving.arrived(&packet, 0);
    }
    let figures = receiving.close(1_000_000, &Transport::default()).unwrap().figures;
    assert_eq!((figures.keyframes, figures.frames), (3, 4));
    assert_eq!(figures.picture, size(1_280, 720));
}

#[test]
fn the_transport_and_the_times_are_in_each_window() {
    let mut transport = Transport::default();
    for round_trip_us in [50_000, 350_000] {
        transport.round_trip(round_trip_us);
    }
    transport.estimate(1_000_000);
    let mut receiving = Receiving::new(100);
    assert_eq!(receiving.take(200, &transport), None, "no packet, no window");
    receiving.arrived(&sound(1), 300);
    receiving.arrived(&sound(2), 400);
    let window = receiving.take(1_000, &transport).unwrap();
    assert_eq!((window.begin_us, window.length_us, window.end_us()), (200, 800, 1_000));
    assert_eq!((window.first_us, window.last_us), (Some(300), Some(400)));
    assert_eq!(window.figures.round_trip_us.mean(), Some(200_000.0));
    assert_eq!(window.figures.delayed.ratio(), Some(0.5));
    assert_eq!(
        window.figures.estimate_bps.mean(),
        None,
        "that is the other direction's"
    );
    assert_eq!(window.moved(-1_000).first_us, Some(-700));
}

#[test]
fn a_network_that_spoils_a_second_is_counted() {
    let check = |steps: &[(u64, i64)], expected| {
        let mut receiving = Receiving::new(0);
        for (sequence, at_us) in steps {
            receiving.arrived(&sound(*sequence), *at_us);
        }
        receiving.second(1_000_000);
        receiving.arrived(&sound(100), 1_980_000);
        receiving.second(2_000_000);
        let figures = receiving.take(2_000_000, &Transport::default()).unwrap().figures;
        assert_eq!((figures.spoiled.such, figures.spoiled.samples), expected);
    };
    let even = |sequence: u64| (sequence, i64::try_from(sequence).unwrap() * 20_000);
    let all: Vec<_> = (1..50).map(even).collect();
    check(&all, (0, 2));
    check(
        &all.iter()
            .filter(|(number, _)| number % 20 != 0)
            .copied()
            .collect::<Vec<_>>(),
        (0, 2),
    );
    check(
        &all.iter()
            .filter(|(number, _)| number % 10 != 0)
            .copied()
            .collect::<Vec<_>>(),
        (1, 2),
    );
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Comes,
    ComesTwice,
    IsLost,
    IsSentAgain,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let fate = prop_oneof![
        8 => Just(Fate::Comes),
        1 => Just(Fate::ComesTwice),
        2 => Just(Fate::IsLost),
        1 => Just(Fate::IsSentAgain),
    ];
    vec(fate, 1..600)
}

fn arrivals(first: u64, fates: &[Fate]) -> Vec<Arrival<'static>> {
    let numbered = (first..).zip(fates);
    let arrivals = numbered.flat_map(|(sequence, fate)| match fate {
        Fate::Comes => vec![sound(sequence)],
        Fate::ComesTwice => vec![sound(sequence), sound(sequence)],
        Fate::IsLost => vec![],
        Fate::IsSentAgain => vec![again(sequence)],
    });
    arrivals.collect()
}

/// The figures that are counts, and so exact.
fn counts(figures: &Figures) -> [u64; 7] {
    let Figures {
        packets,
        bytes,
        expected,
        lost,
        resent,
        bursts,
        burst_max,
        ..
    } = *figures;
    [packets, bytes, expected, lost, resent, bursts, burst_max]
}

proptest! {
    #[test]
    fn everything_that_was_expected_came_or_was_lost(first in prop_oneof![0..10_u64, 65_000..66_000_u64], fates in fates()) {
        let arrivals = arrivals(first, &fates);
        prop_assume!(!arrivals.is_empty());
        let figures = play(arrivals);
        prop_assert_eq!(figures.expected, figures.packets + figures.lost);
        prop_assert!(figures.resent <= figures.lost && figures.burst_max <= figures.lost);
        let came = |fate: &&Fate| matches!(fate, Fate::Comes | Fate::ComesTwice);
        prop_assert_eq!(figures.packets, fates.iter().filter(came).count() as u64);
    }

    #[test]
    fn the_order_within_a_second_changes_no_count(
        (ordered, shuffled) in fates().prop_flat_map(|fates| {
            let arrivals = arrivals(1, &fates);
            (Just(arrivals.clone()), Just(arrivals).prop_shuffle())
        })
    ) {
        prop_assume!(!ordered.is_empty());
        prop_assert_eq!(counts(&play(ordered)), counts(&play(shuffled)));
    }

    #[test]
    fn totals_are_the_sum_of_windows(fates in fates(), cuts in vec(any::<bool>(), 600)) {
        let (mut whole, mut cut) = (Receiving::new(0), Receiving::new(0));
        let mut totals = Totals::default();
        let mut sum = Figures::default();
        let mut add = |window: Option<Window>| {
            if let Some(window) = window {
                totals.add(&window);
                sum.add(&window.figures);
            }
        };
        let transport = Transport::default();
        for ((at, packet), is_cut) in (0..).zip(arrivals(1, &fates)).zip(cuts) {
            let at_us = at * 20_000;
            for receiving in [&mut whole, &mut cut] {
                if at % 50 == 0 {
                    receiving.second(at_us);
                }
                receiving.arrived(&packet, at_us);
            }
            if is_cut {
                add(cut.take(at_us, &transport));
            }
        }
        add(cut.close(60_000_000, &transport));
        let whole = whole.close(60_000_000, &transport).map_or(Figures::default(), |window| window.figures);
        prop_assert_eq!(counts(&totals.figures), counts(&whole));
        prop_assert_eq!(totals.figures, sum);
    }

    #[test]
    fn no_sequence_and_no_timestamp_panics(packets in vec((any::<u64>(), any::<u32>(), any::<bool>(), 0..10_000_000_i64), 0..200)) {
        let mut receiving = Receiving::new(0);
        for (sequence, timestamp, is_resent, at_us) in packets {
            receiving.arrived(&Arrival { timestamp, is_resent, ..sound(sequence) }, at_us);
            receiving.second(at_us);
        }
        receiving.close(0, &Transport::default());
    }
}
