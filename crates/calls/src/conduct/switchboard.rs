//! Who is told what happens on which leg: the task of the call that the leg belongs to.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use audio::Clip;
use telephony::{
    LegId,
    agent::{AgentEvent, Cause},
    line::{LineEvent, PlayId},
};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::{
    dialling::{Located, Undialled},
    measured::Unwritten,
};
use crate::{Answered, Attended, MeetingNews, Unanswered, Unattended, limits, telephones::Agent};

/// What a task is told.
#[derive(Debug)]
pub(super) enum Happening {
    /// How somebody can be called, or why not.
    Located(Result<Box<Located>, Undialled>),
    Ringing {
        at_us: i64,
    },
    /// Something is to be heard of whoever is called.
    Early,
    Answered {
        at_us: i64,
    },
    Played(PlayId),
    Pressed,
    Digit(char),
    /// A handler answered, or did not.
    Asked(Result<Answered, Unanswered>),
    /// A sound is there to be played, or is not.
    Made {
        play: PlayId,
        clip: Option<Clip>,
        loops: u32,
    },
    /// The program and the call hear each other.
    Streamed,
    /// The program is gone, or was not there; the next handler is told this as well.
    StreamEnded(BTreeMap<String, String>),
    /// Somebody came to a meeting's door, or did not.
    Attended(Result<Attended, Unattended>),
    /// The meeting tells something.
    Meeting(MeetingNews),
    /// Nothing has been heard of the other side for long, so it is gone and is hung up on.
    Vanished,
    /// The server stops, and hangs up.
    Stopping,
    Ended {
        at_us: i64,
        cause: Cause,
    },
}

/// On which leg something happened, and what.
pub(super) type Told = (LegId, Happening);

/// All legs, and whose they are; clones are the same.
#[derive(Clone, Default)]
pub(super) struct Switchboard(Arc<Mutex<HashMap<LegId, Sender<Told>>>>);

impl Switchboard {
    fn tasks(&self) -> MutexGuard<'_, HashMap<LegId, Sender<Told>>> {
        self.0.lock().expect("whoever holds it does not panic")
    }

    /// What a task is told of a leg: from now on, so that what happens before it runs is not lost.
    pub(super) fn connected(&self, leg: LegId) -> (Sender<Told>, Receiver<Told>) {
        let (sender, told) = channel(limits::INPUTS_MAX);
        self.connect(leg, sender.clone());
        (sender, told)
    }

    /// This task is told what happens on the leg. To be done before anything can.
    pub(super) fn connect(&self, leg: LegId, task: Sender<Told>) {
        self.tasks().insert(leg, task);
    }

    /// Nothing more happens on it.
    pub(super) fn forget(&self, leg: LegId) {
        self.tasks().remove(&leg);
    }

    /// All that are there.
    fn legs(&self) -> Vec<LegId> {
        self.tasks().keys().copied().collect()
    }

    /// The server stops: all are told so, and hung up on.
    pub(super) fn stop(&self, agent: &Agent) {
        for leg in self.legs() {
            self.send(leg, Happening::Stopping);
            agent.hang_up(leg);
        }
    }

    /// What a telephone did.
    pub(super) fn tell(&self, event: &AgentEvent) {
        let (leg, happening) = match *event {
            AgentEvent::Ringing { leg, at_us } => (leg, Happening::Ringing { at_us }),
            AgentEvent::Early { leg } => (leg, Happening::Early),
            AgentEvent::Answered { leg, at_us } => (leg, Happening::Answered { at_us }),
            AgentEvent::Digit { leg, digit, .. } => (leg, Happening::Digit(digit)),
            AgentEvent::Ended { leg, at_us, cause } => (leg, Happening::Ended { at_us, cause }),
            AgentEvent::Incoming { .. } => return,
        };
        self.send(leg, happening);
    }

    /// What a line heard, or measured.
    pub(super) fn hear(&self, agent: &Agent, event: LineEvent, unwritten: &mut Unwritten) {
        match event {
            LineEvent::Played { leg, play } => self.send(leg, Happening::Played(play)),
            LineEvent::Pressed { leg } => self.send(leg, Happening::Pressed),
            LineEvent::Digit { leg, digit, .. } => self.send(leg, Happening::Digit(digit)),
            LineEvent::Silent { leg } => {
                self.send(leg, Happening::Vanished);
                agent.hang_up(leg);
            }
            LineEvent::Measured { name, streams } => unwritten.take(name, streams),
        }
    }

    fn send(&self, leg: LegId, happening: Happening) {
        let Some(task) = self.tasks().get(&leg).cloned() else {
            return;
        };
        // A call whose task does not keep up with hundreds of keys is nobody's who wants to be understood.
        if task.try_send((leg, happening)).is_err() {
            tracing::warn!(%leg, "a call does not keep up with what happens to it");
        }
    }
}
