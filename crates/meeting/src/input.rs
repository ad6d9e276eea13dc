//! What may happen to a space, and why it may be refused. Ids and secrets come with the input: the caller makes them from
//! random bytes, and may make them in vain.

use crate::{
    ClientKey, ConferenceId, DeviceKind, DisplayName, EntryPoint, Micros, ParticipantId, RecordingEndReason,
    RecordingId, SecretHash, SessionId, Settings, Standing, UserId,
};

/// Who asks to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// A user with an account; its name is shown.
    SignedIn {
        /// The account.
        user: UserId,
        /// The account's name.
        display_name: DisplayName,
    },
    /// Somebody who only gave a name.
    Anonymous {
        /// The name as typed.
        display_name: DisplayName,
    },
    /// Somebody who telephones: another one with each call.
    Phone {
        /// Their number, partly masked, or what stands for one that is withheld.
        display_name: DisplayName,
    },
}

impl Person {
    /// The account of somebody who is signed in.
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Person::SignedIn { user, .. } => Some(user),
            Person::Anonymous { .. } | Person::Phone { .. } => None,
        }
    }

    /// The name to show.
    pub fn display_name(&self) -> &DisplayName {
        match self {
            Person::SignedIn { display_name, .. }
            | Person::Anonymous { display_name }
            | Person::Phone { display_name } => display_name,
        }
    }
}

/// A person at the door, with a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Who it is.
    pub person: Person,
    /// How they stand to the space. Whoever only gave a name is a stranger, whatever is said here; whoever telephones is one too,
    /// unless a host called them, or they dialled in.
    pub standing: Standing,
    /// The kind of device that it asks to be.
    pub device: DeviceKind,
    /// By what program it comes.
    pub through: EntryPoint,
    /// A program came as this person, by a credential that was made for it: they need not be there themselves.
    pub by_program: bool,
    /// From where it comes.
    pub client: ClientKey,
    /// The id that this session will have.
    pub session: SessionId,
    /// The hash of the resume secret that this session will have.
    pub secret: SecretHash,
    /// The hash of the resume secret that the device kept from an earlier session, if it has one.
    pub presented: Option<SecretHash>,
}

impl Arrival {
    /// How they stand to the space.
    pub fn standing(&self) -> Standing {
        match &self.person {
            Person::SignedIn { .. } | Person::Phone { .. } => self.standing,
            Person::Anonymous { .. } => Standing::Stranger,
        }
    }
}

/// New ids that a join may need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreshIds {
    /// For a conference, if this join is the first that is promised the next one.
    pub conference: ConferenceId,
    /// For another one, if the conference that was promised has come and gone before the transport is up.
    pub later_conference: ConferenceId,
    /// For a participant, if this person has no account and is new.
    pub participant: ParticipantId,
}

/// What happens to a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Somebody asks to join. They get a reservation; what becomes of it is decided when their transport is up.
    Join {
        /// Who, and with which session.
        arrival: Arrival,
        /// Ids in case they are needed.
        fresh: FreshIds,
    },
    /// A client asks to come back by itself after it lost its connection: into the same conference as the same participant,
    /// or not at all. The session whose secret it presents goes on until the transport of the new one is up.
    Resume {
        /// Who, and with which session.
        arrival: Arrival,
        /// The conference that it was in.
        conference: ConferenceId,
    },
    /// The transport of somebody with a reservation is up, from an address that proved itself. They walk in, and start the
    /// conference if there is none; or knock, if the settings do not let them walk in; or are sent away.
    Connected {
        /// The session that they reserved.
        session: SessionId,
    },
    /// When each of these sessions was last heard of.
    Alive(Vec<(SessionId, Micros)>),
    /// Somebody leaves and says so.
    Leave {
        /// The session that ends, or that its client does not wait for any longer.
        session: SessionId,
        /// Its own resume secret, which only its client knows.
        secret: SecretHash,
    },
    /// A host lets somebody in who knocks, and starts the conference with them if there is none.
    Admit {
        /// The session that they wait for.
        session: SessionId,
        /// A new id for a conference, if this starts one and none was promised to those who wait.
        conference: ConferenceId,
    },
    /// A host sends somebody away who knocks.
    Deny {
        /// The session that they wait for.
        session: SessionId,
    },
    /// A host puts somebody out, with all their devices. Until the conference ends they knock to come back.
    Remove {
        /// Who.
        participant: ParticipantId,
    },
    /// The settings are changed.
    Configure(Settings),
    /// The settings are changed by somebody who may do so while they are in the meeting.
    Moderate {
        /// Who has to be there.
        by: ParticipantId,
        /// What is to hold from now on.
        settings: Settings,
    },
    /// How a user stands to the space has changed, while they may be in it or at its door.
    Promote {
        /// Who.
        user: UserId,
        /// How they stand to it now.
        standing: Standing,
    },
    /// The media plane has lost a session, or the device of somebody who knocks or is on the way.
    Lost {
        /// Which.
        session: SessionId,
        /// When it was last heard of.
        last_sign_of_life: Micros,
        /// How it was lost.
        reason: LostReason,
    },
    /// The conference is to be recorded from now on.
    StartRecording {
        /// A new id.
        recording: RecordingId,
        /// Whose doing it is; `None`: nobody's, see [`Space::lacks_recording`](crate::Space::lacks_recording).
        by: Option<UserId>,
        /// People are asked whether they agree.
        asks: bool,
    },
    /// Somebody says whether they agree to be recorded: for all their devices, from now on.
    AnswerRecording {
        /// The session that says so.
        session: SessionId,
        /// Its own resume secret, which only its client knows.
        secret: SecretHash,
        /// They agree.
        agrees: bool,
    },
    /// The recording is to keep nothing for a while.
    PauseRecording,
    /// The recording is to go on.
    ResumeRecording,
    /// The recording is over.
    StopRecording {
        /// This one alone; `None`: whichever there is.
        recording: Option<RecordingId>,
        /// Why.
        reason: RecordingEndReason,
    },
    /// The conference is ended for everybody, also for those who are on the way into it. Those who knock go on waiting.
    EndConference,
    /// The server has started again, and this space was rebuilt from what is recorded.
    Restart,
    /// The server was away itself without stopping: its process was paused, or its machine slept. Nobody could come meanwhile, so
    /// those who are awaited have their whole time again.
    Woke,
    /// Time has passed: see [`Space::next_deadline`](crate::Space::next_deadline).
    Tick,
    /// The server stops in good order: all sessions, knocks and reservations end, and the conference waits for the next start.
    Shutdown,
}

/// How the media plane lost a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostReason {
    /// Its client said that it leaves, over its own connection.
    Left,
    /// Its client closed the connection.
    Closed,
    /// Nothing was heard of it for too long.
    Silent,
    /// It was heard of, on the way in, and no secure connection came about.
    Unsecured,
    /// There is no room for it in the media plane.
    Overloaded,
}

/// Why an input changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody is meeting here.
    #[error("there is no active conference")]
    NoActiveConference,
    /// A client may not come back by itself to a conference that is over.
    #[error("the conference is over")]
    ConferenceOver,
    /// A client may come back by itself only as a participant that was there.
    #[error("neither the user nor the resume secret belongs to a participant of the conference")]
    NotAParticipant,
    /// No such session in the active conference.
    #[error("the session is not known")]
    UnknownSession,
    /// The secret is not the session's own.
    #[error("the resume secret is not that of the session")]
    WrongSecret,
    /// See [`LIVE_SESSIONS_MAX`](crate::limits::LIVE_SESSIONS_MAX).
    #[error("the conference is full")]
    TooManySessions,
    /// Too many are on the way in, or too many knock in a row: to the space, from this client or with this account.
    #[error("too many people come at once; try again in {} s", wait_us / 1_000_000)]
    TooManyAtOnce {
        /// After how long another try may help.
        wait_us: i64,
    },
    /// The space admits only through the program that made it.
    #[error("the meeting can be joined only through the app that made it")]
    EntryPointNotAllowed,
    /// A companion is the second device of a person, so it must be known whose.
    #[error("a companion device needs somebody who is signed in")]
    CompanionNeedsAccount,
    /// A client may not come back by itself for somebody whom a host has put out: they may knock.
    #[error("a host has removed this participant")]
    Removed,
    /// See [`KNOCKS_MAX`](crate::limits::KNOCKS_MAX).
    #[error("too many people wait to be admitted")]
    LobbyFull,
    /// Nobody knocks with this session, or not any more.
    #[error("nobody with this session waits to be admitted")]
    UnknownKnock,
    /// No such participant in the active conference.
    #[error("the participant is not known")]
    UnknownParticipant,
    /// Only who is in the meeting may do this.
    #[error("only somebody who is in the meeting may do this")]
    NotInside,
    /// The owner cannot be put out of their own space.
    #[error("the host cannot be removed")]
    HostStays,
    /// The conference is being recorded: one recording at a time.
    #[error("the conference is being recorded already")]
    AlreadyRecording,
    /// See [`RECORDINGS_PER_CONFERENCE_MAX`](crate::limits::RECORDINGS_PER_CONFERENCE_MAX).
    #[error("the conference has too many recordings")]
    TooManyRecordings,
    /// The conference is not being recorded.
    #[error("the conference is not being recorded")]
    NotRecording,
    /// The recording asks nobody whether they agree.
    #[error("nobody is asked whether they agree to be recorded")]
    NobodyAsked,
    /// A conference that only waits for its people is not recorded.
    #[error("there is nobody in the conference to be recorded")]
    NobodyInside,
    /// A new id or secret is in use: the caller's random source repeats itself.
    #[error("an id for the session is in use already; try again")]
    IdInUse,
}
