//! What the way to a client carries: estimated from when its transport says that packets arrived (`core::congestion`), and made something of
//! once a second, as it is then.
//!
//! A client that is shown no picture is not estimated at all: its packets have no numbers, and it tells of none. What was known
//! meanwhile is where the estimate begins when it is shown one again. What is made of an estimate is for [`Belief`] to say.
//!
//! A session whose media the stack sends has no estimate, and is sent what it asks for.

use str0m::bwe::BweKind;

use crate::{core::belief::Belief, ingress::PeerEvent, peer::Peer};

/// What is known of the way to a client whose transport can be asked about it.
#[derive(Debug, Default)]
pub(super) struct Estimation {
    /// What the client would be sent if there were no limit, in bits per second; `None` if it is shown no picture.
    wanted_bps: Option<u64>,
    belief: Belief,
}

impl Estimation {
    /// Whether it is known now what the way carries.
    fn is_known(&self) -> bool {
        self.wanted_bps.is_some() && self.belief.known_bps().is_some()
    }
}

impl Peer {
    /// The client, or its transport, says what share was lost of late of what it was sent.
    pub(super) fn lost(&mut self, lost: Option<f32>) {
        let is_estimated = self.estimation.as_ref().is_some_and(Estimation::is_known);
        self.redundancy.note(lost, is_estimated, self.clock);
    }

    /// What the client would be sent if there were no limit, in bits per second; `None` if it is shown no picture.
    pub(crate) fn want(&mut self, wanted_bps: Option<u64>) {
        let Some((estimation, lean)) = self.estimation.as_mut().zip(self.lean.as_mut()) else {
            return;
        };
        estimation.wanted_bps = wanted_bps;
        if let Some(estimating) = lean.estimating() {
            estimating.want(wanted_bps, estimation.belief.known_bps(), self.clock);
        }
    }

    /// What is made of a second. One in which nothing is shown is no knowledge, and neither is a first one in which nothing was told.
    pub(super) fn estimated(&mut self) -> Option<PeerEvent> {
        let (estimation, lean) = self.estimation.as_mut().zip(self.lean.as_mut())?;
        let estimating = lean.estimating()?;
        let reading = estimating.reading(self.clock);
        let wanted_bps = estimation.wanted_bps?;
        self.redundancy.note(reading.lost, estimation.is_known(), self.clock);
        if estimation.belief.known_bps().is_none() && reading.lost.is_none() {
            return None;
        }
        let conclusion = estimation.belief.take(&reading, wanted_bps);
        tracing::debug!(
            session = self.ufrag,
            wanted_bps,
            ?reading,
            ?conclusion,
            "the way to a client"
        );
        self.redundancy.note_narrow(conclusion.carries_bps);
        estimating.believe(&conclusion, self.clock);
        Some(PeerEvent::Estimate {
            bps: reading.estimate_bps,
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
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{core::belief::Reading, peer::fixture};

    #[test]
    fn redundancy_is_tried_where_nobody_knows_what_the_way_carries() {
        let check = |wanted_bps: Option<u64>, estimate_bps: Option<u64>, expected: bool| {
            let mut peer = fixture::peer();
            let began = peer.clock;
            let mut estimation = Estimation {
                wanted_bps,
                belief: Belief::default(),
            };
            if let Some(estimate_bps) = estimate_bps {
                let reading = Reading {
                    estimate_bps,
                    lost: Some(0.0),
                    round_trip: None,
                };
                estimation.belief.take(&reading, estimate_bps);
            }
            peer.estimation = Some(estimation);
            let mut pauses = 0;
            for second in 1..40 {
                peer.clock = began + Duration::from_secs(second);
                peer.lost(Some(0.05));
                pauses += usize::from(!peer.redundancy.loses(peer.clock));
            }
            assert_eq!(pauses > 0, expected, "{wanted_bps:?} {estimate_bps:?}");
        };
        check(None, None, true);
        check(None, Some(1_000_000), true); // of before
        check(Some(1_000_000), None, true); // the client tells of nothing
        check(Some(1_000_000), Some(1_000_000), false);
    }
}
