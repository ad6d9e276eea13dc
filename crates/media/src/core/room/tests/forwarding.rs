//! Who hears and sees whom, and who is told of whom.

use super::*;

#[test]
fn a_newcomer_is_told_everything_and_the_others_of_it_in_any_order_of_channels() {
    for connected_first in [true, false] {
        let mut stage = Stage::new();
        let ada = stage.join(1, "ada", ALL);
        stage.told.clear();
        let ben = stage.admit(2, "ben", ALL);
        assert!(stage.told.is_empty(), "nobody is told before its media is connected");
        let connect = |stage: &mut Stage| stage.play(|room, _, actions| room.connected(ben, &mut actions.effects));
        if connected_first {
            connect(&mut stage);
        }
        for channel in Channel::ALL {
            stage.play(|room, _, actions| room.channel_open(ben, channel, &mut actions.effects));
        }
        if !connected_first {
            assert!(stage.told.is_empty());
            connect(&mut stage);
        }
        let count = |texts: Vec<Value>| -> usize {
            texts
                .iter()
                .map(|text| text["resources"].as_array().map_or(0, Vec::len))
                .sum()
        };
        assert_eq!(count(stage.heard(ben, Channel::Participants)), 2);
        assert_eq!(count(stage.heard(ben, Channel::MediaEntries)), 2);
        assert_eq!(count(stage.heard(ben, Channel::SessionControl)), 1);
        assert_eq!(count(stage.heard(ben, Channel::MediaStats)), 1);
        assert_eq!(count(stage.heard(ada, Channel::Participants)), 1);
        assert_eq!(count(stage.heard(ada, Channel::MediaEntries)), 1);
        stage.play(|room, _, actions| room.channel_open(ben, Channel::Participants, &mut actions.effects));
        assert!(stage.told.is_empty(), "a channel speaks first only once");
    }
}

#[test]
fn devices_of_one_person_are_one_participant() {
    let mut stage = Stage::new();
    let (ada, laptop) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    let phone = stage.join(3, "ben", ALL);
    assert_eq!(
        stage.room.members[&laptop].entry.participant,
        stage.room.members[&phone].entry.participant
    );
    stage.told.clear();
    let mut leaves = |id| {
        stage.play(|room, _, _| room.leave(id));
        (
            stage.heard(ada, Channel::MediaEntries).len(),
            stage.heard(ada, Channel::Participants).len(),
        )
    };
    assert_eq!(leaves(phone), (1, 0), "ben is still there");
    assert_eq!(leaves(laptop), (1, 1), "now he is not");
}

#[test]
fn a_session_that_is_gone_stays_on_the_roll_until_its_end_is_written() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    stage.told.clear();
    stage.play(|room, _, _| room.gone(ben));
    assert!(stage.told.is_empty());
    assert_eq!(stage.send(ben, Source::Microphone, false, -20), []);
    assert_eq!(
        stage.send(ada, Source::Microphone, false, -20),
        [],
        "nor does it get anything"
    );
    let cem = stage.join(3, "cem", ALL);
    let participants = stage.heard(cem, Channel::Participants);
    assert_eq!(participants[0]["resources"].as_array().unwrap().len(), 3);
    stage.play(|room, _, _| room.leave(ben));
    assert_eq!(stage.heard(ada, Channel::Participants).len(), 2, "cem came, ben left");
}

#[test]
fn who_never_connected_was_never_there() {
    let mut stage = Stage::new();
    stage.join(1, "ada", ALL);
    let ben = stage.admit(2, "ben", ALL);
    stage.told.clear();
    stage.play(|room, _, _| {
        room.gone(ben);
        room.leave(ben);
    });
    assert!(stage.told.is_empty());
}

#[test]
fn a_fourth_speaker_is_heard_by_the_three_and_nobody_hears_himself() {
    let mut stage = Stage::new();
    let members: Vec<MemberId> = (1..=5).map(|id| stage.join(id, &id.to_string(), ALL)).collect();
    let mut heard = [[0; 6]; 6];
    for _ in 0..100 {
        for (member, level) in members[..4].iter().zip([-20, -25, -30, -35]) {
            for (to, _, _) in stage.send(*member, Source::Microphone, false, level) {
                heard[to][member.0] += 1;
            }
        }
    }
    for (listener, counts) in heard.iter().enumerate().skip(1) {
        let sources: Vec<usize> = (1..=5).filter(|source| counts[*source] > 90).collect();
        let expected: Vec<usize> = (1..=4).filter(|source| *source != listener).take(3).collect();
        assert_eq!(sources, expected, "listener {listener}");
    }
}

#[test]
fn nobody_hears_their_own_voice_on_another_device() {
    let mut stage = Stage::new();
    let (ada, laptop) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    let phone = stage.join(3, "ben", ALL);
    let mut check = |speaker, listeners: &[MemberId]| {
        let heard = stage.send(speaker, Source::Microphone, false, -20);
        let heard: Vec<usize> = heard.into_iter().map(|(to, ..)| to).collect();
        let expected: Vec<usize> = listeners.iter().map(|listener| listener.0).collect();
        assert_eq!(heard, expected);
    };
    check(laptop, &[ada]);
    check(phone, &[ada]);
    check(ada, &[laptop, phone]);
}

#[test]
fn the_loudest_is_marked() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    let csrc = stage.room.members[&ada].entry.audio_csrc;
    for _ in 0..20 {
        stage.send(ada, Source::Microphone, false, -20);
        stage.send(ben, Source::Microphone, false, -90);
    }
    assert_eq!(
        stage.send(ada, Source::Microphone, false, -20),
        [(2, LineId::Audio(0), vec![csrc, 42])]
    );
}

#[test]
fn video_flows_only_where_it_was_asked_for() {
    let mut stage = Stage::new();
    let (ada, ben, cem) = (
        stage.join(1, "ada", ALL),
        stage.join(2, "ben", ALL),
        stage.join(3, "cem", ALL),
    );
    assert_eq!(stage.send(ada, Source::Camera, true, 0), []);
    stage.show(ben, &json!([{"id": 7, "direct": {"mediaEntryId": stage.entry(ada)}}]));
    assert_eq!(stage.canvases(ben), Some(vec![(7, stage.entry(ada))]));
    assert_eq!(stage.asked, [(ada, Source::Camera)]);
    let csrc = stage.room.members[&ada].entry.camera_csrc.to_vec();
    assert_eq!(stage.send(ada, Source::Camera, false, 0), [], "not before a keyframe");
    assert_eq!(stage.send(ada, Source::Camera, true, 0), [(2, LineId::Video(0), csrc)]);
    assert_eq!(stage.send(cem, Source::Camera, true, 0), []);
    assert_eq!(stage.send(ada, Source::Screen, true, 0), [], "not shared");
    assert_eq!(stage.asked.len(), 1);
    stage.play(|room, now, actions| room.keyframe_requested(ben, 0, now, &mut actions.effects));
    stage.play(|room, now, actions| room.keyframe_requested(ben, 2, now, &mut actions.effects));
    for _ in 0..30 {
        stage.send(ada, Source::Camera, false, 0);
    }
    assert_eq!(
        stage.asked,
        [(ada, Source::Camera), (ada, Source::Camera)],
        "asked again after the interval, once"
    );
}

#[test]
fn whoever_looks_away_finds_everybody_on_their_lines_again() {
    let mut stage = Stage::new();
    let [ada, ben, cem] = [(1, "ada"), (2, "ben"), (3, "cem")].map(|(id, name)| stage.join(id, name, ALL));
    let viewer = stage.join(4, "viewer", ALL);
    let mut lines_of = |shown: &[MemberId]| -> Vec<usize> {
        let ids = (1..).zip(shown).map(|(id, member)| (id, stage.entry(*member)));
        let canvases: Vec<Value> = ids
            .map(|(id, entry)| json!({"id": id, "direct": {"mediaEntryId": entry}}))
            .collect();
        stage.show(viewer, &json!(canvases));
        let placements = &stage.room.members[&viewer].placements;
        placements.iter().map(|placement| placement.line).collect()
    };
    assert_eq!(lines_of(&[ada, ben, cem]), [0, 1, 2]);
    assert_eq!(lines_of(&[cem, ben]), [2, 1]);
    for _ in 0..2 {
        assert!(lines_of(&[]).is_empty());
    }
    assert_eq!(lines_of(&[ben, cem, ada]), [1, 2, 0]);
}

#[test]
fn a_canvas_falls_silent_with_its_media_entry() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    stage.say(
        ada,
        Channel::MediaEntries,
        &json!({"requestId": 1, "setMediaState": {"screenshare": true}}),
    );
    let (camera, screen) = (stage.entry(ada), stage.screen(ada));
    stage.show(
        ben,
        &json!([{"id": 1, "direct": {"mediaEntryId": camera}}, {"id": 2, "direct": {"mediaEntryId": screen}}]),
    );
    assert_eq!(stage.canvases(ben), Some(vec![(1, camera), (2, screen)]));
    stage.send(ada, Source::Screen, true, 0);
    assert_eq!(stage.send(ada, Source::Screen, false, 0).len(), 1);
    stage.say(
        ada,
        Channel::MediaEntries,
        &json!({"requestId": 2, "setMediaState": {"screenshare": false}}),
    );
    assert_eq!(stage.canvases(ben), Some(vec![(1, camera)]));
    assert_eq!(stage.send(ada, Source::Screen, true, 0), []);
    stage.play(|room, _, _| room.leave(ada));
    assert_eq!(stage.canvases(ben), Some(vec![]));
}

#[test]
fn what_is_muted_is_not_forwarded_and_goes_on_at_a_keyframe() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    stage.show(ben, &json!([{"id": 1, "direct": {"mediaEntryId": stage.entry(ada)}}]));
    let mute = |muted: bool| json!({"requestId": 1, "setMediaState": {"audioMuted": muted, "videoMuted": muted}});
    assert_eq!(stage.send(ada, Source::Camera, true, 0).len(), 1);
    stage.say(ada, Channel::MediaEntries, &mute(true));
    assert_eq!(stage.send(ada, Source::Camera, true, 0), []);
    assert_eq!(stage.send(ada, Source::Microphone, false, -20), []);
    stage.say(ada, Channel::MediaEntries, &mute(false));
    assert_eq!(stage.send(ada, Source::Camera, false, 0), []);
    assert_eq!(stage.send(ada, Source::Camera, true, 0).len(), 1);
    assert_eq!(stage.forwards[0].rewritten.sequence, 2, "without a gap");
    assert_eq!(stage.send(ada, Source::Microphone, false, -20).len(), 1);
}

#[test]
fn relevant_canvases_follow_screens_and_speakers() {
    let mut stage = Stage::new();
    let ids: Vec<MemberId> = (1..=4).map(|id| stage.join(id, &id.to_string(), ALL)).collect();
    let watcher = stage.join(5, "watcher", Sends::default());
    let entries: Vec<u64> = ids.iter().map(|id| stage.entry(*id)).collect();
    stage.show(watcher, &json!([{"id": 1, "relevant": {}}, {"id": 2, "relevant": {}}]));
    assert_eq!(
        stage.canvases(watcher),
        Some(vec![(1, entries[0]), (2, entries[1])]),
        "by age"
    );
    for _ in 0..50 {
        stage.send(ids[3], Source::Microphone, false, -20);
    }
    assert_eq!(
        stage.canvases(watcher),
        Some(vec![(1, entries[0]), (2, entries[3])]),
        "who speaks replaces one tile"
    );
    let share = json!({"requestId": 1, "setMediaState": {"screenshare": true}});
    stage.say(ids[2], Channel::MediaEntries, &share);
    assert_eq!(
        stage.canvases(watcher),
        Some(vec![(1, stage.screen(ids[2])), (2, entries[3])])
    );
    let mute = json!({"requestId": 2, "setMediaState": {"videoMuted": true}});
    stage.say(ids[3], Channel::MediaEntries, &mute);
    assert_eq!(
        stage.canvases(watcher).unwrap()[1],
        (2, entries[0]),
        "who shows nothing is not shown"
    );
    assert_eq!(stage.canvases(watcher), None, "told once");
}

#[test]
fn a_big_room_is_told_in_messages_of_bearable_length() {
    let mut stage = Stage::new();
    for id in 1..=200 {
        stage.join(id, &id.to_string(), ALL);
    }
    stage.told.clear();
    let late = stage.join(201, "late", ALL);
    let texts = stage.heard(late, Channel::MediaEntries);
    assert!(texts.iter().all(|text| text.to_string().len() < 16 * 1024));
    let told: usize = texts
        .iter()
        .map(|text| text["resources"].as_array().unwrap().len())
        .sum();
    assert_eq!(told, 201);
}
