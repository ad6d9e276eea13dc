//! `sederunt token`: a bearer token of somebody's own, which no app holds.

use std::process::ExitCode;
use std::time::Duration;

use identity::{Scope, Scopes};
use server::StoreFlags;

use crate::output::print;
use crate::report::CommandError;
use crate::span::parse_span;
use crate::store;

/// What the token is to be.
#[derive(Debug, clap::Args)]
pub(crate) struct TokenFlags {
    /// Whose token it is
    email: String,
    /// Scope of the token, as often as needed: a full name, or its last part such as
    /// meetings.space.readonly; a token of some scopes takes part in meetings only with
    /// meetings.participate; telephone calls need voice, and phone numbers numbering
    /// [default: all scopes of the Meet API]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// How long it is valid: 90s, 30m, 1h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_span)]
    ttl: Duration,
    #[command(flatten)]
    store: StoreFlags,
}

/// Prints a bearer token.
pub(crate) fn run(flags: TokenFlags) -> Result<ExitCode, CommandError> {
    store::with(flags.store, async |store| {
        let user = store.user(&flags.email).await?;
        let scopes = if flags.scopes.is_empty() {
            Scopes::MEET
        } else {
            flags.scopes.into_iter().collect()
        };
        let token = store
            .identity
            .issue_token(&user, scopes, flags.ttl, &store::by())
            .await?;
        print(&format!("{token}\n"));
        Ok(())
    })
}
