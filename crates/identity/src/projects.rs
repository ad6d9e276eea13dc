//! Projects: whose telephone calls are.
//!
//! A call belongs to no person but to a project, and whoever is a member of it may do what their role says. People and service
//! accounts are members alike. What a project sends to its own servers is signed with its key.

use audit::{Action, By};
use base64::{Engine, prelude::BASE64_STANDARD};
use db::{Row, Statement, Value};
use meeting::{DisplayName, MalformedName};

use crate::{
    Caller, Identity, Listing, Page, Principal, limits,
    project_role::{Permission, ProjectRole},
};

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Names it for ever.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub create_us: i64,
}

/// Somebody in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectMember {
    /// `users/U` or `serviceAccounts/S`.
    pub member: String,
    /// What they may do there.
    pub role: ProjectRole,
}

/// A member, as those see them who manage a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownMember {
    /// Who, and what they may do.
    pub member: ProjectMember,
    /// The address of their account.
    pub email: String,
}

/// What somebody is in a project, as they see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Which project.
    pub project: Project,
    /// What they may do there.
    pub role: ProjectRole,
}

/// The key by which what a project sends is signed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(pub Vec<u8>);

impl SigningKey {
    /// As receivers are given it.
    pub fn base64(&self) -> String {
        BASE64_STANDARD.encode(&self.0)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SigningKey(..)")
    }
}

/// Why a project was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// Not an id.
    #[error("the id of a project is 1 to 30 lower-case letters, digits and dashes, beginning with a letter")]
    InvalidId,
    /// People could not be shown this.
    #[error(transparent)]
    InvalidName(#[from] MalformedName),
    /// The id is in use.
    #[error("there is such a project already")]
    Taken,
    /// There is no such thing.
    #[error("there is no such project or member")]
    NotFound,
    /// The table is out of reach.
    #[error("the projects cannot be reached; try again later")]
    Store(#[from] db::Error),
}

/// What the contract says that a key has.
const SIGNING_KEY_BYTES: usize = 64;

const COLUMNS: &str = "id, name, create_us";

fn project_of(row: &Row) -> Result<Project, db::Error> {
    Ok(Project {
        id: row.text(0)?.to_owned(),
        name: row.text(1)?.to_owned(),
        create_us: row.int(2)?,
    })
}

/// The id of a project: a letter, then letters, digits and dashes, and no dash at the end.
fn is_project_id(id: &str) -> bool {
    let of_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    id.len() <= limits::PROJECT_ID_BYTES_MAX
        && id.starts_with(|first: char| first.is_ascii_lowercase())
        && id.bytes().all(of_id)
        && !id.ends_with('-')
}

/// No column holds a NUL, so nothing has such a name.
fn may_exist(names: &[&str]) -> Result<(), ProjectError> {
    let has_nul = names.iter().any(|name| name.contains('\0'));
    if has_nul { Err(ProjectError::NotFound) } else { Ok(()) }
}

fn new_key() -> Vec<u8> {
    let mut key = vec![0; SIGNING_KEY_BYTES];
    aws_lc_rs::rand::fill(&mut key).expect("the system has random bytes");
    key
}

/// As the audit log and the contract name it.
fn resource_name(id: &str) -> String {
    format!("projects/{id}")
}

/// Somebody becomes a member of a project, or one with another role, and the audit log says so.
pub(crate) fn joining(id: &str, member: &str, role: ProjectRole, by: &By) -> [Statement; 2] {
    let upsert = Statement::new(
        "insert into project_member (project, member, role, create_us) values ($1, $2, $3, $4)
         on conflict (project, member) do update set role = excluded.role",
        vec![id.into(), member.into(), role.number().into(), by.now_us.into()],
    );
    let detail = format!("{member} {}", role.name());
    [upsert, by.did(Action::ProjectMember, &resource_name(id), &detail)]
}

/// How members are named; whoever else asks is in no project.
fn member_name(caller: &Caller) -> Option<String> {
    match caller {
        Caller::User(user) => Some(format!("users/{}", user.id)),
        Caller::ServiceAccount { client_id, .. } => Some(format!("serviceAccounts/{client_id}")),
        Caller::Daemon { .. } | Caller::Anonymous => None,
    }
}

/// Whoever is deleted is in no project any more.
pub(crate) fn leaving_projects(member: &str) -> Statement {
    let sql = "delete from project_member where member = $1";
    Statement::new(sql, vec![member.into()])
}

impl Identity {
    /// Makes a project, which has no members yet.
    pub async fn create_project(&self, id: &str, name: &str, by: &By) -> Result<Project, ProjectError> {
        if !is_project_id(id) {
            return Err(ProjectError::InvalidId);
        }
        let project = Project {
            id: id.to_owned(),
            name: DisplayName::parse(name)?.to_string(),
            create_us: by.now_us,
        };
        let insert = Statement::new(
            "insert into project (id, name, create_us, signing_key) values ($1, $2, $3, $4)",
            vec![
                id.into(),
                project.name.as_str().into(),
                by.now_us.into(),
                new_key().into(),
            ],
        );
        let line = by.did(Action::ProjectCreate, &resource_name(id), "");
        match self.db.write(vec![insert.expect(1), line]).await {
            Ok(()) => Ok(project),
            Err(error) if error.is_conflict() => Err(ProjectError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// The project of that id, if there is one.
    pub async fn project(&self, id: &str) -> Result<Option<Project>, ProjectError> {
        let sql = format!("select {COLUMNS} from project where id = $1");
        let rows = self.db.read(&sql, vec![Value::key(id)]).await?;
        Ok(rows.first().map(project_of).transpose()?)
    }

    /// All projects, by id.
    pub async fn list_projects(&self, page: Page<'_>) -> Result<Listing<Project>, ProjectError> {
        let sql = format!("select {COLUMNS} from project where id > $1 order by id limit $2");
        Ok(page
            .read_listing(&self.db, &sql, project_of, |project| &project.id)
            .await?)
    }

    /// Makes somebody a member of a project, or one with another role. It holds from their next request on.
    pub async fn set_project_member(&self, id: &str, member: &ProjectMember, by: &By) -> Result<(), ProjectError> {
        self.project(id).await?.ok_or(ProjectError::NotFound)?;
        may_exist(&[&member.member])?;
        let [upsert, line] = joining(id, &member.member, member.role, by);
        self.write_to_project(upsert, line).await
    }

    /// Somebody is no member of a project any more.
    pub async fn remove_project_member(&self, id: &str, member: &str, by: &By) -> Result<(), ProjectError> {
        may_exist(&[id, member])?;
        let delete = Statement::new(
            "delete from project_member where project = $1 and member = $2",
            vec![id.into(), member.into()],
        );
        let line = by.did(Action::ProjectMemberRemove, &resource_name(id), member);
        self.write_to_project(delete, line).await
    }

    /// The members of a project, by name.
    pub async fn project_members(&self, id: &str) -> Result<Vec<ProjectMember>, ProjectError> {
        let shown = self.shown_project_members(id).await?;
        Ok(shown.into_iter().map(|shown| shown.member).collect())
    }

    /// The members of a project with their addresses, by name.
    pub async fn shown_project_members(&self, id: &str) -> Result<Vec<ShownMember>, ProjectError> {
        // What follows `users/` and `serviceAccounts/` is the key of the other table.
        let sql = "select m.member, m.role, coalesce(account.email, app.email, '') from project_member m
             left join account on account.id = substr(m.member, 7)
             left join app on app.client_id = substr(m.member, 17)
             where m.project = $1 order by m.member limit $2";
        let most = i64::try_from(limits::PROJECT_MEMBERS_SHOWN_MAX).expect("a thousand");
        let rows = self.db.read(sql, vec![Value::key(id), most.into()]).await?;
        let members = rows.iter().map(|row| {
            Ok(ShownMember {
                member: ProjectMember {
                    member: row.text(0)?.to_owned(),
                    role: ProjectRole::of_number(row.int(1)?).unwrap_or(ProjectRole::Viewer),
                },
                email: row.text(2)?.to_owned(),
            })
        });
        Ok(members.collect::<Result<_, db::Error>>()?)
    }

    /// The projects that the caller is a member of, by id.
    pub async fn memberships(&self, caller: &Principal) -> Result<Vec<Membership>, db::Error> {
        let Some(member) = member_name(&caller.caller) else {
            return Ok(vec![]);
        };
        let sql = "select id, name, project.create_us, role from project_member
             join project on project.id = project_member.project
             where member = $1 order by id limit $2";
        let most = i64::try_from(limits::MEMBERSHIPS_SHOWN_MAX).expect("a thousand");
        let rows = self.db.read(sql, vec![member.into(), most.into()]).await?;
        let memberships = rows.iter().map(|row| {
            Ok(Membership {
                project: project_of(row)?,
                role: ProjectRole::of_number(row.int(3)?).unwrap_or(ProjectRole::Viewer),
            })
        });
        memberships.collect()
    }

    /// Whether the caller may do that in this project. A project that is not there is one in which nobody may do anything.
    pub async fn may_in_project(
        &self,
        caller: &Principal,
        project: &str,
        permission: Permission,
    ) -> Result<bool, db::Error> {
        let Some(member) = member_name(&caller.caller) else {
            return Ok(false);
        };
        let sql = "select role from project_member where project = $1 and member = $2";
        let rows = self.db.read(sql, vec![Value::key(project), member.into()]).await?;
        let role = rows.first().map(|row| row.int(0)).transpose()?;
        let role = role.and_then(ProjectRole::of_number);
        Ok(role.is_some_and(|role| role.may(permission)))
    }

    /// By which key what a project sends is signed.
    pub async fn project_signing_key(&self, id: &str) -> Result<SigningKey, ProjectError> {
        let rows = self
            .db
            .read("select signing_key from project where id = $1", vec![Value::key(id)])
            .await?;
        let row = rows.first().ok_or(ProjectError::NotFound)?;
        Ok(SigningKey(row.blob(0)?.to_vec()))
    }

    /// The same for somebody who looks at it: a line of the audit log.
    pub async fn show_project_signing_key(&self, id: &str, by: &By) -> Result<SigningKey, ProjectError> {
        let key = self.project_signing_key(id).await?;
        let line = by.did(Action::ProjectKeyShow, &resource_name(id), "");
        self.db.write(vec![line]).await?;
        Ok(key)
    }

    /// Another key, from now on.
    pub async fn rotate_project_signing_key(&self, id: &str, by: &By) -> Result<SigningKey, ProjectError> {
        may_exist(&[id])?;
        let key = new_key();
        let update = Statement::new(
            "update project set signing_key = $2 where id = $1",
            vec![id.into(), key.as_slice().into()],
        );
        let line = by.did(Action::ProjectKeyRotate, &resource_name(id), "");
        self.write_to_project(update, line).await?;
        Ok(SigningKey(key))
    }

    async fn write_to_project(&self, change: Statement, line: Statement) -> Result<(), ProjectError> {
        match self.db.write(vec![change.expect(1), line]).await {
            Ok(()) => Ok(()),
            Err(error) if error.is_conflict() => Err(ProjectError::NotFound),
            Err(error) => Err(error.into()),
        }
    }
}
