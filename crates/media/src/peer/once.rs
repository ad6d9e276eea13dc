//! Which reports have come: one that comes again is not believed (RFC 3711 §3.3.2), and shows nothing of where its sender is.
//!
//! What it was made by is no secret to whoever has seen it pass: they can send it from wherever they like, and as often. Packets of media the
//! WebRTC stack believes once, and so does the handshake's layer with its records; of reports it keeps no account.

use crate::{core::datagram, limits};

const NUMBER_BYTES: usize = 4;
/// Says in the number of a report that it is encrypted.
pub(super) const IS_ENCRYPTED: u32 = 1 << 31;

/// What has come of each source, by when the first of it came.
#[derive(Debug, Default)]
pub(super) struct Once {
    /// How many bytes follow the number in a report.
    tag_bytes: usize,
    seen: Vec<Seen>,
}

/// Which reports of a source have come: the newest, and by one bit each those of the 63 before it.
#[derive(Debug)]
struct Seen {
    ssrc: u32,
    newest: u32,
    those: u64,
}

impl Once {
    /// Of reports that end with a tag of so many bytes.
    pub(super) fn before_tags(tag_bytes: usize) -> Once {
        Once {
            tag_bytes,
            seen: vec![],
        }
    }

    /// Whether a datagram is a report that has come, or is too old for that to be known.
    pub(super) fn has_come(&self, datagram: &[u8]) -> bool {
        self.name(datagram)
            .is_some_and(|(ssrc, number)| !self.is_new(ssrc, number))
    }

    /// A datagram was authentic.
    pub(super) fn came(&mut self, datagram: &[u8]) {
        if let Some((ssrc, number)) = self.name(datagram) {
            self.take(ssrc, number);
        }
    }

    /// The source of a report and its number in it, which are authenticated and stand in the open.
    fn name(&self, datagram: &[u8]) -> Option<(u32, u32)> {
        let report = Some(datagram).filter(|datagram| datagram::is_report(datagram))?;
        let [_, _, _, _, ssrc @ ..] = *report.first_chunk::<8>()?;
        let before_tag = report.len().checked_sub(self.tag_bytes)?;
        let number = *report[..before_tag].last_chunk::<NUMBER_BYTES>()?;
        Some((u32::from_be_bytes(ssrc), u32::from_be_bytes(number) & !IS_ENCRYPTED))
    }

    /// Whether this report of a source has not come yet.
    pub(super) fn is_new(&self, ssrc: u32, number: u32) -> bool {
        let seen = self.seen.iter().find(|seen| seen.ssrc == ssrc);
        seen.is_none_or(|seen| seen.is_new(number))
    }

    /// This report of a source was authentic.
    pub(super) fn take(&mut self, ssrc: u32, number: u32) {
        if let Some(seen) = self.seen.iter_mut().find(|seen| seen.ssrc == ssrc) {
            return seen.take(number);
        }
        if self.seen.len() == limits::REPORTING_SOURCES {
            self.seen.remove(0);
        }
        self.seen.push(Seen {
            ssrc,
            newest: number,
            those: 1,
        });
    }
}

impl Seen {
    fn is_new(&self, number: u32) -> bool {
        let Some(older) = self.newest.checked_sub(number) else {
            return true;
        };
        1_u64.checked_shl(older).is_some_and(|place| self.those & place == 0)
    }

    fn take(&mut self, number: u32) {
        match number.checked_sub(self.newest) {
            None => self.those |= 1_u64.checked_shl(self.newest - number).unwrap_or_default(),
            Some(later) => {
                self.those = self.those.checked_shl(later).unwrap_or_default() | 1;
                self.newest = number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report as AES-CM seals it, as far as it is looked at.
    fn report(ssrc: u32, number: u32) -> Vec<u8> {
        let number = (IS_ENCRYPTED | number).to_be_bytes();
        [&[0x80, 200, 0, 1], &ssrc.to_be_bytes()[..], &[7; 20], &number, &[9; 10]].concat()
    }

    #[test]
    fn a_report_comes_once() {
        let mut once = Once::before_tags(10);
        let mut check = |ssrc, number, expected: bool| {
            let report = report(ssrc, number);
            assert_eq!(once.has_come(&report), expected, "{number} of {ssrc}");
            if !expected {
                // It is authentic, and comes once more.
                once.came(&report);
                assert!(once.has_come(&report), "{number} of {ssrc}");
            }
        };
        check(1, 70, false);
        check(1, 75, false);
        check(1, 71, false);
        check(1, 70, true);
        check(1, 12, false);
        check(1, 11, true); // as far as anybody knows
        check(2, 75, false);
        check(1, 0x7fff_ffff, false);
        check(1, 75, true);
    }

    #[test]
    fn what_is_no_report_has_not_come() {
        let mut once = Once::before_tags(10);
        for datagram in [
            &[][..],
            &[0x80],
            &[0x80, 200],
            &[0x80; 40],
            &report(1, 1)[..12],
            &[22; 40],
        ] {
            once.came(datagram);
            assert!(!once.has_come(datagram), "{datagram:?}");
        }
    }
}
