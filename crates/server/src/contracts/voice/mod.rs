//! `enfonica.voice.v1beta1`: telephone calls, their recordings, and the domains that they come in by.
//!
//! What is served is served as the contract has it; what is not, such as faxes, has no method here, and is answered as any method that a
//! server does not know. Beside its services the contract has three more sides: it asks handlers what to do with a
//! call ([`handlers`]), it tells programs what became of calls and recordings ([`notices`]), and it hands out links to files ([`links`]).
//!
//! Of users the contract has only the JSON, and no numbers of fields. So they have a package of ours, and over REST they stand where the
//! contract has them. So has what is done with a recording while it goes on, for which the contract has no word at all.

mod aliases;
mod calls;
mod handlers;
mod links;
mod notices;
mod operations;
mod permitted;
mod recording_config;
mod recording_control;
mod recordings;
mod saying;
mod sip_domains;
mod streams;
mod users;
mod wire;

pub(crate) use handlers::HttpHandlers;
pub(crate) use links::Downloads;
pub(crate) use notices::notifier;

use crate::grpc::{Contract, Declared};
use crate::installation::Installation;

/// The contract, as it is served here.
pub(crate) fn contract(installation: &Installation) -> Contract {
    Contract {
        declared: &DECLARED,
        services: vec![
            calls::CallsService::methods(installation),
            recordings::RecordingsService::methods(installation),
            sip_domains::SipDomainsService::methods(installation),
            aliases::AliasesService::methods(installation),
            streams::StreamsService::methods(installation),
        ],
    }
}

/// Users of SIP domains, and recordings that go on.
pub(crate) fn own_contract(installation: &Installation) -> Contract {
    Contract {
        declared: &OWN_DECLARED,
        services: vec![
            users::UsersService::methods(installation),
            recording_control::RecordingControlService::methods(installation),
        ],
    }
}

/// What it is.
pub(crate) const DECLARED: Declared = Declared {
    packages: &["enfonica.voice.v1beta1"],
    host: "voice.api.enfonica.com",
    operations: operations::OPERATIONS,
    descriptions: &[],
};

/// What these are served as: the same contract to whoever meets it, in a package of its own.
pub(crate) const OWN_DECLARED: Declared = Declared {
    packages: &["sederunt.voice.v1beta1"],
    operations: operations::OWN_OPERATIONS,
    ..DECLARED
};
