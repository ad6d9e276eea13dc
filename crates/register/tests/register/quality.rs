//! What was measured of sessions: it is read as it was written last, makes versions when it is late, and goes with its conference.

use crate::hall::{Hall, Seat, anonymous, at, fresh, signed_in, user};
use db::{Db, testing::each_engine};
use filter::Predicate;
use meeting::{ConferenceId, DeviceKind, Micros, SessionId};
use quality::{
    Codec, Direction, Figures, Kind, Stream, Totals, Window,
    series::{self, Series},
};
use register::{
    CallRecord, CallSession, Measured, MeasuredStream, Media, Obstacle, ParticipantKind, Path, Piece, Query, Register,
    RegisterError, SessionQuality, SetupFailure, Transport, Whose, limits,
};
use std::{collections::BTreeMap, slice};

pub(crate) const MICROPHONE: Stream = Stream {
    ssrc: u32::MAX,
    direction: Direction::Uplink,
    kind: Kind::Audio,
};

const SCREEN: Stream = Stream {
    ssrc: 7,
    direction: Direction::Uplink,
    kind: Kind::Screen,
};

/// Its camera was never on, so what came of it went nowhere.
const DARK: Stream = Stream {
    ssrc: 8,
    direction: Direction::Uplink,
    kind: Kind::Video,
};

const LINE: Stream = Stream {
    ssrc: 7,
    direction: Direction::Downlink,
    kind: Kind::Video,
};

/// Streams of so many packets each, with the first piece of a series of one window.
pub(crate) fn measured(session: &SessionId, streams: &[(Stream, u64)]) -> Measured {
    let streams = streams.iter().map(|(stream, packets)| {
        let window = window(*packets);
        let mut totals = Totals::default();
        totals.add(&window);
        MeasuredStream {
            stream: *stream,
            totals,
            pieces: vec![piece(0, &[*packets])],
        }
    });
    Measured {
        session: session.clone(),
        streams: streams.collect(),
        path: None,
        report: None,
    }
}

fn window(packets: u64) -> Window {
    let figures = Figures {
        packets,
        codec: (packets > 0).then_some(Codec::Opus),
        ..Figures::default()
    };
    Window {
        begin_us: at(10).0,
        length_us: 5_000_000,
        first_us: Some(at(10).0),
        last_us: Some(at(15).0),
        figures,
    }
}

fn piece(number: u32, packets: &[u64]) -> Piece {
    let mut series = Series::default();
    for packets in packets {
        series.append(&window(*packets));
    }
    Piece {
        number,
        samples: series.bytes().to_vec(),
    }
}

pub(crate) fn path(theirs: &str) -> Path {
    Path {
        transport: Transport::Tcp,
        theirs: theirs.parse().expect("an address"),
        ours: "192.0.2.1:3478".parse().expect("an address"),
    }
}

/// What a client says of itself.
pub(crate) fn report(user_agent: &str) -> String {
    format!(r#"{{"user_agent":"{user_agent}"}}"#)
}

async fn record(register: &Register, seat: &Seat, now: Micros) -> CallRecord {
    let record = register.provisional_call_record(&seat.conference, now).await;
    record.expect("a conference")
}

async fn quality(register: &Register, seats: &[&Seat]) -> BTreeMap<SessionId, SessionQuality> {
    let record = record(register, seats[0], at(99)).await;
    let sessions: Vec<SessionId> = seats.iter().map(|seat| seat.session.clone()).collect();
    register
        .call_quality(&record.conference, &sessions)
        .await
        .expect("read")
}

#[tokio::test]
async fn what_was_measured_is_read_as_it_was_written_last() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let zoe = hall.join(anonymous("Zoe"), at(11)).await;
        let bo = hall.join(signed_in(3), at(12)).await;
        let register = hall.register.clone();
        assert_eq!(record(&register, &anna, at(20)).await.media, Media::default());

        let of_anna = Measured {
            path: Some(path("203.0.113.9:50000")),
            report: Some(report("Browser/1")),
            ..measured(&anna.session, &[(MICROPHONE, 10), (SCREEN, 20), (LINE, 30), (DARK, 0)])
        };
        let of_zoe = measured(&zoe.session, &[(LINE, 5)]);
        let all = [of_anna.clone(), of_zoe];
        register.keep(&all, &[], at(20)).await.expect("written");
        register.keep(&all, &[], at(20)).await.expect("written twice");

        let found = quality(&register, &[&anna, &zoe, &bo]).await;
        let of_all = register.call_quality_of_all(&anna.conference).await.expect("read");
        assert_eq!(of_all, found, "all of a conference at once");
        let told: Vec<_> = found.keys().collect();
        assert!(!told.contains(&&bo.session), "nothing is known of it");
        let totals = |measured: &Measured| -> BTreeMap<Stream, Totals> {
            let streams = measured.streams.iter();
            streams.map(|measured| (measured.stream, measured.totals)).collect()
        };
        let expected = SessionQuality {
            streams: totals(&of_anna),
            path: of_anna.path,
            report: of_anna.report.clone(),
        };
        assert_eq!(found[&anna.session], expected);
        assert_eq!(
            Media::of(&found[&zoe.session].streams),
            Media::default(),
            "only received"
        );
        let media = Media {
            audio: true,
            video: false,
            screen: true,
        };
        assert_eq!(record(&register, &anna, at(20)).await.media, media);
        assert_eq!(Media::of(&found[&anna.session].streams), media);

        let later = Measured {
            path: Some(path("[2001:db8::1]:50000")),
            report: Some(report("Browser/2")),
            ..measured(&anna.session, &[(MICROPHONE, 11)])
        };
        register
            .keep(slice::from_ref(&later), &[], at(25))
            .await
            .expect("written");
        let found = quality(&register, &[&anna]).await.remove(&anna.session).expect("known");
        assert_eq!((found.path, found.report), (later.path, later.report));
        assert_eq!(found.streams[&MICROPHONE], later.streams[0].totals);
        assert_eq!(found.streams[&LINE], of_anna.streams[2].totals);
    })
    .await;
}

#[tokio::test]
async fn records_are_found_by_what_flowed_in_them() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let flowed = measured(&anna.session, &[(MICROPHONE, 10), (SCREEN, 20), (DARK, 0)]);
        hall.register.keep(&[flowed], &[], at(20)).await.expect("written");
        hall.leave(&anna, at(30)).await;
        while hall.register.publish(at(60)).await.expect("published") > 0 {}
        for (filter, expected) in [
            ("media.audio = 1", 1),
            ("media.video = 1", 0),
            ("NOT media.video = 1", 1),
            ("media.screen = 1 AND media.audio = 1", 1),
        ] {
            let predicate = filter::google(filter).expect("a filter");
            let counted = hall
                .register
                .count_call_records(Whose::Everybody, predicate, at(60))
                .await;
            assert_eq!(counted.expect("counted"), expected, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_series_is_its_pieces_in_their_order() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let register = hall.register.clone();
        let put = async |pieces: Vec<Piece>| {
            let mut measured = measured(&anna.session, &[(MICROPHONE, 1), (LINE, 99)]);
            measured.streams[0].pieces = pieces;
            register.keep(&[measured], &[], at(20)).await.expect("written");
        };
        put(vec![piece(0, &[1, 2])]).await;
        put(vec![piece(0, &[1, 2, 3]), piece(1, &[4])]).await;
        put((2..12).map(|number| piece(number, &[number.into()])).collect()).await;
        put(vec![piece(1, &[4, 5])]).await;
        let packets = async |stream: &Stream| {
            let rows = db.read(
                "select samples from stream_series where ssrc = $1 order by piece",
                vec![i64::from(stream.ssrc).into()],
            );
            let rows = rows.await.expect("read");
            let pieces = rows
                .iter()
                .map(|row| series::decode(row.blob(0).expect("bytes")).expect("samples"));
            pieces.flatten().map(|sample| sample.packets).collect::<Vec<_>>()
        };
        let expected: Vec<i64> = [1, 2, 3, 4, 5].into_iter().chain(2..12).collect();
        assert_eq!(packets(&MICROPHONE).await, expected);
        assert_eq!(packets(&LINE).await, [99]);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_not_on_record_takes_nothing() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let unknown = Measured {
            path: Some(path("203.0.113.9:50000")),
            report: Some(report("Browser/1")),
            ..measured(&SessionId::from_random(fresh()), &[(MICROPHONE, 1)])
        };
        hall.register
            .keep(&[unknown], &[], at(20))
            .await
            .expect("nothing is wrong");
        assert_eq!(rows(&db).await, 0);
        assert_eq!(record(&hall.register, &anna, at(20)).await.media, Media::default());
    })
    .await;
}

/// Of all that was measured.
pub(crate) async fn rows(db: &Db) -> i64 {
    let mut rows = 0;
    for table in [
        "stream",
        "stream_series",
        "session_path",
        "session_report",
        "setup_failure",
    ] {
        let count = db.read(&format!("select count(*) from {table}"), vec![]).await;
        rows += count.expect("a count")[0].int(0).expect("a number");
    }
    rows
}

#[tokio::test]
async fn what_comes_after_a_version_makes_another() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let register = hall.register.clone();
        let keep = async |now| {
            let measured = measured(&anna.session, &[(MICROPHONE, 1)]);
            register.keep(&[measured], &[], now).await.expect("written");
        };
        let published = async |now| {
            register.publish(now).await.expect("published");
            let record = register
                .provisional_call_record(&anna.conference, now)
                .await
                .expect("kept");
            (record.version, record.modified)
        };
        keep(at(15)).await;
        assert_eq!(published(at(19)).await, (0, None), "while it is held");
        hall.leave(&anna, at(20)).await;
        keep(at(21)).await;
        let first = at(20).plus_us(limits::PUBLISHED_AFTER_US);
        assert_eq!(published(first).await, (1, Some(first)));
        assert_eq!(published(at(40)).await, (1, Some(first)), "nothing is new");
        keep(at(50)).await;
        keep(at(51)).await;
        let second = at(50).plus_us(limits::LATE_REPORTS_WITHIN_US);
        assert_eq!(published(second.plus_us(-1)).await, (1, Some(first)));
        assert_eq!(published(second).await, (2, Some(second)), "both in one");
        // The clock has gone back: what is published later has a later time.
        keep(at(30)).await;
        assert_eq!(published(at(34)).await, (3, Some(second.plus_us(1))));
        let events = db
            .read("select version from outbox_event order by version", vec![])
            .await;
        let versions: Vec<i64> = events
            .expect("events")
            .iter()
            .map(|row| row.int(0).expect("a version"))
            .collect();
        assert_eq!(versions, [1, 2, 3]);
    })
    .await;
}

/// Somebody who did not come in, `number` seconds after the first.
fn failure(conference: &ConferenceId, number: i64) -> SetupFailure {
    SetupFailure {
        conference: conference.clone(),
        session: SessionId::from_random(fresh()),
        account: (number == 0).then(|| user(3)),
        device: DeviceKind::Full,
        by_program: false,
        start: at(10 + number),
        end: at(25 + number),
        obstacle: Obstacle::ALL[usize::try_from(number).expect("small") % Obstacle::ALL.len()],
    }
}

/// As it is told.
fn told(failure: &SetupFailure) -> CallSession {
    CallSession {
        id: failure.session.clone(),
        start: failure.start,
        end: Some(failure.end),
        kind: failure
            .account
            .clone()
            .map_or(ParticipantKind::Anonymous, ParticipantKind::SignedIn),
        device: DeviceKind::Full,
        by_program: false,
        attended: Err(failure.obstacle),
    }
}

#[tokio::test]
async fn who_did_not_come_in_is_told_of_with_what_kept_them_and_is_no_participant() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let zoe = hall.join(anonymous("Zoe"), at(30)).await;
        let register = hall.register.clone();
        let (first, guest) = (failure(&anna.conference, 0), failure(&anna.conference, 1));
        let both = [guest.clone(), first.clone(), first.clone()];
        register.keep(&[], &both, at(30)).await.expect("written");

        let record = record(&register, &anna, at(40)).await;
        let everything = Predicate::And(Vec::new());
        // Of one moment, the smaller id is first.
        let mut expected = vec![anna.session.clone(), first.session.clone()];
        expected.sort();
        expected.extend([guest.session.clone(), zoe.session.clone()]);
        for page_size in 1..5 {
            let (mut sessions, mut token) = (Vec::new(), String::new());
            loop {
                let query = Query {
                    page_size,
                    page_token: &token,
                    now: at(40),
                    ..Query::default()
                };
                let page = register.list_call_sessions(&record, &everything, &query).await;
                let page = page.expect("a page");
                sessions.extend(page.items);
                match page.next_page_token {
                    Some(next) => token = next,
                    None => break,
                }
            }
            let ids: Vec<SessionId> = sessions.iter().map(|session| session.id.clone()).collect();
            assert_eq!(ids, expected, "by {page_size}");
            assert!(sessions.contains(&told(&first)) && sessions.contains(&told(&guest)));
        }
        let one = register.call_session(&record, &guest.session).await;
        assert_eq!(one.expect("known"), told(&guest));
        let late = "start_time > 2026-01-01T00:00:10Z AND end_time IS NOT NULL";
        let late = filter::google(late).expect("a filter");
        for (predicate, count) in [(&everything, 4), (&late, 1)] {
            let found = register.count_call_sessions(&record, predicate).await;
            assert_eq!(found.expect("a count"), count, "{predicate}");
        }
        let participants = register.count_participants(&anna.conference, "", at(40)).await;
        assert_eq!(participants.expect("a count"), 2);
    })
    .await;
}

#[tokio::test]
async fn failures_are_of_conferences_that_are_held_and_so_many_of_each() {
    each_engine(async |db| {
        let mut hall = Hall::new(&db).await;
        let anna = hall.join(signed_in(2), at(10)).await;
        let register = hall.register.clone();
        let everything = Predicate::And(Vec::new());
        let many: Vec<SetupFailure> = (0..600).map(|number| failure(&anna.conference, number)).collect();
        register.keep(&[], &many, at(20)).await.expect("written");
        let of_anna = record(&register, &anna, at(20)).await;
        let count = register.count_call_sessions(&of_anna, &everything).await;
        assert_eq!(count.expect("a count"), 1 + 250);

        let mut other = Hall::of(register.clone(), crate::hall::new_space(user(7), at(0))).await;
        let over = other.join(signed_in(2), at(30)).await;
        other.leave(&over, at(31)).await;
        let late = failure(&over.conference, 30);
        register
            .keep(&[], slice::from_ref(&late), at(60))
            .await
            .expect("nothing is wrong");
        let of_over = record(&register, &over, at(60)).await;
        let answer = register.call_session(&of_over, &late.session).await;
        assert!(matches!(answer, Err(RegisterError::NotFound)), "{answer:?}");
    })
    .await;
}
