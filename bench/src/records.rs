//! Call records of a large register through the whole server, against handlers that only answer; and samples as meetings measure them,
//! against rows of the same bytes in a table that knows nothing.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use audit::By;
use axum::{Router, extract::State, http::header::CONTENT_TYPE, routing::get, serve::ListenerExt};
use db::{Db, Location};
use identity::{Identity, Scope, Scopes};
use meeting::SessionId;
use quality::{Codec, Direction, Figures, Kind, Spread, Stream, Totals, Window, series::Series};
use register::{Measured, MeasuredStream, Piece, Register};
use serde_json::Value as Document;
use tokio::{net::TcpListener, time::Instant};

use crate::{
    bare_table::BareTable,
    folder_on_disk,
    load::{self, Http1},
    reads::{self, Figure, Load},
    report::{self, progress},
    stored, visits,
};

const RECORDS: &str = "/v1.0/communications/callRecords";
const EXPANDED: &str = "?$expand=sessions($expand=segments)";
const PAGE_SIZE: usize = 250;
const LISTS_AT_ONCE: usize = 8;
const GETS_AT_ONCE: usize = 32;
/// Call records that are asked for one by one: from all over the register, and more than a cache of answers would hold.
const ASKED: usize = 20_000;
/// Sessions that are measured at once, as the windows of a busy shard are.
const SESSIONS_AT_ONCE: usize = 500;
const STREAMS_PER_SESSION: u32 = 2;
const ROUNDS: usize = 7;
const BATCHES_PER_ROUND: usize = 4;
/// A minute of a stream.
const WINDOWS: i64 = 12;
const WINDOW_US: i64 = 5_000_000;

pub(crate) async fn run(how_many: usize) -> Result<()> {
    let folder = folder_on_disk()?;
    progress(&format!("storing {how_many} participant sessions"));
    let db = Db::open(&Location::Sqlite(folder.path().join("sederunt.db"))).await?;
    let register = Register::new(db.clone());
    let (owner, token) = owner(&Identity::open(db.clone()).await?).await?;
    let names = stored::fill(&register, &owner, how_many, stored::SPACES).await?;
    progress("measuring them, and publishing their call records");
    let sessions = names.iter().map(|name| session_of(name)).collect::<Result<Vec<_>>>()?;
    for batch in sessions.chunks(SESSIONS_AT_ONCE) {
        register.keep(&measured(batch), &[], visits::now()).await?;
    }
    stored::publish(&register).await?;
    samples(&db, &register, &sessions).await?;
    drop((register, db));

    let server = reads::start(folder.path()).await?;
    let what = format!("{} sessions stored, {STREAMS_PER_SESSION} streams each", sessions.len());
    answers(server.address(), &token, &what).await?;
    server.drain().await;
    Ok(())
}

/// Whose all of it is, with a token for call records.
async fn owner(identity: &Identity) -> Result<(meeting::UserId, String)> {
    let by = By::command_line(visits::now().0);
    let owner = identity.add_user(reads::OWNER, &by).await?;
    let scopes = Scopes::of(&[Scope::CallRecordsReadonly]);
    let token = identity.issue_token(&owner, scopes, reads::TOKEN_TIME, &by).await?;
    Ok((owner.id, token))
}

fn session_of(name: &str) -> Result<SessionId> {
    let (_, id) = name.rsplit_once('/').context("a full name")?;
    SessionId::parse(id).context("an id")
}

/// A minute of a voice that way.
fn stream(number: u32, direction: Direction) -> MeasuredStream {
    let mut totals = Totals::default();
    let mut series = Series::default();
    for window in 0..WINDOWS {
        let begin_us = window * WINDOW_US;
        let measure = |sum: u64| Spread {
            sum,
            samples: 5,
            max: sum / 4,
        };
        let window = Window {
            begin_us,
            length_us: u32::try_from(WINDOW_US).expect("five seconds"),
            first_us: Some(begin_us),
            last_us: Some(begin_us + WINDOW_US),
            figures: Figures {
                packets: 248,
                bytes: 20_000,
                expected: 250,
                lost: 2,
                bursts: 1,
                burst_max: 2,
                jitter_us: measure(31_000 + window.unsigned_abs()),
                round_trip_us: measure(120_000),
                speech_db: measure(150),
                codec: Some(Codec::Opus),
                ..Figures::default()
            },
        };
        totals.add(&window);
        series.append(&window);
    }
    MeasuredStream {
        stream: Stream {
            ssrc: number,
            direction,
            kind: Kind::Audio,
        },
        totals,
        pieces: vec![Piece {
            number: 0,
            samples: series.bytes().to_vec(),
        }],
    }
}

fn streams() -> Vec<MeasuredStream> {
    vec![stream(1, Direction::Uplink), stream(2, Direction::Downlink)]
}

/// What was measured of each of these sessions.
fn measured(sessions: &[SessionId]) -> Vec<Measured> {
    let measured = sessions.iter().map(|session| Measured {
        session: session.clone(),
        streams: streams(),
        path: None,
        report: None,
    });
    measured.collect()
}

/// What a window of each stream of many sessions costs to write, against the bytes alone.
async fn samples(db: &Db, register: &Register, sessions: &[SessionId]) -> Result<()> {
    let table = BareTable::create(db.clone()).await?;
    let mut rounds = Vec::new();
    let mut batches = sessions.chunks(SESSIONS_AT_ONCE).cycle();
    for _ in 0..ROUNDS {
        let round: Vec<_> = batches.by_ref().take(BATCHES_PER_ROUND).map(measured).collect();
        let start = Instant::now();
        for batch in &round {
            table.put(batch).await?;
        }
        let floor = per_second(&round, start);
        let start = Instant::now();
        for batch in &round {
            register.keep(batch, &[], visits::now()).await?;
        }
        rounds.push((per_second(&round, start), floor));
    }
    let rates = report::Rates {
        name: "records, samples",
        what: format!("samples of streams kept, {SESSIONS_AT_ONCE} sessions at once"),
        unit: "samples",
        floor: "the same bytes into a table of their own",
        rounds,
        aim: "the nearer to 1 the better",
    };
    rates.print();
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no count here comes near 2 to the 52")]
fn per_second(round: &[Vec<Measured>], start: Instant) -> f64 {
    let sessions: usize = round.iter().map(Vec::len).sum();
    sessions as f64 * f64::from(STREAMS_PER_SESSION) / start.elapsed().as_secs_f64()
}

/// The list, and records with all that is below them.
async fn answers(server: SocketAddr, token: &str, stored: &str) -> Result<()> {
    let mut connection = Http1::connect(server).await?;
    let list = load::get(RECORDS, Some(token));
    let ids = ids(&mut connection, token).await?;
    let records = ids.iter().step_by(ids.len().div_ceil(ASKED)).map(|id| {
        let path = format!("{RECORDS}/{id}{EXPANDED}");
        load::get(&path, Some(token))
    });
    let records: Vec<Vec<u8>> = records.collect();

    let page = serde_json::from_slice(connection.ask(&list).await?)?;
    let record = serde_json::from_slice(connection.ask(&records[0]).await?)?;
    let floor = serve_bare(page, record).await?;
    for (name, what, requests, connections) in [
        (
            "records, list",
            "list of call records, a page as it comes",
            vec![list],
            LISTS_AT_ONCE,
        ),
        (
            "records, expanded",
            "get of a call record with sessions and segments",
            records,
            GETS_AT_ONCE,
        ),
    ] {
        let requests = Arc::new(requests);
        let figure = Figure {
            name,
            what: format!("{what}, {stored}"),
            floor: "bare axum handler that writes such an answer",
            aim: "0.5 or more",
        };
        let load = |server| Load::Rest(server, &requests, connections);
        reads::measure(figure, load(server), load(floor)).await?;
    }
    Ok(())
}

/// All call records, page by page.
async fn ids(connection: &mut Http1, token: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut next = Some(format!("{RECORDS}?$top={PAGE_SIZE}"));
    while let Some(path) = next {
        let page: Document = serde_json::from_slice(connection.ask(&load::get(&path, Some(token))).await?)?;
        let records = page["value"].as_array().context("a list")?;
        ids.extend(
            records
                .iter()
                .filter_map(|record| Some(record["id"].as_str()?.to_owned())),
        );
        let link = page["@odata.nextLink"].as_str();
        next = link.and_then(|link| Some(link[link.find(RECORDS)?..].to_owned()));
    }
    Ok(ids)
}

/// Serves a page and a record, written as JSON each time.
async fn serve_bare(page: Document, record: Document) -> Result<SocketAddr> {
    let answer = |State(document): State<Arc<Document>>| async move {
        let body = serde_json::to_vec(&*document).expect("it was read as JSON");
        ([(CONTENT_TYPE, "application/json")], body)
    };
    let router = Router::new()
        .route(RECORDS, get(answer).with_state(Arc::new(page)))
        .route(&format!("{RECORDS}/{{id}}"), get(answer).with_state(Arc::new(record)));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a new connection takes options"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
