//! `sederunt user`: the people who have an account.

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use identity::{AccountError, NewUser, User, UserChange, limits};
use server::StoreFlags;

use crate::listing::whole_list;
use crate::output::{print, print_rows};
use crate::report::CommandError;
use crate::store::{self, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum UserCommand {
    /// Add somebody, or find them, and print a one-time sign-in link
    Add {
        /// The address by which they are known
        email: String,
        /// The name that others see [default: the part of the address before the @]
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print a new one-time sign-in link of somebody who has an account
    Link {
        /// Their address
        email: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print everybody: address, name, user or administrator, and resource name
    List {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Remove somebody's account; what the register says of them stays (see `sederunt person delete`)
    Remove {
        /// Their address
        email: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Set somebody's password, which is typed or read from standard input, and end all their credentials
    #[command(
        after_help = "Their browsers are signed out, and links, tokens and what they let apps do end, with or without `--remove`.\n\
        Nobody needs a password: `sederunt user add` prints a link that signs in without."
    )]
    Password {
        /// Their address
        email: String,
        /// Take the password away instead: only links and the provider sign in
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Forget by which providers somebody signs in, for an address that was given to somebody new
    Unlink {
        /// Their address
        email: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Make somebody an administrator
    Administrator {
        /// Their address
        email: String,
        /// Make them an ordinary user instead
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// Does it.
pub(crate) fn run(command: UserCommand) -> Result<ExitCode, CommandError> {
    match command {
        UserCommand::Add { email, name, store } => store::with(store, async |store| add(store, &email, name).await),
        UserCommand::Link { email, store } => store::with(store, async |store| {
            let user = store.user(&email).await?;
            print_link(store, &user).await
        }),
        UserCommand::List { store } => store::with(store, list),
        UserCommand::Remove { email, store } => store::with(store, async |store| {
            let user = store.user(&email).await?;
            store
                .identity
                .delete_user(&user.id, &store::by())
                .await
                .map_err(with_successor_hint)
        }),
        UserCommand::Password { email, remove, store } => {
            store::with(store, async |store| password(store, &email, remove).await)
        }
        UserCommand::Unlink { email, store } => store::with(store, async |store| {
            let user = store.user(&email).await?;
            Ok(store
                .identity
                .forget_external_identities(&user.id, &store::by())
                .await?)
        }),
        UserCommand::Administrator { email, remove, store } => store::with(store, async |store| {
            let user = store.user(&email).await?;
            let change = UserChange {
                administrator: Some(!remove),
                ..UserChange::default()
            };
            store
                .identity
                .update_user(&user.id, change, &store::by())
                .await
                .map_err(with_successor_hint)?;
            Ok(())
        }),
    }
}

async fn add(store: &Store, email: &str, name: Option<String>) -> Result<(), CommandError> {
    let new = NewUser {
        email,
        display_name: name.as_deref().unwrap_or_default(),
        administrator: false,
    };
    let user = match store.identity.add_user(new, &store::by()).await {
        Err(AccountError::EmailTaken(_)) => {
            let user = store.user(email).await?;
            if name.is_some_and(|name| name.trim() != user.display_name.as_str()) {
                tracing::warn!(
                    name = user.display_name.as_str(),
                    "there is such a user already, under another name; it stays"
                );
            }
            user
        }
        added => added?,
    };
    print_link(store, &user).await
}

async fn print_link(store: &Store, user: &User) -> Result<(), CommandError> {
    let by = store::by();
    let link = store.identity.sign_in_link(&user.id, limits::SIGN_IN_LINK_TTL, &by);
    let secret = link.await?;
    print(&format!("{}\n", server::sign_in_url(&store.public_url, &secret)));
    Ok(())
}

async fn list(store: &Store) -> Result<(), CommandError> {
    let users = whole_list(async |page| store.identity.list_users(page).await).await?;
    print_rows(users.into_iter().map(|user| {
        let role = if user.administrator { "administrator" } else { "user" };
        let name = format!("users/{}", user.id);
        [user.email, user.display_name.to_string(), role.to_owned(), name]
    }));
    Ok(())
}

async fn password(store: &Store, email: &str, remove: bool) -> Result<(), CommandError> {
    let user = store.user(email).await?;
    if remove {
        return Ok(store.identity.remove_password(&user.id, &store::by()).await?);
    }
    let password = read_password()?;
    let by = store::by();
    Ok(store.identity.set_password(&user.id, &password, &by).await?)
}

/// From a terminal without showing it, and twice; from a pipe its first line.
fn read_password() -> Result<String, CommandError> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let password = rpassword::prompt_password("New password: ")?;
    if rpassword::prompt_password("The same again: ")? == password {
        Ok(password)
    } else {
        let hint = "nothing was changed; try again";
        Err(CommandError::new("the two passwords are not the same", hint))
    }
}

/// The last administrator cannot go without a successor.
fn with_successor_hint(error: AccountError) -> CommandError {
    match error {
        AccountError::LastAdministrator => {
            let hint = "`sederunt user administrator EMAIL` makes somebody else one";
            CommandError::new(error, hint)
        }
        error => error.into(),
    }
}
