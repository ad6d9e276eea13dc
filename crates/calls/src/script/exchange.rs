//! What a script is told, and what it asks for.
//!
//! Whoever carries a script out knows nothing of documents; these are all the words between them.

use std::collections::BTreeMap;

use telephony::agent::Refusal;

use crate::{
    CallState,
    announcement::Announcement,
    document::{Prompt, Sound},
    meetings::{MeetingNews, MeetingWish, Sought, Unattended},
};

/// Something that happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A handler answered with this, at this address.
    Document { uri: String, text: String },
    /// It did not.
    NoDocument { why: String },
    /// The call is up.
    Answered,
    /// The sound that was asked for was heard to its end, or cannot be heard.
    Heard,
    /// All keys have been pressed.
    Pressed,
    /// The other side pressed a key.
    Digit(char),
    /// Nothing has been heard of the other side for so long.
    Quiet { ms: i64 },
    /// Somebody who is called out of this call did something.
    Child { id: String, did: Did },
    /// The program that was named hears the call, and is heard.
    Streamed,
    /// It is gone, or was not there; the next handler is told this as well.
    StreamEnded { parameters: BTreeMap<String, String> },
    /// The call does not come to the door of the meeting that was sought.
    Unattended(Unattended),
    /// The meeting that it is at, or at whose door, tells something.
    Meeting(MeetingNews),
    /// The deadline has come.
    Clock,
    /// The call is over.
    Ended,
}

/// What somebody who is called out of a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    /// They let something be heard before they answer: an announcement of their network, mostly.
    Announced,
    /// They answered.
    Answered,
    /// They heard what they were to hear.
    Heard,
    /// They pressed a key.
    Digit(char),
    /// They are gone, or nobody was there: this became of their call.
    Ended(CallState),
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Ask a handler for a document.
    Ask {
        uri: String,
        parameters: BTreeMap<String, String>,
    },
    /// Answer the call.
    Answer,
    /// Let the other side hear this; a file's address is whole.
    Hear(Prompt),
    /// Let it hear a beep.
    Beep,
    /// Let it hear nothing more of what it was to hear.
    Hush,
    /// Press keys.
    Press(String),
    /// Write this down.
    Label { key: String, value: String },
    /// Say in the log that this was asked for and is not done here.
    Skip(&'static str),
    /// What is wrong, for the call's record.
    Fail { code: &'static str, message: String },
    /// Do not answer.
    Refuse(Refusal),
    /// Begin a recording of the other side, under this id.
    BeginRecording {
        id: String,
        trims_silence: bool,
        ready_uri: Option<String>,
    },
    /// End it.
    EndRecording,
    /// Begin the recording of the whole call.
    RecordCall {
        trims_silence: bool,
        ready_uri: Option<String>,
    },
    /// Let the other side hear ringing, or this, until it is hushed.
    Ring(Option<Sound>),
    /// Call somebody else, as a call of this id.
    Dial {
        child: String,
        to: String,
        caller: Option<String>,
        timeout_s: i64,
    },
    /// Let them hear this.
    HearFor { child: String, sound: Sound },
    /// Press a key for them to hear.
    PressFor { child: String, key: char },
    /// Let the other side hear what is to be heard of somebody who has not answered.
    Overhear(String),
    /// Let the two hear each other.
    Connect(String),
    /// End their call.
    HangUpOn(String),
    /// Let the other side and the program that waits under this name in the call's project hear each other.
    BeginStream(String),
    /// Let them not hear each other any more.
    EndStream,
    /// Bring the call to the door of that meeting.
    Attend(Sought),
    /// Ask something of the meeting.
    Wish(MeetingWish),
    /// Let the other side hear this over what it hears of the meeting.
    Tell(Announcement),
    /// Be at the meeting no more.
    LeaveMeeting,
    /// End the call.
    HangUp,
}
