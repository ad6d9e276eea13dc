//! The process that is measured: a media plane, and beside it only what lets people in.

use std::{
    collections::HashMap,
    io::{self, BufRead, Write},
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use anyhow::Result;
use media::{Card, CardKind, Event, Media, Options, Rights, Spreading};
use tokio::sync::mpsc;

use crate::{
    Threads, bare,
    order::{Answer, Order},
    reading::Reading,
};

/// In which room each session is.
type Rooms = HashMap<String, String>;

/// Events that wait for the thread that lets people in.
const EVENTS_WAITING: usize = 10_000;

/// Serves until standard input ends.
pub(crate) fn run(estimates: bool, threads: Threads) -> Result<()> {
    let (sender, events) = mpsc::channel(EVENTS_WAITING);
    let options = Options {
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        takes_connections: false,
        threads: threads.count,
        spreading: if threads.spread {
            Spreading::InTurn
        } else {
            Spreading::WhereItPays
        },
        divides_bandwidth: estimates,
        announce: vec![],
        relay: None,
    };
    let media = Media::start(&options, sender)?;
    let rooms = Arc::<Mutex<Rooms>>::default();
    let (plane, all) = (media.clone(), Arc::clone(&rooms));
    thread::spawn(move || let_in(&plane, &all, events));
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?)? {
            Order::Join { session, room, offer } => {
                let prepared = media.answer(&offer)?;
                let answer = prepared.answer_sdp().to_owned();
                let room = format!("room {room}");
                lock(&rooms).insert(session.clone(), room.clone());
                media.admit(prepared, &session, &room)?;
                Answer::Joined { answer }
            }
            Order::Read => Answer::Read(Reading::take(&media)?),
            Order::Bare { to, burst, seconds } => {
                let us_per_packet = bare::run(&to, burst, seconds)?;
                Answer::Bare { us_per_packet }
            }
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{}", serde_json::to_string(&answer)?)?;
        out.flush()?;
    }
    Ok(())
}

fn lock(rooms: &Mutex<Rooms>) -> MutexGuard<'_, Rooms> {
    rooms.lock().unwrap_or_else(PoisonError::into_inner)
}

fn let_in(media: &Media, rooms: &Mutex<Rooms>, mut events: mpsc::Receiver<Event>) {
    while let Some(event) = events.blocking_recv() {
        if let Event::Connected { session } = event {
            let card = Card {
                session_name: session.clone(),
                full_session_name: None,
                participant_key: session.clone(),
                display_name: session.clone(),
                kind: CardKind::Anonymous,
                by_program: false,
            };
            // Whoever cannot be let in sees nothing, and the crowd says so.
            let room = lock(rooms).get(&session).cloned().unwrap_or_default();
            let _ = media.let_in(&session, &room, card, Rights::MEMBER);
        }
    }
}
