//! Reads of a large register through the whole server, against handlers that only answer; and a list's page 1,000
//! against its first.

use crate::{
    bare, folder_on_disk,
    load::{self, Http1},
    report::{self, progress},
    stored,
};
use anyhow::Result;
use api::google::apps::meet::v2::GetParticipantSessionRequest;
use audit::By;
use bytes::Bytes;
use db::{Db, Location};
use identity::{Identity, NewUser, Scopes};
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
/// Connections, and calls at once on each: how gRPC clients share them.
const GRPC_CONNECTIONS: (usize, usize) = (8, 16);
const GET: &str = "/google.apps.meet.v2.ConferenceRecordsService/GetParticipantSession";
const PAGE_SIZE: usize = 100;
const FAR_PAGE: usize = 1_000;
const PAGES_TIMED: usize = 300;
const TOKEN_TIME: Duration = Duration::from_hours(24);

pub(crate) async fn run(sessions: usize) -> Result<()> {
    let folder = folder_on_disk()?;
    progress(&format!("storing {sessions} participant sessions"));
    let (names, token) = prepare(folder.path(), sessions).await?;
    let server = start(folder.path()).await?;
    let floor = bare::serve().await?;
    rest(server.address(), floor, &names, &token, sessions).await?;
    grpc(server.address(), floor, &names, &token, sessions).await?;
    pages(server.address(), &token, sessions).await?;
    server.drain().await;
    Ok(())
}

/// Fills a data folder; returns names of sessions in it, and a token of the one who may read them all.
async fn prepare(folder: &Path, sessions: usize) -> Result<(Vec<String>, String)> {
    let db = Db::open(&Location::Sqlite(folder.join("sederunt.db"))).await?;
    let identity = Identity::open(db.clone()).await?;
    let new = NewUser {
        email: "owner@example.org",
        display_name: "Owner",
        administrator: false,
    };
    let now_us = crate::visits::now().0;
    let owner = identity.add_user(new, &By::command_line(now_us)).await?;
    let token = identity
        .issue_token(&owner, Scopes::MEET, TOKEN_TIME, &By::command_line(now_us))
        .await?;
    let names = stored::fill(&Register::new(db), &owner.id, sessions).await?;
    Ok((names, token))
}

async fn start(folder: &Path) -> Result<Running> {
    let configuration = Configuration {
        listen: ([127, 0, 0, 1], 0).into(),
        media_port: Some(0),
        drain: Duration::ZERO,
        quotas: Quotas::NONE,
        ..Configuration::in_folder(folder)
    };
    Ok(Server::start(configuration).await?)
}

async fn rest(server: SocketAddr, bare: SocketAddr, names: &[String], token: &str, sessions: usize) -> Result<()> {
    let requests = Arc::new(
        names
            .iter()
            .map(|name| load::get(&format!("/v2/{name}"), Some(token)))
            .collect(),
    );
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let floor = load::http1(bare, &requests, CONNECTIONS, ROUND_TIME).await?;
        let ours = load::http1(server, &requests, CONNECTIONS, ROUND_TIME).await?;
        rounds.push((ours, floor));
    }
    let rates = report::Rates {
        name: "reads, REST",
        what: format!("get of a participant session, {sessions} stored, {CONNECTIONS} connections"),
        unit: "gets",
        floor: "bare axum handler, same load",
        rounds,
        aim: "0.6 or more",
    };
    rates.print();
    Ok(())
}

async fn grpc(server: SocketAddr, bare: SocketAddr, names: &[String], token: &str, sessions: usize) -> Result<()> {
    let requests = Arc::new(names.iter().map(|name| framed(name)).collect());
    let method = Arc::new(load::Method::new(GET, Some(token), None));
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let floor = load::grpc(bare, &method, &requests, GRPC_CONNECTIONS, ROUND_TIME).await?;
        let ours = load::grpc(server, &method, &requests, GRPC_CONNECTIONS, ROUND_TIME).await?;
        rounds.push((ours, floor));
    }
    let (connections, streams) = GRPC_CONNECTIONS;
    let rates = report::Rates {
        name: "reads, gRPC",
        what: format!("get of a participant session, {sessions} stored, {connections} connections of {streams} calls"),
        unit: "gets",
        floor: "bare tonic handler, same load",
        rounds,
        aim: "0.6 or more",
    };
    rates.print();
    Ok(())
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
