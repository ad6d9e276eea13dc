//! Forgetting a person: nothing of them is left in the database's files, and everything else is.

use crate::hall::{Hall, Seat, anonymous, at, fresh, new_space, signed_in, user};
use crate::quality::{MICROPHONE, measured, path, report};
use audit::{Action, Actor, By, Log, participant};
use db::{
    Db, Location,
    testing::{checkpoint, each_location},
};
use meeting::{DeviceKind, DisplayName, MemberId, Micros, Person, SessionId};
use register::{
    DELETED_PERSON, Forgotten, Measured, MemberRecord, MemberRole, Obstacle, ParticipantKind, Query, Register,
    RegisterError, SetupFailure,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const NAME: &str = "Ada Unforgettable";
const ADDRESS: &str = "203.0.113.77";
const BROWSER: &str = "AdaBrowser/7";
const EMAIL: &str = "ada.unforgettable@example.org";
/// A user number that stands in no other id.
const ADA: u64 = 314_159_265_358_979;

#[tokio::test]
async fn a_person_leaves_no_bytes_in_the_files() {
    each_location(async |location| {
        let db = Db::open(&location).await.expect("a new database");
        let mut hall = Hall::new(&db).await;
        let register = hall.register.clone();
        let own = register
            .create_space(new_space(user(ADA), at(0)))
            .await
            .expect("fresh ids");
        register
            .create_member(&membership(hall.space.id()))
            .await
            .expect("a new address");
        let mut seats = Vec::new();
        // Enough of others around her that pages split and move.
        for round in 0..60_i64 {
            let now = at(round * 100);
            let bo = hall.join(signed_in(2), now).await;
            let ada = hall.join(ada(), now.plus_us(1_000_000)).await;
            let zoe = hall.join(anonymous("Zoe"), now.plus_us(2_000_000)).await;
            measure(&register, &ada, now.plus_us(2_500_000)).await;
            hall.leave(&ada, now.plus_us(3_000_000)).await;
            hall.leave(&bo, now.plus_us(4_000_000)).await;
            hall.leave(&zoe, now.plus_us(5_000_000)).await;
            seats.push((ada, bo, zoe));
        }
        checkpoint(&db).await;
        for trace in traces() {
            assert!(
                found(&db, &location, &trace).await > 0,
                "{trace} is written before it is forgotten"
            );
        }

        let person = Forgotten::Account {
            id: &user(ADA),
            email: EMAIL,
        };
        assert_eq!(register.forget_person(person, [7; 32]).await.expect("forgotten"), 60);
        checkpoint(&db).await;
        for trace in traces() {
            assert_eq!(found(&db, &location, &trace).await, 0, "{trace}");
        }
        for other in ["Zoe", user(2).as_str()] {
            assert!(found(&db, &location, other).await > 0, "{other} is still there");
        }

        check_totals(&register, &seats).await;
        check_quality(&register, &seats[0].0, at(7000)).await;
        let gone = register.space_by_id(&own.id, at(7000)).await.expect("the space stays");
        assert_eq!((gone.code, gone.owner), (None, user(0)));
        assert!(matches!(
            register.member_role(hall.space.id(), &user(ADA), EMAIL).await,
            Ok(None)
        ));
        assert_eq!(register.forget_person(person, [8; 32]).await.expect("once more"), 0);
    })
    .await;
}

/// A line of every kind there is, each with all that a line of any kind says of a person.
#[tokio::test]
async fn the_audit_log_tells_nothing_of_a_forgotten_person() {
    each_location(async |location| {
        let db = Db::open(&location).await.expect("a new database");
        let log = Log::new(db.clone());
        let account = format!("users/{}", user(ADA));
        let herself = By::remote(Actor::User(user(ADA)), &ADDRESS, at(0).0);
        let stranger = By::remote(Actor::Nobody, &ADDRESS, at(1).0);
        let details = [
            participant(user(ADA).as_str()),
            account.clone(),
            format!("{account} admin"),
        ];
        let mut lines = 0;
        for action in Action::ALL {
            for detail in &details {
                let mut written =
                    vec![By::command_line(at(2).0).did(*action, "conferenceRecords/c/recordings/r", detail)];
                written.extend([&herself, &stranger].map(|by| by.did(*action, &account, detail)));
                lines += written.len();
                log.write(written).await.expect("written");
            }
        }
        checkpoint(&db).await;
        let traces = [user(ADA).as_str(), ADDRESS].map(str::to_owned);
        for trace in &traces {
            assert!(found(&db, &location, trace).await > 0, "{trace} is written");
        }
        let person = Forgotten::Account {
            id: &user(ADA),
            email: EMAIL,
        };
        let register = Register::new(db.clone());
        assert_eq!(register.forget_person(person, [7; 32]).await.expect("forgotten"), 0);
        checkpoint(&db).await;
        for trace in &traces {
            assert_eq!(found(&db, &location, trace).await, 0, "{trace}");
        }
        let everything = audit::Query {
            size: 1_000,
            ..audit::Query::default()
        };
        let kept = log.list(&everything).await.expect("read").events;
        assert_eq!(kept.len(), lines);
        assert!(
            kept.iter().any(|line| line.detail.ends_with(" admin")),
            "the role stays"
        );
    })
    .await;
}

/// Whom a host put out, and who answered whether they may be recorded, once they are forgotten in that conference.
#[tokio::test]
async fn the_audit_log_tells_nothing_of_a_participant_who_is_forgotten() {
    each_location(async |location| {
        let db = Db::open(&location).await.expect("a new database");
        let log = Log::new(db.clone());
        let mut hall = Hall::new(&db).await;
        let zoe = hall.join(anonymous("Zoe"), at(1)).await;
        let bo = hall.join(signed_in(2), at(1)).await;
        for seat in [&zoe, &bo] {
            hall.leave(seat, at(2)).await;
        }
        let name = |below: &str| format!("conferenceRecords/{}{below}", zoe.conference);
        let host = By::remote(Actor::User(user(1)), &"198.51.100.1", at(1).0);
        let of_host = |seat: &Seat| {
            host.did(
                Action::MeetingRemove,
                &name(""),
                &participant(seat.participant.as_str()),
            )
        };
        let answer = |seat: &Seat, actor| {
            let detail = participant(seat.participant.as_str());
            let by = By::remote(actor, &ADDRESS, at(1).0);
            by.did(Action::RecordingRefuse, &name("/recordings/r"), &detail)
        };
        let elsewhere = host.did(
            Action::MeetingRemove,
            "conferenceRecords/z",
            &participant(user(2).as_str()),
        );
        log.write(vec![
            of_host(&zoe),
            of_host(&bo),
            answer(&zoe, Actor::Nobody),
            answer(&bo, Actor::User(user(2))),
            elsewhere,
        ])
        .await
        .expect("written");
        for (seat, seed) in [(&zoe, [7; 32]), (&bo, [8; 32])] {
            let person = Forgotten::Participant {
                conference: &seat.conference,
                participant: &seat.participant,
            };
            assert_eq!(hall.register.forget_person(person, seed).await.expect("forgotten"), 1);
        }
        checkpoint(&db).await;
        for trace in [zoe.participant.as_str(), ADDRESS] {
            assert_eq!(found(&db, &location, trace).await, 0, "{trace}");
        }
        let query = audit::Query {
            subject: name("/recordings/r"),
            ..audit::Query::default()
        };
        for line in log.list(&query).await.expect("read").events {
            assert_eq!(
                (line.actor.as_str(), line.detail.as_str(), line.client),
                ("nobody", "", None)
            );
        }
        let of_hosts = audit::Query {
            actor: format!("users/{}", user(1)),
            ..audit::Query::default()
        };
        let lines = log.list(&of_hosts).await.expect("read").events;
        let mut details: Vec<String> = lines.into_iter().map(|line| line.detail).collect();
        details.sort();
        assert_eq!(
            details,
            ["", "", &participant(user(2).as_str())],
            "of another conference they are not forgotten"
        );
    })
    .await;
}

#[tokio::test]
async fn one_participant_is_forgotten_in_one_conference() {
    each_location(async |location| {
        let db = Db::open(&location).await.expect("a new database");
        let mut hall = Hall::new(&db).await;
        let zoe = hall.join(anonymous("Zoe Unforgettable"), at(1)).await;
        let bo = hall.join(signed_in(2), at(1)).await;
        let host = hall.join(signed_in(1), at(1)).await;
        let person = Forgotten::Participant {
            conference: &zoe.conference,
            participant: &zoe.participant,
        };
        let early = hall.register.forget_person(person, [7; 32]).await;
        assert!(matches!(early, Err(RegisterError::StillMeeting)), "{early:?}");
        hall.leave(&zoe, at(5)).await;
        hall.leave(&bo, at(6)).await;
        hall.leave(&host, at(6)).await;
        assert_eq!(
            hall.register.forget_person(person, [7; 32]).await.expect("forgotten"),
            1
        );
        checkpoint(&db).await;
        for trace in ["Zoe Unforgettable", zoe.participant.as_str()] {
            assert_eq!(found(&db, &location, trace).await, 0, "{trace}");
        }
        let missing = hall.register.forget_person(person, [7; 32]).await;
        assert!(matches!(missing, Err(RegisterError::NotFound)), "{missing:?}");

        // Somebody with an account is forgotten there alone: they may not read the record any more, nor is it one of theirs.
        for (seat, seed, readers_left, organizer) in
            [(&bo, [8; 32], vec![1], Some(user(1))), (&host, [9; 32], vec![], None)]
        {
            let person = Forgotten::Participant {
                conference: &seat.conference,
                participant: &seat.participant,
            };
            assert_eq!(hall.register.forget_person(person, seed).await.expect("forgotten"), 1);
            for reader in [1, 2] {
                let may = hall.register.may_read(&bo.conference, &user(reader), at(10)).await;
                assert_eq!(may.expect("an answer"), readers_left.contains(&reader));
            }
            let record = hall.register.provisional_call_record(&bo.conference, at(10)).await;
            assert_eq!(record.expect("kept").organizer, organizer);
        }
    })
    .await;
}

/// Who may read is remembered, and taken back by any write of any process: the next question is answered as things are.
#[tokio::test]
async fn who_may_read_is_as_it_was_written_last() {
    each_location(async |location| {
        let db = Db::open(&location).await.expect("a new database");
        let elsewhere = Register::new(Db::open(&location).await.expect("the same database"));
        let mut hall = Hall::new(&db).await;
        let bo = hall.join(signed_in(2), at(1)).await;
        let register = hall.register.clone();
        let may = async |reader: u64| {
            let mut answers = Vec::new();
            for _ in ["read", "remembered"] {
                let reader = user(reader);
                let session = register.participant_session_for_reader(
                    &bo.conference,
                    &bo.participant,
                    &bo.session,
                    &reader,
                    at(9),
                );
                match session.await {
                    Ok(record) => assert_eq!(record.id, bo.session),
                    Err(error) => assert!(matches!(error, RegisterError::NotFound), "{error:?}"),
                }
                let may = register.may_read(&bo.conference, &reader, at(9)).await;
                answers.push(may.expect("an answer"));
            }
            assert_eq!(answers[0], answers[1]);
            answers[0]
        };
        assert!(may(2).await && !may(3).await);
        let cy = hall.join(signed_in(3), at(2)).await;
        assert!(may(2).await && may(3).await);
        hall.leave(&bo, at(5)).await;
        hall.leave(&cy, at(6)).await;
        assert!(may(2).await && may(3).await);
        for (seed, seat, left) in [([7; 32], &cy, (true, false)), ([9; 32], &bo, (false, false))] {
            let person = Forgotten::Participant {
                conference: &seat.conference,
                participant: &seat.participant,
            };
            assert_eq!(elsewhere.forget_person(person, seed).await.expect("forgotten"), 1);
            assert_eq!((may(2).await, may(3).await), left);
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_is_in_a_meeting_is_not_forgotten_yet() {
    each_location(async |location| {
        let db = Db::open(&location).await.expect("a new database");
        let mut hall = Hall::new(&db).await;
        let seat = hall.join(ada(), at(1)).await;
        let person = Forgotten::Account {
            id: &user(ADA),
            email: EMAIL,
        };
        let early = hall.register.forget_person(person, [7; 32]).await;
        assert!(matches!(early, Err(RegisterError::StillMeeting)), "{early:?}");
        hall.leave(&seat, at(2)).await;
        assert_eq!(
            hall.register.forget_person(person, [7; 32]).await.expect("forgotten"),
            1
        );
    })
    .await;
}

/// Times and totals are what they were, under a name that is nobody's; and no two conferences share an id.
async fn check_totals(register: &Register, seats: &[(crate::hall::Seat, crate::hall::Seat, crate::hall::Seat)]) {
    let mut pseudonyms = std::collections::BTreeSet::new();
    for (round, (ada, bo, _)) in (0..).zip(seats) {
        let start = at(round * 100);
        let query = Query {
            now: at(7000),
            ..Query::default()
        };
        let attendance = register
            .attendance(&ada.conference, &query)
            .await
            .expect("a page")
            .items;
        assert_eq!(attendance.len(), 3);
        let forgotten = &attendance[1];
        assert_eq!(forgotten.participant.display_name, DELETED_PERSON);
        assert_eq!(forgotten.participant.kind, ParticipantKind::Anonymous);
        assert_eq!(forgotten.participant.earliest_start, start.plus_us(1_000_000));
        assert_eq!(forgotten.participant.latest_end, Some(start.plus_us(3_000_000)));
        assert_eq!(forgotten.sessions.len(), 1);
        assert_eq!(forgotten.sessions[0].id, ada.session);
        assert!(pseudonyms.insert(forgotten.participant.id.clone()));
        assert_eq!(attendance[2].participant.id, bo.participant);
        assert!(
            !register
                .may_read(&ada.conference, &user(ADA), at(7000))
                .await
                .expect("an answer")
        );
        assert!(
            register
                .may_read(&ada.conference, &user(2), at(7000))
                .await
                .expect("an answer")
        );
    }
}

/// Somebody is there with an address and a browser, after another device of theirs could not connect.
async fn measure(register: &Register, seat: &crate::hall::Seat, now: Micros) {
    let measured = Measured {
        path: Some(path(&format!("{ADDRESS}:50000"))),
        report: Some(report(BROWSER)),
        ..measured(&seat.session, &[(MICROPHONE, 10)])
    };
    let failure = SetupFailure {
        conference: seat.conference.clone(),
        session: SessionId::from_random(fresh()),
        account: Some(user(ADA)),
        device: DeviceKind::Full,
        by_program: false,
        start: now.plus_us(-1),
        end: now,
        obstacle: Obstacle::Unreachable,
    };
    register.keep(&[measured], &[failure], now).await.expect("written");
}

/// The figures of a forgotten person's session stay, as the times do; what tells of the person does not.
async fn check_quality(register: &Register, seat: &crate::hall::Seat, now: Micros) {
    let record = register
        .provisional_call_record(&seat.conference, now)
        .await
        .expect("kept");
    let everything = filter::Predicate::And(Vec::new());
    let sessions = register.count_call_sessions(&record, &everything).await;
    assert_eq!(sessions.expect("a count"), 3, "and nobody who could not connect");
    let quality = register
        .call_quality(&record.conference, std::slice::from_ref(&seat.session))
        .await
        .expect("read");
    let quality = &quality[&seat.session];
    assert_eq!(quality.streams[&MICROPHONE].figures.packets, 10);
    assert_eq!((quality.path, &quality.report), (None, &None));
}

fn ada() -> Person {
    Person::SignedIn {
        user: user(ADA),
        display_name: DisplayName::parse(NAME).expect("a name"),
    }
}

fn membership(space: &meeting::SpaceId) -> MemberRecord {
    MemberRecord {
        space: space.clone(),
        id: MemberId::from_random(fresh()),
        email: Some(EMAIL.to_owned()),
        account: Some(user(ADA)),
        role: MemberRole::CoHost,
        create: at(0),
    }
}

fn traces() -> [String; 5] {
    [NAME, EMAIL, user(ADA).as_str(), ADDRESS, BROWSER].map(str::to_owned)
}

/// How many files of the database hold these bytes. PostgreSQL's own log of changes is not looked at: the engine recycles
/// it in its own time.
async fn found(db: &Db, location: &Location, bytes: &str) -> usize {
    let files = match location {
        Location::Sqlite(path) => {
            let folder = path.parent().expect("a folder");
            files_below(folder)
        }
        Location::Postgres(address) => {
            let host = address.strip_prefix("host=").expect("a folder first");
            let folder = Path::new(host.split(' ').next().expect("a folder")).join("data");
            {
                let own = "select cast(oid as bigint) from pg_database where datname = current_database()";
                let own = db.read(own, Vec::new()).await.expect("a row")[0]
                    .int(0)
                    .expect("a number");
                let parts = ["global".to_owned(), format!("base/{own}")];
                parts.iter().flat_map(|part| files_below(&folder.join(part))).collect()
            }
        }
    };
    assert!(!files.is_empty());
    let holds = |file: &PathBuf| {
        // A file that is gone by now holds nothing.
        let content = fs::read(file).unwrap_or_default();
        content.windows(bytes.len()).any(|window| window == bytes.as_bytes())
    };
    files.iter().filter(|file| holds(file)).count()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
