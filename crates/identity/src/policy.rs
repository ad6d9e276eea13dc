//! Who may do what, as one table.
//!
//! The table is the contract's: which scopes a method accepts, and how the caller has to stand to the thing. It is
//! plain Rust, because the rules are the contract's and not an operator's to write, and its test spells out every
//! row. What the answer is called on the wire (401, 403, a masked 404) is the business of each contract's handlers.
//!
//! A question has two halves, because the second needs a look into the register and the first must not: [`entitled`] asks
//! whether the credential is for such things at all, [`allowed`] whether it is for this one.
//!
//! Users stand to things; an application with roles stands to none, and its roles reach everybody's. [`reach`] is the first
//! question for both, where a contract answers both.

use crate::{
    account::User,
    app_role::{AppRole, AppRoles},
    principal::{Caller, Principal},
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
    /// `spaces.patch`.
    UpdateSpace,
    /// `spaces.endActiveConference`.
    EndActiveConference,
    /// `spaces.connectActiveConference`.
    ConnectActiveConference,
    /// `spaces.members`: `get` and `list`.
    ReadMembers,
    /// `spaces.members`: `create`, `patch`, `batchUpdate` and `delete`.
    ChangeMembers,
    /// `conferenceRecords.list`, which returns only what the caller may read anyway.
    ListConferenceRecords,
    /// `get` and `list` of one conference record and everything below it.
    ReadConferenceRecord,
    /// Being in a meeting and running one: of our own contract, and in no scope of the other's.
    TakePart,
    /// Call records and everything below them: of Graph's contract, which lets applications alone. An organizer reads their own.
    ReadCallRecords,
    /// The lists of telephone calls.
    ReadPstnCalls,
    /// Being told of new call records, whoever's they are.
    SubscribeToCallRecords,
    /// Attendance reports of online meetings.
    ReadAttendanceReports,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 16] = [
        Action::CreateSpace,
        Action::GetSpace,
        Action::SeeSpaceConfig,
        Action::SeeActiveConference,
        Action::UpdateSpace,
        Action::EndActiveConference,
        Action::ConnectActiveConference,
        Action::ReadMembers,
        Action::ChangeMembers,
        Action::ListConferenceRecords,
        Action::ReadConferenceRecord,
        Action::TakePart,
        Action::ReadCallRecords,
        Action::ReadPstnCalls,
        Action::SubscribeToCallRecords,
        Action::ReadAttendanceReports,
    ];
}

/// What it is to be done to: a space, or a conference in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource<'a> {
    /// The user id of the space's owner.
    pub owner: &'a str,
    /// Whether the caller is or was in the conference that this is about, as a signed-in user.
    pub took_part: bool,
    /// The app that made the space; `None`: its owner made it here.
    pub app: Option<&'a str>,
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
    /// An administrator has not given the application a role for this.
    #[error("Insufficient privileges to complete the operation.")]
    RoleMissing {
        /// Any one of these would do.
        accepted: AppRoles,
    },
    /// The thing is somebody else's, or the caller is nobody's. To be told in the same words as that it does not exist.
    #[error("Permission denied on resource (or it might not exist).")]
    NotPermitted,
}

/// Whose things a caller may do something to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'a> {
    /// Everybody's, by a role.
    Everybody,
    /// Those to which this user stands as the action needs.
    Own(&'a User),
}

/// How a caller stands to a thing; each implies those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Stranger,
    Participant,
    Owner,
}

const CREATED: Scopes = Scopes::of(&[Scope::SpaceCreated]);
const CHANGE: Scopes = Scopes::of(&[Scope::SpaceCreated, Scope::SpaceSettings]);
const READ: Scopes = Scopes::of(&[Scope::SpaceCreated, Scope::SpaceReadonly]);
const READ_SPACE: Scopes = Scopes::of(&[Scope::SpaceCreated, Scope::SpaceReadonly, Scope::SpaceSettings]);
const RECEIVE_MEDIA: Scopes = Scopes::of(&[
    Scope::ConferenceMediaReadonly,
    Scope::ConferenceMediaAudioReadonly,
    Scope::ConferenceMediaVideoReadonly,
]);
const PARTICIPATE: Scopes = Scopes::of(&[Scope::Participate]);
const CALL_RECORDS: Scopes = Scopes::of(&[Scope::CallRecordsReadonly]);

/// The table: the scopes of which one is needed, and the least standing that will do.
const fn rule(action: Action) -> (Scopes, Standing) {
    match action {
        Action::CreateSpace => (CREATED, Standing::Stranger),
        Action::GetSpace => (READ_SPACE, Standing::Stranger),
        Action::SeeSpaceConfig => (READ_SPACE, Standing::Owner),
        Action::SeeActiveConference => (READ_SPACE, Standing::Participant),
        Action::UpdateSpace => (CHANGE, Standing::Owner),
        Action::EndActiveConference | Action::ChangeMembers => (CREATED, Standing::Owner),
        Action::ConnectActiveConference => (RECEIVE_MEDIA, Standing::Participant),
        Action::ReadMembers => (READ, Standing::Owner),
        Action::ListConferenceRecords => (READ, Standing::Stranger),
        Action::ReadConferenceRecord => (READ, Standing::Participant),
        // Whom a door lets in, and who is host, is the business of the meeting's own rules.
        Action::TakePart => (PARTICIPATE, Standing::Stranger),
        Action::ReadCallRecords | Action::ReadPstnCalls | Action::ReadAttendanceReports => {
            (CALL_RECORDS, Standing::Owner)
        }
        Action::SubscribeToCallRecords => (Scopes::NONE, Standing::Owner),
    }
}

/// The other table: the roles of which an application needs one.
const fn accepted_roles(action: Action) -> AppRoles {
    match action {
        Action::ReadCallRecords | Action::SubscribeToCallRecords => AppRoles::of(&[AppRole::CallRecordsReadAll]),
        Action::ReadPstnCalls => AppRoles::of(&[AppRole::CallRecordsReadAll, AppRole::PstnCallsReadAll]),
        Action::ReadAttendanceReports => AppRoles::of(&[AppRole::OnlineMeetingArtifactReadAll]),
        _ => AppRoles::NONE,
    }
}

/// What is in no scope of the Meet API, and so not in those that a browser has: people do it in person, or by its own scope.
const fn is_of_our_own(action: Action) -> bool {
    matches!(
        action,
        Action::TakePart | Action::ReadCallRecords | Action::ReadPstnCalls | Action::ReadAttendanceReports
    )
}

/// The scopes of which one is needed.
pub const fn accepted(action: Action) -> Scopes {
    rule(action).0
}

/// Whether the caller's credential is for such things at all; then who is calling.
///
/// A program that acts for nobody owns nothing and was nowhere, so no scope helps it. People do what is of our own without a
/// scope for it when they do so in person; whatever acts for them, or was made for some things only, needs that scope.
pub fn entitled(principal: &Principal, action: Action) -> Result<&User, Refusal> {
    let user = match &principal.caller {
        Caller::User(user) => user,
        Caller::Anonymous => return Err(Refusal::NotSignedIn),
        Caller::ServiceAccount { .. } | Caller::Daemon { .. } => return Err(Refusal::NotPermitted),
    };
    let (accepted, _) = rule(action);
    let in_person = is_of_our_own(action) && principal.is_in_person();
    if in_person || principal.scopes.intersects(accepted) {
        Ok(user)
    } else if accepted.is_empty() {
        Err(Refusal::RoleMissing {
            accepted: accepted_roles(action),
        })
    } else {
        Err(Refusal::ScopeMissing { accepted })
    }
}

/// Whether the caller is for such things at all, by a credential of a user or by a role; then whose things they reach.
pub fn reach(principal: &Principal, action: Action) -> Result<Reach<'_>, Refusal> {
    let Caller::Daemon { roles, .. } = &principal.caller else {
        return entitled(principal, action).map(Reach::Own);
    };
    let accepted = accepted_roles(action);
    if roles.intersects(accepted) {
        Ok(Reach::Everybody)
    } else if accepted == AppRoles::NONE {
        Err(Refusal::NotPermitted)
    } else {
        Err(Refusal::RoleMissing { accepted })
    }
}

/// Whether the caller may, and if not, why.
///
/// An administrator runs the installation and is, to this API, a user like any other: the contract knows no such role,
/// and attendance is not theirs to read.
pub fn allowed(principal: &Principal, action: Action, resource: &Resource<'_>) -> Result<(), Refusal> {
    let user = match reach(principal, action)? {
        Reach::Everybody => return Ok(()),
        Reach::Own(user) => user,
    };
    if let Some(app) = confined_to(principal, action)
        && resource.app != Some(app)
    {
        return Err(Refusal::NotPermitted);
    }
    let standing = if resource.owner == user.id.as_str() {
        Standing::Owner
    } else if resource.took_part {
        Standing::Participant
    } else {
        Standing::Stranger
    };
    let (_, needed) = rule(action);
    if standing < needed {
        return Err(Refusal::NotPermitted);
    }
    Ok(())
}

/// The app whose own spaces are all that the caller may do this to: the `created` scope reaches no further, and no other
/// of the caller's scopes will do. Those who act for themselves are confined to no app.
pub fn confined_to(principal: &Principal, action: Action) -> Option<&str> {
    let app = principal.app.as_deref()?;
    let (accepted, _) = rule(action);
    let reaches_further = accepted
        .iter()
        .any(|scope| scope != Scope::SpaceCreated && principal.scopes.contains(scope));
    (accepted.contains(Scope::SpaceCreated) && !reaches_further).then_some(app)
}

#[cfg(test)]
mod tests {
    use super::*;
    use meeting::{DisplayName, UserId};

    const OWNER: &str = "100000000000000000001";
    const OTHER: &str = "100000000000000000002";

    fn principal(id: &str, scopes: Scopes, app: Option<&str>) -> Principal {
        let user = User {
            id: UserId::parse(id).expect("21 digits"),
            email: "ada@example.org".to_owned(),
            display_name: DisplayName::parse("Ada").expect("a name"),
            // The most powerful user there is: what is refused here is refused to all.
            administrator: true,
        };
        Principal {
            caller: Caller::User(user),
            scopes,
            app: app.map(str::to_owned),
        }
    }

    /// The contract's table: which scopes will do, and who may: owner, participant, stranger.
    fn contract(action: Action) -> (&'static [Scope], [bool; 3]) {
        use Scope::{
            CallRecordsReadonly, ConferenceMediaAudioReadonly, ConferenceMediaReadonly, ConferenceMediaVideoReadonly,
            Participate, SpaceCreated, SpaceReadonly, SpaceSettings,
        };
        let everybody = [true, true, true];
        let (took_part, owner) = ([true, true, false], [true, false, false]);
        match action {
            Action::CreateSpace => (&[SpaceCreated], everybody),
            Action::GetSpace => (&[SpaceCreated, SpaceReadonly, SpaceSettings], everybody),
            Action::SeeSpaceConfig => (&[SpaceCreated, SpaceReadonly, SpaceSettings], owner),
            Action::SeeActiveConference => (&[SpaceCreated, SpaceReadonly, SpaceSettings], took_part),
            Action::UpdateSpace => (&[SpaceCreated, SpaceSettings], owner),
            Action::EndActiveConference | Action::ChangeMembers => (&[SpaceCreated], owner),
            Action::ConnectActiveConference => (
                &[
                    ConferenceMediaReadonly,
                    ConferenceMediaAudioReadonly,
                    ConferenceMediaVideoReadonly,
                ],
                took_part,
            ),
            Action::ReadMembers => (&[SpaceCreated, SpaceReadonly], owner),
            Action::ListConferenceRecords => (&[SpaceCreated, SpaceReadonly], everybody),
            Action::ReadConferenceRecord => (&[SpaceCreated, SpaceReadonly], took_part),
            Action::TakePart => (&[Participate], everybody),
            Action::ReadCallRecords | Action::ReadPstnCalls | Action::ReadAttendanceReports => {
                (&[CallRecordsReadonly], owner)
            }
            Action::SubscribeToCallRecords => (&[], owner),
        }
    }

    #[test]
    fn the_contract() {
        for action in Action::ALL {
            let (scopes, [owner, participant, stranger]) = contract(action);
            let accepted = Scopes::of(scopes);
            let wrong_scope = match scopes {
                [] => Refusal::RoleMissing {
                    accepted: accepted_roles(action),
                },
                _ => Refusal::ScopeMissing { accepted },
            };
            for (id, took_part, expected) in [
                (OWNER, false, owner),
                (OWNER, true, owner),
                (OTHER, true, participant),
                (OTHER, false, stranger),
            ] {
                let resource = Resource {
                    owner: OWNER,
                    took_part,
                    app: Some("ours"),
                };
                for scope in Scope::ALL {
                    // The person; the app that made the space; another, which `created` does not help here.
                    for (app, reaches) in [
                        (None, true),
                        (Some("ours"), true),
                        (Some("theirs"), scope != Scope::SpaceCreated),
                    ] {
                        let answer = allowed(&principal(id, Scopes::of(&[scope]), app), action, &resource);
                        let right = match (scopes.contains(&scope), expected && reaches) {
                            (true, true) => Ok(()),
                            (true, false) => Err(Refusal::NotPermitted),
                            (false, _) => Err(wrong_scope),
                        };
                        let who = format!("{action:?} by {id} (took part: {took_part}) with {scope:?} of {app:?}");
                        assert_eq!(answer, right, "{who}");
                    }
                }
                let answer = allowed(&principal(id, Scopes::NONE, None), action, &resource);
                assert_eq!(answer, Err(wrong_scope), "{action:?}");
                let answer = allowed(&Principal::ANONYMOUS, action, &resource);
                assert_eq!(answer, Err(Refusal::NotSignedIn), "{action:?}");
                let bare = Principal {
                    caller: Caller::ServiceAccount {
                        client_id: OWNER.to_owned(),
                        email: "robot@example.org".to_owned(),
                    },
                    ..principal(OWNER, Scopes::of(&Scope::ALL), Some("ours"))
                };
                assert_eq!(
                    allowed(&bare, action, &resource),
                    Err(Refusal::NotPermitted),
                    "{action:?}"
                );
            }
        }
    }

    #[test]
    fn what_is_of_our_own_is_for_people_in_person_and_for_whatever_has_its_scope() {
        let all_but_media = Scopes::of(&[Scope::SpaceCreated, Scope::SpaceReadonly, Scope::SpaceSettings]);
        for (action, scope) in [
            (Action::TakePart, Scope::Participate),
            (Action::ReadCallRecords, Scope::CallRecordsReadonly),
            (Action::ReadPstnCalls, Scope::CallRecordsReadonly),
            (Action::ReadAttendanceReports, Scope::CallRecordsReadonly),
        ] {
            let its_own = Scopes::of(&[scope]);
            for (scopes, person, app) in [
                (Scopes::MEET, true, false),
                (all_but_media, false, false),
                (its_own, true, true),
                (Scopes::MEET.union(its_own), true, true),
                (Scopes::NONE, false, false),
            ] {
                for (through, right) in [(None, person), (Some("ours"), app)] {
                    let answer = entitled(&principal(OTHER, scopes, through), action).is_ok();
                    assert_eq!(answer, right, "{action:?} with {scopes:?} through {through:?}");
                }
            }
        }
    }

    /// Which of the roles, in their order, will do for an application.
    fn roles_of(action: Action) -> [bool; 3] {
        match action {
            Action::ReadCallRecords | Action::SubscribeToCallRecords => [true, false, false],
            Action::ReadPstnCalls => [true, true, false],
            Action::ReadAttendanceReports => [false, false, true],
            _ => [false, false, false],
        }
    }

    #[test]
    fn a_role_reaches_everybody_and_nothing_else_does() {
        for action in Action::ALL {
            let expected = roles_of(action);
            let refused = if expected.contains(&true) {
                let roles = AppRole::ALL.into_iter().zip(expected);
                let accepted = roles.filter_map(|(role, right)| right.then_some(role)).collect();
                Refusal::RoleMissing { accepted }
            } else {
                Refusal::NotPermitted
            };
            let application = |roles: AppRoles| Principal {
                caller: Caller::Daemon {
                    client_id: OWNER.to_owned(),
                    roles,
                },
                ..principal(OWNER, Scopes::of(&Scope::ALL), Some("ours"))
            };
            let resource = Resource {
                owner: OTHER,
                took_part: false,
                app: Some("theirs"),
            };
            for (role, right) in AppRole::ALL.into_iter().zip(expected) {
                let caller = application(AppRoles::of(&[role]));
                let reached = if right { Ok(Reach::Everybody) } else { Err(refused) };
                assert_eq!(reach(&caller, action), reached, "{action:?} by {role:?}");
                assert_eq!(
                    allowed(&caller, action, &resource),
                    reached.map(drop),
                    "{action:?} by {role:?}"
                );
                assert_eq!(
                    entitled(&caller, action),
                    Err(Refusal::NotPermitted),
                    "{action:?} by {role:?}"
                );
            }
            assert_eq!(reach(&application(AppRoles::NONE), action), Err(refused), "{action:?}");
            let person = principal(OWNER, accepted(action), None);
            assert_eq!(
                reach(&person, action),
                entitled(&person, action).map(Reach::Own),
                "{action:?}"
            );
        }
    }

    #[test]
    fn an_app_with_another_scope_is_not_confined() {
        for (scopes, confined) in [
            (&[Scope::SpaceCreated][..], true),
            (&[Scope::SpaceCreated, Scope::SpaceSettings], true),
            (&[Scope::SpaceCreated, Scope::SpaceReadonly], false),
            (&[Scope::SpaceReadonly], false),
        ] {
            let caller = principal(OWNER, Scopes::of(scopes), Some("ours"));
            let app = confined_to(&caller, Action::ListConferenceRecords);
            assert_eq!(app, confined.then_some("ours"), "{scopes:?}");
        }
        let person = principal(OWNER, Scopes::of(&[Scope::SpaceCreated]), None);
        assert_eq!(confined_to(&person, Action::ListConferenceRecords), None);
    }
}
