//! `spaces.members`: create, get, list, patch, batch update, delete. All of it is the owner's business.
//!
//! A member is an address, with or without an account, or an account, and belongs to the space and not to a conference. So a
//! change is written to the register first; whoever has an account and happens to be in the meeting, or at its door, is then told
//! there. The field `user` is v2beta's alone: a v2 caller neither sends nor sees it. Which account belongs to which
//! address is told by the rules of [`identity::directory`]: to name a stranger is not to look them up.

use std::collections::HashSet;

use api::google::apps::meet::v2beta as v2;
use identity::{Caller, Principal, User};
use meeting::{Input, MemberId, Standing, UserId};
use prost_types::FieldMask;
use register::{MemberRecord, MemberRole, RegisterError, SpaceRecord};

use super::Spaces;
use super::is_beta;
use crate::acquaintance::acquaintance_of;
use crate::failure::{Answer, Failure, Kind};
use crate::gate::asking::Asking;
use crate::grpc::update_mask::{Paths, UpdateMask};
use crate::grpc::wire::{chosen, query};
use crate::standing::standing_of;
use crate::{clock, limits, names, random};

/// What a mask may name: who a member is does not change.
const PATHS: Paths = Paths {
    writable: &["role"],
    fixed: &[
        ("name", "it cannot be changed"),
        ("email", "it cannot be changed"),
        ("user", "it cannot be changed"),
    ],
};

impl Spaces {
    pub(super) async fn create_member(&self, asking: &Asking, request: v2::CreateMemberRequest) -> Answer<v2::Member> {
        let parent = names::space("parent", &request.parent)?;
        let space = self.own(asking, &parent).await?;
        let asked = known(asking, request.member.unwrap_or_default());
        let role = role(asked.role, "member")?;
        let (email, account) = self.invited(&space, &asked).await?;
        let record = MemberRecord {
            space: space.id.clone(),
            id: MemberId::from_random(random::bytes()),
            email,
            account,
            role,
            create: clock::steady(),
        };
        match self.register.create_member(&record).await {
            Ok(()) => {}
            Err(RegisterError::Taken) => {
                return Err(Failure::new(
                    Kind::Exists,
                    "The person is a member of this space already.",
                ));
            }
            Err(full @ RegisterError::TooManyMembers) => {
                return Err(Failure::new(Kind::Exhausted, full.to_string()).because("TOO_MANY_MEMBERS"));
            }
            Err(error) => return Err(asking.unread(error)),
        }
        self.tell(&space, &record).await;
        Ok(member_to_wire(asking, record))
    }

    pub(super) async fn get_member(&self, asking: &Asking, request: &v2::GetMemberRequest) -> Answer<v2::Member> {
        let (space, member) = names::member("name", &request.name)?;
        let space = self.own(asking, &space).await?;
        let record = self.member(asking, &space, member.as_ref()).await?;
        Ok(member_to_wire(asking, record))
    }

    pub(super) async fn list_members(
        &self,
        asking: &Asking,
        request: &v2::ListMembersRequest,
    ) -> Answer<v2::ListMembersResponse> {
        let parent = names::space("parent", &request.parent)?;
        let space = self.own(asking, &parent).await?;
        let query = query("", request.page_size, &request.page_token, clock::steady());
        let page = self.register.list_members(&space.id, &query).await;
        let page = page.map_err(|error| asking.unread(error))?;
        Ok(v2::ListMembersResponse {
            members: page
                .items
                .into_iter()
                .map(|record| member_to_wire(asking, record))
                .collect(),
            next_page_token: page.next_page_token.unwrap_or_default(),
        })
    }

    pub(super) async fn update_member(&self, asking: &Asking, request: v2::UpdateMemberRequest) -> Answer<v2::Member> {
        let asked = known(asking, request.member.unwrap_or_default());
        let (space, member) = names::member("member.name", &asked.name)?;
        let space = self.own(asking, &space).await?;
        let mask = UpdateMask::parse(request.update_mask.as_ref(), PATHS, "update_mask")?;
        let mut record = self.member(asking, &space, member.as_ref()).await?;
        record.role = changed(&record, &asked, &mask, "member")?;
        self.register
            .update_member(&space.id, &record.id, record.role)
            .await
            .map_err(|error| asking.unread_child(error))?;
        self.tell(&space, &record).await;
        Ok(member_to_wire(asking, record))
    }

    pub(super) async fn batch_update_members(
        &self,
        asking: &Asking,
        request: v2::BatchUpdateMembersRequest,
    ) -> Answer<v2::BatchUpdateMembersResponse> {
        let parent = names::space("parent", &request.parent)?;
        let space = self.own(asking, &parent).await?;
        if request.requests.is_empty() || request.requests.len() > limits::MEMBERS_PER_BATCH_MAX {
            let expected = format!("expected 1 to {}", limits::MEMBERS_PER_BATCH_MAX);
            return Err(Failure::field("requests", expected));
        }
        let mut records = Vec::with_capacity(request.requests.len());
        let mut named = HashSet::with_capacity(request.requests.len());
        for (index, child) in request.requests.into_iter().enumerate() {
            let at = format!("requests[{index}]");
            let mask = child_mask(request.update_mask.as_ref(), child.update_mask.as_ref(), &at)?;
            let asked = known(asking, child.member.unwrap_or_default());
            let field = format!("{at}.member.name");
            let (of, member) = names::member(&field, &asked.name)?;
            if of != parent {
                return Err(Failure::field(&field, "it is no member of the parent"));
            }
            if !named.insert(asked.name.clone()) {
                return Err(Failure::field(&field, "it is named twice"));
            }
            let mut record = self.member(asking, &space, member.as_ref()).await?;
            record.role = changed(&record, &asked, &mask, &format!("{at}.member"))?;
            records.push(record);
        }
        let roles: Vec<_> = records.iter().map(|record| (record.id.clone(), record.role)).collect();
        self.register
            .update_members(&space.id, &roles)
            .await
            .map_err(|error| asking.unread_child(error))?;
        for record in &records {
            self.tell(&space, record).await;
        }
        Ok(v2::BatchUpdateMembersResponse {
            members: records
                .into_iter()
                .map(|record| member_to_wire(asking, record))
                .collect(),
        })
    }

    pub(super) async fn delete_member(&self, asking: &Asking, request: &v2::DeleteMemberRequest) -> Answer<()> {
        let (space, member) = names::member("name", &request.name)?;
        let space = self.own(asking, &space).await?;
        let record = self.member(asking, &space, member.as_ref()).await?;
        self.register
            .delete_member(&space.id, &record.id)
            .await
            .map_err(|error| asking.unread_child(error))?;
        self.tell(&space, &record).await;
        Ok(())
    }

    async fn member(&self, asking: &Asking, space: &SpaceRecord, id: Option<&MemberId>) -> Answer<MemberRecord> {
        let id = id.ok_or_else(Failure::not_found)?;
        let record = self.register.member(&space.id, id).await;
        record.map_err(|error| asking.unread_child(error))
    }

    /// The address and the account of somebody who is to be a member: one was given, and tells the other if the owner may
    /// see it.
    async fn invited(&self, space: &SpaceRecord, asked: &v2::Member) -> Answer<(Option<String>, Option<UserId>)> {
        if asked.user.is_empty() {
            let email = identity::normalise_email(&asked.email).map_err(|why| Failure::field("member.email", why))?;
            let told = match self.user_by_email(&email).await? {
                Some(user) if self.tells_address(space, &user).await? => Some(user.id),
                _ => None,
            };
            return Ok((Some(email), told));
        }
        if !asked.email.is_empty() {
            return Err(Failure::field("member.user", "either a user or an address, not both"));
        }
        let id = asked.user.strip_prefix("users/").and_then(|id| UserId::parse(id).ok());
        let user = match id {
            Some(id) => self.user(&id).await?,
            None => None,
        };
        let user = user.ok_or_else(|| Failure::field("member.user", "there is no such user"))?;
        let told = self.tells_address(space, &user).await?;
        Ok((told.then_some(user.email), Some(user.id)))
    }

    /// Whether the space's owner may know which address is this person's.
    async fn tells_address(&self, space: &SpaceRecord, person: &User) -> Answer<bool> {
        let acquaintance = acquaintance_of(&self.register, &self.identity, &space.owner, person).await?;
        Ok(acquaintance.tells_address())
    }

    async fn user(&self, id: &UserId) -> Answer<Option<User>> {
        let user = self.identity.user(id).await;
        user.map_err(|error| Failure::internal(&error))
    }

    async fn user_by_email(&self, email: &str) -> Answer<Option<User>> {
        let user = self.identity.user_by_email(email).await;
        user.map_err(|error| Failure::internal(&error))
    }

    /// Tells the room how a member, or who was one, stands to the space now. That is written already, so a room that does not
    /// hear of it changes nothing: they stand as the register says from their next join on.
    async fn tell(&self, space: &SpaceRecord, record: &MemberRecord) {
        if self.promote(space, record).await.is_err() {
            tracing::warn!(space = %space.id, "a meeting was not told of a member's new role");
        }
    }

    /// Tells the room; nothing if the member has no account.
    async fn promote(&self, space: &SpaceRecord, record: &MemberRecord) -> Answer<()> {
        let person = match (&record.account, &record.email) {
            (Some(account), _) => self.user(account).await?,
            // Whose address it is may be hidden from the owner, and is not from the room.
            (None, Some(email)) => self.user_by_email(email).await?,
            (None, None) => None,
        };
        let Some(person) = person else { return Ok(()) };
        let promotion = Input::Promote {
            user: person.id.clone(),
            standing: self.standing(space, person).await?,
        };
        let told = self.rooms.input(space.id.clone(), promotion).await;
        told.map(drop).map_err(|error| Failure::internal(&error))
    }

    /// How a person stands to the space.
    async fn standing(&self, space: &SpaceRecord, person: User) -> Answer<Standing> {
        let person = Principal {
            caller: Caller::User(person),
            ..Principal::ANONYMOUS
        };
        standing_of(&self.register, &self.identity, &person, space).await
    }
}

/// The part of a member that the caller's version has.
fn known(asking: &Asking, mut asked: v2::Member) -> v2::Member {
    if !is_beta(asking) {
        asked.user.clear();
    }
    asked
}

/// The mask of one request in a batch. One for the whole batch stands for those that have none and contradicts none.
fn child_mask(outer: Option<&FieldMask>, inner: Option<&FieldMask>, at: &str) -> Answer<UpdateMask> {
    let outer = UpdateMask::parse(outer, PATHS, "update_mask")?;
    let field = format!("{at}.update_mask");
    let inner = UpdateMask::parse(inner, PATHS, &field)?;
    if inner == UpdateMask::Given || inner == outer {
        Ok(outer)
    } else {
        Err(Failure::field(&field, "it is not the mask of the batch"))
    }
}

/// The role after an update.
fn changed(record: &MemberRecord, asked: &v2::Member, mask: &UpdateMask, at: &str) -> Answer<MemberRole> {
    let is_other = |given: &str, is_same: bool| !given.is_empty() && !is_same;
    if !matches!(mask, UpdateMask::Only(_)) {
        let email = identity::normalise_email(&asked.email);
        if is_other(&asked.email, email.is_ok_and(|email| Some(email) == record.email)) {
            return Err(Failure::field(&format!("{at}.email"), "it cannot be changed"));
        }
        if is_other(&asked.user, asked.user == user_name(record)) {
            return Err(Failure::field(&format!("{at}.user"), "it cannot be changed"));
        }
    }
    if mask.covers("role", asked.role != 0) {
        role(asked.role, at)
    } else {
        Ok(record.role)
    }
}

fn role(given: i32, at: &str) -> Answer<MemberRole> {
    Ok(match chosen(given, &format!("{at}.role"))? {
        v2::member::Role::Unspecified => MemberRole::Member,
        v2::member::Role::Cohost => MemberRole::CoHost,
    })
}

/// `users/{user}`; empty for an address whose account the owner does not know.
fn user_name(record: &MemberRecord) -> String {
    record
        .account
        .as_ref()
        .map(|account| format!("users/{account}"))
        .unwrap_or_default()
}

fn member_to_wire(asking: &Asking, record: MemberRecord) -> v2::Member {
    let role = match record.role {
        MemberRole::Member => v2::member::Role::Unspecified,
        MemberRole::CoHost => v2::member::Role::Cohost,
    };
    v2::Member {
        name: meeting::names::member(&record.space, &record.id),
        user: if is_beta(asking) {
            user_name(&record)
        } else {
            String::new()
        },
        email: record.email.unwrap_or_default(),
        role: role.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_of_a_batch() {
        let mask = |paths: &[&str]| FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        };
        let role = || UpdateMask::Only(vec!["role".to_owned()]);
        for (outer, inner, expected) in [
            (None, None, Some(UpdateMask::Given)),
            (Some(mask(&["role"])), None, Some(role())),
            (Some(mask(&["role"])), Some(mask(&[])), Some(role())),
            (Some(mask(&["role"])), Some(mask(&["role"])), Some(role())),
            (Some(mask(&["*"])), Some(mask(&["*"])), Some(UpdateMask::All)),
            (Some(mask(&["role"])), Some(mask(&["*"])), None),
            (Some(mask(&[""])), Some(mask(&["role"])), None),
            (None, Some(mask(&["role"])), None),
            (Some(mask(&["email"])), None, None),
        ] {
            let read = child_mask(outer.as_ref(), inner.as_ref(), "requests[0]");
            assert_eq!(read.ok(), expected, "{outer:?} {inner:?}");
        }
    }
}
