//! How a call comes to a meeting: as whom, and what is written down before anybody hears that it is in one.

use super::{meeting, performance::Performance, progress::write};
use crate::{
    Attendant, Attendee, Coming, Direction, MeetingWish,
    meetings::{MeetingNews, Sought, masked},
};

impl Performance {
    /// The call goes to a meeting's door.
    pub(super) async fn attend(&mut self, sought: Sought) {
        let call = &self.own.call;
        let telephone = match call.direction {
            Direction::Incoming => call.from.clone(),
            Direction::Outgoing => Some(call.to.clone()),
        };
        let attendee = match self.device().await {
            Some(device) => device,
            None => Attendee::Telephone {
                display_name: masked(telephone.as_deref()),
            },
        };
        let attendant = Attendant {
            coming: Coming::of(call, self.guest.is_invited, &sought),
            sought,
            attendee,
            caller: telephone.unwrap_or_default(),
            source: self.guest.source,
        };
        meeting::seek(&self.conductor, &self.task, self.own.leg, attendant);
    }

    /// The telephone that calls, if it has shown which one it is, and not only to us.
    async fn device(&self) -> Option<Attendee> {
        let (domain, user) = self.guest.user.as_ref().filter(|_| !self.own.call.is_private)?;
        let account = self.conductor.calls.account_of_sip_user(domain, user).await;
        let account = account.inspect_err(|error| tracing::warn!(%error, "a telephone's account cannot be looked up"));
        Some(Attendee::Device {
            account: account.ok().flatten()?,
            display_name: user.clone(),
        })
    }

    /// Something is wished of the meeting, if the call is at one.
    pub(super) fn wish(&self, wish: MeetingWish) {
        if let Some(meeting) = &self.meeting {
            meeting.wish(wish);
        }
    }

    /// What a meeting tells is written down before the script knows of it.
    pub(super) async fn note_news(&mut self, news: &MeetingNews) {
        if let MeetingNews::Joined { session } = news {
            self.own.call.bridged = true;
            self.own.call.participant_session = Some(session.clone());
            write(&self.conductor, &self.own.call).await;
        }
    }
}
