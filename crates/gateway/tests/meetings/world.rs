//! A media plane, browsers on real sockets, and telephones whose lines beat.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use attendee::{Attendee, Offered, State};
use audio::{Frame, SILENCE};
use gateway::{Attendance, Told};
use media::{Card, CardKind, DisconnectReason, Event, Media, Options, Rights, Spreading};
use telephony::line::Voice;
use tokio::{sync::mpsc, task::JoinHandle, time};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) media: Media,
    events: mpsc::Receiver<Event>,
    seen: Vec<Event>,
}

/// A telephone whose line beats by itself.
pub(crate) struct Telephone {
    pub(crate) attendance: Attendance,
    line: Arc<Line>,
    beats: JoinHandle<()>,
}

#[derive(Default)]
struct Line {
    /// What its caller says next.
    says: Mutex<std::collections::VecDeque<Frame>>,
    heard: Mutex<Vec<i16>>,
    stands_still: AtomicBool,
}

impl World {
    pub(crate) fn new() -> World {
        let (told, events) = mpsc::channel(1_000);
        let options = Options {
            bind: "127.0.0.1:0".parse().unwrap(),
            takes_connections: false,
            relay: None,
            threads: 2,
            spreading: Spreading::InTurn,
            divides_bandwidth: false,
            announce: vec![],
        };
        World {
            media: Media::start(&options, told).unwrap(),
            events,
            seen: vec![],
        }
    }

    /// Waits until something is reported.
    pub(crate) async fn until(&mut self, what: &str, mut is: impl FnMut(&Event) -> bool) -> Event {
        loop {
            if let Some(place) = self.seen.iter().position(&mut is) {
                return self.seen.remove(place);
            }
            let event = time::timeout(PATIENCE, self.events.recv()).await;
            self.seen.push(event.expect(what).expect(what));
        }
    }

    async fn connected(&mut self, name: &str) {
        let expected = Event::Connected { session: name.into() };
        self.until("connected", |event| *event == expected).await;
    }

    /// A browser that is in.
    pub(crate) async fn browser(&mut self, name: &str) -> Attendee {
        let offered = Offered::new(name.as_bytes()[0]).await.unwrap();
        let prepared = self.media.answer(offered.sdp()).unwrap();
        let answer = prepared.answer_sdp().to_owned();
        self.media.admit(prepared, name, "r").unwrap();
        let mut attendee = offered.accept(&answer);
        self.connected(name).await;
        self.let_in(name);
        let joined = attendee.until(|state| *state == State::Joined);
        time::timeout(PATIENCE, joined).await.expect("it joins");
        attendee
    }

    /// A telephone at the door.
    pub(crate) async fn telephone(&mut self, name: &str) -> Telephone {
        let (prepared, attendance) = Attendance::new(&self.media);
        self.media.admit(prepared, name, "r").unwrap();
        self.connected(name).await;
        let line = Arc::<Line>::default();
        let beats = tokio::spawn(beat(Arc::clone(&line), attendance.voice()));
        Telephone {
            attendance,
            line,
            beats,
        }
    }

    pub(crate) fn let_in(&self, name: &str) {
        self.media.let_in(name, "r", card(name), Rights::MEMBER).unwrap();
    }

    /// A telephone that is in.
    pub(crate) async fn telephone_inside(&mut self, name: &str) -> Telephone {
        let mut telephone = self.telephone(name).await;
        self.let_in(name);
        assert_eq!(telephone.told().await, Some(Told::Joined));
        telephone
    }

    pub(crate) fn remove(&self, name: &str, reason: DisconnectReason) {
        self.media.remove(name, reason);
    }
}

impl Telephone {
    pub(crate) async fn told(&mut self) -> Option<Told> {
        time::timeout(PATIENCE, self.attendance.next())
            .await
            .expect("it is told something")
    }

    pub(crate) fn says(&self, voice: &[Frame]) {
        self.line.says.lock().unwrap().extend(voice);
    }

    /// What was heard since this was asked last.
    pub(crate) fn take_heard(&self) -> Vec<i16> {
        std::mem::take(&mut *self.line.heard.lock().unwrap())
    }

    /// Its line beats no more.
    pub(crate) fn stand_still(&self) {
        self.line.stands_still.store(true, Relaxed);
    }

    /// The holder is gone, and its line goes on.
    pub(crate) fn drop_attendance(self) {
        self.beats.abort();
        drop(self.attendance);
    }
}

async fn beat(line: Arc<Line>, voice: Arc<dyn Voice>) {
    let mut beats = time::interval(Duration::from_millis(20));
    loop {
        beats.tick().await;
        if line.stands_still.load(Relaxed) {
            return;
        }
        let says = line.says.lock().unwrap().pop_front().unwrap_or(SILENCE);
        let heard = voice.frame(&says);
        line.heard.lock().unwrap().extend(heard);
    }
}

/// How the others see somebody of this name.
fn card(name: &str) -> Card {
    let participant_key = format!("participants/{name}");
    let session_name = format!("{participant_key}/participantSessions/{name}");
    Card {
        full_session_name: Some(format!("conferenceRecords/c/{session_name}")),
        participant_key,
        session_name,
        display_name: name.to_owned(),
        kind: CardKind::Phone,
        by_program: false,
    }
}
