//! No read grows with the register: every statement is explained by SQLite and must be a search along an index, with
//! nothing sorted afterwards.

use crate::{
    attendance::{REPORTED, REPORTED_CONFERENCE},
    call_quality::{PATHS, REPORTS, STREAMS, of_sessions},
    call_records::{
        CALL_RECORD, CALL_RECORDS, CALL_RECORDS_BY_CHANGE, CALL_RECORDS_BY_CHANGE_OF_ORGANIZER, CALL_RECORDS_OF_GUEST,
        CALL_RECORDS_OF_ORGANIZER, CALL_RECORDS_OF_PERSON,
    },
    call_sessions::{CALL_SESSION, CALL_SESSIONS, SETUP_FAILURE},
    compositions::{COMPOSITION, WANTED},
    conferences::{
        CONFERENCE, CONFERENCES, CONFERENCES_OF_APP, CONFERENCES_OF_APP_IN_SPACE, HAVE_MET, MAY_READ, SPACE_OF_CODE,
    },
    expiry::{
        EXPIRED_CONFERENCES, EXPIRED_REPORTS, MANY_PARTICIPANTS, MANY_PATHS, MANY_PIECES, MANY_READERS, MANY_REPORTED,
        MANY_REPORTS, MANY_SESSIONS, MANY_STREAMS,
    },
    forget::{CONFERENCES_OF, OPEN_CONFERENCE_OF, PARTICIPATION, forgotten, outside_of_conferences},
    members::{MEMBER, MEMBER_ROLE, MEMBERS},
    page::{Direction, Key, List},
    participant_sessions::{
        PARTICIPANT_SESSION, PARTICIPANT_SESSION_FOR_READER, PARTICIPANT_SESSION_OF_READABLE, PARTICIPANT_SESSIONS,
    },
    participants::{PARTICIPANT, PARTICIPANTS},
    pins::{PIN_OF_SPACE, SPACE_OF_PIN},
    publishing::{CALLS_DUE, DUE},
    recording_files::{FILES, LEFTOVERS, STATE, UNFINISHED},
    recordings::{ANSWERS, ANSWERS_THAT_HOLD, LAST_RECORDING, PAUSES, RECORDING, RECORDINGS, RECORDINGS_MADE},
    restore::{ABSENT_PARTICIPANT, AWAITED, GUESTS_PUT_OUT, HOLDER, OPEN_CONFERENCES, PRESENT, SPACE_AS_IT_IS},
    spaces::{SPACE_BY_CODE, SPACE_BY_ID, SPACES},
    telephone_records::{NETWORK_CALLS, TELEPHONE_RECORD, TELEPHONE_RECORDS, TELEPHONE_RECORDS_BY_CHANGE},
};
use db::{Db, Location, Statement, Value, testing::plan};
use meeting::{ConferenceId, Micros, ParticipantId, UserId};

#[tokio::test]
async fn what_is_said_and_wanted_of_recordings_is_searched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&Location::Sqlite(folder.path().join("plans.db")))
        .await
        .expect("a database");
    for (sql, params) in [(ANSWERS, 2), (COMPOSITION, 1)] {
        check(&db, sql, vec![Value::Null; params], &["SEARCH"]).await;
    }
    let and_of_each = ["SEARCH", "CORRELATED SCALAR SUBQUERY"];
    check(&db, ANSWERS_THAT_HOLD, vec![Value::Null; 2], &and_of_each).await;
    let own_index = ["SCAN k USING INDEX meeting_recording_composition_wanted"];
    check(&db, WANTED, vec![Value::Null], &own_index).await;
}

/// Writes wait for it.
#[tokio::test]
async fn whoever_is_forgotten_is_searched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&Location::Sqlite(folder.path().join("plans.db")))
        .await
        .expect("a database");
    let account = UserId::from_random([1; 16]);
    let conference = ConferenceId::from_random([2; 16]);
    let participant = ParticipantId::from(&account);
    let mut statements = forgotten(&conference, &participant, Some(account.as_str()), [3; 32]);
    statements.extend(outside_of_conferences(&account, "ada@example.org", [3; 32]));
    for statement in statements {
        for step in plan(&db, &statement).await {
            // What waits in the outbox is few, and soon gone. A line of the log may name somebody anywhere, and the log is no
            // longer than its lines are kept.
            let is_bounded =
                !step.starts_with("SCAN") || ["SCAN outbox_event", "SCAN audit_event"].contains(&step.as_str());
            assert!(is_bounded, "{step}\n{statement:?}");
        }
    }
}

#[tokio::test]
async fn what_has_expired_is_searched() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&Location::Sqlite(folder.path().join("plans.db")))
        .await
        .expect("a database");
    for sql in [EXPIRED_REPORTS, MANY_REPORTED] {
        check(&db, sql, vec![Value::Null; 2], &["SEARCH"]).await;
    }
    let and_of_each = ["SEARCH", "CORRELATED SCALAR SUBQUERY"];
    check(&db, EXPIRED_CONFERENCES, vec![Value::Null; 3], &and_of_each).await;
}

#[tokio::test]
async fn every_read_is_a_search() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&Location::Sqlite(folder.path().join("plans.db")))
        .await
        .expect("a database");
    for (sql, params) in [
        (SPACE_BY_ID, 2),
        (SPACE_BY_CODE, 2),
        (SPACE_OF_CODE, 2),
        (CONFERENCE, 2),
        (REPORTED_CONFERENCE, 3),
        (MAY_READ, 3),
        (HAVE_MET, 3),
        (PARTICIPANT, 3),
        (PARTICIPANT_SESSION, 4),
        (PARTICIPANT_SESSION_FOR_READER, 5),
        (PARTICIPANT_SESSION_OF_READABLE, 3),
        (SPACE_AS_IT_IS, 1),
        (GUESTS_PUT_OUT, 2),
        (PIN_OF_SPACE, 1),
        (SPACE_OF_PIN, 1),
        (PRESENT, 1),
        (AWAITED, 1),
        (RECORDING, 3),
        (LAST_RECORDING, 1),
        (RECORDINGS_MADE, 1),
        (PAUSES, 2),
        (FILES, 1),
        (LEFTOVERS, 2),
        (STATE, 1),
        (ABSENT_PARTICIPANT, 2),
        (HOLDER, 2),
        (MANY_SESSIONS, 2),
        (MANY_PARTICIPANTS, 2),
        (MANY_READERS, 2),
        (MANY_STREAMS, 2),
        (MANY_PIECES, 2),
        (MANY_PATHS, 2),
        (MANY_REPORTS, 2),
        (SETUP_FAILURE, 2),
        (MEMBER, 2),
        (OPEN_CONFERENCE_OF, 1),
        (PARTICIPATION, 2),
        (CALL_RECORD, 3),
        (CALL_SESSION, 2),
        (DUE, 2),
        (CALLS_DUE, 2),
        (TELEPHONE_RECORD, 1),
    ] {
        check(&db, sql, vec![Value::Null; params], &["SEARCH"]).await;
    }
    for sql in [STREAMS, PATHS, REPORTS] {
        let mut params = vec![Value::Null; 4];
        let sql = of_sessions(sql, &mut params);
        assert!(sql.ends_with("in ($2, $3, $4, $5)"), "{sql}");
        check(&db, &sql, params, &["SEARCH"]).await;
    }
    for of_all in [STREAMS, PATHS, REPORTS] {
        check(&db, of_all, vec![Value::Null], &["SEARCH"]).await;
    }
    let two_searches = ["SEARCH", "COMPOUND QUERY", "LEFT-MOST SUBQUERY", "UNION ALL"];
    for (sql, params) in [(MEMBER_ROLE, 3), (CONFERENCES_OF, 2)] {
        check(&db, sql, vec![Value::Null; params], &two_searches).await;
    }
    // The open conferences have an index of their own: all of it is read.
    let own_index = ["SCAN c USING INDEX conference_active"];
    check(&db, OPEN_CONFERENCES, vec![], &own_index).await;
    // And so have the recordings whose files are being made.
    let own_index = ["SCAN r USING INDEX meeting_recording_unfinished"];
    check(&db, UNFINISHED, vec![Value::Null], &own_index).await;

    for (list, params, filter) in [
        (CONFERENCES, 2, ""),
        (
            CONFERENCES,
            2,
            "space.name = \"spaces/s\" AND start_time > 2026-01-01T00:00:00Z",
        ),
        (CONFERENCES, 2, "start_time < 2026-01-01T00:00:00Z"),
        (CONFERENCES, 2, "end_time IS NULL"),
        (CONFERENCES, 2, "space.meeting_code = \"s\""),
        (CONFERENCES_OF_APP, 3, ""),
        (CONFERENCES_OF_APP, 3, "end_time IS NULL"),
        (CONFERENCES_OF_APP_IN_SPACE, 3, "space.name = \"spaces/s\""),
        (CONFERENCES_OF_APP_IN_SPACE, 3, "space.meeting_code = \"s\""),
        (REPORTED, 3, ""),
        (MEMBERS, 1, ""),
        (SPACES, 2, ""),
        (RECORDINGS, 1, ""),
        (PARTICIPANTS, 1, ""),
        (PARTICIPANTS, 1, "latest_end_time IS NULL"),
        (PARTICIPANTS, 1, "earliest_start_time <= 2026-01-01T00:00:00Z"),
        (PARTICIPANT_SESSIONS, 2, ""),
        (
            PARTICIPANT_SESSIONS,
            2,
            "end_time IS NULL AND start_time > 2026-01-01T00:00:00Z",
        ),
        (PARTICIPANT_SESSIONS, 2, "start_time <= 2026-01-01T00:00:00Z"),
    ] {
        check_list(&db, &list, params, filter).await;
    }
}

#[tokio::test]
async fn a_space_is_read_without_those_who_have_left() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&Location::Sqlite(folder.path().join("plans.db")))
        .await
        .expect("a database");
    for (sql, params, along) in [
        (PRESENT, 1, "participant_session_open (conference=?)"),
        (GUESTS_PUT_OUT, 2, "participant_put_out (conference=?)"),
        (AWAITED, 1, "participant_awaited (conference=?)"),
        (
            ABSENT_PARTICIPANT,
            2,
            "sqlite_autoindex_participant_1 (conference=? AND id=?)",
        ),
        (
            HOLDER,
            2,
            "participant_session_by_secret (conference=? AND secret_sha256=?)",
        ),
    ] {
        let plan = explain(&db, sql, vec![Value::Null; params]).await;
        assert!(plan.iter().any(|step| step.ends_with(along)), "{along}: {plan:#?}");
    }
}

#[tokio::test]
async fn a_filter_by_space_reads_only_that_space() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&Location::Sqlite(folder.path().join("plans.db")))
        .await
        .expect("a database");
    let along = "SEARCH r USING COVERING INDEX conference_reader_by_space (account=? AND space=?";
    for (list, params, filter) in [
        (CONFERENCES, 2, "space.name = \"spaces/s\""),
        (CONFERENCES, 2, "space.meeting_code = \"s\""),
        (CONFERENCES_OF_APP_IN_SPACE, 3, "space.name = \"spaces/s\""),
        (CONFERENCES_OF_APP_IN_SPACE, 3, "space.meeting_code = \"s\""),
    ] {
        let predicate = filter::google(filter).expect("a filter");
        let (sql, params) = list
            .sql(vec![Value::Null; params], &predicate, None, 10)
            .expect("a list's fields");
        let plan = explain(&db, &sql, params).await;
        assert!(plan.iter().any(|step| step.starts_with(along)), "{filter}\n{plan:#?}");
    }
}

#[tokio::test]
async fn call_records_are_read_from_where_the_filter_lets_them_begin() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&Location::Sqlite(folder.path().join("plans.db")))
        .await
        .expect("a database");
    let since = "start_time > 2026-01-01T00:00:00Z AND participants.id = \"p\"";
    for (list, params, filter, along) in [
        (TELEPHONE_RECORDS, 0, "", "SCAN c USING INDEX call_published"),
        (
            TELEPHONE_RECORDS,
            0,
            since,
            "SEARCH c USING INDEX call_published (create_us>?",
        ),
        (
            TELEPHONE_RECORDS_BY_CHANGE,
            1,
            "modified_time > 2026-01-01T00:00:00Z",
            "SEARCH c USING INDEX call_published_by_change (modified_us>?",
        ),
        (CALL_RECORDS, 2, "", "SCAN c USING INDEX conference_published"),
        (
            CALL_RECORDS,
            2,
            since,
            "SEARCH c USING INDEX conference_published (start_us>?",
        ),
        (
            CALL_RECORDS,
            2,
            "media.video = 1 AND start_time > 2026-01-01T00:00:00Z",
            "SEARCH c USING INDEX conference_published (start_us>?",
        ),
        (
            CALL_RECORDS,
            2,
            "start_time <= 2026-01-01T00:00:00Z",
            "SEARCH c USING INDEX conference_published (start_us<?",
        ),
        (
            CALL_RECORDS,
            2,
            "space.name = \"spaces/s\"",
            "SEARCH c USING INDEX conference_newest_first (space=?",
        ),
        (
            CALL_RECORDS_OF_ORGANIZER,
            3,
            since,
            "SEARCH c USING INDEX conference_by_organizer (organizer=? AND start_us>?",
        ),
        (
            CALL_RECORDS_OF_PERSON,
            3,
            "",
            "SEARCH r USING COVERING INDEX sqlite_autoindex_conference_reader_1 (account=?",
        ),
        (
            CALL_RECORDS_OF_GUEST,
            3,
            since,
            "SEARCH c USING INDEX sqlite_autoindex_conference_1 (id=?",
        ),
        (
            CALL_RECORDS_BY_CHANGE,
            3,
            "",
            "SCAN c USING INDEX conference_published_by_change",
        ),
        (
            CALL_RECORDS_BY_CHANGE_OF_ORGANIZER,
            4,
            "",
            "SEARCH c USING INDEX conference_by_organizer_and_change (organizer=?",
        ),
    ] {
        for direction in [Direction::Descending, Direction::Ascending] {
            let list = List { direction, ..list };
            let predicate = filter::google(filter).expect("a filter");
            let params = vec![Value::Null; params];
            let (sql, first) = list.sql(params.clone(), &predicate, None, 10).expect("a list's fields");
            let plan = explain(&db, &sql, first).await;
            assert!(plan[0].starts_with(along), "{along}: {plan:#?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:#?}");
            let key = Key {
                start: Micros(0),
                id: String::new(),
            };
            let (sql, params) = list.sql(params, &predicate, Some(key), 10).expect("a list's fields");
            let plan = explain(&db, &sql, params).await;
            let beyond = match direction {
                Direction::Descending => ")<(?,?)",
                Direction::Ascending => ")>(?,?)",
            };
            // The one conference of a guest is found by its id.
            assert!(plan[0].contains(beyond) || along.ends_with("(id=?"), "{plan:#?}");
        }
    }
    check_list(&db, &CALL_SESSIONS, 1, "end_time > 2026-01-01T00:00:00Z").await;
    check_list(&db, &NETWORK_CALLS, 0, "start_time >= 2026-11-01T00:00:00Z").await;
}

async fn check_list(db: &Db, list: &List, params: usize, filter: &str) {
    let predicate = filter::google(filter).expect("a filter");
    let key = || Key {
        start: Micros(0),
        id: String::new(),
    };
    let beyond = match list.direction {
        Direction::Descending => ")<(?,?))",
        Direction::Ascending => ")>(?,?))",
    };
    for (after, begins_with) in [(None, "SEARCH"), (Some(key()), beyond)] {
        let (sql, params) = list
            .sql(vec![Value::Null; params], &predicate, after, 10)
            .expect("a list's fields");
        let plan = explain(db, &sql, params.clone()).await;
        assert!(
            plan[0].contains(begins_with),
            "a page begins where the one before ended\n{plan:#?}"
        );
        check(
            db,
            &sql,
            params,
            &["SEARCH", "SCALAR SUBQUERY", "CORRELATED SCALAR SUBQUERY"],
        )
        .await;
    }
}

async fn check(db: &Db, sql: &str, params: Vec<Value>, allowed: &[&str]) {
    for step in explain(db, sql, params).await {
        assert!(allowed.iter().any(|allowed| step.starts_with(allowed)), "{step}\n{sql}");
    }
}

async fn explain(db: &Db, sql: &str, params: Vec<Value>) -> Vec<String> {
    plan(db, &Statement::new(sql.to_owned(), params)).await
}

#[tokio::test]
async fn an_app_reads_only_what_it_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let db = Db::open(&Location::Sqlite(folder.path().join("plans.db")))
        .await
        .expect("a database");
    let predicate = filter::google("").expect("a filter");
    let (sql, params) = CONFERENCES_OF_APP
        .sql(vec![Value::Null; 3], &predicate, None, 10)
        .expect("a list's fields");
    let plan = explain(&db, &sql, params).await;
    let along = "SEARCH r USING INDEX conference_reader_by_app (account=? AND app=?";
    assert!(plan.iter().any(|step| step.starts_with(along)), "{plan:#?}");
}
