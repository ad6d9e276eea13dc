//! Somebody records a room: what the tap tells of a meeting on real sockets.

mod client;

use client::World;
use media::{Channel, Codec, DisconnectReason, Rights, Source, Tap, Tapped, TappedPacket};
use serde_json::json;

/// What a tap has told so far.
struct Heard {
    tap: Tap,
    news: Vec<String>,
    packets: Vec<TappedPacket>,
}

impl Heard {
    fn new(world: &World, room: &str) -> Heard {
        Heard {
            tap: world.media.tap(room).expect("there is place for a tap"),
            news: vec![],
            packets: vec![],
        }
    }

    fn listen(&mut self) {
        while let Some(tapped) = self.tap.take().expect("the tap lives") {
            match tapped {
                Tapped::Joined { session, card, .. } => {
                    self.news.push(format!("{session} joined as {}", card.display_name));
                }
                Tapped::Left { session, .. } => self.news.push(format!("{session} left")),
                Tapped::Switched {
                    session, source, is_on, ..
                } => self.news.push(format!("{session} {source:?} {is_on}")),
                Tapped::Loudest { session, .. } => self.news.push(format!("loudest {session:?}")),
                Tapped::Packet(packet) => self.packets.push(*packet),
                Tapped::Missed { packets } => panic!("{packets} missed"),
            }
        }
    }

    /// Runs until something was told.
    fn until(&mut self, world: &mut World, what: &str, is_so: impl Fn(&Heard) -> bool) {
        world.until(what, |_| {
            self.listen();
            is_so(self)
        });
    }

    fn has(&self, session: &str, source: Source, starts_keyframe: bool) -> bool {
        self.packets.iter().any(|packet| {
            *packet.session == *session && packet.source == source && packet.starts_keyframe == starts_keyframe
        })
    }
}

#[test]
fn all_that_is_sent_in_a_room_is_told_and_nothing_of_another() {
    let mut world = World::new();
    world.join("r", "ada");
    let mut heard = Heard::new(&world, "r");
    heard.until(&mut world, "who is there", |heard| {
        heard.news == ["ada joined as ada", "ada Microphone true", "ada Camera true"]
    });
    heard.until(&mut world, "what she sends, though nobody hears it", |heard| {
        heard.has("ada", Source::Microphone, false) && heard.has("ada", Source::Camera, false)
    });
    // Whoever records gets a keyframe, though nobody sees her.
    heard.packets.clear();
    world.media.ask_keyframe("ada", Source::Camera);
    heard.until(&mut world, "a keyframe", |heard| heard.has("ada", Source::Camera, true));
    world.join("r", "ben");
    world.join("other", "cat");
    heard.until(&mut world, "the newcomer", |heard| {
        heard.news.contains(&"ben joined as ben".to_owned()) && heard.has("ben", Source::Microphone, false)
    });
    let muted = json!({"setMediaState": {"audioMuted": true}});
    assert_eq!(world.ask(0, Channel::MediaEntries, &muted), 0);
    heard.until(&mut world, "a microphone is shut", |heard| {
        heard.news.contains(&"ada Microphone false".to_owned())
    });
    heard.packets.clear();
    heard.until(&mut world, "the others go on", |heard| {
        heard.has("ben", Source::Microphone, false) && heard.has("ada", Source::Camera, false)
    });
    assert!(
        !heard.has("ada", Source::Microphone, false),
        "what is muted is not kept"
    );
    assert!(heard.packets.iter().all(|packet| *packet.session != *"cat"));
    let codecs = |source| {
        heard
            .packets
            .iter()
            .find(|packet| packet.source == source)
            .map(|packet| packet.codec)
    };
    assert_eq!(
        (codecs(Source::Microphone), codecs(Source::Camera)),
        (Some(Codec::Opus), Some(Codec::Vp8))
    );
    world.remove("ben", DisconnectReason::Removed);
    heard.until(&mut world, "he leaves", |heard| {
        heard.news.last().is_some_and(|last| last == "ben left")
    });
}

#[test]
fn a_tap_is_of_a_name_and_outlives_its_rooms() {
    let mut world = World::new();
    let mut heard = Heard::new(&world, "r");
    world.join_with("r", "ada", Rights::NONE);
    heard.until(&mut world, "the first", |heard| heard.news == ["ada joined as ada"]);
    world.remove("ada", DisconnectReason::Removed);
    heard.until(&mut world, "the end", |heard| heard.news.len() == 2);
    world.join_with("r", "ben", Rights::NONE);
    heard.until(&mut world, "the next beginning", |heard| {
        heard.news == ["ada joined as ada", "ada left", "ben joined as ben"]
    });
    let mut second = Heard::new(&world, "r");
    second.until(&mut world, "who is there", |heard| heard.news == ["ben joined as ben"]);
    world.until("there is one tap of a room", |_| heard.tap.take().is_err());
    drop(second);
    assert_eq!(world.media.counters().peer_errors, 0);
}
