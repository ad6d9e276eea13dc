//! Recordings of conferences: their rows, their files, and how they go.

use crate::hall::{Hall, Seat, at, fresh, signed_in, user};
use audit::By;
use db::{Db, testing::each_engine};
use meeting::{Consent, Input, Micros, RecordingEndReason, RecordingId};
use register::{
    Forgotten, Query, RecordedFile, RecordingAnswer, RecordingRecord, RecordingState, RegisterError, Removal, limits,
};

/// Somebody joins, records, pauses, goes on, stops; and does it again until the end.
async fn two_recordings(hall: &mut Hall) -> (Seat, [RecordingId; 2]) {
    let anna = hall.join(signed_in(1), at(10)).await;
    let ids = [fresh(), fresh()].map(RecordingId::from_random);
    let start = |id: &RecordingId, by| Input::StartRecording {
        recording: id.clone(),
        by,
        asks: false,
    };
    let stop = Input::StopRecording {
        recording: None,
        reason: RecordingEndReason::Stopped,
    };
    for (input, second) in [
        (start(&ids[0], Some(user(1))), 11),
        (Input::PauseRecording, 12),
        (Input::ResumeRecording, 14),
        (stop, 20),
        (start(&ids[1], None), 21),
        (Input::PauseRecording, 25),
    ] {
        hall.give(input, at(second)).await.expect("it is possible");
    }
    hall.leave(&anna, at(30)).await;
    (anna, ids)
}

fn file(name: &str, seat: Option<&Seat>) -> RecordedFile {
    RecordedFile {
        name: name.to_owned(),
        media_type: "video/webm".to_owned(),
        size_bytes: 1_234,
        sha256: vec![7; 32],
        session: seat.map(|seat| seat.session.clone()),
        source: seat.map(|_| "camera".to_owned()),
        start: at(11),
        duration_us: 9_000_000,
    }
}

async fn list(hall: &Hall, seat: &Seat, size: i32, token: &str) -> (Vec<RecordingRecord>, String) {
    let query = Query {
        filter: "",
        page_size: size,
        page_token: token,
        now: at(40),
    };
    let page = hall
        .register
        .list_recordings(&seat.conference, &query)
        .await
        .expect("a page");
    (page.items, page.next_page_token.unwrap_or_default())
}

fn by() -> By {
    By::server(at(50).0)
}

async fn count(db: &Db, table: &str) -> i64 {
    let rows = db
        .read(&format!("select count(*) from {table}"), vec![])
        .await
        .expect("a count");
    rows[0].int(0).expect("a number")
}

#[tokio::test]
async fn what_is_recorded_of_a_recording() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let (anna, [first, second]) = two_recordings(&mut hall).await;
        let register = &hall.register;
        let (page, token) = list(&hall, &anna, 1, "").await;
        let expected = RecordingRecord {
            conference: anna.conference.clone(),
            id: first.clone(),
            state: RecordingState::Ended,
            start: at(11),
            end: Some(at(20)),
            end_reason: Some(RecordingEndReason::Stopped),
            by: Some(user(1)),
            is_paused: false,
            is_held: false,
            asks: false,
        };
        assert_eq!(page, [expected]);
        let (page, end) = list(&hall, &anna, 1, &token).await;
        let expected = RecordingRecord {
            conference: anna.conference.clone(),
            id: second.clone(),
            state: RecordingState::Ended,
            start: at(21),
            end: Some(at(30)),
            end_reason: Some(RecordingEndReason::ConferenceEnded),
            by: None,
            is_paused: true,
            is_held: false,
            asks: false,
        };
        assert_eq!((page, end.as_str()), (vec![expected], ""));
        let pauses = |id: RecordingId| async move { register.pauses(&id).await.expect("pauses") };
        assert_eq!(pauses(first.clone()).await, [(at(12), Some(at(14)))]);
        assert_eq!(pauses(second.clone()).await, [(at(25), Some(at(30)))]);

        assert_eq!(
            register.unfinished_recordings().await.expect("both"),
            [first.clone(), second.clone()]
        );
        let files = [file("a.webm", Some(&anna)), file("mix.wav", None)];
        register
            .recording_finished(&first, &files, at(31))
            .await
            .expect("written");
        register
            .recording_finished(&second, &[], at(31))
            .await
            .expect("written");
        assert_eq!(register.recording_files(&first).await.expect("read"), files);
        let state = |id: RecordingId| async move { register.recording_state(&id).await.expect("read") };
        assert_eq!(state(first.clone()).await, Some(RecordingState::FilesMade));
        assert_eq!(state(second.clone()).await, Some(RecordingState::Failed));
        assert!(register.unfinished_recordings().await.expect("none").is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_deletion_leaves_what_has_to_be_removed_and_a_hold_forbids_it() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let (anna, [first, second]) = two_recordings(&mut hall).await;
        let (register, conference) = (&hall.register, &anna.conference);
        register
            .recording_finished(&first, &[file("mix.wav", None)], at(31))
            .await
            .expect("written");
        let delete =
            |id: RecordingId| async move { register.delete_recording(conference, &id, &by()).await.expect("asked") };
        let leftovers = || async { register.recording_leftovers(at(60)).await.expect("read") };

        register
            .hold_recording(conference, &first, true, &by())
            .await
            .expect("held");
        register
            .hold_recording(conference, &first, true, &by())
            .await
            .expect("held already");
        assert!(!delete(first.clone()).await, "it is held");
        assert!(leftovers().await.is_empty());
        register
            .hold_recording(conference, &first, false, &by())
            .await
            .expect("lifted");
        assert!(delete(first.clone()).await);
        assert!(!delete(first.clone()).await, "it is gone");
        assert_eq!(leftovers().await, std::slice::from_ref(&first));
        assert_eq!(count(&db, "meeting_recording_file").await, 0);
        let gone = register.hold_recording(conference, &first, true, &by()).await;
        assert!(matches!(gone, Err(RegisterError::NotFound)));

        // Files that are made of what was deleted meanwhile are nobody's.
        assert!(delete(second.clone()).await);
        register.recording_swept(&second).await.expect("swept");
        register.recording_swept(&first).await.expect("swept");
        register
            .recording_finished(&second, &[file("mix.wav", None)], at(55))
            .await
            .expect("written");
        assert_eq!(leftovers().await, [second]);
    })
    .await;
}

#[tokio::test]
async fn a_recording_goes_with_the_record_of_its_conference_unless_it_is_held() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let (anna, [first, second]) = two_recordings(&mut hall).await;
        let (register, conference) = (&hall.register, &anna.conference);
        let expired = at(31).plus_us(limits::RETENTION_US);
        register
            .hold_recording(conference, &first, true, &by())
            .await
            .expect("held");
        assert_eq!(register.delete_expired(expired).await.expect("deleted"), 0);
        let hidden = register.recording(conference, &first, expired).await;
        assert!(matches!(hidden, Err(RegisterError::NotFound)), "nobody sees it");
        register
            .hold_recording(conference, &first, false, &by())
            .await
            .expect("lifted");
        assert_eq!(register.delete_expired(expired).await.expect("deleted"), 1);
        let mut left = register.recording_leftovers(expired).await.expect("read");
        let mut both = [first, second];
        left.sort();
        both.sort();
        assert_eq!(left, both);
        assert_eq!(count(&db, "meeting_recording_pause").await, 0);
    })
    .await;
}

#[tokio::test]
async fn what_was_recorded_of_somebody_who_is_forgotten_is_to_go() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let (anna, [first, second]) = two_recordings(&mut hall).await;
        let register = hall.register.clone();
        let forget = Forgotten::Participant {
            conference: &anna.conference,
            participant: &anna.participant,
        };
        register
            .hold_recording(&anna.conference, &second, true, &by())
            .await
            .expect("held");
        register.forget_person(forget, [5; 32]).await.expect("forgotten");
        let removals = || async { register.recording_removals().await.expect("read") };
        assert!(removals().await.is_empty(), "its files are not made yet");
        for id in [&first, &second] {
            let files = [file("a.webm", Some(&anna)), file("mix.wav", None)];
            register
                .recording_finished(id, &files, Micros(at(31).0))
                .await
                .expect("written");
        }
        let removal = Removal {
            recording: first.clone(),
            sessions: vec![anna.session.clone()],
        };
        assert_eq!(
            removals().await,
            std::slice::from_ref(&removal),
            "what is held stays whole"
        );
        register
            .recording_removed(&removal, &[file("mix.wav", None)])
            .await
            .expect("written");
        assert!(removals().await.is_empty());
        assert_eq!(
            register.recording_files(&first).await.expect("read"),
            [file("mix.wav", None)]
        );
    })
    .await;
}

#[tokio::test]
async fn what_people_say_to_being_recorded_is_kept_and_holds_while_they_are_there() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let register = hall.register.clone();
        let [anna, ben] = [
            hall.join(signed_in(1), at(10)).await,
            hall.join(signed_in(2), at(10)).await,
        ];
        let recording = RecordingId::from_random(fresh());
        let start = Input::StartRecording {
            recording: recording.clone(),
            by: None,
            asks: true,
        };
        hall.give(start, at(11)).await.expect("it begins");
        let answer = |seat: &Seat, agrees| Input::AnswerRecording {
            session: seat.session.clone(),
            secret: seat.secret,
            agrees,
        };
        for (seat, agrees, second) in [
            (&anna, true, 12),
            (&ben, true, 13),
            (&anna, false, 14),
            (&anna, true, 15),
        ] {
            hall.give(answer(seat, agrees), at(second)).await.expect("they say so");
        }
        let again = register.space(hall.space.id()).await.expect("a space");
        assert_eq!(again.conference(), hall.space.conference(), "read again it is the same");

        // Ben goes, and is asked anew when he is back.
        hall.leave(&ben, at(16)).await;
        let back = hall.join(signed_in(2), at(17)).await;
        let again = register.space(hall.space.id()).await.expect("a space");
        let consent = |space: &meeting::Space, seat: &Seat| {
            let recording = space.conference().and_then(|conference| conference.recording().now());
            recording.expect("it goes on").consent_of(&seat.participant)
        };
        for space in [&again, &hall.space] {
            assert_eq!(consent(space, &anna), Consent::Agreed);
            assert_eq!(consent(space, &back), Consent::Asked);
        }
        let said = |answers: Vec<RecordingAnswer>| {
            let mut said: Vec<(i64, bool)> = answers.iter().map(|answer| (answer.at.0, answer.agrees)).collect();
            said.sort_unstable();
            said
        };
        let all = [(at(12).0, true), (at(13).0, true), (at(14).0, false), (at(15).0, true)];
        assert_eq!(said(register.recording_answers(&recording).await.expect("read")), all);

        // Whoever is forgotten has said it under no name.
        for seat in [&anna, &back] {
            hall.leave(seat, at(20)).await;
        }
        let forget = Forgotten::Participant {
            conference: &anna.conference,
            participant: &anna.participant,
        };
        register.forget_person(forget, [5; 32]).await.expect("forgotten");
        let answers = register.recording_answers(&recording).await.expect("read");
        assert!(answers.iter().all(|answer| answer.participant != anna.participant));
        assert_eq!(said(answers), all);
    })
    .await;
}
