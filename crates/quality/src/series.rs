//! A stream's windows as a time series for a graph, in a few bytes each.
//!
//! A graph needs less than the totals and less exactly: times to a tenth of a second, rates to a kilobit, jitter to a tenth of a
//! millisecond. Between two windows little changes, so each is written as a mask of the fields that do and the
//! difference of each, as variable-length numbers: a quiet stream takes some six bytes a window and a lively one twelve, where
//! 720 of them, an hour, should stay below 10 kB.
//!
//! Bytes stand for themselves: the first window is written as the difference to nothing. A stream may thus be kept in as many
//! pieces as whoever writes them down likes. They are read with suspicion all the same, for a file may be anything.

use crate::{limits, window::Window};

/// The format, as the first byte: a change of fields is another number.
const VERSION: u8 = 1;

/// What times are counted in.
const TENTH_US: i64 = 100_000;

/// One window, as exactly as a graph needs it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sample {
    /// When it begins, in tenths of a second.
    pub begin_tenths: i64,
    /// How long it is, in tenths of a second.
    pub length_tenths: i64,
    /// Packets that came or went.
    pub packets: i64,
    /// Packets that the receiver should have.
    pub expected: i64,
    /// Of these, those that were lost.
    pub lost: i64,
    /// Packets that were sent again.
    pub resent: i64,
    /// Kilobits of payload, of the whole window.
    pub kilobits: i64,
    /// The mean jitter in tenths of a millisecond and 1; 0 if unknown.
    pub jitter: i64,
    /// The largest jitter, in the same way.
    pub jitter_max: i64,
    /// The mean round trip in milliseconds and 1; 0 if unknown.
    pub round_trip: i64,
    /// Pictures.
    pub frames: i64,
    /// The height of the newest picture; 0 if unknown.
    pub height: i64,
}

impl Sample {
    /// What of a window is kept.
    pub fn of(window: &Window) -> Sample {
        let figures = &window.figures;
        let begin_tenths = window.begin_us.div_euclid(TENTH_US);
        let one_more = |value: Option<u64>, unit: u64| value.map_or(0, |value| whole(value / unit).saturating_add(1));
        let mean = |spread: &crate::Spread| spread.sum.checked_div(spread.samples);
        Sample {
            begin_tenths,
            length_tenths: window.end_us().div_euclid(TENTH_US) - begin_tenths,
            packets: whole(figures.packets),
            expected: whole(figures.expected),
            lost: whole(figures.lost),
            resent: whole(figures.resent),
            kilobits: whole(figures.bytes / 125),
            jitter: one_more(mean(&figures.jitter_us), 100),
            jitter_max: one_more(figures.jitter_us.max(), 100),
            round_trip: one_more(mean(&figures.round_trip_us), 1_000),
            frames: whole(figures.frames),
            height: figures.picture.map_or(0, |picture| picture.height.into()),
        }
    }

    /// The fields in the order of their bits: what changes most often comes first, as seven bits are one byte. A begin is told as
    /// the distance from the end of the window before.
    fn fields(&self, end_before_tenths: i64) -> [i64; 12] {
        [
            self.packets,
            self.kilobits,
            self.jitter,
            self.jitter_max,
            self.round_trip,
            self.expected,
            self.frames,
            self.lost,
            self.length_tenths,
            self.resent,
            self.height,
            self.begin_tenths.wrapping_sub(end_before_tenths),
        ]
    }

    fn of_fields(fields: [i64; 12], end_before_tenths: i64) -> Sample {
        let [
            packets,
            kilobits,
            jitter,
            jitter_max,
            round_trip,
            expected,
            frames,
            lost,
            length_tenths,
            resent,
            height,
            distance,
        ] = fields;
        Sample {
            begin_tenths: distance.wrapping_add(end_before_tenths),
            length_tenths,
            packets,
            expected,
            lost,
            resent,
            kilobits,
            jitter,
            jitter_max,
            round_trip,
            frames,
            height,
        }
    }
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A series that grows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Series {
    bytes: Vec<u8>,
    last: Option<Sample>,
}

impl Series {
    /// Adds a window at the end.
    pub fn append(&mut self, window: &Window) {
        self.append_sample(Sample::of(window));
    }

    /// What there is so far.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn append_sample(&mut self, sample: Sample) {
        if self.bytes.is_empty() {
            self.bytes.push(VERSION);
        }
        let State { fields, end_tenths } = State::after(self.last);
        let changes = sample.fields(end_tenths).into_iter().zip(fields);
        let changes = changes.map(|(now, before)| now.wrapping_sub(before));
        let mask = (0..)
            .zip(changes.clone())
            .map(|(bit, change)| u64::from(change != 0) << bit);
        write_number(&mut self.bytes, mask.sum());
        for change in changes.filter(|change| *change != 0) {
            write_number(&mut self.bytes, zigzag(change));
        }
        self.last = Some(sample);
    }
}

/// What a sample is written as the difference to.
struct State {
    fields: [i64; 12],
    end_tenths: i64,
}

impl State {
    /// After this sample. Windows follow each other, so the distance is compared with none.
    fn after(last: Option<Sample>) -> State {
        let last = last.unwrap_or_default();
        State {
            fields: last.fields(last.begin_tenths),
            end_tenths: last.begin_tenths.wrapping_add(last.length_tenths),
        }
    }
}

/// Why bytes are no series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no series of samples")]
pub struct Malformed;

/// Reads a series.
pub fn decode(bytes: &[u8]) -> Result<Vec<Sample>, Malformed> {
    let mut samples: Vec<Sample> = vec![];
    let Some((version, mut rest)) = bytes.split_first() else {
        return Ok(samples);
    };
    if *version != VERSION {
        return Err(Malformed);
    }
    while !rest.is_empty() {
        if samples.len() == limits::SERIES_SAMPLES {
            return Err(Malformed);
        }
        let State { mut fields, end_tenths } = State::after(samples.last().copied());
        let mask = read_number(&mut rest)?;
        if mask >> fields.len() != 0 {
            return Err(Malformed);
        }
        for (bit, field) in fields.iter_mut().enumerate() {
            if mask >> bit & 1 == 1 {
                *field = field.wrapping_add(unzigzag(read_number(&mut rest)?));
            }
        }
        samples.push(Sample::of_fields(fields, end_tenths));
    }
    Ok(samples)
}

/// Seven bits a byte, the lowest first; the eighth says that more follow.
fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn read_number(bytes: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Malformed)?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(Malformed)
}

/// Numbers near 0 are small, on either side of it.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::{Figures, Picture, Spread};

    fn encode(samples: &[Sample]) -> Vec<u8> {
        let mut series = Series::default();
        for sample in samples {
            series.append_sample(*sample);
        }
        series.bytes().to_vec()
    }

    fn any_sample() -> impl Strategy<Value = Sample> {
        let near = || prop_oneof![0..2_000_i64, any::<i64>()];
        (any::<[i64; 6]>(), near(), near(), near(), near(), near(), near()).prop_map(|(any, a, b, c, d, e, f)| {
            let [begin_tenths, length_tenths, packets, resent, jitter, height] = any;
            Sample {
                begin_tenths,
                length_tenths,
                packets,
                expected: a,
                lost: b,
                resent,
                kilobits: c,
                jitter,
                jitter_max: d,
                round_trip: e,
                frames: f,
                height,
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(samples in vec(any_sample(), 0..40)) {
            prop_assert_eq!(decode(&encode(&samples)), Ok(samples));
        }

        #[test]
        fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }

    #[test]
    fn a_window_is_kept_as_exactly_as_a_graph_needs_it() {
        let figures = Figures {
            packets: 249,
            bytes: 20_000,
            expected: 250,
            lost: 1,
            jitter_us: Spread {
                sum: 5 * 1_234,
                samples: 5,
                max: 2_345,
            },
            round_trip_us: Spread {
                sum: 40_900,
                samples: 1,
                max: 40_900,
            },
            frames: 150,
            picture: Some(Picture {
                width: 1_280,
                height: 720,
            }),
            ..Figures::default()
        };
        let window = Window {
            begin_us: 1_000_049_999,
            length_us: 5_060_000,
            figures,
            ..Window::default()
        };
        let expected = Sample {
            begin_tenths: 10_000,
            length_tenths: 51,
            packets: 249,
            expected: 250,
            lost: 1,
            resent: 0,
            kilobits: 160,
            jitter: 13,
            jitter_max: 24,
            round_trip: 41,
            frames: 150,
            height: 720,
        };
        assert_eq!(Sample::of(&window), expected);
        let mut series = Series::default();
        series.append(&window);
        assert_eq!(decode(series.bytes()), Ok(vec![expected]));
        let unknown = Sample::of(&Window::default());
        assert_eq!((unknown.jitter, unknown.round_trip), (0, 0), "unknown, and not 0");
    }

    #[test]
    fn what_is_no_series_is_refused() {
        let check = |bytes: &[u8], expected| assert_eq!(decode(bytes), expected, "{bytes:02x?}");
        check(&[], Ok(vec![]));
        check(&[VERSION], Ok(vec![]));
        check(&[9], Err(Malformed));
        check(&[VERSION, 1], Err(Malformed));
        check(&[VERSION, 0x80, 0x80, 1], Err(Malformed));
        check(&[&[VERSION][..], &[0xff; 12]].concat(), Err(Malformed));
        let mut many = vec![0; limits::SERIES_SAMPLES + 1];
        many[0] = VERSION;
        assert_eq!(decode(&many).map(|samples| samples.len()), Ok(limits::SERIES_SAMPLES));
        many.push(0);
        check(&many, Err(Malformed));
    }

    /// An hour of windows of 5 s, in bytes.
    fn an_hour(mut window: impl FnMut(i64) -> Figures) -> usize {
        let mut series = Series::default();
        for index in 0..720 {
            series.append(&Window {
                begin_us: 1_795_000_000_000_000 + index * 5_130_000,
                length_us: 5_130_000,
                figures: window(index),
                ..Window::default()
            });
        }
        series.bytes().len()
    }

    #[test]
    fn an_hour_of_a_stream_stays_below_10_kb() {
        // A repeatable disorder: what a real network does from window to window.
        let wobble = |index: i64, by: i64, most: i64| u64::try_from((index * by + index * index * 7) % most).unwrap();
        let spread = |mean: u64, max: u64| Spread {
            sum: mean * 5,
            samples: 5,
            max,
        };
        let quiet = an_hour(|index| Figures {
            packets: 250,
            expected: 250,
            bytes: 20_000 + wobble(index, 311, 2_000),
            jitter_us: spread(1_000 + wobble(index, 37, 400), 1_500),
            round_trip_us: spread(20_000, 20_000),
            ..Figures::default()
        });
        let lively = an_hour(|index| Figures {
            packets: 600 + wobble(index, 91, 150),
            expected: 620 + wobble(index, 91, 150),
            lost: wobble(index, 13, 20),
            resent: wobble(index, 17, 20),
            bytes: 900_000 + wobble(index, 7_919, 300_000),
            jitter_us: spread(9_000 + wobble(index, 1_013, 9_000), 20_000 + wobble(index, 811, 20_000)),
            round_trip_us: spread(60_000 + wobble(index, 457, 30_000), 100_000),
            frames: 140 + wobble(index, 3, 12),
            picture: Some(Picture {
                width: 1_280,
                height: 720,
            }),
            ..Figures::default()
        });
        assert!(quiet < 5_000, "a voice on a good network: {quiet} bytes");
        assert!(lively < 10_000, "a camera on a bad one: {lively} bytes");
    }
}
