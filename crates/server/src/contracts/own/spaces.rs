//! `sederunt.v1.Spaces`: one's own spaces, and how long each keeps its records.

use std::num::NonZeroU16;
use std::sync::Arc;

use ::api::google::apps::meet::v2::space_config::AccessType as ShownAccess;
use ::api::sederunt::v1::{self as api, space_retention::Policy};
use meeting::AccessType;
use register::{Register, Retention, SpaceRecord, limits::NEVER_US};
use tonic::{Request, Response, Status};

use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;
use crate::grpc::wire::{chosen, query, timestamp};
use crate::grpc::{admitted, respond};
use crate::installation::Installation;
use crate::{clock, limits, links, names};

const DAY_US: i64 = 24 * 3600 * 1_000_000;

/// The service.
#[derive(Clone, Debug)]
pub(super) struct SpacesService {
    register: Register,
    public_url: Arc<str>,
    /// For how long records are kept of a space that has no retention of its own.
    retention_us: i64,
}

impl SpacesService {
    pub(super) fn new(installation: &Installation) -> SpacesService {
        SpacesService {
            register: installation.register.clone(),
            public_url: Arc::clone(&installation.public_url),
            retention_us: installation.retention_us,
        }
    }

    async fn list(&self, asking: &Asking, request: &api::ListSpacesRequest) -> Answer<api::ListSpacesResponse> {
        let owner = asking.entitled()?;
        if asking.confined_to().is_some() {
            // The list tells of spaces that the app did not make.
            return Err(Failure::hidden(asking.noun()));
        }
        let query = query("", request.page_size, &request.page_token, clock::steady());
        let page = self.register.list_spaces(&owner, &query).await;
        let page = page.map_err(|error| asking.unread(error))?;
        Ok(api::ListSpacesResponse {
            spaces: page.items.iter().map(|record| self.space_to_wire(record)).collect(),
            next_page_token: page.next_page_token.unwrap_or_default(),
        })
    }

    fn space_to_wire(&self, record: &SpaceRecord) -> api::OwnSpace {
        let code = record.code.as_ref();
        api::OwnSpace {
            space: meeting::names::space(&record.id),
            meeting_uri: code
                .map(|code| links::meeting_uri(&self.public_url, code))
                .unwrap_or_default(),
            meeting_code: code.map(ToString::to_string).unwrap_or_default(),
            access_type: match record.settings.access_type {
                AccessType::Open => ShownAccess::Open,
                AccessType::Trusted => ShownAccess::Trusted,
                AccessType::Restricted => ShownAccess::Restricted,
            }
            .into(),
            create_time: Some(timestamp(record.create)),
            last_used_time: record.last_used.map(timestamp),
            active: record.active_conference.is_some(),
        }
    }

    /// The caller's own space of this name.
    async fn own(&self, asking: &Asking, name: &str) -> Answer<SpaceRecord> {
        let name = names::space("space", name)?;
        asking.own_space(&self.register, &name, clock::steady()).await
    }

    async fn retention(&self, asking: &Asking, request: &api::GetSpaceRetentionRequest) -> Answer<api::SpaceRetention> {
        let record = self.own(asking, &request.space).await?;
        Ok(self.retention_to_wire(&record, record.retention))
    }

    async fn keep(&self, asking: &Asking, request: &api::UpdateSpaceRetentionRequest) -> Answer<api::SpaceRetention> {
        let record = self.own(asking, &request.space).await?;
        let retention = retention_of(request)?;
        self.register
            .set_retention(&record.id, retention, &asking.by())
            .await
            .map_err(|error| asking.unread(error))?;
        Ok(self.retention_to_wire(&record, retention))
    }

    fn retention_to_wire(&self, record: &SpaceRecord, retention: Retention) -> api::SpaceRetention {
        let (policy, days) = match retention {
            Retention::Default if self.retention_us == NEVER_US => (Policy::Installation, 0),
            Retention::Default => {
                let days = i32::try_from(self.retention_us / DAY_US).unwrap_or(i32::MAX);
                (Policy::Installation, days)
            }
            Retention::Days(days) => (Policy::Days, days.get().into()),
            Retention::Never => (Policy::Never, 0),
        };
        api::SpaceRetention {
            space: meeting::names::space(&record.id),
            policy: policy.into(),
            days,
        }
    }
}

fn retention_of(request: &api::UpdateSpaceRetentionRequest) -> Answer<Retention> {
    match chosen(request.policy, "policy")? {
        Policy::Installation => Ok(Retention::Default),
        Policy::Never => Ok(Retention::Never),
        Policy::Days => u16::try_from(request.days)
            .ok()
            .filter(|days| *days <= limits::RETENTION_DAYS_MAX)
            .and_then(NonZeroU16::new)
            .map(Retention::Days)
            .ok_or_else(|| Failure::field("days", format!("it is not from 1 to {}", limits::RETENTION_DAYS_MAX))),
        Policy::Unspecified => Err(Failure::field("policy", "it is missing")),
    }
}

#[tonic::async_trait]
impl api::spaces_server::Spaces for SpacesService {
    async fn list_spaces(
        &self,
        request: Request<api::ListSpacesRequest>,
    ) -> Result<Response<api::ListSpacesResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.list(&asking, &message).await)
    }

    async fn get_space_retention(
        &self,
        request: Request<api::GetSpaceRetentionRequest>,
    ) -> Result<Response<api::SpaceRetention>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.retention(&asking, &message).await)
    }

    async fn update_space_retention(
        &self,
        request: Request<api::UpdateSpaceRetentionRequest>,
    ) -> Result<Response<api::SpaceRetention>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.keep(&asking, &message).await)
    }
}
