//! `sederunt serve` and `sederunt doctor`: the server, and what it would meet.

use std::io;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use server::doctor::Finding;
use server::{Configuration, ServeFlags, Server};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::output::print;
use crate::report::CommandError;
use crate::store::with_hint;

/// How long the administrator's link opens.
const MINUTES: u64 = identity::limits::SIGN_IN_LINK_TTL.as_secs() / 60;

/// Serves until a signal says otherwise.
pub(crate) fn serve(flags: ServeFlags) -> Result<ExitCode, CommandError> {
    let configuration = flags.resolve().map_err(with_hint)?;
    let runtime = Runtime::new()?;
    let ended = runtime.block_on(until_stopped(configuration));
    // What still computes, nobody waits for any more: all that was acknowledged is written.
    runtime.shutdown_background();
    ended
}

async fn until_stopped(configuration: Configuration) -> Result<ExitCode, CommandError> {
    // Before anything is announced: a signal that comes then must be heard.
    let mut signals = Signals::new()?;
    let running = tokio::select! {
        started = Server::start(configuration) => started.map_err(|error| {
            let hint = error.hint();
            CommandError::new(error, hint)
        })?,
        () = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    let invitation = running
        .administrator_link()
        .map(|link| format!("Sign in as the administrator, once, within {MINUTES} minutes: {link}\n"));
    print(&format!(
        "Sederunt is ready at {}\n{}",
        running.public_url(),
        invitation.unwrap_or_default()
    ));
    tokio::select! {
        () = signals.next() => {}
        () = running.superseded() => return Err(superseded()),
        () = running.without_media() => return Err(without_media()),
    }
    tokio::select! {
        () = running.drain() => {}
        () = signals.next() => tracing::warn!("stopped at once; the next start ends what is open"),
    }
    Ok(ExitCode::SUCCESS)
}

/// There is another server. Whoever keeps this one running starts it again, and it waits then.
fn superseded() -> CommandError {
    CommandError::new(
        "another server has taken the database over, and this one has ended",
        "let one server run on a database; one that is started beside it waits for its end",
    )
}

/// As after a crash: at the next start sessions end at their last sign of life, and pages come back to their meetings by themselves.
fn without_media() -> CommandError {
    CommandError::new(
        "a media thread has failed, and this server has ended",
        "start it again, and whoever was in a meeting comes back to it; what failed is in the log",
    )
}

/// SIGTERM and SIGINT.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What is looked at.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct DoctorFlags {
    #[command(flatten)]
    serve: ServeFlags,
    #[command(subcommand)]
    what: Option<DoctorCommand>,
}

#[derive(Debug, Subcommand)]
enum DoctorCommand {
    /// Check, from where this runs, which ways lead to a server, and how a voice would fare on them
    #[command(
        after_help = "Exits with a failure if nobody would get into a meeting from here. The page /check of a server says the same to people."
    )]
    Network(NetworkFlags),
}

#[derive(Debug, Args)]
struct NetworkFlags {
    /// The address of the server, as people open it
    #[arg(long, value_name = "URL")]
    url: String,
    /// A bearer token, as `sederunt token` prints it: relays other than the server's own are told only to people with an account
    #[arg(long, value_name = "TOKEN", env = "SEDERUNT_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// Prints what a server would meet, or a client of one.
pub(crate) fn doctor(flags: DoctorFlags) -> Result<ExitCode, CommandError> {
    if let Some(DoctorCommand::Network(NetworkFlags { url, token })) = flags.what {
        let ways = Runtime::new()?.block_on(server::doctor::network::examine(&url, token.as_deref()));
        print_findings(&ways.findings);
        return Ok(exit_code(ways.leads_there));
    }
    let configuration = flags.serve.resolve().map_err(with_hint)?;
    let findings = Runtime::new()?.block_on(server::doctor::examine(&configuration));
    print_findings(&findings);
    Ok(exit_code(findings.iter().all(|finding| finding.state.is_ok())))
}

fn print_findings(findings: &[Finding]) {
    let lines = findings.iter().map(|finding| match &finding.state {
        Ok(state) => format!("ok       {}: {state}\n", finding.subject),
        Err(problem) => format!(
            "problem  {}: {}\n         hint: {}\n",
            finding.subject, problem.what, problem.hint
        ),
    });
    let page: String = lines.collect();
    print(&page);
}

fn exit_code(is_well: bool) -> ExitCode {
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
