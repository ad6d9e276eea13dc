//! Running a meeting: letting in and sending away, silencing, putting out, locking, ending.
//!
//! For the owner of the space and its co-hosts, whether they are in the meeting or not, because the right to run it is theirs
//! by the space: in person, or by a program that may take part as them. The one thing that outlasts the meeting are its
//! locks, which are settings of the owner's space: a co-host turns them only while they are in. What hosts do becomes facts
//! through the same door as everything else; only silencing is none.

use ::api::sederunt::v1::{self as api, restriction};
use meeting::{ConferenceId, Input, ParticipantId, RestrictionType, SessionId, Settings, Standing};
use register::SpaceRecord;
use rooms::{InputError, Whom};

use super::MeetingsService;
use super::refusals::{entry_failure, host_needed, not_present};
use crate::failure::{Answer, Kind};
use crate::gate::asking::Asking;
use crate::grpc::wire::chosen;
use crate::standing::standing_of;
use crate::{names, random};

impl MeetingsService {
    pub(super) async fn admit(&self, asking: &Asking, request: api::AdmitRequest) -> Answer<()> {
        let space = self.hosted(asking, &request.space).await?;
        if self.rooms.is_draining() {
            return Err(entry_failure(InputError::Draining));
        }
        let session = knocking(&request.session)?;
        // For a conference that begins with them, if nobody is in the meeting.
        let conference = ConferenceId::from_random(random::bytes());
        self.input(space, Input::Admit { session, conference }).await
    }

    pub(super) async fn deny(&self, asking: &Asking, request: api::DenyRequest) -> Answer<()> {
        let space = self.hosted(asking, &request.space).await?;
        let session = knocking(&request.session)?;
        self.input(space, Input::Deny { session }).await
    }

    pub(super) async fn mute(&self, asking: &Asking, request: api::MuteRequest) -> Answer<()> {
        let space = self.hosted(asking, &request.space).await?;
        if request.participant.is_empty() {
            let user = asking.caller().user().ok_or_else(host_needed)?;
            // In an empty meeting there is silence already.
            self.rooms
                .mute(&space.id, Whom::AllBut(&ParticipantId::from(&user.id)))
                .await;
            return Ok(());
        }
        let participant = present(&request.participant)?;
        if self.rooms.mute(&space.id, Whom::Only(&participant)).await {
            Ok(())
        } else {
            Err(not_present())
        }
    }

    pub(super) async fn remove(&self, asking: &Asking, request: api::RemoveRequest) -> Answer<()> {
        let space = self.hosted(asking, &request.space).await?;
        let participant = present(&request.participant)?;
        let input = Input::Remove { participant };
        let removed = self.rooms.input_by(space.id, input, asking.by()).await;
        removed.map_err(entry_failure)
    }

    pub(super) async fn moderate(&self, asking: &Asking, request: api::ModerateRequest) -> Answer<api::Moderation> {
        let space = self.hosted(asking, &request.space).await?;
        let locks = Locks::parse(&request)?;
        let change = move |settings| locks.on(settings);
        let user = asking.caller().user().ok_or_else(host_needed)?;
        let changed = if user.id == space.owner {
            self.rooms.configure(space.id, change).await
        } else {
            let by = ParticipantId::from(&user.id);
            self.rooms.moderate(space.id, by, change).await
        };
        let settings = changed.map_err(entry_failure)?;
        let shown = |restriction| match restriction {
            RestrictionType::HostsOnly => restriction::Type::HostsOnly.into(),
            RestrictionType::NoRestriction => restriction::Type::NoRestriction.into(),
        };
        Ok(api::Moderation {
            moderation: settings.moderation,
            chat_restriction: shown(settings.chat_restriction),
            reaction_restriction: shown(settings.reaction_restriction),
            present_restriction: shown(settings.present_restriction),
        })
    }

    pub(super) async fn end(&self, asking: &Asking, request: api::EndRequest) -> Answer<()> {
        let space = self.hosted(asking, &request.space).await?;
        let ended = self.rooms.input_by(space.id, Input::EndConference, asking.by()).await;
        ended.map_err(entry_failure)
    }

    async fn input(&self, space: SpaceRecord, input: Input) -> Answer<()> {
        self.rooms.input(space.id, input).await.map_err(entry_failure)
    }

    /// The space of this name, if the caller may run its meetings.
    pub(super) async fn hosted(&self, asking: &Asking, name: &str) -> Answer<SpaceRecord> {
        if let Err(failure) = asking.entitled()
            && failure.kind() == Kind::ScopeMissing
        {
            return Err(failure);
        }
        let space = self.space(name).await?;
        let standing = standing_of(&self.register, &self.identity, asking.caller(), &space).await?;
        if standing <= Standing::CoHost {
            Ok(space)
        } else {
            Err(host_needed())
        }
    }
}

/// What a host locks and unlocks; `None` stays as it is.
#[derive(Clone, Copy, Debug)]
struct Locks {
    moderation: Option<bool>,
    chat: Option<RestrictionType>,
    reactions: Option<RestrictionType>,
    present: Option<RestrictionType>,
}

impl Locks {
    fn parse(request: &api::ModerateRequest) -> Answer<Locks> {
        let restriction = |asked: i32, field: &str| -> Answer<Option<RestrictionType>> {
            Ok(match chosen(asked, field)? {
                restriction::Type::Unspecified => None,
                restriction::Type::HostsOnly => Some(RestrictionType::HostsOnly),
                restriction::Type::NoRestriction => Some(RestrictionType::NoRestriction),
            })
        };
        Ok(Locks {
            moderation: request.moderation,
            chat: restriction(request.chat_restriction, "chat_restriction")?,
            reactions: restriction(request.reaction_restriction, "reaction_restriction")?,
            present: restriction(request.present_restriction, "present_restriction")?,
        })
    }

    fn on(self, settings: Settings) -> Settings {
        Settings {
            moderation: self.moderation.unwrap_or(settings.moderation),
            chat_restriction: self.chat.unwrap_or(settings.chat_restriction),
            reaction_restriction: self.reactions.unwrap_or(settings.reaction_restriction),
            present_restriction: self.present.unwrap_or(settings.present_restriction),
            ..settings
        }
    }
}

/// The session of somebody who knocks. Text that is no session is nobody's.
fn knocking(session: &str) -> Answer<SessionId> {
    SessionId::parse(session).map_err(|_| entry_failure(meeting::Refusal::UnknownKnock.into()))
}

/// Reads `participants/{participant}`.
fn present(name: &str) -> Answer<ParticipantId> {
    let [participant] = names::split("participant", name, ["participants"])?;
    ParticipantId::parse(participant).map_err(|_| not_present())
}
