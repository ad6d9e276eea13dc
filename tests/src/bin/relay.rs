//! The relay as a program, for tests that are not in Rust: it is told what to do in lines of JSON, and answers each with a line.
//!
//! The first line that it writes is its address. Then: `{"leadTo": PORT}`, `{"uplink": CONDITIONS}`, `{"downlink": CONDITIONS}`,
//! `{"change": true}`, `{"rebind": true}` and `{"truth": "uplink"}`, with `"ssrc"` and `"clockHz"` for one stream. Conditions are `lossPercent`,
//! `delayMs`, `jitterMs`, `rateKbps` and `overtakePercent`; what is left out is as on a good network. It ends with its input.

#![expect(clippy::print_stdout, reason = "it answers there")]

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use anyhow::{Context, Result, bail};
use end_to_end::{
    Seed,
    relay::{Conditions, Direction, Relay, Truth},
};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let seed = Seed::from_environment();
    let number = seed.number();
    let relay = Relay::open(seed)?;
    println!("{}", json!({"address": relay.address().to_string(), "seed": number}));
    for line in io::stdin().lines() {
        println!("{}", obey(&relay, &serde_json::from_str(&line?)?)?);
    }
    Ok(())
}

fn obey(relay: &Relay, order: &Value) -> Result<Value> {
    let (verb, value) = order
        .as_object()
        .and_then(|order| {
            order
                .iter()
                .find(|(name, _)| !["ssrc", "clockHz"].contains(&name.as_str()))
        })
        .context("an order has a verb")?;
    match verb.as_str() {
        "leadTo" => relay.lead_to(SocketAddr::from((Ipv4Addr::LOCALHOST, number(value)?))),
        "uplink" | "downlink" => relay.set(direction(verb)?, conditions(value)?),
        "change" => relay.change(),
        "rebind" => relay.rebind(),
        "truth" => return truth(relay, direction(value.as_str().unwrap_or_default())?, order),
        other => bail!("no such order: {other}"),
    }
    Ok(json!({}))
}

fn truth(relay: &Relay, direction: Direction, order: &Value) -> Result<Value> {
    let found = match order.get("ssrc") {
        None => relay.way(direction)?,
        Some(ssrc) => relay.stream(direction, number(ssrc)?, number(&order["clockHz"])?)?,
    };
    let Truth {
        packets,
        lost,
        delay_us_mean,
        jitter_us_mean,
    } = found;
    Ok(json!({
        "packets": packets, "lost": lost, "delayMs": delay_us_mean / 1e3, "jitterMs": jitter_us_mean / 1e3,
    }))
}

fn direction(name: &str) -> Result<Direction> {
    match name {
        "uplink" => Ok(Direction::Uplink),
        "downlink" => Ok(Direction::Downlink),
        other => bail!("no such direction: {other}"),
    }
}

fn conditions(value: &Value) -> Result<Conditions> {
    let whole = |name: &str| value.get(name).map_or(Ok(0), number::<u64>);
    Ok(Conditions {
        loss_ppm: whole("lossPercent")? * 10_000,
        delay_us: whole("delayMs")? * 1_000,
        jitter_us: whole("jitterMs")? * 1_000,
        rate_bps: value
            .get("rateKbps")
            .map(|rate| number::<u64>(rate).map(|rate| rate * 1_000))
            .transpose()?,
        overtaken_ppm: whole("overtakePercent")? * 10_000,
    })
}

fn number<N: TryFrom<u64>>(value: &Value) -> Result<N> {
    let number = value.as_u64().and_then(|number| N::try_from(number).ok());
    number.with_context(|| format!("not a number that fits: {value}"))
}
