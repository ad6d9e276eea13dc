//! What an administrator is told when something is not done. They manage what they ask about, so nothing is masked.

use std::error::Error;

use identity::{AccountError, AppError, DaemonCredentialError, OrganisationError, ProjectError};

use crate::failure::{Failure, Kind};

/// About an account.
pub(super) fn account(error: &AccountError) -> Failure {
    match error {
        AccountError::InvalidEmail { why, .. } => Failure::field("email", *why),
        AccountError::InvalidDisplayName(malformed) => Failure::field("display_name", malformed.to_string()),
        AccountError::EmailTaken(_) => taken(error),
        AccountError::NotFound => Failure::not_found(),
        AccountError::LastAdministrator => {
            Failure::new(Kind::Precondition, error.to_string()).because("LAST_ADMINISTRATOR")
        }
        AccountError::Store(_) => Failure::unreachable(error, "the accounts cannot be reached"),
    }
}

/// About an app, a service account, a key or a grant.
pub(super) fn app(error: &AppError) -> Failure {
    match error {
        AppError::InvalidName(malformed) => Failure::field("display_name", malformed.to_string()),
        AppError::InvalidServiceAccountName => Failure::field("account_id", error.to_string()),
        AppError::InvalidRedirectUri { uri, why } => Failure::field("redirect_uris", format!("{uri}: {why}")),
        AppError::NoRedirectUri => Failure::field("redirect_uris", error.to_string()),
        AppError::NoScope => Failure::field("scopes", error.to_string()),
        AppError::NameTaken(_) => taken(error),
        AppError::TooMany => Failure::new(Kind::Exhausted, error.to_string()).because("TOO_MANY"),
        AppError::NotFound => Failure::not_found(),
        AppError::Generation => Failure::internal(error),
        AppError::Store(_) => Failure::unreachable(error, "the accounts cannot be reached"),
    }
}

/// About what an application with roles signs in with.
pub(super) fn daemon_credential(error: &DaemonCredentialError) -> Failure {
    match error {
        DaemonCredentialError::Certificate(wrong) => Failure::field("certificate", wrong.to_string()),
        DaemonCredentialError::InvalidTtl => Failure::field("days", error.to_string()),
        DaemonCredentialError::Taken => taken(error),
        DaemonCredentialError::App(error) => app(error),
    }
}

/// About a domain.
pub(super) fn organisation(error: &OrganisationError) -> Failure {
    match error {
        OrganisationError::InvalidDomain(_) => Failure::field("domain", error.to_string()),
        OrganisationError::InvalidName(malformed) => Failure::field("organisation", malformed.to_string()),
        OrganisationError::DomainTaken(_) => taken(error),
        OrganisationError::NotFound => Failure::not_found(),
        OrganisationError::Store(_) => Failure::unreachable(error, "the accounts cannot be reached"),
    }
}

/// About a project, its members or its key.
pub(super) fn project(error: &ProjectError) -> Failure {
    match error {
        ProjectError::InvalidId => Failure::field("project_id", error.to_string()),
        ProjectError::InvalidName(malformed) => Failure::field("display_name", malformed.to_string()),
        ProjectError::Taken => taken(error),
        ProjectError::NotFound => Failure::not_found(),
        ProjectError::Store(_) => Failure::unreachable(error, "the projects cannot be reached"),
    }
}

fn taken(error: &dyn Error) -> Failure {
    Failure::new(Kind::Exists, error.to_string())
}
