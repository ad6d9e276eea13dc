//! Records whose time is over.

use crate::hall::{Hall, Seat, anonymous, at, new_space, signed_in, user};
use crate::quality::{MICROPHONE, measured, path, report, rows};
use audit::By;
use db::{Db, Statement, testing::each_engine};
use meeting::{DeviceKind, Micros, SessionId, Settings};
use register::{
    DELETED_PERSON, Forgotten, Measured, NewSpace, Obstacle, Query, Register, RegisterError, Retention, SetupFailure,
    limits,
};
use std::num::NonZeroU16;

/// What is kept of a session beside its facts, and somebody who never got into its conference.
fn kept_of(seat: &Seat) -> (Measured, SetupFailure) {
    let measured = Measured {
        path: Some(path("203.0.113.9:50000")),
        report: Some(report("Browser/1")),
        ..measured(&seat.session, &[(MICROPHONE, 1)])
    };
    let failure = SetupFailure {
        conference: seat.conference.clone(),
        session: SessionId::from_random(crate::hall::fresh()),
        account: None,
        device: DeviceKind::Full,
        by_program: false,
        start: at(12),
        end: at(13),
        obstacle: Obstacle::Unreachable,
    };
    (measured, failure)
}

#[tokio::test]
async fn what_has_expired_is_invisible_and_then_deleted() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let zoe = hall.join(anonymous("Zoe"), at(11)).await;
        let (of_anna, failure) = kept_of(&anna);
        hall.register
            .keep(&[of_anna], &[failure], at(15))
            .await
            .expect("written");
        assert_eq!(rows(&db).await, 5);
        hall.leave(&anna, at(20)).await;
        hall.leave(&zoe, at(20)).await;
        let later = hall.join(signed_in(2), at(30)).await;
        let expiry = at(20).plus_us(limits::RETENTION_US);

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
                .list_conferences(&hall.owner, &query, None)
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
        assert_eq!(rows(&db).await, 0);

        // A conference that is held for longer than records are kept is still there.
        let much_later = expiry.plus_us(limits::RETENTION_US);
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

/// A space whose owner wants reports of attendance, or none.
fn a_space(attendance_report: bool) -> NewSpace {
    let space = new_space(user(1), at(0));
    let settings = Settings {
        attendance_report,
        ..space.settings
    };
    NewSpace { settings, ..space }
}

/// A report is told for a year, whatever has expired of its conference: by then it is all that is left.
#[tokio::test]
async fn a_report_of_attendance_outlives_its_record() {
    each_engine(async |db| {
        let mut hall = Hall::of(Register::new(db.clone()), a_space(true)).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let zoe = hall.join(anonymous("Zoe"), at(11)).await;
        let (of_anna, failure) = kept_of(&anna);
        let kept = hall.register.keep(&[of_anna], &[failure], at(15)).await;
        kept.expect("written");
        hall.leave(&anna, at(20)).await;
        hall.leave(&zoe, at(20)).await;
        while hall.register.publish(at(60)).await.expect("writable") > 0 {}
        let expiry = at(20).plus_us(limits::RETENTION_US);
        let year = at(20).plus_us(limits::REPORT_KEPT_US);
        // Who stands in the report, with how long they were there.
        let told = async |now: Micros| {
            let query = Query {
                now,
                ..Query::default()
            };
            let register = &hall.register;
            let listed = register
                .list_reported(hall.space.id(), &query)
                .await
                .expect("a page")
                .items;
            let Ok(conference) = register.reported(&anna.conference, now).await else {
                assert_eq!(listed, []);
                return Vec::new();
            };
            assert_eq!(listed, std::slice::from_ref(&conference));
            let page = register
                .list_reported_participants(&conference, &query)
                .await
                .expect("a page");
            let number = register
                .count_reported_participants(&conference)
                .await
                .expect("a count");
            assert_eq!(usize::try_from(number), Ok(page.items.len()));
            let mut told = Vec::new();
            for one in page.items {
                let presence = register.presence(&one, at(20), now).await.expect("sessions");
                told.push((one.display_name, presence.iter().map(|one| one.seconds).sum::<i64>()));
            }
            told
        };
        let expected = [("Zoe".to_owned(), 9), ("User 2".to_owned(), 10)];
        let before = expiry.plus_us(-1);
        assert_eq!(told(before).await, expected);
        assert!(hall.register.call_record(&anna.conference, before).await.is_ok());
        assert_eq!(hall.register.delete_expired(expiry).await.expect("deleted"), 1);
        assert_eq!(hall.register.delete_expired(expiry).await.expect("deleted"), 0);
        assert_eq!(told(expiry).await, expected);
        assert_eq!(rows(&db).await, 0, "nothing that was measured");
        for now in [before, expiry] {
            assert!(
                hall.register.call_record(&anna.conference, now).await.is_err(),
                "no record"
            );
            let may_read = hall.register.may_read(&anna.conference, &hall.owner, now).await;
            assert!(!may_read.expect("an answer"), "nobody reads it elsewhere");
        }

        // Whoever is forgotten is forgotten there, too: who was there, and whose space it was.
        for (number, email) in [(2, "user2@example.org"), (1, "owner@example.org")] {
            let person = Forgotten::Account {
                id: &user(number),
                email,
            };
            let forgotten = hall.register.forget_person(person, [7; 32]).await;
            assert_eq!(forgotten.expect("forgotten"), 1, "{email}");
        }
        let expected = [("Zoe".to_owned(), 9), (DELETED_PERSON.to_owned(), 10)];
        assert_eq!(told(year.plus_us(-1)).await, expected);
        assert_eq!(
            hall.register.delete_expired(year.plus_us(-1)).await.expect("deleted"),
            0
        );
        assert_eq!(told(year).await, []);
        assert_eq!(hall.register.delete_expired(year).await.expect("deleted"), 1);
        for table in [
            "conference",
            "participant",
            "participant_session",
            "conference_reader",
            "report_person",
        ] {
            assert_eq!(count(&db, table).await, 0, "{table}");
        }
    })
    .await;
}

/// It goes with its record if that is kept for longer.
#[tokio::test]
async fn a_report_lasts_at_least_as_long_as_its_record() {
    each_engine(async |db| {
        let two_years_us = 2 * limits::REPORT_KEPT_US;
        let register = Register::new(db.clone()).with_retention_us(two_years_us);
        let mut hall = Hall::of(register, a_space(true)).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        hall.leave(&anna, at(20)).await;
        let expiry = at(20).plus_us(two_years_us);
        let reported = async |now| hall.register.reported(&anna.conference, now).await.is_ok();
        assert!(reported(expiry.plus_us(-1)).await);
        assert!(!reported(expiry).await);
        assert_eq!(hall.register.delete_expired(expiry).await.expect("deleted"), 1);
        assert_eq!(hall.register.delete_expired(expiry).await.expect("deleted"), 0);
        assert_eq!(count(&db, "conference").await, 0);
    })
    .await;
}

/// More than one write deletes: some rows stay for the next, and in the end there is nothing.
#[tokio::test]
async fn a_year_of_visits_is_deleted() {
    each_engine(async |db| visits_are_deleted(&db, false).await).await;
    each_engine(async |db| visits_are_deleted(&db, true).await).await;
}

async fn visits_are_deleted(db: &Db, attendance_report: bool) {
    const VISITS: i64 = 2_100;
    let mut hall = Hall::of(Register::new(db.clone()), a_space(attendance_report)).await;
    let seat = hall.join(signed_in(2), at(10)).await;
    hall.leave(&seat, at(20)).await;
    let visit = |number: i64| {
        let guest = vec![
            seat.conference.as_str().into(),
            format!("guest {number}").into(),
            seat.participant.as_str().into(),
        ];
        let session = vec![
            format!("session {number}").into(),
            format!("guest {number}").into(),
            seat.session.as_str().into(),
        ];
        let reader = vec![format!("account {number}").into(), seat.conference.as_str().into()];
        [
            (
                "insert into participant (conference, id, kind, display_name, earliest_start_us)
                select conference, $2, 2, display_name, earliest_start_us from participant where conference = $1 and id = $3",
                guest,
            ),
            (
                "insert into participant_session (id, conference, participant, start_us, secret_sha256)
                select $1, conference, $2, start_us, secret_sha256 from participant_session where id = $3",
                session,
            ),
            (
                "insert into stream (conference, session, ssrc, direction, kind, totals)
                select conference, id, 1, 1, 1, '{}' from participant_session where id = $1",
                vec![format!("session {number}").into()],
            ),
            (
                "insert into stream_series (conference, session, ssrc, direction, piece, samples)
                select conference, id, 1, 1, 0, secret_sha256 from participant_session where id = $1",
                vec![format!("session {number}").into()],
            ),
            (
                "insert into session_path (conference, session, transport, theirs, ours)
                select conference, id, 1, '', '' from participant_session where id = $1",
                vec![format!("session {number}").into()],
            ),
            (
                "insert into session_report (conference, session, report)
                select conference, id, '{}' from participant_session where id = $1",
                vec![format!("session {number}").into()],
            ),
            (
                "insert into conference_reader (account, space, start_us, conference)
                select $1, space, start_us, id from conference where id = $2",
                reader,
            ),
        ]
    };
    let forged = (0..VISITS).flat_map(visit);
    let forged: Vec<Statement> = forged
        .map(|(sql, params)| Statement::new(sql, params).expect(1))
        .collect();
    for some in forged.chunks(1_000) {
        db.write(some.to_vec()).await.expect("rows");
    }

    let expiry = at(20).plus_us(limits::RETENTION_US);
    assert_eq!(hall.register.delete_expired(expiry).await.expect("deleted"), 1);
    if attendance_report {
        assert_eq!(count(db, "participant").await, VISITS + 1);
        assert_eq!(count(db, "report_person").await, VISITS + 2, "and the owner");
        let year = at(20).plus_us(limits::REPORT_KEPT_US);
        assert_eq!(hall.register.delete_expired(year).await.expect("deleted"), 1);
    }
    for table in [
        "conference",
        "participant",
        "participant_session",
        "conference_reader",
        "report_person",
    ] {
        assert_eq!(count(db, table).await, 0, "{table}");
    }
    assert_eq!(rows(db).await, 0);
}

async fn count(db: &Db, table: &str) -> i64 {
    let rows = db.read(&format!("select count(*) from {table}"), vec![]).await;
    rows.expect("a count")[0].int(0).expect("a number")
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
            Some(at(11))
        );
        hall.leave(&seat, at(20)).await;
        assert_eq!(
            hall.register
                .conference(&seat.conference, at(20))
                .await
                .expect("kept")
                .expire,
            Some(at(21))
        );
        assert!(hall.register.conference(&seat.conference, at(21)).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn a_space_may_keep_its_records_otherwise() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        hall.register = hall.register.clone().with_retention_us(DAY_US);
        let past = hall.join(signed_in(2), at(10)).await;
        hall.leave(&past, at(20)).await;
        let held = hall.join(signed_in(2), at(30)).await;
        let space = hall.space.id().clone();
        let days = |days: u16| Retention::Days(NonZeroU16::new(days).expect("not 0"));
        let expiries = async |hall: &Hall| {
            let expire = async |conference, now| hall.register.conference(conference, now).await.expect("kept").expire;
            (
                expire(&past.conference, at(40)).await,
                expire(&held.conference, at(40)).await,
            )
        };
        let after = |end: i64, days: i64| Some(at(end).plus_us(days * DAY_US));
        assert_eq!(expiries(&hall).await, (after(20, 1), after(30, 1)));

        for (retention, expected) in [
            (days(7), (after(20, 7), after(30, 7))),
            (days(u16::MAX), (after(20, 65_535), after(30, 65_535))),
            (Retention::Never, (None, None)),
            (Retention::Default, (after(20, 1), after(30, 1))),
        ] {
            hall.register
                .set_retention(&space, retention, &By::command_line(at(40).0))
                .await
                .expect("a space");
            assert_eq!(expiries(&hall).await, expected, "{retention:?}");
            let found = hall.register.space_by_id(&space, at(40)).await.expect("found");
            assert_eq!(found.retention, retention);
        }

        // New conferences and ends know the retention of their space.
        for (retention, expected) in [(days(3), 3), (Retention::Default, 1)] {
            hall.register
                .set_retention(&space, retention, &By::command_line(at(40).0))
                .await
                .expect("a space");
            let mut other = Hall::new(&db).await;
            other.register = hall.register.clone();
            let id = other.space.id().clone();
            other
                .register
                .set_retention(&id, retention, &By::command_line(at(40).0))
                .await
                .expect("a space");
            let seat = other.join(signed_in(2), at(50)).await;
            let expire = async |hall: &Hall| {
                hall.register
                    .conference(&seat.conference, at(60))
                    .await
                    .expect("kept")
                    .expire
            };
            assert_eq!(expire(&other).await, after(50, expected));
            other.leave(&seat, at(60)).await;
            assert_eq!(expire(&other).await, after(60, expected));
        }
        let nowhere = meeting::SpaceId::from_random([9; 9]);
        let answer = hall
            .register
            .set_retention(&nowhere, Retention::Never, &By::command_line(at(40).0))
            .await;
        assert!(matches!(answer, Err(RegisterError::NotFound)), "{answer:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_kept_for_ever_is_not_deleted_and_what_has_expired_does_not_come_back() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        hall.register = hall.register.clone().with_retention_us(DAY_US);
        let space = hall.space.id().clone();
        hall.register
            .set_retention(&space, Retention::Never, &By::command_line(at(0).0))
            .await
            .expect("a space");
        let kept = hall.join(signed_in(2), at(10)).await;
        hall.leave(&kept, at(20)).await;
        let the_end = Micros(limits::NEVER_US - 1);
        assert_eq!(hall.register.delete_expired(the_end).await.expect("deleted"), 0);
        assert_eq!(
            hall.register
                .conference(&kept.conference, the_end)
                .await
                .expect("kept")
                .expire,
            None
        );

        let late = at(20).plus_us(DAY_US);
        hall.register
            .set_retention(&space, Retention::Default, &By::command_line(at(30).0))
            .await
            .expect("a space");
        assert!(hall.register.conference(&kept.conference, late).await.is_err());
        hall.register
            .set_retention(&space, Retention::Never, &By::command_line(late.0))
            .await
            .expect("a space");
        assert!(
            hall.register.conference(&kept.conference, late).await.is_err(),
            "what is gone stays gone"
        );

        // An installation may keep everything, too.
        let mut other = Hall::new(&db).await;
        other.register = other.register.clone().with_retention_us(limits::NEVER_US);
        let seat = other.join(signed_in(2), at(10)).await;
        other.leave(&seat, at(20)).await;
        let id = other.space.id().clone();
        other
            .register
            .set_retention(&id, Retention::Default, &By::command_line(at(30).0))
            .await
            .expect("a space");
        assert_eq!(
            other
                .register
                .conference(&seat.conference, the_end)
                .await
                .expect("kept")
                .expire,
            None
        );
    })
    .await;
}

const DAY_US: i64 = 24 * 3600 * 1_000_000;
