//! `sederunt space`: what an operator decides about one space.

use std::num::NonZeroU16;
use std::process::ExitCode;

use meeting::{MeetingCode, Micros, SpaceId};
use register::{RegisterError, Retention};
use server::{StoreFlags, clock};

use crate::report::CommandError;
use crate::store::{self, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum SpaceCommand {
    /// Say how long the records of a space are kept, those of past conferences included
    Retention {
        /// The space: its meeting code, or spaces/SPACE
        space: String,
        /// A number of days, `forever`, or `default` for what `--retention-days` of the server says
        #[arg(value_parser = parse_retention)]
        kept: Retention,
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// Does it.
pub(crate) fn run(command: SpaceCommand) -> Result<ExitCode, CommandError> {
    let SpaceCommand::Retention { space, kept, store } = command;
    store::with(store, async |store| {
        let now = Micros(clock::now_us());
        let id = find_space(store, &space, now).await?;
        store.register.set_retention(&id, kept, &store::by()).await?;
        Ok(())
    })
}

async fn find_space(store: &Store, space: &str, now: Micros) -> Result<SpaceId, CommandError> {
    let name = space.strip_prefix("spaces/").unwrap_or(space);
    let found = match (SpaceId::parse(name), MeetingCode::parse(name)) {
        (Ok(id), _) => store.register.space_by_id(&id, now).await,
        (_, Ok(code)) => store.register.space_by_code(&code, now).await,
        _ => Err(RegisterError::NotFound),
    };
    found.map(|space| space.id).map_err(|error| match error {
        RegisterError::NotFound => {
            let hint = "give its meeting code, such as abc-mnop-xyz, or spaces/SPACE";
            CommandError::new(format!("there is no space `{space}`"), hint)
        }
        error => error.into(),
    })
}

/// Reads `90`, `forever` or `default`.
fn parse_retention(text: &str) -> Result<Retention, String> {
    match text {
        "default" => Ok(Retention::Default),
        "forever" => Ok(Retention::Never),
        days => days
            .parse::<NonZeroU16>()
            .map(Retention::Days)
            .map_err(|_| format!("`{text}` is not a number of days, `forever` or `default`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retentions() {
        for (text, expected) in [
            ("90", Some(Retention::Days(NonZeroU16::new(90).expect("not zero")))),
            ("forever", Some(Retention::Never)),
            ("default", Some(Retention::Default)),
            ("0", None),
            ("-1", None),
            ("99999", None),
            ("", None),
        ] {
            assert_eq!(parse_retention(text).ok(), expected, "{text}");
        }
    }
}
