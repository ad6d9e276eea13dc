//! What the media plane is told once it is durable: who comes in, who waits, who goes and why, who may do what; and through
//! it the clients.
//!
//! It also knows where the sessions are that the media plane speaks of, because it gave them their places.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use media::{Card, CardKind, DisconnectReason, Media, Overloaded, Prepared};
use meeting::{
    Conference, ConferenceId, Consent, DeviceKind, Fact, KnockEndReason, LiveSession, Micros, ParticipantId, Person,
    Refusal, ReservationEndReason, Right, Role, SessionEndReason, SessionId, Space, SpaceId,
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

/// Where a session is, or will be.
struct Place {
    space: SpaceId,
    /// Of somebody who is signed in: hosts see it beside a knock.
    email: Option<String>,
    /// See [`Entrance::hold`].
    hold: Hold,
}

/// Something of the caller's that is kept for as long as it lasts.
pub type Hold = Option<Box<dyn Send + Sync>>;

/// What is needed to receive a session in the media plane.
pub struct Entrance {
    /// The answered offer.
    pub prepared: Prepared,
    /// The session that it is for.
    pub session: SessionId,
    /// The address of somebody who is signed in: hosts see it beside a knock.
    pub email: Option<String>,
    /// Kept while the session is on the way, and dropped when its transport is up or it does not come: the caller's share of what
    /// those take who are not connected.
    pub hold: Hold,
}

/// Where a received session will be, as things stand.
#[derive(Debug)]
pub struct Seat {
    /// The conference, or the one that would begin.
    pub conference: ConferenceId,
    /// Whose session it is.
    pub participant: ParticipantId,
    /// It will knock.
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

    /// Lets the session that these facts reserve connect.
    pub(crate) fn receive(&self, space: &Space, facts: &[Fact], entrance: Entrance) -> Result<Seat, Overloaded> {
        let [
            Fact::Reserved {
                reservation,
                participant,
            },
        ] = facts
        else {
            unreachable!("whoever comes gets a reservation: {facts:?}")
        };
        let seat = Seat {
            conference: reservation.conference.clone(),
            participant: participant.clone(),
            waiting: reservation.knocks,
        };
        let Entrance {
            prepared,
            session,
            email,
            hold,
        } = entrance;
        let id = session.as_str().to_owned();
        let space = space.id().clone();
        // Whoever waits outside may come into a conference that begins later: those of a space meet.
        let group = space.as_str().to_owned();
        // It has its place before it can connect: somebody without a network does so at once.
        self.places().insert(session, Place { space, email, hold });
        self.media.admit(prepared, &id, &group).map(|()| seat)
    }

    /// Lets those in who came in by these facts, and tells those that they wait who knock: one at most.
    pub(crate) fn seat(&self, space: &Space, facts: &[Fact]) -> Result<(), (SessionId, Overloaded)> {
        for fact in facts {
            let (session, seated) = match fact {
                Fact::SessionStarted { session, .. } => (session, self.let_in(space, session)),
                Fact::Knocked { knock, .. } => {
                    let session = &knock.arrival.session;
                    (session, self.media.keep_waiting(session.as_str()))
                }
                _ => continue,
            };
            seated.map_err(|overloaded| (session.clone(), overloaded))?;
        }
        Ok(())
    }

    fn let_in(&self, space: &Space, id: &SessionId) -> Result<(), Overloaded> {
        let conference = space.conference().expect("a session has started in it").id();
        let (person, session) = found(space, id);
        let card = card(person, conference, id, session);
        self.media
            .let_in(id.as_str(), conference.as_str(), card, permitted(space, session))
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
                Fact::ReservationEnded { session, reason } => match end_of_reservation(*reason) {
                    Some(reason) => self.see_off(session, reason),
                    None => self.release(session),
                },
                Fact::KnockEnded { session, reason, .. } => {
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
    /// then nobody was told. Whoever is not in goes, also those who were outside, whom the register does not know; and those
    /// who are in hear once more what they are.
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
            // Whoever came in by that write is still outside. Should there be no place, its client gives up, and it is lost.
            match self.let_in(space, id) {
                Ok(()) => self.release(id),
                Err(Overloaded::NotWaiting) => {}
                Err(overloaded) => tracing::warn!(session = %id, %overloaded, "somebody cannot be let in"),
            }
            self.media.permit(id.as_str(), permitted(space, session));
        }
        self.tell_snapshots(space, live.into_iter().flatten().map(|(id, _)| id.clone()));
    }

    /// The session is on the way no longer, for it is there.
    fn release(&self, session: &SessionId) {
        let hold = self.places().get_mut(session).and_then(|place| place.hold.take());
        // Whatever its end does is done without the lock.
        drop(hold);
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

    /// Gives everybody whose role or permissions changed what they may do now, and notes whom that, another queue at the door or a
    /// recording concerns. Newcomers are told at once.
    fn tell_powers(&self, space: &Space, facts: &[Fact], untold: &mut Untold) {
        let Some(conference) = space.conference() else { return };
        let any = |concerned: &dyn Fn(&Fact) -> bool| facts.iter().any(concerned);
        let configured = any(&|fact| matches!(fact, Fact::Configured { .. }));
        let queue = any(&|fact| matches!(fact, Fact::Knocked { .. } | Fact::KnockEnded { .. }));
        let recording = any(&Fact::is_about_recording);
        let stirring = any(&|fact| matches!(fact, Fact::SessionStarted { .. } | Fact::RoleChanged { .. }));
        if !(configured || queue || stirring || recording) {
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
            } else if changed || recording || (queue && session.role.is_moderator()) {
                untold.add(id);
            }
        }
    }

    /// Tells sessions that are live what they are and may do, and hosts who is at the door.
    fn tell_snapshots(&self, space: &Space, sessions: impl IntoIterator<Item = SessionId>) {
        let Some(conference) = space.conference() else { return };
        // Sessions of one role and kind of device, whose people have said the same, are told the same.
        let mut made: Vec<((Role, DeviceKind, Consent), Arc<str>)> = vec![];
        for id in sessions {
            let Some(session) = conference.live_sessions().get(&id) else {
                continue;
            };
            let whose = (session.role, session.device, moderation::consent(space, session));
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
fn card(person: &Person, conference: &ConferenceId, id: &SessionId, session: &LiveSession) -> Card {
    let participant = &session.participant;
    let participant_key = format!("participants/{participant}");
    Card {
        session_name: format!("{participant_key}/participantSessions/{id}"),
        full_session_name: Some(meeting::names::participant_session(conference, participant, id)),
        participant_key,
        display_name: person.display_name().to_string(),
        kind: match person {
            Person::SignedIn { user, .. } => CardKind::SignedIn {
                user: format!("users/{user}"),
            },
            Person::Anonymous { .. } => CardKind::Anonymous,
            Person::Phone { .. } => CardKind::Phone,
        },
        by_program: session.by_program,
    }
}

/// What a client is told about the end of its session.
fn disconnect_reason(reason: SessionEndReason) -> DisconnectReason {
    match reason {
        SessionEndReason::Left | SessionEndReason::Closed | SessionEndReason::Resumed => DisconnectReason::ClientLeft,
        SessionEndReason::Silent | SessionEndReason::Crash => DisconnectReason::Unhealthy,
        SessionEndReason::Removed => DisconnectReason::Removed,
        SessionEndReason::ConferenceEnded => DisconnectReason::ConferenceEnded,
        SessionEndReason::Shutdown => DisconnectReason::ShuttingDown,
    }
}

/// What a client is told that was on the way; `None` if it is there.
fn end_of_reservation(reason: ReservationEndReason) -> Option<DisconnectReason> {
    match reason {
        ReservationEndReason::Connected => None,
        ReservationEndReason::Refused(refusal) => Some(match refusal {
            Refusal::ConferenceOver => DisconnectReason::ConferenceEnded,
            Refusal::Removed => DisconnectReason::Removed,
            Refusal::TooManySessions | Refusal::LobbyFull | Refusal::TooManyAtOnce { .. } => DisconnectReason::Full,
            _ => DisconnectReason::Denied,
        }),
        ReservationEndReason::Expired | ReservationEndReason::Unsecured | ReservationEndReason::Overloaded => {
            Some(DisconnectReason::Unhealthy)
        }
        ReservationEndReason::Left => Some(DisconnectReason::ClientLeft),
        ReservationEndReason::Ended => Some(DisconnectReason::ShuttingDown),
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
