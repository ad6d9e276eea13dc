//! `projects.sipDomains.users`: create, get, list, patch and delete.

use std::sync::Arc;

use ::api::sederunt::voice::v1beta1 as api;
use calls::{Calls, SipDomain, SipUser, SipUserError};
use identity::Identity;
use tonic::{Request, Response, Status};

use super::permitted::{parts, permitted};
use super::sip_domains::present;
use super::wire::{list, time, unlisted, unreachable};
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::update_mask::{Paths, UpdateMask};
use crate::grpc::{admitted, respond};
use crate::installation::Installation;

/// The service.
#[derive(Clone)]
pub(super) struct UsersService {
    identity: Identity,
    calls: Calls,
    sip_base: Option<Arc<str>>,
}

const PARENT: [&str; 2] = ["projects", "sipDomains"];
const NAME: [&str; 3] = ["projects", "sipDomains", "users"];

/// What an update may name.
const PATHS: Paths = Paths {
    writable: &["password"],
    fixed: &[
        ("name", "it cannot be changed"),
        ("user_id", "it cannot be changed"),
        ("address", "it cannot be changed"),
        ("create_time", "it cannot be changed"),
    ],
};

impl UsersService {
    pub(super) fn methods(installation: &Installation) -> Arc<dyn ::api::Methods> {
        let service = UsersService {
            identity: installation.identity.clone(),
            calls: installation.calls.clone(),
            sip_base: installation.sip_base.clone(),
        };
        Arc::new(api::UsersMethods(Arc::new(service)))
    }

    async fn find(&self, asking: &Asking, name: &str, permission: &'static str) -> Answer<(SipDomain, SipUser)> {
        let [project, domain, user] = parts("name", name, NAME)?;
        permitted(&self.identity, asking, project, permission).await?;
        let domain = present(&self.calls, project, domain).await?;
        let found = self.calls.sip_user(&domain, user).await;
        let user = found
            .map_err(|error| unreachable(&error))?
            .ok_or_else(Failure::not_found)?;
        Ok((domain, user))
    }

    /// The whole name of a domain, for which a password is good.
    fn realm(&self, domain: &SipDomain) -> Answer<String> {
        let base = self.sip_base.as_ref().ok_or_else(|| {
            let sentence =
                "Telephones cannot call this server, so a domain has no name for which a password could be good.";
            Failure::new(Kind::Precondition, sentence)
        })?;
        Ok(format!("{}.{base}", domain.id))
    }

    async fn create(&self, asking: &Asking, request: api::CreateUserRequest) -> Answer<api::User> {
        let [project, domain] = parts("parent", &request.parent, PARENT)?;
        permitted(&self.identity, asking, project, "voice.users.create").await?;
        let domain = present(&self.calls, project, domain).await?;
        let (realm, asked) = (self.realm(&domain)?, request.user.unwrap_or_default());
        let made = self
            .calls
            .create_sip_user(&domain, &request.user_id, &realm, &asked.password, &asking.by())
            .await;
        made.map(|user| user_to_wire(&domain, &user))
            .map_err(|error| unmade(&error))
    }

    async fn get(&self, asking: &Asking, request: &api::GetUserRequest) -> Answer<api::User> {
        let (domain, user) = self.find(asking, &request.name, "voice.users.get").await?;
        Ok(user_to_wire(&domain, &user))
    }

    async fn list(&self, asking: &Asking, request: &api::ListUsersRequest) -> Answer<api::ListUsersResponse> {
        let [project, domain] = parts("parent", &request.parent, PARENT)?;
        permitted(&self.identity, asking, project, "voice.users.list").await?;
        let domain = present(&self.calls, project, domain).await?;
        let list = list(request.page_size, &request.page_token, "");
        let page = self.calls.list_sip_users(&domain, list).await;
        let page = page.map_err(|error| unlisted(&error))?;
        Ok(api::ListUsersResponse {
            users: page.items.iter().map(|user| user_to_wire(&domain, user)).collect(),
            next_page_token: page.next.unwrap_or_default(),
        })
    }

    async fn update(&self, asking: &Asking, request: api::UpdateUserRequest) -> Answer<api::User> {
        let asked = request.user.unwrap_or_default();
        let (domain, user) = self.find(asking, &asked.name, "voice.users.update").await?;
        let mask = UpdateMask::parse(request.update_mask.as_ref(), PATHS, "update_mask")?;
        if !mask.covers("password", !asked.password.is_empty()) {
            return Ok(user_to_wire(&domain, &user));
        }
        let realm = self.realm(&domain)?;
        let updated = self
            .calls
            .update_sip_user(&domain, user, &realm, &asked.password, &asking.by())
            .await;
        updated
            .map(|user| user_to_wire(&domain, &user))
            .map_err(|error| unmade(&error))
    }

    async fn delete(&self, asking: &Asking, request: &api::DeleteUserRequest) -> Answer<()> {
        let (domain, user) = self.find(asking, &request.name, "voice.users.delete").await?;
        let deleted = self.calls.delete_sip_user(&domain, &user, &asking.by()).await;
        deleted.map_err(|error| unmade(&error))
    }
}

fn unmade(error: &SipUserError) -> Failure {
    match error {
        SipUserError::Id => Failure::field("user_id", error.to_string()),
        SipUserError::Password(why) => Failure::field("user.password", *why),
        SipUserError::Taken => Failure::new(Kind::Exists, error.to_string()),
        SipUserError::Full => Failure::new(Kind::Precondition, error.to_string()),
        SipUserError::NotFound => Failure::not_found(),
        SipUserError::Store(error) => unreachable(error),
    }
}

fn user_to_wire(domain: &SipDomain, user: &SipUser) -> api::User {
    api::User {
        name: format!("projects/{}/sipDomains/{}/users/{}", domain.project, domain.id, user.id),
        user_id: user.id.clone(),
        password: String::new(),
        address: user.address(),
        create_time: time(Some(user.create_us)),
    }
}

#[tonic::async_trait]
impl api::users_server::Users for UsersService {
    async fn create_user(&self, request: Request<api::CreateUserRequest>) -> Result<Response<api::User>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.create(&asking, message).await)
    }

    async fn get_user(&self, request: Request<api::GetUserRequest>) -> Result<Response<api::User>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.get(&asking, &message).await)
    }

    async fn list_users(
        &self,
        request: Request<api::ListUsersRequest>,
    ) -> Result<Response<api::ListUsersResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.list(&asking, &message).await)
    }

    async fn update_user(&self, request: Request<api::UpdateUserRequest>) -> Result<Response<api::User>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.update(&asking, message).await)
    }

    async fn delete_user(&self, request: Request<api::DeleteUserRequest>) -> Result<Response<()>, Status> {
        let (asking, message) = admitted(request)?;
        respond(self.delete(&asking, &message).await)
    }
}
