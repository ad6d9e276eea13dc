//! A register with many participant sessions in it, recorded as meetings would have.
//!
//! All conferences are over and belong to spaces of one owner, who may read them all: the longest list that anybody has.

use crate::visits;
use anyhow::Result;
use meeting::{Fact, Input, Space, UserId};
use register::Register;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Everybody comes twice.
const SESSIONS_PER_PERSON: usize = 2;
const PEOPLE_PER_CONFERENCE: usize = 4;
const SESSIONS_PER_CONFERENCE: usize = SESSIONS_PER_PERSON * PEOPLE_PER_CONFERENCE;
/// Users that the people are taken from in turn.
const USERS: usize = 1_000;
/// Spaces, each of which has its conferences one after the other.
pub(crate) const SPACES: usize = 512;
/// From one conference of a space to the next.
const CONFERENCE_EVERY_US: i64 = 60_000_000;
/// From one join to the next.
const JOIN_EVERY_US: i64 = 1_000_000;

/// Records at least so many sessions, and returns their full names. `at_once` spaces are written to at once: SQLite makes one
/// transaction of all that comes together, and PostgreSQL has so many connections.
pub(crate) async fn fill(register: &Register, owner: &UserId, sessions: usize, at_once: usize) -> Result<Vec<String>> {
    let conferences = sessions.div_ceil(SESSIONS_PER_CONFERENCE * SPACES);
    let turns = Arc::new(Semaphore::new(at_once));
    let spaces = (0..SPACES).map(|number| {
        let (register, owner, turns) = (register.clone(), owner.clone(), Arc::clone(&turns));
        tokio::spawn(async move {
            let _turn = turns.acquire_owned().await?;
            fill_space(&register, &owner, number, conferences).await
        })
    });
    let mut names = Vec::new();
    for space in spaces.collect::<Vec<_>>() {
        names.extend(space.await??);
    }
    Ok(names)
}

/// Publishes the call records of all that is over: a server that begins with them to do writes while its reads are measured.
pub(crate) async fn publish(register: &Register) -> Result<()> {
    let when = visits::now().plus_us(register::limits::PUBLISHED_AFTER_US);
    while register.publish(when).await? > 0 {}
    Ok(())
}

async fn fill_space(register: &Register, owner: &UserId, number: usize, conferences: usize) -> Result<Vec<String>> {
    let mut space = visits::new_space(register, owner).await?;
    let mut names = Vec::new();
    let mut start = visits::now();
    for _ in 0..conferences {
        start = start.plus_us(-CONFERENCE_EVERY_US);
    }
    for conference in 0..conferences {
        let mut now = start;
        let mut facts = Vec::new();
        for visit in 0..SESSIONS_PER_CONFERENCE {
            let person =
                visits::user((number + conference * PEOPLE_PER_CONFERENCE + visit % PEOPLE_PER_CONFERENCE) % USERS);
            for input in visits::join(person) {
                happen(&mut space, &mut facts, input, now)?;
            }
            now = now.plus_us(JOIN_EVERY_US);
        }
        happen(&mut space, &mut facts, Input::EndConference, now)?;
        register.record(space.id(), &facts, None).await?;
        names.extend(facts.iter().filter_map(session_name));
        start = start.plus_us(CONFERENCE_EVERY_US);
    }
    Ok(names)
}

/// Lets it be before it is recorded: if that fails, the whole benchmark does.
fn happen(space: &mut Space, facts: &mut Vec<Fact>, input: Input, now: meeting::Micros) -> Result<()> {
    let decided = visits::decide(space, input, now)?;
    for fact in &decided {
        space.apply(fact);
    }
    facts.extend(decided);
    Ok(())
}

fn session_name(fact: &Fact) -> Option<String> {
    let Fact::SessionStarted {
        conference,
        participant,
        session,
        ..
    } = fact
    else {
        return None;
    };
    Some(format!(
        "conferenceRecords/{conference}/participants/{participant}/participantSessions/{session}"
    ))
}
