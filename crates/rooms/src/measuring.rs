//! From what the media plane measures to the register: off the path of packets, and off that of inputs.
//!
//! What is new is written some moments after it came, all of it together, and then what came meanwhile. A register that cannot be
//! reached is asked again, ever more seldom; [`Measurements`] is what waits for it. A server that is killed loses what the
//! media plane had not told yet, five seconds of figures, and what came in those moments.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use media::Measured;
use meeting::{
    Arrival, Conference, ConferenceId, Fact, Knock, KnockEndReason, Micros, Refusal, Reservation, ReservationEndReason,
    SessionId, Space,
};
use quality::report::Report;
use register::{Obstacle, Path, Register, RegisterError, SetupFailure, Transport};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::measurements::Measurements;
use crate::observer::Observer;

/// What is measured, and where it goes.
pub(crate) struct Measuring {
    register: Register,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    measurements: Mutex<Measurements>,
    /// Rings when something is new.
    bell: Notify,
}

impl Measuring {
    pub(crate) fn new(register: Register, clock: Arc<dyn Clock>, observer: Arc<dyn Observer>) -> Measuring {
        Measuring {
            register,
            clock,
            observer,
            measurements: Mutex::default(),
            bell: Notify::new(),
        }
    }

    /// Windows of streams, each counted from the instant at which it ended.
    pub(crate) fn measured(&self, all: Vec<Measured>) {
        let now = self.clock.now();
        for Measured {
            session,
            ended,
            streams,
        } in all
        {
            let Ok(session) = SessionId::parse(&session) else {
                continue;
            };
            let ended = self.clock.wall(ended);
            let windows = streams
                .into_iter()
                .map(|(stream, window)| (stream, window.moved(ended.0)));
            self.measurements().measured(&session, windows, now);
        }
        self.bell.notify_one();
    }

    /// The way that a session's packets take.
    pub(crate) fn reached(&self, session: &str, path: media::Path) {
        let Ok(session) = SessionId::parse(session) else { return };
        let path = Path {
            transport: match (path.transport, path.is_relayed) {
                (media::Transport::Udp, false) => Transport::Udp,
                (media::Transport::Tcp, false) => Transport::Tcp,
                (media::Transport::Udp | media::Transport::Relay, true) | (media::Transport::Relay, false) => {
                    Transport::RelayedUdp
                }
                (media::Transport::Tcp, true) => Transport::RelayedTcp,
            },
            theirs: path.theirs,
            ours: path.ours,
        };
        self.measurements().reached(&session, path, self.clock.now());
        self.bell.notify_one();
    }

    /// What a session's client has said of its own end so far.
    pub(crate) fn reported(&self, session: &str, report: &Report) {
        let Ok(session) = SessionId::parse(session) else { return };
        let report = serde_json::to_string(report).expect("numbers and texts are always JSON");
        self.measurements().reported(&session, report, self.clock.now());
        self.bell.notify_one();
    }

    /// What these facts say of sessions, once they are durable, in the space as it is before them: who is on record from now on,
    /// and who does not come in.
    pub(crate) fn recorded(&self, space: &Space, facts: &[Fact]) {
        for fact in facts {
            match fact {
                Fact::SessionStarted { session, .. } => self.measurements().started(session, self.clock.now()),
                Fact::ReservationEnded { .. } | Fact::KnockEnded { .. } => {
                    let Some(failure) = failed(space, fact, self.clock.now()) else {
                        continue;
                    };
                    self.measurements().failed(failure);
                }
                _ => continue,
            }
            self.bell.notify_one();
        }
    }

    /// Returns when something is new.
    pub(crate) async fn news(&self) {
        self.bell.notified().await;
    }

    /// Writes what is new.
    pub(crate) async fn write(&self, is_live: impl Fn(&SessionId) -> bool) -> Result<(), RegisterError> {
        let new = self.measurements().new_since_written();
        let outcome = self.register.keep(&new.sessions, &new.failures, self.clock.now()).await;
        let mut measurements = self.measurements();
        if outcome.is_ok() {
            measurements.written(&new);
        }
        measurements.forget(is_live, self.clock.now());
        self.observer.given_up(measurements.take_given_up());
        outcome
    }

    /// It is never left half changed, so a panic elsewhere does not spoil it.
    fn measurements(&self) -> MutexGuard<'_, Measurements> {
        self.measurements.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody did not come in, which matters if a conference is held that they were on the way into, or at the door of.
fn failed(space: &Space, fact: &Fact, now: Micros) -> Option<SetupFailure> {
    let active = space.conference().map(Conference::id)?;
    let failed = |arrival: &Arrival, conference: &ConferenceId, start, obstacle| SetupFailure {
        conference: conference.clone(),
        session: arrival.session.clone(),
        account: arrival.person.user().cloned(),
        device: arrival.device,
        by_program: arrival.by_program,
        start,
        end: now,
        obstacle,
    };
    match fact {
        Fact::ReservationEnded { session, reason } => {
            let obstacle = obstacle_on_the_way(*reason)?;
            let bound = |reservation: &&Reservation| reservation.conference == *active;
            let Reservation { arrival, expire, .. } = space.reservation(session).filter(bound)?;
            let start = expire.plus_us(-meeting::limits::CONNECT_WITHIN_US);
            Some(failed(arrival, active, start, obstacle))
        }
        Fact::KnockEnded { session, reason, .. } => {
            let obstacle = obstacle_at_the_door(*reason)?;
            let Knock { arrival, since, .. } = space.knock(session)?;
            Some(failed(arrival, active, *since, obstacle))
        }
        _ => None,
    }
}

/// What kept somebody from coming in who was on the way; nothing if they are in or went away themselves, or if there is no meeting any
/// more, which somebody meant.
fn obstacle_on_the_way(reason: ReservationEndReason) -> Option<Obstacle> {
    match reason {
        ReservationEndReason::Expired => Some(Obstacle::Unreachable),
        ReservationEndReason::Unsecured => Some(Obstacle::Unsecured),
        ReservationEndReason::Overloaded
        | ReservationEndReason::Refused(
            Refusal::TooManySessions | Refusal::LobbyFull | Refusal::TooManyAtOnce { .. },
        ) => Some(Obstacle::Full),
        ReservationEndReason::Refused(Refusal::ConferenceOver | Refusal::NoActiveConference)
        | ReservationEndReason::Connected
        | ReservationEndReason::Left
        | ReservationEndReason::Ended => None,
        ReservationEndReason::Refused(_) => Some(Obstacle::Denied),
    }
}

/// The same of who knocked.
fn obstacle_at_the_door(reason: KnockEndReason) -> Option<Obstacle> {
    match reason {
        KnockEndReason::Denied => Some(Obstacle::Denied),
        KnockEndReason::Expired => Some(Obstacle::Unanswered),
        KnockEndReason::Admitted | KnockEndReason::Left | KnockEndReason::Ended => None,
    }
}
