//! Facts: what became true in a space. They say everything that the register writes and a space holds, so that neither
//! has to guess from the other; times are ready to be shown.

use crate::{
    ConferenceId, DeviceKind, DisplayName, Knock, KnockEndReason, Micros, ParticipantId, Person, Reservation,
    ReservationEndReason, Role, SecretHash, SessionId, Settings, Standing,
};

/// One thing that became true. A list of them is true as a whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The first person entered.
    ConferenceStarted {
        /// Its id.
        conference: ConferenceId,
        /// When.
        start: Micros,
    },
    /// A person entered this conference for the first time.
    ParticipantJoined {
        /// Where.
        conference: ConferenceId,
        /// The user's id, or a new one for an anonymous person.
        participant: ParticipantId,
        /// Who.
        person: Person,
        /// The start of the first session.
        earliest_start: Micros,
        /// The role on that device.
        role: Role,
    },
    /// A participant with no live session is back: its latest end is unset again, and if a host had put them out, they have
    /// been admitted since.
    ParticipantReturned {
        /// Where.
        conference: ConferenceId,
        /// Who.
        participant: ParticipantId,
    },
    /// A participant came in again under another name.
    ParticipantRenamed {
        /// Where.
        conference: ConferenceId,
        /// Who.
        participant: ParticipantId,
        /// The name from now on.
        display_name: DisplayName,
    },
    /// A device came in: its transport is up.
    SessionStarted {
        /// Where.
        conference: ConferenceId,
        /// Whose.
        participant: ParticipantId,
        /// Its id.
        session: SessionId,
        /// The hash of its resume secret.
        secret: SecretHash,
        /// When; also its first sign of life.
        start: Micros,
        /// What kind of device it is: a viewer also where it asked to be more and may only watch.
        device: DeviceKind,
        /// The role of its person on this device.
        role: Role,
        /// A program came as its person.
        by_program: bool,
    },
    /// A participant has another role now, on all devices that do not only watch.
    RoleChanged {
        /// Where.
        conference: ConferenceId,
        /// Who.
        participant: ParticipantId,
        /// The role from now on.
        role: Role,
    },
    /// A host put a participant out; their sessions end with the facts that follow.
    ParticipantRemoved {
        /// Where.
        conference: ConferenceId,
        /// Who.
        participant: ParticipantId,
    },
    /// The space has other settings now.
    Configured {
        /// All of them.
        settings: Settings,
    },
    /// Somebody is on the way in. Not recorded.
    Reserved {
        /// Who, with what.
        reservation: Reservation,
        /// The participant that they would be in the conference that they were promised.
        participant: ParticipantId,
    },
    /// Somebody is on the way no longer. Not recorded.
    ReservationEnded {
        /// The session that they reserved.
        session: SessionId,
        /// Why.
        reason: ReservationEndReason,
    },
    /// Somebody waits to be admitted. Not recorded.
    Knocked {
        /// Who, with what.
        knock: Knock,
        /// The conference that they would be in: the active one, or the next to start. Who is admitted after it has ended
        /// comes into another one; the session's own fact tells.
        conference: ConferenceId,
        /// The participant that they would be in it.
        participant: ParticipantId,
    },
    /// How somebody who is on the way or knocks stands to the space has changed. Not recorded.
    StandingChanged {
        /// The session that they reserved.
        session: SessionId,
        /// How they stand to it now.
        standing: Standing,
    },
    /// Somebody does not wait any more. Not recorded.
    KnockEnded {
        /// The session that they waited for.
        session: SessionId,
        /// When, in the caller's clock.
        at: Micros,
        /// Why.
        reason: KnockEndReason,
    },
    /// These sessions were heard of.
    SignsOfLife {
        /// Where.
        conference: ConferenceId,
        /// Each session once, with a time later than the one before.
        signs: Vec<(SessionId, Micros)>,
    },
    /// A session is over.
    SessionEnded {
        /// Where.
        conference: ConferenceId,
        /// Whose.
        participant: ParticipantId,
        /// Which.
        session: SessionId,
        /// When.
        end: Micros,
        /// Why.
        reason: SessionEndReason,
        /// The participant's latest end, if this was its last live session.
        participant_latest_end: Option<Micros>,
    },
    /// These were cut off: the conference stays open for them to come back. It waits no longer for whoever starts a session, or is
    /// put out.
    ReturnAwaited {
        /// Which conference.
        conference: ConferenceId,
        /// Who.
        participants: Vec<ParticipantId>,
        /// Until when, in the caller's clock.
        until: Micros,
    },
    /// The conference waits for these no longer: their time is up, or they said that they leave.
    ReturnGivenUp {
        /// Which conference.
        conference: ConferenceId,
        /// Who.
        participants: Vec<ParticipantId>,
    },
    /// The conference is over; all its sessions have ended before.
    ConferenceEnded {
        /// Which.
        conference: ConferenceId,
        /// When: never before the end of any of its sessions.
        end: Micros,
        /// Why.
        reason: ConferenceEndReason,
    },
}

impl SessionEndReason {
    /// Whether its client went without saying that it leaves, and so may come back by itself: also one that gave up a connection on
    /// which it heard nothing.
    pub(crate) fn cuts_off(self) -> bool {
        match self {
            SessionEndReason::Silent
            | SessionEndReason::Closed
            | SessionEndReason::Crash
            | SessionEndReason::Shutdown => true,
            SessionEndReason::Left
            | SessionEndReason::Resumed
            | SessionEndReason::Removed
            | SessionEndReason::ConferenceEnded => false,
        }
    }
}

macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word that is recorded.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                }
            }
        }
    };
}

reasons!(
    /// Why a session ended.
    SessionEndReason {
        /// Its client said that it leaves.
        Left = "left",
        /// Its client closed the connection.
        Closed = "closed",
        /// Nothing was heard of it for too long.
        Silent = "silent",
        /// Its client came back by itself, with a new session.
        Resumed = "resumed",
        /// A host put its participant out.
        Removed = "removed",
        /// The conference was ended for everybody.
        ConferenceEnded = "conference_ended",
        /// The server was found to have stopped without closing it.
        Crash = "crash",
        /// The server stopped in good order.
        Shutdown = "shutdown",
    }
);

reasons!(
    /// Why a conference ended.
    ConferenceEndReason {
        /// The last session ended.
        Empty = "empty",
        /// It was ended for everybody.
        Ended = "ended",
        /// Nobody was there when the time to come back had passed for those who were cut off, or nobody came who was on the way back.
        NobodyReturned = "nobody_returned",
    }
);
