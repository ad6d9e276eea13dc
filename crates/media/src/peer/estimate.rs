//! What the way to a client carries: str0m estimates it, from when the client's transport says that packets arrived.
//!
//! The estimate is read once a second, as it is, and what is made of it is for [`Belief`] to say. What str0m tells of it by itself is a
//! mean over three seconds: by then a queue is long full, and a client that begins to look at something is judged by what it was before.
//!
//! An estimate follows what is sent, so it must be told what one would like to send, and then probes for that: bursts of some 15 ms.
//! It is told the truth only in part. Its probes go up to twice what is wanted, whatever is known, and four megabits on a way that
//! carries a tenth of it are a queue in which voices wait; so wanting more than there is goes in steps of twice what is
//! known, one every other second. Padding that flows all the time is never asked for. On a way that carries little it would
//! fill what the voices need, and on one that carries enough it would find out nothing new.
//!
//! A client that is shown no picture is not estimated at all. The stack would keep 50 kbit/s of padding flowing to it, for ever, and
//! look after a pacer forty times in a second; so its estimator is put back to nothing, and wakes with what it knew. Whatever else the
//! stack has to do is hidden behind that pacer, so it is given the time now and then while there is work, and rarely while there is none.
//!
//! With an estimator comes a pacer, which sends one packet each time that it is given the time. Those that are due within
//! [`limits::PACING_GRAIN`] leave together: a timer for each would cost more than the smoothness is worth.

use std::time::Instant;

use str0m::{
    Input, PacerReason, Reason,
    bwe::{Bitrate, BweKind},
    stats::PeerStats,
};

use crate::{
    core::belief::{Belief, Reading},
    limits,
    peer::{Peer, PeerError, PeerEvent},
};

/// What is known of the way to a client whose transport can be asked about it.
#[derive(Debug, Default)]
pub(super) struct Estimation {
    /// What the client would be sent if there were no limit, in bits per second; `None` if it is shown no picture.
    wanted_bps: Option<u64>,
    belief: Belief,
    /// It is this one's turn to want more than there is.
    steps_up: bool,
}

impl Estimation {
    /// What the estimator is told that is wanted.
    fn told_bps(&self) -> u64 {
        let wanted_bps = self.wanted_bps.unwrap_or(0);
        match self.belief.known_bps() {
            Some(known_bps) if self.steps_up => wanted_bps.min(2 * known_bps),
            Some(known_bps) => wanted_bps.min(known_bps),
            None => wanted_bps,
        }
    }
}

impl Peer {
    /// What the client would be sent if there were no limit, in bits per second; `None` if it is shown no picture.
    pub(crate) fn want(&mut self, wanted_bps: Option<u64>) {
        let Some(estimation) = &mut self.estimation else { return };
        self.is_stirred = true;
        let before = std::mem::replace(&mut estimation.wanted_bps, wanted_bps);
        let mut bwe = self.rtc.bwe();
        if before.is_none() != wanted_bps.is_none() {
            let known_bps = estimation.belief.known_bps().unwrap_or(limits::ESTIMATE_BEGINS_BPS);
            bwe.reset(Bitrate::bps(wanted_bps.map_or(0, |_| known_bps)));
        }
        bwe.set_bitrate(Bitrate::ZERO, Bitrate::bps(estimation.told_bps()));
    }

    /// What is made of an estimate. The one that it begins with is no knowledge, and those of a client that is shown nothing are none either.
    pub(super) fn estimated(&mut self, stats: &PeerStats) -> Option<PeerEvent> {
        let estimation = self.estimation.as_mut()?;
        let estimate_bps = stats.bwe_tx?.as_u64();
        let wanted_bps = estimation.wanted_bps?;
        if estimation.belief.known_bps().is_none() && estimate_bps == limits::ESTIMATE_BEGINS_BPS {
            return None;
        }
        let reading = Reading {
            estimate_bps,
            lost: stats.egress_loss_fraction,
            round_trip: stats.rtt,
        };
        let conclusion = estimation.belief.take(&reading, wanted_bps);
        tracing::debug!(
            session = self.ufrag,
            wanted_bps,
            ?reading,
            ?conclusion,
            "the way to a client"
        );
        estimation.steps_up = !estimation.steps_up;
        let told_bps = Bitrate::bps(estimation.told_bps());
        self.redundancy.note_narrow(conclusion.carries_bps);
        let mut bwe = self.rtc.bwe();
        if let Some(bps) = conclusion.begins_anew_bps {
            bwe.reset(Bitrate::bps(bps));
        }
        bwe.set_bitrate(Bitrate::ZERO, told_bps);
        Some(PeerEvent::Estimate {
            bps: estimate_bps,
            carries_bps: conclusion.carries_bps,
        })
    }

    /// What the client itself believes that it can receive, where it says so.
    pub(super) fn believed(kind: &BweKind) -> Option<PeerEvent> {
        let BweKind::Remb { estimate, .. } = kind else {
            return None;
        };
        Some(PeerEvent::Estimate {
            bps: estimate.as_u64(),
            carries_bps: None,
        })
    }

    /// When to hand in the time next, if that is not now: a pacer that has something to send is given it at once, so many `turns`.
    pub(super) fn paced(&mut self, at: Instant, turns: &mut usize) -> Result<Option<Instant>, PeerError> {
        let Some(estimation) = &self.estimation else {
            return Ok(Some(at));
        };
        let looks_after = matches!(
            self.rtc.last_timeout_reason(),
            Reason::BweDelayControl
                | Reason::BweProbeControl
                | Reason::BweProbeEstimator
                | Reason::Pacer(PacerReason::Handle)
        );
        if looks_after && estimation.wanted_bps.is_none() {
            let is_idle = self.clock >= self.worked + limits::IDLE_AFTER;
            let tick = if is_idle {
                limits::IDLE_TICK
            } else {
                limits::UNESTIMATED_TICK
            };
            // From when they ran last, and not from now: whoever sends all the time would put off what they shall be told.
            return Ok(Some(at.max(self.ticked + tick)));
        }
        if *turns == 0 || at > self.clock + limits::PACING_GRAIN {
            return Ok(Some(at));
        }
        *turns -= 1;
        self.rtc.handle_input(Input::Timeout(at.max(self.clock)))?;
        Ok(None)
    }
}
