//! The conference that is called about, and those who sit in it or wait at its door.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};

use crate::callers::{Call, Caller};
use crate::world::{self, World, text};

/// Who is there, in the order of their coming. The last is not let in.
const PRESENT: [&str; 4] = ["participant", "visitor", "guest", KNOCKER];

const KNOCKER: &str = "knocker";

/// How many conferences have begun.
static BEGUN: AtomicU16 = AtomicU16::new(1);

/// A running conference.
pub(crate) struct Conference {
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
        // Whoever was sent away waits, with all of their address: each conference has guests from another one.
        let [first, second] = BEGUN.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let from = [127, 1, first, second];
        let mut seats = HashMap::new();
        for name in PRESENT {
            let caller = callers.iter().find(|caller| caller.name == name);
            let caller = caller.expect("who is present is among the callers");
            let client = world::client().await;
            let body = json!({"offer": client.sdp(), "displayName": name});
            let joined = caller.ask_from(from, world, &hosting(space, "join", &body)).await.ok();
            world.connect(client, &joined).await;
            let seat = Seat::of(&joined);
            assert!(name != KNOCKER || joined["waiting"] == true, "{joined}");
            if joined["waiting"] == true && name != KNOCKER {
                let body = json!({"session": seat.session_id()});
                host.ask(world, &hosting(space, "admit", &body)).await.ok();
            }
            seats.insert(name, seat);
        }
        Conference { seats }
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
