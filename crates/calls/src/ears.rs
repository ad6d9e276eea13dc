//! What is heard on the line of a call, frame by frame: into takes, and for how long it has been quiet.

use std::sync::{
    Mutex,
    atomic::{AtomicU32, Ordering},
};

use audio::{Frame, silence};
use recording::Microphone;
use telephony::line::Sink;

/// What is heard of the other side while somebody listens: into takes, and for how long it has been quiet.
#[derive(Default)]
pub(crate) struct Ears {
    quiet_frames: AtomicU32,
    takes: Mutex<Vec<(String, Microphone)>>,
}

impl Sink for Ears {
    fn frame(&self, heard: &Frame, said: &Frame) {
        if silence::is_silent(heard) {
            self.quiet_frames.fetch_add(1, Ordering::Relaxed);
        } else {
            self.quiet_frames.store(0, Ordering::Relaxed);
        }
        for (_, microphone) in self.takes.lock().expect("whoever holds it does not panic").iter() {
            microphone.hear(heard, said);
        }
    }
}

impl Ears {
    /// For how long nothing has been heard of the other side, in milliseconds.
    pub(crate) fn quiet_ms(&self) -> i64 {
        20 * i64::from(self.quiet_frames.load(Ordering::Relaxed))
    }

    /// Hears for a take as well, from now on.
    pub(crate) fn listen(&self, id: String, microphone: Microphone) {
        self.quiet_frames.store(0, Ordering::Relaxed);
        self.takes
            .lock()
            .expect("whoever holds it does not panic")
            .push((id, microphone));
    }

    /// Hears for it no more.
    pub(crate) fn stop(&self, id: &str) {
        self.takes
            .lock()
            .expect("whoever holds it does not panic")
            .retain(|(known, _)| known != id);
    }
}
