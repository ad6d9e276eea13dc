//! The same reads while somebody writes, which every server does that holds meetings: after each write, whoever reads has to
//! look anew for what it remembered, and SQLite for what it had of the file.

use super::{CONNECTIONS, Load, ROUNDS};
use crate::{
    load::{self, Http1},
    report,
};
use anyhow::Result;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::time::MissedTickBehavior;

/// Few and many: each is a commit, after which nothing that was remembered holds.
const WRITES_PER_SECOND: [u32; 2] = [20, 200];

/// Gets beside durable writes, against the same gets without.
pub(super) async fn run(server: SocketAddr, paths: &Arc<Vec<Vec<u8>>>, token: &str, sessions: usize) -> Result<()> {
    for writes in WRITES_PER_SECOND {
        let (mut rounds, mut rounds_us) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let gets = Load::Rest(server, paths, CONNECTIONS);
            let (alone, alone_us) = gets.rate().await?;
            let (beside, beside_us) = tokio::select! {
                rate = gets.rate() => rate?,
                error = write(server, token, writes) => return error,
            };
            rounds.push((beside, alone));
            rounds_us.push((beside_us, alone_us));
        }
        let name = "reads, beside writes";
        let what = format!(
            "get of a participant session over REST, {sessions} stored, while {writes} spaces are made in a second"
        );
        let rates = report::Rates {
            name,
            what,
            unit: "requests",
            floor: "the same with nothing written",
            rounds,
            aim: "0.8 or more",
        };
        rates.print();
        report::Costs { name, rounds_us }.print();
    }
    Ok(())
}

/// Makes spaces, so many in a second, until it is dropped or one is refused.
async fn write(server: SocketAddr, token: &str, per_second: u32) -> Result<()> {
    let mut connection = Http1::connect(server).await?;
    let request = load::post("/v2/spaces", &format!("authorization: Bearer {token}\r\n"), "{}");
    let mut turns = tokio::time::interval(Duration::from_secs(1) / per_second);
    turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        turns.tick().await;
        connection.ask(&request).await?;
    }
}
