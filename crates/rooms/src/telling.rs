//! What the media plane is told once it is durable: who comes in, who waits, who goes and why, who may do what; and through
//! it the clients.
//!
//! It also knows where the sessions are that the media plane speaks of, because it gave them their places.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use media::{Admission, Card, CardKind, DisconnectReason, Media, Overloaded, Prepared};
use meeting::{
    Conference, ConferenceId, DeviceKind, Fact, KnockEndReason, LiveSession, Micros, ParticipantId, Person, Right,
    Role, SessionEndReason, SessionId, Space, SpaceId,
};

use crate::moderation;
use crate::observer::Observer;
use crate::untold::Untold;

/// Tells the media plane.
pub(crate) struct Teller {
    media: Media,
    observer: Arc<dyn Observer>,
    places: Mutex<BTreeMap<SessionId, Place>>,
}

/// Where a session is, or waits to be.
struct Place {
    space: SpaceId,
    /// Of somebody who is signed in: hosts see it beside a knock.
    email: Option<String>,
}

/// What is needed to receive a session in the media plane, once it is written down.
pub struct Entrance {
    /// The answered offer.
    pub prepared: Prepared,
    /// The session that it is for.
    pub session: SessionId,
    /// The address of somebody who is signed in: hosts see it beside a knock.
    pub email: Option<String>,
}

/// Where a received session is, or will be once it is admitted.
#[derive(Debug)]
pub struct Seat {
    /// The conference, or the one that would begin.
    pub conference: ConferenceId,
    /// Whose session it is.
    pub participant: ParticipantId,
    /// It knocks.
    pub waiting: bool,
}

impl Teller {
    pub(crate) fn new(media: Media, observer: Arc<dyn Observer>) -> Teller {
        Teller {
            media,
            observer,
            places: Mutex::default(),
        }
    }

    /// The space in which a session is that the media plane knows.
    pub(crate) fn place(&self, session: &SessionId) -> Option<SpaceId> {
        self.places().get(session).map(|place| place.space.clone())
    }

    /// How many sessions have a place.
    pub(crate) fn places_given(&self) -> usize {
        self.places().len()
    }

    /// Receives the session of these facts in its room, or at the door.
    pub(crate) fn receive(&self, space: &Space, facts: &[Fact], entrance: Entrance) -> Result<Seat, Overloaded> {
        let received = facts.iter().find_map(|fact| match fact {
            Fact::SessionStarted {
                conference,
                participant,
                session,
                ..
            } if *session == entrance.session => Some((conference, participant, None)),
            Fact::Knocked {
                knock,
                conference,
                participant,
            } if knock.arrival.session == entrance.session => Some((conference, participant, Some(&knock.arrival))),
            _ => None,
        });
        let (conference, participant, waits) = received.expect("whoever comes has a new session or knocks");
        let seat = Seat {
            conference: conference.clone(),
            participant: participant.clone(),
            waiting: waits.is_some(),
        };
        let (place, card, rights) = if let Some(arrival) = waits {
            let card = card(&arrival.person, arrival.by_program, &seat, &entrance.session);
            (media::Place::Lobby, card, media::Rights::NONE)
        } else {
            let (person, session) = found(space, &entrance.session);
            let room = media::Place::Room(conference.to_string());
            let card = card(person, session.by_program, &seat, &entrance.session);
            (room, card, permitted(space, session))
        };
        let admission = Admission {
            place,
            session: entrance.session.to_string(),
            card,
            rights,
        };
        let place = Place {
            space: space.id().clone(),
            email: entrance.email,
        };
        self.places().insert(entrance.session, place);
        self.media.admit(entrance.prepared, admission).map(|()| seat)
    }

    /// Lets those in who waited and have been admitted by these facts: one at most.
    pub(crate) fn let_in(&self, space: &Space, facts: &[Fact]) -> Result<(), (SessionId, Overloaded)> {
        let admitted = facts.iter().find_map(|fact| match fact {
            Fact::KnockEnded {
                session,
                reason: KnockEndReason::Admitted,
            } => Some(session),
            _ => None,
        });
        let (Some(id), Some(conference)) = (admitted, space.conference()) else {
            return Ok(());
        };
        let (person, session) = found(space, id);
        let seat = Seat {
            conference: conference.id().clone(),
            participant: session.participant.clone(),
            waiting: false,
        };
        let (room, card) = (conference.id().as_str(), card(person, session.by_program, &seat, id));
        self.media
            .let_in(id.as_str(), room, card, permitted(space, session))
            .map_err(|overloaded| (id.clone(), overloaded))
    }

    /// Tells what these facts changed, in the space as it is after them.
    pub(crate) fn tell(&self, space: &Space, facts: &[Fact], untold: &mut Untold, now: Micros) {
        let mut ended = 0;
        for fact in facts {
            match fact {
                Fact::SessionEnded { session, reason, .. } => {
                    ended += 1;
                    self.see_off(session, disconnect_reason(*reason));
                }
                Fact::KnockEnded { session, reason } => {
                    if let Some(reason) = end_of_knock(*reason) {
                        self.see_off(session, reason);
                    }
                }
                _ => {}
            }
        }
        self.observer.sessions_ended(ended);
        self.tell_powers(space, facts, untold);
        self.tell_snapshots(space, untold.take(now));
    }

    /// Makes the media plane agree with a space that was read again: the write before may have held although nobody knew, and
    /// then nobody was told. Whoever is in no more goes, and those who are in hear once more what they are.
    pub(crate) fn catch_up(&self, space: &Space) {
        let live = space.conference().map(Conference::live_sessions);
        let is_live = |session: &SessionId| live.is_some_and(|live| live.contains_key(session));
        let placed_here = |(session, place): (&SessionId, &Place)| {
            (place.space == *space.id() && !is_live(session)).then(|| session.clone())
        };
        let gone: Vec<SessionId> = self.places().iter().filter_map(placed_here).collect();
        for session in gone {
            self.see_off(&session, DisconnectReason::Unhealthy);
        }
        for (id, session) in live.into_iter().flatten() {
            self.media.permit(id.as_str(), permitted(space, session));
        }
        self.tell_snapshots(space, live.into_iter().flatten().map(|(id, _)| id.clone()));
    }

    /// Takes a session away from the media plane.
    pub(crate) fn see_off(&self, session: &SessionId, reason: DisconnectReason) {
        self.places().remove(session);
        self.media.remove(session.as_str(), reason);
    }

    /// Silences a device.
    pub(crate) fn mute(&self, session: &SessionId) {
        self.media.mute(session.as_str());
    }

    /// Gives everybody whose role or permissions changed what they may do now, and notes whom that or another queue at the
    /// door concerns. Newcomers are told at once.
    fn tell_powers(&self, space: &Space, facts: &[Fact], untold: &mut Untold) {
        let Some(conference) = space.conference() else { return };
        let any = |concerned: &dyn Fn(&Fact) -> bool| facts.iter().any(concerned);
        let configured = any(&|fact| matches!(fact, Fact::Configured { .. }));
        let queue = any(&|fact| matches!(fact, Fact::Knocked { .. } | Fact::KnockEnded { .. }));
        let stirring = any(&|fact| matches!(fact, Fact::SessionStarted { .. } | Fact::RoleChanged { .. }));
        if !(configured || queue || stirring) {
            return;
        }
        for (id, session) in conference.live_sessions() {
            let changed = configured
                || any(
                    &|fact| matches!(fact, Fact::RoleChanged { participant, .. } if *participant == session.participant),
                );
            let new = any(&|fact| matches!(fact, Fact::SessionStarted { session, .. } if session == id));
            if changed && !new {
                self.media.permit(id.as_str(), permitted(space, session));
            }
            if new {
                untold.remove(id);
                self.tell_snapshots(space, [id.clone()]);
            } else if changed || (queue && session.role.is_moderator()) {
                untold.add(id);
            }
        }
    }

    /// Tells sessions that are live what they are and may do, and hosts who is at the door.
    fn tell_snapshots(&self, space: &Space, sessions: impl IntoIterator<Item = SessionId>) {
        let Some(conference) = space.conference() else { return };
        // Sessions of one role and kind of device are told the same.
        let mut made: Vec<((Role, DeviceKind), Arc<str>)> = vec![];
        for id in sessions {
            let Some(session) = conference.live_sessions().get(&id) else {
                continue;
            };
            let whose = (session.role, session.device);
            let text = made.iter().find(|(other, _)| *other == whose).map(|(_, text)| text);
            let text = text.cloned().unwrap_or_else(|| {
                let text = moderation::snapshot(space, session, |knock| self.email_of(knock));
                made.push((whose, Arc::clone(&text)));
                text
            });
            self.media.tell(id.as_str(), text);
        }
    }

    fn email_of(&self, session: &SessionId) -> Option<String> {
        self.places().get(session)?.email.clone()
    }

    /// The map is never left half changed, so a panic beside it does not spoil it.
    fn places(&self) -> MutexGuard<'_, BTreeMap<SessionId, Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A live session and whose it is.
fn found<'a>(space: &'a Space, id: &SessionId) -> (&'a Person, &'a LiveSession) {
    let conference = space.conference().expect("a session has started in it");
    let session = &conference.live_sessions()[id];
    (&conference.participants()[&session.participant].person, session)
}

/// What a live session may do, as the media plane has it.
fn permitted(space: &Space, session: &LiveSession) -> media::Rights {
    let granted = Right::granted(space.settings(), session.role, session.device);
    let rights: media::Rights = granted.into_iter().map(enforced).collect();
    if session.role.is_moderator() {
        rights.with(media::Right::LowerHands)
    } else {
        rights
    }
}

/// The right by which the media plane enforces one of a meeting's.
fn enforced(right: Right) -> media::Right {
    match right {
        Right::Microphone => media::Right::Microphone,
        Right::Camera => media::Right::Camera,
        Right::Screen => media::Right::Screen,
        Right::Chat => media::Right::Chat,
        Right::Reactions => media::Right::Reactions,
    }
}

/// How the others see who enters.
fn card(person: &Person, by_program: bool, seat: &Seat, session: &SessionId) -> Card {
    let participant_key = format!("participants/{}", seat.participant);
    Card {
        session_name: format!("{participant_key}/participantSessions/{session}"),
        full_session_name: Some(meeting::names::participant_session(
            &seat.conference,
            &seat.participant,
            session,
        )),
        participant_key,
        display_name: person.display_name().to_string(),
        kind: match person {
            Person::SignedIn { user, .. } => CardKind::SignedIn {
                user: format!("users/{user}"),
            },
            Person::Anonymous { .. } => CardKind::Anonymous,
        },
        by_program,
    }
}

/// What a client is told about the end of its session.
fn disconnect_reason(reason: SessionEndReason) -> DisconnectReason {
    match reason {
        SessionEndReason::Left | SessionEndReason::Closed | SessionEndReason::Resumed => DisconnectReason::ClientLeft,
        SessionEndReason::Silent | SessionEndReason::NotConnected | SessionEndReason::Crash => {
            DisconnectReason::Unhealthy
        }
        SessionEndReason::Removed => DisconnectReason::Removed,
        SessionEndReason::ConferenceEnded => DisconnectReason::ConferenceEnded,
        SessionEndReason::Shutdown => DisconnectReason::ShuttingDown,
    }
}

/// What a client is told about the end of its knock; `None` if it is in.
fn end_of_knock(reason: KnockEndReason) -> Option<DisconnectReason> {
    match reason {
        KnockEndReason::Admitted => None,
        KnockEndReason::Denied => Some(DisconnectReason::Denied),
        KnockEndReason::Expired => Some(DisconnectReason::Expired),
        KnockEndReason::Left => Some(DisconnectReason::ClientLeft),
        KnockEndReason::Ended => Some(DisconnectReason::ShuttingDown),
    }
}
