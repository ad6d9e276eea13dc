//! `spaces`: create, get, end the active conference.

use std::sync::Arc;

use api::google::apps::meet::v2beta as v2;
use identity::Principal;
use identity::policy::{Action, Resource};
use meeting::{Input, MeetingCode, Micros, Refusal, SpaceId};
use register::{NewSpace, Register, RegisterError, SpaceRecord};
use tonic::Code;

use super::access::{allow, failed, user};
use super::space_config::Settings;
use crate::failure::{Answer, Failure};
use crate::meetings::{InputError, Rooms};
use crate::names::{self, SpaceName};
use crate::{clock, random, web};

const NOUN: &str = "Space";

/// How often new random ids are drawn before giving up: one collision in 26^10 codes is rare, two in a row are a fault.
const DRAWS_MAX: u32 = 8;

/// `SpacesService`.
#[derive(Clone)]
pub(crate) struct Spaces {
    register: Register,
    rooms: Rooms,
    public_url: Arc<str>,
}

impl Spaces {
    pub(crate) fn new(register: Register, rooms: Rooms, public_url: &str) -> Spaces {
        Spaces {
            register,
            rooms,
            public_url: public_url.into(),
        }
    }

    pub(super) async fn create(&self, caller: &Principal, request: v2::CreateSpaceRequest) -> Answer<v2::Space> {
        allow(caller, Action::CreateSpace, &Resource::Service, NOUN)?;
        let owner = user(caller)?;
        let settings = Settings::effective(request.space.and_then(|space| space.config))?;
        let mut draws = 0;
        let record = loop {
            let new = NewSpace {
                id: SpaceId::from_random(random::bytes()),
                code: MeetingCode::from_random(random::bytes()),
                owner: owner.clone(),
                access_type: settings.access_type,
                entry_point_access: settings.entry_point_access,
                config: settings.json(),
                create: Micros(clock::now_us()),
            };
            draws += 1;
            match self.register.create_space(new).await {
                Ok(record) => break record,
                Err(RegisterError::Taken) if draws < DRAWS_MAX => {}
                Err(error) => return Err(failed(error, NOUN)),
            }
        };
        Ok(self.shown(&record, Some(&settings), false))
    }

    pub(super) async fn get(&self, caller: &Principal, request: &v2::GetSpaceRequest) -> Answer<v2::Space> {
        allow(caller, Action::GetSpace, &Resource::Service, NOUN)?;
        let now = Micros(clock::now_us());
        let name = names::space("name", &request.name)?;
        let record = find(&self.register, &name, now)
            .await
            .map_err(|error| failed(error, NOUN))?;
        let standing = |took_part| Resource::Space {
            owner: record.owner.as_str(),
            took_part,
        };

        let sees_config = allow(caller, Action::SeeSpaceConfig, &standing(false), NOUN).is_ok();
        let settings = if sees_config {
            Some(Settings::recorded(&record)?)
        } else {
            None
        };
        let sees_active = match &record.active_conference {
            None => false,
            Some(_) if sees_config => true,
            Some(active) => {
                let took_part = self.register.may_read(active, &user(caller)?, now).await;
                let took_part = took_part.map_err(|error| failed(error, NOUN))?;
                allow(caller, Action::SeeActiveConference, &standing(took_part), NOUN).is_ok()
            }
        };
        Ok(self.shown(&record, settings.as_ref(), sees_active))
    }

    pub(super) async fn end_active_conference(
        &self,
        caller: &Principal,
        request: &v2::EndActiveConferenceRequest,
    ) -> Answer<()> {
        // First whether the caller may end any conference, then whether this one: existence is secret.
        let anybody = caller.user().map_or("", |user| user.id.as_str());
        allow(
            caller,
            Action::EndActiveConference,
            &Resource::Space {
                owner: anybody,
                took_part: false,
            },
            NOUN,
        )?;
        let name = names::space("name", &request.name)?;
        let record = find(&self.register, &name, Micros(clock::now_us()))
            .await
            .map_err(|error| failed(error, NOUN))?;
        let resource = Resource::Space {
            owner: record.owner.as_str(),
            took_part: false,
        };
        allow(caller, Action::EndActiveConference, &resource, NOUN)?;
        if matches!(name, SpaceName::Code(_)) {
            // The reference takes an id alone here; whoever owns the space is told which.
            return Err(Failure::masked(NOUN)
                .google("MEETING_CODE_NOT_ACCEPTED")
                .with("name", names::of_space(&record.id)));
        }
        match self.rooms.input(record.id, Input::EndConference).await {
            Ok(()) => Ok(()),
            Err(InputError::Refused(Refusal::NoActiveConference)) => {
                Err(Failure::new(Code::FailedPrecondition, "There is no active conference."))
            }
            Err(InputError::Register(error)) => Err(failed(error, NOUN)),
            Err(error) => Err(Failure::internal(&error)),
        }
    }

    fn shown(&self, record: &SpaceRecord, settings: Option<&Settings>, sees_active: bool) -> v2::Space {
        let code = record.code.as_ref();
        let active = record.active_conference.as_ref().filter(|_| sees_active);
        v2::Space {
            name: names::of_space(&record.id),
            meeting_uri: code
                .map(|code| web::meeting_uri(&self.public_url, code))
                .unwrap_or_default(),
            meeting_code: code.map(ToString::to_string).unwrap_or_default(),
            config: settings.map(Settings::shown),
            active_conference: active.map(|conference| v2::ActiveConference {
                conference_record: names::of_conference(conference),
                ..v2::ActiveConference::default()
            }),
            ..v2::Space::default()
        }
    }
}

/// The space with this id or code.
pub(crate) async fn find(register: &Register, name: &SpaceName, now: Micros) -> Result<SpaceRecord, RegisterError> {
    match name {
        SpaceName::Id(id) => register.space_by_id(id, now).await,
        SpaceName::Code(code) => register.space_by_code(code, now).await,
        SpaceName::Unknown => Err(RegisterError::NotFound),
    }
}
