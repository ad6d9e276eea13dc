//! The task of one call, and of those that are made out of it: what its script says is done here.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use audio::tone;
use telephony::{LegId, agent::Cause};
use tokio::{
    sync::mpsc::{Receiver, Sender},
    task::JoinSet,
    time::MissedTickBehavior,
};

use super::{
    Conductor, UNAVAILABLE,
    meeting::{self, Guest, Meeting},
    opening::{ANNOUNCEMENT, Opening},
    party::Party,
    progress::{Progress, progressed, write, write_at_last},
    streaming::Streamed,
    switchboard::{Happening, Switchboard, Told},
    taking::{Takes, Wanted},
    whom::{Caller, Otherwise, Whom},
};
use crate::{
    Ask, Call, Cookies, RecordingConfig, Source,
    clock::now_us,
    limits, new_id,
    script::{Effect, Input, Script},
    signalling::Attempts,
    telephones::Agent,
};

/// A sound that goes on until it is hushed: longer than any call.
const FOREVER: u32 = u32::MAX;

pub(super) struct Performance {
    pub(super) conductor: Conductor,
    pub(super) agent: Agent,
    pub(super) switchboard: Switchboard,
    told: Receiver<Told>,
    pub(super) task: Sender<Told>,
    pub(super) own: Party,
    /// Those that were called out of this call and are not gone, by the ids of their calls.
    pub(super) children: BTreeMap<String, Party>,
    /// The one that the caller speaks with, or spoke with last.
    pub(super) connected: Option<String>,
    pub(super) takes: Takes,
    /// A recording of the whole call that is being announced.
    pub(super) opening: Option<Opening>,
    /// How often both hear a beep while they are recorded.
    pub(super) beep_every_s: Option<u32>,
    /// What was said about each call is being written down.
    signalling: JoinSet<()>,
    /// The meeting that it is at, if it is at one, and as whom it comes to one.
    pub(super) meeting: Option<Meeting>,
    pub(super) guest: Guest,
    /// The program that hears the call, if one does.
    stream: Option<Streamed>,
    cookies: Cookies,
    /// As whom others are called where a document does not say, and from which domain.
    pub(super) caller: Caller,
    pub(super) domain: String,
}

impl Performance {
    pub(super) fn new(
        conductor: Conductor,
        agent: Agent,
        switchboard: Switchboard,
        (task, told): (Sender<Told>, Receiver<Told>),
        (leg, call): (LegId, Call),
    ) -> Performance {
        Performance {
            takes: Takes::new(conductor.clone()),
            conductor,
            agent,
            switchboard,
            told,
            task,
            own: Party::new(leg, call),
            children: BTreeMap::new(),
            connected: None,
            opening: None,
            beep_every_s: None,
            signalling: JoinSet::new(),
            meeting: None,
            guest: Guest::default(),
            stream: None,
            cookies: Cookies::default(),
            caller: Caller::default(),
            domain: String::new(),
        }
    }

    /// Others are called as this, and from this domain.
    pub(super) fn calling_as(mut self, caller: Caller, domain: String) -> Performance {
        self.caller = caller;
        self.domain = domain;
        self
    }

    /// In meetings, it is this one.
    pub(super) fn meeting_as(mut self, mut guest: Guest) -> Performance {
        self.own.place = guest.place.take();
        self.guest = guest;
        self
    }

    /// Somebody calls.
    pub(super) async fn come_in(self, handlers: Vec<String>, recording: Option<RecordingConfig>) {
        if write(&self.conductor, &self.own.call).await {
            let names = (self.own.call.project.as_str(), self.own.call.id.as_str());
            let (script, effects) = Script::begin(handlers, recording, names);
            self.run(script, effects).await;
        } else {
            self.agent.refuse(self.own.leg, UNAVAILABLE);
            self.switchboard.forget(self.own.leg);
            // Nobody knows whether it was written: what is on the disk then must not go on for ever.
            let mut call = self.own.call;
            call.fails("UNAVAILABLE", "the call could not be written down, and was refused");
            call.ended(now_us(), Cause::Refused(UNAVAILABLE.status));
            write_at_last(self.conductor, call).await;
        }
    }

    /// We call somebody.
    pub(super) async fn go_out(mut self, handlers: Vec<String>, recording: Option<RecordingConfig>, timeout: Duration) {
        self.own.call.starts(now_us());
        write(&self.conductor, &self.own.call).await;
        let names = (self.own.call.project.as_str(), self.own.call.id.as_str());
        let script = Script::dialled(handlers, recording, names);
        let otherwise = Otherwise {
            whom: Whom::only(self.own.call.to.clone()),
            caller: self.caller.clone(),
            timeout,
        };
        self.own.place = self.begin_to_seek(self.own.leg, otherwise);
        self.run(script, vec![]).await;
    }

    async fn run(mut self, mut script: Script, effects: Vec<Effect>) {
        let mut wishes = self.conductor.calls.going_on.enter(&self.own.call.id);
        self.perform(effects).await;
        let mut quiet = tokio::time::interval(limits::QUIET_EVERY);
        // It is only now and then that somebody looks.
        quiet.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let deadline = script.deadline();
            let until_deadline = deadline.map_or(Duration::MAX, |deadline| {
                Duration::from_micros(u64::try_from(deadline - now_us()).unwrap_or(0))
            });
            let listens = script.listens_for_quiet();
            let input = tokio::select! {
                Some(told) = self.told.recv() => self.hear(told).await,
                Some(wanted) = wishes.next() => {
                    self.control(wanted).await;
                    None
                }
                () = tokio::time::sleep(until_deadline), if deadline.is_some() => Some(Input::Clock),
                _ = quiet.tick(), if listens => Some(Input::Quiet { ms: self.takes.ears.quiet_ms() }),
            };
            let Some(input) = input else { continue };
            let effects = script.handle(input, now_us(), new_id);
            self.perform(effects).await;
            if self.own.call.end_us.is_some() && self.children.is_empty() {
                break;
            }
        }
        // Of the call, only its places are wanted by anybody.
        let mut signalling = std::mem::take(&mut self.signalling);
        drop(self);
        while signalling.join_next().await.is_some() {}
    }

    /// A call is over; what was said about it is written down beside what else happens.
    pub(super) fn keep_signalling(&mut self, call: Call, earlier: Attempts) {
        let (calls, agent) = (self.conductor.calls.clone(), self.agent.clone());
        self.signalling
            .spawn(async move { calls.keep_signalling(&*agent, &call, earlier).await });
        while self.signalling.try_join_next().is_some() {}
    }

    /// What happened, as the script has to know of it.
    async fn hear(&mut self, (leg, happening): Told) -> Option<Input> {
        if self.turns_elsewhere(leg, &happening) {
            return None;
        }
        if leg == self.own.leg {
            return self.hear_own(happening).await;
        }
        let id = self.children.iter().find(|(_, child)| child.leg == leg)?.0.clone();
        let did = self.hear_child(&id, happening).await?;
        Some(Input::Child { id, did })
    }

    async fn hear_own(&mut self, happening: Happening) -> Option<Input> {
        Some(match happening {
            Happening::Digit(digit) => Input::Digit(digit),
            Happening::Pressed => Input::Pressed,
            Happening::Played(ANNOUNCEMENT) => {
                self.announced().await;
                return None;
            }
            Happening::Made {
                play: ANNOUNCEMENT,
                clip,
                ..
            } => {
                self.announce(clip).await;
                return None;
            }
            Happening::Played(play) if self.own.hears(play) => Input::Heard,
            Happening::Made { play, clip, loops } if self.own.hears(play) => {
                let Some(clip) = clip else { return Some(Input::Heard) };
                self.conductor.exchange.play(self.own.leg, play, clip, loops);
                return None;
            }
            Happening::Asked(Ok(answered)) => {
                self.cookies = answered.cookies;
                Input::Document {
                    uri: answered.uri,
                    text: String::from_utf8_lossy(&answered.document).into_owned(),
                }
            }
            Happening::Streamed => Input::Streamed,
            Happening::StreamEnded(parameters) => {
                self.stream = None;
                Input::StreamEnded { parameters }
            }
            Happening::Attended(Ok(attended)) => {
                let (exchange, task) = (self.conductor.exchange.clone(), self.task.clone());
                self.meeting = Some(Meeting::begin(exchange, self.own.leg, attended, task));
                return None;
            }
            Happening::Attended(Err(why)) => Input::Unattended(why),
            Happening::Meeting(news) => {
                self.note_news(&news).await;
                Input::Meeting(news)
            }
            Happening::Asked(Err(unanswered)) => Input::NoDocument { why: unanswered.0 },
            progress => match progressed(&self.conductor, &self.agent, &mut self.own, progress).await? {
                Progress::Answered => {
                    let ears = Arc::clone(&self.takes.ears);
                    self.conductor.exchange.tap(self.own.leg, Some(ears));
                    Input::Answered
                }
                Progress::Ended => {
                    self.switchboard.forget(self.own.leg);
                    if let Some((meeting, at_us)) = self.meeting.take().zip(self.own.call.end_us) {
                        meeting.end(at_us, self.own.call.has_vanished());
                    }
                    self.opening = None;
                    self.takes.end_all();
                    let earlier = std::mem::take(&mut self.own.attempts);
                    self.keep_signalling(self.own.call.clone(), earlier);
                    Input::Ended
                }
            },
        })
    }

    async fn perform(&mut self, effects: Vec<Effect>) {
        for effect in &effects {
            self.note(effect);
        }
        let changes_record = |effect: &Effect| matches!(effect, Effect::Label { .. } | Effect::Fail { .. });
        if effects.iter().any(changes_record) {
            write(&self.conductor, &self.own.call).await;
        }
        for effect in effects {
            self.perform_one(effect).await;
        }
    }

    /// What is written down of it, or in the log.
    fn note(&mut self, effect: &Effect) {
        let call = &mut self.own.call;
        match effect {
            Effect::Label { key, value } => call.label(key, value),
            Effect::Skip(what) => {
                tracing::warn!(
                    call = call.id,
                    what,
                    "a document asks for what this server does not do; it is skipped"
                );
            }
            Effect::Fail { code, message } => {
                tracing::info!(
                    call = call.id,
                    code,
                    message,
                    "a call cannot go on as its handler wanted"
                );
                call.fails(code, message);
            }
            _ => {}
        }
    }

    async fn perform_one(&mut self, effect: Effect) {
        let (conductor, leg) = (&self.conductor, self.own.leg);
        match effect {
            Effect::Ask { uri, parameters } => self.ask(uri, parameters),
            Effect::Answer => self.agent.answer(leg),
            Effect::Hear(prompt) => self.own.make(conductor, &self.task, prompt.sound, prompt.loops),
            Effect::Beep => conductor.exchange.play(leg, self.own.next_play(), tone::beep(), 1),
            Effect::Ring(None) => conductor
                .exchange
                .play(leg, self.own.next_play(), tone::ringing(), FOREVER),
            Effect::Ring(Some(sound)) => self.own.make(conductor, &self.task, sound, FOREVER),
            Effect::Hush => {
                self.own.next_play();
                conductor.exchange.stop_playing(leg);
            }
            Effect::Press(keys) => conductor.exchange.press(leg, &keys),
            Effect::Refuse(refusal) => self.agent.refuse(leg, refusal),
            Effect::BeginRecording {
                id,
                trims_silence,
                ready_uri,
            } => {
                let wanted = Wanted {
                    call: &self.own.call,
                    id,
                    source: Source::RecordAction,
                    trims_silence,
                    ready_uri,
                    by: None,
                };
                if let Err(error) = self.takes.begin(wanted).await {
                    tracing::error!(call = self.own.call.id, %error, "a recording is not begun");
                }
            }
            Effect::RecordCall {
                trims_silence,
                ready_uri,
            } => self.record_call(trims_silence, ready_uri).await,
            Effect::EndRecording => self.takes.end_action(),
            Effect::Dial {
                child,
                to,
                caller,
                timeout_s,
            } => self.dial(child, to, caller, timeout_s).await,
            Effect::HearFor { child, sound } => self.with(&child, |child, this| {
                child.make(&this.conductor, &this.task, sound, 1);
            }),
            Effect::PressFor { child, key } => self.with(&child, |child, this| {
                this.conductor.exchange.press(child.leg, &key.to_string());
            }),
            Effect::HangUpOn(child) => self.with(&child, |child, this| {
                child.is_given_up = true;
                this.agent.hang_up(child.leg);
            }),
            Effect::Overhear(child) => self.with(&child, |child, this| {
                this.conductor.exchange.bridge(this.own.leg, child.leg);
            }),
            Effect::Connect(child) => self.connect(&child).await,
            Effect::BeginStream(id) => self.begin_stream(&id).await,
            Effect::EndStream => self.stream = None,
            Effect::Attend(sought) => self.attend(sought).await,
            Effect::Wish(wish) => self.wish(wish),
            Effect::Tell(words) => meeting::tell(conductor, leg, &self.own.call.project, words),
            Effect::LeaveMeeting => self.meeting = None,
            Effect::HangUp => self.agent.hang_up(leg),
            Effect::Label { .. } | Effect::Skip(_) | Effect::Fail { .. } => {}
        }
    }

    /// Asks a handler, beside what else happens to the call.
    fn ask(&self, uri: String, parameters: BTreeMap<String, String>) {
        let ask = Ask {
            uri,
            call: self.own.call.clone(),
            parameters,
            cookies: self.cookies.clone(),
        };
        let (handlers, task, leg) = (Arc::clone(&self.conductor.handlers), self.task.clone(), self.own.leg);
        tokio::spawn(async move {
            let asked = handlers.ask(&ask).await;
            // A call that is over does not want to know.
            let _ = task.send((leg, Happening::Asked(asked))).await;
        });
    }

    /// A program and the call hear each other, if it waits under that name.
    async fn begin_stream(&mut self, id: &str) {
        let Some(conversation) = self.conductor.calls.streams.take(&self.own.call.project, id) else {
            tracing::info!(
                call = self.own.call.id,
                stream = id,
                "no program waits for a call under that name"
            );
            let (task, leg) = (self.task.clone(), self.own.leg);
            // A call that is over does not want to know.
            tokio::spawn(async move { task.send((leg, Happening::StreamEnded(BTreeMap::new()))).await });
            return;
        };
        self.own.call.bridged = true;
        write(&self.conductor, &self.own.call).await;
        conversation.connected(&self.own.call);
        let exchange = self.conductor.exchange.clone();
        let streamed = Streamed::begin(exchange, self.own.leg, conversation, self.task.clone());
        self.stream = Some(streamed);
    }
}
