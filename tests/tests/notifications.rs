//! A `kill -9` during meetings, and a receiver that is away for a while: both contracts tell of the same conferences and sessions
//! afterwards, nobody is told of a record that is not there, and everybody is told of each that is.
//!
//! One seed decides what the clients do; it is printed, and `SEDERUNT_SEED` repeats it.

#![expect(clippy::print_stdout, reason = "the seed must be known to repeat a run")]

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use end_to_end::{Receiver, Seed, Server, binary, join, leave, live_and_die, open_space, request};
use serde_json::{Value, json};

const KILLS: u64 = 3;
const SPACES: usize = 6;
const CLIENTS: u64 = 4;
const LIFE_MS: std::ops::Range<u64> = 500..2_000;
/// A conference that was cut off waits for its people for 30 s; then it is over.
const ALL_ENDED_WITHIN: Duration = Duration::from_secs(50);
/// From there to the record, and through the waits between tries to a receiver that was away for some seconds.
const ALL_TOLD_WITHIN: Duration = Duration::from_mins(1);

const RECORDS: &str = "/v1.0/communications/callRecords";

struct World {
    server: Option<Server>,
    data: tempfile::TempDir,
    receiver: Receiver,
    owner: String,
    reader: String,
    spaces: Vec<String>,
}

/// Start and end of a conference, and of each of its sessions, by their ids in Graph.
#[derive(Debug, PartialEq, Eq)]
struct Story {
    span: (String, String),
    sessions: BTreeMap<String, (String, String)>,
}

#[test]
fn after_kills_both_contracts_agree_and_each_record_was_told_of() -> Result<()> {
    let mut seed = Seed::from_environment();
    println!("SEDERUNT_SEED={}", seed.number());
    let mut world = World::new()?;
    world.subscribe()?;
    for life in 0..KILLS {
        // It is down when the last life begins, and for some time of the end.
        world.receiver.set_down(life % 2 == 0);
        world.live_and_die(&mut seed)?;
        world.server = Some(start(&world.data, &world.receiver)?);
    }
    wait(ALL_ENDED_WITHIN, "the conferences to end", || world.have_all_ended())?;
    world.receiver.set_down(false);
    let conferences = world.conferences()?;
    let ids: BTreeSet<String> = conferences.keys().cloned().collect();
    ensure!(!ids.is_empty(), "nobody met");
    wait(ALL_TOLD_WITHIN, "each record to be told of", || {
        Ok(world.told()?.is_superset(&ids))
    })?;

    assert_eq!(world.records()?, ids, "each conference has its record");
    assert_eq!(world.told()?, ids, "nobody is told of what is not there");
    for (id, conference) in conferences {
        assert_eq!(world.story_in_graph(&id)?, world.story_in_meet(&conference)?, "{id}");
    }
    Ok(())
}

fn start(data: &tempfile::TempDir, receiver: &Receiver) -> Result<Server> {
    let mut command = Command::new(binary()?);
    command.env("SEDERUNT_NOTIFY_ORIGIN", receiver.origin());
    Server::start_with(command, data.path())
}

fn wait(within: Duration, what: &str, mut until: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    while !until()? {
        ensure!(started.elapsed() < within, "waited {within:?} for {what}");
        thread::sleep(Duration::from_millis(300));
    }
    Ok(())
}

impl World {
    fn new() -> Result<Self> {
        let (data, receiver) = (tempfile::tempdir()?, Receiver::start()?);
        let server = start(&data, &receiver)?;
        server.add_user("owner@example.org")?;
        let owner = server.token("owner@example.org")?;
        let reader = server.token_of_application("CallRecords.Read.All")?;
        let spaces = (0..SPACES).map(|_| open_space(server.address(), &owner));
        let spaces = spaces.collect::<Result<_>>()?;
        Ok(Self {
            server: Some(server),
            data,
            receiver,
            owner,
            reader,
            spaces,
        })
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("a server runs between two lives")
    }

    fn subscribe(&self) -> Result<()> {
        let wish = json!({
            "changeType": "created", "resource": "communications/callRecords",
            "notificationUrl": format!("{}/changes", self.receiver.origin()),
            "expirationDateTime": in_a_day()?,
        });
        let address = self.server().address();
        let made = request(address, "POST", "/v1.0/subscriptions", Some(&self.reader), Some(&wish))?;
        ensure!(made.status == 201, "{made:?}");
        Ok(())
    }

    /// Clients come and go until the process is killed under them.
    fn live_and_die(&mut self, seed: &mut Seed) -> Result<()> {
        let server = self.server.take().context("a server runs")?;
        live_and_die(server, CLIENTS, LIFE_MS, seed, |address, choices| {
            self.visit(address, choices)
        })
    }

    /// Somebody comes, and mostly goes: where nobody is left, a conference ends while the server lives.
    fn visit(&self, address: SocketAddr, choices: &mut Seed) -> Result<()> {
        let space: &String = choices.pick(&self.spaces);
        let seat = join(address, space, None, "Visitor")?.context("an open space lets everybody in")?;
        if choices.below(5) > 0 {
            leave(address, &seat)?.ok();
        }
        Ok(())
    }

    fn have_all_ended(&self) -> Result<bool> {
        let path = "/v2/conferenceRecords?filter=end_time+IS+NULL";
        Ok(self.server().list(path, "conferenceRecords", &self.owner)?.is_empty())
    }

    /// All conferences of Google's contract, by their ids in Graph.
    fn conferences(&self) -> Result<BTreeMap<String, Value>> {
        let listed = self
            .server()
            .list("/v2/conferenceRecords", "conferenceRecords", &self.owner)?;
        listed
            .into_iter()
            .map(|record| Ok((uuid(&text(&record, "name")?)?, record)))
            .collect()
    }

    /// All records of Graph's contract.
    fn records(&self) -> Result<BTreeSet<String>> {
        let listed = self.pages(&format!("{RECORDS}?$select=id"))?;
        listed.iter().map(|record| text(record, "id")).collect()
    }

    /// All pages of a collection of Graph's contract.
    fn pages(&self, path: &str) -> Result<Vec<Value>> {
        let (mut all, mut next) = (Vec::new(), Some(path.to_owned()));
        while let Some(path) = next {
            let mut page = self.server().get(&path, &self.reader)?;
            if let Value::Array(items) = page["value"].take() {
                all.extend(items);
            }
            let link = page["@odata.nextLink"].as_str();
            next = link.and_then(|link| Some(link[link.find("/v1.0")?..].to_owned()));
        }
        Ok(all)
    }

    /// What the receiver has heard of.
    fn told(&self) -> Result<BTreeSet<String>> {
        let heard = self.receiver.heard();
        heard
            .iter()
            .map(|notification| text(&notification["resourceData"], "id"))
            .collect()
    }

    fn story_in_graph(&self, id: &str) -> Result<Story> {
        let record = self.server().get(&format!("{RECORDS}/{id}"), &self.reader)?;
        let sessions = self.pages(&format!("{RECORDS}/{id}/sessions"))?;
        // Whoever never connected is a failure of the call, and was in no conference.
        let attended = sessions
            .iter()
            .filter(|session| session["failureInfo"]["stage"] != "callSetup");
        Ok(Story {
            span: span(&record, "startDateTime", "endDateTime")?,
            sessions: attended
                .map(|session| Ok((text(session, "id")?, span(session, "startDateTime", "endDateTime")?)))
                .collect::<Result<_>>()?,
        })
    }

    fn story_in_meet(&self, conference: &Value) -> Result<Story> {
        let list = |parent: &str, field: &str| self.server().list(&format!("/v2/{parent}/{field}"), field, &self.owner);
        let mut sessions = BTreeMap::new();
        for participant in list(&text(conference, "name")?, "participants")? {
            for session in list(&text(&participant, "name")?, "participantSessions")? {
                sessions.insert(uuid(&text(&session, "name")?)?, span(&session, "startTime", "endTime")?);
            }
        }
        Ok(Story {
            span: span(conference, "startTime", "endTime")?,
            sessions,
        })
    }
}

fn in_a_day() -> Result<String> {
    let asked = Command::new("date").args(["-u", "-d", "+1 day", "+%FT%TZ"]).output()?;
    Ok(String::from_utf8(asked.stdout)?.trim().to_owned())
}

fn text(value: &Value, field: &str) -> Result<String> {
    let found = value[field].as_str();
    Ok(found.with_context(|| format!("no {field} in {value}"))?.to_owned())
}

/// Start and end, without the zeros in which contracts differ.
fn span(value: &Value, start: &str, end: &str) -> Result<(String, String)> {
    let time = |field: &str| {
        let (seconds, fraction) = split(text(value, field)?.trim_end_matches('Z'));
        Ok::<_, anyhow::Error>(format!("{seconds}.{}", fraction.trim_end_matches('0')))
    };
    Ok((time(start)?, time(end)?))
}

fn split(time: &str) -> (String, String) {
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    (seconds.to_owned(), fraction.to_owned())
}

/// The id in Graph of what Google's contract calls by this name: the same 128 bits, in hexadecimal and not in base64.
fn uuid(name: &str) -> Result<String> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let id = name.rsplit('/').next().context("a split has a last")?;
    let mut bits = 0_u128;
    for digit in id.chars().take(21) {
        let value = DIGITS.find(digit).with_context(|| format!("no id: {name}"))?;
        bits = bits << 6 | value as u128;
    }
    let last = id.chars().nth(21).and_then(|digit| DIGITS.find(digit));
    // 21 digits are 126 bits; the last one holds two more, and four that are nothing.
    bits = bits << 2 | (last.with_context(|| format!("no id: {name}"))? >> 4) as u128;
    let hex = format!("{bits:032x}");
    Ok(format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    ))
}

#[test]
fn an_id_is_the_same_number_in_both_contracts() -> Result<()> {
    let expected = "e523d2ed-2966-4b6b-925b-754a88034cc5";
    assert_eq!(uuid("conferenceRecords/5SPS7SlmS2uSW3VKiANMxQ")?, expected);
    Ok(())
}
