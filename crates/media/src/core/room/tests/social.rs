//! Chat, reactions and raised hands: who may, who is told, what newcomers find.

use super::*;
use crate::limits;

const SILENT: Rights = Rights::NONE
    .with(Right::Microphone)
    .with(Right::Camera)
    .with(Right::Screen);
const HOST: Rights = Rights::MEMBER.with(Right::LowerHands);

fn send(text: &str) -> Value {
    json!({"requestId": 1, "send": {"text": text}})
}

fn react(emoji: &str) -> Value {
    json!({"requestId": 1, "react": {"emoji": emoji}})
}

fn hand(raised: bool) -> Value {
    json!({"requestId": 1, "setHand": {"raised": raised}})
}

fn hand_of(participant: &str, raised: bool) -> Value {
    json!({"requestId": 1, "setHand": {"raised": raised, "participantKey": format!("participants/{participant}")}})
}

#[test]
fn a_message_reaches_everybody_who_is_there() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join_with(2, "ben", ALL, SILENT));
    assert_eq!(stage.ask(ada, Channel::Chat, &send("good morning\nall")), 0);
    for reader in [ada, ben] {
        let (messages, _) = stage.resources(reader, Channel::Chat);
        assert!(messages[0]["id"].as_u64().unwrap() > 0);
        let expected = json!({
            "participantKey": "participants/ada",
            "displayName": "ada",
            "signedIn": false,
            "text": "good morning\nall",
            "sentTime": "2026-11-22T10:00:00.5Z",
        });
        assert_eq!(messages[0]["chatMessage"], expected);
    }
    let cem = stage.join(3, "cem", ALL);
    assert!(stage.heard(cem, Channel::Chat).is_empty(), "not kept for newcomers");
    assert_eq!(stage.ask(ben, Channel::Chat, &send("and me")), 7);
    assert!(stage.resources(ada, Channel::Chat).0.is_empty());
    stage.permit(ben, Rights::MEMBER);
    assert_eq!(stage.ask(ben, Channel::Chat, &send("and me")), 0);
}

#[test]
fn what_is_sent_again_is_said_once() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    let named = |id: &str| json!({"requestId": 1, "send": {"text": "good morning", "messageId": id}});
    let check = |stage: &mut Stage, author, id: &str, told: usize| {
        assert_eq!(stage.ask(author, Channel::Chat, &named(id)), 0, "{id}");
        let (messages, _) = stage.resources(ben, Channel::Chat);
        assert_eq!(messages.len(), told, "{id}");
        assert!(
            messages
                .iter()
                .all(|message| message["chatMessage"]["messageId"] == *id)
        );
    };
    check(&mut stage, ada, "a", 1);
    check(&mut stage, ada, "a", 0);
    check(&mut stage, ben, "a", 1);
    // Somebody who came back is known by their participant.
    stage.play(|room, _, _| room.leave(ada));
    let ada = stage.join(3, "ada", ALL);
    check(&mut stage, ada, "a", 0);
    check(&mut stage, ada, "b", 1);
    let long = "x".repeat(limits::MESSAGE_ID_BYTES + 1);
    assert_eq!(stage.ask(ada, Channel::Chat, &named(&long)), 3);
    for number in 0..2 * limits::SAID_KEPT {
        stage.now += Time::from_secs(1);
        assert_eq!(stage.ask(ada, Channel::Chat, &named(&number.to_string())), 0);
    }
    assert_eq!(stage.room.said.len(), limits::SAID_KEPT, "bounded");
    stage.told.clear();
    check(&mut stage, ada, &(limits::SAID_KEPT + 1).to_string(), 0);
}

#[test]
fn texts_are_bounded_and_are_texts() {
    let mut stage = Stage::new();
    let ada = stage.join(1, "ada", ALL);
    let mut check = |text: &str, code: i64| {
        assert_eq!(stage.ask(ada, Channel::Chat, &send(text)), code, "{text:.20}");
        stage.now += Time::from_secs(10);
    };
    check(&"é".repeat(limits::CHAT_CHARACTERS), 0);
    check(&"é".repeat(limits::CHAT_CHARACTERS + 1), 3);
    check("שלום, 你好 👋🏽", 0);
    check("", 3);
    check(" \n ", 3);
    check("a\u{0}b", 3);
    check("a\u{1b}[31mb", 3);
    check("a\u{85}b", 3);
    check("a\rb", 3);
    assert_eq!(stage.ask(ada, Channel::Chat, &json!({"requestId": 1, "send": {}})), 3);
    assert_eq!(
        stage.ask(ada, Channel::Chat, &json!({"requestId": 1, "send": {"text": 7}})),
        3
    );
}

#[test]
fn reactions_are_of_a_set_and_reach_everybody() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join_with(2, "ben", ALL, SILENT));
    for emoji in crate::core::channels::EMOJI {
        assert_eq!(stage.ask(ada, Channel::Reactions, &react(emoji)), 0);
        let (told, _) = stage.resources(ben, Channel::Reactions);
        assert_eq!(
            told,
            [json!({"reaction": {"participantKey": "participants/ada", "emoji": emoji}})]
        );
        stage.now += Time::from_secs(1);
    }
    assert_eq!(stage.ask(ada, Channel::Reactions, &react("💣")), 3);
    assert_eq!(stage.ask(ada, Channel::Reactions, &react("👍👍")), 3);
    assert_eq!(stage.ask(ben, Channel::Reactions, &react("👍")), 7);
}

#[test]
fn nobody_floods_a_room() {
    let mut stage = Stage::new();
    let ada = stage.join(1, "ada", ALL);
    let count = |stage: &mut Stage, member, channel, request: &Value, tries: u32| {
        let codes: Vec<i64> = (0..tries).map(|_| stage.ask(member, channel, request)).collect();
        assert!(codes.iter().all(|code| [0, 8].contains(code)));
        codes.iter().filter(|code| **code == 0).count()
    };
    let burst = limits::CHAT.burst as usize;
    assert_eq!(count(&mut stage, ada, Channel::Chat, &send("a"), 15), burst);
    let burst = limits::REACTIONS.burst as usize;
    assert_eq!(count(&mut stage, ada, Channel::Reactions, &react("👍"), 15), burst);
    assert_eq!(
        count(&mut stage, ada, Channel::Reactions, &hand(true), 1),
        0,
        "hands are counted with them"
    );
    stage.now += Time::from_mins(1);
    let crowd: Vec<MemberId> = (2..=20).map(|id| stage.join(id, &id.to_string(), ALL)).collect();
    let mut all = |channel, request: Value| -> usize {
        crowd
            .iter()
            .map(|member| count(&mut stage, *member, channel, &request, 9))
            .sum()
    };
    assert_eq!(all(Channel::Chat, send("a")), limits::ROOM_CHAT.burst as usize);
    assert_eq!(
        all(Channel::Reactions, react("👏")),
        limits::ROOM_REACTIONS.burst as usize
    );
}

#[test]
fn hands_are_told_to_all_and_to_newcomers_in_order() {
    let mut stage = Stage::new();
    let (ada, ben) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    assert_eq!(stage.ask(ben, Channel::Reactions, &hand(true)), 0);
    assert_eq!(stage.ask(ada, Channel::Reactions, &hand(true)), 0);
    assert_eq!(stage.ask(ada, Channel::Reactions, &hand(true)), 0);
    let (told, _) = stage.resources(ada, Channel::Reactions);
    let number = |member| stage.room.members[&member].entry.participant;
    let raised = |member, name: &str| {
        let hand = json!({"participantKey": format!("participants/{name}"), "raisedTime": "2026-11-22T10:00:00.5Z"});
        json!({"id": number(member), "hand": hand})
    };
    let both = [raised(ben, "ben"), raised(ada, "ada")];
    assert_eq!(told, both, "once each");
    let ben_number = number(ben);
    let cem = stage.join(3, "cem", ALL);
    assert_eq!(stage.resources(cem, Channel::Reactions).0, both);
    assert_eq!(stage.ask(ben, Channel::Reactions, &hand(false)), 0);
    assert_eq!(stage.ask(ben, Channel::Reactions, &hand(false)), 0);
    let (told, deleted) = stage.resources(cem, Channel::Reactions);
    assert_eq!((told, deleted), (vec![], vec![json!({"id": ben_number})]));
}

#[test]
fn who_may_raise_and_lower_whose_hand() {
    let check = |rights, request: Value, code: i64| {
        let mut stage = Stage::new();
        let (ada, ben) = (stage.join_with(1, "ada", ALL, rights), stage.join(2, "ben", ALL));
        stage.ask(ben, Channel::Reactions, &hand(true));
        assert_eq!(
            stage.ask(ada, Channel::Reactions, &request),
            code,
            "{rights:?} {request}"
        );
        stage
            .room
            .hands
            .iter()
            .map(|hand| hand.resource().id.unwrap() == stage.room.members[&ada].entry.participant)
            .collect::<Vec<_>>()
    };
    let (others, both, nobody) = (vec![false], vec![false, true], Vec::<bool>::new());
    assert_eq!(check(Rights::MEMBER, hand(true), 0), both);
    assert_eq!(check(Rights::MEMBER, hand_of("ada", true), 0), both);
    assert_eq!(check(Rights::MEMBER, hand_of("ben", false), 7), others);
    assert_eq!(check(Rights::MEMBER, hand_of("ben", true), 7), others);
    assert_eq!(check(SILENT, hand(true), 7), others);
    assert_eq!(check(SILENT, hand(false), 0), others);
    assert_eq!(check(HOST, hand_of("ben", false), 0), nobody);
    assert_eq!(check(HOST, hand_of("cem", false), 0), others);
    assert_eq!(check(HOST, hand_of("ben", true), 7), others);
    assert_eq!(check(HOST, json!({"requestId": 1, "setHand": {}}), 3), others);
}

#[test]
fn a_hand_goes_down_with_the_last_device() {
    let mut stage = Stage::new();
    let (ada, laptop) = (stage.join(1, "ada", ALL), stage.join(2, "ben", ALL));
    let phone = stage.join(3, "ben", ALL);
    stage.ask(phone, Channel::Reactions, &hand(true));
    let number = stage.room.members[&phone].entry.participant;
    stage.heard(ada, Channel::Reactions);
    let mut leaves = |id| {
        stage.play(|room, _, _| room.leave(id));
        stage.resources(ada, Channel::Reactions).1
    };
    assert_eq!(leaves(phone), Vec::<Value>::new());
    assert_eq!(leaves(laptop), [json!({"id": number})]);
}

#[test]
fn only_open_channels_are_written_to() {
    let mut stage = Stage::new();
    let ada = stage.join(1, "ada", ALL);
    let google = stage.admit(2, "google", Sends::default());
    stage.play(|room, _, actions| {
        room.connected(google, &mut actions.effects);
        for channel in [Channel::SessionControl, Channel::Participants, Channel::MediaEntries] {
            room.channel_open(google, channel, &mut actions.effects);
        }
    });
    stage.told.clear();
    stage.ask(ada, Channel::Chat, &send("hello"));
    stage.ask(ada, Channel::Reactions, &hand(true));
    stage.play(|room, _, actions| room.moderate(google, "{}".into(), &mut actions.effects));
    assert!(stage.told.iter().all(|(to, _, _)| *to == ada));
}
