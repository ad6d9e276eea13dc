//! Domains and phone numbers as they are kept, and how recordings are kept, counted and deleted, on both engines.

mod changing;
mod keeping;
mod numbers;

use audit::By;
use calls::{Calls, DomainChange, DomainError, List, ListError, SipUserError, TerminationMode};
use db::{Db, Statement, testing::each_engine};

const NOW_US: i64 = 1_767_225_600_000_000;

/// Calls of a database in which there are two projects.
async fn world(db: &Db) -> Calls {
    for project in ["one", "two"] {
        let sql = "insert into project (id, name, create_us, signing_key) values ($1, $1, 1, $2)";
        let params = vec![project.into(), vec![0_u8; 64].into()];
        db.write(vec![Statement::new(sql, params)]).await.expect("a project");
    }
    Calls::new(db.clone())
}

fn by(number: i64) -> By {
    By::command_line(NOW_US + number)
}

fn list<'a>(size: i32, token: &'a str, filter: &'a str) -> List<'a> {
    List { size, token, filter }
}

fn office() -> DomainChange {
    DomainChange {
        termination_mode: Some(TerminationMode::Programmable),
        handler_uris: Some(vec!["https://app.example/".to_owned()]),
        cidr_blocks: Some(vec![("office".to_owned(), "192.0.2.0/24".to_owned())]),
        ..DomainChange::default()
    }
}

#[tokio::test]
async fn a_domain_is_made_changed_and_deleted() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let made = calls.create_domain("one", "demo", office(), &by(1)).await.expect("new");
        assert_eq!(calls.domain("one", "demo").await.expect("reads"), Some(made.clone()));
        assert_eq!(
            calls.domain("two", "demo").await.expect("reads"),
            None,
            "it is another project's"
        );
        for (project, id) in [("one", "demo\0"), ("one\0", "demo")] {
            let found = calls.domain(project, id).await.expect("reads");
            assert_eq!(found, None, "it is a name of nobody's");
        }
        let refused = calls.create_domain("one", "Demo", office(), &by(2)).await;
        assert!(matches!(refused, Err(DomainError::Id)), "{refused:?}");
        let taken = calls.create_domain("two", "demo", office(), &by(2)).await;
        assert!(matches!(taken, Err(DomainError::Taken)), "{taken:?}");

        let change = DomainChange {
            display_name: Some("Demo".to_owned()),
            ..DomainChange::default()
        };
        let changed = calls.update_domain(&made, &change, &by(3)).await.expect("it is there");
        assert_eq!((changed.display_name.as_str(), changed.cidr_blocks.len()), ("Demo", 1));
        let deleted = calls.delete_domain(changed.clone(), &by(4)).await.expect("it is there");
        assert_eq!(
            calls.domain("one", "demo").await.expect("reads"),
            Some(deleted),
            "deleted ones are read"
        );
        let again = calls.delete_domain(changed, &by(5)).await;
        assert!(matches!(again, Err(DomainError::NotFound)), "{again:?}");
        let taken = calls.create_domain("one", "demo", office(), &by(6)).await;
        assert!(
            matches!(taken, Err(DomainError::Taken)),
            "ids are not used again: {taken:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn lists_have_pages_of_their_own() {
    each_engine(async |db| {
        let calls = world(&db).await;
        for number in 0..12 {
            let id = format!("demo-{number:02}");
            calls
                .create_domain("one", &id, DomainChange::default(), &by(number))
                .await
                .expect("new");
        }
        let first = calls.list_domains("one", false, list(0, "", "")).await.expect("a page");
        let ids: Vec<&str> = first.items.iter().map(|domain| domain.id.as_str()).collect();
        assert_eq!((ids.len(), ids[0]), (10, "demo-11"), "ten, the newest first");
        let token = first.next.expect("there is more");
        let second = calls
            .list_domains("one", false, list(0, &token, ""))
            .await
            .expect("a page");
        let ids: Vec<&str> = second.items.iter().map(|domain| domain.id.as_str()).collect();
        assert_eq!((ids, second.next), (vec!["demo-01", "demo-00"], None));
        let all = calls
            .list_domains("one", false, list(1_000, "", ""))
            .await
            .expect("a page");
        assert_eq!(all.items.len(), 12);

        for (project, size, token) in [("two", 0, token.as_str()), ("one", 0, "nonsense"), ("one", 0, "IA")] {
            let refused = calls.list_domains(project, false, list(size, token, "")).await;
            assert!(matches!(refused, Err(ListError::Token)), "{project} {token}");
        }
        let with_deleted = calls.list_domains("one", true, list(0, &token, "")).await;
        assert!(
            matches!(with_deleted, Err(ListError::Token)),
            "those with deleted ones are another list"
        );
        let of_calls = calls.list_calls("one", list(0, &token, "")).await;
        assert!(
            matches!(of_calls, Err(ListError::Token)),
            "and so are calls of the same project"
        );
        let refused = calls.list_domains("one", false, list(-1, "", "")).await;
        assert!(matches!(refused, Err(ListError::Size)));
    })
    .await;
}

#[tokio::test]
async fn filters_of_calls() {
    each_engine(async |db| {
        let calls = world(&db).await;
        for (number, (from, state, direction)) in
            [("+61255501234", 5, 2), ("+61255509999", 9, 2), ("+4930123", 5, 1), ("sip:ada@example.org", 8, 2)].into_iter().enumerate()
        {
            let sql = "insert into call (id, project, to_address, from_address, is_private, labels, direction, state, create_method,
                transport, create_us, alive_us) values ($1, 'one', 'sip:a@b', $2, 0, '{}', $3, $4, 1, 3, $5, 1)";
            let number = i64::try_from(number).expect("small");
            let params = vec![
                format!("call-{number}").into(),
                from.into(),
                i64::from(direction).into(),
                i64::from(state).into(),
                (NOW_US + number).into(),
            ];
            db.write(vec![Statement::new(sql, params)]).await.expect("a call");
        }
        let check = async |filter: &str, expected: &[usize]| {
            let page = calls.list_calls("one", list(0, "", filter)).await.expect(filter);
            let ids: Vec<String> = page.items.into_iter().map(|call| call.id).collect();
            let expected: Vec<String> = expected.iter().map(|number| format!("call-{number}")).collect();
            assert_eq!(ids, expected, "{filter}");
        };
        check("", &[3, 2, 1, 0]).await;
        check("from = '+61*'", &[1, 0]).await;
        check("from = '+4930123'", &[2]).await;
        check("from != '+61*'", &[3, 2]).await;
        check("state = COMPLETED", &[2, 0]).await;
        // OR binds tighter than AND.
        check("state = BUSY OR state = COMPLETED AND direction = OUTGOING", &[2]).await;
        check("direction = INCOMING AND state = COMPLETED OR state = BUSY", &[3, 0]).await;
        check("createTime >= '2026-01-01'", &[3, 2, 1, 0]).await;
        check("createTime < '2026-01-02' AND createTime >= '2026-01-01'", &[3, 2, 1, 0]).await;
        check("createTime >= '2026-01-02'", &[]).await;
        check("createTime >= '2026-01-01T00:00:00.000002Z'", &[3, 2]).await;
        check("transport = SIP AND NOT state = REJECTED", &[3, 2, 0]).await;
        for filter in ["state = LOST", "price = 1", "state >", "createTime > 'soon'"] {
            let refused = calls.list_calls("one", list(0, "", filter)).await;
            assert!(matches!(refused, Err(ListError::Filter(_))), "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn recordings_of_a_projects_calls_are_counted() {
    each_engine(async |db| {
        let calls = world(&db).await;
        for (call, project, recordings) in [("a", "one", 2), ("b", "one", 0), ("c", "two", 1)] {
            let sql = "insert into call (id, project, to_address, is_private, labels, direction, state, create_method, transport,
                create_us, alive_us) values ($1, $2, 'sip:help@example.org', 0, '{}', 2, 5, 1, 3, 1, 1)";
            let mut rows = vec![Statement::new(sql, vec![call.into(), project.into()])];
            for number in 0..recordings {
                let sql = "insert into recording (id, project, call, state, source, trims_silence, channels, create_us)
                    values ($1, $2, $3, 4, 2, 0, 2, 1)";
                let id = format!("{call}{number}");
                rows.push(Statement::new(sql, vec![id.into(), project.into(), call.into()]));
            }
            db.write(rows).await.expect("a call");
        }
        let check = async |project: &str, asked: &[&str], expected: &[(&str, i64)]| {
            let counts = calls.count_recordings(project, asked).await.expect("reads");
            let counts: Vec<(&str, i64)> = counts.iter().map(|(call, count)| (call.as_str(), *count)).collect();
            assert_eq!(counts, expected, "{project}: {asked:?}");
        };
        check("one", &["a", "b", "none", "a\0"], &[("a", 2)]).await;
        check("one", &["b"], &[]).await;
        check("one", &["c"], &[]).await;
        check("two", &["a", "c"], &[("c", 1)]).await;
        check("two", &[], &[]).await;
    })
    .await;
}

#[tokio::test]
async fn users_of_a_domain() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let domain = calls.create_domain("one", "demo", office(), &by(1)).await.expect("new");
        let create = async |id: &str, password: &str, number| {
            let realm = "demo.sip.example.org";
            calls.create_sip_user(&domain, id, realm, password, &by(number)).await
        };
        let ada = create("ada", "Right-Passw0rd", 2).await.expect("new");
        assert_eq!(ada.address(), "ada@demo.sip.example.org");
        assert_eq!(calls.sip_user(&domain, "ada").await.expect("reads"), Some(ada.clone()));
        assert_eq!(calls.sip_user(&domain, "bo").await.expect("reads"), None);
        let refused = create("ada", "Right-Passw0rd", 3).await;
        assert!(matches!(refused, Err(SipUserError::Taken)), "{refused:?}");
        let refused = create("Ada", "Right-Passw0rd", 3).await;
        assert!(matches!(refused, Err(SipUserError::Id)), "{refused:?}");
        let refused = create("bo", "password", 3).await;
        assert!(matches!(refused, Err(SipUserError::Password(_))), "{refused:?}");

        create("bo", "Right-Passw0rd", 4).await.expect("new");
        let first = calls.list_sip_users(&domain, list(1, "", "")).await.expect("a page");
        assert_eq!(first.items[0].id, "bo", "the newest first");
        let token = first.next.expect("there is more");
        let second = calls
            .list_sip_users(&domain, list(1, &token, ""))
            .await
            .expect("a page");
        assert_eq!((second.items, second.next), (vec![ada.clone()], None));
        let foreign = calls.list_domains("one", false, list(1, &token, "")).await;
        assert!(matches!(foreign, Err(ListError::Token)), "{foreign:?}");

        let moved = calls
            .update_sip_user(&domain, ada, "demo.sip.example.net", "Other-Passw0rd", &by(5))
            .await
            .expect("it is there");
        assert_eq!(moved.address(), "ada@demo.sip.example.net");
        calls
            .delete_sip_user(&domain, &moved, &by(6))
            .await
            .expect("it is there");
        let again = calls.delete_sip_user(&domain, &moved, &by(7)).await;
        assert!(matches!(again, Err(SipUserError::NotFound)), "{again:?}");
    })
    .await;
}
