//! `sederunt project`: whose telephone calls are, who may do what with them, and what proves that something comes from them.

use std::process::ExitCode;

use identity::{ProjectError, ProjectMember, ProjectRole};
use server::StoreFlags;

use crate::keeping::{self, KeepingCommand};
use crate::key::find_service_account;
use crate::listing::whole_list;
use crate::output::{print, print_rows};
use crate::report::CommandError;
use crate::store::{self, Store, by};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ProjectCommand {
    /// Make a project, to which telephone calls and their recordings belong
    #[command(after_help = "From here to the first call:\n  \
        sederunt project create support\n  \
        sederunt project add support owner@example.org --role admin\n  \
        sederunt token owner@example.org --scope voice")]
    Create {
        /// Its id: lower-case letters, digits and dashes
        project: String,
        /// What people call it [default: its id]
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print all projects: id and name
    List {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Make somebody a member of a project, or one with another role
    Add {
        /// Id of the project
        project: String,
        /// Address of a person, or name, address or client id of a service account
        member: String,
        /// What they may do: a viewer sees calls, recordings and numbers; an editor makes calls as well, says what of them is
        /// recorded, and deletes recordings; an admin says as well who may call in, and where that leads
        #[arg(long, value_name = "viewer|editor|admin")]
        role: ProjectRole,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Take somebody out of a project
    Remove {
        /// Id of the project
        project: String,
        /// As they were added
        member: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print the members of a project: name and role
    Members {
        /// Id of the project
        project: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print the key by which receivers check that something comes from a project, in base64
    Key {
        /// Id of the project
        project: String,
        /// Make another one first; what is sent from then on is signed with it
        #[arg(long)]
        rotate: bool,
        #[command(flatten)]
        store: StoreFlags,
    },
    #[command(flatten)]
    Keeping(KeepingCommand),
}

/// Does it.
pub(crate) fn run(command: ProjectCommand) -> Result<ExitCode, CommandError> {
    match command {
        ProjectCommand::Create { project, name, store } => store::with(store, async |store| {
            let name = name.as_deref().unwrap_or(&project);
            let made = store
                .identity
                .create_project(&project, name, &by())
                .await
                .map_err(|error| with_hint(&project, error))?;
            print(&format!("{}\n", made.id));
            Ok(())
        }),
        ProjectCommand::List { store } => store::with(store, list),
        ProjectCommand::Add {
            project,
            member,
            role,
            store,
        } => store::with(store, async |store| {
            let member = ProjectMember {
                member: name_of_member(store, &member).await?,
                role,
            };
            store
                .identity
                .set_project_member(&project, &member, &by())
                .await
                .map_err(|error| with_hint(&project, error))
        }),
        ProjectCommand::Remove { project, member, store } => store::with(store, async |store| {
            let member = name_of_member(store, &member).await?;
            store
                .identity
                .remove_project_member(&project, &member, &by())
                .await
                .map_err(|error| with_hint(&project, error))
        }),
        ProjectCommand::Keeping(command) => keeping::run(command),
        ProjectCommand::Members { project, store } => store::with(store, async |store| members(store, &project).await),
        ProjectCommand::Key { project, rotate, store } => store::with(store, async |store| {
            let key = if rotate {
                store.identity.rotate_project_signing_key(&project, &by()).await
            } else {
                store.identity.project_signing_key(&project).await
            };
            print(&format!(
                "{}\n",
                key.map_err(|error| with_hint(&project, error))?.base64()
            ));
            Ok(())
        }),
    }
}

async fn list(store: &Store) -> Result<(), CommandError> {
    let projects = whole_list(async |page| store.identity.list_projects(page).await).await?;
    print_rows(projects.into_iter().map(|project| [project.id, project.name]));
    Ok(())
}

async fn members(store: &Store, project: &str) -> Result<(), CommandError> {
    let refused = |error| with_hint(project, error);
    store.identity.project_signing_key(project).await.map_err(refused)?;
    let members = store.identity.project_members(project).await.map_err(refused)?;
    print_rows(
        members
            .into_iter()
            .map(|member| [member.member, member.role.name().to_owned()]),
    );
    Ok(())
}

/// `users/U` or `serviceAccounts/S`.
async fn name_of_member(store: &Store, who: &str) -> Result<String, CommandError> {
    match store.user(who).await {
        Ok(user) => Ok(format!("users/{}", user.id)),
        Err(unknown) => match find_service_account(store, who).await {
            Ok(account) => Ok(format!("serviceAccounts/{}", account.client_id)),
            Err(_) => Err(unknown),
        },
    }
}

fn with_hint(project: &str, error: ProjectError) -> CommandError {
    let hint = match error {
        ProjectError::NotFound => {
            let hint = "`sederunt project list` shows the projects, and `sederunt project members` who is in one";
            return CommandError::new(
                format!("there is no project `{project}`, or nobody like that in it"),
                hint,
            );
        }
        ProjectError::Taken => "`sederunt project list` shows it",
        ProjectError::InvalidId | ProjectError::InvalidName(_) => "choose another",
        ProjectError::Store(_) => "`sederunt doctor` with the same flags shows what is wrong",
    };
    CommandError::new(error, hint)
}
