//! Which kinds of media flowed: a column of conferences and sessions, gathered from their streams as these are measured.

use quality::{Kind, Stream, Totals};

/// The kinds of media that flowed from participants to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// Voices.
    pub audio: bool,
    /// Cameras.
    pub video: bool,
    /// Shared screens.
    pub screen: bool,
}

impl Media {
    const KINDS: [(Kind, i64); 3] = [(Kind::Audio, 1), (Kind::Video, 2), (Kind::Screen, 4)];

    /// What a stream adds to the column, if it has flowed.
    pub(crate) fn bit(stream: Stream, totals: &Totals) -> i64 {
        let kind = Media::KINDS.iter().find(|(kind, _)| *kind == stream.kind);
        match kind {
            Some((_, bit)) if totals.have_flowed(stream) => *bit,
            _ => 0,
        }
    }

    /// As a column has it.
    pub(crate) fn read(bits: i64) -> Media {
        Media {
            audio: bits & 1 != 0,
            video: bits & 2 != 0,
            screen: bits & 4 != 0,
        }
    }

    /// Of these streams, for one session.
    pub fn of<'a>(streams: impl IntoIterator<Item = (&'a Stream, &'a Totals)>) -> Media {
        let bits = streams.into_iter().map(|(stream, totals)| Media::bit(*stream, totals));
        Media::read(bits.fold(0, |all, bit| all | bit))
    }
}
