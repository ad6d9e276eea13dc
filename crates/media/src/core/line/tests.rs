//! Sources that are switched onto lines, leap, come late and are thinned; and what their receivers see.

use proptest::prelude::*;

use super::*;

fn packet(stream: u32, sequence: u64, timestamp: u32, starts_keyframe: bool, id: u16) -> Incoming {
    let picture = Picture {
        id: Some(PictureId {
            value: id & 0x7fff,
            wide: true,
        }),
        tl0: Some(id.to_be_bytes()[1]),
    };
    Incoming {
        stream,
        spatial: 0,
        temporal: Temporal::default(),
        sequence,
        timestamp,
        bytes: 1_000,
        starts_keyframe,
        size: None,
        picture,
        renumbers: true,
    }
}

/// The next packet of a camera with three temporal layers, two packets a picture: 0 2 1 2.
fn thinnable(sequence: u64) -> Incoming {
    let picture = sequence / 2;
    let layer = [0, 2, 1, 2][usize::try_from(picture % 4).unwrap()];
    let timestamp = u32::try_from(picture).unwrap() * 3_000;
    let id = u16::try_from(picture & 0x7fff).unwrap();
    Incoming {
        temporal: Temporal {
            layer,
            is_sync: layer == 1 || picture % 4 == 1,
            opens: 0,
        },
        ..packet(1, sequence, timestamp, sequence == 0, id)
    }
}

fn at(ms: u64) -> Time {
    Time::from_millis(ms)
}

#[test]
fn the_old_source_is_held_until_a_keyframe_of_the_new_one() {
    let mut line = Line::video();
    assert!(line.show('a'));
    assert_eq!(
        line.forward('a', &packet(1, 70_000, 9_000, false, 5), at(0)),
        None,
        "not before a keyframe"
    );
    let first = line.forward('a', &packet(1, 70_001, 9_000, true, 5), at(0)).unwrap();
    assert_eq!(
        first,
        Rewritten {
            sequence: 1,
            timestamp: 9_000,
            picture: None,
            switched: true
        }
    );
    assert!(line.show('b'));
    assert_eq!(line.forward('b', &packet(2, 5, 9_900, false, 300), at(10)), None);
    assert_eq!(
        line.forward('a', &packet(1, 70_002, 12_000, false, 6), at(33))
            .unwrap()
            .sequence,
        2
    );
    let switched = line.forward('b', &packet(2, 6, 12_900, true, 300), at(43)).unwrap();
    assert_eq!(
        (switched.sequence, switched.timestamp, switched.switched),
        (3, 12_900, true)
    );
    assert_eq!(switched.picture.unwrap().id.unwrap().value, 7, "picture ids run on");
    assert_eq!(
        line.forward('a', &packet(1, 70_003, 15_000, false, 7), at(66)),
        None,
        "the old one is gone"
    );
    assert_eq!(
        line.forward('b', &packet(2, 5, 12_900, false, 299), at(67)),
        None,
        "before the switch"
    );
}

#[test]
fn a_line_may_change_its_mind_and_fall_silent() {
    let mut line = Line::video();
    line.show('a');
    line.forward('a', &packet(1, 1, 0, true, 0), at(0)).unwrap();
    assert!(line.show('b'));
    assert!(!line.show('a'), "still shown: nothing to wait for");
    assert_eq!(line.forward('b', &packet(2, 1, 0, true, 0), at(1)), None);
    line.clear();
    assert_eq!(line.forward('a', &packet(1, 2, 0, true, 0), at(2)), None);
    assert!(!line.concerns('a'));
}

#[test]
fn a_source_that_restarts_goes_on_at_a_keyframe() {
    let mut line = Line::video();
    line.show('a');
    line.forward('a', &packet(1, 9_000, 0, true, 0), at(0)).unwrap();
    assert_eq!(line.forward('a', &packet(7, 3, 55, false, 900), at(40)), None);
    assert_eq!(
        line.forward('a', &packet(7, 4, 55, true, 900), at(40))
            .unwrap()
            .sequence,
        2
    );
}

#[test]
fn a_leap_is_another_beginning() {
    let check = |mut line: Line<char>, numbers: &[(u64, bool)], expected: &[Option<u64>]| {
        line.show('a');
        line.forward('a', &packet(1, 9, 0, true, 0), at(0)).unwrap();
        line.forward('a', &packet(1, 10, 0, false, 0), at(0)).unwrap();
        line.show('b');
        let sent = numbers.iter().zip(1..).map(|(&(sequence, starts_keyframe), ms)| {
            let incoming = packet(2, sequence, 90 * u32::try_from(ms).unwrap(), starts_keyframe, 0);
            line.forward('b', &incoming, at(ms)).map(|sent| sent.sequence)
        });
        assert_eq!(sent.collect::<Vec<_>>(), expected, "{numbers:?}");
        (line.current(), line.waiting())
    };
    let sound = |number| (number, false);
    let small = check(
        Line::audio(),
        &[0, limits::DROPOUT, 1].map(sound),
        &[Some(3), Some(3_003), Some(4)],
    );
    assert_eq!(small, (Some('b'), None));
    check(
        Line::audio(),
        &[0, 40_000, 40_001, u64::MAX, 1].map(sound),
        &[Some(3), Some(4), Some(5), Some(6), None],
    );
    let waits = check(Line::video(), &[(0, true), (u64::MAX - 1, false)], &[Some(3), None]);
    assert_eq!(waits, (Some('b'), Some('b')), "a keyframe is asked for");
    let goes_on = [(0, true), (u64::MAX - 1, false), (u64::MAX, true)];
    assert_eq!(
        check(Line::video(), &goes_on, &[Some(3), None, Some(4)]),
        (Some('b'), None)
    );
}

#[test]
fn upper_temporal_layers_are_left_out_as_if_they_had_never_been() {
    let mut line = Line::video();
    line.show('a');
    let mut layers = vec![];
    let mut expected = (1, 0);
    // All, then the lowest, then the middle one as well, then all.
    for sequence in 0..64 {
        line.limit([2, 0, 1, 2][usize::try_from(sequence / 16).unwrap()]);
        let incoming = thinnable(sequence);
        let Some(sent) = line.forward('a', &incoming, at(sequence * 16)) else {
            continue;
        };
        let id = sent.picture.unwrap_or(incoming.picture).id.unwrap().value;
        assert_eq!((sent.sequence, id), expected);
        expected = (sent.sequence + 1, id + u16::from(sequence % 2 == 1));
        if sequence % 2 == 0 {
            layers.push(incoming.temporal.layer);
        }
    }
    let [all, lowest, middle] = [&[0, 2, 1, 2][..], &[0], &[0, 1]];
    assert_eq!(layers, [all, all, lowest, lowest, middle, middle, all, all].concat());
}

#[test]
fn layers_that_a_picture_opens_pass_from_there_on() {
    let mut line = Line::video();
    line.show('a');
    let mut layers = vec![];
    let mut expected = 1;
    // All; the lowest from the middle of a group on; the middle one as well, and then all, each wanted just after a picture that opens it.
    for sequence in 0..64 {
        line.limit(match sequence {
            14..25 => 0,
            25..41 => 1,
            _ => 2,
        });
        let described = thinnable(sequence);
        let layer = described.temporal.layer;
        let incoming = Incoming {
            temporal: Temporal {
                layer,
                is_sync: false,
                opens: if layer == 2 { 0 } else { 2 },
            },
            picture: Picture::default(),
            renumbers: false,
            ..described
        };
        let Some(sent) = line.forward('a', &incoming, at(sequence * 16)) else {
            continue;
        };
        assert_eq!((sent.sequence, sent.picture), (expected, None), "no gap");
        expected += 1;
        if sequence % 2 == 0 {
            layers.push(layer);
        }
    }
    let [all, lowest, middle] = [&[0, 2, 1, 2][..], &[0], &[0, 1]];
    let first = [all, &[0, 2, 1], lowest, lowest].concat();
    assert_eq!(layers, [&first[..], middle, &[0, 1, 2], all, all].concat());
}

#[test]
fn a_limit_in_the_middle_of_a_picture_waits_for_the_next_one() {
    let mut line = Line::video();
    line.show('a');
    for sequence in 0..3 {
        line.forward('a', &thinnable(sequence), at(0)).unwrap();
    }
    line.limit(0);
    assert!(line.forward('a', &thinnable(3), at(0)).is_some(), "half of it has gone");
    assert!(line.forward('a', &thinnable(4), at(0)).is_none());
}

#[test]
fn what_comes_late_has_the_number_that_was_kept_for_it() {
    let mut line = Line::video();
    line.show('a');
    line.limit(1);
    line.forward('a', &thinnable(0), at(0)).unwrap();
    // 2 and 3 are left out; 1 comes after them, and 4 after 5.
    assert!(
        [2, 3]
            .iter()
            .all(|late| line.forward('a', &thinnable(*late), at(9)).is_none())
    );
    let mut number = |sequence| line.forward('a', &thinnable(sequence), at(9)).map(|sent| sent.sequence);
    assert_eq!([5, 1, 4].map(&mut number), [Some(4), Some(2), Some(3)]);
    // What is left out late leaves a gap: the number behind it was given away.
    assert_eq!([8, 7, 6, 9].map(number), [Some(7), None, None, Some(8)]);
}

#[test]
fn audio_switches_at_once() {
    let mut line = Line::audio();
    line.show('a');
    line.forward('a', &packet(1, 10, 0, false, 0), at(0)).unwrap();
    line.show('b');
    let switched = line.forward('b', &packet(2, 900, 960, false, 0), at(20)).unwrap();
    assert_eq!((switched.sequence, switched.timestamp), (2, 960));
}

#[test]
fn who_is_older_than_what_was_shown_is_late_and_makes_it_good() {
    let check = |mut line: Line<char>, expected: &[u32]| {
        line.show('a');
        line.forward('a', &packet(1, 1, 90_000, true, 0), at(0)).unwrap();
        line.show('b');
        let sent = (0..4).filter_map(|number| {
            let incoming = packet(
                2,
                number,
                84_000 + 3_000 * u32::try_from(number).unwrap(),
                number == 0,
                0,
            );
            line.forward('b', &incoming, at(0))
        });
        assert_eq!(sent.map(|sent| sent.timestamp).collect::<Vec<_>>(), expected);
    };
    check(Line::video(), &[90_001, 91_501, 93_001, 94_501]);
    check(Line::audio(), &[90_001, 93_001, 96_001, 99_001]);
}

proptest! {
    /// Whatever is switched onto the line and in whatever order, the receiver sees one stream: sequence numbers
    /// without a gap and timestamps that never go back by more than the publisher's own reordering.
    #[test]
    fn one_continuous_stream(steps in proptest::collection::vec((0..4_u32, 0..3_u8, any::<bool>(), 1..200_u64), 1..300)) {
        let mut line = Line::video();
        let mut sources: Vec<(u64, u32, u16)> =
            (0..4).map(|id| (60_000 + u64::from(id) * 1_000_000, (u32::MAX - 7_000).wrapping_add(id * 9_999), 0x7ff0)).collect();
        let (mut now, mut sent): (u64, Vec<Rewritten>) = (0, vec![]);
        for (source, action, starts_keyframe, gap_ms) in steps {
            now += gap_ms;
            match action {
                0 => { line.show(source); }
                1 if gap_ms > 190 => line.clear(),
                _ => {}
            }
            for (id, state) in (0_u32..).zip(&mut sources) {
                *state = (state.0 + 1, state.1.wrapping_add(u32::try_from(gap_ms).unwrap() * 90), state.2.wrapping_add(1));
                let incoming = packet(id + 100, state.0, state.1, starts_keyframe && id == source, state.2);
                sent.extend(line.forward(id, &incoming, at(now)));
            }
        }
        for pair in sent.windows(2) {
            prop_assert_eq!(pair[1].sequence, pair[0].sequence + 1);
            let advance = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
            prop_assert!((1..1 << 31).contains(&advance), "{:?}", pair);
        }
        if let Some(first) = sent.first() {
            prop_assert_eq!(first.sequence, 1, "the receiver's roll-over counter starts at nothing");
        }
    }

    /// Whoever sends may write any number: nothing overflows, and the line never steps further than a receiver follows.
    #[test]
    fn whatever_the_numbers_are(numbers in proptest::collection::vec((any::<u64>(), 0..4_u64, any::<bool>()), 1..200), is_sound: bool) {
        let mut line = if is_sound { Line::audio() } else { Line::video() };
        line.show('a');
        let (mut sequence, mut newest) = (0_u64, 0);
        for (number, step, leaps) in numbers {
            sequence = if leaps { number } else { sequence.saturating_add(step) };
            let Some(sent) = line.forward('a', &packet(1, sequence, 0, step == 0, 0), at(0)) else { continue };
            prop_assert!(sent.sequence <= newest + limits::DROPOUT);
            newest = newest.max(sent.sequence);
        }
    }
}
