//! Who may: the policy's answer in the words of Google's contract.

use identity::policy::{self, Action, Refusal, Resource};
use identity::{Principal, User};
use meeting::{ConferenceId, Micros, UserId};
use register::{Register, RegisterError};
use tonic::Code;

use crate::failure::{Answer, Failure};

/// Refuses a caller who may not do this to that. `noun` is the resource type of the contract.
pub(crate) fn allow(caller: &Principal, action: Action, resource: &Resource<'_>, noun: &str) -> Answer<()> {
    policy::allowed(caller, action, resource).map_err(|refusal| match refusal {
        Refusal::NotSignedIn => Failure::unauthenticated("CREDENTIALS_MISSING"),
        Refusal::ScopeMissing { .. } => {
            Failure::new(Code::PermissionDenied, refusal.to_string()).google("ACCESS_TOKEN_SCOPE_INSUFFICIENT")
        }
        Refusal::NotPermitted => Failure::masked(noun),
    })
}

/// The user who calls; for after [`allow`].
pub(crate) fn user(caller: &Principal) -> Answer<UserId> {
    caller
        .user()
        .map(id_of)
        .ok_or_else(|| Failure::unauthenticated("CREDENTIALS_MISSING"))
}

/// A user's id as meetings know it.
pub(crate) fn id_of(user: &User) -> UserId {
    UserId::parse(user.id.as_str()).expect("every user id has 21 digits")
}

/// Refuses whoever may not read a conference. A name that cannot be one of ours is a conference that nobody may read.
pub(crate) async fn allow_reading(
    register: &Register,
    caller: &Principal,
    conference: Option<ConferenceId>,
    noun: &str,
    now: Micros,
) -> Answer<ConferenceId> {
    let allowed = |took_part| {
        allow(
            caller,
            Action::ReadConferenceRecord,
            &Resource::Space { owner: "", took_part },
            noun,
        )
    };
    // Before anything is read: whether the conference exists is nothing for a caller without the scope.
    allow(caller, Action::ListConferenceRecords, &Resource::Service, noun)?;
    let Some(conference) = conference else {
        return Err(Failure::masked(noun));
    };
    let reads = register
        .may_read(&conference, &user(caller)?, now)
        .await
        .map_err(|error| failed(error, noun))?;
    allowed(reads)?;
    Ok(conference)
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

/// The same for a child of a conference: whoever may read the conference may know what is not in it.
pub(crate) fn child_failed(error: RegisterError, noun: &str) -> Failure {
    match error {
        RegisterError::NotFound => Failure::not_found(),
        error => failed(error, noun),
    }
}
