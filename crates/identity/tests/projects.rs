//! Projects, their members and their keys, on both engines.

use audit::By;
use db::testing::each_engine;
use identity::{
    Caller, Identity, NewUser, Permission, Principal, ProjectError, ProjectMember, ProjectRole, Scope, Scopes,
    ServiceAccount, User,
};

const NOW_US: i64 = 1_767_225_600_000_000;
const GET: Permission = Permission("voice.calls.get");
const UPDATE: Permission = Permission("voice.sipDomains.update");

fn by(number: i64) -> By {
    By::command_line(NOW_US + number)
}

async fn ada(identity: &Identity) -> User {
    let new = NewUser {
        email: "ada@example.org",
        display_name: "Ada",
        administrator: false,
    };
    identity.add_user(new, &by(0)).await.expect("new")
}

fn principal(caller: Caller) -> Principal {
    Principal {
        caller,
        scopes: Scopes::of(&[Scope::Voice]),
        app: None,
    }
}

fn member(name: &str, role: ProjectRole) -> ProjectMember {
    ProjectMember {
        member: name.to_owned(),
        role,
    }
}

/// What the members of `support` are told, and what is told of them.
async fn shown(identity: &Identity, ada: &Principal, robot: &ServiceAccount) {
    let check = async |name: &str, caller: &Principal, expected: &[(&str, ProjectRole)]| {
        let found = identity.memberships(caller).await.expect("reads");
        let found = found.iter().map(|found| (&*found.project.name, found.role));
        assert_eq!(found.collect::<Vec<_>>(), expected, "{name}");
    };
    check("a member", ada, &[("Support", ProjectRole::Admin)]).await;
    check("nobody", &Principal::ANONYMOUS, &[]).await;
    let members = identity.shown_project_members("support").await.expect("reads");
    let mut addresses: Vec<&str> = members.iter().map(|shown| &*shown.email).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, ["ada@example.org", &robot.email]);
}

#[tokio::test]
async fn what_members_may_and_until_when() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("keys are made");
        let ada = ada(&identity).await;
        let robot = identity.create_service_account("robot", &by(0)).await.expect("new");
        let (ada_name, robot_name) = (
            format!("users/{}", ada.id),
            format!("serviceAccounts/{}", robot.client_id),
        );
        let ada_calls = principal(Caller::User(ada.clone()));
        let robot_calls = principal(Caller::ServiceAccount {
            client_id: robot.client_id.clone(),
            email: robot.email.clone(),
        });
        identity
            .create_project("support", "Support", &by(1))
            .await
            .expect("new");
        identity.create_project("sales", "Sales", &by(1)).await.expect("new");
        let check = async |name: &str, caller: &Principal, expected: [bool; 3]| {
            let may = async |project, permission| {
                identity
                    .may_in_project(caller, project, permission)
                    .await
                    .expect("reads")
            };
            let found = [
                may("support", GET).await,
                may("support", UPDATE).await,
                may("sales", GET).await,
            ];
            assert_eq!(found, expected, "{name}");
        };
        check("nobody is a member yet", &ada_calls, [false; 3]).await;
        for (role, expected) in [
            (ProjectRole::Viewer, [true, false, false]),
            (ProjectRole::Admin, [true, true, false]),
        ] {
            identity
                .set_project_member("support", &member(&ada_name, role), &by(2))
                .await
                .expect("set");
            check(role.name(), &ada_calls, expected).await;
        }
        identity
            .set_project_member("support", &member(&robot_name, ProjectRole::Editor), &by(3))
            .await
            .expect("set");
        check("a service account", &robot_calls, [true, false, false]).await;
        shown(&identity, &ada_calls, &robot).await;
        check("nobody", &Principal::ANONYMOUS, [false; 3]).await;
        let may = identity.may_in_project(&robot_calls, "sup\0port", GET).await;
        assert!(!may.expect("reads"), "another name");
        let members = identity.project_members("support").await.expect("reads");
        assert_eq!(members.len(), 2);

        for (project, member) in [("sup\0port", ada_name.as_str()), ("support", &format!("{ada_name}\0"))] {
            let other = identity.remove_project_member(project, member, &by(4)).await;
            assert!(matches!(other, Err(ProjectError::NotFound)), "another name: {other:?}");
        }
        identity
            .remove_project_member("support", &ada_name, &by(4))
            .await
            .expect("she was one");
        check("taken out", &ada_calls, [false; 3]).await;
        let again = identity.remove_project_member("support", &ada_name, &by(5)).await;
        assert!(matches!(again, Err(ProjectError::NotFound)), "{again:?}");
        identity
            .set_project_member("support", &member(&ada_name, ProjectRole::Admin), &by(6))
            .await
            .expect("set");
        identity.delete_user(&ada.id, &by(7)).await.expect("deleted");
        identity
            .delete_service_account(&robot.client_id, &by(8))
            .await
            .expect("deleted");
        assert_eq!(
            identity.project_members("support").await.expect("reads"),
            [],
            "who is deleted is in no project"
        );
    })
    .await;
}

#[tokio::test]
async fn projects_and_their_keys() {
    each_engine(async |db| {
        let identity = Identity::open(db).await.expect("keys are made");
        for id in ["", "1a", "A", "a-", "a b", "a.b", &"a".repeat(31)] {
            let made = identity.create_project(id, "Name", &by(0)).await;
            assert!(matches!(made, Err(ProjectError::InvalidId)), "{id}: {made:?}");
        }
        let made = identity.create_project("support", "", &by(0)).await;
        assert!(matches!(made, Err(ProjectError::InvalidName(_))), "{made:?}");
        identity
            .create_project("support", "Support", &by(0))
            .await
            .expect("new");
        let taken = identity.create_project("support", "Another", &by(0)).await;
        assert!(matches!(taken, Err(ProjectError::Taken)), "{taken:?}");
        let unknown = identity
            .set_project_member("sales", &member("users/1", ProjectRole::Viewer), &by(0))
            .await;
        assert!(matches!(unknown, Err(ProjectError::NotFound)), "{unknown:?}");

        let key = identity.project_signing_key("support").await.expect("each has one");
        assert_eq!((key.0.len(), key.base64().len()), (64, 88));
        let next = identity
            .rotate_project_signing_key("support", &by(1))
            .await
            .expect("it is there");
        assert_ne!(key, next);
        assert_eq!(
            identity.project_signing_key("support").await.expect("it is there"),
            next
        );
        for unknown in ["sales", "sup\0port", "\0", ""] {
            assert_eq!(identity.project(unknown).await.expect("reads"), None, "{unknown:?}");
            assert_eq!(
                identity.project_members(unknown).await.expect("reads"),
                [],
                "{unknown:?}"
            );
            let key = identity.project_signing_key(unknown).await;
            assert!(matches!(key, Err(ProjectError::NotFound)), "{unknown:?}");
            let key = identity.rotate_project_signing_key(unknown, &by(2)).await;
            assert!(matches!(key, Err(ProjectError::NotFound)), "{unknown:?}");
        }
        assert_eq!(
            identity.project_signing_key("support").await.expect("it is there"),
            next
        );
    })
    .await;
}
