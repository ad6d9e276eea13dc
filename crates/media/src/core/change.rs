//! What the control plane changes for somebody in a room, and what several such changes make together.
//!
//! Each part is a whole state, not a difference, so of two that wait for the same session one is enough: merged, they leave
//! the room as they would have one after the other. Only what would have been told in between is not. One thing is more
//! than the last word: a right that was withdrawn and given again has been withdrawn, and its microphone or camera comes
//! back muted. So a merged change remembers what was kept all the while.

use std::sync::Arc;

use crate::{core::Source, rights::Rights};

/// Changes to one session; what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) grant: Option<Grant>,
    /// Its microphone is shut by somebody else.
    pub(crate) mutes: bool,
    /// What its channel `moderation` says from now on.
    pub(crate) text: Option<Arc<str>>,
    /// Somebody who records needs a keyframe of its camera, or of its screen.
    pub(crate) keyframes: Wanted,
}

/// Of which pictures a keyframe is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) camera: bool,
    pub(crate) screen: bool,
}

/// The rights that somebody has from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) rights: Rights,
    /// The rights that were in every grant which this one stands for.
    pub(crate) kept: Rights,
}

impl Change {
    pub(crate) fn permit(rights: Rights) -> Change {
        let grant = Grant { rights, kept: rights };
        Change {
            grant: Some(grant),
            ..Change::default()
        }
    }

    pub(crate) fn mute() -> Change {
        Change {
            mutes: true,
            ..Change::default()
        }
    }

    pub(crate) fn tell(text: Arc<str>) -> Change {
        Change {
            text: Some(text),
            ..Change::default()
        }
    }

    pub(crate) fn ask_keyframe(source: Source) -> Change {
        let keyframes = Wanted {
            camera: source == Source::Camera,
            screen: source == Source::Screen,
        };
        Change {
            keyframes,
            ..Change::default()
        }
    }

    /// Makes this change stand for itself and a later one.
    pub(crate) fn merge(&mut self, later: Change) {
        if let Some(Grant { rights, kept }) = later.grant {
            let kept_before = self.grant.map_or(kept, |earlier| earlier.kept);
            self.grant = Some(Grant {
                rights,
                kept: kept.common(kept_before),
            });
        }
        self.mutes |= later.mutes;
        self.keyframes.camera |= later.keyframes.camera;
        self.keyframes.screen |= later.keyframes.screen;
        self.text = later.text.or(self.text.take());
    }
}
