//! A read of a participant session through the whole server on PostgreSQL, against the statement that it is made of, run by
//! PostgreSQL's own `pgbench` on the same data.
//!
//! `pgbench` prepares each statement once on each connection, as the server does, and asks with as many connections.

use std::{fmt::Write, fs, path::Path, process::Command, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use db::Location;
use meeting::UserId;
use register::PARTICIPANT_SESSION_FOR_READER;
use server::{Configuration, Quotas, Server};

use crate::{
    folder_on_disk, load,
    reads::{POSTGRES_CONNECTIONS, Prepared, prepare},
    report::{self, progress},
};

const ROUNDS: usize = 5;
const ROUND_TIME: Duration = Duration::from_secs(3);
/// Of clients to the server.
const CONNECTIONS: usize = 64;
/// Statements that `pgbench` runs one after the other as what it calls a transaction.
const STATEMENTS: usize = 500;

pub(crate) async fn run(sessions: usize) -> Result<()> {
    let Location::Postgres(database) = db::testing::new_postgres().await else {
        bail!("a PostgreSQL was asked for");
    };
    progress(&format!("storing {sessions} participant sessions in PostgreSQL"));
    let Prepared { names, owner, token } = prepare(&Location::Postgres(database.clone()), sessions).await?;
    let folder = folder_on_disk()?;
    let mut configuration = Configuration {
        listen: ([127, 0, 0, 1], 0).into(),
        media_port: Some(0),
        drain: Duration::ZERO,
        quotas: Quotas::NONE,
        ..Configuration::in_folder(folder.path())
    };
    configuration.store.database = Some(database.clone());
    let server = Server::start(configuration).await?;
    let script = folder.path().join("statements.sql");
    fs::write(&script, statements(&names, &owner)?)?;
    let requests = names.iter().map(|name| load::get(&format!("/v2/{name}"), Some(&token)));
    let requests = Arc::new(requests.collect());
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let floor = pgbench(&database, &script)?;
        let ours = load::http1(server.address(), &requests, CONNECTIONS, ROUND_TIME).await?;
        rounds.push((ours, floor));
    }
    let rates = report::Rates {
        name: "reads, PostgreSQL",
        what: format!("get of a participant session over REST, {sessions} stored, {CONNECTIONS} connections"),
        unit: "requests",
        floor: "the same statement, prepared, by pgbench",
        rounds,
        aim: "0.5 or more",
    };
    rates.print();
    server.drain().await;
    Ok(())
}

/// The statement by which a session is read for whoever may read it, for sessions that are as far apart as those of the load.
fn statements(names: &[String], reader: &UserId) -> Result<String> {
    let mut script = String::new();
    for name in names.iter().step_by((names.len() / STATEMENTS).max(1)) {
        let mut parts = name.split('/').skip(1).step_by(2);
        let [conference, participant, session] =
            std::array::from_fn(|_| parts.next()).map(|part| part.context("a full name"));
        let (conference, participant, session) = (conference?, participant?, session?);
        let values = [session, conference, participant, "0", reader.as_str()];
        let mut statement = PARTICIPANT_SESSION_FOR_READER.replace('\n', " ");
        for (number, value) in values.iter().enumerate() {
            statement = statement.replace(&format!("${}", number + 1), &format!("'{value}'"));
        }
        writeln!(script, "{statement};")?;
    }
    Ok(script)
}

/// Statements per second.
fn pgbench(database: &str, script: &Path) -> Result<f64> {
    let text = fs::read_to_string(script)?;
    let statements = u32::try_from(text.lines().count())?;
    let clients = POSTGRES_CONNECTIONS.to_string();
    let seconds = ROUND_TIME.as_secs().to_string();
    let run = Command::new("pgbench")
        .args([
            "--no-vacuum",
            "--protocol=prepared",
            "--jobs=2",
            "--client",
            &clients,
            "--time",
            &seconds,
        ])
        .arg("--file")
        .arg(script)
        .arg(database)
        .output()
        .context("`pgbench`, which comes with PostgreSQL, did not start")?;
    let told = String::from_utf8_lossy(&run.stdout);
    ensure!(
        run.status.success(),
        "pgbench failed: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    let rate = told
        .lines()
        .find_map(|line| line.strip_prefix("tps = ")?.split(' ').next());
    let rate: f64 = rate.context("pgbench tells its rate")?.parse()?;
    Ok(rate * f64::from(statements))
}
