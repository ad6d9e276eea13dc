//! Members of a space: those who were invited, by their address, with or without an account, or by their account.
//!
//! What is kept of a member is what the owner of the space may know: the one of the two that they gave, and the other only if
//! it is theirs to see. So no answer about a member has anything to hide. An address and an account are a member of a
//! space once, which two indexes hold. An address is lower-cased by the caller, who knows what an address is.

use crate::{
    Page, Query, Register, RegisterError,
    limits::{MEMBERS_PER_PAGE, MEMBERS_PER_SPACE_MAX},
    numbers::Number,
    page::{Direction, List},
};
use db::{Row, Statement};
use meeting::{MemberId, Micros, SpaceId, UserId};

/// What a member may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MemberRole {
    /// Come in without knocking.
    #[default]
    Member = 0,
    /// Run the meeting, too.
    CoHost = 1,
}

impl Number for MemberRole {
    const NOUN: &'static str = "role of a member";
    const ALL: &'static [MemberRole] = &[MemberRole::Member, MemberRole::CoHost];

    fn number(self) -> i64 {
        self as i64
    }
}

/// A member, as recorded and as it is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRecord {
    /// Of which space.
    pub space: SpaceId,
    /// Its id.
    pub id: MemberId,
    /// The address that was invited, in lower case; `None`: the account was, and its address is not the owner's to know.
    pub email: Option<String>,
    /// The account that was invited, or that the address belongs to as far as the owner may know. One of the two is there.
    pub account: Option<UserId>,
    /// What they may do.
    pub role: MemberRole,
    /// Since when.
    pub create: Micros,
}

pub(crate) const MEMBER: &str = "
    select m.create_us, m.id, m.space, m.email, m.account, m.role from member m
    where m.space = $1 and m.id = $2";

pub(crate) const MEMBER_ROLE: &str = "
    select m.role from member m where m.space = $1 and m.email = $2
    union all
    select m.role from member m where m.space = $1 and m.account = $3";

/// Whether a space has so many members and one more.
pub(crate) const MEMBER_AT: &str = "select 1 from member where space = $1 limit 1 offset $2";

pub(crate) const MEMBERS: List = List {
    name: "members",
    select: "
        select m.create_us, m.id, m.space, m.email, m.account, m.role from member m
        where m.space = $1",
    key: ["m.create_us", "m.id"],
    direction: Direction::Descending,
    fields: &[],
    sizes: MEMBERS_PER_PAGE,
};

impl Register {
    /// Makes a member of a space that there is. [`RegisterError::Taken`]: the address or the account is a member already.
    pub async fn create_member(&self, new: &MemberRecord) -> Result<(), RegisterError> {
        let last = vec![new.space.as_str().into(), (MEMBERS_PER_SPACE_MAX - 1).into()];
        if !self.db.read(MEMBER_AT, last).await?.is_empty() {
            return Err(RegisterError::TooManyMembers);
        }
        let made = Statement::new(
            "insert into member (space, id, email, account, role, create_us) values ($1, $2, $3, $4, $5, $6)",
            vec![
                new.space.as_str().into(),
                new.id.as_str().into(),
                new.email.as_deref().into(),
                new.account.as_ref().map(UserId::as_str).into(),
                new.role.number().into(),
                new.create.0.into(),
            ],
        );
        match self.db.write(vec![made.expect(1)]).await {
            Err(conflict) if conflict.is_conflict() => Err(RegisterError::Taken),
            outcome => Ok(outcome?),
        }
    }

    /// The member of this space with this id.
    pub async fn member(&self, space: &SpaceId, id: &MemberId) -> Result<MemberRecord, RegisterError> {
        let rows = self
            .db
            .read(MEMBER, vec![space.as_str().into(), id.as_str().into()])
            .await?;
        member_record(rows.first().ok_or(RegisterError::NotFound)?)
    }

    /// The members of a space.
    pub async fn list_members(&self, space: &SpaceId, query: &Query<'_>) -> Result<Page<MemberRecord>, RegisterError> {
        let params = vec![space.as_str().into()];
        MEMBERS
            .page(&self.db, &[space.as_str()], params, query, member_record)
            .await
    }

    /// What somebody is who has this account and this address; `None` if neither was invited.
    pub async fn member_role(
        &self,
        space: &SpaceId,
        account: &UserId,
        email: &str,
    ) -> Result<Option<MemberRole>, RegisterError> {
        let params = vec![space.as_str().into(), email.into(), account.as_str().into()];
        let rows = self.db.read(MEMBER_ROLE, params).await?;
        let mut roles = rows.iter().map(|row| MemberRole::read(row.int(0)?));
        roles.try_fold(None, |most, role| Ok(most.max(Some(role?))))
    }

    /// Gives members other roles, all or none of them.
    pub async fn update_members(&self, space: &SpaceId, roles: &[(MemberId, MemberRole)]) -> Result<(), RegisterError> {
        let updates = roles.iter().map(|(id, role)| {
            Statement::new(
                "update member set role = $3 where space = $1 and id = $2",
                vec![space.as_str().into(), id.as_str().into(), role.number().into()],
            )
            .expect(1)
        });
        self.write_existing(updates.collect()).await
    }

    /// Gives a member another role.
    pub async fn update_member(&self, space: &SpaceId, id: &MemberId, role: MemberRole) -> Result<(), RegisterError> {
        self.update_members(space, &[(id.clone(), role)]).await
    }

    /// Deletes a member.
    pub async fn delete_member(&self, space: &SpaceId, id: &MemberId) -> Result<(), RegisterError> {
        let deletion = Statement::new(
            "delete from member where space = $1 and id = $2",
            vec![space.as_str().into(), id.as_str().into()],
        );
        self.write_existing(vec![deletion.expect(1)]).await
    }
}

fn member_record(row: &Row) -> Result<MemberRecord, RegisterError> {
    Ok(MemberRecord {
        create: Micros(row.int(0)?),
        id: MemberId::parse(row.text(1)?)?,
        space: SpaceId::parse(row.text(2)?)?,
        email: row.opt_text(3)?.map(str::to_owned),
        account: row.opt_text(4)?.map(UserId::parse).transpose()?,
        role: MemberRole::read(row.int(5)?)?,
    })
}
