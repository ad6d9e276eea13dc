//! How far a call has come: on the disk before anybody acts by it.
//!
//! A call that cannot be written down as answered is not answered: it ends here. One that cannot be written down as over is over all the
//! same, and is written when that can be done again.

use telephony::agent::Cause;

use super::{
    Conductor,
    dialling::{Located, Undialled},
    party::Party,
    switchboard::Happening,
};
use crate::{Call, CutOff, clock::now_us, limits, telephones::Agent};

/// How far a call has come.
pub(super) enum Progress {
    Answered,
    Ended,
}

/// What happened to somebody's call is written down; whether it is up, or over.
pub(super) async fn progressed(
    conductor: &Conductor,
    agent: &Agent,
    party: &mut Party,
    happening: Happening,
) -> Option<Progress> {
    let over = |party: &mut Party, at_us, cause| {
        party.call.ended(at_us, cause);
        Some(Progress::Ended)
    };
    let progress = match happening {
        Happening::Located(_) if party.is_given_up => over(party, now_us(), Cause::WeHungUp),
        Happening::Located(Ok(located)) => {
            let Located { dial, otherwise } = *located;
            if !otherwise.whom.may_lead_on() {
                party.tried.push(dial.to.clone());
            }
            party.otherwise = Some(otherwise);
            party.call.sip_call_id = Some(dial.sip_call_id.clone());
            let why = if remember_tried(conductor, party).await {
                agent.dial(party.leg, &dial).err().map(|error| error.to_string())
            } else {
                Some("whom the call is led to could not be written down".to_owned())
            };
            why.and_then(|why| {
                party.call.fails("UNREACHABLE", &why);
                over(party, now_us(), Cause::Unreachable)
            })
        }
        Happening::Located(Err(Undialled { code, message })) => {
            party.call.fails(code, &message);
            over(party, now_us(), Cause::Unreachable)
        }
        Happening::Ringing { at_us } if party.call.rings(at_us) => None,
        Happening::Answered { at_us } => {
            party.call.answered(at_us);
            conductor.exchange.measure(party.leg, &party.call.id);
            Some(Progress::Answered)
        }
        // It is over now: half a minute later, when nobody has answered to our goodbye, is nobody's time.
        Happening::Vanished => {
            party.call.cut_off_by(CutOff::Silent);
            over(party, now_us(), Cause::WeHungUp)
        }
        Happening::Stopping => {
            party.call.cut_off_by(CutOff::Shutdown);
            return None;
        }
        Happening::Ended { at_us, cause } => over(party, at_us, cause),
        // Of a sound that was interrupted, or of nobody's.
        _ => return None,
    };
    let is_written = write(conductor, &party.call).await;
    if !is_written && matches!(progress, Some(Progress::Answered)) {
        agent.hang_up(party.leg);
        return None;
    }
    if !is_written && matches!(progress, Some(Progress::Ended)) {
        tokio::spawn(write_at_last(conductor.clone(), party.call.clone()));
    }
    progress
}

/// Whom an alias leads a call to is written down before they hear of it, or they could not be forgotten.
async fn remember_tried(conductor: &Conductor, party: &Party) -> bool {
    let tried = conductor.calls.write_tried(&party.call.id, &party.tried).await;
    let tried = tried.inspect_err(|error| tracing::error!(call = party.call.id, %error, "a call cannot be written"));
    tried.is_ok()
}

/// A call that is over gets into the rows once they can be written again: until then its row says that it goes on, and is kept alive.
pub(super) async fn write_at_last(conductor: Conductor, call: Call) {
    loop {
        tokio::time::sleep(limits::WRITTEN_AGAIN_AFTER).await;
        if write(&conductor, &call).await {
            return;
        }
    }
}

/// The call as it is now is on the disk, or it is not.
pub(super) async fn write(conductor: &Conductor, call: &Call) -> bool {
    let written = conductor.calls.write_call(call, now_us()).await;
    if let Err(error) = &written {
        tracing::error!(call = call.id, %error, "a call cannot be written");
    }
    written.is_ok()
}
