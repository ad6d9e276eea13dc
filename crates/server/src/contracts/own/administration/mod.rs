//! `sederunt.v1.Administration`: one file per resource, and here the service that tonic calls.
//!
//! Each method first asks [`administrator`]: whoever administers does so themselves, in a browser or by a token of their own. An
//! app that an administrator let act for them cannot make itself another key.

mod access;
mod apps;
mod audit_events;
mod daemons;
mod domains;
mod failures;
mod grants;
mod pages;
mod projects;
mod recordings;
mod service_accounts;
mod users;

pub use users::{ForgetError, forget, forget_participant};

use std::sync::Arc;

use api::sederunt::v1 as api;
use audit::By;
use calls::Calls;
use identity::Identity;
use prost_types::Timestamp;
use register::Register;
use tonic::{Request, Response, Status};

use crate::grpc::wire;
use crate::grpc::{self, respond};
use crate::installation::Installation;
use access::administrator;

/// The service.
#[derive(Clone)]
pub(crate) struct AdministrationService {
    identity: Identity,
    register: Register,
    calls: Calls,
    public_url: Arc<str>,
}

impl AdministrationService {
    pub(crate) fn new(installation: &Installation) -> AdministrationService {
        AdministrationService {
            identity: installation.identity.clone(),
            register: installation.register.clone(),
            calls: installation.calls.clone(),
            public_url: Arc::clone(&installation.public_url),
        }
    }
}

/// The message of a request, if an administrator makes it.
fn asked<T>(request: Request<T>) -> Result<T, Status> {
    asked_by(request).map(|(_, message)| message)
}

/// The same of one that changes something, with who makes it.
fn asked_by<T>(request: Request<T>) -> Result<(By, T), Status> {
    let (asking, message) = grpc::admitted(request)?;
    administrator(asking.caller())?;
    Ok((asking.by(), message))
}

fn timestamp(time_us: i64) -> Timestamp {
    wire::timestamp(meeting::Micros(time_us))
}

#[tonic::async_trait]
impl api::administration_server::Administration for AdministrationService {
    async fn list_users(
        &self,
        request: Request<api::ListUsersRequest>,
    ) -> Result<Response<api::ListUsersResponse>, Status> {
        let message = asked(request)?;
        respond(users::list(&self.identity, &message).await)
    }

    async fn create_user(
        &self,
        request: Request<api::CreateUserRequest>,
    ) -> Result<Response<api::UserAccount>, Status> {
        let (by, message) = asked_by(request)?;
        respond(users::create(&self.identity, &message, &by).await)
    }

    async fn update_user(
        &self,
        request: Request<api::UpdateUserRequest>,
    ) -> Result<Response<api::UserAccount>, Status> {
        let (by, message) = asked_by(request)?;
        respond(users::update(&self.identity, &message, &by).await)
    }

    async fn delete_user(&self, request: Request<api::DeleteUserRequest>) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(users::delete(&self.identity, &self.register, &message, &by).await)
    }

    async fn invite_user(&self, request: Request<api::InviteUserRequest>) -> Result<Response<api::Invitation>, Status> {
        let (by, message) = asked_by(request)?;
        respond(users::invite(&self.identity, &self.public_url, &message, &by).await)
    }

    async fn list_apps(
        &self,
        request: Request<api::ListAppsRequest>,
    ) -> Result<Response<api::ListAppsResponse>, Status> {
        let message = asked(request)?;
        respond(apps::list(&self.identity, &message).await)
    }

    async fn create_app(
        &self,
        request: Request<api::CreateAppRequest>,
    ) -> Result<Response<api::CreateAppResponse>, Status> {
        let (by, message) = asked_by(request)?;
        respond(apps::create(&self.identity, &message, &by).await)
    }

    async fn delete_app(&self, request: Request<api::DeleteAppRequest>) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(apps::delete(&self.identity, &message, &by).await)
    }

    async fn list_daemons(
        &self,
        request: Request<api::ListDaemonsRequest>,
    ) -> Result<Response<api::ListDaemonsResponse>, Status> {
        let message = asked(request)?;
        respond(daemons::list(&self.identity, &message).await)
    }

    async fn create_daemon(&self, request: Request<api::CreateDaemonRequest>) -> Result<Response<api::Daemon>, Status> {
        let (by, message) = asked_by(request)?;
        respond(daemons::create(&self.identity, &message, &by).await)
    }

    async fn update_daemon(&self, request: Request<api::UpdateDaemonRequest>) -> Result<Response<api::Daemon>, Status> {
        let (by, message) = asked_by(request)?;
        respond(daemons::update(&self.identity, &message, &by).await)
    }

    async fn delete_daemon(&self, request: Request<api::DeleteDaemonRequest>) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(daemons::delete(&self.identity, &message, &by).await)
    }

    async fn list_daemon_credentials(
        &self,
        request: Request<api::ListDaemonCredentialsRequest>,
    ) -> Result<Response<api::ListDaemonCredentialsResponse>, Status> {
        let message = asked(request)?;
        respond(daemons::list_credentials(&self.identity, &message).await)
    }

    async fn create_daemon_credential(
        &self,
        request: Request<api::CreateDaemonCredentialRequest>,
    ) -> Result<Response<api::CreateDaemonCredentialResponse>, Status> {
        let (by, message) = asked_by(request)?;
        respond(daemons::create_credential(&self.identity, &message, &by).await)
    }

    async fn delete_daemon_credential(
        &self,
        request: Request<api::DeleteDaemonCredentialRequest>,
    ) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(daemons::delete_credential(&self.identity, &message, &by).await)
    }

    async fn list_service_accounts(
        &self,
        request: Request<api::ListServiceAccountsRequest>,
    ) -> Result<Response<api::ListServiceAccountsResponse>, Status> {
        let message = asked(request)?;
        respond(service_accounts::list(&self.identity, &message).await)
    }

    async fn create_service_account(
        &self,
        request: Request<api::CreateServiceAccountRequest>,
    ) -> Result<Response<api::ServiceAccount>, Status> {
        let (by, message) = asked_by(request)?;
        respond(service_accounts::create(&self.identity, &message, &by).await)
    }

    async fn delete_service_account(
        &self,
        request: Request<api::DeleteServiceAccountRequest>,
    ) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(service_accounts::delete(&self.identity, &message, &by).await)
    }

    async fn list_service_account_keys(
        &self,
        request: Request<api::ListServiceAccountKeysRequest>,
    ) -> Result<Response<api::ListServiceAccountKeysResponse>, Status> {
        let message = asked(request)?;
        respond(service_accounts::list_keys(&self.identity, &message).await)
    }

    async fn create_service_account_key(
        &self,
        request: Request<api::CreateServiceAccountKeyRequest>,
    ) -> Result<Response<api::CreateServiceAccountKeyResponse>, Status> {
        let (by, message) = asked_by(request)?;
        respond(service_accounts::create_key(&self.identity, &message, &by).await)
    }

    async fn delete_service_account_key(
        &self,
        request: Request<api::DeleteServiceAccountKeyRequest>,
    ) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(service_accounts::delete_key(&self.identity, &message, &by).await)
    }

    async fn list_grants(
        &self,
        request: Request<api::ListGrantsRequest>,
    ) -> Result<Response<api::ListGrantsResponse>, Status> {
        let message = asked(request)?;
        respond(grants::list(&self.identity, &message).await)
    }

    async fn create_grant(&self, request: Request<api::CreateGrantRequest>) -> Result<Response<api::Grant>, Status> {
        let (by, message) = asked_by(request)?;
        respond(grants::create(&self.identity, &message, &by).await)
    }

    async fn delete_grant(&self, request: Request<api::DeleteGrantRequest>) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(grants::delete(&self.identity, &message, &by).await)
    }

    async fn list_domains(
        &self,
        request: Request<api::ListDomainsRequest>,
    ) -> Result<Response<api::ListDomainsResponse>, Status> {
        let message = asked(request)?;
        respond(domains::list(&self.identity, &message).await)
    }

    async fn create_domain(&self, request: Request<api::CreateDomainRequest>) -> Result<Response<api::Domain>, Status> {
        let (by, message) = asked_by(request)?;
        respond(domains::create(&self.identity, &message, &by).await)
    }

    async fn update_domain(&self, request: Request<api::UpdateDomainRequest>) -> Result<Response<api::Domain>, Status> {
        let (by, message) = asked_by(request)?;
        respond(domains::update(&self.identity, &message, &by).await)
    }

    async fn delete_domain(&self, request: Request<api::DeleteDomainRequest>) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(domains::delete(&self.identity, &message, &by).await)
    }

    async fn list_projects(
        &self,
        request: Request<api::ListProjectsRequest>,
    ) -> Result<Response<api::ListProjectsResponse>, Status> {
        let message = asked(request)?;
        respond(projects::list(&self.identity, &message).await)
    }

    async fn create_project(
        &self,
        request: Request<api::CreateProjectRequest>,
    ) -> Result<Response<api::Project>, Status> {
        let (by, message) = asked_by(request)?;
        respond(projects::create(&self.identity, &message, &by).await)
    }

    async fn list_project_members(
        &self,
        request: Request<api::ListProjectMembersRequest>,
    ) -> Result<Response<api::ListProjectMembersResponse>, Status> {
        let message = asked(request)?;
        respond(projects::list_members(&self.identity, &message).await)
    }

    async fn set_project_member(
        &self,
        request: Request<api::SetProjectMemberRequest>,
    ) -> Result<Response<api::ProjectMember>, Status> {
        let (by, message) = asked_by(request)?;
        respond(projects::set_member(&self.identity, &message, &by).await)
    }

    async fn remove_project_member(
        &self,
        request: Request<api::RemoveProjectMemberRequest>,
    ) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(projects::remove_member(&self.identity, &message, &by).await)
    }

    async fn show_project_key(
        &self,
        request: Request<api::ShowProjectKeyRequest>,
    ) -> Result<Response<api::ProjectKey>, Status> {
        let (by, message) = asked_by(request)?;
        respond(projects::show_key(&self.identity, &message, &by).await)
    }

    async fn rotate_project_key(
        &self,
        request: Request<api::RotateProjectKeyRequest>,
    ) -> Result<Response<api::ProjectKey>, Status> {
        let (by, message) = asked_by(request)?;
        respond(projects::rotate_key(&self.identity, &message, &by).await)
    }

    async fn get_recording_policy(
        &self,
        request: Request<api::GetRecordingPolicyRequest>,
    ) -> Result<Response<api::RecordingPolicy>, Status> {
        let message = asked(request)?;
        respond(recordings::policy(&self.calls, &message).await)
    }

    async fn update_recording_policy(
        &self,
        request: Request<api::UpdateRecordingPolicyRequest>,
    ) -> Result<Response<api::RecordingPolicy>, Status> {
        let (by, message) = asked_by(request)?;
        respond(recordings::set_policy(&self.calls, &message, &by).await)
    }

    async fn get_meeting_policy(
        &self,
        request: Request<api::GetMeetingPolicyRequest>,
    ) -> Result<Response<api::MeetingPolicy>, Status> {
        asked(request)?;
        respond(recordings::meeting_policy(&self.identity).await)
    }

    async fn update_meeting_policy(
        &self,
        request: Request<api::UpdateMeetingPolicyRequest>,
    ) -> Result<Response<api::MeetingPolicy>, Status> {
        let (by, message) = asked_by(request)?;
        respond(recordings::set_meeting_policy(&self.identity, &message, &by).await)
    }

    async fn set_recording_hold(&self, request: Request<api::SetRecordingHoldRequest>) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(recordings::set_hold(&self.calls, &message, &by).await)
    }

    async fn set_meeting_recording_hold(
        &self,
        request: Request<api::SetMeetingRecordingHoldRequest>,
    ) -> Result<Response<()>, Status> {
        let (by, message) = asked_by(request)?;
        respond(recordings::set_meeting_hold(&self.register, &message, &by).await)
    }

    async fn list_audit_events(
        &self,
        request: Request<api::ListAuditEventsRequest>,
    ) -> Result<Response<api::ListAuditEventsResponse>, Status> {
        let message = asked(request)?;
        respond(audit_events::list(&self.identity, &message).await)
    }

    async fn export_audit_events(
        &self,
        request: Request<api::ListAuditEventsRequest>,
    ) -> Result<Response<api::ListAuditEventsResponse>, Status> {
        let (by, message) = asked_by(request)?;
        respond(audit_events::export(&self.identity, &message, &by).await)
    }
}
