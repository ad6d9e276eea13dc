//! Who may: the policy's answer in the words of Google's contract.
//!
//! A handler is given a [`Call`], and asks it twice: first whether the caller's credential is for such things at all, before
//! anything is read, because existence is nothing for a caller without the scope; then whether it is for this one.

use identity::policy::{self, Action, Refusal, Resource};
use identity::{Principal, User};
use meeting::{ConferenceId, Micros, UserId};
use register::{Register, RegisterError};
use tonic::Code;

use crate::failure::{Answer, Failure};
use crate::gate::Method;

/// What `ErrorInfo` calls this service.
const SERVICE: &str = "meet.googleapis.com";

/// A call: by whom, and of which method.
#[derive(Debug)]
pub(crate) struct Call {
    caller: Principal,
    method: &'static Method,
}

impl Call {
    pub(super) fn new(caller: Principal, method: &'static Method) -> Call {
        Call { caller, method }
    }

    /// Whether the caller knows what only v2beta has.
    pub(super) fn is_beta(&self) -> bool {
        self.method.name.starts_with("google.apps.meet.v2beta.")
    }

    /// The application that acts for the caller.
    pub(super) fn app(&self) -> Option<&str> {
        self.caller.app.as_deref()
    }

    /// The application whose own spaces are all that the caller may do this to.
    pub(crate) fn confined_to(&self, action: Action) -> Option<&str> {
        policy::confined_to(&self.caller, action)
    }

    /// Refuses a credential that is not for such things; else the user who calls. `noun` is the resource type of the
    /// contract.
    pub(crate) fn entitled(&self, action: Action, noun: &str) -> Answer<UserId> {
        policy::entitled(&self.caller, action)
            .map(id_of)
            .map_err(|refusal| self.refused(refusal, noun))
    }

    /// Refuses a caller who may not do this to that.
    pub(crate) fn allowed(&self, action: Action, resource: &Resource<'_>, noun: &str) -> Answer<()> {
        policy::allowed(&self.caller, action, resource).map_err(|refusal| self.refused(refusal, noun))
    }

    /// Refuses whoever may not read a conference. A name that cannot be one of ours is a conference that nobody may read.
    pub(crate) async fn allowed_to_read(
        &self,
        register: &Register,
        conference: Option<ConferenceId>,
        noun: &str,
        now: Micros,
    ) -> Answer<ConferenceId> {
        const ACTION: Action = Action::ReadConferenceRecord;
        let reader = self.entitled(ACTION, noun)?;
        let Some(conference) = conference else {
            return Err(Failure::masked(noun));
        };
        let took_part = register.may_read(&conference, &reader, now).await;
        let took_part = took_part.map_err(|error| failed(error, noun))?;
        // Which app made the space is read for those alone to whom it matters.
        let app = match self.confined_to(ACTION) {
            Some(_) if took_part => maker_of(register, &conference, now)
                .await
                .map_err(|error| failed(error, noun))?,
            _ => None,
        };
        // The register counts the owner among the readers.
        let resource = Resource {
            owner: "",
            took_part,
            app: app.as_deref(),
        };
        self.allowed(ACTION, &resource, noun)?;
        Ok(conference)
    }

    fn refused(&self, refusal: Refusal, noun: &str) -> Failure {
        match refusal {
            Refusal::NotSignedIn => Failure::unauthenticated("CREDENTIALS_MISSING"),
            Refusal::ScopeMissing { .. } => Failure::new(Code::PermissionDenied, refusal.to_string())
                .google("ACCESS_TOKEN_SCOPE_INSUFFICIENT")
                .with("service", SERVICE)
                .with("method", self.method.name.replace('/', ".")),
            Refusal::NotPermitted => Failure::masked(noun),
        }
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

/// A user's id as meetings know it.
pub(crate) fn id_of(user: &User) -> UserId {
    UserId::parse(user.id.as_str()).expect("every user id has 21 digits")
}

/// What a caller is told when the register does not answer with what was asked for.
pub(crate) fn failed(error: RegisterError, noun: &str) -> Failure {
    match error {
        RegisterError::NotFound => Failure::masked(noun),
        RegisterError::InvalidFilter(malformed) => Failure::field("filter", malformed.to_string()),
        RegisterError::InvalidPageToken => Failure::field("page_token", error.to_string()),
        RegisterError::NegativePageSize => Failure::field("page_size", error.to_string()),
        other => Failure::broken(&other),
    }
}

/// The same for a child: whoever may read the parent may know what is not in it.
pub(crate) fn child_failed(error: RegisterError, noun: &str) -> Failure {
    match error {
        RegisterError::NotFound => Failure::not_found(),
        error => failed(error, noun),
    }
}
