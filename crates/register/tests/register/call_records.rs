//! Call records: when they are published, who finds which of them in which order, and what they say.

use crate::hall::{Hall, Seat, anonymous, at, signed_in, user};
use crate::lives;
use db::testing::each_engine;
use filter::Predicate;
use meeting::{ConferenceId, DeviceKind, Input, LostReason, Micros, ParticipantId, Role, SessionEndReason, SessionId};
use proptest::test_runner::TestRunner;
use register::{
    Attended, CallRecord, CallSession, Forgotten, Order, ParticipantKind, Published, Query, Register, RegisterError,
    Whose, limits,
};

#[tokio::test]
async fn a_record_is_published_when_it_is_due() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let (register, conference) = (hall.register.clone(), anna.conference.clone());
        let published = async |now| match register.call_record(&conference, now).await {
            Ok(record) => Some((record.version, record.modified)),
            Err(RegisterError::NotFound) => None,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(register.publish(at(11)).await.expect("published"), 0);
        assert_eq!(published(at(11)).await, None, "while it is held");
        let provisional = register.provisional_call_record(&conference, at(11)).await;
        let provisional = provisional.expect("held");
        assert_eq!((provisional.version, provisional.end), (0, None));

        hall.leave(&anna, at(20)).await;
        let due = at(20).plus_us(limits::PUBLISHED_AFTER_US);
        assert_eq!(register.publish(due.plus_us(-1)).await.expect("published"), 0);
        assert_eq!(published(due.plus_us(-1)).await, None, "before it is due");
        assert_eq!(register.publish(due).await.expect("published"), 1);
        assert_eq!(published(due).await, Some((1, Some(due))));
        assert_eq!(register.publish(due.plus_us(9)).await.expect("published"), 0, "once");

        let events = db.read("select subject, version, account, time_us from outbox_event", vec![]);
        let events = events.await.expect("events");
        let [event] = &events[..] else { panic!("{events:?}") };
        assert_eq!(event.text(0).expect("a subject"), conference.as_str());
        assert_eq!(event.int(1).expect("a version"), 1);
        assert_eq!(event.opt_text(2).expect("an account"), Some(hall.owner.as_str()));
        assert_eq!(event.int(3).expect("a time"), due.0);

        let record = register.call_record(&conference, due).await.expect("published");
        assert_eq!((record.start, record.end), (at(10), Some(at(20))));
        assert_eq!(record.organizer, Some(hall.owner.clone()));
        assert_eq!(record.code, Some(hall.code.clone()));
        assert_eq!(record.space, *hall.space.id());
        let over = at(20).plus_us(limits::RETENTION_US);
        assert_eq!(published(over).await, None, "expired");
    })
    .await;
}

#[tokio::test]
async fn everybody_finds_what_is_theirs_in_the_order_they_ask_for() {
    each_engine(async |db| {
        let (register, conferences, guest) = five_meetings(&db).await;
        let find = async |whose: Whose<'_>, order, filter: &'static str| {
            let predicate = filter::google(filter).expect("a filter");
            let found = pages(&register, whose, order, &predicate, filter).await;
            let count = register.count_call_records(whose, predicate, at(999)).await;
            assert_eq!(count.expect("a count"), i64::try_from(found.len()).expect("few"));
            let index = |id| conferences.iter().position(|conference| *conference == id);
            found
                .into_iter()
                .map(|id| index(id).expect("one of them"))
                .collect::<Vec<_>>()
        };
        let (one, two) = (user(1), user(7));
        let (all, ones, twos) = (Whose::Everybody, Whose::Organizer(&one), Whose::Organizer(&two));
        let guest = format!("participants.id = \"{guest}\"");
        for (whose, order, filter, expected) in [
            (all, Order::NewestFirst, "", vec![4, 3, 2, 1, 0]),
            (all, Order::OldestFirst, "", vec![0, 1, 2, 3, 4]),
            (all, Order::LatestChangeFirst, "", vec![3, 4, 2, 1, 0]),
            (all, Order::EarliestChangeFirst, "", vec![0, 1, 2, 4, 3]),
            (ones, Order::NewestFirst, "", vec![4, 2, 0]),
            (ones, Order::EarliestChangeFirst, "", vec![0, 2, 4]),
            (twos, Order::OldestFirst, "", vec![1, 3]),
            (twos, Order::LatestChangeFirst, "", vec![3, 1]),
            (all, Order::NewestFirst, ORGANIZER_7, vec![3, 1]),
            (all, Order::LatestChangeFirst, ORGANIZER_7, vec![3, 1]),
            (ones, Order::NewestFirst, ORGANIZER_7, vec![]),
            (all, Order::NewestFirst, PERSON_3, vec![3, 2]),
            (all, Order::OldestFirst, PERSON_3, vec![2, 3]),
            (all, Order::LatestChangeFirst, PERSON_3, vec![3, 2]),
            (twos, Order::NewestFirst, PERSON_3, vec![3]),
            (all, Order::NewestFirst, guest.leak(), vec![1]),
            (all, Order::NewestFirst, "participants.id = \"nobody\"", vec![]),
            (
                all,
                Order::NewestFirst,
                "start_time >= 2026-01-01T00:01:40Z AND end_time < 2026-01-01T00:06:00Z",
                vec![2, 1],
            ),
            (
                all,
                Order::NewestFirst,
                "modified_time > 2026-01-01T00:07:00Z",
                vec![4, 3],
            ),
            (all, Order::NewestFirst, "version = 1", vec![4, 3, 2, 1, 0]),
            (all, Order::NewestFirst, "version > 1", vec![]),
        ] {
            assert_eq!(
                find(whose, order, filter).await,
                expected,
                "{whose:?} {order:?} {filter}"
            );
        }
    })
    .await;
}

const ORGANIZER_7: &str = "organizer = \"000000000000000000007\"";
const PERSON_3: &str = "participants.id = \"000000000000000000003\"";

/// Meetings each hundred seconds, those with odd numbers in a space of user 7 and the others in one of user 1. User 2 is in all of
/// them, user 3 in the third and fourth, a guest in the second, whose id comes last. The fourth is published last.
async fn five_meetings(db: &db::Db) -> (Register, Vec<ConferenceId>, String) {
    let mut first = Hall::new(db).await;
    let mut second = Hall::of(first.register.clone(), crate::hall::new_space(user(7), at(0))).await;
    let register = first.register.clone();
    let (mut conferences, mut guest) = (Vec::new(), String::new());
    for number in 0..5_i64 {
        let hall = if number % 2 == 0 { &mut first } else { &mut second };
        let now = at(number * 100);
        let anna = hall.join(signed_in(2), now).await;
        if number == 2 || number == 3 {
            let bob = hall.join(signed_in(3), now.plus_us(1)).await;
            hall.leave(&bob, now.plus_us(2)).await;
        }
        if number == 1 {
            let zoe = hall.join(anonymous("Zoe"), now.plus_us(1)).await;
            guest = zoe.participant.as_str().to_owned();
            hall.leave(&zoe, now.plus_us(2)).await;
        }
        conferences.push(anna.conference.clone());
        if number == 3 {
            // It goes on until the last is over.
            hall.leave(&anna, at(450)).await;
            continue;
        }
        let end = now.plus_us(20_000_000);
        hall.leave(&anna, end).await;
        let due = end.plus_us(limits::PUBLISHED_AFTER_US);
        assert_eq!(register.publish(due).await.expect("published"), 1);
    }
    assert_eq!(register.publish(at(453)).await.expect("published"), 1);
    (register, conferences, guest)
}

/// Of a meeting, as all of these are.
fn meeting(published: Published) -> CallRecord {
    match published {
        Published::Meeting(record) => record,
        Published::Telephone(call) => panic!("a call: {call:?}"),
    }
}

/// All of a list, two by two.
async fn pages(
    register: &Register,
    whose: Whose<'_>,
    order: Order,
    predicate: &Predicate,
    filter: &str,
) -> Vec<ConferenceId> {
    let (mut found, mut token) = (Vec::new(), String::new());
    loop {
        let query = Query {
            filter,
            page_size: 2,
            page_token: &token,
            now: at(999),
        };
        let page = register
            .list_call_records(whose, order, predicate.clone(), &query)
            .await
            .expect("a page");
        found.extend(page.items.into_iter().map(|item| meeting(item).conference));
        match page.next_page_token {
            Some(next) => token = next,
            None => return found,
        }
    }
}

#[tokio::test]
async fn a_token_is_good_for_one_order_and_one_reader() {
    each_engine(async |db| {
        let (register, ..) = five_meetings(&db).await;
        let ask = async |whose: Whose<'_>, order, token: &str| {
            let query = Query {
                page_size: 1,
                page_token: token,
                now: at(999),
                ..Query::default()
            };
            let everything = Predicate::And(Vec::new());
            let page = register.list_call_records(whose, order, everything, &query).await;
            page.map(|page| page.next_page_token.expect("more"))
        };
        let one = user(1);
        let all = Whose::Everybody;
        let token = ask(all, Order::NewestFirst, "").await.expect("a page");
        assert!(ask(all, Order::NewestFirst, &token).await.is_ok());
        for (whose, order) in [
            (all, Order::OldestFirst),
            (all, Order::LatestChangeFirst),
            (Whose::Organizer(&one), Order::NewestFirst),
        ] {
            let answer = ask(whose, order, &token).await;
            assert!(
                matches!(answer, Err(RegisterError::InvalidPageToken)),
                "{whose:?} {order:?} {answer:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn sessions_of_all_participants_are_told_oldest_first() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let zoe = hall.join(anonymous("Zoe"), at(11)).await;
        let second = hall.join(signed_in(2), at(12)).await;
        hall.leave(&anna, at(15)).await;
        let silent = Input::Lost {
            session: zoe.session.clone(),
            last_sign_of_life: at(14),
            reason: LostReason::Silent,
        };
        hall.give(silent, at(20)).await.expect("a loss");
        let register = hall.register.clone();
        let record = register.provisional_call_record(&anna.conference, at(21)).await;
        let record = record.expect("held");
        let of_anna = |seat: &Seat, start, end: Option<Micros>| CallSession {
            id: seat.session.clone(),
            start,
            end,
            kind: ParticipantKind::SignedIn(user(2)),
            device: DeviceKind::Full,
            by_program: false,
            attended: Ok(Attended {
                participant: anna.participant.clone(),
                display_name: "User 2".to_owned(),
                role: Role::Contributor,
                end_reason: end.map(|_| SessionEndReason::Left),
            }),
        };
        let of_zoe = CallSession {
            kind: ParticipantKind::Anonymous,
            attended: Ok(Attended {
                participant: zoe.participant.clone(),
                display_name: "Zoe".to_owned(),
                role: Role::Contributor,
                end_reason: Some(SessionEndReason::Silent),
            }),
            ..of_anna(&zoe, at(11), Some(at(14)))
        };
        let expected = [
            of_anna(&anna, at(10), Some(at(15))),
            of_zoe.clone(),
            of_anna(&second, at(12), None),
        ];
        let everything = Predicate::And(Vec::new());
        let mut told = Vec::new();
        let mut token = String::new();
        while told.len() < 3 {
            let query = Query {
                page_size: 1,
                page_token: &token,
                now: at(21),
                ..Query::default()
            };
            let page = register.list_call_sessions(&record, &everything, &query).await;
            let page = page.expect("a page");
            told.extend(page.items);
            token = page.next_page_token.unwrap_or_default();
        }
        assert_eq!(told, expected);
        assert_eq!(token, "");
        let count = register.count_call_sessions(&record, &everything).await;
        assert_eq!(count.expect("a count"), 3);
        assert_eq!(
            register.call_session(&record, &zoe.session).await.expect("recorded"),
            of_zoe
        );
        let mut other = Hall::of(register.clone(), crate::hall::new_space(user(7), at(0))).await;
        let elsewhere = other.join(signed_in(2), at(10)).await;
        let misplaced = register.call_session(&record, &elsewhere.session).await;
        assert!(matches!(misplaced, Err(RegisterError::NotFound)), "{misplaced:?}");
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_organizer_is_nobody() {
    each_engine(async |db| {
        let (register, conferences, _) = five_meetings(&db).await;
        let (id, email) = (user(7), "seven@example.org");
        let person = Forgotten::Account { id: &id, email };
        register.forget_person(person, [7; 32]).await.expect("forgotten");
        let everything = Predicate::And(Vec::new());
        let theirs = pages(&register, Whose::Organizer(&id), Order::NewestFirst, &everything, "").await;
        assert_eq!(theirs, []);
        let record = register
            .call_record(&conferences[1], at(999))
            .await
            .expect("still there");
        assert_eq!(record.organizer, None);
    })
    .await;
}

/// Random meetings, each in a space of its own: in both lists every session is told once, with the same times. What contracts make of
/// them is compared in `crates/server/tests/serving/views.rs`.
#[tokio::test]
async fn both_lists_tell_the_same_story() {
    each_engine(async |db| {
        let mut runner = TestRunner::deterministic();
        for _ in 0..16 {
            let steps = lives::steps(&mut runner);
            let mut hall = Hall::new(&db).await;
            let now = lives::live_through(&mut hall, at(0), steps).await;
            while hall.register.publish(now).await.expect("published") > 0 {}
            assert_eq!(
                told_to_who_looks_after_many(&hall, now).await,
                told_to_who_was_there(&hall, now).await
            );
        }
    })
    .await;
}

/// A conference with its times, and one session of it.
type Told = (
    (ConferenceId, Micros, Option<Micros>),
    (Micros, SessionId, ParticipantId, Option<Micros>),
);

async fn told_to_who_was_there(hall: &Hall, now: Micros) -> Vec<Told> {
    let filter = format!("space.name = \"spaces/{}\"", hall.space.id());
    let all = Query {
        page_size: 250,
        now,
        ..Query::default()
    };
    let of_space = Query { filter: &filter, ..all };
    let mut told = Vec::new();
    let conferences = hall.register.list_conferences(&hall.owner, &of_space, None).await;
    for conference in conferences.expect("a page").items {
        let participants = hall.register.list_participants(&conference.id, &all).await;
        for participant in participants.expect("a page").items {
            let sessions = hall
                .register
                .list_participant_sessions(&conference.id, &participant.id, &all)
                .await;
            told.extend(sessions.expect("a page").items.into_iter().map(|session| {
                let conference = (conference.id.clone(), conference.start, conference.end);
                (
                    conference,
                    (session.start, session.id, session.participant, session.end),
                )
            }));
        }
    }
    told.sort();
    told
}

async fn told_to_who_looks_after_many(hall: &Hall, now: Micros) -> Vec<Told> {
    let filter = format!("space.name = \"spaces/{}\"", hall.space.id());
    let predicate = filter::google(&filter).expect("a filter");
    let everything = Predicate::And(Vec::new());
    let mut told = Vec::new();
    let all = Query {
        page_size: 250,
        now,
        ..Query::default()
    };
    let records = hall
        .register
        .list_call_records(Whose::Everybody, Order::OldestFirst, predicate, &all)
        .await;
    for record in records.expect("a page").items {
        let record = meeting(record);
        let mut token = String::new();
        loop {
            let query = Query {
                page_size: 3,
                page_token: &token,
                ..all
            };
            let sessions = hall.register.list_call_sessions(&record, &everything, &query).await;
            let sessions = sessions.expect("a page");
            told.extend(sessions.items.into_iter().map(|session| {
                let conference = (record.conference.clone(), record.start, record.end);
                let attended = session.attended.expect("everybody connects here");
                (
                    conference,
                    (session.start, session.id, attended.participant, session.end),
                )
            }));
            match sessions.next_page_token {
                Some(next) => token = next,
                None => break,
            }
        }
    }
    assert!(
        told.is_sorted_by_key(|(conference, session)| (conference.1, &conference.0, session.0, &session.1)),
        "the oldest first"
    );
    told.sort();
    told
}
