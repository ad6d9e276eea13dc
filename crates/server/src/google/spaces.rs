//! `spaces`: create, get, patch, end the active conference; and the questions before a media client would be connected.

use std::sync::Arc;

use api::google::apps::meet::v2beta as v2;
use identity::Identity;
use identity::policy::{Action, Resource};
use meeting::{Input, MeetingCode, Micros, Refusal, Settings, SpaceId};
use register::{NewSpace, Register, RegisterError, SpaceRecord};
use tonic::Code;

use super::access::{Call, failed};
use super::space_config::{self, Change, PATHS};
use super::update_mask::UpdateMask;
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
    pub(super) register: Register,
    pub(super) rooms: Rooms,
    pub(super) identity: Identity,
    public_url: Arc<str>,
}

impl Spaces {
    pub(crate) fn new(register: Register, rooms: Rooms, identity: Identity, public_url: &str) -> Spaces {
        Spaces {
            register,
            rooms,
            identity,
            public_url: public_url.into(),
        }
    }

    pub(super) async fn create(&self, call: &Call, request: v2::CreateSpaceRequest) -> Answer<v2::Space> {
        let owner = call.entitled(Action::CreateSpace, NOUN)?;
        let asked = request.space.and_then(|space| space.config);
        let settings = Change::read(asked, UpdateMask::All)?.on(Settings::default());
        let mut draws = 0;
        let record = loop {
            let new = NewSpace {
                id: SpaceId::from_random(random::bytes()),
                code: MeetingCode::from_random(random::bytes()),
                owner: owner.clone(),
                settings,
                app: call.app().map(str::to_owned),
                create: Micros(clock::now_us()),
            };
            draws += 1;
            match self.register.create_space(new).await {
                Ok(record) => break record,
                Err(RegisterError::Taken) if draws < DRAWS_MAX => {}
                Err(error) => return Err(failed(error, NOUN)),
            }
        };
        Ok(self.shown(&record, true, false))
    }

    pub(super) async fn get(&self, call: &Call, request: &v2::GetSpaceRequest) -> Answer<v2::Space> {
        let reader = call.entitled(Action::GetSpace, NOUN)?;
        let now = Micros(clock::now_us());
        let name = names::space("name", &request.name)?;
        let record = find(&self.register, &name, now)
            .await
            .map_err(|error| failed(error, NOUN))?;
        let standing = |took_part| standing(&record, took_part);
        call.allowed(Action::GetSpace, &standing(false), NOUN)?;

        let sees_config = call.allowed(Action::SeeSpaceConfig, &standing(false), NOUN).is_ok();
        let sees_active = match &record.active_conference {
            None => false,
            Some(_) if sees_config => true,
            Some(active) => {
                let took_part = self.register.may_read(active, &reader, now).await;
                let took_part = took_part.map_err(|error| failed(error, NOUN))?;
                call.allowed(Action::SeeActiveConference, &standing(took_part), NOUN)
                    .is_ok()
            }
        };
        Ok(self.shown(&record, sees_config, sees_active))
    }

    pub(super) async fn update(&self, call: &Call, request: v2::UpdateSpaceRequest) -> Answer<v2::Space> {
        let asked = request.space.unwrap_or_default();
        let name = names::space("space.name", &asked.name)?;
        let mut record = self.own(call, Action::UpdateSpace, &name, NOUN).await?;
        let mask = UpdateMask::read(request.update_mask.as_ref(), PATHS, "update_mask")?;
        let change = Change::read(asked.config, mask)?;
        let changed = self
            .rooms
            .configure(record.id.clone(), move |settings| change.on(settings));
        record.settings = changed.await.map_err(input_failed)?;
        Ok(self.shown(&record, true, true))
    }

    pub(super) async fn end_active_conference(
        &self,
        call: &Call,
        request: &v2::EndActiveConferenceRequest,
    ) -> Answer<()> {
        let name = names::space("name", &request.name)?;
        let record = self.own(call, Action::EndActiveConference, &name, NOUN).await?;
        let ended = self.rooms.input(record.id, Input::EndConference).await;
        ended.map_err(input_failed)
    }

    /// Refuses whoever could not be a media client of this space; there are none yet.
    pub(super) async fn connect_active_conference(
        &self,
        call: &Call,
        request: &v2::ConnectActiveConferenceRequest,
    ) -> Answer<v2::ConnectActiveConferenceResponse> {
        let reader = call.entitled(Action::ConnectActiveConference, NOUN)?;
        let now = Micros(clock::now_us());
        let name = names::space("name", &request.name)?;
        let record = find(&self.register, &name, now)
            .await
            .map_err(|error| failed(error, NOUN))?;
        let took_part = match &record.active_conference {
            Some(active) => self.register.may_read(active, &reader, now).await,
            None => Ok(false),
        };
        let took_part = took_part.map_err(|error| failed(error, NOUN))?;
        call.allowed(Action::ConnectActiveConference, &standing(&record, took_part), NOUN)?;
        Err(Failure::new(
            Code::Unimplemented,
            "This server does not connect media clients.",
        ))
    }

    /// The space of this name, for something that only its owner may do. A code is no name here, as with the reference;
    /// whoever owns the space is told the right one.
    pub(super) async fn own(&self, call: &Call, action: Action, name: &SpaceName, noun: &str) -> Answer<SpaceRecord> {
        call.entitled(action, noun)?;
        let record = find(&self.register, name, Micros(clock::now_us()))
            .await
            .map_err(|error| failed(error, noun))?;
        call.allowed(action, &standing(&record, false), noun)?;
        if matches!(name, SpaceName::Code(_)) {
            return Err(Failure::masked(noun)
                .google("MEETING_CODE_NOT_ACCEPTED")
                .with("name", names::of_space(&record.id)));
        }
        Ok(record)
    }

    fn shown(&self, record: &SpaceRecord, sees_config: bool, sees_active: bool) -> v2::Space {
        let code = record.code.as_ref();
        let active = record.active_conference.as_ref().filter(|_| sees_active);
        v2::Space {
            name: names::of_space(&record.id),
            meeting_uri: code
                .map(|code| web::meeting_uri(&self.public_url, code))
                .unwrap_or_default(),
            meeting_code: code.map(ToString::to_string).unwrap_or_default(),
            config: sees_config.then(|| space_config::shown(&record.settings)),
            active_conference: active.map(|conference| v2::ActiveConference {
                conference_record: names::of_conference(conference),
                ..v2::ActiveConference::default()
            }),
            ..v2::Space::default()
        }
    }
}

/// How the policy sees a space.
fn standing(record: &SpaceRecord, took_part: bool) -> Resource<'_> {
    Resource {
        owner: record.owner.as_str(),
        took_part,
        app: record.app.as_deref(),
    }
}

/// What a caller is told of an input that did not happen.
fn input_failed(error: InputError) -> Failure {
    match error {
        InputError::Refused(Refusal::NoActiveConference) => {
            Failure::new(Code::FailedPrecondition, "There is no active conference.")
        }
        InputError::Register(error) => failed(error, NOUN),
        error => Failure::internal(&error),
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
