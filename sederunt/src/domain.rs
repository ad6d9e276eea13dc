//! `sederunt domain`: which domains of mail belong to which organisation.

use std::process::ExitCode;

use identity::{OrganisationError, Page, limits};
use server::{StoreFlags, clock};

use crate::output::print_rows;
use crate::report::Failure;
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
    /// Print all: domain, organisation
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
pub(crate) fn run(command: DomainCommand) -> Result<ExitCode, Failure> {
    match command {
        DomainCommand::Add {
            domain,
            organisation,
            store,
        } => store::with(store, async |store| {
            let organisation = organisation.unwrap_or_default();
            let now_us = clock::now_us();
            store.identity.add_domain(&domain, &organisation, now_us).await?;
            Ok(())
        }),
        DomainCommand::List { store } => store::with(store, list),
        DomainCommand::Remove { domain, store } => store::with(store, async |store| {
            let removed = store.identity.remove_domain(&domain).await;
            removed.map_err(|error| match error {
                OrganisationError::NotFound => {
                    let hint = "`sederunt domain list` shows them";
                    Failure::new(format!("no organisation has the domain `{domain}`"), hint)
                }
                error => error.into(),
            })
        }),
    }
}

async fn list(store: &Store) -> Result<(), Failure> {
    let whole = Page {
        size: limits::PAGE_SIZE_MAX,
        after: None,
    };
    let domains = store.identity.list_domains(whole).await?;
    print_rows(
        domains
            .items
            .into_iter()
            .map(|domain| [domain.domain, domain.organisation]),
    );
    Ok(())
}
