//! Accounts: `users/{user}`.

use api::sederunt::v1 as api;
use audit::By;
use identity::{AccountError, Identity, NewUser, User, UserChange, limits};
use meeting::{ConferenceId, ParticipantId, UserId};
use register::{Forgotten, Register, RegisterError, chain};

use super::pages::requested_page;
use super::{failures, timestamp};
use crate::failure::{Answer, Failure, Kind};
use crate::{clock, links, names, random};

pub(super) async fn list(identity: &Identity, message: &api::ListUsersRequest) -> Answer<api::ListUsersResponse> {
    let page = requested_page(message.page_size, &message.page_token)?;
    let users = identity
        .list_users(page)
        .await
        .map_err(|error| failures::account(&error))?;
    Ok(api::ListUsersResponse {
        users: users.items.into_iter().map(user_to_wire).collect(),
        next_page_token: users.next.unwrap_or_default(),
    })
}

pub(super) async fn create(identity: &Identity, message: &api::CreateUserRequest, by: &By) -> Answer<api::UserAccount> {
    let new = NewUser {
        email: &message.email,
        display_name: &message.display_name,
        administrator: message.administrator,
    };
    let user = identity.add_user(new, by).await;
    user.map(user_to_wire).map_err(|error| failures::account(&error))
}

pub(super) async fn update(identity: &Identity, message: &api::UpdateUserRequest, by: &By) -> Answer<api::UserAccount> {
    let change = UserChange {
        display_name: message.display_name.as_deref(),
        administrator: message.administrator,
    };
    let user = identity.update_user(&id(&message.name)?, change, by).await;
    user.map(user_to_wire).map_err(|error| failures::account(&error))
}

pub(super) async fn delete(
    identity: &Identity,
    register: &Register,
    message: &api::DeleteUserRequest,
    by: &By,
) -> Answer<()> {
    let id = id(&message.name)?;
    if !message.forget {
        return identity
            .delete_user(&id, by)
            .await
            .map_err(|error| failures::account(&error));
    }
    let user = identity.user(&id).await.map_err(|error| failures::account(&error))?;
    let user = user.ok_or_else(Failure::not_found)?;
    match forget(identity, register, &user, by).await {
        Ok(_) => Ok(()),
        Err(ForgetError::Account(error)) => Err(failures::account(&error)),
        Err(ForgetError::Register(error @ RegisterError::StillMeeting)) => {
            Err(Failure::new(Kind::Precondition, error.to_string()).because("STILL_MEETING"))
        }
        Err(ForgetError::Register(error @ RegisterError::StillSeen(_))) => {
            tracing::warn!(error = %chain(&error), "somebody is forgotten, and their bytes are not gone yet");
            Err(Failure::unavailable(error.to_string()))
        }
        Err(ForgetError::Register(error)) => Err(Failure::broken(&error)),
    }
}

pub(super) async fn invite(
    identity: &Identity,
    public_url: &str,
    message: &api::InviteUserRequest,
    by: &By,
) -> Answer<api::Invitation> {
    let id = id(&message.name)?;
    // Or the link would be for nobody.
    let user = identity.user(&id).await.map_err(|error| failures::account(&error))?;
    let user = user.ok_or_else(Failure::not_found)?;
    let lifetime = limits::SIGN_IN_LINK_TTL;
    let secret = identity.sign_in_link(&user.id, lifetime, by).await;
    let secret = secret.map_err(|error| failures::account(&error))?;
    Ok(api::Invitation {
        link: links::sign_in_url(public_url, &secret),
        expire_time: Some(timestamp(by.now_us + clock::micros(lifetime))),
    })
}

/// Why somebody was not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// Their account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The register.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// Deletes an account, and takes its person out of the register; says in how many conferences they were.
///
/// The register comes first, because it refuses whoever is still in a meeting, and then nothing has happened. It comes again,
/// because the bytes of the account itself are to go, too.
pub async fn forget(identity: &Identity, register: &Register, user: &User, by: &By) -> Result<usize, ForgetError> {
    let person = Forgotten::Account {
        id: &user.id,
        email: &user.email,
    };
    let conferences = register.forget_person(person, random::bytes()).await?;
    identity.delete_user(&user.id, by).await?;
    Ok(conferences + register.forget_person(person, random::bytes()).await?)
}

/// Takes a participant without an account out of the register; says whether there was one, as a number of conferences.
pub async fn forget_participant(
    register: &Register,
    conference: &ConferenceId,
    participant: &ParticipantId,
) -> Result<usize, RegisterError> {
    let person = Forgotten::Participant {
        conference,
        participant,
    };
    register.forget_person(person, random::bytes()).await
}

fn id(name: &str) -> Answer<UserId> {
    let [id] = names::split("name", name, ["users"])?;
    UserId::parse(id).map_err(|_| Failure::not_found())
}

fn user_to_wire(user: User) -> api::UserAccount {
    api::UserAccount {
        name: format!("users/{}", user.id),
        email: user.email,
        display_name: user.display_name.to_string(),
        administrator: user.administrator,
    }
}
