//! Whose telephone calls are: `projects/{project}`, their members, and the keys by which they sign.

use api::sederunt::v1 as api;
use audit::By;
use identity::{Identity, Project, ProjectMember, ProjectRole, ShownMember};
use meeting::UserId;

use super::pages::requested_page;
use super::{failures, timestamp};
use crate::failure::{Answer, Failure};
use crate::grpc::wire::chosen;
use crate::names;

const COLLECTION: &str = "projects";

pub(super) async fn list(identity: &Identity, message: &api::ListProjectsRequest) -> Answer<api::ListProjectsResponse> {
    let page = requested_page(message.page_size, &message.page_token)?;
    let projects = identity
        .list_projects(page)
        .await
        .map_err(|error| failures::project(&error))?;
    Ok(api::ListProjectsResponse {
        projects: projects.items.into_iter().map(project_to_wire).collect(),
        next_page_token: projects.next.unwrap_or_default(),
    })
}

pub(super) async fn create(identity: &Identity, message: &api::CreateProjectRequest, by: &By) -> Answer<api::Project> {
    let id = &message.project_id;
    let name = Some(&message.display_name).filter(|name| !name.is_empty());
    let made = identity.create_project(id, name.unwrap_or(id), by).await;
    made.map(project_to_wire).map_err(|error| failures::project(&error))
}

pub(super) async fn list_members(
    identity: &Identity,
    message: &api::ListProjectMembersRequest,
) -> Answer<api::ListProjectMembersResponse> {
    let [project] = names::split("parent", &message.parent, [COLLECTION])?;
    let found = identity.project(project).await;
    found
        .map_err(|error| failures::project(&error))?
        .ok_or_else(Failure::not_found)?;
    let members = identity
        .shown_project_members(project)
        .await
        .map_err(|error| failures::project(&error))?;
    Ok(api::ListProjectMembersResponse {
        members: members.into_iter().map(member_to_wire).collect(),
    })
}

pub(super) async fn set_member(
    identity: &Identity,
    message: &api::SetProjectMemberRequest,
    by: &By,
) -> Answer<api::ProjectMember> {
    let [project] = names::split("project", &message.project, [COLLECTION])?;
    let role = role_of(chosen(message.role, "role")?)?;
    let (member, email) = somebody(identity, message.member.trim()).await?;
    let member = ProjectMember { member, role };
    identity
        .set_project_member(project, &member, by)
        .await
        .map_err(|error| failures::project(&error))?;
    Ok(member_to_wire(ShownMember { member, email }))
}

pub(super) async fn remove_member(
    identity: &Identity,
    message: &api::RemoveProjectMemberRequest,
    by: &By,
) -> Answer<()> {
    let [project] = names::split("project", &message.project, [COLLECTION])?;
    let (member, _) = somebody(identity, message.member.trim()).await?;
    identity
        .remove_project_member(project, &member, by)
        .await
        .map_err(|error| failures::project(&error))
}

pub(super) async fn show_key(
    identity: &Identity,
    message: &api::ShowProjectKeyRequest,
    by: &By,
) -> Answer<api::ProjectKey> {
    let [project] = names::split("name", &message.name, [COLLECTION])?;
    let key = identity.show_project_signing_key(project, by).await;
    key.map(|key| api::ProjectKey {
        signing_key: key.base64(),
    })
    .map_err(|error| failures::project(&error))
}

pub(super) async fn rotate_key(
    identity: &Identity,
    message: &api::RotateProjectKeyRequest,
    by: &By,
) -> Answer<api::ProjectKey> {
    let [project] = names::split("name", &message.name, [COLLECTION])?;
    let key = identity.rotate_project_signing_key(project, by).await;
    key.map(|key| api::ProjectKey {
        signing_key: key.base64(),
    })
    .map_err(|error| failures::project(&error))
}

/// The name and the address of whoever is meant by either.
async fn somebody(identity: &Identity, who: &str) -> Answer<(String, String)> {
    let user = match UserId::parse(who.strip_prefix("users/").unwrap_or(who)) {
        Ok(id) => identity.user(&id).await,
        Err(_) => identity.user_by_email(who).await,
    };
    if let Some(user) = user.map_err(|error| failures::account(&error))? {
        return Ok((format!("users/{}", user.id), user.email));
    }
    let account = identity
        .service_account(who.strip_prefix("serviceAccounts/").unwrap_or(who))
        .await
        .map_err(|error| failures::app(&error))?;
    let account = account.ok_or_else(|| Failure::field("member", "nobody here has this address"))?;
    Ok((format!("serviceAccounts/{}", account.client_id), account.email))
}

fn role_of(role: api::ProjectRole) -> Answer<ProjectRole> {
    match role {
        api::ProjectRole::Viewer => Ok(ProjectRole::Viewer),
        api::ProjectRole::Editor => Ok(ProjectRole::Editor),
        api::ProjectRole::Admin => Ok(ProjectRole::Admin),
        api::ProjectRole::Unspecified => Err(Failure::field("role", "it is not VIEWER, EDITOR or ADMIN")),
    }
}

fn project_to_wire(project: Project) -> api::Project {
    api::Project {
        name: format!("{COLLECTION}/{}", project.id),
        display_name: project.name,
        create_time: Some(timestamp(project.create_us)),
    }
}

fn member_to_wire(shown: ShownMember) -> api::ProjectMember {
    let role = match shown.member.role {
        ProjectRole::Viewer => api::ProjectRole::Viewer,
        ProjectRole::Editor => api::ProjectRole::Editor,
        ProjectRole::Admin => api::ProjectRole::Admin,
    };
    api::ProjectMember {
        member: shown.member.member,
        email: shown.email,
        role: role.into(),
    }
}
