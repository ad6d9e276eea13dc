//! A room played by hand: members, packets and texts without a network, at times of our choosing.

use serde_json::{Value, json};

use time::macros::utc_datetime;

use super::*;
use crate::{
    admission::CardKind,
    core::{
        Moment,
        codec::{Picture, Temporal},
        line::Incoming,
        room::Outcome,
        speakers::Sound,
    },
    rights::Right,
};

mod bandwidth;
mod forwarding;
mod layers;
mod rights;
mod simulated;
mod social;
mod telling;

/// A room, and everything that it told.
struct Stage {
    room: Room,
    now: Time,
    told: Vec<(MemberId, Channel, Value)>,
    asked: Vec<(MemberId, Source)>,
    wanted: Vec<(MemberId, Option<u64>)>,
    /// Of which size each of them was.
    asked_spatials: Vec<u8>,
    forwards: Vec<Forward>,
    sequence: u64,
    /// In how many sizes those who join offer their cameras and screens.
    sizes: [usize; 2],
}

const ALL: Sends = Sends {
    microphone: true,
    camera: true,
    screen: true,
};

impl Stage {
    fn new() -> Stage {
        Stage {
            room: Room::new(),
            now: Time::ZERO,
            told: vec![],
            asked: vec![],
            wanted: vec![],
            asked_spatials: vec![],
            forwards: vec![],
            sequence: 0,
            sizes: [1, 1],
        }
    }

    /// Lets something happen, and has the room tell of it at once.
    fn play(&mut self, act: impl FnOnce(&mut Room, Time, &mut Actions)) {
        self.act(act);
        let forwards = std::mem::take(&mut self.forwards);
        if self.room.telling_at().is_some() {
            self.act(|room, now, actions| room.tell(now, &mut actions.effects));
        }
        self.forwards = forwards;
    }

    fn act(&mut self, act: impl FnOnce(&mut Room, Time, &mut Actions)) {
        let mut actions = Actions::default();
        act(&mut self.room, self.now, &mut actions);
        self.forwards = actions.forwards;
        for effect in actions.effects {
            match effect {
                Effect::Tell { to, channel, text, .. } => {
                    self.told.push((to, channel, serde_json::from_str(&text).unwrap()));
                }
                Effect::AskKeyframe { of, source, spatial } => {
                    self.asked.push((of, source));
                    self.asked_spatials.push(spatial);
                }
                Effect::Want { to, wanted_bps } => self.wanted.push((to, wanted_bps)),
            }
        }
    }

    fn admit(&mut self, id: usize, participant: &str, offered: Sends) -> MemberId {
        self.admit_with(id, participant, offered, Rights::MEMBER)
    }

    fn admit_with(&mut self, id: usize, participant: &str, offered: Sends, rights: Rights) -> MemberId {
        let card = Card {
            participant_key: format!("participants/{participant}"),
            session_name: format!("participants/{participant}/participantSessions/{id}"),
            full_session_name: Some(format!(
                "conferenceRecords/c/participants/{participant}/participantSessions/{id}"
            )),
            display_name: participant.to_owned(),
            kind: CardKind::Anonymous,
            by_program: false,
        };
        let video_ssrcs = (0..3).map(|line| u32::try_from(id).unwrap() * 10 + line).collect();
        let newcomer = Newcomer {
            card,
            rights,
            said: MediaState::default(),
            offered,
            sizes: self.sizes,
            audio_lines: 3,
            video_ssrcs,
        };
        self.room.admit(MemberId(id), newcomer, self.now);
        MemberId(id)
    }

    fn join(&mut self, id: usize, participant: &str, sends: Sends) -> MemberId {
        self.join_with(id, participant, sends, Rights::MEMBER)
    }

    fn join_with(&mut self, id: usize, participant: &str, offered: Sends, rights: Rights) -> MemberId {
        let member = self.admit_with(id, participant, offered, rights);
        self.connect(member);
        member
    }

    fn connect(&mut self, member: MemberId) {
        self.play(|room, _, actions| {
            room.connected(member, &mut actions.effects);
            for channel in Channel::ALL {
                room.channel_open(member, channel, &mut actions.effects);
            }
        });
    }

    fn permit(&mut self, member: MemberId, rights: Rights) {
        self.play(|room, _, _| room.permit(member, rights));
    }

    fn say(&mut self, member: MemberId, channel: Channel, request: &Value) -> Outcome {
        let mut outcome = Outcome::Nothing;
        let text = json!({ "request": request }).to_string();
        let wall = utc_datetime!(2026-11-22 10:00:00.5).into();
        self.play(|room, time, actions| {
            outcome = room.message(member, channel, &text, Moment { time, wall }, &mut actions.effects);
        });
        outcome
    }

    /// Asks for something and says with which code it was answered.
    fn ask(&mut self, member: MemberId, channel: Channel, request: &Value) -> i64 {
        self.say(member, channel, request);
        let is_answer = |(to, other, text): &&(MemberId, Channel, Value)| {
            (*to, *other) == (member, channel) && !text["response"].is_null()
        };
        let (_, _, answer) = self.told.iter().rfind(is_answer).unwrap();
        answer["response"]["status"]["code"].as_i64().unwrap()
    }

    fn show(&mut self, member: MemberId, canvases: &Value) {
        let request = json!({"requestId": 1, "setAssignment": {"layoutModel": {"label": "l", "canvases": canvases}}});
        assert_eq!(self.say(member, Channel::VideoAssignment, &request), Outcome::Nothing);
    }

    /// Plays a packet 20 ms later, and says who got it on which line with which CSRCs.
    fn send(
        &mut self,
        from: MemberId,
        source: Source,
        starts_keyframe: bool,
        level: i8,
    ) -> Vec<(usize, LineId, Vec<u32>)> {
        self.now += Time::from_millis(20);
        self.send_layer(
            from,
            source,
            0,
            starts_keyframe.then_some((320, 180)),
            starts_keyframe,
            level,
        )
    }

    /// The same of one of its sizes, at this time.
    fn send_layer(
        &mut self,
        from: MemberId,
        source: Source,
        spatial: u8,
        size: Option<(u16, u16)>,
        starts_keyframe: bool,
        level: i8,
    ) -> Vec<(usize, LineId, Vec<u32>)> {
        self.sequence += 1;
        let incoming = Incoming {
            stream: u32::try_from(from.0).unwrap() * 10 + u32::from(spatial),
            spatial,
            temporal: Temporal::default(),
            sequence: self.sequence,
            timestamp: 0,
            bytes: 1_000,
            starts_keyframe,
            size: size.map(|(width, height)| quality::Picture { width, height }),
            picture: Picture::default(),
            renumbers: true,
        };
        let sound = Sound {
            level_dbov: Some(level),
            bytes: 80,
        };
        self.play(|room, now, actions| room.forward(from, source, &incoming, sound, now, actions));
        self.forwards
            .iter()
            .map(|forward| (forward.to.0, forward.line, forward.csrc.as_slice().to_vec()))
            .collect()
    }

    /// What was told to a member on a channel since the last look.
    fn heard(&mut self, member: MemberId, channel: Channel) -> Vec<Value> {
        let (heard, rest) = std::mem::take(&mut self.told)
            .into_iter()
            .partition(|(to, other, _)| (*to, *other) == (member, channel));
        self.told = rest;
        heard.into_iter().map(|(_, _, text)| text).collect()
    }

    /// The resources among them, and the numbers of those that are no more.
    fn resources(&mut self, member: MemberId, channel: Channel) -> (Vec<Value>, Vec<Value>) {
        let heard = self.heard(member, channel);
        let list = |name: &str| -> Vec<Value> {
            let lists = heard.iter().filter_map(|text| text[name].as_array());
            lists.flatten().cloned().collect()
        };
        (list("resources"), list("deletedResources"))
    }

    fn canvases(&mut self, member: MemberId) -> Option<Vec<(i64, u64)>> {
        let text = self.heard(member, Channel::VideoAssignment).pop()?;
        let canvases = text["resources"][0]["videoAssignment"]["canvases"].as_array()?.clone();
        let pair = |canvas: &Value| {
            (
                canvas["canvasId"].as_i64().unwrap(),
                canvas["mediaEntryId"].as_u64().unwrap(),
            )
        };
        Some(canvases.iter().map(pair).collect())
    }

    fn entry(&self, member: MemberId) -> u64 {
        self.room.members[&member].entry.main.0.into()
    }

    fn screen(&self, member: MemberId) -> u64 {
        self.room.members[&member].entry.screen.0.into()
    }
}
