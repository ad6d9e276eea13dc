//! From what the media plane reports to inputs of meetings, and the deadlines of meetings.
//!
//! Instants become wall times here, in one place. An arrival and a loss are reported once, so they are tried until they are
//! written: dropping one would leave somebody outside, or a session open for ever.

use std::collections::HashMap;

use media::{Event, LostCause};
use meeting::{Input, LostReason, Micros, SessionId, SpaceId};
use register::chain;
use tokio::sync::mpsc;

use crate::limits;
use crate::rooms::{InputError, Rooms};

/// Feeds the rooms until the media plane has stopped, or a part of it.
pub async fn follow(rooms: Rooms, mut events: mpsc::Receiver<Event>) {
    while let Some(event) = events.recv().await {
        match event {
            Event::Alive(heard) => alive(&rooms, heard),
            Event::Connected { session } => {
                if let Some((session, space)) = locate(&rooms, &session) {
                    tokio::spawn(insist(rooms.clone(), space, Input::Connected { session }));
                }
            }
            Event::Lost {
                session,
                last_sign_of_life,
                cause,
            } => {
                let last_sign_of_life = rooms.wall(last_sign_of_life);
                if let Some((session, space)) = locate(&rooms, &session) {
                    let lost = Input::Lost {
                        session,
                        last_sign_of_life,
                        reason: reason(cause),
                    };
                    tokio::spawn(insist(rooms.clone(), space, lost));
                }
            }
            Event::Measured(all) => rooms.measuring().measured(all),
            Event::Reached { session, path } => rooms.measuring().reached(&session, path),
            Event::Reported { session, report } => rooms.measuring().reported(&session, &report),
            Event::Failed => break,
        }
    }
    tracing::error!("the media plane has stopped; nobody can be let in until the server is started again");
    rooms.media_stopped();
}

/// One input for each space; the store puts what arrives together into one commit.
fn alive(rooms: &Rooms, heard: Vec<(String, std::time::Instant)>) {
    let mut by_space: HashMap<SpaceId, Vec<(SessionId, Micros)>> = HashMap::new();
    for (session, at) in heard {
        if let Some((session, space)) = locate(rooms, &session) {
            by_space.entry(space).or_default().push((session, rooms.wall(at)));
        }
    }
    for (space, signs) in by_space {
        let rooms = rooms.clone();
        // A failure is in the log, and the next report says the same again.
        tokio::spawn(async move { rooms.input(space, Input::Alive(signs)).await });
    }
}

fn reason(cause: LostCause) -> LostReason {
    match cause {
        LostCause::Left => LostReason::Left,
        LostCause::Closed => LostReason::Closed,
        // Whoever never connected was never in.
        LostCause::Silent | LostCause::NeverConnected => LostReason::Silent,
        LostCause::NeverSecured => LostReason::Unsecured,
    }
}

/// Gives an input until it is written or refused.
async fn insist(rooms: Rooms, space: SpaceId, input: Input) {
    let mut pause = limits::EVENT_PAUSE_MIN;
    loop {
        match rooms.input(space.clone(), input.clone()).await {
            Err(InputError::Register(_) | InputError::Panicked(_)) => {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(limits::EVENT_PAUSE_MAX);
            }
            Ok(()) | Err(InputError::Refused(_) | InputError::Overloaded(_) | InputError::Draining) => return,
        }
    }
}

/// The session and its space; `None` for one that has ended.
fn locate(rooms: &Rooms, session: &str) -> Option<(SessionId, SpaceId)> {
    let session = SessionId::parse(session).ok()?;
    let space = rooms.place(&session)?;
    Some((session, space))
}

/// Serves the deadlines of meetings, for ever.
pub async fn keep_deadlines(rooms: Rooms) {
    let mut ticks = tokio::time::interval(limits::DEADLINE_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for space in rooms.take_due() {
            let rooms = rooms.clone();
            // A failure is in the log, and sets a deadline for the next attempt.
            tokio::spawn(async move { rooms.input(space, Input::Tick).await });
        }
    }
}

/// Writes what is measured, for ever.
pub async fn keep_measured(rooms: Rooms) {
    loop {
        rooms.measuring().news().await;
        let mut pause = limits::MEASURED_PAUSE_MIN;
        loop {
            tokio::time::sleep(pause).await;
            let Err(error) = rooms.write_measured().await else {
                break;
            };
            tracing::warn!(error = %chain(&error), "what was measured could not be written; it is tried again");
            pause = (pause * 2).min(limits::MEASURED_PAUSE_MAX);
        }
    }
}
