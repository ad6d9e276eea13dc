//! Packets of Opus, until their sound is due.
//!
//! A byte of G.711 is a sample by itself; a packet of Opus is what it is only after the packet before it. So packets are not decoded as
//! they come but as they are heard, in the order of their places, and what has been late or out of order by then was neither.
//!
//! What is missing when it is due is either lost or was never said: a telephone that says nothing need not send anything (RFC 7587
//! §3.1.3). The number of the next packet tells which, and if none is here yet, a loss is assumed. What is lost is told again by the packet
//! behind it, if that one is here and does so, or is concealed, for a tenth of a second, and is silence then; a pause is silence. All are
//! as long as they were, since places say so.

use std::collections::BTreeMap;

use audio::{FRAME_SAMPLES, RATE_HZ, opus::Decoder};

use super::playout::{Playout, STEP_SAMPLES};
use crate::limits;

/// How much is concealed in a row: a tenth of a second. What stands for more was never said.
const CONCEALED_SAMPLES: i64 = 800;

/// What came of a stream and is not heard yet.
pub(super) struct Waiting {
    decoder: Decoder,
    /// By their places, with their numbers.
    packets: BTreeMap<i64, (u16, Box<[u8]>)>,
    /// The last that was decoded.
    last: Option<Decoded>,
}

struct Decoded {
    sequence: u16,
    /// The place behind its sound, and behind what was concealed after it.
    end: i64,
    /// How much was.
    concealed: i64,
}

impl Waiting {
    pub(super) fn new() -> Waiting {
        Waiting {
            decoder: Decoder::new(RATE_HZ),
            packets: BTreeMap::new(),
            last: None,
        }
    }

    /// One came, of sound that begins in this place.
    pub(super) fn take(&mut self, place: i64, sequence: u16, payload: &[u8]) {
        if self.packets.len() < limits::WAITING_PACKETS_MAX {
            self.packets.insert(place, (sequence, payload.into()));
        }
    }

    /// Gives what is due in the next frame.
    pub(super) fn give(&mut self, playout: &mut Playout) {
        let frame = i64::try_from(FRAME_SAMPLES).expect("a frame is short");
        let until = playout.next() + frame;
        while let Some(entry) = self.packets.first_entry().filter(|entry| *entry.key() < until) {
            let (place, (sequence, payload)) = entry.remove_entry();
            // Of what is later than the one after it, another stands in its place by now.
            if self.last.as_ref().is_some_and(|last| place + STEP_SAMPLES < last.end) {
                continue;
            }
            let next = Next {
                place,
                sequence,
                payload: &payload,
            };
            fill(&mut self.decoder, self.last.as_mut(), place, Some(next), playout);
            let Ok(samples) = self.decoder.decode(&payload) else {
                continue;
            };
            let end = place + i64::try_from(samples.len()).expect("a packet is short");
            playout.put(place, samples.into_iter());
            self.last = Some(Decoded {
                sequence,
                end,
                concealed: 0,
            });
        }
        let next = self
            .packets
            .first_key_value()
            .map(|(&place, (sequence, payload))| Next {
                place,
                sequence: *sequence,
                payload,
            });
        fill(&mut self.decoder, self.last.as_mut(), until, next, playout);
    }
}

/// The first packet that is not heard yet.
struct Next<'a> {
    place: i64,
    sequence: u16,
    payload: &'a [u8],
}

/// Makes up for what is missing before this place, if something is.
fn fill(decoder: &mut Decoder, last: Option<&mut Decoded>, place: i64, next: Option<Next>, playout: &mut Playout) {
    let Some(last) = last else { return };
    let from = last.end.max(playout.next());
    let missing = (place - from).min(CONCEALED_SAMPLES - last.concealed);
    let is_pause = next
        .as_ref()
        .is_some_and(|next| next.sequence == last.sequence.wrapping_add(1));
    let Ok(samples) = usize::try_from(missing) else { return };
    if is_pause || samples == 0 {
        return;
    }
    let made_up = match next.filter(|next| next.place == from + missing) {
        Some(behind) => decoder.recover(behind.payload, samples),
        None => decoder.conceal(samples),
    };
    playout.put(from, made_up.into_iter());
    last.end = from + missing;
    last.concealed += missing;
}

#[cfg(test)]
mod tests {
    use audio::{Frame, opus::Encoder, silence::is_silent};

    use super::*;

    /// 48,000 of a second, in one of 8,000.
    const TICKS: u32 = 6;

    /// A telephone that says a tone for so many frames, or nothing where it makes a pause.
    fn packets(frames: u32, is_pause: impl Fn(u32) -> bool) -> Vec<(u32, u16, Vec<u8>)> {
        let mut encoder = Encoder::new(RATE_HZ, 24_000);
        let tone: Frame = std::array::from_fn(|at| if at % 20 < 10 { 6_000 } else { -6_000 });
        let said = (0..frames).filter(|frame| !is_pause(*frame));
        said.zip(0..)
            .map(|(frame, sequence)| (frame, sequence, encoder.encode(&tone).expect("20 ms")))
            .collect()
    }

    /// What is heard in each beat, of packets that come in the beat of their frame or as much later: `#` is sound.
    fn heard(packets: &[(u32, u16, Vec<u8>)], beats: u32, late: impl Fn(u32) -> Option<u32>) -> String {
        let (mut playout, mut waiting) = (Playout::new(), Waiting::new());
        let mut heard = String::new();
        for beat in 0..beats {
            for (frame, sequence, payload) in packets {
                if late(*frame).is_some_and(|late| frame + late == beat) {
                    let place = playout.place(7, frame * 160 * TICKS, TICKS);
                    waiting.take(place, *sequence, payload);
                }
            }
            waiting.give(&mut playout);
            heard.push(if is_silent(&playout.tick()) { '.' } else { '#' });
        }
        heard
    }

    #[test]
    fn sound_is_where_it_was_said() {
        let none = |_: u32| false;
        let check = |name: &str, heard: &str, expected: &str| assert_eq!(heard, expected, "{name}");
        let all = packets(20, none);
        // Three frames of waiting before, and what is concealed behind, as long as no more is known: it fades within a tenth of a second.
        let well = heard(&all, 40, |_| Some(0));
        check("a good network", well[..23].trim_start_matches('.'), &"#".repeat(20));
        assert!(well.ends_with(&".".repeat(12)), "what is over is silent: {well}");
        let disorder = heard(&all, 23, |frame| Some(frame % 2 * 2));
        check("out of order", &disorder, &well[..23]);
        let lost = heard(&all, 23, |frame| (frame % 6 != 4).then_some(0));
        check("one in six is lost, and concealed", &lost, &well[..23]);
        let long = heard(&all, 23, |frame| (!(4..14).contains(&frame)).then_some(0));
        check("ten are lost", &long[14..], &format!("...{}", "#".repeat(6)));
        let pausing = packets(20, |frame| (4..14).contains(&frame));
        let pause = heard(&pausing, 23, |_| Some(0));
        check(
            "it says nothing for ten frames",
            &pause[14..],
            &format!("...{}", "#".repeat(6)),
        );
    }

    #[test]
    fn what_comes_twice_or_overlaps_is_heard_once() {
        let all = packets(20, |_| false);
        let twice: Vec<_> = all.iter().flat_map(|packet| [packet.clone(), packet.clone()]).collect();
        assert_eq!(heard(&twice, 30, |_| Some(0)), heard(&all, 30, |_| Some(0)));
        // A stranger's: each begins within the one before.
        let (mut playout, mut waiting) = (Playout::new(), Waiting::new());
        for sequence in 0..1_000 {
            let place = playout.place(7, u32::from(sequence), TICKS);
            waiting.take(place, sequence, &all[0].2);
        }
        assert!(waiting.packets.len() <= 167, "one for each place, of a thousand");
        for _ in 0..60 {
            waiting.give(&mut playout);
            playout.tick();
        }
        assert!(waiting.packets.is_empty());
    }
}
