//! Calls that are refreshed, or end because nobody did: what [`session`](super::session) says is due is done here.
//!
//! A refresh by INVITE may meet one of the other side, and then neither is answered but by 491 (RFC 3261 §14): each waits for a while
//! by chance, and asks again.

use std::time::Duration;

use rsipstack::{dialog::invite_dialog::InviteDialog, sip::Response};
use steady::now_us;

use super::{
    Agent, Cause, content, random,
    session::{Agreement, Due, SessionTimer, Word, methods},
};
use crate::{LegId, limits};

/// What came of a refresh.
enum Refreshed {
    /// The other side is there.
    Yes(Box<Response>),
    /// It is not, or knows of no such call.
    Gone,
    /// It is busy with an offer of its own.
    Glare,
    /// It does not take this method.
    Otherwise,
    /// It does not want to. The call goes on until its time is over.
    No,
}

fn outcome(answered: rsipstack::Result<Option<Response>>) -> Refreshed {
    let Ok(Some(response)) = answered else {
        return Refreshed::Gone;
    };
    match response.status_code.code() {
        200..300 => Refreshed::Yes(Box::new(response)),
        408 | 481 => Refreshed::Gone,
        491 => Refreshed::Glare,
        405 | 501 => Refreshed::Otherwise,
        _ => Refreshed::No,
    }
}

/// Until when something is due; for ever, if nothing is.
pub(super) async fn until(deadline_us: Option<i64>) {
    match deadline_us {
        Some(deadline_us) => {
            let left_us = u64::try_from(deadline_us - now_us()).unwrap_or(0);
            tokio::time::sleep(Duration::from_micros(left_us)).await;
        }
        None => std::future::pending().await,
    }
}

impl Agent {
    /// When something is due of a call, if anything is.
    pub(super) fn deadline_us(&self, leg: LegId) -> Option<i64> {
        self.legs().get(&leg)?.timer.as_ref().map(SessionTimer::deadline_us)
    }

    /// Time has passed: a call is refreshed, or it is over.
    pub(super) fn time_passed(&self, leg: LegId) {
        let due = {
            let mut legs = self.legs();
            let Some(timed) = legs.get_mut(&leg) else { return };
            let due = timed.timer.as_mut().and_then(|timer| timer.due(now_us()));
            if due == Some(Due::End) {
                timed.timer = None;
                timed.ending = Some(Cause::TimedOut);
            }
            due
        };
        match due {
            Some(Due::Refresh) => drop(tokio::spawn(self.clone().refresh(leg))),
            Some(Due::End) => {
                tracing::info!(%leg, "a call was not refreshed in time; it is ended");
                self.hang_up(leg);
            }
            None => {}
        }
    }

    async fn refresh(self, leg: LegId) {
        for _ in 0..limits::REFRESHES_MAX {
            let Some((dialog, agreement, said)) = self.begin_refresh(leg) else {
                return;
            };
            let outcome = outcome(ask(&dialog, agreement, said).await);
            let Some(wait) = self.refreshed(leg, agreement, outcome) else {
                return;
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes what came of a refresh; for how long it is waited before another one, if there is to be one.
    fn refreshed(&self, leg: LegId, agreement: Agreement, outcome: Refreshed) -> Option<Duration> {
        let mut legs = self.legs();
        let asked = legs.get_mut(&leg)?;
        asked.is_inviting = false;
        match outcome {
            Refreshed::Yes(response) => {
                let answered = self.inner.settings.sessions.answered(&Word::read(&response.headers));
                asked.timer = Some(SessionTimer::begin(answered.unwrap_or(agreement), now_us()));
                if !response.body.is_empty()
                    && let Some(answer) = asked.agree(&response.body)
                {
                    self.inner.exchange.connect_sealed(leg, answer.plan(), answer.keys());
                }
                None
            }
            Refreshed::Gone => {
                asked.ending = Some(Cause::TimedOut);
                drop(legs);
                tracing::info!(%leg, "whoever is asked whether they are there is not; the call is ended");
                self.hang_up(leg);
                None
            }
            Refreshed::Otherwise if agreement.by_update => {
                asked.timer.as_mut()?.agreement.by_update = false;
                Some(Duration::ZERO)
            }
            Refreshed::Otherwise | Refreshed::No => None,
            Refreshed::Glare => {
                let (least, more) = if asked.is_ours {
                    limits::GLARE_OURS
                } else {
                    limits::GLARE_THEIRS
                };
                let [chance]: [u8; 1] = random();
                Some(least + more * u32::from(chance) / 256)
            }
        }
    }

    /// What a refresh is asked by, if the call is still there.
    fn begin_refresh(&self, leg: LegId) -> Option<(InviteDialog, Agreement, Vec<u8>)> {
        let mut legs = self.legs();
        let asked = legs.get_mut(&leg)?;
        let agreement = asked.timer.as_ref()?.agreement;
        asked.is_inviting = !agreement.by_update;
        Some((asked.dialog.clone(), agreement, asked.said.clone()))
    }
}

/// Asks the other side whether it is there: by a question that changes nothing, or by the offer that stands.
async fn ask(dialog: &InviteDialog, agreement: Agreement, said: Vec<u8>) -> rsipstack::Result<Option<Response>> {
    let mut headers = agreement.refresh();
    headers.push(methods());
    if agreement.by_update {
        dialog.update(Some(headers), None).await
    } else {
        headers.extend(content());
        dialog.reinvite(Some(headers), Some(said)).await
    }
}
