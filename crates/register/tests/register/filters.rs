//! The fields that each list can be filtered by.

use crate::hall::{Hall, anonymous, at, signed_in};
use audit::By;
use db::testing::each_engine;
use meeting::{Micros, SpaceId};
use register::{Order, Query, RegisterError, Retention, Whose, limits::MEETING_CODE_LAPSE_US};

#[tokio::test]
async fn conferences() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let mut other = Hall::new(&db).await;
        for (start, end) in [(10, Some(20)), (30, Some(40)), (50, None)] {
            let seat = hall.join(signed_in(1), at(start)).await;
            if let Some(end) = end {
                hall.leave(&seat, at(end)).await;
            }
        }
        let seat = other.join(signed_in(1), at(60)).await;
        other.leave(&seat, at(70)).await;
        let (space, code) = (hall.space.id().clone(), hall.code.clone());
        let nowhere = SpaceId::from_random([9; 9]);
        let rows = [
            (String::new(), vec![60, 50, 30, 10]),
            ("end_time IS NULL".into(), vec![50]),
            ("endTime IS NOT NULL".into(), vec![60, 30, 10]),
            (format!("space.name = \"spaces/{space}\""), vec![50, 30, 10]),
            (format!("space.name=spaces/{space} AND end_time is null"), vec![50]),
            (format!("space.name = \"spaces/{nowhere}\""), vec![]),
            (format!("space.meeting_code = \"{code}\""), vec![50, 30, 10]),
            (
                format!(
                    "space.meetingCode = {} AND endTime IS NULL",
                    code.as_str().to_uppercase()
                ),
                vec![50],
            ),
            (
                format!("space.meeting_code = {}", code.as_str().replace('-', "").to_uppercase()),
                vec![50, 30, 10],
            ),
            ("space.meeting_code = zzz-zzzz-zzz".into(), vec![]),
            (
                "start_time >= \"2026-01-01T00:00:30Z\" AND start_time <= \"2026-01-01T01:00:50+01:00\"".into(),
                vec![50, 30],
            ),
            ("start_time > 2026-01-01T00:00:30.0000005Z".into(), vec![60, 50]),
            (
                "start_time >= 2026-01-01T00:00:29.9999999Z AND end_time < 2026-01-01T00:00:40.000000001Z".into(),
                vec![30],
            ),
        ];
        for (filter, expected) in rows {
            let query = Query {
                filter: &filter,
                now: at(99),
                ..Query::default()
            };
            let page = hall
                .register
                .list_conferences(&hall.owner, &query, None)
                .await
                .expect(&filter);
            let starts: Vec<Micros> = page.items.iter().map(|item| item.start).collect();
            assert_eq!(
                starts,
                expected.iter().map(|second| at(*second)).collect::<Vec<_>>(),
                "{filter}"
            );
        }
        for (filter, at_byte) in [
            ("nonsense", 8),
            ("start_time = noon", 13),
            ("name = x", 0),
            ("start_time", 10),
            ("start_time != 2026-01-01T00:00:30Z", 0),
            ("end_time IS NULL OR start_time IS NULL", 17),
            ("NOT end_time IS NULL", 4),
            ("(end_time IS NULL)", 0),
            ("end_time IS NULL AND (start_time IS NULL)", 21),
        ] {
            let query = Query {
                filter,
                now: at(99),
                ..Query::default()
            };
            match hall.register.list_conferences(&hall.owner, &query, None).await {
                Err(RegisterError::InvalidFilter(malformed)) => assert_eq!(malformed.at, at_byte, "{malformed}"),
                other => panic!("{filter}: {other:?}"),
            }
        }
    })
    .await;
}

/// Whoever is handed a code that was somebody else's finds nothing of theirs by it, as `spaces.get` finds no space by it.
#[tokio::test]
async fn a_lapsed_code_is_nobodys() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let by = By::command_line(at(0).0);
        let for_ever = hall.register.set_retention(hall.space.id(), Retention::Never, &by);
        for_ever.await.expect("a space");
        let seat = hall.join(signed_in(1), at(0)).await;
        hall.leave(&seat, at(1)).await;
        let lapse = at(1).plus_us(MEETING_CODE_LAPSE_US);
        hall.register.publish(at(9)).await.expect("published");
        for (filter, before, after) in [
            (format!("space.meeting_code = {}", hall.code), 1, 0),
            (format!("space.name = spaces/{}", hall.space.id()), 1, 1),
        ] {
            for (now, expected) in [(lapse.plus_us(-1), before), (lapse, after)] {
                let query = Query {
                    filter: &filter,
                    now,
                    ..Query::default()
                };
                let of_owner = hall.register.list_conferences(&hall.owner, &query, None).await;
                assert_eq!(of_owner.expect("a page").items.len(), expected, "{filter} at {now:?}");
                let predicate = || filter::google(&filter).expect("well-formed");
                let register = &hall.register;
                let records = register.list_call_records(Whose::Everybody, Order::NewestFirst, predicate(), &query);
                assert_eq!(
                    records.await.expect("a page").items.len(),
                    expected,
                    "{filter} at {now:?}"
                );
                let counted = register.count_call_records(Whose::Everybody, predicate(), now).await;
                assert_eq!(counted.ok(), i64::try_from(expected).ok(), "{filter} at {now:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn participants_and_sessions() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let zoe = hall.join(anonymous("Zoe"), at(20)).await;
        hall.leave(&zoe, at(25)).await;
        let second = hall.join(signed_in(2), at(30)).await;
        hall.leave(&second, at(35)).await;
        for (filter, expected) in [
            ("", vec![20, 10]),
            ("latest_end_time IS NULL", vec![10]),
            ("latestEndTime IS NOT NULL", vec![20]),
            ("latestEndTime < 2026-01-01T00:00:26Z", vec![20]),
            ("earliest_start_time < 2026-01-01T00:00:20Z", vec![10]),
        ] {
            let query = Query {
                filter,
                now: at(99),
                ..Query::default()
            };
            let page = hall
                .register
                .list_participants(&anna.conference, &query)
                .await
                .expect(filter);
            let starts: Vec<Micros> = page.items.iter().map(|item| item.earliest_start).collect();
            assert_eq!(
                starts,
                expected.iter().map(|second| at(*second)).collect::<Vec<_>>(),
                "{filter}"
            );
            let count = hall
                .register
                .count_participants(&anna.conference, filter, at(99))
                .await
                .expect(filter);
            assert_eq!(usize::try_from(count), Ok(expected.len()), "{filter}");
        }
        for (filter, expected) in [
            ("", vec![30, 10]),
            ("end_time IS NULL", vec![10]),
            ("startTime > \"2026-01-01T00:00:10Z\"", vec![30]),
        ] {
            let query = Query {
                filter,
                now: at(99),
                ..Query::default()
            };
            let page = hall
                .register
                .list_participant_sessions(&anna.conference, &anna.participant, &query)
                .await;
            let starts: Vec<Micros> = page.expect(filter).items.iter().map(|item| item.start).collect();
            assert_eq!(
                starts,
                expected.iter().map(|second| at(*second)).collect::<Vec<_>>(),
                "{filter}"
            );
        }
        for filter in ["end_time IS NULL", "space.name = x"] {
            let query = Query {
                filter,
                now: at(99),
                ..Query::default()
            };
            let answer = hall.register.list_participants(&anna.conference, &query).await;
            assert!(matches!(answer, Err(RegisterError::InvalidFilter(_))), "{filter}");
            let answer = hall.register.count_participants(&anna.conference, filter, at(99)).await;
            assert!(matches!(answer, Err(RegisterError::InvalidFilter(_))), "{filter}");
        }
    })
    .await;
}
