//! `sederunt`: from flags to configuration to server, and the commands beside a server, one file for each subject.
//!
//! Data goes to standard output and everything else to standard error, so that `$(sederunt token …)` is a token. Errors name the
//! next step.

mod app;
mod audit_log;
mod daemon;
mod domain;
mod grant;
mod keeping;
mod key;
mod listing;
mod output;
mod person;
mod project;
mod report;
mod serve;
mod space;
mod span;
mod store;
mod token;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::fs::Mode;
use server::ServeFlags;

/// A call allocates some dozens of times and frees them on another thread: a sixth of its time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Meetings in the browser, and the register of who was there.
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Exits with 0 if it did what it should, with 1 if not (`doctor`: if something must be put right), and with 2 if it was called \
    wrongly. Data goes to standard output, and everything else to standard error. `SEDERUNT_LOG=debug` says more, and \
    `SEDERUNT_LOG_FORMAT=json` says it for programs."
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web client, the API and the meetings
    #[command(
        after_help = "Every setting may also stand in the environment or in the file given with --config.\n\
        SIGTERM or Ctrl-C stops in good order; a second one stops at once."
    )]
    Serve(ServeFlags),
    /// Manage the people who have an account
    #[command(subcommand)]
    User(user::UserCommand),
    /// Print a bearer token for the API, and nothing else
    Token(token::TokenFlags),
    /// Manage service accounts: programs that sign in by a key of their own
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Manage which service accounts may act as any user
    #[command(subcommand)]
    Grant(grant::GrantCommand),
    /// Manage the programs that people may let act for them, and those that act by roles of their own
    #[command(subcommand)]
    App(app::AppCommand),
    /// Manage which domains of e-mail addresses belong together
    #[command(subcommand)]
    Domain(domain::DomainCommand),
    /// Manage projects, to which telephone calls belong: their members, what signs what they send, how recordings are kept
    #[command(subcommand)]
    Project(project::ProjectCommand),
    /// Print the audit log: who did what, from where and when
    Audit(audit_log::AuditFlags),
    /// Delete what is known of somebody
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Decide how long the records of a space are kept
    #[command(subcommand)]
    Space(space::SpaceCommand),
    /// Check everything that serving needs, and say what to do
    Doctor(serve::DoctorFlags),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Keys are in what we write, and libraries write some of it: whoever starts us need not think of it.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    report::start_log();
    let outcome = match arguments.command {
        Command::Serve(flags) => serve::serve(flags),
        Command::User(command) => user::run(command),
        Command::Token(flags) => token::run(flags),
        Command::Key(command) => key::run(command),
        Command::Grant(command) => grant::run(command),
        Command::App(command) => app::run(command),
        Command::Domain(command) => domain::run(command),
        Command::Project(command) => project::run(command),
        Command::Audit(flags) => audit_log::run(flags),
        Command::Person(command) => person::run(command),
        Command::Space(command) => space::run(command),
        Command::Doctor(flags) => serve::doctor(flags),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            report::print_error(&error);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_are_consistent() {
        Arguments::command().debug_assert();
    }
}
