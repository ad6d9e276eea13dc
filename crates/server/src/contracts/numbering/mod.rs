//! `enfonica.numbering.v1beta1`: phone numbers of projects, and who is asked what to do when one is called.
//!
//! Numbers cannot be bought here: they are those that the operator's trunk brings, as far as the configuration gives them to projects. So
//! of what the contract has for a shop there is this much: a search finds nothing, there are no ranges, no prices and no papers for
//! authorities, and messages are not received. Whoever asks for any of that is told so, since a handler that is kept and never asked would
//! be a lie. `RegulatoryListings` are not served at all.

mod instances;
mod operations;
mod search;

use crate::grpc::{Contract, Declared};
use crate::installation::Installation;

/// The contract, as it is served here.
pub(crate) fn contract(installation: &Installation) -> Contract {
    Contract {
        declared: &DECLARED,
        services: vec![
            instances::InstancesService::methods(installation),
            search::SearchService::methods(),
        ],
    }
}

/// What it is.
pub(crate) const DECLARED: Declared = Declared {
    packages: &["enfonica.numbering.v1beta1"],
    host: "numbering.api.enfonica.com",
    operations: operations::OPERATIONS,
    descriptions: &[],
};
