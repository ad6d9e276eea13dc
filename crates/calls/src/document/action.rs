//! The actions of a document, with what they say where they say nothing.

use telephony::agent::Refusal;

use crate::{Trigger, announcement::Announcement, meetings::Target};

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
    /// What this server says of itself.
    Announcement(Announcement),
}

/// Something to hear, so often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) sound: Sound,
    pub(crate) loops: u32,
}

/// Somebody to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// A number or an address, as the document has it.
    pub(crate) address: String,
    /// As whom, if the document says so.
    pub(crate) caller: Option<String>,
    /// What whoever answers hears before the two are connected.
    pub(crate) whisper: Option<Sound>,
    /// What whoever answers hears, and has to press a key after, or they have not answered.
    pub(crate) screen: Option<Sound>,
}

/// In which order several are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// All at once; the first to answer is it.
    Simultaneous,
    /// One after the other, until one answers.
    Linear,
    /// One after the other, while they cannot be reached at all.
    Failover,
}

/// A call to others out of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    /// At least one.
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) strategy: Strategy,
    /// As whom, where an endpoint does not say.
    pub(crate) caller: Option<String>,
    /// How long the two may speak.
    pub(crate) length_max_s: i64,
    /// How long each may ring.
    pub(crate) timeout_s: i64,
    /// What is heard meanwhile, in place of ringing.
    pub(crate) ring: Option<Sound>,
    pub(crate) next_uri: Option<String>,
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
    /// Others are called, and whoever answers is connected.
    Call(Connection),
    /// A program that waits under this whole name hears and speaks.
    Stream { stream: String, next_uri: Option<String> },
    /// The call goes into a meeting.
    Meet { target: Target, next_uri: Option<String> },
    /// Somebody else is asked what to do.
    Redirect(String),
    /// The call is not answered.
    Reject { refusal: Refusal, message: Option<String> },
    /// Something is written down.
    Label { key: String, value: String },
    /// Something that this server does not do; the call goes on without it.
    Skip(&'static str),
    /// Nothing happens for a while.
    Wait { seconds: i64 },
}
