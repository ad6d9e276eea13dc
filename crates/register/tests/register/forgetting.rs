//! Forgetting a person: nothing of them is left in the database's files, and everything else is.

use crate::hall::{Hall, anonymous, at, fresh, new_space, signed_in, user};
use db::{Db, Location, testing::each_location};
use meeting::{DisplayName, MemberId, Person};
use register::{DELETED_PERSON, Forgotten, MemberRecord, MemberRole, ParticipantKind, Query, Register, RegisterError};
use std::{
    fs,
    path::{Path, PathBuf},
};

const NAME: &str = "Ada Unforgettable";
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
            hall.leave(&ada, now.plus_us(3_000_000)).await;
            hall.leave(&bo, now.plus_us(4_000_000)).await;
            hall.leave(&zoe, now.plus_us(5_000_000)).await;
            seats.push((ada, bo, zoe));
        }
        settle(&db, &location).await;
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
        settle(&db, &location).await;
        for trace in traces() {
            assert_eq!(found(&db, &location, &trace).await, 0, "{trace}");
        }
        for other in ["Zoe", user(2).as_str()] {
            assert!(found(&db, &location, other).await > 0, "{other} is still there");
        }

        check_totals(&register, &seats).await;
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

#[tokio::test]
async fn one_participant_is_forgotten_in_one_conference() {
    each_location(async |location| {
        let db = Db::open(&location).await.expect("a new database");
        let mut hall = Hall::new(&db).await;
        let zoe = hall.join(anonymous("Zoe Unforgettable"), at(1)).await;
        let bo = hall.join(signed_in(2), at(1)).await;
        let person = Forgotten::Participant {
            conference: &zoe.conference,
            participant: &zoe.participant,
        };
        let early = hall.register.forget_person(person, [7; 32]).await;
        assert!(matches!(early, Err(RegisterError::StillMeeting)), "{early:?}");
        hall.leave(&zoe, at(5)).await;
        hall.leave(&bo, at(6)).await;
        assert_eq!(
            hall.register.forget_person(person, [7; 32]).await.expect("forgotten"),
            1
        );
        settle(&db, &location).await;
        for trace in ["Zoe Unforgettable", zoe.participant.as_str()] {
            assert_eq!(found(&db, &location, trace).await, 0, "{trace}");
        }
        let missing = hall.register.forget_person(person, [7; 32]).await;
        assert!(matches!(missing, Err(RegisterError::NotFound)), "{missing:?}");

        // Somebody with an account is forgotten there alone, and may not read the record any more.
        let person = Forgotten::Participant {
            conference: &bo.conference,
            participant: &bo.participant,
        };
        assert_eq!(
            hall.register.forget_person(person, [9; 32]).await.expect("forgotten"),
            1
        );
        assert!(
            !hall
                .register
                .may_read(&bo.conference, &user(2), at(10))
                .await
                .expect("an answer")
        );
        assert!(
            hall.register
                .may_read(&bo.conference, &user(1), at(10))
                .await
                .expect("an answer")
        );
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

fn traces() -> [String; 3] {
    [NAME.to_owned(), EMAIL.to_owned(), user(ADA).to_string()]
}

/// PostgreSQL writes its pages some day; from here on they are in the files. SQLite has nothing of the kind.
///
/// A checkpoint syncs what every test of this server wrote, which a busy disk does not do within the time of a write; it goes
/// on by itself, so whoever asks again waits for the rest.
async fn settle(db: &Db, location: &Location) {
    const ATTEMPTS_MAX: usize = 24;
    if let Location::Sqlite(_) = location {
        return;
    }
    for _ in 0..ATTEMPTS_MAX {
        let checkpoint = db::Statement::new("checkpoint", Vec::new());
        match db.write(vec![checkpoint]).await {
            Ok(()) => return,
            Err(db::Error::Timeout { .. } | db::Error::Uncertain { .. }) => {}
            Err(error) => panic!("no checkpoint: {error}"),
        }
    }
    panic!("no checkpoint in {ATTEMPTS_MAX} attempts");
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
