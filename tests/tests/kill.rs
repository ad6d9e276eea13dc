//! The promise that no peer keeps: a `kill -9` at any moment loses no acknowledged session, doubles none and leaves
//! none open for ever.
//!
//! Clients join, come back and leave in many spaces at once; at a random moment the process is killed, and started
//! again on the same data. Then everything that was acknowledged (a client was told that it is in) is read back through
//! the API. What was under way when the process died may or may not have happened: nothing is claimed about it, except
//! that it keeps the rules as well.
//!
//! One seed decides what the clients do; it is printed, and `SEDERUNT_SEED` repeats it. `SEDERUNT_KILLS` is how often
//! the process dies: a short form by default, 50 times in `cargo xtask bench kill`.

#![expect(
    clippy::print_stdout,
    reason = "the seed must be known to repeat a run, and a benchmark reports"
)]

use std::{
    collections::{HashMap, HashSet},
    env,
    net::SocketAddr,
    sync::Mutex,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use end_to_end::{Seat, Seed, Server, join, leave, live_and_die, open_space, resume};
use serde_json::Value;

const KILLS: u64 = 5;
const SPACES: usize = 12;
const CLIENTS: u64 = 8;
/// Long enough for some dozens of joins, short enough for a busy server at the moment of death.
const LIFE_MS: std::ops::Range<u64> = 100..1_500;
/// A crashed conference stays open for 30 s so that its people can come back; then it is over.
const ALL_ENDED_WITHIN: Duration = Duration::from_secs(50);

/// A session that the server has acknowledged, and between which of our clock readings it did so.
struct Acknowledged {
    seat: Seat,
    by_user: bool,
    joined_us: (i64, i64),
    /// The life of the server in which it began.
    life: u64,
}

/// A life of the server that is over.
#[derive(Clone, Copy)]
struct Life {
    number: u64,
    /// When it had ended, by our clock.
    ended_us: i64,
}

struct World {
    server: Option<Server>,
    data: tempfile::TempDir,
    token: String,
    spaces: Vec<String>,
    acknowledged: Mutex<Vec<Acknowledged>>,
}

#[test]
fn a_killed_server_keeps_every_promise() -> Result<()> {
    let mut seed = Seed::from_environment();
    println!("SEDERUNT_SEED={}", seed.number());
    let kills = env::var("SEDERUNT_KILLS").map_or(Ok(KILLS), |text| text.parse())?;

    let mut world = World::new()?;
    for life in 0..kills {
        world.live_and_die(life, &mut seed)?;
        let ended = Life {
            number: life,
            ended_us: now_us(),
        };
        world.server = Some(Server::start(world.data.path())?);
        let checked = world
            .check_the_acknowledged(ended)
            .with_context(|| format!("after kill {}", life + 1))?;
        world.check_one_active_conference()?;
        println!(
            "kill {}: {checked} acknowledged sessions are there, each once",
            life + 1
        );
    }
    world.wait_until_all_have_ended()?;
    let (conferences, sessions) = world.check_the_rules()?;
    println!("{kills} kills: {sessions} sessions in {conferences} conferences keep the rules of time");
    Ok(())
}

impl World {
    fn new() -> Result<Self> {
        let data = tempfile::tempdir()?;
        let server = Server::start(data.path())?;
        server.add_user("owner@example.org")?;
        let token = server.token("owner@example.org")?;
        let spaces = (0..SPACES).map(|_| open_space(server.address(), &token));
        let spaces = spaces.collect::<Result<_>>()?;
        Ok(Self {
            server: Some(server),
            data,
            token,
            spaces,
            acknowledged: Mutex::default(),
        })
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("a server runs between two lives")
    }

    /// Clients are busy until the process is killed under them.
    fn live_and_die(&mut self, life: u64, seed: &mut Seed) -> Result<()> {
        let server = self.server.take().context("a server runs")?;
        live_and_die(server, CLIENTS, LIFE_MS, seed, |address, choices| {
            self.act(address, life, choices)
        })
    }

    fn act(&self, address: SocketAddr, life: u64, choices: &mut Seed) -> Result<()> {
        match choices.below(10) {
            0..5 => {
                let by_user = choices.below(4) == 0;
                let token = by_user.then_some(self.token.as_str());
                let before = now_us();
                let space: &String = choices.pick(&self.spaces);
                let seat = join(address, space, token, "Visitor")?.expect("an open space lets everybody in");
                self.acknowledge(seat, by_user, before, life);
            }
            5..7 => {
                let Some((seat, by_user)) = self.some_seat(choices) else {
                    return Ok(());
                };
                let before = now_us();
                // A refusal is fine: that conference may be over.
                if let Ok(returned) = resume(address, &seat, by_user.then_some(self.token.as_str()))? {
                    ensure!(
                        returned.participant == seat.participant,
                        "{seat:?} came back as {returned:?}"
                    );
                    self.acknowledge(returned, by_user, before, life);
                }
            }
            _ => {
                let Some((seat, _)) = self.some_seat(choices) else {
                    return Ok(());
                };
                // So it is here: it may have ended long ago.
                leave(address, &seat)?.ok();
            }
        }
        Ok(())
    }

    fn acknowledge(&self, seat: Seat, by_user: bool, before_us: i64, life: u64) {
        let row = Acknowledged {
            seat,
            by_user,
            joined_us: (before_us, now_us()),
            life,
        };
        self.acknowledged.lock().expect("no client panics").push(row);
    }

    fn some_seat(&self, choices: &mut Seed) -> Option<(Seat, bool)> {
        let acknowledged = self.acknowledged.lock().expect("no client panics");
        (!acknowledged.is_empty()).then(|| {
            let row = choices.pick(&acknowledged);
            (row.seat.clone(), row.by_user)
        })
    }

    /// Reads back what was acknowledged in the life that just ended.
    fn check_the_acknowledged(&self, life: Life) -> Result<usize> {
        let mut acknowledged = self.acknowledged.lock().expect("no client panics");
        let mut listed: HashMap<String, Vec<Value>> = HashMap::new();
        let rows = acknowledged.iter_mut().filter(|row| row.life == life.number);
        let mut checked = 0;
        for row in rows {
            checked += 1;
            let session = self.find(&mut row.seat)?;
            let name = &row.seat.participant_session;
            let start = time_us(&session, "startTime")?.context("a session has a start")?;
            ensure!(
                (row.joined_us.0..=row.joined_us.1).contains(&start),
                "{name}: started outside of its join"
            );
            let end = time_us(&session, "endTime")?;
            let end = end.with_context(|| format!("{name}: open although the process that held it died"))?;
            // Whatever ended it, left or crashed, nobody was there after the process had died.
            ensure!(
                (start..=life.ended_us).contains(&end),
                "{name}: ended outside of the life of its server"
            );
            let participant = row.seat.participant.as_str();
            if !listed.contains_key(participant) {
                let path = format!("/v2/{participant}/participantSessions");
                listed.insert(
                    participant.to_owned(),
                    self.server().list(&path, "participantSessions", &self.token)?,
                );
            }
            let times = listed[participant]
                .iter()
                .filter(|session| session["name"] == *name.as_str())
                .count();
            ensure!(times == 1, "{name}: listed {times} times");
        }
        Ok(checked)
    }

    /// Reads the session of a seat. The conference that a join was promised may have ended before its client had connected; then
    /// it is in the one that it started, under the same ids.
    fn find(&self, seat: &mut Seat) -> Result<Value> {
        let read = |name: &str| self.server().get(&format!("/v2/{name}"), &self.token);
        let promised = read(&seat.participant_session);
        if promised.is_ok() {
            return promised;
        }
        let filter = format!("space.name%3D%22{}%22", seat.space);
        let path = format!("/v2/conferenceRecords?filter={filter}");
        for record in self.server().list(&path, "conferenceRecords", &self.token)? {
            let record = record["name"].as_str().context("a record has a name")?;
            let moved = |name: &str| name.replacen(&seat.conference_record, record, 1);
            let (participant, session) = (moved(&seat.participant), moved(&seat.participant_session));
            if let Ok(found) = read(&session) {
                record.clone_into(&mut seat.conference_record);
                (seat.participant, seat.participant_session) = (participant, session);
                return Ok(found);
            }
        }
        promised
    }

    fn check_one_active_conference(&self) -> Result<()> {
        for space in &self.spaces {
            let filter = format!("space.name=\"{space}\"+AND+end_time+IS+NULL")
                .replace('"', "%22")
                .replace('=', "%3D");
            let path = format!("/v2/conferenceRecords?filter={filter}");
            let active = self.server().list(&path, "conferenceRecords", &self.token)?;
            ensure!(active.len() <= 1, "{space}: {} conferences at once", active.len());
        }
        Ok(())
    }

    fn wait_until_all_have_ended(&self) -> Result<()> {
        let started = Instant::now();
        loop {
            let path = "/v2/conferenceRecords?filter=end_time+IS+NULL";
            let open = self.server().list(path, "conferenceRecords", &self.token)?;
            if open.is_empty() {
                return Ok(());
            }
            ensure!(started.elapsed() < ALL_ENDED_WITHIN, "open for ever: {open:?}");
            thread::sleep(Duration::from_millis(500));
        }
    }

    /// DESIGN's rules of time, over everything that the register holds now.
    fn check_the_rules(&self) -> Result<(usize, usize)> {
        let mut sessions_seen: HashSet<String> = HashSet::new();
        let mut sittings: HashMap<String, Vec<(i64, i64)>> = HashMap::new();
        let conferences = self
            .server()
            .list("/v2/conferenceRecords", "conferenceRecords", &self.token)?;
        for conference in &conferences {
            let name = conference["name"].as_str().context("a record has a name")?;
            let span = span(conference, "startTime", "endTime")?;
            sittings.entry(conference["space"].to_string()).or_default().push(span);
            let participants = self
                .server()
                .list(&format!("/v2/{name}/participants"), "participants", &self.token)?;
            ensure!(!participants.is_empty(), "{name}: nobody was there");
            for participant in &participants {
                let sessions = self.check_participant(participant, span)?;
                let count = sessions.len();
                sessions_seen.extend(sessions);
                ensure!(count > 0, "{participant}: without a session");
            }
        }
        for (space, mut sittings) in sittings {
            sittings.sort_unstable();
            let overlap = sittings.windows(2).find(|two| two[1].0 < two[0].1);
            ensure!(overlap.is_none(), "{space}: two conferences at once: {overlap:?}");
        }
        let acknowledged = self.acknowledged.lock().expect("no client panics");
        ensure!(!acknowledged.is_empty(), "nobody met");
        let lost = acknowledged
            .iter()
            .find(|row| !sessions_seen.contains(&row.seat.participant_session));
        ensure!(lost.is_none(), "acknowledged and lost: {:?}", lost.map(|row| &row.seat));
        Ok((conferences.len(), sessions_seen.len()))
    }

    /// Sessions lie inside their participant, whose times are theirs; the participant inside the conference.
    fn check_participant(&self, participant: &Value, conference: (i64, i64)) -> Result<Vec<String>> {
        let name = participant["name"].as_str().context("a participant has a name")?;
        let (earliest, latest) = span(participant, "earliestStartTime", "latestEndTime")?;
        ensure!(
            conference.0 <= earliest && latest <= conference.1,
            "{name}: outside of its conference"
        );
        let sessions = self.server().list(
            &format!("/v2/{name}/participantSessions"),
            "participantSessions",
            &self.token,
        )?;
        let spans = sessions
            .iter()
            .map(|session| span(session, "startTime", "endTime"))
            .collect::<Result<Vec<_>>>()?;
        ensure!(
            spans.iter().map(|span| span.0).min() == Some(earliest),
            "{name}: not the first session's start"
        );
        ensure!(
            spans.iter().map(|span| span.1).max() == Some(latest),
            "{name}: not the last session's end"
        );
        let names: HashSet<String> = sessions
            .iter()
            .filter_map(|session| session["name"].as_str().map(str::to_owned))
            .collect();
        ensure!(names.len() == sessions.len(), "{name}: a session is listed twice");
        Ok(names.into_iter().collect())
    }
}

/// Start and end of something that is over.
fn span(resource: &Value, start: &str, end: &str) -> Result<(i64, i64)> {
    let start = time_us(resource, start)?.with_context(|| format!("no start: {resource}"))?;
    let end = time_us(resource, end)?.with_context(|| format!("open for ever: {resource}"))?;
    ensure!(start <= end, "ends before it starts: {resource}");
    Ok((start, end))
}

fn now_us() -> i64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is past 1970");
    i64::try_from(now.as_micros()).expect("this century's microseconds fit")
}

/// A proto3 JSON timestamp (`2026-01-02T03:04:05.678901Z`) in microseconds; `None` if it is unset.
fn time_us(resource: &Value, field: &str) -> Result<Option<i64>> {
    let Some(text) = resource[field].as_str() else {
        return Ok(None);
    };
    let digits: Vec<i64> = text
        .trim_end_matches('Z')
        .split(['-', 'T', ':', '.'])
        .take(6)
        .map(|number| number.parse().with_context(|| format!("not a time: {text}")))
        .collect::<Result<_>>()?;
    let [year, month, day, hour, minute, second] = digits[..] else {
        anyhow::bail!("not a time: {text}")
    };
    let fraction = text
        .trim_end_matches('Z')
        .split_once('.')
        .map_or("", |(_, fraction)| fraction);
    let fraction_us: i64 = format!("{fraction:0<6}").parse()?;
    // Days since 1970 in the Gregorian calendar, counted from March so that the leap day comes last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Ok(Some(
        (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + fraction_us,
    ))
}
