//! One story: some lives of one server, and what it has told to whom.

use std::{
    fs, io,
    net::IpAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use audit::By;
use db::{
    Statement,
    testing::{Disk, Fate},
};
use fastrand::Rng;
use recording::{Place, Spool, Store};
use telephony::{
    agent::{AgentEvent, Invitation},
    line::{ByHand, Exchange, Settings},
};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    account::{Account, Tally},
    judge,
    people::{Beeps, People},
};
use crate::{
    Attendant, Attended, Calls, Conductor, DialIn, DomainChange, Events, Later, Meetings, NewCall, Peers,
    TerminationMode, Unattended, Ways, clock, limits,
};

/// 2026-01-01T00:00:00Z: when every story begins.
const ZERO_US: i64 = 1_767_225_600_000_000;
const BEAT: Duration = Duration::from_millis(20);
/// Two seconds: a queue of frames that wait for a disk has room for more.
const BEATS_BETWEEN_WRITES: u32 = 100;
const DOMAIN_BASE: &str = "sip.example.org";
const HANDLER: &str = "https://app.example/calls";

/// How long a life is, in beats, and how long the last one has to end what it finds: recordings that nobody makes are given up after ten
/// minutes.
const BEATS: std::ops::Range<u32> = 250..2_500;
const LAST_BEATS: u32 = 35_000;

pub(super) struct Story {
    dice: Rng,
    disk: Disk,
    folder: TempDir,
    now_us: i64,
    faults: Faults,
    account: Account,
}

/// What is wrong with the disk.
#[derive(Clone)]
struct Faults {
    dice: Arc<Mutex<Rng>>,
    /// Of so many writes one is befallen; 0 is of none.
    one_in: Arc<AtomicU32>,
    /// When writes failed that the server survived.
    failed_us: Arc<Mutex<Vec<i64>>>,
}

impl Faults {
    fn fate(&self) -> Fate {
        let mut dice = self.dice.lock().expect("whoever holds it does not panic");
        let answered_after = Duration::from_millis(dice.u64(0..5));
        let one_in = self.one_in.load(Ordering::Relaxed);
        if one_in == 0 || dice.u32(0..one_in) != 0 {
            return Fate::Done { answered_after };
        }
        let stored = dice.bool();
        let fate = [Fate::Refused, Fate::Uncertain { stored }, Fate::Crash { stored }][dice.usize(0..3)];
        if !matches!(fate, Fate::Crash { .. }) {
            let mut failed_us = self.failed_us.lock().expect("whoever holds it does not panic");
            failed_us.push(clock::now_us());
        }
        fate
    }
}

/// Everybody may be called.
struct Everybody;

impl Peers for Everybody {
    fn may_be_called(&self, _address: IpAddr) -> bool {
        true
    }
}

/// A world in which nobody meets.
struct Nowhere;

impl Meetings for Nowhere {
    fn attend(&self, _: Attendant) -> Later<'_, Result<Attended, Unattended>> {
        Box::pin(std::future::ready(Err(Unattended::NotFound)))
    }

    fn ended_us<'a>(&'a self, _: &'a str) -> Later<'a, Option<i64>> {
        Box::pin(std::future::ready(None))
    }
}

impl Story {
    /// Plays the story of this seed. Panics where something is not as it has to be.
    pub(super) fn play(seed: u64) -> Tally {
        let mut dice = Rng::with_seed(seed);
        let account = Account::of(seed);
        let faults = Faults {
            dice: Arc::new(Mutex::new(dice.fork())),
            one_in: Arc::default(),
            failed_us: Arc::clone(&account.failed_us),
        };
        let fate = faults.clone();
        let mut story = Story {
            disk: Disk::new(move || fate.fate()),
            folder: TempDir::new().expect("a folder"),
            now_us: ZERO_US,
            faults,
            account,
            dice,
        };
        story.found();
        let one_in = [0, 40, 12][story.dice.usize(0..3)];
        for _ in 0..story.dice.u8(1..4) {
            let beats = story.dice.u32(BEATS);
            story.live(beats, one_in, true);
        }
        story.live(LAST_BEATS, 0, false);
        story.run(async |story| {
            let (db, folder) = (story.disk.open(), story.folder.path().to_owned());
            judge::judge(&mut story.account, &db, &folder).await;
        });
        story.account.tally
    }

    /// Does something in a runtime whose time is paused, and which is thrown away with all that goes on in it.
    fn run<T>(&mut self, work: impl AsyncFnOnce(&mut Story) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        let done = runtime.block_on(async {
            clock::simulated::begin(self.now_us);
            let done = work(self).await;
            self.now_us = clock::now_us();
            done
        });
        runtime.shutdown_background();
        done
    }

    /// The project and its domain, before anything goes wrong.
    fn found(&mut self) {
        self.run(async |story| {
            let db = story.disk.open();
            let sql = "insert into project (id, name, create_us, signing_key) values ('p', 'p', 1, $1)";
            db.write(vec![Statement::new(sql, vec![vec![0_u8; 64].into()])])
                .await
                .expect("a project");
            let domain = DomainChange {
                termination_mode: Some(TerminationMode::Programmable),
                handler_uris: Some(vec![HANDLER.to_owned()]),
                ..DomainChange::default()
            };
            let (calls, by) = (Calls::new(db), By::command_line(ZERO_US));
            calls.create_domain("p", "demo", domain, &by).await.expect("a domain");
        });
    }

    /// A server lives for so many beats, or until a write kills it.
    fn live(&mut self, beats: u32, one_in: u32, dies: bool) {
        let people = People::new(self.dice.fork());
        let after = Arc::clone(&people);
        self.run(async |story| story.serve(people, beats, one_in, dies).await);
        let heard_of = after.heard_of.lock().expect("whoever holds it does not panic");
        self.account.acknowledged.extend(heard_of.iter().cloned());
        let ends_us = after.ends_us.lock().expect("whoever holds it does not panic");
        let ends_us = ends_us.iter().map(|(name, end_us)| (name.clone(), *end_us));
        self.account.ends_us.extend(ends_us);
    }

    async fn serve(&mut self, people: Arc<People>, beats: u32, one_in: u32, dies: bool) {
        let db = self.disk.open();
        let calls = Calls::new(db.clone());
        let no_ports = Settings {
            address: [127, 0, 0, 1].into(),
            ports: 0..=0,
        };
        let (exchange, mut lines) = Exchange::by_hand(no_ports).expect("a poll");
        let conductor = self.conductor(&calls, exchange, &people);
        // What a server before this one left is taken up before anything new happens. A start that fails is tried again, as a supervisor
        // does, so it is the same here as one that does not.
        self.faults.one_in.store(0, Ordering::Relaxed);
        conductor.recover().await.expect("no fault befalls a start");
        judge::nothing_is_open(&self.account, &db).await;
        self.faults.one_in.store(one_in, Ordering::Relaxed);
        let (agent_in, agent) = mpsc::channel(limits::EVENTS_MAX);
        let (lines_in, line_events) = mpsc::channel(limits::EVENTS_MAX);
        let events = Events {
            agent,
            lines: line_events,
        };
        let stop = CancellationToken::new();
        let conducting = tokio::spawn(conductor.conduct(people.clone(), events, stop.clone()));
        for beat in 0..beats {
            tokio::time::sleep(BEAT).await;
            if self.disk.is_orphaned() {
                break;
            }
            if dies {
                self.something_begins(&calls, &people, &agent_in).await;
            }
            beat_of(&people, &mut lines, &agent_in, &lines_in);
            if beat % BEATS_BETWEEN_WRITES == 0 {
                until_takes_are_written();
            }
            if !dies && beat % 250 == 0 && judge::is_settled(&db).await {
                break;
            }
        }
        if dies {
            self.die();
            return;
        }
        stop.cancel();
        people.hang_up_all();
        while !people.are_gone() {
            tokio::time::sleep(BEAT).await;
            beat_of(&people, &mut lines, &agent_in, &lines_in);
        }
        conducting.await.expect("it does not panic");
    }

    fn conductor(&self, calls: &Calls, exchange: Exchange, people: &Arc<People>) -> Conductor {
        Conductor {
            calls: calls.clone(),
            exchange,
            spool: Spool::open(&self.folder.path().join("takes")).expect("a folder"),
            store: Store::open(&Place::Folder(self.folder.path().to_owned())).expect("a folder"),
            handlers: people.clone(),
            speech: Arc::new(Beeps),
            domain_base: DOMAIN_BASE.to_owned(),
            ways: Arc::new(Ways::new(
                None,
                Box::new(Everybody),
                DOMAIN_BASE.to_owned(),
                100,
                100_000,
            )),
            trunk_networks: Arc::default(),
            dial_in: Arc::new(DialIn::new(vec![], None, "p".to_owned(), Arc::new(Nowhere))),
        }
    }

    /// Now and then somebody calls, or a program wants a call.
    async fn something_begins(&mut self, calls: &Calls, people: &People, agent: &mpsc::Sender<AgentEvent>) {
        match self.dice.u32(0..300) {
            0 | 1 => {
                let leg = people.call();
                let at_us = clock::now_us();
                let invitation = invitation(leg.to_string());
                let incoming = AgentEvent::Incoming { leg, invitation, at_us };
                agent.try_send(incoming).expect("the server keeps up");
            }
            2 => {
                let wanted = NewCall {
                    to: "sip:bo@127.0.0.1".to_owned(),
                    from: "office".to_owned(),
                    handler_uris: vec![HANDLER.to_owned()],
                    state_update_uri: Some("https://app.example/state".to_owned()),
                    ..NewCall::default()
                };
                let disk = self.disk.clone();
                let creating = calls.create_call("p", wanted, clock::now_us());
                // A server that dies of it answers nobody.
                tokio::select! {
                    created = creating => self.account.acknowledged.extend(created.ok().map(|call| call.id)),
                    () = until_orphaned(&disk) => {}
                }
            }
            _ => {}
        }
    }

    /// The server is killed: what is on its disk now is all that there is of it.
    fn die(&mut self) {
        self.disk.kill();
        self.account.deaths_us.push(clock::now_us());
        until_takes_are_written();
        let left = TempDir::new().expect("a folder");
        copy(self.folder.path(), left.path()).expect("the disk can be read");
        self.folder = left;
    }
}

/// Takes are written by threads, for which no time passes in this world: it waits for them, or a busy machine would be a disk that loses more
/// of a story than any real one. A thread that has nothing to write sleeps.
fn until_takes_are_written() {
    let is_at_work = |task: &Path| {
        let of_a_take = fs::read_to_string(task.join("comm")).is_ok_and(|name| name.trim_end() == "take");
        // The state follows the name, which is in parentheses (proc(5)).
        let state = fs::read_to_string(task.join("stat")).unwrap_or_default();
        let state = state.rsplit(") ").next().and_then(|rest| rest.chars().next());
        of_a_take && state.is_some_and(|state| state != 'S')
    };
    let any_is_at_work = || {
        let tasks = fs::read_dir("/proc/self/task").expect("Linux tells of threads");
        tasks.flatten().any(|task| is_at_work(&task.path()))
    };
    while any_is_at_work() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

async fn until_orphaned(disk: &Disk) {
    while !disk.is_orphaned() {
        tokio::time::sleep(BEAT).await;
    }
}

fn beat_of(
    people: &People,
    lines: &mut ByHand,
    agent: &mpsc::Sender<AgentEvent>,
    events: &mpsc::Sender<telephony::line::LineEvent>,
) {
    for told in people.beat(&mut lines.lines) {
        agent.try_send(told).expect("the server keeps up");
    }
    for told in lines.beat(clock::now_us(), |_, _, _, _| {}) {
        events.try_send(told).expect("the server keeps up");
    }
}

fn invitation(name: String) -> Invitation {
    Invitation {
        sip_call_id: name,
        from: "sip:ada@example.org".to_owned(),
        to: format!("sip:help@demo.{DOMAIN_BASE}"),
        called: vec!["help".to_owned()],
        callers: vec!["ada".to_owned()],
        is_private: false,
        domain: format!("demo.{DOMAIN_BASE}"),
        source: [192, 0, 2, 1].into(),
        user: None,
    }
}

/// Copies a folder, as it is at this moment.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            // One that was renamed or removed meanwhile was not there.
            match fs::copy(entry.path(), target) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                copied => drop(copied?),
            }
        }
    }
    Ok(())
}
