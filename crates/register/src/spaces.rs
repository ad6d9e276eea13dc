//! Spaces and their meeting codes.
//!
//! A code is a row beside the space and no part of it, because it may lapse and pass to another space. It has lapsed when
//! no conference has used it for a year; whoever makes a space may then take it over, in the very statement that would
//! otherwise insert it, so that two makers cannot both have it.

use crate::{
    Page, Query, Register, RegisterError, Retention,
    limits::{MEETING_CODE_LAPSE_US, SPACES_PER_PAGE},
    numbers::Number,
    page::{Direction, List},
    settings,
};
use db::{Row, Statement};
use meeting::{ConferenceId, MeetingCode, Micros, Settings, SpaceId, UserId};

/// A space to be made; its id and code come from random bytes.
#[derive(Clone, Debug)]
pub struct NewSpace {
    /// Its id.
    pub id: SpaceId,
    /// Its meeting code.
    pub code: MeetingCode,
    /// Whose it is.
    pub owner: UserId,
    /// What its owner chose.
    pub settings: Settings,
    /// The app that makes it, if one does.
    pub app: Option<String>,
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
    /// What its owner chose.
    pub settings: Settings,
    /// The app that made it, if one did.
    pub app: Option<String>,
    /// How long its records are kept.
    pub retention: Retention,
    /// When it was made.
    pub create: Micros,
    /// When its meeting code was used last, within a day; `None` once it has lapsed.
    pub last_used: Option<Micros>,
    /// The conference that is active in it.
    pub active_conference: Option<ConferenceId>,
}

pub(crate) const SPACE_BY_ID: &str = "
    select s.create_us, s.id, s.owner, s.access_type, s.entry_point_access, s.attendance_report, s.config, s.app, s.retention_us,
        m.code, m.last_used_us, c.id
    from space s
    left join meeting_code m on m.space = s.id and m.last_used_us > $2
    left join conference c on c.space = s.id and c.end_us is null
    where s.id = $1";

pub(crate) const SPACE_BY_CODE: &str = "
    select s.create_us, s.id, s.owner, s.access_type, s.entry_point_access, s.attendance_report, s.config, s.app, s.retention_us,
        m.code, m.last_used_us, c.id
    from meeting_code m
    join space s on s.id = m.space
    left join conference c on c.space = s.id and c.end_us is null
    where m.code = $1 and m.last_used_us > $2";

pub(crate) const SPACES: List = List {
    name: "spaces",
    select: "
        select s.create_us, s.id, s.owner, s.access_type, s.entry_point_access, s.attendance_report, s.config, s.app, s.retention_us,
            m.code, m.last_used_us, c.id
        from space s
        left join meeting_code m on m.space = s.id and m.last_used_us > $2
        left join conference c on c.space = s.id and c.end_us is null
        where s.owner = $1",
    key: ["s.create_us", "s.id"],
    direction: Direction::Descending,
    fields: &[],
    sizes: SPACES_PER_PAGE,
};

impl Register {
    /// Makes a space, with a code that nobody has or that has lapsed. [`RegisterError::Taken`] asks for other ids.
    pub async fn create_space(&self, new: NewSpace) -> Result<SpaceRecord, RegisterError> {
        let space = Statement::new(
            "insert into space (id, owner, access_type, entry_point_access, config, create_us, app, retention_us, attendance_report)
            values ($1, $2, $3, $4, $5, $6, $7, null, $8)",
            vec![
                new.id.as_str().into(),
                new.owner.as_str().into(),
                new.settings.access_type.number().into(),
                new.settings.entry_point_access.number().into(),
                settings::config(&new.settings).into(),
                new.create.0.into(),
                new.app.as_deref().into(),
                settings::attendance_report(&new.settings).into(),
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
            settings: new.settings,
            app: new.app,
            retention: Retention::Default,
            create: new.create,
            last_used: Some(new.create),
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

    /// The spaces that this user owns.
    pub async fn list_spaces(&self, owner: &UserId, query: &Query<'_>) -> Result<Page<SpaceRecord>, RegisterError> {
        let params = vec![owner.as_str().into(), lapsed_by(query.now).into()];
        SPACES
            .page(&self.db, &[owner.as_str()], params, query, space_record)
            .await
    }
}

/// A code that was last used at this time or before has lapsed.
pub(crate) fn lapsed_by(now: Micros) -> i64 {
    now.plus_us(-MEETING_CODE_LAPSE_US).0
}

fn space_record(row: &Row) -> Result<SpaceRecord, RegisterError> {
    Ok(SpaceRecord {
        create: Micros(row.int(0)?),
        id: SpaceId::parse(row.text(1)?)?,
        owner: UserId::parse(row.text(2)?)?,
        settings: settings::read(row, 3)?,
        app: row.opt_text(7)?.map(str::to_owned),
        retention: Retention::read(row.opt_int(8)?),
        code: row.opt_text(9)?.map(MeetingCode::parse).transpose()?,
        last_used: row.opt_int(10)?.map(Micros),
        active_conference: row.opt_text(11)?.map(ConferenceId::parse).transpose()?,
    })
}
