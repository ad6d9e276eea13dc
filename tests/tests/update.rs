//! A server that is updated while people meet: it is stopped in good order and started again, and the meeting is the same.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use end_to_end::{Seat, Server, binary, join, leave, open_space, resume};

#[test]
fn a_meeting_outlives_an_update() -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = start(data.path())?;
    server.add_user("owner@example.org")?;
    let token = server.token("owner@example.org")?;
    let space = open_space(server.address(), &token)?;
    let seats = [
        join(server.address(), &space, Some(&token), "")??,
        join(server.address(), &space, None, "A guest")??,
    ];
    server.terminate()?;

    let server = start(data.path())?;
    let is_over = |name: &str| -> Result<bool> {
        let read = server.get(&format!("/v2/{name}"), &token)?;
        Ok(!read["endTime"].is_null())
    };
    for seat in &seats {
        ensure!(
            is_over(&seat.participant_session)?,
            "sessions end when the server stops"
        );
    }
    ensure!(!is_over(&seats[0].conference_record)?, "their conference waits");

    let tokens = [Some(token.as_str()), None];
    let back = seats
        .iter()
        .zip(tokens)
        .map(|(seat, token)| resume(server.address(), seat, token));
    let back = back.collect::<Result<Result<Vec<Seat>>>>()??;
    for (seat, back) in seats.iter().zip(&back) {
        ensure!(
            back.participant == seat.participant,
            "the same participant of the same conference"
        );
        ensure!(back.participant_session != seat.participant_session, "in a new session");
    }
    for seat in &back {
        ensure!(!is_over(&seat.conference_record)?, "somebody is there");
        leave(server.address(), seat)?.context("the leave of somebody who is in")?;
    }
    ensure!(
        is_over(&seats[0].conference_record)?,
        "everybody has been back: the last leave ends it"
    );
    Ok(())
}

/// A server that waits for nobody when it is stopped.
fn start(data: &Path) -> Result<Server> {
    let mut program = Command::new(binary()?);
    program.env("SEDERUNT_DRAIN_SECONDS", "0");
    Server::start_with(program, data)
}
