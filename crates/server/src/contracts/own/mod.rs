//! `sederunt.v1`, our own contract beside the vendors': taking part in meetings and running them, one's spaces and how long they
//! keep their records, the register with what Google's resources have no field for, the projects that one is
//! in, and what an operator manages.
//!
//! Who may is answered by the same policy and in the same words as everywhere: a second rule for the same records would be a way
//! around the first.

pub(crate) mod administration;
mod meetings;
mod operations;
mod projects;
mod recording_archive;
mod recording_links;
mod recordings;
mod register;
mod role;
mod spaces;

use std::sync::Arc;

use api::sederunt::v1::{
    AdministrationMethods, MeetingsMethods, ProjectsMethods, RecordingsMethods, RegisterMethods, SpacesMethods,
};

pub(crate) use self::recording_links::Downloads;

use self::administration::AdministrationService;
use self::meetings::MeetingsService;
use self::projects::ProjectsService;
use self::recordings::RecordingsService;
use self::register::RegisterService;
use self::spaces::SpacesService;
use crate::grpc::{Contract, Declared};
use crate::installation::Installation;

/// The contract, as it is served here.
pub(crate) fn contract(installation: &Installation) -> Contract {
    Contract {
        declared: &DECLARED,
        services: vec![
            Arc::new(MeetingsMethods(Arc::new(MeetingsService::new(installation)))),
            Arc::new(SpacesMethods(Arc::new(SpacesService::new(installation)))),
            Arc::new(RegisterMethods(Arc::new(RegisterService::new(installation)))),
            Arc::new(RecordingsMethods(Arc::new(RecordingsService::new(installation)))),
            Arc::new(ProjectsMethods(Arc::new(ProjectsService::new(installation)))),
            Arc::new(AdministrationMethods(Arc::new(AdministrationService::new(
                installation,
            )))),
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
