//! What happened in a recording, as lines of JSON: who came and went, who spoke, what was on, where each file begins.
//!
//! It is a file of the recording like the others, which a player reads to name the speakers; and it is how a recording that a kill has left
//! is known again. So the line of a track is on the disk before its file is there. `docs/recording-files.md` has all of it for readers.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use media::Source;
use serde::{Deserialize, Serialize};

/// The name of the file.
pub(crate) const NAME: &str = "events.jsonl";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// Microseconds since the recording began: the axis of all its files.
    pub(crate) at_us: i64,
    #[serde(flatten)]
    pub(crate) event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// The first line.
    Began {
        /// When that was, in microseconds since 1970.
        starts_us: i64,
        room: String,
    },
    /// Somebody is there; at the beginning, whoever was.
    Joined {
        session: String,
        /// Sessions with the same one are devices of one person.
        participant: String,
        name: String,
    },
    Left {
        session: String,
    },
    Switched {
        session: String,
        source: String,
        is_on: bool,
    },
    /// Who speaks the loudest, if anybody does.
    Loudest {
        session: Option<String>,
    },
    /// A file begins: its first frame is at this line's time.
    Track {
        file: String,
        session: String,
        source: String,
        media_type: String,
    },
    /// By a sender's own clock it is this time now, in microseconds since 1970 if it goes right.
    Clock {
        session: String,
        source: String,
        sender_us: i64,
    },
    /// Where people are asked: of this session everything is kept from here on.
    Agreed {
        session: String,
    },
    /// Of this session nothing is kept from here on.
    Withdrawn {
        session: String,
    },
    /// Nothing is kept from here on.
    Paused,
    Resumed,
    /// So many packets came faster than they could be kept.
    Missed {
        packets: u64,
    },
    /// There are as many files as there may be, so this is in none.
    Unrecorded {
        session: String,
        source: String,
    },
    /// The last line, unless the server was killed.
    Ended,
}

/// The name of a source in the log.
pub(crate) fn source_name(source: Source) -> &'static str {
    match source {
        Source::Microphone => "microphone",
        Source::Camera => "camera",
        Source::Screen => "screen",
    }
}

/// The source of a name.
pub(crate) fn source_of(name: &str) -> Option<Source> {
    [Source::Microphone, Source::Camera, Source::Screen]
        .into_iter()
        .find(|source| source_name(*source) == name)
}

impl Line {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("it has texts and numbers");
        bytes.push(b'\n');
        bytes
    }
}

/// The lines of a log; one that a kill has cut off is left.
pub(crate) fn read(path: &Path) -> io::Result<Vec<Line>> {
    let lines = BufReader::new(File::open(path)?).split(b'\n');
    let lines: io::Result<Vec<Option<Line>>> = lines.map(|line| Ok(serde_json::from_slice(&line?).ok())).collect();
    Ok(lines?.into_iter().flatten().collect())
}

/// When the recording began, in microseconds since 1970.
pub(crate) fn starts_us(lines: &[Line]) -> Option<i64> {
    lines.iter().find_map(|line| match line.event {
        Event::Began { starts_us, .. } => Some(starts_us),
        _ => None,
    })
}

/// Where the axis ends, as far as the log knows.
pub(crate) fn ends_us(lines: &[Line]) -> i64 {
    lines.iter().map(|line| line.at_us).max().unwrap_or(0)
}

impl Event {
    /// Whether it speaks of this session.
    pub(crate) fn is_of(&self, of: &str) -> bool {
        match self {
            Event::Joined { session, .. }
            | Event::Left { session }
            | Event::Switched { session, .. }
            | Event::Track { session, .. }
            | Event::Clock { session, .. }
            | Event::Agreed { session }
            | Event::Withdrawn { session }
            | Event::Unrecorded { session, .. } => session == of,
            Event::Loudest { session } => session.as_deref() == Some(of),
            Event::Began { .. } | Event::Paused | Event::Resumed | Event::Missed { .. } | Event::Ended => false,
        }
    }
}
