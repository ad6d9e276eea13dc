//! Meetings on real sockets, recorded onto a real disk and kept in a real store.

mod composed;
mod ends;
mod kept;
mod kills;

use std::{
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use attendee::{Attendee, Offered, State};
use media::{Card, CardKind, Event, Media, Options, Rights, Spreading};
use recorder::{KeptFile, Recorder, Stopped};
use recording::{Place, Store};
use tokio::sync::mpsc;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Voices whose packets are Opus of 20 ms, by their first byte.
const ADA: u8 = 0xf8;
const BEN: u8 = 0x78;

/// A media plane, and whoever records its rooms.
struct World {
    media: Media,
    events: mpsc::Receiver<Event>,
    recorder: Recorder,
    stopped: mpsc::UnboundedReceiver<Stopped>,
}

impl World {
    fn new(folder: &Path) -> World {
        World::with_reserve(folder, 0)
    }

    fn with_reserve(folder: &Path, reserve_bytes: u64) -> World {
        let (sender, events) = mpsc::channel(1_000);
        let options = Options {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            takes_connections: false,
            relay: None,
            threads: 2,
            spreading: Spreading::InTurn,
            divides_bandwidth: false,
            announce: vec![],
        };
        let media = Media::start(&options, sender).expect("a socket");
        let store = Store::open(&Place::Folder(folder.join("kept"))).expect("a folder");
        let spool = folder.join("spool");
        let (recorder, stopped) = Recorder::open(&spool, reserve_bytes, store, media.clone()).expect("a folder");
        World {
            media,
            events,
            recorder,
            stopped,
        }
    }

    /// Somebody comes into a room and speaks.
    async fn joins(&mut self, room: &str, session: &str, voice: u8) -> Attendee {
        let offered = Offered::new(voice).await.expect("a socket");
        let prepared = self.media.answer(offered.sdp()).expect("a good offer");
        let answer = prepared.answer_sdp().to_owned();
        self.media.admit(prepared, session, "group").expect("there is place");
        let mut attendee = offered.accept(&answer);
        let connected = Event::Connected {
            session: session.to_owned(),
        };
        let is_connected = async { while self.events.recv().await.expect("the media plane runs") != connected {} };
        tokio::time::timeout(PATIENCE, is_connected)
            .await
            .expect("they connect");
        let card = Card {
            participant_key: format!("participants/{session}"),
            session_name: format!("participants/{session}/participantSessions/{session}"),
            full_session_name: None,
            display_name: session.to_uppercase(),
            kind: CardKind::Anonymous,
            by_program: false,
        };
        self.media
            .let_in(session, room, card, Rights::MEMBER)
            .expect("there is place");
        let joins = attendee.until(|state| *state == State::Joined);
        tokio::time::timeout(PATIENCE, joins).await.expect("they join");
        attendee.speak(true).await;
        attendee
    }
}

#[expect(clippy::disallowed_methods, reason = "real meetings take real time")]
fn clock() -> Instant {
    Instant::now()
}

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = clock();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Bytes of a folder's files whose names end so.
fn bytes_in(folder: &Path, ends: &str) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = files.filter(|file| file.file_name().to_string_lossy().ends_with(ends));
    files
        .filter_map(|file| file.metadata().ok())
        .map(|meta| meta.len())
        .sum()
}

/// A kept file, whole.
async fn bytes_of(recorder: &Recorder, recording: &str, name: &str) -> Option<Vec<u8>> {
    let size = recorder.size_bytes(recording, name).await.expect("a store")?;
    Some(
        recorder
            .read(recording, name, 0..size)
            .await
            .expect("its bytes")
            .to_vec(),
    )
}

fn named<'a>(files: &'a [KeptFile], ends: &str) -> Vec<&'a KeptFile> {
    files.iter().filter(|file| file.name.ends_with(ends)).collect()
}
