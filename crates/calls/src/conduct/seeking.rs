//! Looking for whoever is called: how they are reached, and who is called instead of those who cannot be.

use std::{sync::Arc, time::Instant};

use telephony::LegId;
use tokio::sync::OwnedSemaphorePermit;

use super::{performance::Performance, switchboard::Happening, whom::Otherwise};

impl Performance {
    /// Takes a place among the calls that are made, and looks up how somebody is called.
    pub(super) fn begin_to_seek(&self, leg: LegId, otherwise: Otherwise) -> Option<OwnedSemaphorePermit> {
        match self.conductor.ways.place(&self.own.call.project, Instant::now()) {
            Ok(place) => {
                self.seek(leg, otherwise);
                Some(place)
            }
            Err(refused) => {
                let task = self.task.clone();
                // A call that is over does not want to know.
                tokio::spawn(async move { task.send((leg, Happening::Located(Err(refused)))).await });
                None
            }
        }
    }

    /// Looks up how somebody is called, beside what else happens.
    fn seek(&self, leg: LegId, otherwise: Otherwise) {
        let (conductor, agent, task) = (self.conductor.clone(), self.agent.clone(), self.task.clone());
        let domain = self.domain.clone();
        tokio::spawn(async move {
            let located = conductor.locate(&agent, otherwise, &domain).await;
            // A call that is over does not want to know.
            let _ = task.send((leg, Happening::Located(located.map(Box::new)))).await;
        });
    }

    /// Whether somebody else is called now, since whoever was on this leg cannot be reached.
    pub(super) fn turns_elsewhere(&mut self, leg: LegId, happening: &Happening) -> bool {
        let Happening::Ended { cause, .. } = happening else {
            return false;
        };
        let children = self.children.values_mut();
        let Some(party) = std::iter::once(&mut self.own)
            .chain(children)
            .find(|party| party.leg == leg)
        else {
            return false;
        };
        let Some(otherwise) = party.turns_to(*cause) else {
            return false;
        };
        if let Some(sip_call_id) = party.call.sip_call_id.clone() {
            party.attempts.add(Arc::clone(&self.agent), sip_call_id);
        }
        let next = LegId::next();
        party.leg = next;
        self.switchboard.forget(leg);
        self.switchboard.connect(next, self.task.clone());
        self.seek(next, otherwise);
        true
    }
}
