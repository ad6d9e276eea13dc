//! Who may do what, as one table.
//!
//! The table is the contract's: which scopes a method accepts, and how the caller has to stand to the thing. It is
//! plain Rust, because the rules are the contract's and not an operator's to write, and its test spells out every
//! row. What the answer is called on the wire (401, 403, a masked 404) is the business of each contract's handlers.

use crate::{
    principal::Principal,
    scope::{Scope, Scopes},
};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `spaces.create`.
    CreateSpace,
    /// `spaces.get`, the fields that everybody sees.
    GetSpace,
    /// The field `config` of a space.
    SeeSpaceConfig,
    /// The field `activeConference` of a space.
    SeeActiveConference,
    /// `spaces.endActiveConference`.
    EndActiveConference,
    /// `conferenceRecords.list`, which returns only what the caller may read anyway.
    ListConferenceRecords,
    /// `get` and `list` of one conference record and everything below it.
    ReadConferenceRecord,
}

/// What it is to be done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource<'a> {
    /// No one thing: creating a space, listing one's own records.
    Service,
    /// A space, or a conference in it.
    Space {
        /// The user id of its owner.
        owner: &'a str,
        /// Whether the caller is or was in the conference that this is about, as a signed-in user.
        took_part: bool,
    },
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody knows who is asking.
    #[error("Request is missing required authentication credential.")]
    NotSignedIn,
    /// The token was issued for something else.
    #[error("Request had insufficient authentication scopes.")]
    ScopeMissing {
        /// Any one of these would do.
        accepted: Scopes,
    },
    /// The thing is somebody else's. To be told in the same words as that it does not exist.
    #[error("Permission denied on resource (or it might not exist).")]
    NotPermitted,
}

/// How a caller stands to a thing; each implies those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Stranger,
    Participant,
    Owner,
}

const CREATED: Scopes = Scopes::of(&[Scope::SpaceCreated]);
const READ_RECORD: Scopes = Scopes::of(&[Scope::SpaceCreated, Scope::SpaceReadonly]);
const READ_SPACE: Scopes = Scopes::of(&[Scope::SpaceCreated, Scope::SpaceReadonly, Scope::SpaceSettings]);

/// The table: the scopes of which one is needed, and the least standing that will do.
const fn rule(action: Action) -> (Scopes, Standing) {
    match action {
        Action::CreateSpace => (CREATED, Standing::Stranger),
        Action::GetSpace => (READ_SPACE, Standing::Stranger),
        Action::SeeSpaceConfig => (READ_SPACE, Standing::Owner),
        Action::SeeActiveConference => (READ_SPACE, Standing::Participant),
        Action::EndActiveConference => (CREATED, Standing::Owner),
        Action::ListConferenceRecords => (READ_RECORD, Standing::Stranger),
        Action::ReadConferenceRecord => (READ_RECORD, Standing::Participant),
    }
}

/// Whether the caller may, and if not, why.
///
/// An administrator runs the installation and is, to this API, a user like any other: the contract knows no such role,
/// and attendance is not theirs to read.
pub fn allowed(principal: &Principal, action: Action, resource: &Resource<'_>) -> Result<(), Refusal> {
    let Some(user) = principal.user() else {
        return Err(Refusal::NotSignedIn);
    };
    let (accepted, needed) = rule(action);
    if !principal.scopes.intersects(accepted) {
        return Err(Refusal::ScopeMissing { accepted });
    }
    let standing = match *resource {
        Resource::Space { owner, .. } if owner == user.id.as_str() => Standing::Owner,
        Resource::Space { took_part: true, .. } => Standing::Participant,
        Resource::Space { took_part: false, .. } | Resource::Service => Standing::Stranger,
    };
    if standing < needed {
        return Err(Refusal::NotPermitted);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        account::{User, UserId},
        principal::Caller,
    };

    const OWNER: &str = "100000000000000000001";
    const OTHER: &str = "100000000000000000002";

    fn principal(id: &str, scopes: Scopes) -> Principal {
        let user = User {
            id: UserId::parse(id).expect("21 digits"),
            email: "ada@example.org".to_owned(),
            display_name: "Ada".to_owned(),
            // The most powerful user there is: what is refused here is refused to all.
            administrator: true,
        };
        Principal {
            caller: Caller::User(user),
            scopes,
            app: None,
        }
    }

    /// The contract's table: who may, from owner to stranger, and which scopes will do.
    #[test]
    fn the_contract() {
        use Scope::{SpaceCreated, SpaceReadonly, SpaceSettings};
        let everybody = [true, true, true];
        let (took_part, owner) = ([true, true, false], [true, false, false]);
        for (action, [owner, participant, stranger], scopes) in [
            (Action::CreateSpace, everybody, &[SpaceCreated][..]),
            (
                Action::GetSpace,
                everybody,
                &[SpaceCreated, SpaceReadonly, SpaceSettings],
            ),
            (
                Action::SeeSpaceConfig,
                owner,
                &[SpaceCreated, SpaceReadonly, SpaceSettings],
            ),
            (
                Action::SeeActiveConference,
                took_part,
                &[SpaceCreated, SpaceReadonly, SpaceSettings],
            ),
            (Action::EndActiveConference, owner, &[SpaceCreated]),
            (Action::ListConferenceRecords, everybody, &[SpaceCreated, SpaceReadonly]),
            (Action::ReadConferenceRecord, took_part, &[SpaceCreated, SpaceReadonly]),
        ] {
            let accepted = Scopes::of(scopes);
            for (id, took_part, expected) in [
                (OWNER, false, owner),
                (OWNER, true, owner),
                (OTHER, true, participant),
                (OTHER, false, stranger),
            ] {
                let resource = Resource::Space {
                    owner: OWNER,
                    took_part,
                };
                for scope in Scope::ALL {
                    let answer = allowed(&principal(id, Scopes::of(&[scope])), action, &resource);
                    let right = match (scopes.contains(&scope), expected) {
                        (true, true) => Ok(()),
                        (true, false) => Err(Refusal::NotPermitted),
                        (false, _) => Err(Refusal::ScopeMissing { accepted }),
                    };
                    assert_eq!(
                        answer, right,
                        "{action:?} by {id} (took part: {took_part}) with {scope:?}"
                    );
                }
                let answer = allowed(&principal(id, Scopes::NONE), action, &resource);
                assert_eq!(answer, Err(Refusal::ScopeMissing { accepted }), "{action:?}");
                let answer = allowed(&Principal::ANONYMOUS, action, &resource);
                assert_eq!(answer, Err(Refusal::NotSignedIn), "{action:?}");
            }
            let service = allowed(&principal(OTHER, Scopes::MEET), action, &Resource::Service);
            assert_eq!(service.is_ok(), stranger, "{action:?}");
        }
    }
}
