//! Keys as events and not as sound (RFC 4733): what is pressed elsewhere, and what is pressed here.
//!
//! An event is said in many packets, all with the timestamp at which the key went down, the last of them three times. So a key is its
//! timestamp, and is told of once, as soon as the first packet of it is here, whichever that is.

/// The keys, by their numbers (RFC 4733 §3.2).
const KEYS: &[u8; 16] = b"0123456789*#ABCD";

/// How long a key is held down: two tenths of a second, in timestamps.
const HELD: u16 = 1_600;

/// What is between two keys, in frames: a tenth of a second.
const PAUSE_FRAMES: u16 = 5;

/// What `w` is, in frames: half a second.
const WAIT_FRAMES: u16 = 25;

/// How often the end of an event is said.
const ENDS: u8 = 3;

/// -10 dBm0: what a telephone's own keys have.
const VOLUME: u8 = 10;

const FRAME: u16 = 160;

/// Keys as they are heard.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Heard {
    last: Option<u32>,
}

impl Heard {
    /// Takes a packet of the payload type for events; answers a key that was not told of.
    pub(crate) fn take(&mut self, timestamp: u32, payload: &[u8]) -> Option<char> {
        let [event, ..] = *payload.first_chunk::<4>()?;
        let key = *KEYS.get(usize::from(event))?;
        if self
            .last
            .is_some_and(|last| timestamp.wrapping_sub(last).cast_signed() <= 0)
        {
            return None;
        }
        self.last = Some(timestamp);
        Some(char::from(key))
    }
}

/// What is to be said of keys in this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The first of its event.
    pub(crate) marker: bool,
    /// How many samples ago the key went down: all packets of it have the timestamp of then.
    pub(crate) ago: u16,
    event: u8,
    is_end: bool,
    /// How long it has been down, in samples.
    held: u16,
}

impl Said {
    /// What a packet says of it, if its events count so many in a sample.
    pub(crate) fn payload(self, ticks_per_sample: u32) -> [u8; 4] {
        let held = u32::from(self.held).saturating_mul(ticks_per_sample);
        let [high, low] = u16::try_from(held).unwrap_or(u16::MAX).to_be_bytes();
        [self.event, u8::from(self.is_end) << 7 | VOLUME, high, low]
    }
}

/// Keys that are to be pressed, one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pressing {
    keys: std::collections::VecDeque<char>,
    frame: u16,
    ends: u8,
}

impl Pressing {
    /// Presses these after those that are being pressed. What is no key is a pause.
    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.extend(keys.chars());
    }

    /// Whether nothing more is to be pressed.
    pub(crate) fn is_done(&self) -> bool {
        self.keys.is_empty()
    }

    /// The next frame.
    pub(crate) fn tick(&mut self) -> Option<Said> {
        let key = *self.keys.front()?;
        let event = KEYS
            .iter()
            .position(|known| char::from(*known) == key.to_ascii_uppercase());
        let Some(event) = event else {
            self.frame += 1;
            if self.frame >= WAIT_FRAMES {
                self.next();
            }
            return None;
        };
        let pressed = self.frame.saturating_mul(FRAME);
        self.frame += 1;
        if self.ends == ENDS {
            if pressed >= HELD + PAUSE_FRAMES * FRAME {
                self.next();
            }
            return None;
        }
        let is_end = pressed >= HELD;
        self.ends += u8::from(is_end);
        let held = (pressed + FRAME).min(HELD);
        let event = u8::try_from(event).expect("sixteen keys");
        Some(Said {
            marker: pressed == 0,
            ago: pressed,
            event,
            is_end,
            held,
        })
    }

    fn next(&mut self) {
        self.keys.pop_front();
        (self.frame, self.ends) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_told_of_once() {
        let check = |packets: &[(u32, &[u8])], expected: &str| {
            let mut heard = Heard::default();
            let keys: String = packets
                .iter()
                .filter_map(|(time, payload)| heard.take(*time, payload))
                .collect();
            assert_eq!(keys, expected, "{packets:?}");
        };
        let (down, end) = ([7, 10, 0, 160].as_slice(), [7, 0x8a, 6, 64].as_slice());
        check(&[(160, down), (160, down), (160, end), (160, end), (160, end)], "7");
        check(&[(160, end)], "7");
        check(&[(160, down), (4_000, down)], "77");
        check(&[(4_000, end), (160, end)], "7");
        check(&[(u32::MAX, end), (800, end)], "77");
        check(
            &[(1, &[11, 0, 0, 0]), (2_000, &[10, 0, 0, 0]), (4_000, &[12, 0, 0, 0])],
            "#*A",
        );
        check(&[(1, &[16, 0, 0, 0]), (2_000, &[7, 0, 0]), (4_000, &[])], "");
    }

    #[test]
    fn what_is_pressed_is_heard_in_its_order() {
        let check = |keys: &str, expected: &str, frames: usize| {
            let (mut pressing, mut heard) = (Pressing::default(), Heard::default());
            pressing.press(keys);
            let (mut told, mut taken) = (String::new(), 0);
            for frame in 1..1_000_u32 {
                if let Some(said) = pressing.tick() {
                    let timestamp = (frame * 160).wrapping_sub(u32::from(said.ago));
                    assert!(said.ago <= HELD + 2 * FRAME, "{said:?}");
                    told.extend(heard.take(timestamp, &said.payload(1)));
                }
                taken += usize::from(!pressing.is_done());
            }
            assert_eq!((told.as_str(), taken + 1), (expected, frames), "{keys}");
        };
        check("1", "1", 16);
        check("123#", "123#", 64);
        check("ww1", "1", 66);
        check("d", "D", 16);
    }
}
