//! `sederunt domain`: which domains of mail belong to which organisation.

use std::process::ExitCode;

use identity::OrganisationError;
use server::StoreFlags;

use crate::listing::whole_list;
use crate::output::print_rows;
use crate::report::CommandError;
use crate::store::{self, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum DomainCommand {
    /// Say that a domain belongs to an organisation, whose people trust each other
    #[command(
        after_help = "While there is no domain, everybody with an account is of one organisation. From the first one on, \
        people trust each other if their domains belong to the same organisation."
    )]
    Add {
        /// The part of addresses after the @: example.org
        domain: String,
        /// The organisation; a new one if there is none of that name [default: one named like the domain]
        #[arg(long, value_name = "NAME")]
        organisation: Option<String>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Let whoever has met people of an organisation in a meeting look up their e-mail addresses
    #[command(
        after_help = "Addresses are private to an organisation unless it says otherwise: outside it, People API answers \
        show the name alone. It holds for all domains of the organisation."
    )]
    ShareEmail {
        /// Any domain of the organisation
        domain: String,
        /// Keep the addresses private again
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print all: domain, organisation, and whether its e-mail addresses are private or shared
    List {
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Take a domain from its organisation
    Remove {
        /// The domain
        domain: String,
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// Does it.
pub(crate) fn run(command: DomainCommand) -> Result<ExitCode, CommandError> {
    match command {
        DomainCommand::Add {
            domain,
            organisation,
            store,
        } => store::with(store, async |store| {
            let organisation = organisation.unwrap_or_default();
            store.identity.add_domain(&domain, &organisation, &store::by()).await?;
            Ok(())
        }),
        DomainCommand::List { store } => store::with(store, list),
        DomainCommand::ShareEmail { domain, remove, store } => store::with(store, async |store| {
            let changed = store.identity.set_shares_email(&domain, !remove, &store::by()).await;
            changed.map_err(|error| with_known_domains(error, &domain))?;
            Ok(())
        }),
        DomainCommand::Remove { domain, store } => store::with(store, async |store| {
            let removed = store.identity.remove_domain(&domain, &store::by()).await;
            removed.map_err(|error| with_known_domains(error, &domain))
        }),
    }
}

/// Nobody knows all domains by heart.
fn with_known_domains(error: OrganisationError, domain: &str) -> CommandError {
    match error {
        OrganisationError::NotFound => {
            let hint = "`sederunt domain list` shows them";
            CommandError::new(format!("no organisation has the domain `{domain}`"), hint)
        }
        error => error.into(),
    }
}

async fn list(store: &Store) -> Result<(), CommandError> {
    let domains = whole_list(async |page| store.identity.list_domains(page).await).await?;
    print_rows(domains.into_iter().map(|domain| {
        let addresses = if domain.shares_email { "shared" } else { "private" };
        [domain.domain, domain.organisation, addresses.to_owned()]
    }));
    Ok(())
}
