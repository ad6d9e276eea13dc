//! Coming and going: join, resume, leave, and a look through the door.
//!
//! A join is one round trip: the door is asked whether there is a point, the offer is answered on a thread for such work, the names are promised, the media plane is told to
//! expect the client, and then the client gets its answer. Nothing is written down and nobody knows of it: whether somebody is in
//! or waits is decided when the transport is up, and `session-control` says so.

use std::hash::BuildHasher as _;

use ::api::sederunt::v1::{self as api, meeting::Entry as ShownEntry, meeting::Recorded};
use identity::Principal;
use media::Prepared;
use meeting::{
    Arrival, ClientKey, ConferenceId, DeviceKind, EntryPoint, EntryPointAccess, FreshIds, Input, ParticipantId,
    Refusal, Role, SecretHash, SessionId, SpaceId, Standing,
};
use register::SpaceRecord;
use rooms::{Entrance, InputError, SpaceName, find_space};
use sha2::{Digest, Sha256};
use share::{Permit, Rank, Taker};

use super::MeetingsService;
use super::arrival;
use super::refusals::{entry_failure, invalid_offer, unknown_meeting};
use crate::contracts::own::role::role_to_wire;
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::standing::standing_of;
use crate::{clock, limits, links, names, random};

/// What joining and resuming have in common.
pub(super) struct Entry {
    pub(super) space: String,
    pub(super) offer: String,
    pub(super) display_name: String,
    pub(super) presented: String,
    pub(super) device: i32,
    /// The conference to come back to; `None` for a join.
    pub(super) conference: Option<ConferenceId>,
}

impl MeetingsService {
    pub(super) async fn enter(&self, asking: &Asking, entry: Entry) -> Answer<api::JoinResponse> {
        let result = self.try_enter(asking, entry).await;
        self.metrics.joined(match &result {
            Ok(response) if response.waiting => "waiting",
            Ok(_) => "admitted",
            Err(failure) if matches!(failure.kind(), Kind::Unavailable | Kind::Internal) => "failed",
            Err(_) => "refused",
        });
        result
    }

    async fn try_enter(&self, asking: &Asking, entry: Entry) -> Answer<api::JoinResponse> {
        if self.rooms.is_draining() {
            return Err(entry_failure(InputError::Draining));
        }
        let caller = asking.caller();
        let person = arrival::person(asking, &entry.display_name)?;
        let device = arrival::device(entry.device)?;
        if entry.presented.len() > limits::RESUME_SECRET_BYTES_MAX {
            return Err(Failure::field("resume_secret", "it is longer than any of ours"));
        }
        let space = self.space(&entry.space).await?;
        let standing = standing_of(&self.register, &self.identity, caller, &space).await?;
        let arrival_place = self.place_for(asking, standing)?;
        let secret = random::secret();
        let session = SessionId::from_random(random::bytes());
        let arrival = Arrival {
            person,
            session: session.clone(),
            secret: hash(&secret),
            presented: Some(entry.presented)
                .filter(|text| !text.is_empty())
                .as_deref()
                .map(hash),
            standing,
            device,
            through: arrival::entry_point(caller, &space),
            by_program: arrival::by_program(caller),
            client: ClientKey(self.clients.hash_one(asking.client())),
        };
        let input = match entry.conference {
            Some(conference) => Input::Resume { arrival, conference },
            None => Input::Join {
                arrival,
                fresh: FreshIds {
                    conference: ConferenceId::from_random(random::bytes()),
                    later_conference: ConferenceId::from_random(random::bytes()),
                    participant: ParticipantId::from_random(random::bytes()),
                },
            },
        };
        self.rooms
            .foresee(&space.id, input.clone())
            .await
            .map_err(|error| self.refused(error, asking))?;
        let prepared = self.answer(entry.offer).await?;
        let answer = prepared.answer_sdp().to_owned();
        let entrance = Entrance {
            prepared,
            session: session.clone(),
            email: caller.user().map(|user| user.email.clone()),
            hold: Some(Box::new(arrival_place)),
        };
        let seat = self
            .rooms
            .receive(space.id.clone(), input, entrance)
            .await
            .map_err(|error| self.refused(error, asking))?;
        Ok(api::JoinResponse {
            answer,
            space: meeting::names::space(&space.id),
            conference_record: meeting::names::conference(&seat.conference),
            participant: meeting::names::participant(&seat.conference, &seat.participant),
            participant_session: meeting::names::participant_session(&seat.conference, &seat.participant, &session),
            resume_secret: secret,
            waiting: seat.waiting,
            ice_servers: self.ice_servers(),
        })
    }

    /// A place on the way in, until the transport is up.
    fn place_for(&self, asking: &Asking, standing: Standing) -> Answer<Permit> {
        let mut taker = asking.taker();
        if let (Taker::Account { rank, .. }, Standing::Owner | Standing::CoHost | Standing::Member) =
            (&mut taker, standing)
        {
            *rank = Rank::Close;
        }
        let place = self.arrivals.take(taker, 1);
        place.map_err(|used| Failure::used_up(used, "Devices on the way in"))
    }

    fn refused(&self, error: InputError, asking: &Asking) -> Failure {
        if let InputError::Refused(Refusal::TooManyAtOnce { .. } | Refusal::LobbyFull | Refusal::TooManySessions) =
            error
        {
            self.door.reached(&asking.taker());
        }
        entry_failure(error)
    }

    /// Answers an offer, on a thread where some milliseconds of work hold up nobody.
    async fn answer(&self, offer: String) -> Answer<Prepared> {
        let media = self.media.clone();
        match self.offers.run(move || media.answer(&offer)).await {
            Ok(answer) => answer.map_err(|error| invalid_offer(&error)),
            Err(broken_off) => Err(Failure::internal(&broken_off)),
        }
    }

    /// Ends a session, or the wait for one. Who holds its secret may: the caller's account does not matter.
    pub(super) async fn leave(&self, request: api::LeaveRequest) -> Answer<()> {
        let (_, _, session) = names::participant_session("participant_session", &request.participant_session)?;
        let session = session.ok_or_else(|| entry_failure(Refusal::UnknownSession.into()))?;
        let space = self.named(&request.space).await?;
        let input = Input::Leave {
            session,
            secret: hash(&request.resume_secret),
        };
        self.rooms.input(space, input).await.map_err(entry_failure)
    }

    /// The id of the space of this name.
    pub(super) async fn named(&self, name: &str) -> Answer<SpaceId> {
        match names::space("space", name)? {
            SpaceName::Id(id) => Ok(id),
            other => {
                let found = find_space(&self.register, &other, clock::steady()).await;
                Ok(found.map_err(|error| unknown_meeting(&error))?.id)
            }
        }
    }

    /// What anybody may know before joining, and how this caller would enter.
    pub(super) async fn preview(&self, caller: &Principal, request: api::GetMeetingRequest) -> Answer<api::Meeting> {
        let space = self.space(&request.space).await?;
        let standing = standing_of(&self.register, &self.identity, caller, &space).await?;
        let only_creator = space.settings.entry_point_access == EntryPointAccess::CreatorAppOnly;
        let outlook = self
            .rooms
            .outlook(&space.id, caller.user().map(|user| &user.id))
            .await
            .map_err(|error| Failure::broken(&error))?;
        let by_settings = || space.settings.access_type.lets_in(standing);
        let walks_in = outlook.walks_in.unwrap_or_else(by_settings);
        let wrong_door = only_creator && arrival::entry_point(caller, &space) != EntryPoint::CreatorApp;
        let entry = if wrong_door || !arrival::may_take_part(caller) {
            ShownEntry::Refused
        } else if walks_in {
            ShownEntry::WalkIn
        } else {
            ShownEntry::Knock
        };
        let (active, present) = self.rooms.glance(&space.id);
        let role = Role::on_entry(&space.settings, standing, DeviceKind::Full);
        let dial_in = if entry == ShownEntry::Refused {
            None
        } else {
            self.dial_in(&space.id).await?
        };
        let recorded = self.recorded(&space).await;
        let asks_to_record = recorded != Recorded::Unspecified && self.asks_to_record(&space).await?;
        Ok(api::Meeting {
            space: meeting::names::space(&space.id),
            meeting_uri: space
                .code
                .as_ref()
                .map(|code| links::meeting_uri(&self.public_url, code))
                .unwrap_or_default(),
            meeting_code: space.code.map(|code| code.to_string()).unwrap_or_default(),
            active,
            participant_count: i32::try_from(present).unwrap_or(i32::MAX),
            entry: entry.into(),
            role: role_to_wire(role).into(),
            inside: outlook.is_inside,
            hosted: outlook.has_moderator,
            dial_in,
            recorded: recorded.into(),
            asks_to_record,
            ice_servers: if entry == ShownEntry::Refused {
                vec![]
            } else {
                self.ice_servers()
            },
        })
    }
}

impl MeetingsService {
    /// The relays that a client is told of.
    pub(super) fn ice_servers(&self) -> Vec<api::IceServer> {
        let told = self.relays.ice_servers().into_iter().map(|server| api::IceServer {
            urls: server.urls,
            username: server.credentials.username,
            credential: server.credentials.password,
        });
        told.collect()
    }

    /// Whether whoever comes is asked whether they agree, by the recording that goes on or the one that will begin.
    async fn asks_to_record(&self, space: &SpaceRecord) -> Answer<bool> {
        let see = |space: &meeting::Space| Some(space.conference()?.recording().now()?.asks);
        if let Some(asks) = self.rooms.look(&space.id, see).await.flatten() {
            return Ok(asks);
        }
        self.asks_when_it_begins(space).await
    }

    /// Whether whoever comes is recorded.
    async fn recorded(&self, space: &SpaceRecord) -> Recorded {
        let see = |space: &meeting::Space| {
            let recorded = space.conference()?.recording();
            Some((
                recorded.now().map(|recording| recording.paused),
                *recorded == meeting::Recorded::Never,
            ))
        };
        match self.rooms.look(&space.id, see).await.flatten() {
            Some((Some(false), _)) => Recorded::Recording,
            Some((Some(true), _)) => Recorded::Paused,
            Some((None, true)) | None if space.settings.auto_recording => Recorded::ByItself,
            Some((None, _)) | None => Recorded::Unspecified,
        }
    }
}

pub(super) fn hash(secret: &str) -> SecretHash {
    SecretHash(Sha256::digest(secret).into())
}
