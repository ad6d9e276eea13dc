//! `sederunt person`: what the register knows of somebody, on their request.

use std::process::ExitCode;

use meeting::{ConferenceId, ParticipantId};
use server::StoreFlags;

use crate::output::print;
use crate::report::CommandError;
use crate::store::{self, Store};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum PersonCommand {
    /// Delete somebody from the accounts and from the register, for good
    #[command(
        after_help = "That somebody was there, and from when to when, stays under a neutral name: totals and other people's \
        records remain true. Names, addresses and ids go, and so do their bytes in the data files. The audit log keeps what an account did \
        under another id, which is nobody's. Copies that you made \
        of the data are yours to delete."
    )]
    Delete {
        /// An address, users/USER, or for somebody without an account conferenceRecords/CONFERENCE/participants/PARTICIPANT
        person: String,
        #[command(flatten)]
        store: StoreFlags,
    },
}

/// Does it.
pub(crate) fn run(command: PersonCommand) -> Result<ExitCode, CommandError> {
    let PersonCommand::Delete { person, store } = command;
    store::with(store, async |store| {
        let conferences = delete(store, &person).await?;
        print(&format!(
            "Deleted from the accounts and from {conferences} conferences\n"
        ));
        Ok(())
    })
}

async fn delete(store: &Store, person: &str) -> Result<usize, CommandError> {
    let Some(name) = person.strip_prefix("conferenceRecords/") else {
        let user = store.user(person).await?;
        return Ok(server::forget(&store.identity, &store.register, &user, &store::by()).await?);
    };
    let ids = name.split_once("/participants/");
    let ids = ids.and_then(|(conference, participant)| {
        let conference = ConferenceId::parse(conference).ok()?;
        Some((conference, ParticipantId::parse(participant).ok()?))
    });
    let Some((conference, participant)) = ids else {
        let hint = "copy it from the register: conferenceRecords/CONFERENCE/participants/PARTICIPANT";
        return Err(CommandError::new(
            format!("`{person}` is not the name of a participant"),
            hint,
        ));
    };
    Ok(server::forget_participant(&store.register, &conference, &participant).await?)
}
