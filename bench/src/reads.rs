//! Reads of a large register through the whole server, against handlers that only answer; and a list's page 1,000
//! against its first.

mod beside_writes;

use crate::{
    bare, folder_on_disk,
    load::{self, Http1},
    report::{self, progress},
    stored,
};
use anyhow::{Context, Result};
use api::google::apps::meet::v2::{GetParticipantSessionRequest, ListConferenceRecordsRequest};
use audit::By;
use bytes::Bytes;
use db::{Db, Location};
use identity::{Identity, NewUser, Scopes};
use meeting::UserId;
use register::Register;
use server::{Configuration, Quotas, Running, Server};
use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

const ROUNDS: usize = 7;
const ROUND_TIME: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 64;
/// A server that has written nothing for so long has nothing to catch up with.
const CAUGHT_UP_AFTER: Duration = Duration::from_secs(2);
/// Connections, and calls at once on each: how gRPC clients share them.
const GRPC_CONNECTIONS: (usize, usize) = (8, 16);
const GET: &str = "/google.apps.meet.v2.ConferenceRecordsService/GetParticipantSession";
const LIST: &str = "/google.apps.meet.v2.ConferenceRecordsService/ListConferenceRecords";
/// Fewer than one client may ask for.
const LISTS_AT_ONCE: usize = 8;
/// To a PostgreSQL: as many as the server has.
pub(crate) const POSTGRES_CONNECTIONS: usize = 16;
/// Of the sessions that are stored.
const ASKED_EVERY: usize = 4;
const PAGE_SIZE: usize = 100;
const FAR_PAGE: usize = 1_000;
const PAGES_TIMED: usize = 300;
pub(crate) const TOKEN_TIME: Duration = Duration::from_hours(24);
/// Whose everything is.
pub(crate) const OWNER: NewUser<'_> = NewUser {
    email: "owner@example.org",
    display_name: "Owner",
    administrator: false,
};

pub(crate) async fn run(sessions: usize) -> Result<()> {
    let folder = folder_on_disk()?;
    progress(&format!("storing {sessions} participant sessions"));
    let location = Location::Sqlite(folder.path().join("sederunt.db"));
    let Prepared { names, token, .. } = prepare(&location, sessions).await?;
    let server = start(folder.path()).await?;
    let floor = bare::serve().await?;
    gets(server.address(), floor, &names, &token, sessions).await?;
    forms(server.address(), &token).await?;
    pages(server.address(), &token, sessions).await?;
    server.drain().await;
    Ok(())
}

/// A register with sessions in it.
pub(crate) struct Prepared {
    /// Of some of them.
    pub(crate) names: Vec<String>,
    /// Who may read them all.
    pub(crate) owner: UserId,
    pub(crate) token: String,
}

/// Fills an empty database.
pub(crate) async fn prepare(location: &Location, sessions: usize) -> Result<Prepared> {
    let db = Db::open(location).await?;
    let identity = Identity::open(db.clone()).await?;
    let now_us = crate::visits::now().0;
    let owner = identity.add_user(OWNER, &By::command_line(now_us)).await?;
    let token = identity
        .issue_token(&owner, Scopes::MEET, TOKEN_TIME, &By::command_line(now_us))
        .await?;
    let at_once = match location {
        Location::Sqlite(_) => stored::SPACES,
        Location::Postgres(_) => POSTGRES_CONNECTIONS,
    };
    let register = Register::new(db);
    let names = stored::fill(&register, &owner.id, sessions, at_once).await?;
    stored::publish(&register).await?;
    Ok(Prepared {
        names: names.into_iter().step_by(ASKED_EVERY).collect(),
        owner: owner.id,
        token,
    })
}

/// A server that has caught up with what became due and expired before it began. That is writing, and each write takes from all readers
/// what they have mapped of the file: reads beside it cost several times as much, and are another figure.
pub(crate) async fn start(folder: &Path) -> Result<Running> {
    let configuration = Configuration {
        listen: ([127, 0, 0, 1], 0).into(),
        media_port: Some(0),
        drain: Duration::ZERO,
        quotas: Quotas::NONE,
        ..Configuration::in_folder(folder)
    };
    let db = Db::open(&configuration.store.location()).await?;
    let server = Server::start(configuration).await?;
    let mut written = None;
    while written != db.last_write() {
        written = db.last_write();
        tokio::time::sleep(CAUGHT_UP_AFTER).await;
    }
    Ok(server)
}

/// Where requests of one kind go, and which.
pub(crate) enum Load<'l> {
    Rest(SocketAddr, &'l Arc<Vec<Vec<u8>>>, usize),
    Grpc(SocketAddr, &'l Arc<load::Method>, &'l Arc<Vec<Bytes>>, (usize, usize)),
}

impl Load<'_> {
    /// Requests per second, and processor time of each.
    async fn rate(&self) -> Result<(f64, f64)> {
        let (before_us, start) = (processor_us()?, Instant::now());
        let rate = match self {
            Load::Rest(server, requests, connections) => {
                load::http1(*server, requests, *connections, ROUND_TIME).await?
            }
            Load::Grpc(server, method, requests, connections) => {
                load::grpc(*server, method, requests, *connections, ROUND_TIME).await?
            }
        };
        let requests = rate * start.elapsed().as_secs_f64();
        Ok((rate, (processor_us()? - before_us) / requests))
    }
}

/// Processor time of this process until now: `utime` and `stime` of `proc(5)`, in hundredths of a second.
fn processor_us() -> Result<f64> {
    let line = std::fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = line.rsplit_once(')').context("a name in brackets")?;
    let ticks = after_name.split_whitespace().skip(11).take(2);
    let ticks: Vec<f64> = ticks.map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() * 10_000.0)
}

/// What a figure is called, and what it is held against.
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) what: String,
    pub(crate) floor: &'static str,
    pub(crate) aim: &'static str,
}

/// Measures one load and its floor, turn by turn.
pub(crate) async fn measure(figure: Figure, ours: Load<'_>, floor: Load<'_>) -> Result<()> {
    let (mut rounds, mut rounds_us) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (floor, floor_us) = floor.rate().await?;
        let (ours, ours_us) = ours.rate().await?;
        rounds.push((ours, floor));
        rounds_us.push((ours_us, floor_us));
    }
    let Figure { name, what, floor, aim } = figure;
    let rates = report::Rates {
        name,
        what,
        unit: "requests",
        floor,
        rounds,
        aim,
    };
    rates.print();
    report::Costs { name, rounds_us }.print();
    Ok(())
}

async fn gets(server: SocketAddr, bare: SocketAddr, names: &[String], token: &str, sessions: usize) -> Result<()> {
    let paths = names.iter().map(|name| load::get(&format!("/v2/{name}"), Some(token)));
    let paths = Arc::new(paths.collect());
    let what = format!("get of a participant session, {sessions} stored, {CONNECTIONS} connections");
    let ours = Load::Rest(server, &paths, CONNECTIONS);
    let floor = Load::Rest(bare, &paths, CONNECTIONS);
    let figure = Figure {
        name: "reads, REST",
        what,
        floor: "bare axum handler, same load",
        aim: "0.6 or more",
    };
    measure(figure, ours, floor).await?;
    beside_writes::run(server, &paths, token, sessions).await?;

    let messages = Arc::new(names.iter().map(|name| framed(name)).collect());
    let method = Arc::new(load::Method::new(GET, Some(token), None));
    let (connections, streams) = GRPC_CONNECTIONS;
    let what = format!("get of a participant session, {sessions} stored, {connections} connections of {streams} calls");
    let ours = Load::Grpc(server, &method, &messages, GRPC_CONNECTIONS);
    let floor = Load::Grpc(bare, &method, &messages, GRPC_CONNECTIONS);
    let figure = Figure {
        name: "reads, gRPC",
        what,
        floor: "bare tonic handler, same load",
        aim: "0.8 or more",
    };
    measure(figure, ours, floor).await
}

/// The same page in both forms.
async fn forms(server: SocketAddr, token: &str) -> Result<()> {
    let page = format!("/v2/conferenceRecords?pageSize={PAGE_SIZE}");
    let requests = Arc::new(vec![load::get(&page, Some(token))]);
    let message = load::framed(&ListConferenceRecordsRequest {
        page_size: i32::try_from(PAGE_SIZE).expect("a hundred"),
        ..Default::default()
    });
    let (method, messages) = (
        Arc::new(load::Method::new(LIST, Some(token), None)),
        Arc::new(vec![message]),
    );
    let what = format!("list of conference records, {PAGE_SIZE} on a page");
    let ours = Load::Rest(server, &requests, LISTS_AT_ONCE);
    let floor = Load::Grpc(server, &method, &messages, (1, LISTS_AT_ONCE));
    let figure = Figure {
        name: "reads, JSON",
        what,
        floor: "the same over gRPC",
        aim: "0.6 or more",
    };
    measure(figure, ours, floor).await
}

/// The request for this session.
fn framed(name: &str) -> Bytes {
    load::framed(&GetParticipantSessionRequest { name: name.to_owned() })
}

async fn pages(server: SocketAddr, token: &str, sessions: usize) -> Result<()> {
    let mut connection = Http1::connect(server).await?;
    let first = load::get(&format!("/v2/conferenceRecords?pageSize={PAGE_SIZE}"), Some(token));
    let Some(far) = far_page(&mut connection, token).await? else {
        progress(&format!(
            "with {sessions} sessions there is no page {FAR_PAGE}: pages are not measured"
        ));
        return Ok(());
    };
    let (mut first_us, mut far_us) = (Vec::new(), Vec::new());
    for _ in 0..PAGES_TIMED {
        first_us.push(time_us(&mut connection, &first).await?);
        far_us.push(time_us(&mut connection, &far).await?);
    }
    let times = report::Times {
        name: "reads, pages",
        what: format!("list of conference records over REST, {PAGE_SIZE} on a page"),
        near: "page 1",
        near_us: first_us,
        far: "page 1,000",
        far_us,
        aim: "1.5 or less",
    };
    times.print();
    Ok(())
}

/// Walks to the far page, and returns the request for it, if there are so many pages.
async fn far_page(connection: &mut Http1, token: &str) -> Result<Option<Vec<u8>>> {
    let mut request = load::get(&format!("/v2/conferenceRecords?pageSize={PAGE_SIZE}"), Some(token));
    for _ in 1..FAR_PAGE {
        let page: serde_json::Value = serde_json::from_slice(connection.ask(&request).await?)?;
        let Some(next) = page["nextPageToken"].as_str() else {
            return Ok(None);
        };
        request = load::get(
            &format!("/v2/conferenceRecords?pageSize={PAGE_SIZE}&pageToken={next}"),
            Some(token),
        );
    }
    Ok(Some(request))
}

async fn time_us(connection: &mut Http1, request: &[u8]) -> Result<f64> {
    let start = Instant::now();
    connection.ask(request).await?;
    Ok(start.elapsed().as_secs_f64() * 1e6)
}
