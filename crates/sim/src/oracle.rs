//! What must be true, whatever happens: written once, held against the register after every step of every scenario.
//!
//! The register is read as a contract reads it. It is held to its own rules, to what the server has promised to clients
//! ([`Promises`]), and to what the rooms have in memory.

use std::collections::{BTreeMap, BTreeSet};

use meeting::{Conference, ConferenceId, Micros, ParticipantId, SessionId, SpaceId, UserId};
use register::{
    ConferenceRecord, Page, ParticipantRecord, ParticipantSessionRecord, Query, RecordingRecord, Register,
    RegisterError,
};
use rooms::Wanted;

use crate::{device::Ticket, server::Server};

/// Signs of life are written at least every five seconds, and a write may take its time.
const LIFE_ERROR_US: i64 = meeting::limits::SIGN_OF_LIFE_EVERY_US + 500_000;

/// What clients have been told, and can hold the server to.
#[derive(Default)]
pub(crate) struct Promises {
    /// Sessions that were told that they are in.
    pub(crate) seats: Vec<Ticket>,
    /// Sessions whose client has sent a packet.
    pub(crate) appeared: BTreeSet<SessionId>,
    /// Sessions whose leave was acknowledged.
    pub(crate) left: BTreeSet<SessionId>,
    /// Sessions that were in when the server died, and when that was.
    pub(crate) cut_off: BTreeMap<SessionId, Micros>,
}

/// What the register says of a space, all of it.
pub(crate) struct Record {
    conferences: Vec<(ConferenceRecord, Vec<Person>)>,
    /// All of them, in the order of the conferences and of their starts.
    recordings: Vec<RecordingRecord>,
}

struct Person {
    participant: ParticipantRecord,
    sessions: Vec<ParticipantSessionRecord>,
}

impl Record {
    /// Reads it as the owner of the space does.
    pub(crate) async fn read(register: &Register, owner: &UserId, now: Micros) -> Record {
        let mut conferences = vec![];
        for conference in all_pages(now, async |query| register.list_conferences(owner, query, None).await).await {
            let id = &conference.id;
            let mut people = vec![];
            for participant in all_pages(now, async |query| register.list_participants(id, query).await).await {
                let of = &participant.id;
                let sessions = all_pages(now, async |query| {
                    register.list_participant_sessions(id, of, query).await
                });
                let sessions = sessions.await;
                people.push(Person { participant, sessions });
            }
            conferences.push((conference, people));
        }
        // The list is newest first.
        conferences.reverse();
        let mut recordings = vec![];
        for (conference, _) in &conferences {
            let of = &conference.id;
            recordings.extend(all_pages(now, async |query| register.list_recordings(of, query).await).await);
        }
        Record {
            conferences,
            recordings,
        }
    }

    /// The rules of the register itself.
    pub(crate) fn check_rules(&self) {
        let mut before = Micros(0);
        for (conference, people) in &self.conferences {
            assert!(conference.start >= before, "conferences of a space follow each other");
            // Only a clock that was wrong has put another behind one that is open.
            before = conference.end.unwrap_or(conference.start);
            assert!(before >= conference.start, "no negative time");
            assert!(!people.is_empty(), "a conference starts with somebody");
            for person in people {
                person.check_rules(conference);
            }
        }
        let open = self
            .conferences
            .iter()
            .filter(|(conference, _)| conference.end.is_none());
        assert!(open.count() <= 1, "at most one active conference");
        for (conference, _) in &self.conferences {
            self.check_recordings(conference);
        }
    }

    /// A conference has one recording at a time, and none outlives it.
    fn check_recordings(&self, conference: &ConferenceRecord) {
        let mut before = conference.start;
        let of = |recording: &&RecordingRecord| recording.conference == conference.id;
        let mut recordings = self.recordings.iter().filter(of).peekable();
        while let Some(recording) = recordings.next() {
            assert!(
                recording.start >= before,
                "recordings of a conference follow each other"
            );
            before = recording.end.unwrap_or(recording.start);
            let is_last = recordings.peek().is_none();
            let may_go_on = is_last && conference.end.is_none();
            assert!(may_go_on || recording.end.is_some(), "one recording at a time");
            assert!(before >= recording.start, "no negative time");
            assert!(
                conference.end.is_none_or(|end| before <= end),
                "a recording is inside its conference"
            );
        }
    }

    /// What clients were promised.
    pub(crate) fn check_promises(&self, promises: &Promises) {
        for ticket in &promises.seats {
            let session = self.session(&ticket.session);
            let session = session.unwrap_or_else(|| panic!("the acknowledged session {} is missing", ticket.session));
            let place = (&session.conference, &session.participant);
            assert_eq!(place, (&ticket.conference, &ticket.participant), "as it was promised");
        }
        let ghosts = self
            .sessions()
            .filter(|session| !promises.appeared.contains(&session.id));
        assert_eq!(ghosts.count(), 0, "nobody is in the register who never sent a packet");
        for session in self.sessions().filter(|session| promises.left.contains(&session.id)) {
            assert!(
                session.end.is_some(),
                "the acknowledged leave of {} is missing",
                session.id
            );
        }
        for (id, died) in &promises.cut_off {
            let Some(end) = self.session(id).and_then(|session| session.end) else {
                continue;
            };
            let error_us = died.since_us(end);
            assert!(
                (0..=LIFE_ERROR_US).contains(&error_us),
                "{id} ends {error_us} us before the crash"
            );
        }
    }

    /// What the rooms have in memory: nothing, or the same.
    pub(crate) async fn check_memory(server: &Server, space: &SpaceId) {
        let (conferences, sessions) = server.gauges.read();
        assert!(conferences >= 0 && sessions >= 0, "counts are never negative");
        let Some(remembered) = server.rooms.look(space, live).await else {
            return;
        };
        let recorded = server.register.space(space).await.expect("the space is there");
        assert_eq!(remembered, live(&recorded), "memory and register agree");
        assert_eq!(
            server.tapes.wanted(space),
            taped(&recorded),
            "what is recorded is what the register says"
        );
    }

    /// Whether everybody has gone.
    pub(crate) fn is_over(&self) -> bool {
        let open = self.conferences.iter().any(|(conference, _)| conference.end.is_none());
        !open && self.sessions().all(|session| session.end.is_some())
    }

    /// Nobody is in any more, as far as anybody can tell.
    pub(crate) fn check_quiet(&self, server: &Server, space: &SpaceId) {
        assert!(self.is_over(), "nothing is open for ever: {}", self.describe());
        assert_eq!(server.gauges.read(), (0, 0), "the gauges are back at zero");
        assert_eq!(server.rooms.glance(space), (false, 0), "the room is empty");
        assert_eq!(
            server.media.counters().sessions,
            0,
            "the media plane has let go of everybody"
        );
    }

    /// Who is there, by the key under which the media plane shows them.
    pub(crate) async fn present(server: &Server, space: &SpaceId) -> BTreeSet<String> {
        let space = server.register.space(space).await.expect("the space is there");
        let sessions = space.conference().into_iter().flat_map(Conference::live_sessions);
        sessions
            .map(|(_, session)| format!("participants/{}", session.participant))
            .collect()
    }

    /// For scripts: what each conference held, oldest first.
    pub(crate) fn describe(&self) -> String {
        let described = self.conferences.iter().map(|(conference, people)| {
            let sessions = people.iter().flat_map(|person| &person.sessions);
            let text = format!("{} people in {} sessions", people.len(), sessions.count());
            text + if conference.end.is_some() { ", over" } else { ", open" }
        });
        described.collect::<Vec<_>>().join("; ")
    }

    /// For scripts: how many recordings there are.
    pub(crate) fn recorded(&self) -> String {
        let over = self.recordings.iter().filter(|recording| recording.end.is_some());
        let over = over.count();
        format!("{over} over, {} going on", self.recordings.len() - over)
    }

    /// For scripts: how many seconds each conference that is over lasted.
    pub(crate) fn lasted(&self) -> String {
        let over = self.conferences.iter().filter_map(|(conference, _)| {
            let lasted_us = conference.end?.since_us(conference.start);
            Some(((lasted_us + 500_000) / 1_000_000).to_string())
        });
        over.collect::<Vec<_>>().join(" ")
    }

    fn sessions(&self) -> impl Iterator<Item = &ParticipantSessionRecord> {
        let people = self.conferences.iter().flat_map(|(_, people)| people);
        people.flat_map(|person| &person.sessions)
    }

    fn session(&self, id: &SessionId) -> Option<&ParticipantSessionRecord> {
        self.sessions().find(|session| session.id == *id)
    }
}

impl Person {
    fn check_rules(&self, conference: &ConferenceRecord) {
        let Person { participant, sessions } = self;
        let first = sessions.iter().map(|session| session.start).min();
        assert_eq!(Some(participant.earliest_start), first, "the first session's start");
        let live = sessions.iter().any(|session| session.end.is_none());
        let last = sessions.iter().filter_map(|session| session.end).max();
        assert_eq!(
            participant.latest_end,
            last.filter(|_| !live),
            "unset while live, then the last end"
        );
        assert!(
            !live || conference.end.is_none(),
            "nobody is in a conference that is over"
        );
        for session in sessions {
            assert!(
                session.start >= conference.start,
                "sessions are inside their conference"
            );
            assert!(session.end.is_none_or(|end| end >= session.start), "no negative time");
            let over = conference.end.zip(session.end);
            assert!(
                over.is_none_or(|(over, end)| end <= over),
                "sessions are inside their conference"
            );
        }
    }
}

/// What should be recorded in a space.
fn taped(space: &meeting::Space) -> Option<Wanted> {
    let conference = space.conference()?;
    let recording = conference.recording().now()?;
    Some(Wanted {
        conference: conference.id().clone(),
        recording: recording.id.clone(),
        paused: recording.paused,
        only: None,
    })
}

/// All that a list has, page after page.
async fn all_pages<T>(now: Micros, page: impl AsyncFn(&Query<'_>) -> Result<Page<T>, RegisterError>) -> Vec<T> {
    let (mut items, mut token) = (vec![], Some(String::new()));
    while let Some(page_token) = token {
        let query = Query {
            filter: "",
            page_size: i32::MAX,
            page_token: &page_token,
            now,
        };
        let next = page(&query).await.expect("reads do not fail");
        items.extend(next.items);
        token = next.next_page_token;
    }
    items
}

/// The active conference of a space and who is in it.
fn live(space: &meeting::Space) -> Option<(ConferenceId, Vec<(SessionId, ParticipantId)>)> {
    let conference = space.conference()?;
    let sessions = conference.live_sessions().iter();
    let sessions = sessions.map(|(id, session)| (id.clone(), session.participant.clone()));
    Some((conference.id().clone(), sessions.collect()))
}
