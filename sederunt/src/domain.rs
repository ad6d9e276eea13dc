//! `sederunt domain`: which domains of mail belong to which organisation.

use std::process::ExitCode;

use identity::{OrganisationChange, OrganisationError};
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
    /// Ask people before they are recorded in meetings of an organisation, instead of telling them that they are
    #[command(
        after_help = "Of whoever has not agreed nothing is kept. A meeting is of the organisation that the owner of its \
        space belongs to. It holds for all domains of the organisation, and for recordings that begin from now on."
    )]
    AskToRecord {
        /// Any domain of the organisation
        domain: String,
        /// Tell people again that they are recorded
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Print all: domain, organisation, whether its e-mail addresses are private or shared, and whether people are told that they are recorded or asked
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
        DomainCommand::ShareEmail { domain, remove, store } => {
            let shares_email = Some(!remove);
            let change = OrganisationChange {
                shares_email,
                ..OrganisationChange::default()
            };
            update(store, &domain, change)
        }
        DomainCommand::AskToRecord { domain, remove, store } => {
            let asks_to_record = Some(!remove);
            let change = OrganisationChange {
                asks_to_record,
                ..OrganisationChange::default()
            };
            update(store, &domain, change)
        }
        DomainCommand::Remove { domain, store } => store::with(store, async |store| {
            let removed = store.identity.remove_domain(&domain, &store::by()).await;
            removed.map_err(|error| with_known_domains(error, &domain))
        }),
    }
}

fn update(store: StoreFlags, domain: &str, change: OrganisationChange) -> Result<ExitCode, CommandError> {
    store::with(store, async |store| {
        let changed = store.identity.update_organisation(domain, change, &store::by()).await;
        changed.map_err(|error| with_known_domains(error, domain))?;
        Ok(())
    })
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
        let people = if domain.asks_to_record { "asked" } else { "told" };
        [
            domain.domain,
            domain.organisation,
            addresses.to_owned(),
            people.to_owned(),
        ]
    }));
    Ok(())
}
