//! A moderated meeting through a real socket: the lobby, rights that come and go, muting, chat, reactions and hands.

mod client;

use std::time::Duration;

use client::{World, card, maker};
use media::{Channel, DisconnectReason, Event, LostCause, Overloaded, Right, Rights};
use serde_json::{Value, json};

const VIEWER: Rights = Rights::NONE.with(Right::Chat).with(Right::Reactions);

/// Whether anything arrives at a client for a while.
fn receives(world: &mut World, client: usize) -> bool {
    world.run_for(Duration::from_millis(100));
    world.clients[client].packets.clear();
    world.run_for(Duration::from_millis(300));
    !world.clients[client].packets.is_empty()
}

fn signs_of_life(world: &World, name: &str) -> usize {
    let signs = world.events.iter().filter_map(|event| match event {
        Event::Alive(signs) => Some(signs),
        _ => None,
    });
    signs.flatten().filter(|(session, _)| session == name).count()
}

#[test]
fn who_is_let_in_hears_the_others_and_is_heard() {
    let mut world = World::new();
    let ada = world.join("r", "ada");
    let ben = world.knock("ben");
    assert!(
        !receives(&mut world, ada) && !receives(&mut world, ben),
        "nobody hears who waits"
    );
    assert!(world.media.counters().packets_refused > 0);
    assert_eq!(world.clients[ada].resources(Channel::Participants).len(), 1, "nor sees");
    assert_eq!(world.clients[ben].resources(Channel::Participants), Vec::<Value>::new());
    let layout = json!({"setAssignment": {"layoutModel": {"canvases": []}}});
    assert_eq!(world.ask(ben, Channel::VideoAssignment, &layout), 7);
    assert_eq!(
        world.ask(
            ben,
            Channel::MediaEntries,
            &json!({"setMediaState": {"videoMuted": true}})
        ),
        0
    );
    world.until("the knock lives", |world| signs_of_life(world, "ben") > 0);
    world.media.let_in("ben", "r", card("ben"), Rights::MEMBER).unwrap();
    world.joined(ben);
    let joined = json!({
        "connectionState": "STATE_JOINED",
        "participantSession": "conferenceRecords/c/participants/ben/participantSessions/ben",
    });
    assert_eq!(world.clients[ben].status(), joined);
    world.until("both hear each other", |world| {
        [(ada, 'b'), (ben, 'a')].iter().all(|(client, other)| {
            world.clients[*client]
                .packets
                .iter()
                .any(|(_, packet)| maker(packet) == *other)
        })
    });
    let entry = world.clients[ada].entry_of("ben", false).unwrap();
    assert_eq!(entry["mediaEntry"]["videoMuted"], true, "as it said while it waited");
    let again = world.media.let_in("ben", "r", card("ben"), Rights::MEMBER);
    assert_eq!(again, Err(Overloaded::NotWaiting));
    assert_eq!(world.media.counters().peer_errors, 0);
}

#[test]
fn who_is_connected_is_told_nothing_until_it_is_decided() {
    let mut world = World::new();
    let ada = world.join("r", "ada");
    let ben = world.connect("ben");
    assert!(
        !receives(&mut world, ada) && !receives(&mut world, ben),
        "packets from outside go nowhere"
    );
    assert!(world.clients[ben].texts.is_empty(), "nor is anything said");
    assert_eq!(
        world.clients[ada].resources(Channel::Participants).len(),
        1,
        "to anybody"
    );
    let layout = json!({"setAssignment": {"layoutModel": {"canvases": []}}});
    let asked = world.clients[ben].ask(Channel::VideoAssignment, &layout);
    assert_eq!(world.media.keep_waiting("ada"), Err(Overloaded::NotWaiting), "it is in");
    world.media.let_in("ben", "r", card("ben"), Rights::MEMBER).unwrap();
    world.until("in", |world| {
        world.clients[ben].status()["connectionState"] == "STATE_JOINED"
    });
    world.until("an answer to what was asked before", |world| {
        let answers = world.clients[ben].texts.iter().map(|(_, text)| &text["response"]);
        answers
            .filter(|answer| answer["requestId"] == asked)
            .any(|answer| answer["status"]["code"].as_i64().unwrap_or(0) == 0)
    });
    let reported = world
        .events
        .iter()
        .filter(|event| matches!(event, Event::Connected { session } if session == "ben"));
    assert_eq!(reported.count(), 1);
}

#[test]
fn who_is_not_let_in_is_told_why() {
    for (reason, detail) in [
        (DisconnectReason::Denied, "DENIED"),
        (DisconnectReason::Expired, "EXPIRED"),
        (DisconnectReason::Full, "FULL"),
        (DisconnectReason::Removed, "REMOVED"),
    ] {
        let mut world = World::new();
        let ada = world.join("r", "ada");
        let ben = if reason == DisconnectReason::Removed {
            world.join("r", "ben")
        } else {
            world.knock("ben")
        };
        world.remove("ben", reason);
        let expected = json!({
            "connectionState": "STATE_DISCONNECTED",
            "disconnectReason": "REASON_USER_STOPPED",
            "detail": detail,
        });
        world.until("told", |world| world.clients[ben].status() == expected);
        world.until("closed", |world| world.clients[ben].closed);
        world.until("gone", |world| {
            world.clients[ada].resources(Channel::Participants).len() == 1
        });
        assert!(world.lost("ben").is_none(), "the control plane knows");
        let late = world.media.let_in("ben", "r", card("ben"), Rights::MEMBER);
        assert_eq!(late, Err(Overloaded::NotWaiting));
        assert_eq!(world.media.counters().sessions, 1);
    }
}

#[test]
fn who_gives_up_waiting_is_reported() {
    let mut world = World::new();
    let (ada, ben) = (world.knock("ada"), world.knock("ben"));
    assert_eq!(world.ask(ada, Channel::SessionControl, &json!({"leave": {}})), 0);
    world.clients[ben].rtc.close().unwrap();
    world.clients[ben].drain();
    for (name, expected) in [("ada", LostCause::Left), ("ben", LostCause::Closed)] {
        world.until("lost", |world| world.lost(name).is_some());
        assert!(matches!(world.lost(name), Some(Event::Lost { cause, .. }) if *cause == expected));
    }
    // The control plane let it in before it heard: nobody sees somebody who is gone.
    world.media.let_in("ada", "r", card("ada"), Rights::MEMBER).unwrap();
    let cem = world.join("r", "cem");
    assert_eq!(world.clients[cem].resources(Channel::Participants).len(), 1);
    world.remove("ada", DisconnectReason::ClientLeft);
    world.remove("ben", DisconnectReason::ClientLeft);
    world.until("forgotten", |world| world.media.counters().sessions == 1);
}

#[test]
fn packets_of_a_viewer_go_nowhere() {
    let mut world = World::new();
    let ada = world.join("r", "ada");
    let eve = world.join_with("r", "eve", VIEWER);
    world.clients[eve].level_dbov = -10;
    world.until("eve is there", |world| {
        world.clients[ada].entry_of("eve", false).is_some()
    });
    let entry = world.clients[ada].entry_of("eve", false).unwrap();
    assert_eq!(entry["mediaEntry"]["audioMuted"], true);
    assert_eq!(entry["mediaEntry"]["videoMuted"], true);
    assert_eq!(world.assign(ada, &[entry["id"].as_u64().unwrap()]), 0);
    for request in [
        json!({"audioMuted": false}),
        json!({"videoMuted": false}),
        json!({"screenshare": true}),
    ] {
        assert_eq!(
            world.ask(eve, Channel::MediaEntries, &json!({"setMediaState": request})),
            7
        );
    }
    assert!(!receives(&mut world, ada));
    assert!(receives(&mut world, eve), "a viewer receives");
    assert!(world.clients[ada].canvas(1).is_none());
    let counters = world.media.counters();
    assert!(counters.packets_refused > 0 && counters.messages_refused == 3);
}

#[test]
fn what_is_withdrawn_while_it_is_sent_stops() {
    let mut world = World::new();
    let (ada, ben) = (world.join("r", "ada"), world.join("r", "ben"));
    assert_eq!(
        world.ask(
            ada,
            Channel::MediaEntries,
            &json!({"setMediaState": {"screenshare": true}})
        ),
        0
    );
    world.until("the screen is there", |world| {
        world.clients[ben].entry_of("ada", true).is_some()
    });
    let id = |world: &World, screen| {
        world.clients[ben].entry_of("ada", screen).unwrap()["id"]
            .as_u64()
            .unwrap()
    };
    let entries = [id(&world, false), id(&world, true)];
    assert_eq!(world.assign(ben, &entries), 0);
    world.until("assigned", |world| world.clients[ben].canvas(2).is_some());
    let (ssrc, _) = world.clients[ben].canvas(1).unwrap();
    world.until("seen", |world| !world.clients[ben].packets_of(ssrc).is_empty());

    world.media.permit("ada", VIEWER);
    world.until("its lines are free", |world| {
        world.clients[ben].canvas(1).is_none() && world.clients[ben].canvas(2).is_none()
    });
    world.until("the screen is gone", |world| {
        world.clients[ben].entry_of("ada", true).is_none()
    });
    assert!(!receives(&mut world, ben));

    world.media.permit("ada", Rights::MEMBER);
    let on = json!({"setMediaState": {"audioMuted": false, "videoMuted": false}});
    assert!(!receives(&mut world, ben), "until its client says so");
    assert_eq!(world.ask(ada, Channel::MediaEntries, &on), 0);
    world.until("seen again", |world| !world.clients[ben].packets_of(ssrc).is_empty());
}

#[test]
fn a_moderator_mutes() {
    let mut world = World::new();
    let (ada, ben) = (world.join("r", "ada"), world.join("r", "ben"));
    assert!(receives(&mut world, ben));
    world.media.mute("ada");
    let muted = json!({"resources": [{"muted": {}}]});
    let told = |world: &World, text: &Value| {
        let texts = &world.clients[ada].texts;
        texts
            .iter()
            .any(|(label, other)| label == "moderation" && other == text)
    };
    world.until("told", |world| told(world, &muted));
    let shown = |world: &World| world.clients[ben].entry_of("ada", false).unwrap()["mediaEntry"]["audioMuted"] == true;
    world.until("shown", shown);
    let says = |muted: bool| json!({"setMediaState": {"audioMuted": muted}});
    assert_eq!(world.ask(ada, Channel::MediaEntries, &says(false)), 0);
    assert!(!receives(&mut world, ben), "whatever was under way");
    assert_eq!(world.ask(ada, Channel::MediaEntries, &says(true)), 0);
    assert_eq!(world.ask(ada, Channel::MediaEntries, &says(false)), 0);
    assert!(receives(&mut world, ben));

    let snapshot = json!({"resources": [{"id": 1, "moderation": {"role": "HOST"}}]});
    world.media.tell("ada", snapshot.to_string().into());
    world.until("told", |world| told(world, &snapshot));
    world.media.mute("nobody");
    world.media.permit("nobody", VIEWER);
    world.media.tell("nobody", "{}".into());
}

#[test]
fn a_host_who_does_not_read_loses_freshness_and_not_its_place() {
    let mut world = World::new();
    let (host, ben) = (world.join("r", "host"), world.join("r", "ben"));
    world.clients[host].is_deaf = true;
    let knocks = json!(vec![json!({"displayName": "n".repeat(500)}); 100]).to_string();
    let snapshot = |number: usize| {
        format!(r#"{{"resources":[{{"id":1,"moderation":{{"role":"HOST","number":{number},"knocks":{knocks}}}}}]}}"#)
    };
    let count = 2 * media::limits::OUTBOX_BYTES / snapshot(0).len();
    for number in 1..=count {
        world.media.tell("host", snapshot(number).into());
        world.clients[ben].ask(
            Channel::MediaEntries,
            &json!({"setMediaState": {"audioMuted": number % 2 == 0}}),
        );
        world.turn();
    }
    let guest = world.join("r", "guest");
    world.remove("guest", DisconnectReason::ClientLeft);
    world.until("closed", |world| world.clients[guest].closed);
    world.clients[host].is_deaf = false;
    let newest = |world: &World| {
        let told = world.clients[host].resources(Channel::Moderation);
        told.iter().any(|resource| resource["moderation"]["number"] == count)
    };
    world.until("the newest queue", newest);
    let muted = |world: &World| {
        world.clients[host]
            .entry_of("ben", false)
            .map(|entry| entry["mediaEntry"]["audioMuted"].clone())
    };
    world.until("the newest roll", |world| {
        muted(world) == Some(world.clients[ben].entry_of("ben", false).unwrap()["mediaEntry"]["audioMuted"].clone())
    });
    world.until("two people", |world| {
        world.clients[host].resources(Channel::Participants).len() == 2
    });
    let told = world.clients[host]
        .texts
        .iter()
        .filter(|(label, _)| label == "moderation");
    assert!(told.count() < count / 4, "most were old when they could have been sent");
    assert!(world.lost("host").is_none());
    assert_eq!(world.media.counters().peer_errors, 0);
}

#[test]
fn chat_reactions_and_hands_reach_everybody() {
    let mut world = World::new();
    let host = Rights::MEMBER.with(Right::LowerHands);
    let (ada, ben) = (world.join_with("r", "ada", host), world.join("r", "ben"));
    let eve = world.knock("eve");
    let told = |world: &World, client: usize, channel: Channel, kind: &str| -> Vec<Value> {
        let texts = world.clients[client]
            .texts
            .iter()
            .filter(|(label, _)| label == channel.label());
        let resources = texts.filter_map(|(_, text)| text["resources"].as_array()).flatten();
        resources.filter_map(|resource| resource.get(kind).cloned()).collect()
    };
    assert_eq!(
        world.ask(ben, Channel::Chat, &json!({"send": {"text": "good morning"}})),
        0
    );
    assert_eq!(
        world.ask(ben, Channel::Reactions, &json!({"react": {"emoji": "🎉"}})),
        0
    );
    assert_eq!(
        world.ask(ben, Channel::Reactions, &json!({"setHand": {"raised": true}})),
        0
    );
    for client in [ada, ben] {
        world.until("told", |world| {
            !told(world, client, Channel::Reactions, "hand").is_empty()
        });
        let message = told(&world, client, Channel::Chat, "chatMessage").pop().unwrap();
        assert_eq!(
            (&message["displayName"], &message["text"]),
            (&json!("ben"), &json!("good morning"))
        );
        let sent = message["sentTime"].as_str().unwrap();
        assert!(sent.starts_with("20") && sent.ends_with('Z'), "{sent}");
        let reaction = told(&world, client, Channel::Reactions, "reaction").pop();
        assert_eq!(
            reaction,
            Some(json!({"participantKey": "participants/ben", "emoji": "🎉"}))
        );
    }
    world.media.let_in("eve", "r", card("eve"), VIEWER).unwrap();
    world.until("a newcomer sees the hand", |world| {
        told(world, eve, Channel::Reactions, "hand")
            .iter()
            .any(|hand| hand["participantKey"] == "participants/ben")
    });
    assert!(
        told(&world, eve, Channel::Chat, "chatMessage").is_empty(),
        "and reads nothing old"
    );
    assert_eq!(world.ask(eve, Channel::Chat, &json!({"send": {"text": "hello"}})), 0);
    let lower = json!({"setHand": {"raised": false, "participantKey": "participants/ben"}});
    assert_eq!(world.ask(eve, Channel::Reactions, &lower), 7);
    assert_eq!(world.ask(ada, Channel::Reactions, &lower), 0);
    world.until("it is down", |world| {
        let hands = world.clients[eve].resources(Channel::Reactions);
        hands.iter().all(|resource| resource.get("hand").is_none())
    });
}
