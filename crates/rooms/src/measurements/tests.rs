//! What waits is what is newest, it is told until it is written, and it does not grow without end.

use quality::{Direction, Figures, Kind, series};

use super::*;

const WINDOW_US: i64 = 5_000_000;

fn session(number: u8) -> SessionId {
    SessionId::from_random([number; 16])
}

fn stream(ssrc: u32) -> Stream {
    Stream {
        ssrc,
        direction: Direction::Uplink,
        kind: Kind::Audio,
    }
}

/// A window of some packets, the `number`th.
fn window(number: i64, packets: u64) -> Window {
    Window {
        begin_us: number * WINDOW_US,
        length_us: 5_000_000,
        first_us: Some(number * WINDOW_US),
        last_us: Some((number + 1) * WINDOW_US - 1),
        figures: Figures {
            packets,
            ..Figures::default()
        },
    }
}

fn nothing_is_new(measurements: &Measurements) -> bool {
    let new = measurements.new_since_written();
    new.sessions.is_empty() && new.failures.is_empty()
}

/// What a register would hold, by session and SSRC: the packets of the totals, and those of all samples.
#[derive(Default)]
struct Shelf {
    totals: BTreeMap<(SessionId, u32), u64>,
    pieces: BTreeMap<(SessionId, u32, u32), Vec<u8>>,
}

impl Shelf {
    fn keep(&mut self, new: &New) {
        for measured in &new.sessions {
            for MeasuredStream { stream, totals, pieces } in &measured.streams {
                let key = (measured.session.clone(), stream.ssrc);
                self.totals.insert(key.clone(), totals.figures.packets);
                for piece in pieces {
                    let key = (key.0.clone(), key.1, piece.number);
                    self.pieces.insert(key, piece.samples.clone());
                }
            }
        }
    }

    fn packets(&self, session: &SessionId, ssrc: u32) -> Vec<i64> {
        let pieces = self
            .pieces
            .iter()
            .filter(|((of, number, _), _)| of == session && *number == ssrc);
        let samples = pieces.flat_map(|(_, samples)| series::decode(samples).expect("a series"));
        samples.map(|sample| sample.packets).collect()
    }
}

#[test]
fn what_is_new_is_told_until_it_is_written() {
    let mut measurements = Measurements::default();
    let (one, now) = (session(1), Micros(0));
    assert!(nothing_is_new(&measurements));
    measurements.measured(&one, [(stream(7), window(0, 10))], now);
    measurements.measured(&one, [(stream(8), window(0, 20))], now);
    let told = |measurements: &Measurements| {
        let new = measurements.new_since_written();
        let sessions = new.sessions.iter().flat_map(|measured| &measured.streams);
        sessions
            .map(|measured| (measured.stream.ssrc, measured.totals.figures.packets))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&measurements), [(7, 10), (8, 20)]);
    assert_eq!(told(&measurements), [(7, 10), (8, 20)], "the write has failed");

    let new = measurements.new_since_written();
    // It comes while the rest is being written.
    measurements.measured(&one, [(stream(8), window(1, 5))], now);
    measurements.written(&new);
    assert_eq!(told(&measurements), [(8, 25)]);
    let new = measurements.new_since_written();
    measurements.written(&new);
    assert!(nothing_is_new(&measurements));
}

#[test]
fn a_path_and_a_report_replace_those_before() {
    let mut measurements = Measurements::default();
    let (one, now) = (session(1), Micros(0));
    let path = |port: u16| Path {
        transport: register::Transport::Udp,
        theirs: ([203, 0, 113, 9], port).into(),
        ours: ([192, 0, 2, 1], 3478).into(),
    };
    measurements.reached(&one, path(1), now);
    measurements.reached(&one, path(2), now);
    for report in ["{}", r#"{"client":{"cores":8}}"#] {
        measurements.reported(&one, report.to_owned(), now);
    }
    assert!(nothing_is_new(&measurements), "it may be somebody who knocks");
    measurements.started(&one, now);
    let new = measurements.new_since_written();
    let [measured] = &new.sessions[..] else {
        panic!("one session")
    };
    assert_eq!(measured.path, Some(path(2)));
    assert_eq!(measured.report.as_deref(), Some(r#"{"client":{"cores":8}}"#));
    measurements.written(&new);
    measurements.measured(&one, [(stream(7), window(0, 1))], now);
    let new = measurements.new_since_written();
    let again = &new.sessions[0];
    assert_eq!((again.path, &again.report), (None, &None), "they are written");
}

/// A store that fails for some windows at a time, and whether anything may be lost for it.
#[test]
fn a_store_that_fails_is_caught_up_with() {
    let lasting = i64::from(limits::WINDOWS_PER_PIECE);
    let pieces = i64::try_from(limits::PIECES_WAITING_MAX).expect("few");
    for (fails, given_up) in [
        (0..0, 0),
        (3..4, 0),
        (lasting - 1..lasting + 2, 0),
        (10..lasting * pieces, 0),
        (0..lasting * (pieces + 1) - 1, 0),
        (0..lasting * (pieces + 1), 1),
        (0..lasting * (pieces + 4), 4),
    ] {
        let mut measurements = Measurements::default();
        let mut shelf = Shelf::default();
        let one = session(1);
        let windows = fails.end + 2 * lasting;
        for number in 0..windows {
            let packets = u64::try_from(number).expect("positive");
            measurements.measured(&one, [(stream(7), window(number, packets))], Micros(number * WINDOW_US));
            let new = measurements.new_since_written();
            if !fails.contains(&number) {
                shelf.keep(&new);
                measurements.written(&new);
            }
        }
        assert_eq!(measurements.take_given_up(), given_up, "{fails:?}");
        assert_eq!(measurements.take_given_up(), 0, "it is told once");
        let all: Vec<i64> = (0..windows).collect();
        let sum: i64 = all.iter().sum();
        let total = shelf.totals[&(one.clone(), 7)];
        assert_eq!(i64::try_from(total), Ok(sum), "totals are whole again: {fails:?}");
        let lost = usize::try_from(lasting).expect("few") * usize::try_from(given_up).expect("few");
        assert_eq!(shelf.packets(&one, 7), all[lost..], "the oldest pieces go: {fails:?}");
    }
}

#[test]
fn streams_of_one_session_have_a_limit() {
    let mut measurements = Measurements::default();
    let ssrcs = 0..u32::try_from(limits::STREAMS_PER_SESSION_MAX).expect("few") + 3;
    for round in 0..2 {
        let windows = ssrcs.clone().map(|ssrc| (stream(ssrc), window(round, 1)));
        measurements.measured(&session(1), windows, Micros(0));
    }
    let new = measurements.new_since_written();
    assert_eq!(new.sessions[0].streams.len(), limits::STREAMS_PER_SESSION_MAX);
    assert_eq!(measurements.take_given_up(), 6);
}

#[test]
fn a_session_that_is_over_is_forgotten_once_nothing_comes_of_it() {
    let after = Micros(limits::MEASURED_AFTER_END_US + 1);
    for (live, written, now, forgotten) in [
        (true, true, after, false),
        (false, true, Micros(limits::MEASURED_AFTER_END_US), false),
        (false, false, after, false),
        (false, true, after, true),
    ] {
        let mut measurements = Measurements::default();
        measurements.measured(&session(1), [(stream(7), window(0, 1))], Micros(0));
        if written {
            let new = measurements.new_since_written();
            measurements.written(&new);
        }
        measurements.forget(|_| live, now);
        assert_eq!(measurements.sessions.is_empty(), forgotten, "{live} {written} {now:?}");
        assert_eq!(measurements.take_given_up(), 0);
    }
}

#[test]
fn who_knocked_and_went_is_forgotten() {
    let mut measurements = Measurements::default();
    let path = Path {
        transport: register::Transport::Udp,
        theirs: ([203, 0, 113, 9], 1).into(),
        ours: ([192, 0, 2, 1], 3478).into(),
    };
    measurements.reached(&session(1), path, Micros(0));
    let after = Micros(limits::MEASURED_AFTER_END_US + 1);
    measurements.forget(|_| true, after);
    assert_eq!(measurements.sessions.len(), 1, "they still knock");
    measurements.forget(|_| false, after);
    assert!(measurements.sessions.is_empty());
    assert_eq!(measurements.take_given_up(), 0);
}

#[test]
fn sessions_that_wait_have_a_limit() {
    let mut measurements = Measurements::default();
    let many = limits::SESSIONS_WAITING_MAX + 2;
    let id = |number: usize| SessionId::from_random((number as u128).to_be_bytes());
    for number in 0..many {
        let heard = Micros(i64::try_from(number).expect("few"));
        measurements.measured(&id(number), [(stream(7), window(0, 1))], heard);
    }
    measurements.forget(|_| false, Micros(2 * limits::MEASURED_AFTER_END_US));
    assert_eq!(measurements.sessions.len(), limits::SESSIONS_WAITING_MAX);
    assert!(
        [0, 1]
            .into_iter()
            .all(|number| !measurements.sessions.contains_key(&id(number)))
    );
    assert_eq!(measurements.take_given_up(), 2);
}

#[test]
fn failures_are_told_until_they_are_written_and_have_a_limit() {
    let mut measurements = Measurements::default();
    let failure = |number: usize| SetupFailure {
        conference: meeting::ConferenceId::from_random([1; 16]),
        session: SessionId::from_random((number as u128).to_be_bytes()),
        account: None,
        device: meeting::DeviceKind::Full,
        by_program: false,
        start: Micros(0),
        end: Micros(1),
        obstacle: register::Obstacle::Unreachable,
    };
    measurements.failed(failure(0));
    let new = measurements.new_since_written();
    measurements.failed(failure(1));
    measurements.written(&new);
    assert_eq!(measurements.new_since_written().failures, [failure(1)]);

    let new = measurements.new_since_written();
    let many = limits::SETUP_FAILURES_WAITING_MAX;
    for number in 2..many + 2 {
        measurements.failed(failure(number));
    }
    assert_eq!(measurements.take_given_up(), 1);
    measurements.written(&new);
    let waiting = measurements.new_since_written().failures;
    assert_eq!((waiting.len(), &waiting[0]), (many, &failure(2)), "none goes twice");
}
