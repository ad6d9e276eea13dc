//! A meeting through a real socket: who hears whom, who sees whom, what is told, and how sessions end.

mod client;

use std::time::Duration;

use client::{World, csrcs, maker, starts_keyframe};
use media::{Channel, DisconnectReason, Event, LostCause};
use serde_json::{Value, json};

#[test]
fn everybody_hears_the_others_and_knows_who_speaks() {
    let mut world = World::new();
    let (ada, ben, cem) = (world.join("r", "ada"), world.join("r", "ben"), world.join("r", "cem"));
    world.clients[ada].level_dbov = -20;
    let csrc = world.clients[ben].entry_of("ada", false).unwrap()["mediaEntry"]["audioCsrc"]
        .as_u64()
        .unwrap();
    let marked = |world: &World, client: usize| {
        world.clients[client]
            .packets
            .iter()
            .any(|(_, packet)| csrcs(packet) == [csrc, 42])
    };
    world.until("the loudest is marked for all others", |world| {
        marked(world, ben) && marked(world, cem)
    });
    world.run_for(Duration::from_millis(300));
    for (index, client) in world.clients.iter().enumerate() {
        let sound = client.packets.iter().filter(|(mid, _)| client.audio.contains(mid));
        let makers: std::collections::BTreeSet<char> = sound.map(|(_, packet)| maker(packet)).collect();
        let others: std::collections::BTreeSet<char> = "abc"
            .chars()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, name)| name)
            .collect();
        assert_eq!(makers, others, "{} hears the others and never itself", client.name);
        for mid in &client.audio {
            let line: Vec<_> = client
                .packets
                .iter()
                .filter(|(other, _)| other == mid)
                .map(|(_, packet)| packet)
                .collect();
            assert!(
                line.windows(2).all(|pair| *pair[1].seq_no == *pair[0].seq_no + 1),
                "one continuous stream"
            );
        }
    }
    assert_eq!(world.media.counters().peer_errors, 0);
}

#[test]
fn nobody_hears_a_muted_microphone_or_another_room() {
    let mut world = World::new();
    let (ada, ben, eve) = (world.join("r", "ada"), world.join("r", "ben"), world.join("s", "eve"));
    world.until("sound", |world| !world.clients[ben].packets.is_empty());
    let muted = json!({"setMediaState": {"audioMuted": true}});
    assert_eq!(world.ask(ada, Channel::MediaEntries, &muted), 0);
    world.until("told", |world| {
        world.clients[ben].entry_of("ada", false).unwrap()["mediaEntry"]["audioMuted"] == true
    });
    world.run_for(Duration::from_millis(100));
    world.clients[ben].packets.clear();
    world.run_for(Duration::from_millis(300));
    assert!(world.clients[ben].packets.is_empty());
    assert!(world.clients[eve].packets.is_empty());
    assert_eq!(world.clients[eve].resources(Channel::Participants).len(), 1, "oneself");
}

#[test]
fn video_is_switched_on_keyframes_inside_one_stream() {
    let mut world = World::new();
    let (ada, ben, cem) = (world.join("r", "ada"), world.join("r", "ben"), world.join("r", "cem"));
    world.run_for(Duration::from_millis(200));
    let video = |world: &World| {
        world.clients[cem]
            .packets
            .iter()
            .any(|(mid, _)| world.clients[cem].video.contains(mid))
    };
    assert!(!video(&world), "no video before an assignment");
    let entry = |world: &World, name| world.clients[cem].entry_of(name, false).unwrap();
    let (a, b) = (entry(&world, "ada"), entry(&world, "ben"));
    let id = |entry: &serde_json::Value| entry["id"].as_u64().unwrap();

    assert_eq!(world.assign(cem, &[id(&a)]), 0);
    world.until("assigned", |world| world.clients[cem].canvas(1).is_some());
    let (ssrc, shown) = world.clients[cem].canvas(1).unwrap();
    assert_eq!(shown, id(&a));
    world.until("ada is seen", |world| world.clients[cem].packets_of(ssrc).len() > 20);

    assert_eq!(world.assign(cem, &[id(&b)]), 0);
    let seen = |world: &World| {
        world.clients[cem]
            .packets_of(ssrc)
            .iter()
            .any(|packet| maker(packet) == 'b')
    };
    world.until("ben is seen on the same line", seen);
    world.run_for(Duration::from_millis(300));

    let packets = world.clients[cem].packets_of(ssrc);
    assert_eq!(*packets[0].seq_no, 1);
    assert!(starts_keyframe(packets[0]));
    for pair in packets.windows(2) {
        assert_eq!(*pair[1].seq_no, *pair[0].seq_no + 1, "without a gap");
        let forward = pair[1].header.timestamp.wrapping_sub(pair[0].header.timestamp);
        assert!(forward < 90_000, "and without a jump: {forward}");
        let number = |packet: &str0m::rtp::RtpPacket| u16::from_be_bytes([packet.payload[2] & 0x7f, packet.payload[3]]);
        assert!(
            number(pair[1]).wrapping_sub(number(pair[0])) <= 1,
            "pictures are counted on"
        );
        if maker(pair[0]) != maker(pair[1]) {
            assert!(starts_keyframe(pair[1]), "switched on a keyframe");
        }
    }
    let csrc_of = |entry: &serde_json::Value| vec![entry["mediaEntry"]["videoCsrcs"][0].as_u64().unwrap()];
    for packet in packets {
        assert_eq!(csrcs(packet), csrc_of(if maker(packet) == 'a' { &a } else { &b }));
    }
    assert!(
        world.clients[ada].keyframes_asked <= 2 && world.clients[ben].keyframes_asked <= 2,
        "merged"
    );
}

#[test]
fn lost_packets_are_sent_again_on_both_ways() {
    let mut world = World::new();
    let (ada, ben) = (world.join("r", "ada"), world.join("r", "ben"));
    let entry = world.clients[ben].entry_of("ada", false).unwrap()["id"]
        .as_u64()
        .unwrap();
    assert_eq!(world.assign(ben, &[entry]), 0);
    world.until("assigned", |world| world.clients[ben].canvas(1).is_some());
    let (ssrc, _) = world.clients[ben].canvas(1).unwrap();
    world.until("seen", |world| !world.clients[ben].packets_of(ssrc).is_empty());
    (world.clients[ada].loses, world.clients[ben].loses) = (Some((u32::MAX, 11)), Some((7, u32::MAX)));
    world.until("much is seen", |world| world.clients[ben].packets_of(ssrc).len() > 200);
    (world.clients[ada].loses, world.clients[ben].loses) = (None, None);
    // Some fifty were lost. On a machine that stands still for a second, one may have grown too old to be sent again.
    world.until("what was lost arrived in the end", |world| {
        let packets = world.clients[ben].packets_of(ssrc);
        let numbers: std::collections::BTreeSet<u64> = packets.iter().map(|packet| *packet.seq_no).collect();
        numbers.last().unwrap() - numbers.first().unwrap() < numbers.len() as u64 + 2
    });
}

#[test]
fn layouts_that_cannot_be_are_refused_and_relevant_ones_filled() {
    let mut world = World::new();
    let (_, ben) = (world.join("r", "ada"), world.join("r", "ben"));
    let layout = |canvases| json!({"setAssignment": {"layoutModel": {"label": "x", "canvases": canvases}}});
    let relevant = |id: i64| json!({"id": id, "relevant": {}});
    let four = json!([relevant(1), relevant(2), relevant(3), relevant(4)]);
    assert_eq!(
        world.ask(ben, Channel::VideoAssignment, &layout(four)),
        3,
        "more canvases than lines"
    );
    assert_eq!(
        world.ask(
            ben,
            Channel::VideoAssignment,
            &layout(json!([relevant(1), relevant(1)]))
        ),
        3
    );
    assert_eq!(
        world.ask(ben, Channel::VideoAssignment, &json!({"setAssignment": 7})),
        3
    );
    assert_eq!(
        world.ask(
            ben,
            Channel::VideoAssignment,
            &layout(json!([relevant(1), relevant(2)]))
        ),
        0
    );
    let ada = world.clients[ben].entry_of("ada", false).unwrap()["id"].as_u64();
    world.until("the only other one is shown", |world| {
        world.clients[ben].canvas(1).map(|(_, entry)| entry) == ada && world.clients[ben].canvas(2).is_none()
    });
    let cem = world.join("r", "cem");
    let own = world.clients[cem].entry_of("cem", false).unwrap()["id"].as_u64();
    world.until("a newcomer fills the next", |world| {
        world.clients[ben].canvas(2).map(|(_, entry)| entry) == own
    });
    assert_eq!(world.media.counters().messages_refused, 3);
}

#[test]
fn a_shared_screen_is_a_media_entry_while_it_is_shared() {
    let mut world = World::new();
    let (ada, ben) = (world.join("r", "ada"), world.join("r", "ben"));
    let share = |on: bool| json!({"setMediaState": {"screenshare": on}});
    assert_eq!(world.ask(ada, Channel::MediaEntries, &share(true)), 0);
    world.until("the screen is there", |world| {
        world.clients[ben].entry_of("ada", true).is_some()
    });
    let (camera, screen) = (
        world.clients[ben].entry_of("ada", false),
        world.clients[ben].entry_of("ada", true),
    );
    assert_ne!(
        camera.unwrap()["mediaEntry"]["videoCsrcs"],
        screen.unwrap()["mediaEntry"]["videoCsrcs"]
    );
    assert_eq!(world.ask(ada, Channel::MediaEntries, &share(false)), 0);
    world.until("the screen is gone", |world| {
        world.clients[ben].entry_of("ada", true).is_none()
    });
    assert!(world.clients[ben].entry_of("ada", false).is_some());
}

#[test]
fn a_leave_is_told_to_the_others_only_after_the_control_plane_says_so() {
    let mut world = World::new();
    let (ada, ben) = (world.join("r", "ada"), world.join("r", "ben"));
    assert_eq!(world.ask(ada, Channel::SessionControl, &json!({"leave": {}})), 0);
    world.until("lost", |world| world.lost("ada").is_some());
    assert!(matches!(
        world.lost("ada"),
        Some(Event::Lost {
            cause: LostCause::Left,
            ..
        })
    ));
    world.run_for(Duration::from_millis(300));
    assert!(
        world.clients[ben].entry_of("ada", false).is_some(),
        "not written down yet"
    );

    world.remove("ada", DisconnectReason::ClientLeft);
    world.until("gone", |world| {
        world.clients[ben].resources(Channel::Participants).len() == 1
    });
    world.until("gone too", |world| world.clients[ben].entry_of("ada", false).is_none());
    let status = json!({"connectionState": "STATE_DISCONNECTED", "disconnectReason": "REASON_CLIENT_LEFT"});
    world.until("told why", |world| {
        world.clients[ada]
            .resources(Channel::SessionControl)
            .iter()
            .any(|resource| resource["sessionStatus"] == status)
    });
    world.until("closed", |world| world.clients[ada].closed);
    let lost = world
        .events
        .iter()
        .filter(|event| matches!(event, Event::Lost { .. }))
        .count();
    assert_eq!(lost, 1, "reported once");
    assert_eq!(world.media.counters().sessions, 1);
}

/// What was reported of a session: for each report, the packets that it has received on stream 7.
fn reports(world: &World, name: &str) -> Vec<Option<u64>> {
    let reports = world.events.iter().filter_map(|event| match event {
        Event::Reported { session, report } if session == name => Some(report),
        _ => None,
    });
    reports
        .map(|report| report.received.get(&7).and_then(|stream| stream.newest.packets))
        .collect()
}

#[test]
fn what_a_client_counts_is_reported_whole_and_the_last_of_it_before_it_is_gone() {
    let mut world = World::new();
    let ada = world.join("r", "ada");
    let upload = |world: &mut World, code: i64, kind: &str, figures: Value| {
        let sections = [json!({ "id": "a", kind: figures })];
        let request = json!({ "uploadMediaStats": { "sections": sections } });
        assert_eq!(world.ask(ada, Channel::MediaStats, &request), code, "{request}");
    };
    upload(&mut world, 0, "inbound-rtp", json!({"ssrc":7,"packetsReceived":5}));
    world.until("reported", |world| reports(world, "ada") == [Some(5)]);
    upload(&mut world, 0, "inbound_rtp", json!({"ssrc":7,"packets_received":9}));
    upload(&mut world, 3, "inbound-rtp", json!({"ssrc":8,"packetsReceived":"many"}));
    upload(&mut world, 0, "inbound-rtp", json!({"ssrc":"8","packetsReceived":"3"}));
    let counters = world.media.counters();
    assert_eq!((counters.uploads, counters.messages_refused), (3, 1));
    assert_eq!(world.ask(ada, Channel::SessionControl, &json!({"leave": {}})), 0);
    world.until("lost", |world| world.lost("ada").is_some());
    assert_eq!(reports(&world, "ada").last(), Some(&Some(9)), "nothing is left untold");
    let is_report = |event: &Event| matches!(event, Event::Reported { .. });
    let last = world.events.iter().rposition(is_report);
    assert!(
        last < world
            .events
            .iter()
            .position(|event| matches!(event, Event::Lost { .. }))
    );
}

#[test]
fn a_closed_connection_is_noticed_at_once() {
    let mut world = World::new();
    let (ada, ben) = (world.join("r", "ada"), world.join("r", "ben"));
    world.clients[ada].rtc.close().unwrap();
    world.clients[ada].drain();
    let took = world.until("lost", |world| world.lost("ada").is_some());
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(matches!(
        world.lost("ada"),
        Some(Event::Lost {
            cause: LostCause::Closed,
            ..
        })
    ));
    world.remove("ada", DisconnectReason::ClientLeft);
    world.until("gone", |world| world.clients[ben].entry_of("ada", false).is_none());
}

#[test]
fn the_end_of_a_conference_reaches_everybody() {
    let mut world = World::new();
    let clients = [world.join("r", "ada"), world.join("r", "ben")];
    world.remove("ada", DisconnectReason::ConferenceEnded);
    world.remove("ben", DisconnectReason::ConferenceEnded);
    let ended = |world: &World, client: usize| {
        let status = world.clients[client].resources(Channel::SessionControl).pop().unwrap();
        status["sessionStatus"]["disconnectReason"] == "REASON_CONFERENCE_ENDED"
    };
    world.until("told", |world| clients.iter().all(|client| ended(world, *client)));
    world.until("the room is gone", |world| world.media.counters().rooms == 0);
    assert!(
        world.lost("ada").is_none(),
        "what the control plane did itself is not reported to it"
    );
}

#[test]
fn a_stopped_server_says_goodbye() {
    let mut world = World::new();
    let ada = world.join("r", "ada");
    let World { media, mut clients, .. } = world;
    drop(media);
    let start = client::clock();
    while !clients[ada].closed && start.elapsed() < client::PATIENCE {
        clients[ada].turn();
    }
    assert!(clients[ada].closed);
}
