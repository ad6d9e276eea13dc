//! Members of a space.

use crate::hall::{Hall, at, fresh, user};
use db::Statement;
use db::testing::each_engine;
use meeting::{MemberId, SpaceId};
use register::limits::MEMBERS_PER_SPACE_MAX;
use register::{MemberRecord, MemberRole, Query, RegisterError};

#[tokio::test]
async fn a_member_is_made_once_and_changed_and_deleted() {
    each_engine(async |db| {
        let hall = Hall::new(&db).await;
        let (register, space) = (&hall.register, hall.space.id());
        let ada = member(space, "ada@example.org", Some(2), 1);
        register.create_member(&ada).await.expect("a new address");
        assert_eq!(register.member(space, &ada.id).await.expect("found"), ada);

        let again = member(space, "ada@example.org", None, 2);
        assert!(matches!(
            register.create_member(&again).await,
            Err(RegisterError::Taken)
        ));
        let elsewhere = Hall::new(&db).await;
        let other = member(elsewhere.space.id(), "ada@example.org", None, 2);
        register.create_member(&other).await.expect("a member of another space");
        not_found(&register.member(space, &other.id).await.map(drop));

        register
            .update_member(space, &ada.id, MemberRole::CoHost)
            .await
            .expect("a member");
        assert_eq!(
            register.member(space, &ada.id).await.expect("found").role,
            MemberRole::CoHost
        );
        not_found(&register.update_member(space, &other.id, MemberRole::CoHost).await);

        not_found(&register.delete_member(space, &other.id).await);
        register.delete_member(space, &ada.id).await.expect("a member");
        not_found(&register.delete_member(space, &ada.id).await);
        not_found(&register.member(space, &ada.id).await.map(drop));
        register.create_member(&again).await.expect("the address is free again");
    })
    .await;
}

#[tokio::test]
async fn an_address_and_an_account_are_members_each_for_themselves() {
    each_engine(async |db| {
        let hall = Hall::new(&db).await;
        let (register, space) = (&hall.register, hall.space.id());
        let by_account = |account| MemberRecord {
            email: None,
            ..member(space, "", Some(account), 1)
        };
        let by_address = member(space, "ada@example.org", None, 1);
        let both = member(space, "bo@example.org", Some(3), 1);
        for new in [&by_account(2), &by_account(4), &by_address, &both] {
            register.create_member(new).await.expect("nobody's yet");
            assert_eq!(&register.member(space, &new.id).await.expect("found"), new);
        }
        for taken in [
            by_account(2),
            by_account(3),
            member(space, "ada@example.org", Some(5), 2),
            member(space, "bo@example.org", None, 2),
        ] {
            let refused = register.create_member(&taken).await;
            assert!(matches!(refused, Err(RegisterError::Taken)), "{taken:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_space_has_only_so_many_members() {
    each_engine(async |db| {
        let hall = Hall::new(&db).await;
        let (register, space) = (&hall.register, hall.space.id());
        let one_fewer = Statement::new(
            "insert into member (space, id, email, role, create_us)
             with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n where i < $2)
             select $1, 'm' || cast(i as text), cast(i as text) || '@example.org', 0, 1 from n",
            vec![space.as_str().into(), (MEMBERS_PER_SPACE_MAX - 1).into()],
        );
        db.write(vec![one_fewer]).await.expect("members");
        let last = member(space, "last@example.org", None, 2);
        register.create_member(&last).await.expect("there is one place");
        let beyond = member(space, "beyond@example.org", None, 3);
        assert!(matches!(
            register.create_member(&beyond).await,
            Err(RegisterError::TooManyMembers)
        ));
        register.delete_member(space, &last.id).await.expect("a member");
        register.create_member(&beyond).await.expect("the place is free again");
    })
    .await;
}

#[tokio::test]
async fn all_are_updated_or_none() {
    each_engine(async |db| {
        let hall = Hall::new(&db).await;
        let (register, space) = (&hall.register, hall.space.id());
        let members = ["ada@example.org", "bo@example.org"].map(|email| member(space, email, None, 1));
        for member in &members {
            register.create_member(member).await.expect("a new address");
        }
        let cohost = |id: &MemberId| (id.clone(), MemberRole::CoHost);
        let stranger = MemberId::from_random(fresh());
        not_found(
            &register
                .update_members(space, &[cohost(&members[0].id), cohost(&stranger)])
                .await,
        );
        let role = async |member: &MemberRecord| register.member(space, &member.id).await.expect("found").role;
        assert_eq!(role(&members[0]).await, MemberRole::Member);

        let both = [cohost(&members[0].id), cohost(&members[1].id)];
        register.update_members(space, &both).await.expect("members");
        assert_eq!(
            (role(&members[0]).await, role(&members[1]).await),
            (MemberRole::CoHost, MemberRole::CoHost)
        );
    })
    .await;
}

#[tokio::test]
async fn a_role_is_found_by_address_or_account() {
    each_engine(async |db| {
        let hall = Hall::new(&db).await;
        let (register, space) = (&hall.register, hall.space.id());
        let cohost = MemberRecord {
            role: MemberRole::CoHost,
            ..member(space, "old-address@example.org", Some(2), 1)
        };
        register.create_member(&cohost).await.expect("a new address");
        register
            .create_member(&member(space, "bo@example.org", None, 1))
            .await
            .expect("a new address");
        for (account, email, expected) in [
            (2, "ada@example.org", Some(MemberRole::CoHost)),
            (3, "bo@example.org", Some(MemberRole::Member)),
            (2, "bo@example.org", Some(MemberRole::CoHost)),
            (3, "ada@example.org", None),
        ] {
            let role = register
                .member_role(space, &user(account), email)
                .await
                .expect("an answer");
            assert_eq!(role, expected, "{account} {email}");
        }
    })
    .await;
}

#[tokio::test]
async fn members_are_listed_in_pages() {
    each_engine(async |db| {
        let hall = Hall::new(&db).await;
        let (register, space) = (&hall.register, hall.space.id());
        for number in 0..7 {
            let new = member(space, &format!("person-{number}@example.org"), None, number);
            register.create_member(&new).await.expect("a new address");
        }
        let mut emails = Vec::new();
        let mut token = String::new();
        loop {
            let query = Query {
                page_size: 3,
                page_token: &token,
                ..Query::default()
            };
            let page = register.list_members(space, &query).await.expect("a page");
            emails.extend(page.items.into_iter().filter_map(|member| member.email));
            match page.next_page_token {
                Some(next) => token = next,
                None => break,
            }
        }
        let expected: Vec<String> = (0..7)
            .rev()
            .map(|number| format!("person-{number}@example.org"))
            .collect();
        assert_eq!(emails, expected);
    })
    .await;
}

fn member(space: &SpaceId, email: &str, account: Option<u64>, seconds: i64) -> MemberRecord {
    MemberRecord {
        space: space.clone(),
        id: MemberId::from_random(fresh()),
        email: Some(email.to_owned()),
        account: account.map(user),
        role: MemberRole::Member,
        create: at(seconds),
    }
}

fn not_found(answer: &Result<(), RegisterError>) {
    assert!(matches!(answer, Err(RegisterError::NotFound)), "{answer:?}");
}
