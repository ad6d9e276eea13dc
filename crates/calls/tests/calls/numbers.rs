//! Phone numbers.

use calls::{Calls, ListError, NumberPlan, PhoneNumber, PhoneNumberChange, PhoneNumberError, Trigger};
use db::testing::each_engine;

use super::{by, list, world};

/// The trunk brings these; the last are for one project.
fn plan() -> NumberPlan {
    let ranges = ["+6125550", "two:+6125559"];
    NumberPlan(ranges.map(|range| range.parse().expect("a range")).into())
}

async fn create(calls: &Calls, project: &str, number: &str, at: i64) -> Result<PhoneNumber, PhoneNumberError> {
    let with = PhoneNumberChange {
        handler_uris: Some(vec!["https://app.example/".to_owned()]),
        ..PhoneNumberChange::default()
    };
    calls.create_phone_number(project, number, &plan(), with, &by(at)).await
}

#[tokio::test]
async fn a_number_is_made_changed_and_deleted() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let made = create(&calls, "one", "61 2 5550 1234", 1).await.expect("new");
        assert_eq!(
            (made.number.as_str(), made.recording),
            ("+61255501234", Trigger::Disabled)
        );
        let read = async |project, id| calls.phone_number(project, id).await.expect("reads");
        assert_eq!(read("one", &made.id).await, Some(made.clone()));
        assert_eq!(read("two", &made.id).await, None, "it is another project's");

        let change = PhoneNumberChange {
            labels: Some([("desk".to_owned(), "7".to_owned())].into()),
            recording: Some(Trigger::Bridge),
            ..PhoneNumberChange::default()
        };
        let changed = calls
            .update_phone_number(&made, &change, &by(2))
            .await
            .expect("it is there");
        assert_eq!(
            (changed.labels["desk"].as_str(), &changed.handler_uris),
            ("7", &made.handler_uris)
        );
        assert_eq!(read("one", &made.id).await, Some(changed.clone()));

        let deleted = calls
            .delete_phone_number(changed.clone(), &by(3))
            .await
            .expect("it is there");
        assert_eq!(read("one", &made.id).await, Some(deleted), "deleted ones are read");
        let again = calls.delete_phone_number(changed.clone(), &by(4)).await;
        assert!(matches!(again, Err(PhoneNumberError::NotFound)), "{again:?}");
        let update = calls
            .update_phone_number(&changed, &PhoneNumberChange::default(), &by(5))
            .await;
        assert!(matches!(update, Err(PhoneNumberError::NotFound)), "{update:?}");
    })
    .await;
}

#[tokio::test]
async fn a_number_belongs_to_one_project_at_a_time() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let made = create(&calls, "one", "+61255501234", 1).await.expect("new");
        for project in ["one", "two"] {
            let taken = create(&calls, project, "+61255501234", 2).await;
            assert!(matches!(taken, Err(PhoneNumberError::Taken)), "{project}: {taken:?}");
        }
        calls.delete_phone_number(made, &by(3)).await.expect("it is there");
        create(&calls, "two", "+61255501234", 4).await.expect("it is free");
    })
    .await;
}

#[tokio::test]
async fn a_project_has_what_the_operator_gives_it() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let check = async |project, number, expected: bool| {
            let made = create(&calls, project, number, 1).await;
            match made {
                Ok(_) => assert!(expected, "{project} {number}"),
                Err(PhoneNumberError::NotGiven { .. }) => assert!(!expected, "{project} {number}"),
                Err(other) => panic!("{other}"),
            }
        };
        check("one", "+61255501234", true).await;
        check("one", "+61255591234", false).await;
        check("two", "+61255591234", true).await;
        check("two", "+442071838750", false).await;
        for none in ["", "0255501234", "200", "phoneNumbers/61255501234"] {
            let refused = create(&calls, "one", none, 2).await;
            assert!(
                matches!(
                    refused,
                    Err(PhoneNumberError::Invalid {
                        field: "phone_number.phone_number",
                        ..
                    })
                ),
                "{refused:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_moves_where_it_may_be() {
    each_engine(async |db| {
        let calls = world(&db).await;
        let made = create(&calls, "one", "+61255501234", 1).await.expect("new");
        let here = calls.move_phone_number(made.clone(), "one", &plan(), &by(2)).await;
        assert!(matches!(here, Err(PhoneNumberError::Here)), "{here:?}");
        let moved = calls
            .move_phone_number(made.clone(), "two", &plan(), &by(3))
            .await
            .expect("it may");
        assert_eq!(
            (moved.project.as_str(), &moved.id, &moved.handler_uris),
            ("two", &made.id, &made.handler_uris)
        );
        assert_eq!(
            calls.phone_number("two", &made.id).await.expect("reads"),
            Some(moved.clone())
        );
        let gone = calls.move_phone_number(made, "two", &plan(), &by(4)).await;
        assert!(
            matches!(gone, Err(PhoneNumberError::NotFound)),
            "it is not there any more: {gone:?}"
        );

        let own = create(&calls, "two", "+61255591234", 5).await.expect("new");
        let refused = calls.move_phone_number(own, "one", &plan(), &by(6)).await;
        assert!(matches!(refused, Err(PhoneNumberError::NotGiven { .. })), "{refused:?}");
        let deleted = calls.delete_phone_number(moved, &by(7)).await.expect("it is there");
        let refused = calls.move_phone_number(deleted, "one", &plan(), &by(8)).await;
        assert!(matches!(refused, Err(PhoneNumberError::NotFound)), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn lists_of_numbers() {
    each_engine(async |db| {
        let calls = world(&db).await;
        for at in 0..12 {
            create(&calls, "one", &format!("+612555010{at:02}"), at)
                .await
                .expect("new");
        }
        let gone = create(&calls, "one", "+61255502000", 12).await.expect("new");
        calls.delete_phone_number(gone, &by(13)).await.expect("it is there");
        create(&calls, "two", "+61255503000", 14).await.expect("new");
        let listed = async |prefix: &str, shows_deleted, size| {
            let page = calls
                .list_phone_numbers("one", prefix, shows_deleted, list(size, "", ""))
                .await;
            let page = page.expect("a page");
            let numbers: Vec<String> = page.items.into_iter().map(|number| number.number).collect();
            (numbers.len(), numbers.first().cloned().unwrap_or_default())
        };
        let first = || "+61255501011".to_owned();
        assert_eq!(listed("", false, 0).await, (10, first()));
        assert_eq!(listed("", false, 100).await, (12, first()));
        assert_eq!(listed("", true, 100).await, (13, "+61255502000".to_owned()));
        assert_eq!(listed("+6125550101", false, 100).await, (2, first()));
        assert_eq!(listed("6125550100", false, 100).await, (10, "+61255501009".to_owned()));
        assert_eq!(listed("+44", true, 100).await, (0, String::new()));

        let token = calls
            .list_phone_numbers("one", "", false, list(0, "", ""))
            .await
            .expect("a page")
            .next;
        let token = token.expect("there is more");
        let next = calls
            .list_phone_numbers("one", "", false, list(0, &token, ""))
            .await
            .expect("a page");
        assert_eq!((next.items.len(), next.next), (2, None));
        for (prefix, shows_deleted) in [("+61", false), ("", true)] {
            let refused = calls
                .list_phone_numbers("one", prefix, shows_deleted, list(0, &token, ""))
                .await;
            assert!(matches!(refused, Err(ListError::Token)), "{prefix}");
        }
        let refused = calls.list_phone_numbers("one", "ada", false, list(0, "", "")).await;
        assert!(matches!(refused, Err(ListError::Prefix)));
    })
    .await;
}
