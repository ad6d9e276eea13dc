//! `sederunt token`: a bearer token of somebody's own, which no app holds.

use std::process::ExitCode;
use std::time::Duration;

use identity::{Scope, Scopes};
use server::{StoreFlags, clock};

use crate::output::print;
use crate::report::CommandError;
use crate::store;

/// What the token is to be.
#[derive(Debug, clap::Args)]
pub(crate) struct TokenFlags {
    /// Whose token it is
    email: String,
    /// Scope of the token, as often as needed: a full name, or its last part such as
    /// meetings.space.readonly; a token of some scopes takes part in meetings only with
    /// meetings.participate [default: all scopes of the Meet API]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// How long it is valid: 90s, 30m, 1h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_lifetime)]
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
        let token = store.identity.issue_token(&user, scopes, flags.ttl, clock::now_us())?;
        print(&format!("{token}\n"));
        Ok(())
    })
}

/// Reads `90s`, `30m`, `1h` or `7d`.
fn parse_lifetime(text: &str) -> Result<Duration, String> {
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
                parse_lifetime(text).ok().map(|lifetime| lifetime.as_secs()),
                seconds,
                "{text}"
            );
        }
    }
}
