//! Telephones at the doors of meetings: what [`calls`] asks of whoever holds meetings, done with [`rooms`].
//!
//! A call comes in as a browser does: it is somebody, stands so to the space, gets a reservation, is connected, and walks in or knocks as
//! the settings have it. Only its transport is another, for its sound comes from a line of this process ([`gateway`]).
//!
//! Whoever called a number and keyed in a PIN walks in where the space's own organisation does, for so the contract has it. Whoever came by
//! SIP has the address, as others have the link: a stranger. A telephone that has shown its password is the account of that device, and
//! a stranger to spaces as well until somebody invites it; whom a host called is welcome.

use std::hash::{BuildHasher as _, RandomState};

use audit::{Actor, By};
use calls::{
    Attendant, Attended, Attendee, Coming, Later, MeetingNews, MeetingWish, Meetings, Parting, Sought, Unattended,
    limits::MEETING_MESSAGES_MAX,
};
use gateway::{Attendance, Told};
use media::{DisconnectReason, Media};
use meeting::{
    Arrival, ClientKey, ConferenceId, DeviceKind, DisplayName, EntryPoint, FreshIds, Input, LostReason, Micros,
    ParticipantId, Person, Refusal, SecretHash, SessionId, SpaceId, Standing, UserId,
};
use register::{Register, RegisterError, SpaceRecord, chain};
use rooms::{Entrance, InputError, Rooms, SpaceName, find_space};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::installation::Installation;
use crate::limits::{TELEPHONE_LEAVE_ATTEMPTS_MAX, TELEPHONE_LEAVES_AGAIN};
use crate::{clock, names, random};

/// Who brings telephones to doors.
pub(crate) struct Doorman {
    register: Register,
    rooms: Rooms,
    media: Media,
    /// Whether the noise of telephones is turned down between words.
    suppress_noise: bool,
    /// Numbers clients, in each process anew.
    clients: RandomState,
}

impl Doorman {
    pub(crate) fn new(installation: &Installation, suppress_noise: bool) -> Doorman {
        Doorman {
            register: installation.register.clone(),
            rooms: installation.rooms.clone(),
            media: installation.media.clone(),
            suppress_noise,
            clients: RandomState::new(),
        }
    }

    async fn find(&self, sought: &Sought) -> Result<SpaceRecord, Unattended> {
        let now = clock::steady();
        let found = match sought {
            Sought::Pin(digits) => self.register.space_by_pin(digits, now).await,
            Sought::Name(name) => find_space(&self.register, &SpaceName::parse(name), now).await,
        };
        found.map_err(|error| match error {
            RegisterError::NotFound => Unattended::NotFound,
            error => {
                tracing::error!(error = %chain(&error), "a meeting cannot be looked up for a telephone");
                Unattended::Unavailable
            }
        })
    }

    fn arrival(&self, attendant: &Attendant, space: &SpaceRecord) -> Option<Arrival> {
        let named = |text: &str| DisplayName::mended(text).or_else(|| DisplayName::mended("Caller"));
        let person = match &attendant.attendee {
            Attendee::Telephone { display_name } => Person::Phone {
                display_name: named(display_name)?,
            },
            Attendee::Device { account, display_name } => Person::SignedIn {
                user: UserId::parse(account).ok()?,
                display_name: named(display_name)?,
            },
        };
        // Nobody comes back with it, so nobody is told it.
        let secret = random::secret();
        Some(Arrival {
            person,
            // The contract's TRUSTED lets in whoever dials in (`contracts/meet.md` §2.3).
            standing: match attendant.coming {
                Coming::Invited => Standing::Member,
                Coming::DialledIn => Standing::Trusted,
                Coming::Otherwise => Standing::Stranger,
            },
            device: DeviceKind::Full,
            // A telephone is a door of our own, as our page is.
            through: if space.app.is_none() {
                EntryPoint::CreatorApp
            } else {
                EntryPoint::Own
            },
            by_program: false,
            client: ClientKey(self.clients.hash_one((&attendant.caller, attendant.source))),
            session: SessionId::from_random(random::bytes()),
            secret: SecretHash(Sha256::digest(secret).into()),
            presented: None,
        })
    }

    async fn bring(&self, attendant: Attendant) -> Result<Attended, Unattended> {
        if self.rooms.is_draining() || !self.rooms.has_media() {
            return Err(Unattended::Unavailable);
        }
        let space = self.find(&attendant.sought).await?;
        let arrival = self.arrival(&attendant, &space).ok_or(Unattended::Unavailable)?;
        let (session, secret) = (arrival.session.clone(), arrival.secret);
        let input = Input::Join {
            arrival,
            fresh: FreshIds {
                conference: ConferenceId::from_random(random::bytes()),
                later_conference: ConferenceId::from_random(random::bytes()),
                participant: ParticipantId::from_random(random::bytes()),
            },
        };
        self.rooms.foresee(&space.id, input.clone()).await.map_err(unattended)?;
        let (prepared, attendance) = Attendance::new(&self.media);
        let attendance = attendance.suppressing_noise(self.suppress_noise);
        let entrance = Entrance {
            prepared,
            session: session.clone(),
            email: None,
            hold: None,
        };
        self.rooms
            .receive(space.id.clone(), input, entrance)
            .await
            .map_err(unattended)?;
        let (tell, news) = mpsc::channel(MEETING_MESSAGES_MAX);
        let (wishes, wish) = mpsc::channel(MEETING_MESSAGES_MAX);
        let voice = attendance.voice();
        let guest = Guest {
            rooms: self.rooms.clone(),
            space: space.id,
            session,
            secret,
            attendance,
        };
        tokio::spawn(guest.stay(tell, wish));
        Ok(Attended { voice, news, wishes })
    }
}

impl Meetings for Doorman {
    fn attend(&self, attendant: Attendant) -> Later<'_, Result<Attended, Unattended>> {
        Box::pin(self.bring(attendant))
    }

    fn ended_us<'a>(&'a self, session: &'a str) -> Later<'a, Option<i64>> {
        Box::pin(async move {
            let (conference, participant, session) = names::participant_session("session", session).ok()?;
            let now = clock::steady();
            let (conference, participant, session) = (conference?, participant?, session?);
            let record = self
                .register
                .participant_session(&conference, &participant, &session, now);
            Some(record.await.ok()?.end?.0)
        })
    }
}

/// What is said of an input that did not become a place at a door.
fn unattended(error: InputError) -> Unattended {
    match error {
        InputError::Refused(Refusal::EntryPointNotAllowed) => Unattended::Refused,
        InputError::Refused(Refusal::TooManySessions | Refusal::LobbyFull | Refusal::TooManyAtOnce { .. })
        | InputError::Overloaded(_) => Unattended::Full,
        error => {
            tracing::warn!(error = %chain(&error), "a telephone is not brought to a meeting");
            Unattended::Unavailable
        }
    }
}

/// A telephone that is at a meeting's door, or in it.
struct Guest {
    rooms: Rooms,
    space: SpaceId,
    session: SessionId,
    secret: SecretHash,
    attendance: Attendance,
}

impl Guest {
    /// Tells a call what the meeting tells, and the meeting what the call wants, until either is over.
    async fn stay(mut self, tell: mpsc::Sender<MeetingNews>, mut wishes: mpsc::Receiver<MeetingWish>) {
        loop {
            tokio::select! {
                told = self.attendance.next() => {
                    let Some(news) = (match told {
                        None => return,
                        Some(told) => self.news(told).await,
                    }) else { continue };
                    let is_over = matches!(news, MeetingNews::Parted(_));
                    // A call that is over does not want to know; it says so by its wishes.
                    let _ = tell.send(news).await;
                    if is_over {
                        return;
                    }
                }
                wish = wishes.recv() => match wish {
                    Some(MeetingWish::Mute(is_muted)) => {
                        self.attendance.mute(is_muted);
                    }
                    Some(MeetingWish::RaiseHand(is_raised)) => self.attendance.raise_hand(is_raised),
                    Some(MeetingWish::BeRecorded(agrees)) => self.answer(agrees).await,
                    Some(MeetingWish::Leave { at_us, vanished }) => return self.leave(at_us, vanished).await,
                    None => return self.leave(clock::steady().0, false).await,
                },
            }
        }
    }

    async fn news(&self, told: Told) -> Option<MeetingNews> {
        Some(match told {
            Told::Waiting => MeetingNews::Waiting,
            Told::Joined => MeetingNews::Joined {
                session: self.name().await?,
            },
            Told::Muted => MeetingNews::Muted,
            Told::Recorded(is_recorded) => MeetingNews::Recorded(is_recorded),
            Told::Asked => MeetingNews::Asked,
            Told::Agreed(agrees) => MeetingNews::Agreed(agrees),
            Told::Hand(_) => return None,
            Told::Disconnected(reason) => MeetingNews::Parted(parting(reason)),
        })
    }

    /// Says whether whoever telephones agrees to be recorded; they hear when it is so.
    async fn answer(&self, agrees: bool) {
        let answer = Input::AnswerRecording {
            session: self.session.clone(),
            secret: self.secret,
            agrees,
        };
        let by = By::remote(Actor::Nobody, &"a telephone", clock::now_us());
        if let Err(error) = self.rooms.input_by(self.space.clone(), answer, by).await {
            tracing::warn!(error = %chain(&error), "what a telephone says to being recorded is not known");
        }
    }

    /// The name under which the register has its session. `None` of one that is over already, which is told next.
    async fn name(&self) -> Option<String> {
        let seen = self.rooms.look(&self.space, |space| {
            let conference = space.conference()?;
            let live = conference.live_sessions().get(&self.session)?;
            Some(meeting::names::participant_session(
                conference.id(),
                &live.participant,
                &self.session,
            ))
        });
        seen.await.flatten()
    }

    /// The call is over, and with it the session: at the same time. It is tried some times; after that, the session ends when its end of the
    /// media plane is dropped, at its last sign of life.
    async fn leave(self, at_us: i64, vanished: bool) {
        let reason = if vanished { LostReason::Silent } else { LostReason::Left };
        for _ in 0..TELEPHONE_LEAVE_ATTEMPTS_MAX {
            let lost = Input::Lost {
                session: self.session.clone(),
                last_sign_of_life: Micros(at_us),
                reason,
            };
            match self.rooms.input(self.space.clone(), lost).await {
                Err(InputError::Register(_) | InputError::Panicked(_)) => {
                    tokio::time::sleep(TELEPHONE_LEAVES_AGAIN).await;
                }
                Ok(()) | Err(InputError::Refused(_) | InputError::Overloaded(_) | InputError::Draining) => return,
            }
        }
    }
}

fn parting(reason: DisconnectReason) -> Parting {
    match reason {
        DisconnectReason::Denied => Parting::Denied,
        DisconnectReason::Expired => Parting::Unanswered,
        DisconnectReason::Removed => Parting::Removed,
        DisconnectReason::ConferenceEnded => Parting::Ended,
        DisconnectReason::Full => Parting::Full,
        DisconnectReason::ClientLeft | DisconnectReason::Unhealthy | DisconnectReason::ShuttingDown => Parting::Lost,
    }
}
