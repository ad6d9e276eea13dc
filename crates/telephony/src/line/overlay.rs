//! What is heard over whatever a line says otherwise: an announcement, which all else waits for, and a beep, which is mixed in.
//!
//! What is being played is not lost by an announcement but held, and goes on where it was: whoever asked for it hears of its end as
//! usual. A line that is **interrupted** says nothing until the announcement is there, so that nobody hears half a word before it.

use std::sync::LazyLock;

use audio::{Clip, FRAME_SAMPLES, Frame, SILENCE, tone};

use super::play_id::PlayId;

static BEEP: LazyLock<Clip> = LazyLock::new(tone::reminder);

/// Frames in a second.
const FRAMES_PER_S: usize = 50;

#[derive(Default)]
enum Announcement {
    #[default]
    Nothing,
    Awaited,
    Heard {
        id: PlayId,
        clip: Clip,
        at: usize,
    },
}

/// What is heard over the rest.
#[derive(Default)]
pub(super) struct Overlay {
    announcement: Announcement,
    /// A beep begins after so many frames, again and again; and how many have passed since the last one began.
    beep: Option<(usize, usize)>,
}

fn frame_at(clip: &Clip, at: usize) -> Frame {
    let mut frame = SILENCE;
    let rest = clip.get(at..).unwrap_or_default();
    let taken = rest.len().min(FRAME_SAMPLES);
    frame[..taken].copy_from_slice(&rest[..taken]);
    frame
}

impl Overlay {
    /// Nothing else is heard until an announcement was, or it is let go on.
    pub(super) fn interrupt(&mut self) {
        self.announcement = Announcement::Awaited;
    }

    /// This is heard now, and nothing else.
    pub(super) fn announce(&mut self, id: PlayId, clip: Clip) {
        self.announcement = Announcement::Heard { id, clip, at: 0 };
    }

    /// There is no announcement any more.
    pub(super) fn go_on(&mut self) {
        self.announcement = Announcement::Nothing;
    }

    /// A beep is heard at once and then each time that so many seconds have passed; or none any more.
    pub(super) fn beep(&mut self, every_s: Option<u32>) {
        let every = every_s.map(|every_s| FRAMES_PER_S * every_s.max(1) as usize);
        self.beep = every.map(|every| (every, 0));
    }

    /// The next frame of an announcement, if there is one, and which one has ended with it.
    pub(super) fn next(&mut self) -> Option<(Frame, Option<PlayId>)> {
        match &mut self.announcement {
            Announcement::Nothing => None,
            Announcement::Awaited => Some((SILENCE, None)),
            Announcement::Heard { id, clip, at } => {
                let frame = frame_at(clip, *at);
                *at += FRAME_SAMPLES;
                let ended = (*at >= clip.len()).then_some(*id);
                if ended.is_some() {
                    self.go_on();
                }
                Some((frame, ended))
            }
        }
    }

    /// What is said with the beep in it, if it is time for it.
    pub(super) fn with_beep(&mut self, mut said: Frame) -> Frame {
        let Some((every, passed)) = &mut self.beep else {
            return said;
        };
        let beep = frame_at(&BEEP, *passed * FRAME_SAMPLES);
        *passed = (*passed + 1) % *every;
        for (said, beep) in said.iter_mut().zip(beep) {
            *said = said.saturating_add(beep);
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_heard_whole_and_once() {
        let mut overlay = Overlay::default();
        assert_eq!(overlay.next(), None);
        overlay.interrupt();
        for _ in 0..3 {
            assert_eq!(overlay.next(), Some((SILENCE, None)), "what is awaited is a silence");
        }
        let clip: Clip = vec![7; FRAME_SAMPLES + 1].into();
        overlay.announce(PlayId(9), clip);
        assert_eq!(overlay.next(), Some(([7; FRAME_SAMPLES], None)));
        let mut last = SILENCE;
        last[0] = 7;
        assert_eq!(overlay.next(), Some((last, Some(PlayId(9)))));
        assert_eq!(overlay.next(), None);
        overlay.interrupt();
        overlay.go_on();
        assert_eq!(overlay.next(), None);
        overlay.announce(PlayId(1), Vec::new().into());
        assert_eq!(overlay.next(), Some((SILENCE, Some(PlayId(1)))), "nothing ends at once");
    }

    #[test]
    fn a_beep_is_heard_at_once_and_then_each_time_that_it_is_due() {
        let mut overlay = Overlay::default();
        let loud = |overlay: &mut Overlay, frames: usize| -> Vec<bool> {
            (0..frames).map(|_| overlay.with_beep(SILENCE) != SILENCE).collect()
        };
        assert!(loud(&mut overlay, 10).iter().all(|is_loud| !is_loud));
        overlay.beep(Some(2));
        let heard = loud(&mut overlay, 300);
        let beep_frames = BEEP.len() / FRAME_SAMPLES;
        let expected: Vec<bool> = (0..300).map(|frame| frame % 100 < beep_frames).collect();
        assert_eq!(heard, expected);
        assert!(
            overlay.with_beep([i16::MAX; FRAME_SAMPLES])[1] > 0,
            "what is loud stays loud"
        );
        overlay.beep(None);
        assert!(loud(&mut overlay, 200).iter().all(|is_loud| !is_loud));
    }
}
