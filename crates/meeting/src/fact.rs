//! Facts: what became true in a space. They say everything that the register writes and a space holds, so that neither
//! has to guess from the other; times are ready to be shown.

use crate::{
    ConferenceEndReason, ConferenceId, DeviceKind, DisplayName, Knock, KnockEndReason, Micros, ParticipantId, Person,
    RecordingEndReason, RecordingId, Reservation, ReservationEndReason, Role, SecretHash, SessionEndReason, SessionId,
    Settings, Standing, UserId,
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
        /// The user's id, or a new one for a person without an account.
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
    /// The conference is recorded from now on.
    RecordingStarted {
        /// Which conference.
        conference: ConferenceId,
        /// The recording's id.
        recording: RecordingId,
        /// When.
        start: Micros,
        /// Who began it; `None`: by itself, as the settings say, or since the one before was interrupted.
        by: Option<UserId>,
        /// People are asked, and nothing is kept of whoever has not agreed.
        asks: bool,
    },
    /// Nothing is kept from now on.
    RecordingPaused {
        /// Of which conference.
        conference: ConferenceId,
        /// Which recording.
        recording: RecordingId,
        /// When.
        at: Micros,
    },
    /// Everything is kept again.
    RecordingResumed {
        /// Of which conference.
        conference: ConferenceId,
        /// Which recording.
        recording: RecordingId,
        /// When.
        at: Micros,
    },
    /// Somebody who is there has said whether they agree to be recorded.
    RecordingAnswered {
        /// Of which conference.
        conference: ConferenceId,
        /// Which recording.
        recording: RecordingId,
        /// Who.
        participant: ParticipantId,
        /// They do.
        agrees: bool,
        /// When.
        at: Micros,
    },
    /// A recording is over; its files are made from now on.
    RecordingEnded {
        /// Of which conference.
        conference: ConferenceId,
        /// Which.
        recording: RecordingId,
        /// When: never before anything else that is known of it.
        end: Micros,
        /// Why.
        reason: RecordingEndReason,
    },
    /// The conference is over; all its sessions have ended before, and its recording.
    ConferenceEnded {
        /// Which.
        conference: ConferenceId,
        /// When: never before the end of any of its sessions.
        end: Micros,
        /// Why.
        reason: ConferenceEndReason,
    },
}

impl Fact {
    /// Whether it changes what is recorded.
    pub fn is_about_recording(&self) -> bool {
        matches!(
            self,
            Fact::RecordingStarted { .. }
                | Fact::RecordingPaused { .. }
                | Fact::RecordingResumed { .. }
                | Fact::RecordingAnswered { .. }
                | Fact::RecordingEnded { .. }
        )
    }
}
