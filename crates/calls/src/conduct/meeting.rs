//! A call that is at a meeting: brought to its door, connected with its sound, and gone from it when the call is.

use std::net::IpAddr;

use telephony::{
    LegId,
    line::{Exchange, PlayId},
};
use tokio::sync::{OwnedSemaphorePermit, mpsc::Sender};

use super::{
    Conductor,
    party::made,
    switchboard::{Happening, Told},
};
use crate::{Attendant, Attended, MeetingNews, MeetingWish, Parting, announcement::Announcement, document::Sound};

/// What a meeting's door says over its sound is told apart by this from what is played otherwise.
const WORD: PlayId = PlayId(u64::MAX - 1);

/// As whom a call comes to meetings.
#[derive(Default)]
pub(super) struct Guest {
    /// The domain and the user as whom it has shown a password.
    pub(super) user: Option<(String, String)>,
    /// Who calls from there proves nothing, and so has one of few places.
    pub(super) place: Option<OwnedSemaphorePermit>,
    /// Where it comes from; `None` of one that we make.
    pub(super) source: Option<IpAddr>,
    /// Somebody who runs the meeting called them.
    pub(super) is_invited: bool,
}

/// It is at one, until this is dropped.
pub(super) struct Meeting {
    exchange: Exchange,
    leg: LegId,
    wishes: Sender<MeetingWish>,
}

impl Meeting {
    /// Connects a leg with a meeting; the task hears what the meeting tells.
    pub(super) fn begin(exchange: Exchange, leg: LegId, attended: Attended, task: Sender<Told>) -> Meeting {
        let Attended {
            voice,
            mut news,
            wishes,
        } = attended;
        exchange.converse(leg, Some(voice));
        tokio::spawn(async move {
            let mut has_parted = false;
            while let Some(told) = news.recv().await {
                has_parted |= matches!(told, MeetingNews::Parted(_));
                // A call that is over does not want to know.
                let _ = task.send((leg, Happening::Meeting(told))).await;
            }
            if !has_parted {
                let lost = Happening::Meeting(MeetingNews::Parted(Parting::Lost));
                let _ = task.send((leg, lost)).await;
            }
        });
        Meeting { exchange, leg, wishes }
    }

    /// Asks something of it.
    pub(super) fn wish(&self, wish: MeetingWish) {
        // Whoever presses keys faster than a meeting takes them has pressed enough.
        let _ = self.wishes.try_send(wish);
    }

    /// The call is over, since that time.
    pub(super) fn end(self, at_us: i64, vanished: bool) {
        self.wish(MeetingWish::Leave { at_us, vanished });
    }
}

impl Drop for Meeting {
    fn drop(&mut self) {
        self.exchange.converse(self.leg, None);
    }
}

/// Brings a call to a meeting's door, beside what else happens.
pub(super) fn seek(conductor: &Conductor, task: &Sender<Told>, leg: LegId, attendant: Attendant) {
    let (conductor, task) = (conductor.clone(), task.clone());
    tokio::spawn(async move {
        let attended = conductor.dial_in.attend(attendant).await;
        // A call that is over does not want to know, and is at the door no more.
        let _ = task.send((leg, Happening::Attended(attended))).await;
    });
}

/// Lets somebody hear this over the meeting, beside what else happens.
pub(super) fn tell(conductor: &Conductor, leg: LegId, project: &str, words: Announcement) {
    let (conductor, project) = (conductor.clone(), project.to_owned());
    tokio::spawn(async move {
        match made(&conductor, &project, Sound::Announcement(words)).await {
            Ok(clip) => conductor.exchange.announce(leg, WORD, clip),
            Err(why) => tracing::warn!(why, "what a meeting says to a telephone cannot be heard"),
        }
    });
}
