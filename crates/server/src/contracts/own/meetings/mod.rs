//! `sederunt.v1.Meetings`: joining, knocking, coming back and leaving; running a meeting. What happens then is decided and written
//! behind the one door, in [`rooms`].

mod arrival;
mod checking;
mod dialling;
mod entry;
mod hosting;
mod recording;
mod refusals;
mod service;

use std::hash::RandomState;
use std::sync::Arc;

use aside::Aside;
use calls::Calls;
use identity::Identity;
use media::Media;
use register::{Register, SpaceRecord};
use rooms::{Rooms, find_space};
use share::{Limit, Shared};

use self::refusals::unknown_meeting;
use crate::failure::Answer;
use crate::installation::Installation;
use crate::metrics::Metrics;
use crate::phone_access::PhoneAccess;
use crate::relays::Relays;
use crate::{clock, limits, names};

/// The service.
#[derive(Clone)]
pub(super) struct MeetingsService {
    register: Register,
    identity: Identity,
    rooms: Rooms,
    calls: Calls,
    phone_access: Arc<PhoneAccess>,
    media: Media,
    relays: Relays,
    metrics: Arc<Metrics>,
    public_url: Arc<str>,
    /// Numbers clients, in each process anew.
    clients: RandomState,
    /// Places for those who are on the way in.
    arrivals: Shared,
    /// Places for checks of the network.
    checks: Shared,
    /// That a space has no place for somebody, or not yet.
    door: Arc<Limit>,
    /// Places for offers that are answered at the same time.
    offers: Arc<Aside>,
}

impl MeetingsService {
    pub(super) fn new(installation: &Installation) -> MeetingsService {
        let Installation {
            register,
            identity,
            rooms,
            calls,
            phone_access,
            media,
            relays,
            metrics,
            public_url,
            reports,
            ..
        } = installation.clone();
        MeetingsService {
            register,
            identity,
            rooms,
            calls,
            phone_access,
            media,
            relays,
            metrics,
            public_url,
            clients: RandomState::new(),
            arrivals: Shared::new("arrivals", limits::ARRIVALS, &reports),
            checks: Shared::new("network_checks", limits::NETWORK_CHECKS, &reports),
            door: reports.limit("door"),
            offers: Arc::new(Aside::new("offers", Aside::all_cores_but_one())),
        }
    }

    /// The space of this id or code.
    async fn space(&self, name: &str) -> Answer<SpaceRecord> {
        let name = names::space("space", name)?;
        find_space(&self.register, &name, clock::steady())
            .await
            .map_err(|error| unknown_meeting(&error))
    }
}
