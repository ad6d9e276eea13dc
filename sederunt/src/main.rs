//! `sederunt`: from flags to configuration to server, and the commands beside a server.
//!
//! Data goes to standard output and everything else to standard error, so that `$(sederunt token …)` is a token. Errors name the
//! next step.

mod commands;
mod report;

use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use identity::Scope;
use server::{ServeFlags, StoreFlags};

/// A call allocates some dozens of times and frees them on another thread: a sixth of its time with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Meetings in the browser, and the register of who was there.
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100
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
    User(UserCommand),
    /// Print a bearer token for the API, and nothing else
    Token {
        /// Whose token it is
        email: String,
        /// Scope of the token, as often as needed: a full URL, or its last part such as
        /// meetings.space.readonly [default: all scopes of the Meet API]
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<Scope>,
        /// How long it is valid: 90s, 30m, 1h or 7d
        #[arg(long, value_name = "TIME", default_value = "1h", value_parser = lifetime)]
        ttl: Duration,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Check everything that serving needs, and say what to do
    Doctor(ServeFlags),
}

#[derive(Debug, Subcommand)]
enum UserCommand {
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
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    report::log();
    let outcome = match arguments.command {
        Command::Serve(flags) => commands::serve(flags),
        Command::User(UserCommand::Add { email, name, store }) => commands::add_user(&email, name.as_deref(), store),
        Command::Token {
            email,
            scopes,
            ttl,
            store,
        } => commands::token(&email, &scopes, ttl, store),
        Command::Doctor(flags) => commands::doctor(flags),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            report::error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Reads `90s`, `30m`, `1h` or `7d`.
fn lifetime(text: &str) -> Result<Duration, String> {
    let refused = || format!("`{text}` is not a time such as 90s, 30m, 1h or 7d");
    let unit_seconds = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 24 * 3600,
        _ => return Err(refused()),
    };
    let count: u64 = text[..text.len() - 1].parse().map_err(|_| refused())?;
    match count.checked_mul(unit_seconds) {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err(refused()),
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

    #[test]
    fn lifetimes() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("30m", Some(1800)),
            ("1h", Some(3600)),
            ("7d", Some(604_800)),
            ("0s", None),
            ("1", None),
            ("h", None),
            ("-1h", None),
            ("1 h", None),
            ("é", None),
            ("99999999999999999999d", None),
            ("9999999999999999999d", None),
            ("", None),
        ] {
            assert_eq!(
                lifetime(text).ok().map(|lifetime| lifetime.as_secs()),
                seconds,
                "{text}"
            );
        }
    }
}
