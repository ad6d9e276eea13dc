//! Facts in, records out, and facts that do not follow from what is recorded.

use crate::hall::{Hall, Seat, anonymous, arrival, at, fresh, fresh_secret, signed_in, user};
use db::testing::each_engine;
use meeting::{
    ConferenceEndReason, ConferenceId, DeviceKind, Fact, Input, Micros, ParticipantId, Role, SessionEndReason,
    SessionId,
};
use register::{
    ConferenceRecord, ParticipantKind, ParticipantRecord, ParticipantSessionRecord, Query, RegisterError, limits,
};

#[tokio::test]
async fn a_meeting_is_recorded() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let zoe = hall.join(anonymous("Zoé 🎈"), at(11)).await;
        let second = hall.join(signed_in(2), at(12)).await;
        hall.leave(&zoe, at(20)).await;
        let (conference, register) = (anna.conference.clone(), hall.register.clone());

        let live = register.conference(&conference, at(21)).await.expect("recorded");
        let expected = ConferenceRecord {
            id: conference.clone(),
            space: hall.space.id().clone(),
            start: at(10),
            end: None,
            expire: Some(at(10).plus_us(limits::RETENTION_US)),
        };
        assert_eq!(live, expected);
        let record = register
            .participant(&conference, &zoe.participant, at(21))
            .await
            .expect("recorded");
        let expected_zoe = ParticipantRecord {
            conference: conference.clone(),
            id: zoe.participant.clone(),
            kind: ParticipantKind::Anonymous,
            display_name: "Zoé 🎈".to_owned(),
            earliest_start: at(11),
            latest_end: Some(at(20)),
            role: Role::Contributor,
            removed: false,
        };
        assert_eq!(record, expected_zoe);

        let again = hall.join_with(anonymous("Zoe"), Some(zoe.secret), at(25)).await;
        assert_eq!(again.participant, zoe.participant);
        let record = register
            .participant(&conference, &zoe.participant, at(26))
            .await
            .expect("recorded");
        assert_eq!(
            record,
            ParticipantRecord {
                display_name: "Zoe".into(),
                latest_end: None,
                ..expected_zoe
            }
        );

        hall.leave(&anna, at(30)).await;
        let record = register
            .participant(&conference, &anna.participant, at(31))
            .await
            .expect("recorded");
        assert_eq!(
            (record.kind, record.latest_end),
            (ParticipantKind::SignedIn(user(2)), None),
            "on another device"
        );
        hall.leave(&second, at(40)).await;
        hall.leave(&again, at(50)).await;
        let over = register.conference(&conference, at(51)).await.expect("recorded");
        let expire = Some(at(50).plus_us(limits::RETENTION_US));
        assert_eq!(
            over,
            ConferenceRecord {
                end: Some(at(50)),
                expire,
                ..expected
            }
        );

        let session = |seat: &Seat| {
            let (participant, session) = (seat.participant.clone(), seat.session.clone());
            let (register, conference) = (register.clone(), conference.clone());
            async move {
                register
                    .participant_session(&conference, &participant, &session, at(51))
                    .await
            }
        };
        let expected = ParticipantSessionRecord {
            conference: conference.clone(),
            participant: anna.participant.clone(),
            id: anna.session.clone(),
            start: at(10),
            end: Some(at(30)),
            device: DeviceKind::Full,
            by_program: false,
        };
        assert_eq!(session(&anna).await.expect("recorded"), expected);
        // The full name counts, not the id alone.
        let misnamed = Seat {
            participant: zoe.participant.clone(),
            ..anna.clone()
        };
        assert!(matches!(session(&misnamed).await, Err(RegisterError::NotFound)));
        let elsewhere = ConferenceId::from_random(fresh());
        let misplaced = register
            .participant_session(&elsewhere, &anna.participant, &anna.session, at(51))
            .await;
        assert!(matches!(misplaced, Err(RegisterError::NotFound)));
    })
    .await;
}

#[tokio::test]
async fn whoever_does_not_connect_was_never_there() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let arrival = arrival(anonymous("Zoe"), None);
        let session = arrival.session.clone();
        let facts = hall.ask(arrival, at(10)).await;
        let [
            Fact::Reserved {
                reservation,
                participant,
            },
        ] = &facts[..]
        else {
            panic!("somebody is on the way: {facts:?}")
        };
        let conference = reservation.conference.clone();
        for now in [at(11), at(26)] {
            hall.give(Input::Tick, now).await.expect("a tick");
            let record = hall.register.conference(&conference, now).await;
            assert!(matches!(record, Err(RegisterError::NotFound)));
            let record = hall
                .register
                .participant_session(&conference, participant, &session, now)
                .await;
            assert!(matches!(record, Err(RegisterError::NotFound)));
        }
    })
    .await;
}

#[tokio::test]
async fn people_meet_in_a_conference() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let first = hall.join(signed_in(2), at(10)).await;
        let second = hall.join(signed_in(3), at(11)).await;
        hall.leave(&first, at(12)).await;
        hall.leave(&second, at(13)).await;
        let later = hall.join(signed_in(4), at(20)).await;
        let live = at(21).plus_us(2 * limits::RETENTION_US);
        for (one, other, now, met) in [
            (user(2), user(3), at(21), true),
            (user(3), user(2), at(21), true),
            (user(2), user(4), at(21), false),
            (user(2), user(5), at(21), false),
            // The owner may read of them and was not there.
            (hall.owner.clone(), user(2), at(21), false),
            // What has expired is forgotten; what is still held is not.
            (user(2), user(3), live, false),
            (user(4), user(4), live, true),
        ] {
            let found = hall.register.have_met(&one, &other, now).await.expect("answered");
            assert_eq!(found, met, "{one} {other}");
        }
        hall.leave(&later, at(22)).await;
    })
    .await;
}

#[tokio::test]
async fn owner_and_participants_may_read() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let seat = hall.join(signed_in(2), at(10)).await;
        hall.join(signed_in(2), at(11)).await;
        hall.join(anonymous("Zoe"), at(12)).await;
        for (reader, allowed) in [(user(1), true), (user(2), true), (user(3), false)] {
            let may = hall
                .register
                .may_read(&seat.conference, &reader, at(13))
                .await
                .expect("an answer");
            assert_eq!(may, allowed, "{reader}");
        }
        let unknown = ConferenceId::from_random(fresh());
        assert!(
            !hall
                .register
                .may_read(&unknown, &hall.owner, at(13))
                .await
                .expect("an answer")
        );
        // The owner who comes, too, is one reader and not two.
        hall.join(signed_in(1), at(14)).await;
        let query = Query {
            now: at(15),
            ..Query::default()
        };
        let page = hall
            .register
            .list_conferences(&hall.owner, &query, None)
            .await
            .expect("a page");
        assert_eq!(page.items.len(), 1);
    })
    .await;
}

/// Each row is a list of facts of which the last cannot be true; none of them may be recorded.
#[tokio::test]
async fn facts_that_do_not_follow_are_refused_as_a_whole() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let before = hall.join(signed_in(2), at(10)).await;
        hall.leave(&before, at(20)).await;
        let live = hall.join(signed_in(2), at(30)).await;
        let gone = hall.join(anonymous("Zoe"), at(31)).await;
        hall.leave(&gone, at(40)).await;

        let fresh_session = || started(&live.conference, &live.participant, &SessionId::from_random(fresh()));
        for (why, impossible) in impossible_facts(&before, &live, &gone) {
            let possible = fresh_session();
            let Fact::SessionStarted { session, .. } = &possible else {
                unreachable!("it is one")
            };
            let answer = hall
                .register
                .record(hall.space.id(), &[possible.clone(), impossible], None)
                .await;
            assert!(matches!(answer, Err(RegisterError::Impossible(_))), "{why}: {answer:?}");
            let read = hall
                .register
                .participant_session(&live.conference, &live.participant, session, at(51))
                .await;
            assert!(
                matches!(read, Err(RegisterError::NotFound)),
                "{why}: the other fact was recorded"
            );
        }
        let other = Hall::new(&db).await;
        let answer = hall.register.record(other.space.id(), &[fresh_session()], None).await;
        assert!(
            matches!(answer, Err(RegisterError::Impossible(_))),
            "a session under another space"
        );
        hall.register
            .record(hall.space.id(), &[fresh_session()], None)
            .await
            .expect("alone it is possible");
    })
    .await;
}

/// `before` is in a conference that is over; `live` is in the open one, from which `gone` has left.
fn impossible_facts(before: &Seat, live: &Seat, gone: &Seat) -> Vec<(&'static str, Fact)> {
    let session = || SessionId::from_random(fresh());
    let joined = |conference: &ConferenceId, participant: &ParticipantId| Fact::ParticipantJoined {
        conference: conference.clone(),
        participant: participant.clone(),
        person: anonymous("Late"),
        earliest_start: at(50),
        role: Role::Contributor,
    };
    let ended = |seat: &Seat, end: Micros| Fact::SessionEnded {
        conference: seat.conference.clone(),
        participant: seat.participant.clone(),
        session: seat.session.clone(),
        end,
        reason: SessionEndReason::Left,
        participant_latest_end: None,
    };
    let conference_ended = |conference: &ConferenceId| Fact::ConferenceEnded {
        conference: conference.clone(),
        end: at(60),
        reason: ConferenceEndReason::Empty,
    };
    let second = Fact::ConferenceStarted {
        conference: ConferenceId::from_random(fresh()),
        start: at(50),
    };
    let stranger = ParticipantId::from_random(fresh());
    let back = Fact::ParticipantReturned {
        conference: live.conference.clone(),
        participant: live.participant.clone(),
    };
    let heard = Fact::SignsOfLife {
        conference: gone.conference.clone(),
        signs: vec![(gone.session.clone(), at(50))],
    };
    vec![
        ("a second active conference", second),
        (
            "a participant of a conference that is over",
            joined(&before.conference, &stranger),
        ),
        ("a participant twice", joined(&live.conference, &live.participant)),
        ("the return of somebody who is there", back),
        ("a session of nobody", started(&live.conference, &stranger, &session())),
        (
            "a session of somebody who has not returned",
            started(&live.conference, &gone.participant, &session()),
        ),
        (
            "a session twice",
            started(&live.conference, &live.participant, &live.session),
        ),
        (
            "a session in a conference that is over",
            started(&before.conference, &before.participant, &session()),
        ),
        ("a sign of life of a session that has ended", heard),
        ("a second end", ended(gone, at(50))),
        ("an end before the start", ended(live, at(29))),
        (
            "the end of a conference with an open session",
            conference_ended(&live.conference),
        ),
        ("a second end of a conference", conference_ended(&before.conference)),
    ]
}

fn started(conference: &ConferenceId, participant: &ParticipantId, session: &SessionId) -> Fact {
    Fact::SessionStarted {
        conference: conference.clone(),
        participant: participant.clone(),
        session: session.clone(),
        secret: fresh_secret(),
        start: at(50),
        device: DeviceKind::Full,
        role: Role::Contributor,
        by_program: false,
    }
}
