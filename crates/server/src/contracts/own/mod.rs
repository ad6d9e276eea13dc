//! `sederunt.v1`, our own contract beside the vendors': taking part in meetings and running them, one's spaces and how long they
//! keep their records, the register with what Google's resources have no field for, and what an operator manages.
//!
//! Who may is answered by the same policy and in the same words as everywhere: a second rule for the same records would be a way
//! around the first.

pub(crate) mod administration;
mod meetings;
mod operations;
mod register;
mod role;
mod spaces;

use api::sederunt::v1::administration_server::AdministrationServer;
use api::sederunt::v1::meetings_server::MeetingsServer;
use api::sederunt::v1::register_server::RegisterServer;
use api::sederunt::v1::spaces_server::SpacesServer;

use self::administration::AdministrationService;
use self::meetings::MeetingsService;
use self::register::RegisterService;
use self::spaces::SpacesService;
use crate::grpc::{Contract, Declared, GrpcService};
use crate::installation::Installation;
use crate::limits;

/// The contract, as it is served here.
pub(crate) fn contract(installation: &Installation) -> Contract {
    let meetings = MeetingsServer::new(MeetingsService::new(installation));
    let spaces = SpacesServer::new(SpacesService::new(installation));
    let register = RegisterServer::new(RegisterService::new(installation));
    let administration = AdministrationServer::new(AdministrationService::new(installation));
    let bytes = limits::REQUEST_BODY_BYTES_MAX;
    Contract {
        declared: &DECLARED,
        services: vec![
            GrpcService::new(meetings.max_decoding_message_size(bytes)),
            GrpcService::new(spaces.max_decoding_message_size(bytes)),
            GrpcService::new(register.max_decoding_message_size(bytes)),
            GrpcService::new(administration.max_decoding_message_size(bytes)),
        ],
    }
}

/// What it is. Its errors name the host that its clients know from Google's.
pub(crate) const DECLARED: Declared = Declared {
    packages: &["sederunt.v1"],
    host: "meet.googleapis.com",
    operations: operations::OPERATIONS,
    descriptions: &[],
};
