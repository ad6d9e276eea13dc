//! `sederunt.v1.Meetings`: what a client asks for at the door.
//!
//! A join is one round trip: the offer is answered on a thread for such work, the session is written down, the media plane is
//! told to expect it, and then the client gets its answer. Google's contract has no word for most refusals here, so the reasons
//! are our own.

use std::sync::Arc;

use api::sederunt::v1 as api;
use identity::{Caller, Principal, Scopes};
use media::{Card, CardKind, Media, OfferError, Overloaded, Prepared};
use meeting::{
    Arrival, ConferenceId, DeviceKind, DisplayName, EntryPoint, FreshIds, Input, MalformedName, Micros, ParticipantId,
    Person, Refusal, SecretHash, SessionId, Standing,
};
use register::{Register, RegisterError, SpaceRecord};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use tonic::{Code, Request, Response, Status};

use super::rooms::{Entrance, InputError, Rooms};
use crate::failure::{Answer, Failure};
use crate::gate::admitted;
use crate::google::{find_space, id_of};
use crate::metrics::Metrics;
use crate::{clock, limits, names, random, web};

/// The service.
#[derive(Clone)]
pub(crate) struct MeetingsService {
    register: Register,
    rooms: Rooms,
    media: Media,
    metrics: Arc<Metrics>,
    public_url: Arc<str>,
    offers: Arc<Semaphore>,
}

/// What joining and resuming have in common.
struct Entry<'a> {
    space: &'a str,
    offer: String,
    display_name: &'a str,
    presented: &'a str,
    /// The conference to come back to; `None` for a join.
    conference: Option<ConferenceId>,
}

impl MeetingsService {
    pub(crate) fn new(
        register: Register,
        rooms: Rooms,
        media: Media,
        metrics: Arc<Metrics>,
        public_url: &str,
    ) -> MeetingsService {
        let offers = Arc::new(Semaphore::new(limits::OFFERS_AT_ONCE_MAX));
        MeetingsService {
            register,
            rooms,
            media,
            metrics,
            public_url: public_url.into(),
            offers,
        }
    }

    async fn enter(&self, caller: &Principal, entry: Entry<'_>) -> Answer<api::JoinResponse> {
        let result = self.try_enter(caller, entry).await;
        self.metrics.joined(match &result {
            Ok(_) => "admitted",
            Err(failure) if matches!(failure.code(), Code::Unavailable | Code::Internal) => "failed",
            Err(_) => "refused",
        });
        result
    }

    async fn try_enter(&self, caller: &Principal, entry: Entry<'_>) -> Answer<api::JoinResponse> {
        if self.rooms.is_draining() {
            return Err(entry_failure(InputError::Draining));
        }
        let person = person(caller, entry.display_name)?;
        if entry.presented.len() > limits::RESUME_SECRET_BYTES_MAX {
            return Err(Failure::field("resume_secret", "it is longer than any of ours"));
        }
        let space = self.space(entry.space).await?;
        let standing = standing(&space, &person);
        allow_entry(&space, standing)?;
        let prepared = self.answer(entry.offer).await?;
        let answer = prepared.answer_sdp().to_owned();

        let secret = random::secret();
        let session = SessionId::from_random(random::bytes());
        let arrival = Arrival {
            person: person.clone(),
            standing,
            device: DeviceKind::Full,
            through: EntryPoint::Own,
            session: session.clone(),
            secret: hash(&secret),
            presented: Some(entry.presented).filter(|text| !text.is_empty()).map(hash),
        };
        let input = match entry.conference {
            Some(conference) => Input::Resume { arrival, conference },
            None => Input::Join {
                arrival,
                fresh: FreshIds {
                    conference: ConferenceId::from_random(random::bytes()),
                    participant: ParticipantId::from_random(random::bytes()),
                },
            },
        };
        let carded = session.clone();
        let card = Box::new(move |participant: &ParticipantId| card(&person, participant, &carded));
        let entrance = Entrance {
            prepared,
            session: session.clone(),
            card,
        };
        let seat = self
            .rooms
            .admit(space.id.clone(), input, entrance)
            .await
            .map_err(entry_failure)?;
        Ok(api::JoinResponse {
            answer,
            space: names::of_space(&space.id),
            conference_record: names::of_conference(&seat.conference),
            participant: names::of_participant(&seat.conference, &seat.participant),
            participant_session: names::of_participant_session(&seat.conference, &seat.participant, &session),
            resume_secret: secret,
            waiting: false,
        })
    }

    /// Answers an offer, on a thread where some milliseconds of work hold up nobody.
    async fn answer(&self, offer: String) -> Answer<Prepared> {
        let Ok(place) = Arc::clone(&self.offers).acquire_owned().await else {
            return Err(Failure::unavailable("The server is stopping; try again soon."));
        };
        let media = self.media.clone();
        let answered = tokio::task::spawn_blocking(move || {
            let _place = place;
            media.answer(&offer)
        });
        match answered.await {
            Ok(answer) => answer.map_err(|error| invalid_offer(&error)),
            Err(panicked) => Err(Failure::internal(&panicked)),
        }
    }

    async fn leave(&self, request: &api::LeaveRequest) -> Answer<()> {
        let name = names::space("space", &request.space)?;
        let (_, _, session) = names::participant_session("participant_session", &request.participant_session)?;
        let session = session.ok_or_else(|| entry_failure(Refusal::UnknownSession.into()))?;
        let space = match name {
            names::SpaceName::Id(id) => id,
            other => {
                find_space(&self.register, &other, now())
                    .await
                    .map_err(|error| unknown_meeting(&error))?
                    .id
            }
        };
        let input = Input::Leave {
            session,
            secret: hash(&request.resume_secret),
        };
        self.rooms.input(space, input).await.map_err(entry_failure)
    }

    async fn preview(&self, request: &api::GetMeetingRequest) -> Answer<api::Meeting> {
        let space = self.space(&request.space).await?;
        let (active, present) = self.rooms.glance(&space.id);
        Ok(api::Meeting {
            space: names::of_space(&space.id),
            meeting_uri: space
                .code
                .as_ref()
                .map(|code| web::meeting_uri(&self.public_url, code))
                .unwrap_or_default(),
            meeting_code: space.code.map(|code| code.to_string()).unwrap_or_default(),
            active,
            participant_count: i32::try_from(present).unwrap_or(i32::MAX),
            ..api::Meeting::default()
        })
    }

    async fn space(&self, name: &str) -> Answer<SpaceRecord> {
        let name = names::space("space", name)?;
        find_space(&self.register, &name, now())
            .await
            .map_err(|error| unknown_meeting(&error))
    }
}

#[tonic::async_trait]
impl api::meetings_server::Meetings for MeetingsService {
    async fn join(&self, request: Request<api::JoinRequest>) -> Result<Response<api::JoinResponse>, Status> {
        let (caller, message) = admitted(request)?;
        let entry = Entry {
            space: &message.space,
            offer: message.offer,
            display_name: &message.display_name,
            presented: &message.resume_secret,
            conference: None,
        };
        Ok(Response::new(self.enter(&caller, entry).await?))
    }

    async fn resume(&self, request: Request<api::ResumeRequest>) -> Result<Response<api::JoinResponse>, Status> {
        let (caller, message) = admitted(request)?;
        let conference = names::conference("conference_record", &message.conference_record)?;
        let entry = Entry {
            space: &message.space,
            offer: message.offer,
            display_name: &message.display_name,
            presented: &message.resume_secret,
            conference: Some(conference.ok_or_else(|| entry_failure(Refusal::ConferenceOver.into()))?),
        };
        Ok(Response::new(self.enter(&caller, entry).await?))
    }

    async fn leave(&self, request: Request<api::LeaveRequest>) -> Result<Response<()>, Status> {
        // Who holds the session's secret may end it: the caller's account does not matter.
        let (_, message) = admitted(request)?;
        Ok(Response::new(MeetingsService::leave(self, &message).await?))
    }

    async fn get_meeting(&self, request: Request<api::GetMeetingRequest>) -> Result<Response<api::Meeting>, Status> {
        let (_, message) = admitted(request)?;
        Ok(Response::new(self.preview(&message).await?))
    }
}

fn now() -> Micros {
    Micros(clock::now_us())
}

fn hash(secret: &str) -> SecretHash {
    SecretHash(Sha256::digest(secret).into())
}

/// Who joins: the account, under its own name, or whoever gave a name.
fn person(caller: &Principal, typed_name: &str) -> Answer<Person> {
    match &caller.caller {
        Caller::User(user) => {
            if !caller.scopes.intersects(Scopes::MEET) {
                return Err(Failure::new(
                    Code::PermissionDenied,
                    "Request had insufficient authentication scopes.",
                )
                .google("ACCESS_TOKEN_SCOPE_INSUFFICIENT"));
            }
            // An account's name may hold what a tile cannot show; its address cannot.
            let display_name = DisplayName::parse(&user.display_name)
                .or_else(|_| DisplayName::parse(user.email.split('@').next().unwrap_or_default()))
                .map_err(|malformed| Failure::internal(&malformed))?;
            Ok(Person::SignedIn {
                user: id_of(user),
                display_name,
            })
        }
        Caller::ServiceAccount { .. } => Err(Failure::new(
            Code::PermissionDenied,
            "A service account cannot take part in a meeting.",
        )
        .own("PERSON_NEEDED")),
        Caller::Anonymous => {
            let display_name = DisplayName::parse(typed_name).map_err(|malformed| {
                let reason = match malformed {
                    MalformedName::Empty => "NAME_REQUIRED",
                    MalformedName::TooLong { .. } => "NAME_TOO_LONG",
                    MalformedName::Control(_) => "NAME_NOT_ALLOWED",
                };
                Failure::field("display_name", malformed.to_string()).own(reason)
            })?;
            Ok(Person::Anonymous { display_name })
        }
    }
}

/// How somebody stands to a space.
fn standing(space: &SpaceRecord, person: &Person) -> Standing {
    match person {
        Person::SignedIn { user, .. } if *user == space.owner => Standing::Owner,
        Person::SignedIn { .. } => Standing::Trusted,
        Person::Anonymous { .. } => Standing::Stranger,
    }
}

/// Anybody may enter an open space; the others are for people with an account.
fn allow_entry(space: &SpaceRecord, standing: Standing) -> Answer<()> {
    if space.settings.access_type.lets_in(standing) {
        return Ok(());
    }
    Err(Failure::new(
        Code::PermissionDenied,
        "This meeting is for people who are signed in.",
    )
    .own("SIGN_IN_REQUIRED"))
}

/// How the others see who enters.
fn card(person: &Person, participant: &ParticipantId, session: &SessionId) -> Card {
    let participant_key = format!("participants/{participant}");
    Card {
        session_name: format!("{participant_key}/participantSessions/{session}"),
        full_session_name: None,
        participant_key,
        display_name: person.display_name().to_string(),
        kind: match person {
            Person::SignedIn { user, .. } => CardKind::SignedIn {
                user: format!("users/{user}"),
            },
            Person::Anonymous { .. } => CardKind::Anonymous,
        },
    }
}

fn invalid_offer(error: &OfferError) -> Failure {
    Failure::new(Code::FailedPrecondition, "The offer cannot be answered.")
        .own("INVALID_OFFER")
        .with("reason", error.to_string())
}

fn unknown_meeting(error: &RegisterError) -> Failure {
    match error {
        RegisterError::NotFound => Failure::new(Code::NotFound, "There is no such meeting.").own("MEETING_NOT_FOUND"),
        broken => Failure::broken(broken),
    }
}

fn entry_failure(error: InputError) -> Failure {
    match error {
        InputError::Refused(refusal) => refused(refusal),
        InputError::Overloaded(Overloaded::Room) => {
            Failure::new(Code::ResourceExhausted, "The meeting is full.").own("CONFERENCE_FULL")
        }
        InputError::Overloaded(_) => Failure::unavailable("The server holds as many people as it can."),
        InputError::Draining => Failure::unavailable("The server is stopping; try again soon."),
        InputError::Register(error) => unknown_meeting(&error),
        InputError::Panicked(_) => Failure::internal(&error),
    }
}

fn refused(refusal: Refusal) -> Failure {
    match refusal {
        Refusal::ConferenceOver | Refusal::NoActiveConference => {
            Failure::new(Code::FailedPrecondition, "The conference is over.").own("CONFERENCE_OVER")
        }
        Refusal::TooManySessions => {
            Failure::new(Code::ResourceExhausted, "The meeting is full.").own("CONFERENCE_FULL")
        }
        Refusal::NotAParticipant => Failure::new(
            Code::PermissionDenied,
            "Only who was in the conference can come back to it.",
        )
        .own("NOT_A_PARTICIPANT"),
        Refusal::WrongSecret => {
            Failure::new(Code::PermissionDenied, "The secret is not that of the session.").own("WRONG_SECRET")
        }
        Refusal::EntryPointNotAllowed => Failure::new(
            Code::PermissionDenied,
            "This meeting can be joined only through the app that made it.",
        )
        .own("ENTRY_POINT_NOT_ALLOWED"),
        Refusal::CompanionNeedsAccount => Failure::new(
            Code::PermissionDenied,
            "Only somebody who is signed in can bring a second device.",
        )
        .own("SIGN_IN_REQUIRED"),
        Refusal::Removed => {
            Failure::new(Code::PermissionDenied, "A host has removed you from this meeting.").own("REMOVED")
        }
        Refusal::LobbyFull => Failure::new(
            Code::ResourceExhausted,
            "Too many people wait to be admitted; try again later.",
        )
        .own("LOBBY_FULL"),
        Refusal::HostStays => {
            Failure::new(Code::FailedPrecondition, "The host of a meeting cannot be removed.").own("HOST_STAYS")
        }
        Refusal::UnknownKnock => Failure::not_found().own("KNOCK_NOT_FOUND"),
        Refusal::UnknownParticipant => Failure::not_found().own("PARTICIPANT_NOT_FOUND"),
        Refusal::UnknownSession => Failure::not_found().own("SESSION_NOT_FOUND"),
        Refusal::IdInUse => Failure::unavailable("The session could not be named; try again."),
    }
}
