//! Spaces and their meeting codes.
//!
//! A code is a row beside the space and no part of it, because it may lapse and pass to another space. It has lapsed when
//! no conference has used it for a year; whoever makes a space may then take it over, in the very statement that would
//! otherwise insert it, so that two makers cannot both have it.

use crate::{Register, RegisterError, error::Damage, limits::MEETING_CODE_LAPSE_US};
use db::{Row, Statement};
use meeting::{ConferenceId, MeetingCode, Micros, SpaceId, UserId};

/// Who joins without knocking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessType {
    /// Anybody with the link.
    Open = 1,
    /// Members of the organisation and those who were invited.
    Trusted = 2,
    /// Only those who were invited.
    Restricted = 3,
}

impl AccessType {
    const ALL: [AccessType; 3] = [AccessType::Open, AccessType::Trusted, AccessType::Restricted];
}

/// From where one may join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryPointAccess {
    /// From anywhere.
    All = 1,
    /// Only through the program that made the space.
    CreatorAppOnly = 2,
}

impl EntryPointAccess {
    const ALL: [EntryPointAccess; 2] = [EntryPointAccess::All, EntryPointAccess::CreatorAppOnly];
}

/// A space to be made; its id and code come from random bytes.
#[derive(Clone, Debug)]
pub struct NewSpace {
    /// Its id.
    pub id: SpaceId,
    /// Its meeting code.
    pub code: MeetingCode,
    /// Whose it is.
    pub owner: UserId,
    /// Who joins without knocking.
    pub access_type: AccessType,
    /// From where one may join.
    pub entry_point_access: EntryPointAccess,
    /// JSON of the settings that the register does not look into.
    pub config: String,
    /// When it is made.
    pub create: Micros,
}

/// A space as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpaceRecord {
    /// Its id.
    pub id: SpaceId,
    /// Its meeting code, unless it has lapsed.
    pub code: Option<MeetingCode>,
    /// Whose it is.
    pub owner: UserId,
    /// Who joins without knocking.
    pub access_type: AccessType,
    /// From where one may join.
    pub entry_point_access: EntryPointAccess,
    /// JSON of the settings that the register does not look into.
    pub config: String,
    /// When it was made.
    pub create: Micros,
    /// The conference that is active in it.
    pub active_conference: Option<ConferenceId>,
}

pub(crate) const SPACE_BY_ID: &str = "
    select s.id, m.code, s.owner, s.access_type, s.entry_point_access, s.config, s.create_us, c.id
    from space s
    left join meeting_code m on m.space = s.id and m.last_used_us > $2
    left join conference c on c.space = s.id and c.end_us is null
    where s.id = $1";

pub(crate) const SPACE_BY_CODE: &str = "
    select s.id, m.code, s.owner, s.access_type, s.entry_point_access, s.config, s.create_us, c.id
    from meeting_code m
    join space s on s.id = m.space
    left join conference c on c.space = s.id and c.end_us is null
    where m.code = $1 and m.last_used_us > $2";

impl Register {
    /// Makes a space, with a code that nobody has or that has lapsed. [`RegisterError::Taken`] asks for other ids.
    pub async fn create_space(&self, new: NewSpace) -> Result<SpaceRecord, RegisterError> {
        let space = Statement::new(
            "insert into space (id, owner, access_type, entry_point_access, config, create_us)
            values ($1, $2, $3, $4, $5, $6)",
            vec![
                new.id.as_str().into(),
                new.owner.as_str().into(),
                (new.access_type as i64).into(),
                (new.entry_point_access as i64).into(),
                new.config.as_str().into(),
                new.create.0.into(),
            ],
        );
        let code = Statement::new(
            "insert into meeting_code (code, space, last_used_us) values ($1, $2, $3)
            on conflict (code) do update set space = excluded.space, last_used_us = excluded.last_used_us
            where meeting_code.last_used_us <= $4",
            vec![
                new.code.as_str().into(),
                new.id.as_str().into(),
                new.create.0.into(),
                lapsed_by(new.create).into(),
            ],
        );
        match self.db.write(vec![space.expect(1), code.expect(1)]).await {
            Err(conflict) if conflict.is_conflict() => return Err(RegisterError::Taken),
            outcome => outcome?,
        }
        Ok(SpaceRecord {
            id: new.id,
            code: Some(new.code),
            owner: new.owner,
            access_type: new.access_type,
            entry_point_access: new.entry_point_access,
            config: new.config,
            create: new.create,
            active_conference: None,
        })
    }

    /// The space with this id.
    pub async fn space_by_id(&self, id: &SpaceId, now: Micros) -> Result<SpaceRecord, RegisterError> {
        let rows = self
            .db
            .read(SPACE_BY_ID, vec![id.as_str().into(), lapsed_by(now).into()])
            .await?;
        space_record(rows.first().ok_or(RegisterError::NotFound)?)
    }

    /// The space that has this meeting code now.
    pub async fn space_by_code(&self, code: &MeetingCode, now: Micros) -> Result<SpaceRecord, RegisterError> {
        let rows = self
            .db
            .read(SPACE_BY_CODE, vec![code.as_str().into(), lapsed_by(now).into()])
            .await?;
        space_record(rows.first().ok_or(RegisterError::NotFound)?)
    }
}

/// A code that was last used at this time or before has lapsed.
fn lapsed_by(now: Micros) -> i64 {
    now.plus_us(-MEETING_CODE_LAPSE_US).0
}

fn space_record(row: &Row) -> Result<SpaceRecord, RegisterError> {
    let access_type = row.int(3)?;
    let entry_point_access = row.int(4)?;
    Ok(SpaceRecord {
        id: SpaceId::parse(row.text(0)?)?,
        code: row.opt_text(1)?.map(MeetingCode::parse).transpose()?,
        owner: UserId::parse(row.text(2)?)?,
        access_type: AccessType::ALL
            .into_iter()
            .find(|known| *known as i64 == access_type)
            .ok_or_else(|| unknown("access type", access_type))?,
        entry_point_access: EntryPointAccess::ALL
            .into_iter()
            .find(|known| *known as i64 == entry_point_access)
            .ok_or_else(|| unknown("entry point access", entry_point_access))?,
        config: row.text(5)?.to_owned(),
        create: Micros(row.int(6)?),
        active_conference: row.opt_text(7)?.map(ConferenceId::parse).transpose()?,
    })
}

fn unknown(noun: &'static str, value: i64) -> RegisterError {
    RegisterError::Damaged(Damage::Unknown {
        noun,
        value: value.to_string(),
    })
}
