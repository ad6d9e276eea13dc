//! `sederunt audit`: who did what, from where and when.

use std::process::ExitCode;
use std::time::Duration;

use audit::{Action, Query, limits};
use identity::AuditEvent;
use server::{StoreFlags, clock};

use crate::output::{print_rows, time_text};
use crate::report::CommandError;
use crate::span::parse_span;
use crate::store::{self, Store};

/// Which lines.
#[derive(Debug, clap::Args)]
#[command(after_help = more_help())]
pub(crate) struct AuditFlags {
    /// How far back: 90s, 30m, 1h or 7d [default: all that is kept]
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    since: Option<Duration>,
    /// Who did it: an address, users/USER, serviceAccounts/CLIENT, daemons/CLIENT, commandLine or nobody
    #[arg(long, value_name = "WHO")]
    actor: Option<String>,
    /// Whom or what it was done to: an address, or a resource name
    #[arg(long, value_name = "WHAT")]
    subject: Option<String>,
    /// What was done: key.create, or how such names begin: key.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    #[command(flatten)]
    store: StoreFlags,
}

/// What a line holds, and which actions there are.
fn more_help() -> String {
    let actions: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
    format!(
        "One line each, newest first, fields parted by tabs: time, who, from which address, what, to whom or what, done or \
        refused, how often, and more about it. That the log was printed is written into it.\n\
        Actions: {}",
        actions.join(", ")
    )
}

/// Prints the log.
pub(crate) fn run(flags: AuditFlags) -> Result<ExitCode, CommandError> {
    let query = Query {
        actor: flags.actor.unwrap_or_default(),
        subject: flags.subject.unwrap_or_default(),
        action: flags.action.unwrap_or_default(),
        start_us: flags.since.map(start_us),
        size: limits::PAGE_SIZE_MAX,
        ..Query::default()
    };
    store::with(flags.store, async |store| print_log(store, query).await)
}

async fn print_log(store: &Store, mut query: Query) -> Result<(), CommandError> {
    let line = store::by().did(Action::AuditExport, "", "");
    store.identity.log().write(vec![line]).await?;
    loop {
        let (events, next) = store.identity.audit_events(&query).await?;
        print_rows(events.into_iter().map(columns));
        if next.is_none() {
            return Ok(());
        }
        query.after = next;
    }
}

fn columns(line: AuditEvent) -> [String; 8] {
    let AuditEvent {
        event,
        actor_email,
        subject_email,
    } = line;
    [
        time_text(event.time_us),
        actor_email.unwrap_or(event.actor),
        event.client.unwrap_or_default(),
        event.action,
        subject_email.unwrap_or(event.subject),
        if event.refused { "refused" } else { "done" }.to_owned(),
        event.times.to_string(),
        event.detail,
    ]
}

/// The time that lies so far back.
fn start_us(since: Duration) -> i64 {
    let since_us = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    clock::now_us().saturating_sub(since_us)
}
