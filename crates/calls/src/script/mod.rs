//! What a call does next: a function of what its documents say and of what happens to it.
//!
//! A script has one thing that it is doing, and a list of actions that come after. Whatever happens is an [`Input`], and what follows
//! is [`Effect`]s, which its caller carries out in their order. There is no clock in it ([`Script::deadline`] says when it wants
//! to be woken) and nothing random. It ends once, however it ends.

mod asking;
mod attending;
mod calling;
mod collecting;
#[cfg(test)]
mod drawn;
mod exchange;
mod recorder;
mod streaming;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use url::Url;

use crate::{RecordingConfig, Trigger, document::Action, limits::CALL_US_MAX, meetings::MeetingNews};
pub(crate) use exchange::{Did, Effect, Input};

use attending::Attending;
use calling::Calling;
use collecting::Collecting;
use recorder::Recorder;
use streaming::Streaming;

/// What a script is in the middle of.
#[derive(Clone, Debug)]
enum Doing {
    /// A call that we make: it has not been answered.
    Dialled,
    Asking,
    /// An action waits for the call to be up.
    Answering(Action),
    Hearing,
    Pressing,
    Waiting {
        until_us: i64,
    },
    Collecting(Collecting),
    Recording(Recorder),
    Calling(Calling),
    Streaming(Streaming),
    Attending(Attending),
    /// The last that is heard before the end.
    Apologising,
    Over,
}

/// The script of one call.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    /// Who may still be asked for the first document.
    handlers: VecDeque<String>,
    /// The address of the document, which others in it are relative to.
    base: Option<Url>,
    actions: VecDeque<Action>,
    doing: Doing,
    is_answered: bool,
    answer_us: i64,
    recording: Option<RecordingConfig>,
    is_recorded: bool,
    documents: u32,
    /// Documents since somebody heard or was asked something.
    documents_in_a_row: u32,
    /// What programs add to what the next handler is told.
    added: BTreeMap<String, String>,
    /// What names of calls of its project begin with, names of its own recordings, and names of streams that it may be
    /// connected to.
    calls: String,
    recordings: String,
    streams: String,
}

impl Script {
    /// The script of a call that has just come in: `project` and `call` are the ids that it has.
    pub(crate) fn begin(
        handlers: Vec<String>,
        recording: Option<RecordingConfig>,
        (project, call): (&str, &str),
    ) -> (Script, Vec<Effect>) {
        let mut script = Script::dialled(handlers, recording, (project, call));
        let mut effects = vec![];
        let mut fresh = || unreachable!("nobody else is called before this call is answered");
        script.ask_first("there is no handler", 0, &mut fresh, &mut effects);
        (script, effects)
    }

    /// The script of a call that we make: its handlers are asked once somebody answers.
    pub(crate) fn dialled(
        handlers: Vec<String>,
        recording: Option<RecordingConfig>,
        (project, call): (&str, &str),
    ) -> Script {
        let calls = format!("projects/{project}/calls");
        Script {
            handlers: handlers.into(),
            base: None,
            actions: VecDeque::new(),
            doing: Doing::Dialled,
            is_answered: false,
            answer_us: 0,
            recording,
            is_recorded: false,
            documents: 0,
            documents_in_a_row: 0,
            added: BTreeMap::new(),
            recordings: format!("{calls}/{call}/recordings"),
            streams: format!("projects/{project}/streams/"),
            calls,
        }
    }

    /// Whether it is over.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.doing, Doing::Over)
    }

    /// When it wants to be woken.
    pub(crate) fn deadline(&self) -> Option<i64> {
        let end = self.is_answered.then_some(self.answer_us + CALL_US_MAX);
        let own = match &self.doing {
            Doing::Waiting { until_us } => Some(*until_us),
            Doing::Collecting(collecting) => collecting.deadline(),
            Doing::Recording(recorder) => recorder.deadline(),
            Doing::Calling(calling) => calling.deadline(),
            Doing::Attending(attending) => attending.deadline(),
            _ => None,
        };
        own.into_iter().chain(end).min().filter(|_| !self.is_over())
    }

    /// Whether it wants to know for how long the other side has been quiet.
    pub(crate) fn listens_for_quiet(&self) -> bool {
        matches!(&self.doing, Doing::Recording(recorder) if recorder.has_begun())
    }

    /// Something happened. `fresh` gives ids that nothing else has.
    pub(crate) fn handle(&mut self, input: Input, now_us: i64, mut fresh: impl FnMut() -> String) -> Vec<Effect> {
        let mut effects = vec![];
        let is_too_long = self.is_answered && now_us >= self.answer_us + CALL_US_MAX;
        match (input, std::mem::replace(&mut self.doing, Doing::Over)) {
            (_, Doing::Over) => {}
            (Input::Ended, doing) => ended(doing, &mut effects),
            (Input::Clock, doing) if is_too_long => {
                ended(doing, &mut effects);
                effects.push(Effect::HangUp);
            }
            (Input::Answered, doing) => {
                self.answered(now_us, &mut effects);
                match doing {
                    Doing::Dialled => self.ask_first("there is no handler", now_us, &mut fresh, &mut effects),
                    Doing::Answering(action) => self.begin_action(action, now_us, &mut fresh, &mut effects),
                    doing => self.doing = doing,
                }
            }
            (Input::Document { uri, text }, Doing::Asking) => self.read(&uri, &text, now_us, &mut fresh, &mut effects),
            (Input::NoDocument { why }, Doing::Asking) => self.ask_first(&why, now_us, &mut fresh, &mut effects),
            (Input::Heard, Doing::Hearing) | (Input::Pressed, Doing::Pressing) => {
                self.go_on(now_us, &mut fresh, &mut effects);
            }
            (Input::Heard, Doing::Apologising) => effects.push(Effect::HangUp),
            (Input::Clock, Doing::Waiting { until_us }) if now_us >= until_us => {
                self.go_on(now_us, &mut fresh, &mut effects);
            }
            (input, Doing::Collecting(collecting)) => self.collect(collecting, &input, now_us, &mut effects),
            (input, Doing::Recording(recorder)) => self.record(recorder, &input, now_us, &mut fresh, &mut effects),
            (input, Doing::Calling(calling)) => self.call(calling, &input, now_us, &mut fresh, &mut effects),
            (input, Doing::Attending(attending)) => self.attend(attending, &input, now_us, &mut fresh, &mut effects),
            (input, Doing::Streaming(streaming)) => self.stream(streaming, input, now_us, &mut fresh, &mut effects),
            (_, doing) => self.doing = doing,
        }
        effects
    }

    fn answered(&mut self, now_us: i64, effects: &mut Vec<Effect>) {
        self.is_answered = true;
        self.answer_us = now_us;
        self.begin_call_recording(Trigger::Answer, effects);
    }

    /// The whole call is recorded, once, from when that was asked for and this has come.
    fn begin_call_recording(&mut self, trigger: Trigger, effects: &mut Vec<Effect>) {
        let wanted = self.recording.as_ref().filter(|wanted| wanted.trigger == trigger);
        if let Some(RecordingConfig {
            trims_silence,
            ready_uri,
            ..
        }) = wanted
            && self.is_answered
            && !self.is_recorded
        {
            self.is_recorded = true;
            effects.push(Effect::RecordCall {
                trims_silence: *trims_silence,
                ready_uri: ready_uri.clone(),
            });
        }
    }

    /// The next action. A document that is exhausted ends its call.
    fn go_on(&mut self, now_us: i64, fresh: &mut impl FnMut() -> String, effects: &mut Vec<Effect>) {
        while let Some(action) = self.actions.pop_front() {
            match action {
                Action::Label { key, value } => effects.push(Effect::Label { key, value }),
                Action::Skip(what) => effects.push(Effect::Skip(what)),
                Action::RecordCall {
                    trigger,
                    trims_silence,
                    ready_uri,
                } => {
                    let ready_uri = match ready_uri.map(|uri| self.resolved(&uri)).transpose() {
                        Ok(ready_uri) => ready_uri,
                        Err(why) => return self.fail("DOCUMENT_ERROR", why, effects),
                    };
                    self.recording = Some(RecordingConfig {
                        trigger,
                        trims_silence,
                        ready_uri,
                    });
                    self.begin_call_recording(Trigger::Answer, effects);
                }
                // Whoever was answered cannot be refused any more.
                Action::Reject { refusal, message } if !self.is_answered => {
                    effects.extend(message.map(|message| Effect::Fail { code: "USER", message }));
                    effects.push(Effect::Refuse(refusal));
                    self.doing = Doing::Over;
                    return;
                }
                Action::Reject { .. } => {}
                Action::Redirect(uri) => {
                    self.ask_at(&uri, BTreeMap::new(), effects);
                    return;
                }
                action if self.is_answered => {
                    self.begin_action(action, now_us, fresh, effects);
                    return;
                }
                action => {
                    effects.push(Effect::Answer);
                    self.doing = Doing::Answering(action);
                    return;
                }
            }
        }
        self.doing = Doing::Over;
        effects.push(Effect::HangUp);
    }

    /// An action that needs somebody to hear or to be heard.
    fn begin_action(
        &mut self,
        action: Action,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) {
        self.documents_in_a_row = 0;
        match action {
            Action::Play(prompt) => match self.whole(prompt) {
                Ok(prompt) => {
                    self.doing = Doing::Hearing;
                    effects.push(Effect::Hear(prompt));
                }
                Err(why) => self.fail("DOCUMENT_ERROR", why, effects),
            },
            Action::Press(keys) => {
                self.doing = Doing::Pressing;
                effects.push(Effect::Press(keys));
            }
            Action::Wait { seconds } => {
                self.doing = Doing::Waiting {
                    until_us: now_us + 1_000_000 * seconds,
                };
            }
            Action::Input {
                prompts,
                digits_max,
                stop_key,
                timeout_s,
                next_uri,
            } => {
                let prompts = prompts
                    .into_iter()
                    .map(|prompt| self.whole(prompt))
                    .collect::<Result<_, _>>();
                match prompts {
                    Ok(prompts) => {
                        let mut collecting = Collecting::new(prompts, digits_max, stop_key, timeout_s, next_uri);
                        collecting.prompt(now_us, effects);
                        self.doing = Doing::Collecting(collecting);
                    }
                    Err(why) => self.fail("DOCUMENT_ERROR", why, effects),
                }
            }
            Action::Call(connection) => match self.whole_connection(connection) {
                Ok(connection) => self.doing = Doing::Calling(Calling::begin(connection, fresh, effects)),
                Err(why) => self.fail("DOCUMENT_ERROR", why, effects),
            },
            Action::Meet { target, next_uri } => {
                self.doing = Doing::Attending(Attending::begin(target, next_uri, effects));
            }
            Action::Stream { stream, next_uri } => self.begin_stream(stream, next_uri, now_us, fresh, effects),
            record @ Action::Record { .. } => {
                match Recorder::new(record, now_us, fresh, effects, |uri| self.resolved(uri)) {
                    Ok(recorder) => self.doing = Doing::Recording(recorder),
                    Err(why) => self.fail("DOCUMENT_ERROR", why, effects),
                }
            }
            Action::Label { .. }
            | Action::Skip(_)
            | Action::RecordCall { .. }
            | Action::Reject { .. }
            | Action::Redirect(_) => {
                unreachable!("they need nobody who hears")
            }
        }
    }

    fn call(
        &mut self,
        mut calling: Calling,
        input: &Input,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) {
        let is_over = calling.handle(input, now_us, fresh, effects);
        if effects.iter().any(|effect| matches!(effect, Effect::Connect(_))) {
            self.begin_call_recording(Trigger::Bridge, effects);
        }
        if !is_over {
            self.doing = Doing::Calling(calling);
            return;
        }
        // A telephone that was to say what to do and was not reached leaves that to the next.
        if !calling.has_connected() && self.base.is_none() && !self.handlers.is_empty() {
            self.ask_first("nobody was reached", now_us, fresh, effects);
            return;
        }
        let (next_uri, parameters) = calling.result(&self.calls);
        match next_uri {
            Some(uri) => self.ask_at(&uri, parameters, effects),
            None => self.go_on(now_us, fresh, effects),
        }
    }

    /// A stream of another project is as little there as one that nobody opened.
    fn begin_stream(
        &mut self,
        stream: String,
        next_uri: Option<String>,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) {
        let id = stream.strip_prefix(&self.streams).map(str::to_owned);
        let streaming = Streaming::new(stream, next_uri);
        match id {
            Some(id) => {
                effects.push(Effect::BeginStream(id));
                self.doing = Doing::Streaming(streaming);
            }
            None => self.end_stream(streaming, now_us, fresh, effects),
        }
    }

    fn stream(
        &mut self,
        mut streaming: Streaming,
        input: Input,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) {
        match input {
            Input::StreamEnded { parameters } => {
                self.added.extend(parameters);
                self.end_stream(streaming, now_us, fresh, effects);
                return;
            }
            Input::Streamed => {
                streaming.connected(now_us);
                self.begin_call_recording(Trigger::Bridge, effects);
            }
            _ => {}
        }
        self.doing = Doing::Streaming(streaming);
    }

    fn attend(
        &mut self,
        mut attending: Attending,
        input: &Input,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) {
        let is_over = attending.handle(input, now_us, effects);
        if matches!(input, Input::Meeting(MeetingNews::Joined { .. })) {
            self.begin_call_recording(Trigger::Bridge, effects);
        }
        if !is_over {
            self.doing = Doing::Attending(attending);
            return;
        }
        let (next_uri, parameters) = attending.result(now_us);
        match next_uri {
            Some(uri) => self.ask_at(&uri, parameters, effects),
            None => self.go_on(now_us, fresh, effects),
        }
    }

    fn end_stream(
        &mut self,
        streaming: Streaming,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) {
        let (next_uri, parameters) = streaming.result(now_us);
        match next_uri {
            Some(uri) => self.ask_at(&uri, parameters, effects),
            None => self.go_on(now_us, fresh, effects),
        }
    }

    fn collect(&mut self, mut collecting: Collecting, input: &Input, now_us: i64, effects: &mut Vec<Effect>) {
        if !collecting.handle(input, now_us, effects) {
            self.doing = Doing::Collecting(collecting);
            return;
        }
        let (next_uri, parameters) = collecting.result();
        // The usual answer to a question is the document that asked it.
        let here = self.base.as_ref().map(Url::to_string).unwrap_or_default();
        self.ask_at(&next_uri.unwrap_or(here), parameters, effects);
    }

    fn record(
        &mut self,
        mut recorder: Recorder,
        input: &Input,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) {
        if !recorder.handle(input, now_us, effects) {
            self.doing = Doing::Recording(recorder);
            return;
        }
        let (next_uri, parameters) = recorder.result(&self.recordings, now_us);
        match next_uri {
            Some(uri) => self.ask_at(&uri, parameters, effects),
            None => self.go_on(now_us, fresh, effects),
        }
    }
}

/// What was being done is over with the call.
fn ended(doing: Doing, effects: &mut Vec<Effect>) {
    match doing {
        Doing::Recording(recorder) => effects.extend(recorder.has_begun().then_some(Effect::EndRecording)),
        Doing::Calling(calling) => calling.give_up(effects),
        Doing::Streaming(_) => effects.push(Effect::EndStream),
        Doing::Attending(attending) => effects.extend(attending.is_there().then_some(Effect::LeaveMeeting)),
        _ => {}
    }
}
