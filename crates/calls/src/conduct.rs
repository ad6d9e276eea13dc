//! Conducting calls: what happens to telephones goes to the script of its call, and what that says is done.
//!
//! One task for each call, so that a handler that is slow holds up its own call and no other; and one that hears the agent and the lines
//! and tells each task what is its own. What a script does to a call's record is written, durably, before a handler is asked: whoever hears
//! of a call finds it.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use audio::{Clip, tone};
use recording::{Finished, Spool, Store, Take};
use telephony::{
    LegId,
    agent::{Agent, AgentEvent, Cause, Directory, Invitation, Refusal},
    line::{Exchange, LineEvent, PlayId},
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::JoinSet,
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Answered, Ask, Call, CallState, Calls, CreateMethod, Direction, Handlers, Later, Recording, RecordingState,
    SipDomain, Source, Speech, Unanswered,
    clock::now_us,
    document::{Prompt, Sound},
    ears::Ears,
    limits, new_id,
    script::{Effect, Input, Script},
};

/// All that calls are conducted with.
#[derive(Clone)]
pub struct Conductor {
    /// Where they are written down.
    pub calls: Calls,
    /// The sound of their lines.
    pub exchange: Exchange,
    /// Where takes are.
    pub spool: Spool,
    /// Where recordings are kept.
    pub store: Store,
    /// Who asks.
    pub handlers: Arc<dyn Handlers>,
    /// Who speaks.
    pub speech: Arc<dyn Speech>,
    /// What names of domains end in: `sip.example.org`.
    pub domain_base: String,
}

impl Directory for Conductor {
    fn admits<'a>(&'a self, domain: &'a str, source: IpAddr) -> Later<'a, bool> {
        Box::pin(async move {
            let found = self.domain(domain).await;
            found.is_some_and(|domain| domain.admits(source))
        })
    }
}

impl Conductor {
    /// The domain of that name.
    async fn domain(&self, name: &str) -> Option<SipDomain> {
        let id = name.strip_suffix(&self.domain_base)?.strip_suffix('.')?;
        match self.calls.domain_called(id).await {
            Ok(domain) => domain,
            Err(error) => {
                tracing::warn!(%error, "a domain cannot be looked up; its caller is not answered");
                None
            }
        }
    }

    /// Takes up what a server before this one left: its calls have ended, and its takes are finished.
    pub async fn recover(&self) -> Result<(), db::Error> {
        self.calls.end_abandoned().await?;
        let pending = self.calls.pending_recordings().await?;
        for (id, trims_silence) in &pending {
            self.finish(id, *trims_silence).await;
        }
        // What is kept, and whose take was not let go. The take of one that failed is all that there is of it, and stays.
        for id in self.spool.ids().unwrap_or_default() {
            if self.calls.recording_of_link(&id).await?.is_some() {
                self.let_go(&id);
            }
        }
        Ok(())
    }

    /// Conducts calls until it is stopped, and then ends those that go on.
    pub async fn conduct(
        self,
        agent: Agent,
        mut agent_events: Receiver<AgentEvent>,
        mut line_events: Receiver<LineEvent>,
        stop: CancellationToken,
    ) {
        let mut tasks = JoinSet::new();
        let mut inputs: HashMap<LegId, Sender<Happening>> = HashMap::new();
        let mut alive = tokio::time::interval(limits::ALIVE_EVERY);
        alive.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(event) = agent_events.recv() => {
                    if let AgentEvent::Incoming { leg, invitation, at_us } = event {
                        let (sender, receiver) = channel(limits::INPUTS_MAX);
                        inputs.insert(leg, sender);
                        tasks.spawn(self.clone().incoming(agent.clone(), leg, invitation, at_us, receiver));
                    } else {
                        tell(&mut inputs, &event);
                    }
                }
                Some(event) = line_events.recv() => hear(&inputs, &agent, &event),
                _ = alive.tick() => self.keep().await,
                Some(_) = tasks.join_next() => {}
            }
        }
        for leg in inputs.keys() {
            agent.hang_up(*leg);
        }
        let ended = async {
            while let Some(event) = agent_events.recv().await {
                tell(&mut inputs, &event);
                if inputs.is_empty() {
                    break;
                }
            }
            drop(std::mem::take(&mut inputs));
            while tasks.join_next().await.is_some() {}
        };
        if tokio::time::timeout(limits::STOPPED_WITHIN, ended).await.is_err() {
            tracing::warn!("calls that did not end in time are ended by the next start");
        }
    }

    async fn keep(&self) {
        let now_us = now_us();
        let given_up_us = now_us - i64::try_from(limits::PENDING_MAX.as_micros()).expect("ten minutes");
        let kept = async {
            self.calls.keep_alive(now_us).await?;
            self.calls.give_up_recordings(given_up_us).await
        };
        if let Err(error) = kept.await {
            tracing::warn!(%error, "signs of life of calls cannot be written");
        }
    }

    /// A call that came in.
    async fn incoming(self, agent: Agent, leg: LegId, invitation: Invitation, at_us: i64, inputs: Receiver<Happening>) {
        let Some(domain) = self.domain(&invitation.domain).await else {
            agent.hang_up(leg);
            return;
        };
        let call = Call {
            id: new_id(),
            project: domain.project.clone(),
            to: invitation.to,
            from: (!invitation.is_private).then_some(invitation.from),
            is_private: invitation.is_private,
            labels: BTreeMap::new(),
            direction: Direction::Incoming,
            state: CallState::Starting,
            create_method: CreateMethod::IncomingCall,
            error_code: None,
            error_message: None,
            create_us: at_us,
            start_us: Some(at_us),
            ring_us: None,
            answer_us: None,
            end_us: None,
            sip_call_id: Some(invitation.sip_call_id),
            state_update_uri: None,
        };
        let recordings = format!("projects/{}/calls/{}/recordings", call.project, call.id);
        let (script, effects) = Script::begin(domain.handler_uris, domain.recording, recordings);
        let (sender, own) = channel(limits::INPUTS_MAX);
        let performance = Performance {
            conductor: self,
            agent,
            leg,
            call,
            script,
            inputs,
            own,
            sender,
            cookies: BTreeMap::new(),
            plays: 0,
            ears: Arc::new(Ears::default()),
            takes: vec![],
        };
        performance.run(effects).await;
    }

    /// Makes files of a take, or an honest failure.
    async fn finish(&self, id: &str, trims_silence: bool) {
        let finished = self.spool.finish(&self.store, id, trims_silence).await;
        if let Err(error) = &finished {
            tracing::error!(recording = id, %error, "a recording has failed; its take stays in the folder of takes");
        }
        let is_written = self.settle(id, finished.as_ref().ok()).await;
        if is_written && finished.is_ok() {
            self.let_go(id);
        }
    }

    /// Writes down what became of a recording, and says whether that is on the disk.
    async fn settle(&self, id: &str, finished: Option<&Finished>) -> bool {
        let written = self.calls.recording_finished(id, finished).await;
        if let Err(error) = &written {
            tracing::error!(recording = id, %error, "what became of a recording cannot be written; the next start does it again");
        }
        written.is_ok()
    }

    fn let_go(&self, id: &str) {
        if let Err(error) = self.spool.remove(id) {
            tracing::warn!(recording = id, %error, "a take that is not needed any more cannot be removed");
        }
    }
}

/// Tells the task of a call what its telephone did.
fn tell(inputs: &mut HashMap<LegId, Sender<Happening>>, event: &AgentEvent) {
    let (leg, happening) = match *event {
        AgentEvent::Answered { leg, at_us } => (leg, Happening::Answered { at_us }),
        AgentEvent::Digit { leg, digit, .. } => (leg, Happening::Input(Input::Digit(digit))),
        AgentEvent::Ended { leg, at_us, cause } => {
            if let Some(task) = inputs.remove(&leg) {
                send(leg, &task, Happening::Ended { at_us, cause });
            }
            return;
        }
        AgentEvent::Ringing { .. } | AgentEvent::Incoming { .. } => return,
    };
    if let Some(task) = inputs.get(&leg) {
        send(leg, task, happening);
    }
}

/// Tells the task of a call what its line heard.
fn hear(inputs: &HashMap<LegId, Sender<Happening>>, agent: &Agent, event: &LineEvent) {
    let (leg, happening) = match *event {
        LineEvent::Played { leg, play } => (leg, Happening::Played(play)),
        LineEvent::Pressed { leg } => (leg, Happening::Input(Input::Pressed)),
        LineEvent::Digit { leg, digit, .. } => (leg, Happening::Input(Input::Digit(digit))),
        LineEvent::Silent { leg } => {
            agent.hang_up(leg);
            return;
        }
    };
    if let Some(task) = inputs.get(&leg) {
        send(leg, task, happening);
    }
}

fn send(leg: LegId, task: &Sender<Happening>, happening: Happening) {
    // A call whose task does not keep up with hundreds of keys is nobody's who wants to be understood.
    if task.try_send(happening).is_err() {
        tracing::warn!(%leg, "a call does not keep up with what happens to it");
    }
}

/// What a task is told.
#[derive(Debug)]
enum Happening {
    Input(Input),
    Answered {
        at_us: i64,
    },
    Played(PlayId),
    /// A handler answered, or did not.
    Asked(Result<Answered, Unanswered>),
    /// A sound is there to be played, or is not.
    Made {
        play: PlayId,
        clip: Option<Clip>,
        loops: u32,
    },
    Ended {
        at_us: i64,
        cause: Cause,
    },
}

/// A take of this call that goes on.
struct Going {
    id: String,
    take: Take,
    trims_silence: bool,
    is_action: bool,
}

/// The task of one call.
struct Performance {
    conductor: Conductor,
    agent: Agent,
    leg: LegId,
    call: Call,
    script: Script,
    /// What others tell.
    inputs: Receiver<Happening>,
    /// What this task itself waits for.
    own: Receiver<Happening>,
    sender: Sender<Happening>,
    cookies: BTreeMap<String, String>,
    plays: u64,
    ears: Arc<Ears>,
    takes: Vec<Going>,
}

impl Performance {
    async fn run(mut self, effects: Vec<Effect>) {
        if !self.write().await {
            self.agent.refuse(self.leg, UNAVAILABLE);
            return;
        }
        self.conductor.exchange.tap(self.leg, Some(self.ears.clone()));
        self.perform(effects).await;
        let mut quiet = tokio::time::interval(limits::QUIET_EVERY);
        // It is only now and then that somebody looks.
        quiet.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let deadline = self.script.deadline();
            let until_deadline = deadline.map_or(Duration::MAX, |deadline| {
                Duration::from_micros(u64::try_from(deadline - now_us()).unwrap_or(0))
            });
            let listens = self.script.listens_for_quiet();
            let happening = tokio::select! {
                happening = self.inputs.recv() => match happening {
                    Some(happening) => happening,
                    // Whoever tells is gone, and the call with it.
                    None => Happening::Ended { at_us: now_us(), cause: Cause::HungUp },
                },
                Some(happening) = self.own.recv() => happening,
                () = tokio::time::sleep(until_deadline), if deadline.is_some() => Happening::Input(Input::Clock),
                _ = quiet.tick(), if listens => {
                    Happening::Input(Input::Quiet { ms: self.ears.quiet_ms() })
                }
            };
            if let Happening::Ended { at_us, cause } = happening {
                self.ended(at_us, cause).await;
                return;
            }
            self.happens(happening).await;
        }
    }

    /// The call as it is now is on the disk, or it is not.
    async fn write(&self) -> bool {
        let written = self.conductor.calls.write_call(&self.call, now_us()).await;
        if let Err(error) = &written {
            tracing::error!(call = self.call.id, %error, "a call cannot be written");
        }
        written.is_ok()
    }

    async fn happens(&mut self, happening: Happening) {
        let input = match happening {
            Happening::Input(input) => input,
            Happening::Answered { at_us } => {
                self.call.answered(at_us);
                if !self.write().await {
                    self.agent.hang_up(self.leg);
                    return;
                }
                Input::Answered
            }
            Happening::Played(play) if play == PlayId(self.plays) => Input::Heard,
            Happening::Made { play, clip, loops } if play == PlayId(self.plays) => match clip {
                Some(clip) => {
                    self.conductor.exchange.play(self.leg, play, clip, loops);
                    return;
                }
                None => Input::Heard,
            },
            Happening::Asked(Ok(answered)) => {
                self.cookies.extend(answered.cookies);
                Input::Document {
                    uri: answered.uri,
                    text: String::from_utf8_lossy(&answered.document).into_owned(),
                }
            }
            Happening::Asked(Err(unanswered)) => Input::NoDocument { why: unanswered.0 },
            // Of a sound that was interrupted.
            Happening::Played(_) | Happening::Made { .. } | Happening::Ended { .. } => return,
        };
        let effects = self.script.handle(input, now_us(), new_id);
        self.perform(effects).await;
    }

    async fn perform(&mut self, effects: Vec<Effect>) {
        let changes_record = |effect: &Effect| matches!(effect, Effect::Label { .. } | Effect::Fail { .. });
        let is_changed = effects.iter().any(changes_record);
        for effect in &effects {
            match effect {
                Effect::Label { key, value } => self.call.label(key, value),
                Effect::Fail { code, message } => {
                    tracing::info!(
                        call = self.call.id,
                        code,
                        message,
                        "a call cannot go on as its handler wanted"
                    );
                    self.call.error_code = Some((*code).to_owned());
                    self.call.error_message = Some(message.chars().take(limits::ERROR_CHARACTERS_MAX).collect());
                }
                _ => {}
            }
        }
        if is_changed {
            self.write().await;
        }
        for effect in effects {
            self.perform_one(effect).await;
        }
    }

    async fn perform_one(&mut self, effect: Effect) {
        let (exchange, leg) = (&self.conductor.exchange, self.leg);
        match effect {
            Effect::Ask { uri, parameters } => self.ask(uri, parameters),
            Effect::Answer => self.agent.answer(leg),
            Effect::Hear(prompt) => self.hear(prompt),
            Effect::Beep => {
                self.plays += 1;
                exchange.play(leg, PlayId(self.plays), tone::beep(), 1);
            }
            Effect::Hush => {
                self.plays += 1;
                exchange.stop_playing(leg);
            }
            Effect::Press(keys) => exchange.press(leg, &keys),
            Effect::Refuse(refusal) => self.agent.refuse(leg, refusal),
            Effect::BeginRecording {
                id,
                trims_silence,
                ready_uri,
            } => {
                self.begin_recording(id, Source::RecordAction, trims_silence, ready_uri)
                    .await;
            }
            Effect::RecordCall {
                trims_silence,
                ready_uri,
            } => {
                self.begin_recording(new_id(), Source::CallRecording, trims_silence, ready_uri)
                    .await;
            }
            Effect::EndRecording => {
                let ending = self.takes.iter().position(|going| going.is_action);
                if let Some(place) = ending {
                    let going = self.takes.swap_remove(place);
                    self.end_recording(going);
                }
            }
            Effect::HangUp => self.agent.hang_up(leg),
            Effect::Label { .. } | Effect::Fail { .. } => {}
        }
    }

    /// Asks a handler, beside what else happens to the call.
    fn ask(&self, uri: String, parameters: BTreeMap<String, String>) {
        let ask = Ask {
            uri,
            call: self.call.clone(),
            parameters,
            cookies: self.cookies.clone(),
        };
        let (handlers, sender) = (Arc::clone(&self.conductor.handlers), self.sender.clone());
        tokio::spawn(async move {
            let asked = handlers.ask(&ask).await;
            // A call that is over does not want to know.
            let _ = sender.send(Happening::Asked(asked)).await;
        });
    }

    /// Makes a sound, beside what else happens, and plays it if it is still wanted then.
    fn hear(&mut self, prompt: Prompt) {
        self.plays += 1;
        let play = PlayId(self.plays);
        let (conductor, sender, project) = (self.conductor.clone(), self.sender.clone(), self.call.project.clone());
        tokio::spawn(async move {
            let clip = made(&conductor, &project, &prompt.sound).await;
            if let Err(why) = &clip {
                tracing::info!(why, "a sound that a document asks for cannot be heard");
            }
            let made = Happening::Made {
                play,
                clip: clip.ok(),
                loops: prompt.loops,
            };
            // A call that is over does not want to know.
            let _ = sender.send(made).await;
        });
    }

    async fn begin_recording(&mut self, id: String, source: Source, trims_silence: bool, ready_uri: Option<String>) {
        let now_us = now_us();
        let is_action = source == Source::RecordAction;
        let recording = Recording {
            id: id.clone(),
            project: self.call.project.clone(),
            call: self.call.id.clone(),
            state: RecordingState::Pending,
            source,
            error_code: None,
            trims_silence,
            channels: if is_action { 1 } else { 2 },
            duration_ms: None,
            files: vec![],
            start_us: Some(now_us),
            create_us: now_us,
            ready_uri,
        };
        if let Err(error) = self.conductor.calls.begin_recording(&recording).await {
            tracing::error!(%error, "a recording cannot be begun");
            return;
        }
        match self.conductor.spool.begin(&id, recording.channels) {
            Ok(take) => {
                self.ears.listen(id.clone(), take.microphone());
                self.takes.push(Going {
                    id,
                    take,
                    trims_silence,
                    is_action,
                });
            }
            Err(error) => {
                tracing::error!(recording = id, %error, "a recording cannot be begun");
                self.conductor.settle(&id, None).await;
            }
        }
    }

    /// The take is over; its files are made beside what else happens to the call.
    fn end_recording(&self, going: Going) {
        self.ears.stop(&going.id);
        let conductor = self.conductor.clone();
        tokio::spawn(async move {
            let Going {
                id,
                take,
                trims_silence,
                ..
            } = going;
            let ended = tokio::task::spawn_blocking(|| take.end()).await;
            match ended {
                Ok(Ok(())) => conductor.finish(&id, trims_silence).await,
                outcome => {
                    tracing::error!(recording = id, ?outcome, "a recording has failed");
                    conductor.settle(&id, None).await;
                }
            }
        });
    }

    async fn ended(mut self, at_us: i64, cause: Cause) {
        let effects = self.script.handle(Input::Ended, at_us, new_id);
        self.perform(effects).await;
        self.call.ended(at_us, cause);
        self.write().await;
        for going in std::mem::take(&mut self.takes) {
            self.end_recording(going);
        }
    }
}

const UNAVAILABLE: Refusal = Refusal {
    status: 503,
    q850: None,
};

async fn made(conductor: &Conductor, project: &str, sound: &Sound) -> Result<Clip, String> {
    match sound {
        Sound::Text { text, voice } => conductor
            .speech
            .say(text, voice)
            .await
            .map_err(|error| error.to_string()),
        Sound::File(uri) => {
            let file = conductor
                .handlers
                .fetch(project, uri)
                .await
                .map_err(|error| format!("{uri}: {error}"))?;
            let decoded = tokio::task::spawn_blocking(move || audio::decode::decode(&file)).await;
            let decoded = decoded.map_err(|error| error.to_string())?;
            decoded.map_err(|error| format!("{uri}: {error}"))
        }
    }
}
