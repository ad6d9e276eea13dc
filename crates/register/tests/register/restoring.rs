//! After a crash: what a new process finds is what the old one had acknowledged.

use crate::hall::{Hall, Seat, anonymous, arrival, at, fresh, open, signed_in, user};
use db::{Statement, testing::each_engine};
use meeting::{
    Conference, DeviceKind, Input, LostReason, Micros, RecordingEndReason, RecordingId, Settings, Space, Standing,
};
use proptest::{prelude::*, sample::Index, strategy::ValueTree as _, test_runner::TestRunner};
use register::{Query, Register};

const HISTORIES: usize = 12;

/// The space in memory and the one rebuilt from rows restart into the same state, after every step of random histories.
#[tokio::test]
async fn a_rebuilt_space_is_the_one_that_was_lost() {
    each_engine(async |db| {
        let mut runner = TestRunner::deterministic();
        let steps = proptest::collection::vec(step(), 5..25);
        for _ in 0..HISTORIES {
            let mut hall = Hall::new(&db).await;
            let mut seats = Vec::new();
            let mut now = at(0);
            for step in steps.new_tree(&mut runner).expect("steps").current() {
                now = now.plus_us(step.wait_us);
                take(&mut hall, &mut seats, &step, now).await;
                let restored = hall.register.space(hall.space.id()).await.expect("restored");
                assert_eq!(kept(restored, now), kept(hall.space.clone(), now), "{step:?}");
            }
            check_records(&hall, now).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_starts_finds_what_is_open() {
    each_engine(async |db| {
        let mut open = Hall::new(&db).await;
        let mut over = Hall::new(&db).await;
        Hall::new(&db).await;
        let seat = open.join(signed_in(2), at(10)).await;
        let left = over.join(anonymous("Zoe"), at(10)).await;
        over.leave(&left, at(20)).await;

        let found = Register::new(db).open_conferences().await.expect("restored");
        assert_eq!(found.iter().map(Space::id).collect::<Vec<_>>(), [open.space.id()]);
        open.space = found.into_iter().next().expect("one");
        open.give(Input::Restart, at(100)).await.expect("a restart");
        let record = open
            .register
            .participant_session(&seat.conference, &seat.participant, &seat.session, at(101))
            .await;
        assert_eq!(record.expect("recorded").end, Some(at(10)), "the last sign of life");
        assert_eq!(
            open.register
                .conference(&seat.conference, at(101))
                .await
                .expect("recorded")
                .end,
            None
        );
        open.give(Input::Tick, at(130)).await.expect("a tick");
        assert_eq!(
            open.register
                .conference(&seat.conference, at(131))
                .await
                .expect("recorded")
                .end,
            Some(at(10))
        );

        // The next conference begins when the clock says so, though the last one ended in what is the future now.
        let mut rested = over.register.space(over.space.id()).await.expect("restored");
        std::mem::swap(&mut rested, &mut over.space);
        let next = over.join(signed_in(2), at(15)).await;
        let start = over
            .register
            .conference(&next.conference, at(16))
            .await
            .expect("recorded")
            .start;
        assert_eq!(start, at(15));
        let rested = over.register.space(over.space.id()).await.expect("restored");
        assert_eq!(
            rested.conference().map(Conference::id),
            Some(&next.conference),
            "the open one, whichever began last"
        );
    })
    .await;
}

/// A participant's latest end, and the conference's, may be that of a session which had ended long before the crash.
#[tokio::test]
async fn what_had_ended_before_a_crash_counts() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let laptop = hall.join(signed_in(2), at(10)).await;
        let phone = hall.join(signed_in(2), at(11)).await;
        let zoe = hall.join(anonymous("Zoe"), at(12)).await;
        hall.leave(&phone, at(20)).await;
        hall.leave(&zoe, at(30)).await;

        hall.space = hall.register.space(hall.space.id()).await.expect("restored");
        hall.give(Input::Restart, at(100)).await.expect("a restart");
        let participant = hall
            .register
            .participant(&laptop.conference, &laptop.participant, at(101));
        let latest_end = participant.await.expect("recorded").latest_end;
        assert_eq!(latest_end, Some(at(20)), "the laptop was heard of last before");
        hall.give(Input::Tick, at(130)).await.expect("a tick");
        let conference = hall.register.conference(&laptop.conference, at(131)).await;
        assert_eq!(conference.expect("recorded").end, Some(at(30)), "a guest was the last");
    })
    .await;
}

/// Whom a conference waits for is recorded: a process that starts, or must look again, waits for the same people.
#[tokio::test]
async fn those_who_are_awaited_are_awaited_after_a_restart() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let laptop = hall.join(signed_in(2), at(10)).await;
        let zoe = hall.join(anonymous("Zoe"), at(11)).await;
        let yan = hall.join(anonymous("Yan"), at(12)).await;
        hall.leave(&yan, at(13)).await;
        for seat in [&laptop, &zoe] {
            let lost = Input::Lost {
                session: seat.session.clone(),
                last_sign_of_life: at(14),
                reason: LostReason::Silent,
            };
            hall.give(lost, at(22)).await.expect("never refused");
        }
        let again = hall.register.space(hall.space.id()).await.expect("restored");
        assert_eq!(
            again.next_deadline(),
            Some(at(52)),
            "as it was, for a process that looks again"
        );

        hall.space = again;
        hall.give(Input::Restart, at(100)).await.expect("a restart");
        hall.join(signed_in(2), at(101)).await;
        hall.join_with(anonymous("Zoe"), Some(zoe.secret), at(102)).await;
        hall.space = hall.register.space(hall.space.id()).await.expect("restored");
        assert!(hall.space.conference().is_some());
        assert_eq!(hall.space.next_deadline(), None, "everybody has been back");
    })
    .await;
}

/// A conference that was open when the server was exchanged for one that holds only those who are there.
#[tokio::test]
async fn a_conference_of_an_older_server_is_taken_up() {
    const STEP: &str = include_str!("../../../db/migrations/0006_absentees.sql");
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        hall.join(signed_in(2), at(10)).await;
        let phone = hall.join(signed_in(2), at(11)).await;
        let zoe = hall.join(anonymous("Zoe"), at(12)).await;
        let yan = hall.join(anonymous("Yan"), at(13)).await;
        hall.leave(&phone, at(20)).await;
        hall.leave(&zoe, at(30)).await;
        let participant = yan.participant;
        hall.give(Input::Remove { participant }, at(40)).await.expect("a guest");

        let undone = [
            "drop index participant_put_out",
            "drop index participant_session_by_secret",
            "alter table participant drop column latest_session_end_us",
            "alter table conference drop column latest_session_end_us",
        ];
        for sql in undone.into_iter().chain(STEP.split_terminator(";\n")) {
            db.write(vec![Statement::new(sql, vec![])]).await.expect(sql);
        }

        let restored = hall.register.space(hall.space.id()).await.expect("restored");
        assert_eq!(kept(restored.clone(), at(50)), kept(hall.space.clone(), at(50)));
        hall.space = restored;
        let again = hall.join_with(anonymous("Zoe"), Some(zoe.secret), at(60)).await;
        assert_eq!(again.participant, zoe.participant);
        assert!(
            hall.knock(arrival(anonymous("Xena"), None), at(61)).await,
            "a guest was put out"
        );
    })
    .await;
}

const STANDINGS: [Standing; 3] = [Standing::Trusted, Standing::CoHost, Standing::Member];

/// What a restart leaves of a space: all but those who are outside.
fn kept(mut space: Space, now: Micros) -> (Settings, Option<Conference>) {
    for fact in meeting::decide(&space, Input::Restart, now).expect("never refused") {
        space.apply(&fact);
    }
    (*space.settings(), space.conference().cloned())
}

#[derive(Clone, Debug)]
struct Step {
    wait_us: i64,
    kind: u8,
    person: u8,
    index: Index,
}

fn step() -> impl Strategy<Value = Step> {
    (0..8_000_000_i64, 0..24_u8, 0..5_u8, any::<Index>()).prop_map(|(wait_us, kind, person, index)| Step {
        wait_us,
        kind,
        person,
        index,
    })
}

async fn record(hall: &mut Hall, kind: u8, now: Micros) {
    let input = match kind {
        20 => Input::StartRecording {
            recording: RecordingId::from_random(fresh()),
            by: None,
            asks: false,
        },
        21 => Input::PauseRecording,
        22 => Input::ResumeRecording,
        _ => Input::StopRecording {
            recording: None,
            reason: RecordingEndReason::Stopped,
        },
    };
    drop(hall.give(input, now).await);
}

async fn take(hall: &mut Hall, seats: &mut Vec<Seat>, step: &Step, now: Micros) {
    hall.give(Input::Tick, now).await.expect("never refused");
    let seat = (!seats.is_empty()).then(|| step.index.get(seats).clone());
    let person = if step.person < 2 {
        signed_in(step.person.into())
    } else {
        anonymous(&format!("Guest {}", step.person))
    };
    match (step.kind, seat) {
        (0..=4, seat) => {
            let mut arrival = arrival(person, seat.map(|seat| seat.secret));
            arrival.device = DeviceKind::ALL[usize::from(step.person % 2) * 2];
            arrival.standing = STANDINGS[usize::from(step.kind % 3)];
            if let Some(joined) = hall.come_in_or_knock(arrival, now).await {
                seats.push(joined);
            }
        }
        (5..=7, Some(seat)) => drop(hall.give(Input::Alive(vec![(seat.session, now)]), now).await),
        (8..=10, Some(seat)) => drop(
            hall.give(
                Input::Leave {
                    session: seat.session,
                    secret: seat.secret,
                },
                now,
            )
            .await,
        ),
        (11..=12, Some(seat)) => {
            let lost = Input::Lost {
                session: seat.session,
                last_sign_of_life: now.plus_us(-9_000_000),
                reason: LostReason::Silent,
            };
            hall.give(lost, now).await.expect("never refused");
        }
        (20..=23, _) => record(hall, step.kind, now).await,
        (13, Some(seat)) => {
            let arrival = arrival(person, Some(seat.secret));
            let (session, secret) = (arrival.session.clone(), arrival.secret);
            if hall
                .give(
                    Input::Resume {
                        arrival,
                        conference: seat.conference.clone(),
                    },
                    now,
                )
                .await
                .is_ok()
            {
                hall.connect(&session, now).await;
                seats.push(Seat {
                    session,
                    secret,
                    ..seat
                });
            }
        }
        (14, _) => {
            let away = [Input::Restart, Input::Woke, Input::Shutdown][usize::from(step.person % 3)].clone();
            drop(hall.give(away, now).await);
        }
        (15, _) => drop(hall.give(Input::EndConference, now).await),
        (16, Some(seat)) => drop(
            hall.give(
                Input::Remove {
                    participant: seat.participant,
                },
                now,
            )
            .await,
        ),
        (17..=18, _) => {
            let promote = Input::Promote {
                user: user(step.person.into()),
                standing: STANDINGS[usize::from(step.kind % 3)],
            };
            hall.give(promote, now).await.expect("never refused");
        }
        (19, _) => {
            let settings = Settings {
                moderation: step.person > 1,
                default_join_as_viewer: step.person > 2,
                auto_recording: step.person > 3,
                ..open()
            };
            hall.give(Input::Configure(settings), now).await.expect("never refused");
        }
        _ => {}
    }
}

/// The rules hold in what callers read.
async fn check_records(hall: &Hall, now: Micros) {
    let query = Query {
        now,
        page_size: 100,
        ..Query::default()
    };
    let conferences = hall
        .register
        .list_conferences(&hall.owner, &query, None)
        .await
        .expect("a page")
        .items;
    let conferences = conferences
        .iter()
        .filter(|conference| conference.space == *hall.space.id());
    for conference in conferences {
        assert!(conference.end.is_none_or(|end| end >= conference.start));
        for participant in hall
            .register
            .list_participants(&conference.id, &query)
            .await
            .expect("a page")
            .items
        {
            assert!(participant.earliest_start >= conference.start);
            assert!(
                conference
                    .end
                    .is_none_or(|end| participant.latest_end.is_some_and(|latest| latest <= end))
            );
            let sessions = hall
                .register
                .list_participant_sessions(&conference.id, &participant.id, &query)
                .await;
            let sessions = sessions.expect("a page").items;
            assert_eq!(
                sessions.iter().map(|session| session.start).min(),
                Some(participant.earliest_start)
            );
            let live = sessions.iter().any(|session| session.end.is_none());
            let latest_end = sessions.iter().filter_map(|session| session.end).max();
            assert_eq!(participant.latest_end, latest_end.filter(|_| !live));
            assert!(
                sessions
                    .iter()
                    .all(|session| session.end.is_none_or(|end| end >= session.start))
            );
        }
    }
}
