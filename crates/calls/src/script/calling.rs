//! Others are called out of a call: who is tried when, who is it, and what becomes of the rest.
//!
//! Whoever is called is a **child**. Several may be tried at once, and each goes its own way (it rings, it may have to press a key, it may
//! be whispered to), until one is connected; the others are given up at that moment. What is said of a child that is given up
//! already is heard as well: one that answers in the same moment has to be hung up on.

use std::collections::{BTreeMap, VecDeque};

use super::{Did, Effect, Input};
use crate::{
    CallState,
    document::{Connection, Endpoint, Sound, Strategy},
    limits::SCREENING_US_MAX,
};

/// How far a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is being called.
    Trying,
    /// It hears what it is asked, and has until then to press a key.
    Screening { until_us: Option<i64> },
    /// It hears what it is told before it is connected.
    Whispering,
    /// The two speak.
    Connected { since_us: i64 },
    /// It is given up, and not gone yet.
    GivenUp,
    /// It is gone.
    Over(CallState),
}

#[derive(Clone, Debug)]
struct Child {
    id: String,
    whisper: Option<Sound>,
    screen: Option<Sound>,
    stage: Stage,
}

/// A connection that is being made, or is made.
#[derive(Clone, Debug)]
pub(super) struct Calling {
    strategy: Strategy,
    caller: Option<String>,
    length_max_us: i64,
    timeout_s: i64,
    next_uri: Option<String>,
    /// A document says what is heard in place of ringing.
    has_sound: bool,
    /// Whom the caller hears though they have not answered.
    overheard: Option<String>,
    untried: VecDeque<Endpoint>,
    children: Vec<Child>,
    /// Who was connected, from when to when.
    connected: Option<(String, i64, Option<i64>)>,
}

impl Calling {
    /// Begins to call. The sounds of the connection have whole addresses.
    pub(super) fn begin(
        connection: Connection,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) -> Calling {
        let mut calling = Calling {
            strategy: connection.strategy,
            caller: connection.caller,
            length_max_us: 1_000_000 * connection.length_max_s,
            timeout_s: connection.timeout_s,
            next_uri: connection.next_uri,
            has_sound: connection.ring.is_some(),
            overheard: None,
            untried: connection.endpoints.into(),
            children: vec![],
            connected: None,
        };
        effects.push(Effect::Ring(connection.ring));
        match calling.strategy {
            Strategy::Simultaneous => while calling.try_next(fresh, effects) {},
            Strategy::Linear | Strategy::Failover => {
                calling.try_next(fresh, effects);
            }
        }
        calling
    }

    fn try_next(&mut self, fresh: &mut impl FnMut() -> String, effects: &mut Vec<Effect>) -> bool {
        let Some(endpoint) = self.untried.pop_front() else {
            return false;
        };
        let id = fresh();
        effects.push(Effect::Dial {
            child: id.clone(),
            to: endpoint.address,
            caller: endpoint.caller.or_else(|| self.caller.clone()),
            timeout_s: self.timeout_s,
        });
        self.children.push(Child {
            id,
            whisper: endpoint.whisper,
            screen: endpoint.screen,
            stage: Stage::Trying,
        });
        true
    }

    /// When it wants to be woken.
    pub(super) fn deadline(&self) -> Option<i64> {
        let deadlines = self.children.iter().filter_map(|child| match child.stage {
            Stage::Screening { until_us } => until_us,
            Stage::Connected { since_us } => Some(since_us + self.length_max_us),
            _ => None,
        });
        deadlines.min()
    }

    /// Something happened. Whether that was the last of it.
    pub(super) fn handle(
        &mut self,
        input: &Input,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) -> bool {
        match input {
            Input::Child { id, did } => {
                let Some(place) = self.children.iter().position(|child| child.id == *id) else {
                    return false;
                };
                self.child(place, *did, now_us, effects);
                matches!(did, Did::Ended(_)) && self.goes_on_after(place, fresh, effects)
            }
            Input::Digit(digit) => {
                let connected = self
                    .children
                    .iter()
                    .find(|child| matches!(child.stage, Stage::Connected { .. }));
                effects.extend(connected.map(|child| Effect::PressFor {
                    child: child.id.clone(),
                    key: *digit,
                }));
                false
            }
            Input::Clock => {
                for child in &mut self.children {
                    let is_due = match child.stage {
                        Stage::Screening { until_us } => until_us.is_some_and(|until_us| now_us >= until_us),
                        Stage::Connected { since_us } => now_us >= since_us + self.length_max_us,
                        _ => false,
                    };
                    if is_due {
                        child.give_up(effects);
                    }
                }
                false
            }
            _ => false,
        }
    }

    /// What a child did.
    fn child(&mut self, place: usize, did: Did, now_us: i64, effects: &mut Vec<Effect>) {
        let child = &mut self.children[place];
        match (did, child.stage) {
            (Did::Answered, Stage::Trying) => {
                if let Some(screen) = &child.screen {
                    child.stage = Stage::Screening { until_us: None };
                    effects.push(Effect::HearFor {
                        child: child.id.clone(),
                        sound: screen.clone(),
                    });
                } else {
                    self.accepted(place, now_us, effects);
                }
            }
            (Did::Announced, Stage::Trying) => self.announced(place, effects),
            (Did::Answered, Stage::GivenUp) => effects.push(Effect::HangUpOn(child.id.clone())),
            (Did::Heard, Stage::Screening { until_us: None }) => {
                child.stage = Stage::Screening {
                    until_us: Some(now_us + SCREENING_US_MAX),
                };
            }
            (Did::Digit(_), Stage::Screening { .. }) => self.accepted(place, now_us, effects),
            (Did::Heard, Stage::Whispering) => self.connect(place, now_us, effects),
            (Did::Digit(digit), Stage::Connected { .. }) => effects.push(Effect::Press(digit.to_string())),
            (Did::Ended(state), _) => {
                if let Some((id, _, until_us)) = &mut self.connected
                    && *id == child.id
                {
                    until_us.get_or_insert(now_us);
                }
                child.stage = Stage::Over(state);
            }
            _ => {}
        }
    }

    /// Something is to be heard of whoever is called. The caller hears it in place of ringing, if it is one alone who is called, and if
    /// nobody says something to them first that the caller is not to hear.
    fn announced(&mut self, place: usize, effects: &mut Vec<Effect>) {
        let mut others = self.children.iter().enumerate().filter(|(other, _)| *other != place);
        let is_alone = others.all(|(_, other)| matches!(other.stage, Stage::Over(_)));
        let child = &self.children[place];
        let is_told_first = child.screen.is_some() || child.whisper.is_some();
        if is_alone && !self.has_sound && !is_told_first && self.overheard.as_ref() != Some(&child.id) {
            self.overheard = Some(child.id.clone());
            effects.extend([Effect::Hush, Effect::Overhear(child.id.clone())]);
        }
    }

    /// This one is it, and the others are not.
    fn accepted(&mut self, place: usize, now_us: i64, effects: &mut Vec<Effect>) {
        for (_, other) in self
            .children
            .iter_mut()
            .enumerate()
            .filter(|(other, _)| *other != place)
        {
            other.give_up(effects);
        }
        self.untried.clear();
        let child = &mut self.children[place];
        match &child.whisper {
            Some(whisper) => {
                child.stage = Stage::Whispering;
                effects.push(Effect::HearFor {
                    child: child.id.clone(),
                    sound: whisper.clone(),
                });
            }
            None => self.connect(place, now_us, effects),
        }
    }

    fn connect(&mut self, place: usize, now_us: i64, effects: &mut Vec<Effect>) {
        let child = &mut self.children[place];
        child.stage = Stage::Connected { since_us: now_us };
        self.connected = Some((child.id.clone(), now_us, None));
        effects.extend([Effect::Hush, Effect::Connect(child.id.clone())]);
    }

    /// Whether nobody is left, after this child is gone; perhaps somebody else is tried first.
    fn goes_on_after(&mut self, place: usize, fresh: &mut impl FnMut() -> String, effects: &mut Vec<Effect>) -> bool {
        let Stage::Over(state) = self.children[place].stage else {
            return false;
        };
        let tries_next = match self.strategy {
            _ if self.connected.is_some() => false,
            Strategy::Simultaneous => false,
            Strategy::Linear => true,
            Strategy::Failover => state == CallState::Failed,
        };
        if tries_next && self.try_next(fresh, effects) {
            // It was heard in place of ringing, and the next one rings.
            if self.overheard.take().is_some() {
                effects.push(Effect::Ring(None));
            }
            return false;
        }
        let is_over = self.children.iter().all(|child| matches!(child.stage, Stage::Over(_)));
        if is_over && self.connected.is_none() {
            effects.push(Effect::Hush);
        }
        is_over
    }

    /// Whether the two spoke.
    pub(super) fn has_connected(&self) -> bool {
        self.connected.is_some()
    }

    /// The call that it was made out of is over.
    pub(super) fn give_up(mut self, effects: &mut Vec<Effect>) {
        for child in &mut self.children {
            child.give_up(effects);
        }
    }

    /// Who is told, if anybody, and what. `calls` is what names of calls begin with.
    pub(super) fn result(self, calls: &str) -> (Option<String>, BTreeMap<String, String>) {
        let told = match &self.connected {
            Some((id, ..)) => self.children.iter().find(|child| child.id == *id),
            None => self.children.last(),
        };
        let state = told.and_then(|child| match child.stage {
            Stage::Over(state) => Some(state.name()),
            _ => None,
        });
        let length_us = self
            .connected
            .as_ref()
            .map_or(0, |(_, since_us, until_us)| until_us.unwrap_or(*since_us) - since_us);
        let parameters = [
            ("action", "CALL".to_owned()),
            (
                "call",
                told.map(|child| format!("{calls}/{}", child.id)).unwrap_or_default(),
            ),
            ("state", state.unwrap_or_default().to_owned()),
            ("bridged", self.connected.is_some().to_string()),
            ("durationSeconds", ((length_us + 500_000) / 1_000_000).to_string()),
        ];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
        (self.next_uri, parameters.into())
    }
}

impl Child {
    fn give_up(&mut self, effects: &mut Vec<Effect>) {
        if !matches!(self.stage, Stage::GivenUp | Stage::Over(_)) {
            self.stage = Stage::GivenUp;
            effects.push(Effect::HangUpOn(self.id.clone()));
        }
    }
}
