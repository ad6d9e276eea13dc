//! `spaces`: create, get, patch, end the active conference; and the questions before a media client would be connected.

use std::sync::Arc;

use api::google::apps::meet::v2beta as v2;
use identity::Identity;
use identity::policy::Action;
use meeting::{Input, MeetingCode, Pin, Refusal, Settings, SpaceId};
use register::{NewSpace, Register, RegisterError, SpaceRecord};
use rooms::{InputError, Rooms, SpaceName, find_space};

use super::space_config::{self, Change, PATHS};
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::{Asking, as_resource};
use crate::grpc::update_mask::UpdateMask;
use crate::installation::Installation;
use crate::limits::ID_DRAWS_MAX;
use crate::phone_access::PhoneAccess;
use crate::{clock, links, names, random};

/// `SpacesService`.
#[derive(Clone)]
pub(crate) struct Spaces {
    pub(super) register: Register,
    pub(super) rooms: Rooms,
    pub(super) identity: Identity,
    public_url: Arc<str>,
    phone_access: Arc<PhoneAccess>,
}

impl Spaces {
    pub(crate) fn new(installation: &Installation) -> Spaces {
        let Installation {
            register,
            rooms,
            identity,
            public_url,
            phone_access,
            ..
        } = installation.clone();
        Spaces {
            register,
            rooms,
            identity,
            public_url,
            phone_access,
        }
    }

    pub(super) async fn create(&self, asking: &Asking, request: v2::CreateSpaceRequest) -> Answer<v2::Space> {
        let owner = asking.entitled()?;
        let asked = request.space.and_then(|space| space.config);
        let settings = Change::parse(asked, UpdateMask::All)?.on(Settings::default());
        let mut draws = 0;
        let record = loop {
            let new = NewSpace {
                id: SpaceId::from_random(random::bytes()),
                code: MeetingCode::from_random(random::bytes()),
                owner: owner.clone(),
                settings,
                app: asking.app().map(str::to_owned),
                create: clock::steady(),
            };
            draws += 1;
            match self.register.create_space(new).await {
                Ok(record) => break record,
                Err(RegisterError::Taken) if draws < ID_DRAWS_MAX => {}
                Err(error) => return Err(asking.unread(error)),
            }
        };
        self.space_to_wire(asking, &record, true, false).await
    }

    pub(super) async fn get(&self, asking: &Asking, request: &v2::GetSpaceRequest) -> Answer<v2::Space> {
        let reader = asking.entitled()?;
        let now = clock::steady();
        let name = names::space("name", &request.name)?;
        let record = find_space(&self.register, &name, now)
            .await
            .map_err(|error| asking.unread(error))?;
        let resource = |took_part| as_resource(&record, took_part);
        asking.allowed(&resource(false))?;

        let sees_config = asking.may(Action::SeeSpaceConfig, &resource(false));
        let sees_active = match &record.active_conference {
            None => false,
            Some(_) if sees_config => true,
            Some(active) => {
                let took_part = self.register.may_read(active, &reader, now).await;
                let took_part = took_part.map_err(|error| asking.unread(error))?;
                asking.may(Action::SeeActiveConference, &resource(took_part))
            }
        };
        self.space_to_wire(asking, &record, sees_config, sees_active).await
    }

    pub(super) async fn update(&self, asking: &Asking, request: v2::UpdateSpaceRequest) -> Answer<v2::Space> {
        let asked = request.space.unwrap_or_default();
        let name = names::space("space.name", &asked.name)?;
        let mut record = self.own(asking, &name).await?;
        let mask = UpdateMask::parse(request.update_mask.as_ref(), PATHS, "update_mask")?;
        let change = Change::parse(asked.config, mask)?;
        let changed = self
            .rooms
            .configure(record.id.clone(), move |settings| change.on(settings));
        record.settings = changed.await.map_err(|error| input_failed(asking, error))?;
        self.space_to_wire(asking, &record, true, true).await
    }

    pub(super) async fn end_active_conference(
        &self,
        asking: &Asking,
        request: &v2::EndActiveConferenceRequest,
    ) -> Answer<()> {
        let name = names::space("name", &request.name)?;
        let record = self.own(asking, &name).await?;
        let ended = self.rooms.input_by(record.id, Input::EndConference, asking.by()).await;
        ended.map_err(|error| input_failed(asking, error))
    }

    /// Refuses whoever could not be a media client of this space; there are none yet.
    pub(super) async fn connect_active_conference(
        &self,
        asking: &Asking,
        request: &v2::ConnectActiveConferenceRequest,
    ) -> Answer<v2::ConnectActiveConferenceResponse> {
        let reader = asking.entitled()?;
        let now = clock::steady();
        let name = names::space("name", &request.name)?;
        let record = find_space(&self.register, &name, now)
            .await
            .map_err(|error| asking.unread(error))?;
        let took_part = match &record.active_conference {
            Some(active) => self.register.may_read(active, &reader, now).await,
            None => Ok(false),
        };
        let took_part = took_part.map_err(|error| asking.unread(error))?;
        asking.allowed(&as_resource(&record, took_part))?;
        Err(Failure::new(
            Kind::Unimplemented,
            "This server does not connect media clients.",
        ))
    }

    /// The space of this name, for something that only its owner may do. A code is no name here, as with the reference, which
    /// speaks of the space whatever was asked of it; whoever owns it is told the right name.
    pub(super) async fn own(&self, asking: &Asking, name: &SpaceName) -> Answer<SpaceRecord> {
        let found = asking.own_space(&self.register, name, clock::steady()).await;
        let SpaceName::Code(_) = name else { return found };
        let by_code = Failure::hidden("Space");
        match found {
            Ok(record) => Err(by_code
                .because("MEETING_CODE_NOT_ACCEPTED")
                .with("name", meeting::names::space(&record.id))),
            Err(refusal) if refusal.kind() == Kind::Hidden => Err(by_code),
            Err(refusal) => Err(refusal),
        }
    }

    /// Who may see a space sees its link, and so by what digits it is called: they open no more.
    async fn space_to_wire(
        &self,
        asking: &Asking,
        record: &SpaceRecord,
        sees_config: bool,
        sees_active: bool,
    ) -> Answer<v2::Space> {
        let pin = self.phone_access.pin(&self.register, &record.id).await;
        let pin = pin.map_err(|error| asking.unread(error))?;
        let code = record.code.as_ref();
        let active = record.active_conference.as_ref().filter(|_| sees_active);
        Ok(v2::Space {
            name: meeting::names::space(&record.id),
            meeting_uri: code
                .map(|code| links::meeting_uri(&self.public_url, code))
                .unwrap_or_default(),
            meeting_code: code.map(ToString::to_string).unwrap_or_default(),
            config: sees_config.then(|| space_config::config_of(&record.settings)),
            active_conference: active.map(|conference| v2::ActiveConference {
                conference_record: meeting::names::conference(conference),
                ..v2::ActiveConference::default()
            }),
            phone_access: pin
                .iter()
                .flat_map(|pin| phone_access(&self.phone_access, pin))
                .collect(),
            gateway_sip_access: pin
                .iter()
                .filter_map(|pin| sip_access(&self.phone_access, pin))
                .collect(),
        })
    }
}

/// Each number with the PIN that is keyed in there.
fn phone_access(access: &PhoneAccess, pin: &Pin) -> impl Iterator<Item = v2::space::PhoneAccess> {
    access.numbers.iter().map(|number| v2::space::PhoneAccess {
        phone_number: number.number.clone(),
        pin: pin.keyed().to_owned(),
        region_code: number.region.clone(),
        language_code: number.language.clone(),
    })
}

/// The address that leads in at once, and what is keyed in where the host alone is called.
fn sip_access(access: &PhoneAccess, pin: &Pin) -> Option<v2::space::GatewaySipAccess> {
    Some(v2::space::GatewaySipAccess {
        uri: access.address(pin)?,
        sip_access_code: pin.keyed().to_owned(),
    })
}

/// What a caller is told of an input that did not happen.
fn input_failed(asking: &Asking, error: InputError) -> Failure {
    match error {
        InputError::Refused(Refusal::NoActiveConference) => {
            Failure::new(Kind::Precondition, "There is no active conference.")
        }
        InputError::Register(error) => asking.unread(error),
        error => Failure::internal(&error),
    }
}
