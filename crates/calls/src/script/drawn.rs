//! Calls as they are drawn: documents by chance, and whatever may happen to them in whatever order, until they end.
//!
//! Outside of a script is a small world that does what it is told, late or never, and telephones that do what they like. It holds against
//! the script what has to be true of every call, whatever its documents say:
//!
//! - it ends, at the latest after the longest that a call may be; and until then it waits for something that can come, or for a time;
//! - it ends once: after that nothing is done any more, and nothing is left open (a recording, a program, anybody who was called);
//! - it is answered once, and refused only before; a recording begins before it ends, and that of the whole call is one;
//! - one handler is asked at a time.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::CallState;

/// Actions that documents are made of.
const ACTIONS: [&str; 24] = [
    "<Say>Hello.</Say>",
    "<Play LoopCount=\"2\">a.wav</Play>",
    "<Play Digits=\"w12\"/>",
    "<Wait DurationSeconds=\"3\"/>",
    "<Wait DurationSeconds=\"3600\"/>",
    "<Input/>",
    "<Input MaxDigitCount=\"1\" NextUri=\"menu\"><Say>One?</Say><Play>b.wav</Play></Input>",
    "<Record/>",
    "<Record PlayBeep=\"false\" NextUri=\"recorded\" MaxDurationSeconds=\"5\"/>",
    "<RecordCall/>",
    "<RecordCall Trigger=\"bridge\"/>",
    "<Call>sip:bo@b.example</Call>",
    "<Call NextUri=\"called\"><Endpoint>+44207</Endpoint><Endpoint ScreenAudioUri=\"s.wav\">sip:b@b.example</Endpoint></Call>",
    "<Call Strategy=\"linear\" MaxDurationSeconds=\"9\"><Endpoint>+44207</Endpoint><Endpoint>+44208</Endpoint></Call>",
    "<Call Strategy=\"failover\"><Endpoint WhisperAudioUri=\"w.wav\">+44207</Endpoint><Endpoint>+44208</Endpoint></Call>",
    "<Redirect>elsewhere</Redirect>",
    "<Redirect>tel:+44209</Redirect>",
    "<Redirect>ftp://nowhere</Redirect>",
    "<Reject Reason=\"busy\"/>",
    "<Label Key=\"k\">v</Label>",
    "<Stream>projects/p/streams/s</Stream>",
    "<Stream NextUri=\"streamed\">projects/p/streams/s</Stream>",
    "<Stream NextUri=\"streamed\">projects/q/streams/s</Stream>",
    "<Sing/>",
];

/// Numbers by chance, one after the other, and then none.
struct Chance(std::vec::IntoIter<u32>);

impl Chance {
    fn below(&mut self, below: usize) -> usize {
        self.0.next().unwrap_or(0) as usize % below
    }
}

#[derive(Default)]
struct World {
    now_us: i64,
    ids: u32,
    /// What is to come, of what it was asked for.
    to_come: Vec<Input>,
    is_asking: bool,
    /// What happens once, and has.
    once: BTreeSet<&'static str>,
    recording: Option<String>,
    streams: bool,
    /// Those that were called and are not gone, and who of them was hung up on.
    children: BTreeMap<String, bool>,
    gone: BTreeSet<String>,
    is_over: bool,
}

impl World {
    fn document(chance: &mut Chance) -> Input {
        let count = chance.below(6);
        let body: String = (0..count).map(|_| ACTIONS[chance.below(ACTIONS.len())]).collect();
        Input::Document {
            uri: "https://app.example/calls/begin".to_owned(),
            text: format!("<Response>{body}</Response>"),
        }
    }

    /// Does what it is told, and notes what will come of it.
    fn perform(&mut self, effects: Vec<Effect>, chance: &mut Chance) {
        for effect in effects {
            assert!(!self.is_over, "{effect:?} after the end");
            match effect {
                Effect::Ask { .. } => {
                    assert!(!std::mem::replace(&mut self.is_asking, true), "two are asked at once");
                    let why = "nobody there".to_owned();
                    let answer = match chance.below(8) {
                        0 => Input::NoDocument { why },
                        _ => World::document(chance),
                    };
                    self.to_come.push(answer);
                }
                Effect::Answer => {
                    assert!(self.once.insert("told to answer"), "it is answered twice");
                    self.to_come.push(Input::Answered);
                }
                Effect::Hear(_) | Effect::Beep => self.to_come.push(Input::Heard),
                Effect::Hush => self.to_come.retain(|input| *input != Input::Heard),
                Effect::Press(_) => self.to_come.push(Input::Pressed),
                Effect::Refuse(_) => {
                    let is_up = self.once.contains("answered");
                    assert!(
                        !is_up && self.once.insert("refused"),
                        "it is refused once, and not when it is up"
                    );
                    self.to_come.push(Input::Ended);
                }
                Effect::BeginRecording { id, .. } => assert_eq!(self.recording.replace(id), None, "two recordings"),
                Effect::EndRecording => assert!(self.recording.take().is_some(), "no recording has begun"),
                Effect::RecordCall { .. } => {
                    let is_up = self.once.contains("answered");
                    assert!(is_up && self.once.insert("recorded"), "it is recorded once");
                }
                Effect::BeginStream(_) => {
                    assert!(!self.streams, "two programs");
                    self.streams = true;
                    let parameters = BTreeMap::new();
                    self.to_come.push(match chance.below(3) {
                        0 => Input::StreamEnded { parameters },
                        _ => Input::Streamed,
                    });
                }
                Effect::EndStream => assert!(std::mem::take(&mut self.streams), "no program is there"),
                Effect::HangUp => self.to_come.push(Input::Ended),
                effect => self.perform_on_child(effect, chance),
            }
        }
    }

    fn perform_on_child(&mut self, effect: Effect, chance: &mut Chance) {
        match effect {
            Effect::Dial { child, .. } => {
                self.children.insert(child.clone(), false);
                self.to_come.push(World::of_child(&child, chance));
            }
            Effect::HearFor { child, .. } => {
                self.to_come.push(Input::Child {
                    id: child,
                    did: Did::Heard,
                });
            }
            Effect::HangUpOn(child) => {
                // Whoever is gone already is hung up on in vain.
                if let Some(is_hung_up) = self.children.get_mut(&child) {
                    *is_hung_up = true;
                    let did = Did::Ended(CallState::Completed);
                    self.to_come.push(Input::Child { id: child, did });
                }
            }
            Effect::Overhear(child) => assert!(self.children.contains_key(&child), "nobody is there"),
            Effect::Connect(child) => {
                assert!(self.children.contains_key(&child), "nobody is there");
                let did = Did::Ended(CallState::Completed);
                self.to_come.push(Input::Child { id: child, did });
            }
            _ => {}
        }
    }

    /// What somebody who is called does first.
    fn of_child(id: &str, chance: &mut Chance) -> Input {
        let did = match chance.below(4) {
            0 => Did::Ended(CallState::Failed),
            1 => Did::Ended(CallState::Busy),
            _ => Did::Answered,
        };
        Input::Child { id: id.to_owned(), did }
    }

    /// Something that comes uninvited.
    fn surprise(&self, chance: &mut Chance) -> Input {
        let of_a_child = |did| {
            let id = self.children.keys().next().cloned().unwrap_or_default();
            Input::Child { id, did }
        };
        match chance.below(9) {
            0 => Input::Ended,
            1 => Input::Quiet {
                ms: 1_000 * i64::try_from(chance.below(7)).expect("small"),
            },
            2 => of_a_child(Did::Digit('1')),
            3 => of_a_child(Did::Ended(CallState::NotAnswered)),
            4 => Input::Clock,
            5 => of_a_child(Did::Announced),
            _ => Input::Digit(['1', '#'][chance.below(2)]),
        }
    }

    /// What happens next: what is to come, the deadline, or a surprise. A document is what ends otherwise.
    fn next(&mut self, script: &Script, chance: &mut Chance) -> Input {
        if chance.below(6) == 5 {
            return self.surprise(chance);
        }
        let places = self.to_come.len();
        let place = chance.below(places + 1);
        match script.deadline() {
            Some(deadline) if place == places => {
                self.now_us = self.now_us.max(deadline);
                Input::Clock
            }
            _ => {
                assert!(places > 0, "it waits for nothing: {script:?}");
                self.to_come.remove(place.min(places - 1))
            }
        }
    }

    /// What the world is when something has happened; `false` if it cannot, since it was before.
    fn note(&mut self, input: &Input) -> bool {
        match input {
            Input::Document { .. } | Input::NoDocument { .. } => self.is_asking = false,
            Input::Answered => {
                self.once.insert("answered");
            }
            Input::Streamed => {
                let parameters = BTreeMap::new();
                self.to_come.push(Input::StreamEnded { parameters });
            }
            Input::StreamEnded { .. } => return std::mem::take(&mut self.streams),
            Input::Child { id, did } => {
                if self.gone.contains(id) {
                    return false;
                }
                if matches!(did, Did::Ended(_)) {
                    self.children.remove(id);
                    self.gone.insert(id.clone());
                }
            }
            _ => {}
        }
        true
    }
}

/// A call from its begin to its end.
fn run(chance: &mut Chance) {
    let handlers = ["https://app.example/calls/begin", "https://b.example/", "tel:+44201"];
    let handlers = handlers[chance.below(2)..]
        .iter()
        .map(|uri| (*uri).to_owned())
        .collect();
    let trigger = [Trigger::Answer, Trigger::Bridge][chance.below(2)];
    let recording = (chance.below(2) == 1).then_some(RecordingConfig {
        trigger,
        trims_silence: false,
        ready_uri: None,
    });
    let mut world = World::default();
    let (mut script, effects) = if chance.below(2) == 1 {
        world.to_come.push(Input::Answered);
        (Script::dialled(handlers, recording, ("p", "c")), vec![])
    } else {
        Script::begin(handlers, recording, ("p", "c"))
    };
    world.perform(effects, chance);
    for _ in 0..50_000 {
        let input = world.next(&script, chance);
        if !world.note(&input) {
            continue;
        }
        let ids = &mut world.ids;
        let is_ended = input == Input::Ended;
        let effects = script.handle(input, world.now_us, || {
            *ids += 1;
            format!("r{ids}")
        });
        world.perform(effects, chance);
        if is_ended {
            assert!(script.is_over() && script.deadline().is_none());
            assert_eq!(
                (&world.recording, world.streams),
                (&None, false),
                "something is left open"
            );
            assert!(
                world.children.values().all(|is_hung_up| *is_hung_up),
                "somebody is left on the line"
            );
            world.is_over = true;
            for _ in 0..10 {
                let late = world.surprise(chance);
                assert_eq!(
                    script.handle(late, world.now_us, || unreachable!("nobody is called")),
                    []
                );
            }
            return;
        }
    }
    panic!("it does not end: {script:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn every_call_ends_and_leaves_nothing_open(numbers in prop::collection::vec(any::<u32>(), 0..600)) {
        run(&mut Chance(numbers.into_iter()));
    }
}
