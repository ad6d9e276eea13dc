//! The conference that is called about, and those who sit in it or wait at its door.

use std::collections::HashMap;

use serde_json::{Value, json};
use server::clock;

use crate::callers::{Call, Caller};
use crate::world::{OFFER, World, text};

/// A conference is ended and another begun before whoever joined is taken for lost: nobody is behind the offer.
const AGE_US_MAX: i64 = 8_000_000;

/// Who is there, in the order of their coming. The last is not let in.
const PRESENT: [&str; 4] = ["participant", "visitor", "guest", KNOCKER];

const KNOCKER: &str = "knocker";

/// A running conference.
pub(crate) struct Conference {
    began_us: i64,
    seats: HashMap<&'static str, Seat>,
}

/// What somebody was given who joined or knocked.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) record: String,
    pub(crate) participant: String,
    pub(crate) session: String,
    pub(crate) secret: String,
}

impl Conference {
    /// Everybody joins, and the host lets in who knocks.
    pub(crate) async fn begin(world: &World, space: &str, callers: &[Caller], host: &Caller) -> Conference {
        let mut seats = HashMap::new();
        for name in PRESENT {
            let caller = callers.iter().find(|caller| caller.name == name);
            let caller = caller.expect("who is present is among the callers");
            let body = json!({"offer": OFFER, "displayName": name});
            let joined = caller.ask(world, &hosting(space, "join", &body)).await.ok();
            let seat = Seat::of(&joined);
            assert!(name != KNOCKER || joined["waiting"] == true, "{joined}");
            if joined["waiting"] == true && name != KNOCKER {
                let body = json!({"session": seat.session_id()});
                host.ask(world, &hosting(space, "admit", &body)).await.ok();
            }
            seats.insert(name, seat);
        }
        let began_us = clock::now_us();
        Conference { began_us, seats }
    }

    /// Whether it has lasted long enough.
    pub(crate) fn is_old(&self) -> bool {
        clock::now_us() - self.began_us > AGE_US_MAX
    }

    /// The seat of a caller, if they have one.
    pub(crate) fn seat(&self, name: &str) -> Option<&Seat> {
        self.seats.get(name)
    }
}

/// Ends the conference of a space.
pub(crate) async fn end(world: &World, space: &str, host: &Caller) {
    host.ask(world, &hosting(space, "end", &json!({}))).await.ok();
}

fn hosting(space: &str, verb: &str, body: &Value) -> Call {
    Call {
        verb: "POST".to_owned(),
        path: format!("/sederunt/v1/{space}:{verb}"),
        body: body.to_string(),
    }
}

impl Seat {
    fn of(joined: &Value) -> Seat {
        Seat {
            record: text(joined, "conferenceRecord"),
            participant: text(joined, "participant"),
            session: text(joined, "participantSession"),
            secret: text(joined, "resumeSecret"),
        }
    }

    /// The id alone, as hosts have it.
    pub(crate) fn session_id(&self) -> &str {
        last(&self.session)
    }

    /// The id alone: of somebody with an account, that of the account.
    pub(crate) fn participant_id(&self) -> &str {
        last(&self.participant)
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().expect("split gives at least one part")
}
