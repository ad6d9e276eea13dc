//! Somebody who takes part without a network, beside browsers that do: admitted, heard, told and removed as they are.

#![expect(clippy::unwrap_used, reason = "whatever fails here fails the test")]

mod client;

use client::{World, card, maker};
use media::{Channel, DisconnectReason, Event, HeardPacket, LostCause, Rights, SaidPacket, Wired};
use serde_json::Value;

/// A holder that keeps what it hears and reads.
struct Phone {
    wired: Option<Wired>,
    heard: Vec<HeardPacket>,
    texts: Vec<(Channel, Value)>,
    is_over: bool,
}

impl Phone {
    fn admit(world: &mut World, name: &str) -> Phone {
        let (prepared, wired) = world.media.wire();
        assert_eq!(prepared.answer_sdp(), "");
        world.media.admit(prepared, name, "group").unwrap();
        let connected = Event::Connected { session: name.into() };
        world.until("connected", |world| world.events.contains(&connected));
        Phone {
            wired: Some(wired),
            heard: vec![],
            texts: vec![],
            is_over: false,
        }
    }

    fn wired(&self) -> &Wired {
        self.wired.as_ref().unwrap()
    }

    /// Takes what there is.
    fn turn(&mut self) {
        let Some(wired) = &mut self.wired else { return };
        wired.sound().beat(&mut self.heard);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            let text = std::pin::pin!(wired.text()).poll(&mut context);
            match text {
                std::task::Poll::Pending => return,
                std::task::Poll::Ready(None) => {
                    self.is_over = true;
                    return;
                }
                std::task::Poll::Ready(Some((channel, text))) => {
                    self.texts.push((channel, serde_json::from_str(&text).unwrap()));
                }
            }
        }
    }

    fn until(&mut self, world: &mut World, what: &str, mut reached: impl FnMut(&Phone, &World) -> bool) {
        let start = client::clock();
        while !reached(self, world) {
            assert!(start.elapsed() < client::PATIENCE, "{what}");
            world.turn();
            self.turn();
        }
    }

    fn say(&self, number: u32) {
        self.wired().sound().say(SaidPacket {
            timestamp: number * 960,
            marker: number == 0,
            level_dbov: -20,
            voice: true,
            payload: [b'p'; 40].into(),
        });
    }

    fn status(&self) -> Option<&str> {
        let mut told = self.texts.iter().rev();
        told.find_map(|(_, text)| text["resources"][0]["sessionStatus"]["connectionState"].as_str())
    }
}

#[test]
fn it_waits_comes_in_is_heard_and_hears() {
    let mut world = World::new();
    let ada = world.join("r", "ada");
    world.clients[ada].level_dbov = -20;
    let mut phone = Phone::admit(&mut world, "phone");
    world.media.keep_waiting("phone").unwrap();
    phone.until(&mut world, "it waits", |phone, _| {
        phone.status() == Some("STATE_WAITING")
    });
    assert!(phone.heard.is_empty(), "nobody at the door hears anybody");
    world.media.let_in("phone", "r", card("phone"), Rights::MEMBER).unwrap();
    phone.until(&mut world, "it is in", |phone, _| {
        phone.status() == Some("STATE_JOINED")
    });
    let mut number = 0;
    phone.until(&mut world, "both are heard", |phone, world| {
        phone.say(number);
        number += 1;
        let heard = world.clients[ada].packets.iter();
        phone.heard.len() > 5 && heard.filter(|(_, packet)| maker(packet) == 'p').count() > 5
    });
    assert!(
        phone.heard.iter().all(|packet| packet.payload.last() == Some(&b'a')),
        "it does not hear itself"
    );
    let is_muted = |world: &World| {
        let entry = world.clients[ada].entry_of("phone", false)?;
        entry["mediaEntry"]["audioMuted"].as_bool()
    };
    phone.until(&mut world, "all know it", |_, world| is_muted(world) == Some(false));

    world.media.mute("phone");
    phone.until(&mut world, "it is told", |phone, _| {
        phone
            .texts
            .iter()
            .any(|(channel, text)| *channel == Channel::Moderation && !text["resources"][0]["muted"].is_null())
    });
    let request = r#"{"request":{"requestId":1,"setMediaState":{"audioMuted":true}}}"#;
    assert!(phone.wired().ask(Channel::MediaEntries, request.into()));
    phone.until(&mut world, "all are told", |_, world| is_muted(world) == Some(true));

    world.remove("phone", DisconnectReason::Removed);
    phone.until(&mut world, "the end", |phone, _| phone.is_over);
    assert_eq!(phone.status(), Some("STATE_DISCONNECTED"), "it was told before");
}

#[test]
fn a_holder_that_is_dropped_has_closed_the_tab() {
    let mut world = World::new();
    world.join("r", "ada");
    let mut phone = Phone::admit(&mut world, "phone");
    world.media.let_in("phone", "r", card("phone"), Rights::MEMBER).unwrap();
    phone.until(&mut world, "it is in", |phone, _| {
        phone.status() == Some("STATE_JOINED")
    });
    phone.wired = None;
    world.until("lost", |world| world.lost("phone").is_some());
    assert!(matches!(
        world.lost("phone"),
        Some(Event::Lost {
            cause: LostCause::Closed,
            ..
        })
    ));
}

#[test]
fn one_that_asks_to_leave_has_left() {
    let mut world = World::new();
    let phone = Phone::admit(&mut world, "phone");
    let leave = r#"{"request":{"requestId":1,"leave":{}}}"#;
    assert!(phone.wired().ask(Channel::SessionControl, leave.into()));
    world.until("lost", |world| world.lost("phone").is_some());
    assert!(matches!(
        world.lost("phone"),
        Some(Event::Lost {
            cause: LostCause::Left,
            ..
        })
    ));
}
