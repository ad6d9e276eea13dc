//! A space as `meeting` needs it, rebuilt from its rows: those who are there, and whoever is asked for of the others. Nothing
//! here grows with all who ever came.
//!
//! Whether somebody is there or not, there is one way from their row to the participant that they are, and the sessions of
//! those who are there are the facts that they were: no second way could drift from the first.

use crate::{
    Register, RegisterError,
    error::Damage,
    numbers::Number,
    participants::{KIND_SIGNED_IN, ParticipantKind, participant_kind},
    settings,
};
use db::Row;
use meeting::{
    Absentee, Conference, ConferenceId, DeviceKind, DisplayName, Fact, Micros, ParticipantId, Person, Recalled, Role,
    SecretHash, SessionId, Space, SpaceId,
};

pub(crate) const SPACE_AS_IT_IS: &str = "
    select c.id, c.start_us, c.latest_session_end_us, s.access_type, s.entry_point_access, s.attendance_report, s.config
    from space s left join conference c on c.space = s.id and c.end_us is null
    where s.id = $1";

pub(crate) const OPEN_CONFERENCES: &str = "select c.space from conference c where c.end_us is null";

pub(crate) const GUESTS_PUT_OUT: &str = "
    select count(*) from participant p where p.conference = $1 and p.removed = 1 and p.kind <> $2";

pub(crate) const AWAITED: &str = "
    select p.id, p.return_until_us from participant p where p.conference = $1 and p.return_until_us is not null";

pub(crate) const PRESENT: &str = "
    select p.id, p.kind, p.account, p.display_name, p.role, p.removed, p.latest_session_end_us,
        s.id, s.secret_sha256, s.start_us, s.last_sign_of_life_us, s.device_kind, s.by_program
    from participant_session s
    join participant p on p.conference = s.conference and p.id = s.participant
    where s.conference = $1 and s.end_us is null";

pub(crate) const ABSENT_PARTICIPANT: &str = "
    select p.id, p.kind, p.account, p.display_name, p.role, p.removed, p.latest_session_end_us
    from participant p
    where p.conference = $1 and p.id = $2";

pub(crate) const HOLDER: &str = "
    select p.id, p.kind, p.account, p.display_name, p.role, p.removed, p.latest_session_end_us, s.id
    from participant_session s
    join participant p on p.conference = s.conference and p.id = s.participant
    where s.conference = $1 and s.secret_sha256 = $2 and s.end_us is not null";

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
        let rows = self.db.read(SPACE_AS_IT_IS, vec![id.as_str().into()]).await?;
        let row = rows.first().ok_or(RegisterError::NotFound)?;
        let mut space = Space::new(id.clone(), settings::read(row, 3)?);
        let Some(conference) = row.opt_text(0)? else {
            return Ok(space);
        };
        let conference = ConferenceId::parse(conference)?;
        let guests_put_out = self.guests_put_out(&conference).await?;
        let (start, latest_end) = (Micros(row.int(1)?), Micros(row.int(2)?));
        let taken_up = Conference::recorded(conference.clone(), start, latest_end, guests_put_out);
        space.take_up(self.recorded(taken_up).await?);
        for row in self.db.read(PRESENT, vec![conference.as_str().into()]).await? {
            let present = recalled(&row)?;
            let session = session_again(&conference, &present, &row)?;
            space.recall(present);
            for fact in &session {
                space.apply(fact);
            }
        }
        if let Some(open) = space.conference() {
            for fact in self.answers_again(open).await? {
                space.apply(&fact);
            }
        }
        for row in self.db.read(AWAITED, vec![conference.as_str().into()]).await? {
            space.apply(&Fact::ReturnAwaited {
                conference: conference.clone(),
                participants: vec![ParticipantId::parse(row.text(0)?)?],
                until: Micros(row.int(1)?),
            });
        }
        Ok(space)
    }

    async fn guests_put_out(&self, conference: &ConferenceId) -> Result<usize, RegisterError> {
        let params = vec![conference.as_str().into(), KIND_SIGNED_IN.into()];
        let rows = self.db.read(GUESTS_PUT_OUT, params).await?;
        let count = rows.first().ok_or(RegisterError::NotFound)?.int(0)?;
        Ok(usize::try_from(count).expect("a count is not negative"))
    }

    /// Somebody who was in an open conference and is not there now; `None` for one who never was.
    pub async fn recall(
        &self,
        conference: &ConferenceId,
        absentee: &Absentee,
    ) -> Result<Option<Recalled>, RegisterError> {
        let (sql, key) = match absentee {
            Absentee::Participant(id) => (ABSENT_PARTICIPANT, id.as_str().into()),
            Absentee::Holder(secret) => (HOLDER, secret.0.into()),
        };
        let rows = self.db.read(sql, vec![conference.as_str().into(), key]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let known = recalled(row)?;
        let seat = match absentee {
            Absentee::Participant(_) => None,
            Absentee::Holder(secret) => Some((*secret, SessionId::parse(row.text(7)?)?)),
        };
        Ok(Some(Recalled { seat, ..known }))
    }
}

fn recalled(row: &Row) -> Result<Recalled, RegisterError> {
    let display_name = DisplayName::recorded(row.text(3)?);
    Ok(Recalled {
        participant: ParticipantId::parse(row.text(0)?)?,
        person: match participant_kind(row.int(1)?, row.opt_text(2)?)? {
            ParticipantKind::SignedIn(user) => Person::SignedIn { user, display_name },
            ParticipantKind::Anonymous => Person::Anonymous { display_name },
            ParticipantKind::Phone => Person::Phone { display_name },
        },
        role: Role::read(row.int(4)?)?,
        removed: row.int(5)? != 0,
        latest_end: row.opt_int(6)?.map(Micros),
        seat: None,
    })
}

/// The facts of a session that has not ended.
fn session_again(conference: &ConferenceId, present: &Recalled, row: &Row) -> Result<Vec<Fact>, RegisterError> {
    let (session, secret, start) = (SessionId::parse(row.text(7)?)?, row.blob(8)?, Micros(row.int(9)?));
    let started = Fact::SessionStarted {
        conference: conference.clone(),
        participant: present.participant.clone(),
        session: session.clone(),
        secret: SecretHash(
            secret
                .try_into()
                .map_err(|_| Damage::unknown("secret of a session", &session))?,
        ),
        start,
        device: DeviceKind::read(row.int(11)?)?,
        // That of the participant: which role each device had is not recorded, and a restart ends them all.
        role: present.role,
        by_program: row.int(12)? != 0,
    };
    let heard = row.opt_int(10)?.map(|sign_us| Fact::SignsOfLife {
        conference: conference.clone(),
        signs: vec![(session, Micros(sign_us))],
    });
    Ok(std::iter::once(started).chain(heard).collect())
}
