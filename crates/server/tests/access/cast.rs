//! What the calls are about: a space with its conference, and things to be changed that no caller has changed yet.
//!
//! A call that is refused leaves its thing to the next caller; one that succeeds uses it up. So a table of some thousand calls makes
//! some hundred things, and takes seconds.

use std::collections::HashMap;

use serde_json::json;

use crate::callers::{self, Call, Caller};
use crate::cases::Case;
use crate::conference::{self, Conference, Seat};
use crate::methods::Method;
use crate::requests;
use crate::world::{Answer, World};

/// A success of these changes who is in the conference, or ends it.
const STIRRING: [&str; 7] = [
    "SpacesService.EndActiveConference",
    "Meetings.Resume",
    "Meetings.Leave",
    "Meetings.Admit",
    "Meetings.Deny",
    "Meetings.Remove",
    "Meetings.End",
];

/// Who lets in, and ends the conference.
const HOST: &str = "owner";

/// The world, the callers, and the things that are called about.
pub(crate) struct Cast {
    pub(crate) world: World,
    callers: Vec<Caller>,
    pub(crate) space: String,
    conference: Option<Conference>,
    /// Things to be changed, by what their names look like.
    fresh: HashMap<String, String>,
    /// Spaces at whose doors callers stand, by method: who joined one has not been in that of another.
    doors: HashMap<(String, Case), String>,
    words_made: usize,
}

impl Cast {
    pub(crate) async fn gather() -> Cast {
        let world = World::new().await;
        let callers = callers::all(&world).await;
        let mut cast = Cast {
            world,
            callers,
            space: String::new(),
            conference: None,
            fresh: HashMap::new(),
            doors: HashMap::new(),
            words_made: 0,
        };
        cast.space = cast.make_space(&json!({"accessType": "TRUSTED"})).await;
        // One conference is over, however fast the machine.
        cast.hold_conference().await;
        cast.end_conference().await;
        // Without them lists would show nothing to those who may see them.
        cast.make("apps/*").await;
        cast.make("projects/*").await;
        cast
    }

    pub(crate) fn callers(&self) -> Vec<Caller> {
        self.callers.clone()
    }

    /// A call of this method, about what is there.
    pub(crate) async fn prepare(&mut self, method: &Method, case: Case, caller: &Caller) -> Call {
        self.hold_conference().await;
        let name = match method.pattern() {
            Some(pattern) => self.name_of(pattern, method, case).await,
            None => String::new(),
        };
        let body = requests::body(self, method, caller).await;
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        Call {
            verb: method.verb.clone(),
            path: method.path(&name) + requests::query(method),
            body,
        }
    }

    /// What an answer may have changed is made anew for whoever calls next.
    pub(crate) fn answered(&mut self, method: &Method, answer: &Answer) {
        if answer.status != 200 || method.verb == "GET" {
            return;
        }
        self.fresh.clear();
        if STIRRING.contains(&&*method.name) {
            self.conference = None;
        }
    }

    /// A name that looks like this. What there is none of has one that could be.
    async fn name_of(&mut self, pattern: &str, method: &Method, case: Case) -> String {
        let seat = self.seat("participant");
        let known = match pattern {
            "spaces/*" if case.door().is_some() => return self.door(method, case).await,
            "spaces/*" => &self.space,
            "people/*" => return self.person(case),
            // One with something to show.
            "serviceAccounts/*" if method.verb == "GET" => return self.parent("serviceAccounts/*/keys/*").await,
            "daemons/*" if method.verb == "GET" => return self.parent("daemons/*/credentials/*").await,
            _ if pattern.starts_with("conferenceRecords/*/participants/*/participantSessions/*") => &seat.session,
            _ if pattern.starts_with("conferenceRecords/*/participants/*") => &seat.participant,
            _ if pattern.starts_with("conferenceRecords/*") => &seat.record,
            _ => return self.fresh(pattern).await,
        };
        let rest = pattern.split('/').skip(known.split('/').count());
        let rest = rest.map(|part| if part == "*" { "none" } else { part });
        std::iter::once(known.as_str())
            .chain(rest)
            .collect::<Vec<_>>()
            .join("/")
    }

    /// Something that has such a child, which no caller has changed.
    async fn parent(&mut self, of: &str) -> String {
        let child = self.fresh(of).await;
        let mut parts = child.rsplitn(3, '/');
        parts.nth(2).expect("a name of four parts").to_owned()
    }

    fn person(&self, case: Case) -> String {
        match case.person() {
            Some(name) => format!("people/{}", self.seat(name).participant_id()),
            None => "people/me".to_owned(),
        }
    }

    /// The seat of somebody who is in the conference, or of the one who waits.
    pub(crate) fn seat(&self, name: &str) -> &Seat {
        self.seat_of(name).expect("they have one")
    }

    /// The seat of a caller, if they have one.
    pub(crate) fn seat_of(&self, name: &str) -> Option<&Seat> {
        self.conference.as_ref().expect("one is held").seat(name)
    }

    async fn hold_conference(&mut self) {
        if self.conference.is_none() {
            let conference = Conference::begin(&self.world, &self.space, &self.callers, self.caller(HOST));
            self.conference = Some(conference.await);
        }
    }

    async fn end_conference(&mut self) {
        conference::end(&self.world, &self.space, self.caller(HOST)).await;
        self.conference = None;
    }

    /// The space of this kind at which callers of this method stand.
    async fn door(&mut self, method: &Method, case: Case) -> String {
        let key = (method.name.clone(), case);
        if let Some(space) = self.doors.get(&key) {
            return space.clone();
        }
        let space = self.make_space(&case.door().expect("a case of a door")).await;
        self.doors.insert(key, space.clone());
        space
    }

    /// Something of this kind that no caller has changed.
    pub(crate) async fn fresh(&mut self, pattern: &str) -> String {
        if let Some(name) = self.fresh.get(pattern) {
            return name.clone();
        }
        let name = self.make(pattern).await;
        self.fresh.insert(pattern.to_owned(), name.clone());
        name
    }

    /// A word that no name has held before.
    pub(crate) fn new_word(&mut self) -> String {
        self.words_made += 1;
        format!("thing-{}", self.words_made)
    }

    /// An address that nobody has had before.
    pub(crate) fn new_email(&mut self) -> String {
        format!("{}@example.org", self.new_word())
    }

    pub(crate) fn maker(&self) -> &Caller {
        self.caller("maker: created")
    }

    pub(crate) fn caller(&self, name: &str) -> &Caller {
        let found = self.callers.iter().find(|caller| caller.name == name);
        found.expect("one of the callers")
    }
}
