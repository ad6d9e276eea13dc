//! Who is heard of those who speak, by made-up levels, packet by packet.

use proptest::prelude::*;

use super::*;

fn at(ms: u64) -> Time {
    Time::from_millis(ms)
}

/// A packet as it is sent by somebody who speaks.
fn sound(level_dbov: i8) -> Sound {
    Sound {
        level_dbov: Some(level_dbov),
        bytes: 80,
    }
}

/// Plays `levels` (one per member, in dBov) for some time and says who is on which line at the end.
fn play(speakers: &mut Speakers<usize>, from_ms: u64, to_ms: u64, levels: &[i8]) -> Vec<Option<usize>> {
    for ms in (from_ms..to_ms).step_by(20) {
        for (member, level) in levels.iter().enumerate() {
            speakers.heard(member, sound(*level), false, at(ms));
        }
    }
    let mut lines = vec![None; HEARD];
    for (line, member) in speakers.heard_by_all() {
        lines[line] = Some(member);
    }
    lines
}

#[test]
fn a_small_room_is_heard_whole() {
    let mut speakers = Speakers::new();
    assert_eq!(
        play(&mut speakers, 0, 100, &[-127, -127, -127]),
        [Some(0), Some(1), Some(2)]
    );
    assert_eq!(speakers.loudest(), None);
    assert_eq!(
        play(&mut speakers, 100, 400, &[-127, -20, -127]),
        [Some(0), Some(1), Some(2)]
    );
    assert_eq!(speakers.loudest(), Some(1));
    play(&mut speakers, 400, 3_000, &[-127, -127, -127]);
    assert_eq!(speakers.loudest(), None, "silence has no loudest");
}

#[test]
fn a_loud_newcomer_gets_a_line_within_a_syllable() {
    let mut speakers = Speakers::new();
    let quiet = [-127, -127, -127, -127, -127, -127];
    play(&mut speakers, 0, 1_000, &quiet);
    let mut loud = quiet;
    loud[5] = -25;
    let lines = play(&mut speakers, 1_000, 1_120, &loud);
    assert!(lines.contains(&Some(5)), "{lines:?}");
    assert_eq!(
        speakers
            .heard(5, sound(-25), false, at(1_120))
            .map(|place| matches!(place, Place::Heard(_))),
        Some(true)
    );
    assert_eq!(speakers.loudest(), Some(5));
}

#[test]
fn who_leaves_makes_room_for_the_reserve() {
    let mut speakers = Speakers::new();
    play(&mut speakers, 0, 2_000, &[-20, -25, -30, -35]);
    assert_eq!(speakers.heard(3, sound(-35), false, at(2_000)), Some(Place::Reserve));
    speakers.remove(1);
    assert_eq!(speakers.heard(3, sound(-35), false, at(2_020)), Some(Place::Heard(1)));
}

#[test]
fn the_four_loudest_have_the_places() {
    let mut speakers = Speakers::new();
    let lines = play(&mut speakers, 0, 5_000, &[-60, -55, -58, -30, -29, -31, -62]);
    let mut heard: Vec<_> = lines.into_iter().flatten().collect();
    heard.sort_unstable();
    assert_eq!(heard, [3, 4, 5]);
}

/// How somebody sounds at a time.
type Speech = fn(u64) -> Sound;

/// Words of half a second, each with syllables, and a pause for thought now and then.
fn voice(ms: u64) -> Sound {
    let thinks = ms % 6_000 < 2_000;
    let syllable = [-22, -30, -24, -38, -26][usize::try_from(ms / 60 % 5).unwrap()];
    sound(if ms % 700 < 500 && !thinks { syllable } else { -75 })
}

/// Silence, marked as loud as can be, in the packets that Opus makes of it.
fn loud_silence(_: u64) -> Sound {
    Sound { bytes: 3, ..sound(0) }
}

/// The same in packets that are filled up.
fn loud_filling(_: u64) -> Sound {
    sound(0)
}

fn late_filling(ms: u64) -> Sound {
    sound(if ms < 5_000 { -127 } else { 0 })
}

/// The same with levels that move.
fn loud_waves(ms: u64) -> Sound {
    sound(if ms % 200 < 100 { 0 } else { -12 })
}

/// Plays half a minute and says which share of its sound, in percent, each was heard with by all; those named moderate.
fn heard_percent(speeches: &[Speech], moderators: &[usize]) -> Vec<u64> {
    let mut speakers = Speakers::new();
    let mut heard = vec![(0, 0); speeches.len()];
    for ms in (0..30_000).step_by(20) {
        for (member, speech) in speeches.iter().enumerate() {
            speakers.heard(member, speech(ms), moderators.contains(&member), at(ms));
        }
        for (member, _) in speeches.iter().enumerate().filter(|(_, speech)| speech(ms).db() > 60.0) {
            heard[member].0 += u64::from(speakers.heard_by_all().any(|(_, other)| other == member));
            heard[member].1 += 1;
        }
    }
    let percent = |(heard, all): (u64, u64)| (heard * 100).checked_div(all).unwrap_or(0);
    heard.into_iter().map(percent).collect()
}

#[test]
fn who_lies_about_its_level_shuts_nobody_out() {
    let check = |name: &str, liar: Speech, moderators: &[usize], least: u64| {
        // The liars are there first.
        let heard = heard_percent(&[liar, liar, liar, liar, voice], moderators);
        assert!(heard[4] >= least, "{name}: {heard:?}");
    };
    check("silence, to a voice", loud_silence, &[], 95);
    check("silence, to a moderator", loud_silence, &[4], 95);
    check("filled packets, to a voice", loud_filling, &[], 95);
    check("filled packets, to a moderator", loud_filling, &[4], 95);
    check("filling that comes later, to a voice", late_filling, &[], 90);
    check("waves, to a voice", loud_waves, &[], 30);
    check("waves, to a moderator", loud_waves, &[4], 95);
}

#[test]
fn moderators_stay_among_those_who_shout() {
    let shouting: Speech = loud_waves;
    let heard = heard_percent(&[[shouting; 8].as_slice(), &[voice, voice]].concat(), &[8, 9]);
    assert!(heard[8] >= 95 && heard[9] >= 95, "{heard:?}");
    assert!(
        heard[..8].iter().filter(|percent| **percent > 0).count() >= 3,
        "the third line goes round: {heard:?}"
    );
    let silent: Speech = |_| sound(-127);
    let heard = heard_percent(&[silent, silent, silent, silent, voice, voice, voice], &[0, 1, 2, 3]);
    assert!(
        heard[4..].iter().all(|percent| *percent >= 90),
        "who moderates in silence needs no line: {heard:?}"
    );
}

proptest! {
    /// Equals who shout at each other do not flap: nobody is clearly louder, so nothing changes once all are placed.
    #[test]
    fn equals_do_not_flap(noise in proptest::collection::vec(-33_i8..-29, 2_000)) {
        let mut speakers = Speakers::new();
        let settled = play(&mut speakers, 0, 1_000, &[-31; 6]);
        let mut noise = noise.into_iter();
        for ms in (1_000..6_000).step_by(20) {
            for member in 0..6 {
                speakers.heard(member, sound(noise.next().unwrap_or(-31)), false, at(ms));
            }
            let heard: Vec<_> = speakers.heard_by_all().map(|(_, member)| Some(member)).collect();
            prop_assert_eq!(&heard, &settled);
        }
    }

    /// Whatever happens, a line changes hands at most once in the holding time, and nobody is on two lines.
    #[test]
    fn a_line_rests_after_a_change(levels in proptest::collection::vec((0..8_usize, -127_i8..=0), 1..3_000)) {
        let mut speakers = Speakers::new();
        let mut changed = [None::<Time>; HEARD];
        let mut before = [None; HEARD];
        for (index, (member, level)) in levels.into_iter().enumerate() {
            let now = at(5 * index as u64);
            speakers.heard(member, sound(level), false, now);
            let mut lines = [None; HEARD];
            for (line, member) in speakers.heard_by_all() {
                prop_assert!(!lines.contains(&Some(member)));
                lines[line] = Some(member);
            }
            for line in 0..HEARD {
                if before[line].is_some() && before[line] != lines[line] {
                    prop_assert!(changed[line].is_none_or(|at| now >= at + HOLD));
                    changed[line] = Some(now);
                }
            }
            before = lines;
        }
    }
}
