//! A recording of the whole call before it begins: while what is to be announced is made and heard.

use audit::By;
use telephony::line::PlayId;

use super::taking::Wanted;
use crate::{Call, ControlError, Source, control::Answer, new_id};

/// What is announced is told apart by this from what documents let somebody hear, which is counted from 1.
pub(super) const ANNOUNCEMENT: PlayId = PlayId(u64::MAX);

/// A recording of the whole call that is to begin when what is announced was heard.
pub(super) struct Opening {
    pub(super) trims_silence: bool,
    pub(super) ready_uri: Option<String>,
    /// Who wants it and waits for it, if it is not a document.
    pub(super) asked: Option<(By, Answer)>,
}

impl Opening {
    pub(super) fn wanted<'a>(&'a self, call: &'a Call) -> Wanted<'a> {
        Wanted {
            call,
            id: new_id(),
            source: Source::CallRecording,
            trims_silence: self.trims_silence,
            ready_uri: self.ready_uri.clone(),
            by: self.asked.as_ref().map(|(by, _)| by),
        }
    }

    pub(super) fn answer(self, begun: Result<(), ControlError>) {
        if let Some((_, answer)) = self.asked {
            // Whoever asked may be gone.
            let _ = answer.send(begun);
        }
    }
}
