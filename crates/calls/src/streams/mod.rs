//! Streams: programs that wait for a call, hear it and speak to it.
//!
//! A program opens a stream under a name that it chose and waits; the document of a call names it, and the two are connected
//! ([`conversation`]). A stream is one connection and one call, so nothing of it is written down: what a kill ends is told by the connection
//! that breaks. A name is taken from when a stream is opened until it is over, so that no other program can step in between.

mod buffer;
mod conversation;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use audio::g711::Law;
use tokio::{sync::mpsc::Receiver, time::Instant};

use crate::{
    Call, Calls,
    limits::{STREAM_AUDIO_BYTES_MAX, STREAM_ID_CHARACTERS_MAX, STREAM_WAITS, STREAMS_MAX},
};

pub(crate) use conversation::Conversation;

/// What a program hears.
#[derive(Clone, Debug)]
pub enum StreamEvent {
    /// The call that came. It is the first.
    Connected(Box<Call>),
    /// What the call says, by the law of the stream.
    Said(Vec<u8>),
    /// All that the program said has been heard.
    BufferEmpty,
}

/// Why there is no stream, or why one ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// A value cannot be: which field, as the contract names it, and why.
    #[error("{field}: {why}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Its name is taken.
    #[error("there is a stream of this name already")]
    Exists,
    /// More streams than a project may have.
    #[error("a project has at most {STREAMS_MAX} streams at once")]
    TooMany,
    /// Nobody conducts calls here.
    #[error("this server has no telephones: its configuration has no table [telephony]")]
    NoTelephones,
    /// No call came.
    #[error("no call came within {} seconds", STREAM_WAITS.as_secs())]
    Nobody,
    /// The program does not read.
    #[error("what the call said was not read for too long")]
    Slow,
    /// The server stops.
    #[error("the server stops")]
    Stopped,
}

/// The name of a stream, below its project: what the contract calls unique, up to the program. A name is one segment of a path.
pub(crate) fn is_stream_id(id: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_graphic() && byte != b'/';
    (1..=STREAM_ID_CHARACTERS_MAX).contains(&id.len()) && id.bytes().all(is_of_name)
}

/// The streams of all projects that are open.
#[derive(Default)]
pub(crate) struct Streams(Mutex<State>);

#[derive(Default)]
struct State {
    projects: HashMap<String, HashMap<String, Entry>>,
    is_stopped: bool,
}

struct Entry {
    conversation: Arc<Conversation>,
    is_waiting: bool,
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Streams").finish_non_exhaustive()
    }
}

impl Streams {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("whoever holds it does not panic")
    }

    fn open(
        self: &Arc<Streams>,
        project: &str,
        id: &str,
        law: Law,
    ) -> Result<(StreamVoice, StreamEvents), StreamError> {
        if !is_stream_id(id) {
            return Err(StreamError::Invalid {
                field: "setup.stream",
                why: format!("an id is 1 to {STREAM_ID_CHARACTERS_MAX} characters that can be seen, without a slash"),
            });
        }
        let (conversation, events) = Conversation::new(law);
        let conversation = Arc::new(conversation);
        self.add(project, id, Arc::clone(&conversation))?;
        let events = StreamEvents {
            streams: Arc::clone(self),
            project: project.to_owned(),
            id: id.to_owned(),
            conversation: Arc::clone(&conversation),
            events,
            until: Some(Instant::now() + STREAM_WAITS),
        };
        Ok((StreamVoice(conversation), events))
    }

    fn add(&self, project: &str, id: &str, conversation: Arc<Conversation>) -> Result<(), StreamError> {
        let mut state = self.state();
        if state.is_stopped {
            return Err(StreamError::Stopped);
        }
        let streams = state.projects.entry(project.to_owned()).or_default();
        if streams.contains_key(id) {
            return Err(StreamError::Exists);
        }
        if streams.len() >= STREAMS_MAX {
            return Err(StreamError::TooMany);
        }
        let entry = Entry {
            conversation,
            is_waiting: true,
        };
        streams.insert(id.to_owned(), entry);
        Ok(())
    }

    /// The stream of this name, for one call: nobody else has it after that.
    pub(crate) fn take(&self, project: &str, id: &str) -> Option<Arc<Conversation>> {
        let mut state = self.state();
        let entry = state.projects.get_mut(project)?.get_mut(id)?;
        let is_waiting = std::mem::replace(&mut entry.is_waiting, false) && entry.conversation.how().is_none();
        is_waiting.then(|| Arc::clone(&entry.conversation))
    }

    /// Whether it is taken away from those that wait: no call has taken it.
    fn give_up(&self, project: &str, id: &str) -> bool {
        let mut state = self.state();
        let entry = state.projects.get_mut(project).and_then(|streams| streams.get_mut(id));
        entry.is_some_and(|entry| std::mem::replace(&mut entry.is_waiting, false))
    }

    fn remove(&self, project: &str, id: &str) {
        let mut state = self.state();
        if let Some(streams) = state.projects.get_mut(project) {
            streams.remove(id);
            if streams.is_empty() {
                state.projects.remove(project);
            }
        }
    }

    /// No call comes any more.
    pub(crate) fn stop(&self) {
        let mut state = self.state();
        state.is_stopped = true;
        let waiting = state.projects.values().flat_map(HashMap::values);
        for entry in waiting.filter(|entry| entry.is_waiting) {
            entry.conversation.end(Err(StreamError::Stopped));
        }
    }
}

/// What a program says to its stream.
#[derive(Clone)]
pub struct StreamVoice(Arc<Conversation>);

impl std::fmt::Debug for StreamVoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StreamVoice").finish_non_exhaustive()
    }
}

impl StreamVoice {
    /// The call is to hear this, by its law, after what it has yet to hear; or in place of that.
    pub fn say(&self, audio: &[u8], law: Law, clears: bool) -> Result<(), StreamError> {
        if audio.len() > STREAM_AUDIO_BYTES_MAX {
            return Err(StreamError::Invalid {
                field: "input_audio.audio",
                why: format!("a message has at most {STREAM_AUDIO_BYTES_MAX} bytes of sound"),
            });
        }
        if clears {
            self.0.clear();
        }
        self.0.say(audio, law);
        Ok(())
    }

    /// The next handler that is asked is told this as well.
    pub fn add_parameters(&self, parameters: BTreeMap<String, String>) -> Result<(), StreamError> {
        self.0.add_parameters(parameters)
    }

    /// The program says nothing more, and leaves once what it said has been heard.
    pub fn finish(&self) {
        self.0.finish();
    }

    /// The program made a mistake, and its stream ends with that.
    pub fn fail(&self, error: StreamError) {
        self.0.end(Err(error));
    }

    /// Waits until the stream is over.
    pub async fn over(&self) {
        self.0.over().await;
    }
}

/// What a program hears of its stream. Without it there is no stream.
pub struct StreamEvents {
    streams: Arc<Streams>,
    project: String,
    id: String,
    conversation: Arc<Conversation>,
    events: Receiver<StreamEvent>,
    /// Until when a call may come; `None` once one has.
    until: Option<Instant>,
}

impl std::fmt::Debug for StreamEvents {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StreamEvents")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl StreamEvents {
    /// The next; `None` when the call has left, or the program has.
    pub async fn next(&mut self) -> Option<Result<StreamEvent, StreamError>> {
        loop {
            let until = self.until.unwrap_or_else(Instant::now);
            tokio::select! {
                biased;
                Some(event) = self.events.recv() => {
                    self.until = None;
                    return Some(Ok(event));
                }
                // What was told before the end is heard before it.
                () = self.conversation.over() => {
                    if let Ok(event) = self.events.try_recv() {
                        return Some(Ok(event));
                    }
                    return self.conversation.how()?.err().map(Err);
                }
                () = tokio::time::sleep_until(until), if self.until.is_some() => {
                    self.until = None;
                    if self.streams.give_up(&self.project, &self.id) {
                        self.conversation.end(Err(StreamError::Nobody));
                    }
                }
            }
        }
    }
}

impl Drop for StreamEvents {
    fn drop(&mut self) {
        // A program that is gone has left its call.
        self.conversation.end(Ok(()));
        self.streams.remove(&self.project, &self.id);
    }
}

impl Calls {
    /// Opens a stream of a project, whose sound is by this law: what the program says to it, and what it hears.
    pub fn open_stream(&self, project: &str, id: &str, law: Law) -> Result<(StreamVoice, StreamEvents), StreamError> {
        if !self.has_conductor() {
            return Err(StreamError::NoTelephones);
        }
        self.streams.open(project, id, law)
    }
}

#[cfg(test)]
mod tests;
