//! Any history of a line: what is shown on it, which packets of whom come in which order, and what its receiver makes of them.
//!
//! A line is a step, so that a history can be read and written by hand:
//!
//! * `sound` as the first one: the line is one of sound, and not of pictures.
//! * `shows 1`, `forgets 1`, `clears`: a source is wanted; it is gone; nothing is wanted.
//! * `limits 1`: no temporal layer above this one.
//! * `sends 1 7 70000 9000 300 2 key sync`: a packet of a source, with the name of its stream, its number and its time, and of which picture and
//!   layer it is. It may begin a keyframe, and be one from which its layer may be shown.
//!
//! What is no such line is no step.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    time::Duration,
};

use media::{
    Temporal,
    codec::{Picture, PictureId},
    limits,
    line::{Incoming, Line},
};

/// Between two steps.
const STEP: Duration = Duration::from_millis(20);
const STEPS_MAX: usize = 400;

/// What has been sent on a line.
struct Receiver {
    line: Line<u8>,
    now: Duration,
    newest: u64,
    /// How often the line has begun with something else.
    beginnings: usize,
    /// Which packet each number was given to.
    given: BTreeMap<u64, (usize, u64)>,
}

/// The bytes are steps. Whatever they were, no number is given to two packets, and none is further from those before than a receiver follows.
pub fn run(data: &[u8]) {
    let text = crate::text(data);
    let is_sound = text.lines().next() == Some("sound");
    let mut receiver = Receiver {
        line: if is_sound { Line::audio() } else { Line::video() },
        now: Duration::ZERO,
        newest: 0,
        beginnings: 0,
        given: BTreeMap::new(),
    };
    for line in text.lines().take(STEPS_MAX) {
        let _ = receiver.step(line);
        receiver.now += STEP;
    }
}

impl Receiver {
    /// Nothing if it is no step.
    fn step(&mut self, line: &str) -> Option<()> {
        let mut words = line.split_ascii_whitespace();
        let (verb, first) = (words.next()?, words.next());
        let number = first.and_then(|word| word.parse::<u8>().ok());
        match verb {
            "shows" => {
                self.line.show(number?);
            }
            "forgets" => self.line.forget(number?),
            "clears" => self.line.clear(),
            "limits" => self.line.limit(number?),
            "sends" => self.take(number?, &packet(words)?),
            _ => return None,
        }
        Some(())
    }

    fn take(&mut self, source: u8, packet: &Incoming) {
        let Some(sent) = self.line.forward(source, packet, self.now) else {
            return;
        };
        assert_eq!(self.line.current(), Some(source));
        self.beginnings += usize::from(sent.switched);
        if sent.switched {
            assert_eq!(sent.sequence, self.newest + 1, "what follows is missed by nobody");
        }
        assert!((1..=self.newest + limits::DROPOUT).contains(&sent.sequence));
        self.newest = self.newest.max(sent.sequence);
        let this = (self.beginnings, packet.sequence);
        match self.given.entry(sent.sequence) {
            Entry::Vacant(place) => {
                place.insert(this);
            }
            Entry::Occupied(place) => assert_eq!(*place.get(), this, "{} is given twice", sent.sequence),
        }
        let id = sent.picture.and_then(|picture| picture.id);
        assert!(id.is_none_or(|id| id.value <= 0x7fff));
    }
}

/// Nothing if it is none.
fn packet<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Incoming> {
    let mut number = || words.next()?.parse::<u64>().ok();
    let (stream, sequence, timestamp, picture, layer) = (number()?, number()?, number()?, number()?, number()?);
    let flags: Vec<&str> = words.collect();
    let picture = u16::try_from(picture).ok()?;
    Some(Incoming {
        stream: u32::try_from(stream).ok()?,
        spatial: 0,
        temporal: Temporal {
            layer: u8::try_from(layer).ok()?,
            is_sync: flags.contains(&"sync"),
            opens: 0,
        },
        sequence,
        timestamp: u32::try_from(timestamp).ok()?,
        bytes: 1_000,
        starts_keyframe: flags.contains(&"key"),
        size: None,
        picture: Picture {
            id: Some(PictureId {
                value: picture & 0x7fff,
                wide: true,
            }),
            tl0: Some(picture.to_be_bytes()[1]),
        },
        renumbers: true,
    })
}
