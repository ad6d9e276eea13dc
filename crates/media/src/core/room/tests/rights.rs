//! What is not permitted goes nowhere, and the others see that it does not.

use proptest::prelude::*;

use super::*;
use crate::core::change::Change;

const VIEWER: Rights = Rights::NONE.with(Right::Chat).with(Right::Reactions);

fn state(request: &Value) -> Value {
    json!({"requestId": 1, "setMediaState": request})
}

/// The media entries of a member as somebody was told them last: muted or not, and whether a screen is there.
fn entry_told(stage: &mut Stage, reader: MemberId, of: MemberId) -> (Option<(bool, bool)>, Vec<Value>) {
    let id = stage.entry(of);
    let (resources, deleted) = stage.resources(reader, Channel::MediaEntries);
    let told = resources.iter().rfind(|resource| resource["id"] == id);
    let muted = |entry: &Value| {
        (
            entry["audioMuted"].as_bool().unwrap(),
            entry["videoMuted"].as_bool().unwrap(),
        )
    };
    (told.map(|resource| muted(&resource["mediaEntry"])), deleted)
}

#[test]
fn packets_of_a_source_without_permission_go_nowhere() {
    let check = |rights: Rights, microphone: bool, camera: bool, screen: bool| {
        let mut stage = Stage::new();
        let ada = stage.join_with(1, "ada", ALL, rights);
        let ben = stage.join(2, "ben", ALL);
        let (camera_entry, screen_entry) = (stage.entry(ada), stage.screen(ada));
        let share = stage.ask(ada, Channel::MediaEntries, &state(&json!({"screenshare": true})));
        assert_eq!(share, if screen { 0 } else { 7 });
        let direct = |id: i64, entry: u64| json!({"id": id, "direct": {"mediaEntryId": entry}});
        stage.show(ben, &json!([direct(1, camera_entry), direct(2, screen_entry)]));
        let expected: Vec<(i64, u64)> = [(camera, (1, camera_entry)), (screen, (2, screen_entry))]
            .into_iter()
            .filter_map(|(there, canvas)| there.then_some(canvas))
            .collect();
        assert_eq!(stage.canvases(ben), Some(expected), "{rights:?}");
        for (source, may) in [
            (Source::Microphone, microphone),
            (Source::Camera, camera),
            (Source::Screen, screen),
        ] {
            assert_eq!(stage.room.takes(ada, source), may);
            assert_eq!(stage.send(ada, source, true, -20).len(), usize::from(may), "{source:?}");
        }
        assert_eq!(
            stage.room.speakers.heard_by_all().count(),
            usize::from(microphone),
            "not even counted"
        );
        let cem = stage.join(3, "cem", ALL);
        let (told, _) = entry_told(&mut stage, cem, ada);
        assert_eq!(told, Some((!microphone, !camera)), "and on the roll all the same");
        let people = stage.heard(cem, Channel::Participants);
        assert_eq!(people[0]["resources"].as_array().unwrap().len(), 3);
    };
    check(Rights::MEMBER, true, true, true);
    check(VIEWER, false, false, false);
    let companion = VIEWER.with(Right::Screen);
    check(companion, false, false, true);
    let listener = VIEWER.with(Right::Microphone);
    check(listener, true, false, false);
}

#[test]
fn requests_beyond_the_rights_are_refused_whole() {
    let mut stage = Stage::new();
    let ada = stage.join_with(1, "ada", ALL, VIEWER);
    let mut check = |request: Value, code: i64| {
        assert_eq!(
            stage.ask(ada, Channel::MediaEntries, &state(&request)),
            code,
            "{request}"
        );
    };
    check(json!({"audioMuted": true, "videoMuted": true, "screenshare": false}), 0);
    check(json!({}), 0);
    check(json!({"audioMuted": false}), 7);
    check(json!({"videoMuted": false}), 7);
    check(json!({"screenshare": true}), 7);
    check(json!({"audioMuted": true, "screenshare": true}), 7);
}

#[test]
fn what_is_withdrawn_stops_at_once_and_comes_back_muted() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    let (camera, screen) = (stage.entry(ada), stage.screen(ada));
    stage.ask(ada, Channel::MediaEntries, &state(&json!({"screenshare": true})));
    let direct = |id: i64, entry: u64| json!({"id": id, "direct": {"mediaEntryId": entry}});
    stage.show(ben, &json!([direct(1, camera), direct(2, screen)]));
    assert_eq!(stage.canvases(ben), Some(vec![(1, camera), (2, screen)]));
    for source in [Source::Microphone, Source::Camera, Source::Screen] {
        assert_eq!(stage.send(ada, source, true, -20).len(), 1);
    }
    for _ in 0..20 {
        stage.send(ada, Source::Microphone, false, -20);
    }
    assert_eq!(stage.room.speakers.loudest(), Some(ada));
    stage.told.clear();

    stage.permit(ada, VIEWER);
    assert_eq!(stage.room.speakers.loudest(), None);
    assert_eq!(stage.canvases(ben), Some(vec![]), "its lines are free");
    let (told, deleted) = entry_told(&mut stage, ben, ada);
    assert_eq!(
        (told, deleted),
        (Some((true, true)), vec![json!({"id": screen, "mediaEntry": true})])
    );
    for source in [Source::Microphone, Source::Camera, Source::Screen] {
        assert_eq!(stage.send(ada, source, true, -20), []);
    }

    stage.permit(ada, Rights::MEMBER);
    assert_eq!(
        entry_told(&mut stage, ben, ada).0,
        Some((true, true)),
        "nobody is heard by a lock that is lifted"
    );
    assert_eq!(
        stage.canvases(ben),
        Some(vec![(1, camera)]),
        "what was asked for is remembered"
    );
    assert_eq!(stage.send(ada, Source::Microphone, false, -20), []);
    let on = json!({"audioMuted": false, "videoMuted": false});
    assert_eq!(stage.ask(ada, Channel::MediaEntries, &state(&on)), 0);
    assert_eq!(stage.send(ada, Source::Microphone, false, -20).len(), 1);
    assert_eq!(stage.send(ada, Source::Camera, false, 0), [], "a keyframe comes first");
    assert_eq!(stage.send(ada, Source::Camera, true, 0).len(), 1);
}

#[test]
fn relevant_canvases_go_to_those_who_may_be_seen() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    let cem = stage.join(3, "cem", ALL);
    stage.show(cem, &json!([{"id": 1, "relevant": {}}]));
    assert_eq!(stage.canvases(cem), Some(vec![(1, stage.entry(ada))]));
    stage.permit(ada, VIEWER);
    assert_eq!(stage.canvases(cem), Some(vec![(1, stage.entry(ben))]));
}

#[test]
fn rights_that_change_nothing_that_is_sent_are_told_to_nobody() {
    let mut stage = Stage::new();
    let (ada, watcher) = (stage.join(1, "ada", ALL), stage.join(2, "watcher", Sends::default()));
    stage.told.clear();
    let quiet = [Right::Microphone, Right::Camera, Right::Screen]
        .into_iter()
        .collect::<Rights>();
    stage.permit(ada, quiet);
    stage.permit(watcher, VIEWER);
    assert_eq!(stage.told, []);
    stage.permit(MemberId(9), VIEWER);
}

#[test]
fn rights_may_change_before_the_media_is_there() {
    let mut stage = Stage::new();
    let ben = stage.join(2, "ben", ALL);
    let ada = stage.admit(1, "ada", ALL);
    stage.told.clear();
    stage.permit(ada, VIEWER);
    assert_eq!(stage.told, [], "nobody knows of her yet");
    stage.connect(ada);
    assert_eq!(entry_told(&mut stage, ben, ada).0, Some((true, true)));
    assert_eq!(stage.send(ada, Source::Microphone, false, -20), []);
}

#[derive(Debug, Clone)]
enum Asked {
    Rights(u8),
    Mute,
    Tell(u8),
}

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        (0..8_u8).prop_map(Asked::Rights),
        Just(Asked::Mute),
        any::<u8>().prop_map(Asked::Tell)
    ]
}

fn change(asked: &Asked) -> Change {
    match asked {
        Asked::Rights(bits) => {
            let sources = [Right::Microphone, Right::Camera, Right::Screen];
            let granted = (0..).zip(sources).filter(|(bit, _)| bits >> bit & 1 == 1);
            Change::permit(granted.map(|(_, right)| right).collect())
        }
        Asked::Mute => Change::mute(),
        Asked::Tell(number) => Change::tell(number.to_string().into()),
    }
}

proptest! {
    #[test]
    fn changes_that_waited_leave_what_they_would_have_left_one_by_one(
        before in asked(),
        later in prop::collection::vec(asked(), 1..6),
    ) {
        let play = |changes: Vec<Change>| {
            let mut stage = Stage::new();
            let ada = stage.join(1, "ada", ALL);
            stage.ask(ada, Channel::MediaEntries, &state(&json!({"screenshare": true})));
            for change in changes {
                stage.play(|room, time, actions| room.carry_out(ada, change, time, &mut actions.effects));
            }
            let member = &stage.room.members[&ada];
            let entry = &member.entry;
            let sending = (entry.sends, entry.voice, entry.video_muted, entry.sharing);
            (member.rights, sending, member.moderation.clone())
        };
        let mut merged = change(&later[0]);
        later[1..].iter().for_each(|asked| merged.merge(change(asked)));
        let one_by_one = [&before].into_iter().chain(&later).map(change).collect();
        prop_assert_eq!(play(vec![change(&before), merged]), play(one_by_one));
    }
}

#[test]
fn a_moderator_mutes_and_the_client_agrees_before_it_unmutes() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    let muted = json!({"resources": [{"muted": {}}]});
    let mute = |stage: &mut Stage| stage.play(|room, _, actions| room.mute(ada, &mut actions.effects));
    let says = |stage: &mut Stage, audio_muted: bool| {
        let said = state(&json!({"audioMuted": audio_muted, "videoMuted": false}));
        assert_eq!(stage.ask(ada, Channel::MediaEntries, &said), 0);
        let told = entry_told(stage, ben, ada).0.map(|(audio, _)| audio);
        let heard = !stage.send(ada, Source::Microphone, false, -20).is_empty();
        assert_eq!(told, Some(!heard), "what is told is so");
        heard
    };
    assert!(says(&mut stage, false));
    mute(&mut stage);
    assert_eq!(stage.room.speakers.loudest(), None);
    assert_eq!(stage.heard(ada, Channel::Moderation), [muted]);
    assert!(!says(&mut stage, false), "this was under way when she was muted");
    assert!(!says(&mut stage, true));
    assert!(says(&mut stage, false));

    assert!(!says(&mut stage, true));
    mute(&mut stage);
    assert!(stage.heard(ada, Channel::Moderation).is_empty(), "she is muted already");
    assert!(says(&mut stage, false), "and unmutes herself without further ado");
}

#[test]
fn what_the_control_plane_says_waits_for_the_channel() {
    let mut stage = Stage::new();
    let ada = stage.admit(1, "ada", ALL);
    let tell = |stage: &mut Stage, text: &str| {
        stage.play(|room, _, actions| room.moderate(ada, text.into(), &mut actions.effects));
    };
    tell(&mut stage, r#"{"n":1}"#);
    tell(&mut stage, r#"{"n":2}"#);
    stage.play(|room, _, actions| room.mute(ada, &mut actions.effects));
    assert_eq!(stage.told, []);
    stage.connect(ada);
    let told = stage.heard(ada, Channel::Moderation);
    assert_eq!(
        told,
        [json!({"n": 2}), json!({"resources": [{"muted": {}}]})],
        "the newest alone"
    );
    tell(&mut stage, r#"{"n":3}"#);
    assert_eq!(stage.heard(ada, Channel::Moderation), [json!({"n": 3})]);
    let refused = stage.ask(ada, Channel::Moderation, &json!({"requestId": 1, "admit": {}}));
    assert_eq!(refused, 3, "nobody answers there");
}

#[test]
fn who_was_muted_at_the_door_is_muted_inside() {
    let mut stage = Stage::new();
    let ben = stage.join(2, "ben", ALL);
    let said = MediaState {
        audio_muted: Some(true),
        video_muted: None,
        screenshare: Some(true),
    };
    let ada = stage.admit(1, "ada", ALL);
    let newcomer = Newcomer {
        sizes: [1, 1],
        card: stage.room.members[&ada].entry.card.clone(),
        rights: Rights::MEMBER,
        said,
        offered: ALL,
        audio_lines: 3,
        video_ssrcs: vec![],
    };
    stage.room.admit(ada, newcomer, stage.now);
    stage.connect(ada);
    let (told, _) = entry_told(&mut stage, ben, ada);
    assert_eq!(told, Some((true, false)));
    assert!(stage.room.takes(ada, Source::Screen) && !stage.room.takes(ada, Source::Microphone));
}
