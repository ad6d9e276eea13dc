//! The shell around what a telephone hears and says: called once a beat, on the thread of all lines.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use audio::Frame;
use media::{HeardPacket, Sound};
use telephony::line::Voice;

use crate::{hearing::Hearing, speaking::Speaking};

/// A telephone's voice in a meeting.
pub(crate) struct MeetingVoice {
    sound: Sound,
    is_muted: AtomicBool,
    /// Nobody else holds it for longer than a setting takes.
    state: Mutex<State>,
}

struct State {
    hearing: Hearing,
    speaking: Speaking,
    /// What came since the last beat; empty between beats.
    came: Vec<HeardPacket>,
}

impl MeetingVoice {
    pub(crate) fn new(sound: Sound) -> MeetingVoice {
        MeetingVoice {
            sound,
            is_muted: AtomicBool::new(false),
            state: Mutex::new(State {
                hearing: Hearing::new(),
                speaking: Speaking::new(),
                came: vec![],
            }),
        }
    }

    /// Whether the caller is not heard.
    pub(crate) fn is_muted(&self) -> bool {
        self.is_muted.load(Relaxed)
    }

    pub(crate) fn mute(&self, is_muted: bool) {
        self.is_muted.store(is_muted, Relaxed);
    }

    pub(crate) fn suppress_noise(&self, suppresses: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.speaking.suppress_noise(suppresses);
    }
}

impl Voice for MeetingVoice {
    fn frame(&self, heard: &Frame) -> Frame {
        let state = &mut *self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.sound.beat(&mut state.came);
        for packet in state.came.drain(..) {
            state.hearing.take(packet);
        }
        state
            .speaking
            .frame(heard, self.is_muted(), |packet| self.sound.say(packet));
        state.hearing.frame()
    }

    /// A meeting does not wait for whoever listens to something else, and hears its caller meanwhile.
    fn is_live(&self) -> bool {
        true
    }
}
