//! A check of the network before one joins: a transport that leads nowhere, for whoever wants to know how it fares.
//!
//! It needs no account, because whoever is asked to a meeting by a link has none and is who wonders. So it is shared out like all
//! that strangers may have ([`limits::NETWORK_CHECKS`]), and `media` sees to it that it is good for nothing else.

use ::api::sederunt::v1 as api;
use identity::Caller;
use media::CheckError;

use super::MeetingsService;
use super::refusals::{entry_failure, invalid_offer};
use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;

impl MeetingsService {
    /// Begins a check.
    pub(super) async fn check_network(
        &self,
        asking: &Asking,
        request: api::CheckNetworkRequest,
    ) -> Answer<api::CheckNetworkResponse> {
        let place = self.checks.take(asking.taker(), 1);
        let place = place.map_err(|used| Failure::used_up(used, "Checks of the network"))?;
        let media = self.media.clone();
        let check = move || media.check(&request.offer, Box::new(place));
        match self.offers.run(check).await {
            Ok(Ok(answer)) => Ok(api::CheckNetworkResponse {
                answer,
                ice_servers: self.relays_to_try(asking),
            }),
            Ok(Err(CheckError::Offer(error))) => Err(invalid_offer(&error)),
            Ok(Err(CheckError::Overloaded(overloaded))) => Err(entry_failure(overloaded.into())),
            Err(broken_off) => Err(Failure::internal(&broken_off)),
        }
    }

    /// A relay of ours leads nowhere but here, so anybody may try it. Another one leads to where it likes: whoever has no account is told
    /// of it with a meeting, and not for nothing.
    fn relays_to_try(&self, asking: &Asking) -> Vec<api::IceServer> {
        let is_stranger = matches!(asking.caller().caller, Caller::Anonymous);
        if is_stranger && self.relays.own_secret().is_none() {
            return vec![];
        }
        self.ice_servers()
    }
}
