//! A school begins: two hundred come into one meeting within five seconds, all from behind one router, over HTTP and each with a
//! transport of their own. Everybody gets in, and everybody is in the register, once.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use end_to_end::{Seat, Server, join, leave, open_space};

const PEOPLE: u32 = 200;
const WITHIN: Duration = Duration::from_secs(5);

#[test]
fn two_hundred_come_within_five_seconds() -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::start(data.path())?;
    server.add_user("owner@example.org")?;
    let token = server.token("owner@example.org")?;
    let space = open_space(server.address(), &token)?;

    let began = Instant::now();
    let come = |number: u32| -> Result<Seat> {
        let at = began + WITHIN * number / PEOPLE;
        thread::sleep(at.saturating_duration_since(Instant::now()));
        join(server.address(), &space, None, &format!("Guest {number}"))?
            .with_context(|| format!("guest {number} is kept out"))
    };
    let seats = thread::scope(|scope| {
        let people: Vec<_> = (0..PEOPLE).map(|number| scope.spawn(move || come(number))).collect();
        let seats = people.into_iter().map(|person| person.join().expect("nobody panics"));
        seats.collect::<Result<Vec<Seat>>>()
    })?;

    let record = &seats[0].conference_record;
    ensure!(
        seats.iter().all(|seat| seat.conference_record == *record),
        "they are in several conferences"
    );
    let participants = server.list(&format!("/v2/{record}/participants"), "participants", &token)?;
    let names: BTreeSet<_> = participants
        .iter()
        .filter_map(|participant| participant["anonymousUser"]["displayName"].as_str())
        .collect();
    ensure!(
        (participants.len(), names.len()) == (PEOPLE as usize, PEOPLE as usize),
        "the register has {} people with {} names",
        participants.len(),
        names.len()
    );

    for seat in &seats {
        leave(server.address(), seat)?.context("somebody cannot leave")?;
    }
    let over = server.get(&format!("/v2/{record}"), &token)?;
    ensure!(over["endTime"].is_string(), "the last one has left: {over}");
    Ok(())
}
