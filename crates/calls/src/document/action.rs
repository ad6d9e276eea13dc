//! The actions of a document, with what they say where they say nothing.

use telephony::agent::Refusal;

use crate::Trigger;

/// What is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    /// A text that is spoken.
    Text {
        /// What.
        text: String,
        /// By which voice; empty is the usual one.
        voice: String,
    },
    /// A file, at an address that may be relative to the document's.
    File(String),
}

/// Something to hear, so often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) sound: Sound,
    pub(crate) loops: u32,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Something is heard.
    Play(Prompt),
    /// Keys are pressed.
    Press(String),
    /// Somebody is asked to press keys.
    Input {
        prompts: Vec<Prompt>,
        digits_max: usize,
        stop_key: Option<char>,
        timeout_s: i64,
        next_uri: Option<String>,
    },
    /// Somebody is asked to say something.
    Record {
        plays_beep: bool,
        length_max_s: i64,
        stop_key: Option<char>,
        silence_s: i64,
        trims_silence: bool,
        ready_uri: Option<String>,
        next_uri: Option<String>,
    },
    /// The whole call is recorded.
    RecordCall {
        trigger: Trigger,
        trims_silence: bool,
        ready_uri: Option<String>,
    },
    /// Somebody else is asked what to do.
    Redirect(String),
    /// The call is not answered.
    Reject { refusal: Refusal, message: Option<String> },
    /// Something is written down.
    Label { key: String, value: String },
    /// Nothing happens for a while.
    Wait { seconds: i64 },
}
