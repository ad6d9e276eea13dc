//! Records whose time is over.

use crate::hall::{Hall, anonymous, at, signed_in};
use db::testing::each_engine;
use meeting::Micros;
use register::{Query, RegisterError, limits::RETENTION_US};

#[tokio::test]
async fn what_has_expired_is_invisible_and_then_deleted() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let zoe = hall.join(anonymous("Zoe"), at(11)).await;
        hall.leave(&anna, at(20)).await;
        hall.leave(&zoe, at(20)).await;
        let later = hall.join(signed_in(2), at(30)).await;
        let expiry = at(20).plus_us(RETENTION_US);

        let visible = async |now: Micros| {
            let (register, conference) = (&hall.register, &anna.conference);
            let query = Query {
                now,
                ..Query::default()
            };
            let answers = [
                register.conference(conference, now).await.map(|_| ()),
                register
                    .participant(conference, &anna.participant, now)
                    .await
                    .map(|_| ()),
                register
                    .participant_session(conference, &anna.participant, &anna.session, now)
                    .await
                    .map(|_| ()),
                register.list_participants(conference, &query).await.map(|_| ()),
                register.count_participants(conference, "", now).await.map(|_| ()),
                register
                    .list_participant_sessions(conference, &anna.participant, &query)
                    .await
                    .map(|_| ()),
            ];
            let found = answers.iter().filter(|answer| answer.is_ok()).count();
            assert!(
                answers
                    .iter()
                    .all(|answer| matches!(answer, Ok(()) | Err(RegisterError::NotFound))),
                "{answers:?}"
            );
            let listed = register
                .list_conferences(&hall.owner, &query)
                .await
                .expect("a page")
                .items;
            let listed = listed.iter().any(|item| item.id == *conference);
            assert_eq!(
                register
                    .may_read(conference, &hall.owner, now)
                    .await
                    .expect("an answer"),
                listed
            );
            (found, listed)
        };
        assert_eq!(visible(expiry.plus_us(-1)).await, (6, true));
        assert_eq!(visible(expiry).await, (0, false));

        assert_eq!(
            hall.register.delete_expired(expiry.plus_us(-1)).await.expect("deleted"),
            0
        );
        assert_eq!(visible(expiry.plus_us(-1)).await, (6, true));
        assert_eq!(hall.register.delete_expired(expiry).await.expect("deleted"), 1);
        assert_eq!(hall.register.delete_expired(expiry).await.expect("deleted"), 0);
        assert_eq!(visible(at(21)).await, (0, false));
        for table in ["participant", "participant_session", "conference_reader"] {
            let sql = format!("select count(*) from {table} where conference = $1");
            let rows = db
                .read(&sql, vec![anna.conference.as_str().into()])
                .await
                .expect("a count");
            assert_eq!(rows[0].int(0).expect("a number"), 0, "{table}");
        }

        // A conference that is held for longer than records are kept is still there.
        let much_later = expiry.plus_us(RETENTION_US);
        assert_eq!(hall.register.delete_expired(much_later).await.expect("deleted"), 0);
        assert!(hall.register.conference(&later.conference, much_later).await.is_ok());
        assert!(
            hall.register
                .may_read(&later.conference, &hall.owner, much_later)
                .await
                .expect("an answer")
        );
        assert!(hall.space.conference().is_some());
    })
    .await;
}

#[tokio::test]
async fn retention_is_the_operators_to_choose() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        hall.register = hall.register.clone().with_retention_us(1_000_000);
        let seat = hall.join(signed_in(2), at(10)).await;
        assert_eq!(
            hall.register
                .conference(&seat.conference, at(99))
                .await
                .expect("live")
                .expire,
            at(11)
        );
        hall.leave(&seat, at(20)).await;
        assert_eq!(
            hall.register
                .conference(&seat.conference, at(20))
                .await
                .expect("kept")
                .expire,
            at(21)
        );
        assert!(hall.register.conference(&seat.conference, at(21)).await.is_err());
    })
    .await;
}
