//! A call and a program that hear each other.
//!
//! The thread of all lines asks once in a frame what the call is to hear and gives what it said; the program speaks and listens when it
//! likes. Between them is a buffer of a minute one way and some seconds of events the other way, and neither side ever waits: a program that
//! does not read for so long is told so and left, since one that has holes in what it hears would not know it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use audio::{Frame, SILENCE, g711::Law};
use telephony::line::Voice;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::sync::CancellationToken;

use super::{StreamError, StreamEvent, buffer::Buffer};
use crate::{
    Call,
    limits::{STREAM_CHUNK_BYTES, STREAM_EVENTS_MAX, STREAM_PARAMETERS_BYTES_MAX},
};

/// What the two share.
pub(crate) struct Conversation {
    law: Law,
    events: Sender<StreamEvent>,
    state: Mutex<State>,
    /// It is over, and [`State::end`] says how.
    over: CancellationToken,
}

#[derive(Default)]
struct State {
    /// What the call has yet to hear.
    buffer: Buffer,
    /// Bytes that did not fit into it.
    cut: usize,
    /// The program says nothing more.
    is_finished: bool,
    /// What the call said and the program was not told yet.
    said: Vec<u8>,
    /// What the next handler is told.
    parameters: BTreeMap<String, String>,
    end: Option<Result<(), StreamError>>,
}

impl Conversation {
    pub(super) fn new(law: Law) -> (Conversation, Receiver<StreamEvent>) {
        let (events, heard) = channel(STREAM_EVENTS_MAX);
        let conversation = Conversation {
            law,
            events,
            state: Mutex::default(),
            over: CancellationToken::new(),
        };
        (conversation, heard)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("whoever holds it does not panic")
    }

    /// The program says this, by its law or another.
    pub(super) fn say(&self, audio: &[u8], law: Law) {
        let transcoded: Vec<u8>;
        let audio = if law == self.law {
            audio
        } else {
            let encode = self.law.encoder();
            transcoded = audio.iter().map(|byte| encode(law.decode(*byte))).collect();
            &transcoded
        };
        let mut state = self.state();
        let cut = state.buffer.put(audio);
        if cut > 0 && state.cut == 0 {
            tracing::info!(
                cut,
                "a program says more than a minute ahead; what does not fit is not heard"
            );
        }
        state.cut += cut;
    }

    pub(super) fn clear(&self) {
        self.state().buffer.clear();
    }

    /// The next handler is told this as well.
    pub(super) fn add_parameters(&self, parameters: BTreeMap<String, String>) -> Result<(), StreamError> {
        let mut state = self.state();
        let mut joined = state.parameters.clone();
        joined.extend(parameters);
        let bytes: usize = joined.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > STREAM_PARAMETERS_BYTES_MAX {
            let why = format!(
                "they are at most {STREAM_PARAMETERS_BYTES_MAX} bytes in all, keys and values, and not {bytes}"
            );
            return Err(StreamError::Invalid {
                field: "update_request_parameters.parameters",
                why,
            });
        }
        state.parameters = joined;
        Ok(())
    }

    pub(crate) fn take_parameters(&self) -> BTreeMap<String, String> {
        std::mem::take(&mut self.state().parameters)
    }

    /// The program says nothing more: it leaves once all has been heard.
    pub(super) fn finish(&self) {
        self.state().is_finished = true;
    }

    /// The call has come. Nothing has been told before.
    pub(crate) fn connected(&self, call: &Call) {
        self.tell(&mut self.state(), StreamEvent::Connected(Box::new(call.clone())));
    }

    /// It ends so, unless it has ended already.
    pub(crate) fn end(&self, end: Result<(), StreamError>) {
        self.end_with(&mut self.state(), end);
    }

    /// Waits until it is over.
    pub(crate) async fn over(&self) {
        self.over.cancelled().await;
    }

    /// How it ended, once it has.
    pub(super) fn how(&self) -> Option<Result<(), StreamError>> {
        self.state().end.clone()
    }

    fn tell(&self, state: &mut State, event: StreamEvent) {
        if self.events.try_send(event).is_err() {
            self.end_with(state, Err(StreamError::Slow));
        }
    }

    fn end_with(&self, state: &mut State, end: Result<(), StreamError>) {
        if state.end.is_some() {
            return;
        }
        // The last that was said, if there is still room.
        let said = std::mem::take(&mut state.said);
        if !said.is_empty() && end.is_ok() {
            let _ = self.events.try_send(StreamEvent::Said(said));
        }
        state.end = Some(end);
        self.over.cancel();
    }
}

impl Voice for Conversation {
    fn frame(&self, heard: &Frame) -> Frame {
        let state = &mut *self.state();
        if state.end.is_some() {
            return SILENCE;
        }
        state.said.extend(self.law.encode(heard));
        if state.said.len() >= STREAM_CHUNK_BYTES {
            let said = std::mem::take(&mut state.said);
            self.tell(state, StreamEvent::Said(said));
        }
        let mut frame = SILENCE;
        let bytes = state.buffer.take();
        let is_heard = bytes.len() > 0;
        for (sample, byte) in frame.iter_mut().zip(bytes) {
            *sample = self.law.decode(byte);
        }
        if state.buffer.is_empty() {
            if is_heard {
                self.tell(state, StreamEvent::BufferEmpty);
            }
            if state.is_finished {
                self.end_with(state, Ok(()));
            }
        }
        frame
    }
}
