//! Who asks, and for what.
//!
//! A handler is given an [`Asking`], and asks it twice: first whether the caller's credential is for such things at all, before
//! anything is read, because existence is nothing for a caller without the scope; then whether it is for this one. What the
//! operation needs stands in its contract's table; only what a handler does beside that is named by the handler.

use std::sync::Arc;

use audit::{Actor, By};
use identity::policy::{self, Action, Reach, Refusal, Resource};
use identity::{Caller, Principal, Scopes};
use meeting::{ConferenceId, Micros, UserId};
use register::{Register, RegisterError, SpaceRecord};
use rooms::{SpaceName, find_space};
use share::{Client, Taker};

use super::operation::{Needs, Operation};
use crate::clock;
use crate::failure::{Answer, Failure, Kind};

/// A method as it is served.
#[derive(Debug)]
pub(crate) struct Method {
    /// Its whole name, of which metrics and errors speak: `google.apps.meet.v2.SpacesService/GetSpace`.
    pub(crate) name: Arc<str>,
    /// The host by which errors name its service.
    pub(crate) service: &'static str,
    /// What is declared of it.
    pub(crate) operation: &'static Operation,
}

/// A request that was let in: by whom, and of which method.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    caller: Principal,
    client: Client,
    method: Arc<Method>,
}

impl Asking {
    pub(super) fn new(caller: Principal, client: Client, method: Arc<Method>) -> Asking {
        Asking { caller, client, method }
    }

    /// Who asks.
    pub(crate) fn caller(&self) -> &Principal {
        &self.caller
    }

    /// From where.
    pub(crate) fn client(&self) -> Client {
        self.client
    }

    /// Whose share of what is scarce this takes.
    pub(crate) fn taker(&self) -> Taker {
        match &self.caller.caller {
            Caller::User(user) => Taker::account(user.id.as_str()),
            Caller::ServiceAccount { client_id, .. } | Caller::Daemon { client_id, .. } => {
                Taker::account(client_id.as_str())
            }
            Caller::Anonymous => Taker::Stranger(self.client()),
        }
    }

    /// The same two for the audit log, with the time.
    pub(crate) fn by(&self) -> By {
        let actor = match &self.caller.caller {
            Caller::User(user) => Actor::User(user.id.clone()),
            Caller::ServiceAccount { client_id, .. } => Actor::ServiceAccount(client_id.clone()),
            Caller::Daemon { client_id, .. } => Actor::Daemon(client_id.clone()),
            Caller::Anonymous => Actor::Nobody,
        };
        By::remote(actor, &self.client(), clock::now_us()).through(self.caller.app.clone())
    }

    /// The whole name of the method.
    pub(crate) fn method_name(&self) -> &str {
        &self.method.name
    }

    /// The resource type that this is about.
    pub(crate) fn noun(&self) -> &'static str {
        self.method.operation.noun
    }

    /// The scopes of which the operation needs one.
    pub(crate) fn scopes(&self) -> Scopes {
        self.method.operation.needs.scopes()
    }

    /// The application that acts for the caller.
    pub(crate) fn app(&self) -> Option<&str> {
        self.caller.app.as_deref()
    }

    /// What the operation does, in the words of the policy.
    fn action(&self) -> Action {
        match self.method.operation.needs {
            Needs::Credential(action) => action,
            other => unreachable!("{} needs {other:?}, and asks the policy", self.method.name),
        }
    }

    /// The application whose own spaces are all that the caller may do this to.
    pub(crate) fn confined_to(&self) -> Option<&str> {
        policy::confined_to(&self.caller, self.action())
    }

    /// Refuses a credential that is not for such things; else the user who asks.
    pub(crate) fn entitled(&self) -> Answer<UserId> {
        policy::entitled(&self.caller, self.action())
            .map(|user| user.id.clone())
            .map_err(|refusal| self.refused(refusal))
    }

    /// Refuses a credential that is not for such things, be it a user's or a program's; else whose things it reaches.
    pub(crate) fn reach(&self) -> Answer<Reach<'_>> {
        policy::reach(&self.caller, self.action()).map_err(|refusal| self.refused(refusal))
    }

    /// Refuses a caller who may not do this to that.
    pub(crate) fn allowed(&self, resource: &Resource<'_>) -> Answer<()> {
        policy::allowed(&self.caller, self.action(), resource).map_err(|refusal| self.refused(refusal))
    }

    /// Whether the caller may do that, too.
    pub(crate) fn may(&self, action: Action, resource: &Resource<'_>) -> bool {
        policy::allowed(&self.caller, action, resource).is_ok()
    }

    /// Refuses whoever may not read a conference. A name that cannot be one of ours is a conference that nobody may read.
    pub(crate) async fn allowed_to_read(
        &self,
        register: &Register,
        conference: Option<ConferenceId>,
        now: Micros,
    ) -> Answer<ConferenceId> {
        let reader = self.entitled()?;
        let Some(conference) = conference else {
            return Err(Failure::hidden(self.noun()));
        };
        let took_part = register.may_read(&conference, &reader, now).await;
        let took_part = took_part.map_err(|error| self.unread(error))?;
        // Which app made the space is read for those alone to whom it matters.
        let app = match self.confined_to() {
            Some(_) if took_part => maker_of(register, &conference, now)
                .await
                .map_err(|error| self.unread(error))?,
            _ => None,
        };
        // The register counts the owner among the readers.
        let resource = Resource {
            owner: "",
            took_part,
            app: app.as_deref(),
        };
        self.allowed(&resource)?;
        Ok(conference)
    }

    /// The space of this name, for something that only its owner may do.
    pub(crate) async fn own_space(&self, register: &Register, name: &SpaceName, now: Micros) -> Answer<SpaceRecord> {
        self.entitled()?;
        let record = find_space(register, name, now)
            .await
            .map_err(|error| self.unread(error))?;
        self.allowed(&as_resource(&record, false))?;
        Ok(record)
    }

    /// The policy's refusal, as this caller may know it.
    pub(crate) fn refused(&self, refusal: Refusal) -> Failure {
        match refusal {
            Refusal::NotSignedIn => Failure::unauthenticated("CREDENTIALS_MISSING"),
            Refusal::ScopeMissing { .. } | Refusal::RoleMissing { .. } => Failure::from(Kind::ScopeMissing)
                .with("service", self.method.service)
                .with("method", self.method.name.replace('/', ".")),
            Refusal::NotPermitted => Failure::hidden(self.noun()),
        }
    }

    /// What the caller is told when the register does not answer with what was asked for.
    pub(crate) fn unread(&self, error: RegisterError) -> Failure {
        match error {
            RegisterError::NotFound => Failure::hidden(self.noun()),
            RegisterError::InvalidFilter(malformed) => Failure::field("filter", malformed.to_string()),
            // Another try would fail alike, so it is not for want of something.
            RegisterError::TooFar => Failure::field("filter", error.to_string()),
            RegisterError::InvalidPageToken => Failure::field("page_token", error.to_string()),
            RegisterError::NegativePageSize => Failure::field("page_size", error.to_string()),
            other => Failure::broken(&other),
        }
    }

    /// The same for a child: whoever may read the parent may know what is not in it.
    pub(crate) fn unread_child(&self, error: RegisterError) -> Failure {
        match error {
            RegisterError::NotFound => Failure::not_found(),
            error => self.unread(error),
        }
    }
}

/// How the policy sees a space.
pub(crate) fn as_resource(record: &SpaceRecord, took_part: bool) -> Resource<'_> {
    Resource {
        owner: record.owner.as_str(),
        took_part,
        app: record.app.as_deref(),
    }
}

/// The app that made the space of a conference.
async fn maker_of(
    register: &Register,
    conference: &ConferenceId,
    now: Micros,
) -> Result<Option<String>, RegisterError> {
    let record = register.conference(conference, now).await?;
    Ok(register.space_by_id(&record.space, now).await?.app)
}
