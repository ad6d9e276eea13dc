//! `sederunt project recordings`, `hold`, `release` and `forget-caller`: how recordings of a project's calls are kept, and how what was
//! said and who called is forgotten.

use std::process::ExitCode;

use calls::{ForgetCallerError, PolicyError, Recording, RecordingPolicy};
use server::StoreFlags;

use crate::output::{print, print_rows};
use crate::report::CommandError;
use crate::store::{self, Store, by};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum KeepingCommand {
    /// Print how recordings of a project are kept and what callers hear of them, or change it
    Recordings {
        /// Id of the project
        project: String,
        /// For how long: a number of days, or `forever`. What is older goes within a minute, as long as the server runs
        #[arg(long, value_name = "DAYS|forever", value_parser = parse_days)]
        keep: Option<Days>,
        /// What callers hear before their call is recorded: a text, or the address of a WAV or MP3 file; empty is nothing
        #[arg(long, value_name = "TEXT|ADDRESS")]
        announce: Option<String>,
        /// How often both sides hear a beep while they are recorded, in seconds; 0 is never
        #[arg(long, value_name = "SECONDS")]
        beep: Option<i64>,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Put a recording, or all of a project, under a legal hold: nobody deletes it, and no retention does
    Hold {
        /// Id of the project, or projects/PROJECT/calls/CALL/recordings/RECORDING
        name: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Lift a legal hold
    Release {
        /// As it was held
        name: String,
        #[command(flatten)]
        store: StoreFlags,
    },
    /// Forget whoever has a number or an address in the calls of a project, and delete what was recorded of those calls
    #[command(
        after_help = "That somebody called, and from when to when, stays; that it was them does not, nor what documents wrote down \
        of the call. The files of recordings go within a minute, as long as the server runs. Calls whose recordings are under a legal \
        hold, and those that go on, stay as they are and are listed."
    )]
    ForgetCaller {
        /// Id of the project
        project: String,
        /// A number such as +442071838750, or an address such as sip:user@host
        caller: String,
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// For how long; `None` is for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Days(Option<i64>);

/// Reads `90` or `forever`.
fn parse_days(text: &str) -> Result<Days, String> {
    if text == "forever" {
        return Ok(Days(None));
    }
    let days = text.parse();
    days.map(|days| Days(Some(days)))
        .map_err(|_| format!("`{text}` is not a number of days or `forever`"))
}

/// Does it.
pub(crate) fn run(command: KeepingCommand) -> Result<ExitCode, CommandError> {
    match command {
        KeepingCommand::Recordings {
            project,
            keep,
            announce,
            beep,
            store,
        } => store::with(store, async |store| {
            let before = policy(store, &project).await?;
            let wanted = RecordingPolicy {
                retention_days: keep.map_or(before.retention_days, |Days(days)| days),
                is_held: before.is_held,
                announcement: announce.map_or_else(
                    || before.announcement.clone(),
                    |text| Some(text).filter(|text| !text.is_empty()),
                ),
                beep_every_s: beep.map_or(before.beep_every_s, |every_s| {
                    Some(every_s).filter(|every_s| *every_s != 0)
                }),
            };
            if wanted != before {
                let set = store.calls.set_recording_policy(&project, &wanted, &by()).await;
                set.map_err(with_hint)?;
            }
            print_policy(wanted);
            Ok(())
        }),
        KeepingCommand::Hold { name, store } => store::with(store, async |store| hold(store, &name, true).await),
        KeepingCommand::Release { name, store } => store::with(store, async |store| hold(store, &name, false).await),
        KeepingCommand::ForgetCaller { project, caller, store } => {
            store::with(store, async |store| forget(store, &project, &caller).await)
        }
    }
}

async fn policy(store: &Store, project: &str) -> Result<RecordingPolicy, CommandError> {
    let known = store.identity.project(project).await?;
    known.ok_or_else(|| with_hint(PolicyError::NotFound))?;
    Ok(store.calls.recording_policy(project).await?)
}

fn print_policy(policy: RecordingPolicy) {
    let RecordingPolicy {
        retention_days,
        is_held,
        announcement,
        beep_every_s,
    } = policy;
    let days = retention_days.map_or_else(|| "forever".to_owned(), |days| format!("{days} days"));
    let beep = beep_every_s.map_or_else(|| "never".to_owned(), |every_s| format!("every {every_s} s"));
    let hold = if is_held { "yes" } else { "no" };
    print_rows(
        [
            ["kept", &*days],
            ["legal hold", hold],
            ["announcement", announcement.as_deref().unwrap_or("none")],
            ["beep", &*beep],
        ]
        .map(|row| row.map(str::to_owned)),
    );
}

async fn hold(store: &Store, name: &str, is_held: bool) -> Result<(), CommandError> {
    if name.contains('/') {
        let recording = recording(store, name).await?;
        let held = store.calls.hold_recording(&recording, is_held, &by()).await;
        return held.map_err(with_hint);
    }
    let wanted = RecordingPolicy {
        is_held,
        ..policy(store, name).await?
    };
    let held = store.calls.set_recording_policy(name, &wanted, &by()).await;
    held.map_err(with_hint)
}

async fn recording(store: &Store, name: &str) -> Result<Recording, CommandError> {
    let parts: Vec<&str> = name.split('/').collect();
    let ["projects", project, "calls", call, "recordings", recording] = parts[..] else {
        let hint = "give projects/PROJECT/calls/CALL/recordings/RECORDING, as the contract for calls lists it";
        return Err(CommandError::new(
            format!("`{name}` is not the name of a recording"),
            hint,
        ));
    };
    let found = store.calls.recording(project, call, recording).await?;
    found.ok_or_else(|| with_hint(PolicyError::NotFound))
}

async fn forget(store: &Store, project: &str, caller: &str) -> Result<(), CommandError> {
    let forgotten = store.calls.forget_caller(project, caller, &by()).await;
    let forgotten = forgotten.map_err(|error| match error {
        ForgetCallerError::ProjectHeld => {
            let hint = format!("`sederunt project release {project}` lifts it");
            CommandError::new(error, hint)
        }
        ForgetCallerError::NotFound => CommandError::new(error, "`sederunt project list` shows what there is"),
        error => error.into(),
    })?;
    print(&format!(
        "Forgotten in {} calls, with {} recordings\n",
        forgotten.calls, forgotten.recordings
    ));
    for call in forgotten.held {
        print(&format!("Under a legal hold, and left as it is: {call}\n"));
    }
    for call in forgotten.going_on {
        print(&format!("Not over yet; forget it again later: {call}\n"));
    }
    Ok(())
}

fn with_hint(error: PolicyError) -> CommandError {
    let hint = match error {
        PolicyError::NotFound => {
            "`sederunt project list` shows the projects, and the contract for calls the recordings"
        }
        PolicyError::Invalid { .. } => "choose another value",
        PolicyError::Store(_) => "`sederunt doctor` with the same flags shows what is wrong",
    };
    CommandError::new(error, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_how_long() {
        let check = |text: &str, expected: Option<Days>| assert_eq!(parse_days(text).ok(), expected, "{text}");
        check("90", Some(Days(Some(90))));
        check("forever", Some(Days(None)));
        check("default", None);
        check("", None);
    }
}
