//! What goes to standard error: the log and the errors of commands.

use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;

/// The log by default. str0m warns of whatever a browser offers and we do not speak.
const DEFAULT_LOG: &str = "info,str0m=error";

/// What no filter opens: rsipstack writes every message down, and in those are the keys that the sound of calls is sealed by.
const KEPT_SHUT: &str = "rsipstack=error";

/// Why a command did not do what was asked, and the next step.
#[derive(Debug)]
pub(crate) struct CommandError {
    error: Box<dyn Error>,
    hint: Option<String>,
}

impl CommandError {
    /// An error with a next step.
    pub(crate) fn new(error: impl Into<Box<dyn Error>>, hint: impl Into<String>) -> CommandError {
        CommandError {
            error: error.into(),
            hint: Some(hint.into()),
        }
    }
}

impl<E: Error + 'static> From<E> for CommandError {
    fn from(error: E) -> CommandError {
        CommandError {
            error: Box::new(error),
            hint: None,
        }
    }
}

/// A chain as one indented line per cause: each says what the one above leaves out.
impl fmt::Display for CommandError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "error: {}", self.error)?;
        let mut cause = self.error.source();
        while let Some(error) = cause {
            write!(out, "\n  because: {error}")?;
            cause = error.source();
        }
        if let Some(hint) = &self.hint {
            write!(out, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// Prints an error.
pub(crate) fn print_error(error: &CommandError) {
    // A closed standard error has nobody to tell.
    let _ = writeln!(io::stderr(), "{error}");
}

/// Sends the log to standard error: text for people, JSON with `SEDERUNT_LOG_FORMAT=json`; `SEDERUNT_LOG` filters it.
pub(crate) fn start_log() {
    let filter = EnvFilter::try_from_env("SEDERUNT_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
    let filter = filter.add_directive(KEPT_SHUT.parse().expect("it is a directive"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A line that a full disk does not take is lost. Complaining of it in the same place would panic, in the middle of a request.
        .log_internal_errors(false)
        .with_writer(io::stderr);
    if std::env::var("SEDERUNT_LOG_FORMAT").is_ok_and(|format| format == "json") {
        builder.json().init();
    } else {
        builder.with_ansi(io::stderr().is_terminal()).init();
    }
}
