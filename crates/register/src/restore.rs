//! A space as `meeting` needs it, rebuilt from its rows: by making the facts again that were recorded, and applying them.
//! There is no second way from rows to a state that could drift from the first.

use crate::{
    Register, RegisterError,
    error::Damage,
    numbers::Number,
    participants::{ParticipantKind, participant_kind},
    settings,
};
use db::Row;
use meeting::{
    ConferenceId, DeviceKind, DisplayName, Fact, Micros, ParticipantId, Person, Role, SecretHash, SessionEndReason,
    SessionId, Space, SpaceId, limits::CONNECT_WITHIN_US,
};

pub(crate) const LATEST_CONFERENCE: &str = "
    select c.id, c.start_us, c.end_us, s.access_type, s.entry_point_access, s.config
    from space s left join conference c on c.space = s.id
    where s.id = $1
    order by c.start_us desc, c.id desc
    limit 1";

pub(crate) const OPEN_CONFERENCES: &str = "select c.space from conference c where c.end_us is null";

pub(crate) const PARTICIPANTS_OF_CONFERENCE: &str =
    "select p.id, p.kind, p.account, p.display_name, p.earliest_start_us, p.removed, p.role
    from participant p where p.conference = $1";

pub(crate) const SESSIONS_OF_CONFERENCE: &str = "
    select s.id, s.participant, s.start_us, s.end_us, s.last_sign_of_life_us, s.secret_sha256, s.end_reason, s.failed,
        s.device_kind, p.role
    from participant p
    join participant_session s on s.conference = p.conference and s.participant = p.id
    where p.conference = $1";

impl Register {
    /// The spaces with an open conference, each as it was when its last fact was recorded. A server that starts gives each
    /// of them [`Input::Restart`](meeting::Input::Restart).
    pub async fn open_conferences(&self) -> Result<Vec<Space>, RegisterError> {
        let mut spaces = Vec::new();
        for row in self.db.read(OPEN_CONFERENCES, Vec::new()).await? {
            spaces.push(self.space(&SpaceId::parse(row.text(0)?)?).await?);
        }
        Ok(spaces)
    }

    /// The space as it was when its last fact was recorded: for the first input of a space that nobody has used since the
    /// server started, and for one whose last write has an unknown outcome.
    pub async fn space(&self, id: &SpaceId) -> Result<Space, RegisterError> {
        let rows = self.db.read(LATEST_CONFERENCE, vec![id.as_str().into()]).await?;
        let latest = rows.first().ok_or(RegisterError::NotFound)?;
        let settings = settings::read(latest, 3)?;
        let Some(conference) = latest.opt_text(0)? else {
            return Ok(Space::new(id.clone(), settings, Micros(0)));
        };
        if let Some(end_us) = latest.opt_int(2)? {
            return Ok(Space::new(id.clone(), settings, Micros(end_us)));
        }
        let start = Micros(latest.int(1)?);
        let mut space = Space::new(id.clone(), settings, start);
        for fact in self.facts_again(ConferenceId::parse(conference)?, start).await? {
            space.apply(&fact);
        }
        Ok(space)
    }

    async fn facts_again(&self, conference: ConferenceId, start: Micros) -> Result<Vec<Fact>, RegisterError> {
        let participants = self
            .db
            .read(PARTICIPANTS_OF_CONFERENCE, vec![conference.as_str().into()])
            .await?;
        let sessions = self
            .db
            .read(SESSIONS_OF_CONFERENCE, vec![conference.as_str().into()])
            .await?;
        let mut facts = vec![Fact::ConferenceStarted {
            conference: conference.clone(),
            start,
        }];
        for row in &participants {
            facts.push(joined_again(&conference, row)?);
        }
        for row in &sessions {
            session_again(&conference, row, &mut facts)?;
        }
        for row in &participants {
            if row.int(5)? != 0 {
                facts.push(Fact::ParticipantRemoved {
                    conference: conference.clone(),
                    participant: ParticipantId::parse(row.text(0)?)?,
                });
            }
        }
        Ok(facts)
    }
}

fn joined_again(conference: &ConferenceId, row: &Row) -> Result<Fact, RegisterError> {
    let display_name =
        DisplayName::parse(row.text(3)?).map_err(|malformed| RegisterError::Damaged(Damage::DisplayName(malformed)))?;
    Ok(Fact::ParticipantJoined {
        conference: conference.clone(),
        participant: ParticipantId::parse(row.text(0)?)?,
        person: match participant_kind(row.int(1)?, row.opt_text(2)?)? {
            ParticipantKind::SignedIn(user) => Person::SignedIn { user, display_name },
            ParticipantKind::Anonymous => Person::Anonymous { display_name },
        },
        earliest_start: Micros(row.int(4)?),
        role: Role::read(row.int(6)?)?,
    })
}

fn session_again(conference: &ConferenceId, row: &Row, facts: &mut Vec<Fact>) -> Result<(), RegisterError> {
    let session = SessionId::parse(row.text(0)?)?;
    let participant = ParticipantId::parse(row.text(1)?)?;
    let start = Micros(row.int(2)?);
    let secret = row.blob(5)?;
    facts.push(Fact::SessionStarted {
        conference: conference.clone(),
        participant: participant.clone(),
        session: session.clone(),
        secret: SecretHash(
            secret
                .try_into()
                .map_err(|_| Damage::unknown("secret of a session", &session))?,
        ),
        start,
        device: DeviceKind::read(row.int(8)?)?,
        // That of the participant: which role each device had is not recorded, and a restart ends them all.
        role: Role::read(row.int(9)?)?,
        connect_by: start.plus_us(CONNECT_WITHIN_US),
    });
    if let Some(sign_us) = row.opt_int(4)? {
        let signs = vec![(session.clone(), Micros(sign_us))];
        facts.push(Fact::SignsOfLife {
            conference: conference.clone(),
            signs,
        });
    }
    if let Some(end_us) = row.opt_int(3)? {
        let word = row.text(6)?;
        facts.push(Fact::SessionEnded {
            conference: conference.clone(),
            participant,
            session,
            end: Micros(end_us),
            reason: SessionEndReason::parse(word).ok_or_else(|| Damage::unknown("end reason", &word))?,
            failed: row.int(7)? != 0,
            // Derived: a space knows it from the sessions.
            participant_latest_end: None,
        });
    }
    Ok(())
}
