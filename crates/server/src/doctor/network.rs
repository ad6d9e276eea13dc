//! `sederunt doctor network`: what a client meets on its way to a server, tried from where this runs.
//!
//! It is best asked from the networks that people sit in, and of a server anywhere: it does what the page `/check` does, over the same
//! door, and needs neither its flags nor its data. A way that is blocked is a problem; whether anybody gets through is another question,
//! and the answer to it is the exit code.

use std::net::SocketAddr;
use std::time::Duration;

use attendee::{Check, Found, Way};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use register::chain;
use serde_json::{Value, json};

use super::{Finding, Problem, problem};
use crate::limits;
use crate::outgoing::{self, Client};

const CHECKS: &str = "/sederunt/v1/networkChecks";

const UNREACHED: &str = "check the address, and that the server runs and is of this version or a later one";
const UDP_BLOCKED: &str =
    "open UDP to there in the firewalls on the way, and check that `--public-address` is where the server is reached";
const TCP_BLOCKED: &str = "open TCP to there in the firewalls on the way: it is what is left where UDP is blocked";
const UDP_ABSENT: &str = "see what the server announces with `sederunt doctor` beside it";
const TCP_ABSENT: &str = "start the server without `--without-tcp-media`, for those whose network blocks UDP";
const SLOW: &str = "people may talk over each other; look for a nearer server, or for what fills the network";
const LOSSY: &str = "look for a bad cable, a weak radio network, or one that is full";

/// What was found on the way to a server.
#[derive(Debug)]
pub struct Ways {
    /// What was looked at.
    pub findings: Vec<Finding>,
    /// Whether a client would be in a meeting.
    pub leads_there: bool,
}

/// Tries the ways to the server of this address.
pub fn examine(url: &str) -> BoxFuture<'_, Ways> {
    Box::pin(look(url))
}

async fn look(url: &str) -> Ways {
    let url = url.trim_end_matches('/');
    let client = match outgoing::client() {
        Ok(client) => client,
        Err(error) => {
            let what = format!("the certificates that this system trusts cannot be read: {error}");
            let hint = "install the system's certificates (the package `ca-certificates`)";
            return Ways::none(problem(what, hint));
        }
    };
    let (udp, tcp) = (by(&client, url, Way::Udp), by(&client, url, Way::Tcp));
    let (udp, tcp) = match (Box::pin(udp).await, Box::pin(tcp).await) {
        (Ok(udp), Ok(tcp)) => (udp, tcp),
        (Err(problem), _) | (_, Err(problem)) => return Ways::none(problem),
    };
    ways(url, &udp, &tcp)
}

impl Ways {
    /// The server could not be asked.
    fn none(problem: Problem) -> Ways {
        let finding = Finding {
            subject: "server",
            state: Err(problem),
        };
        Ways {
            findings: vec![finding],
            leads_there: false,
        }
    }
}

/// What was found, in words.
fn ways(url: &str, udp: &Found, tcp: &Found) -> Ways {
    let finding = |subject, state| Finding { subject, state };
    let mut findings = vec![
        finding("server", Ok(format!("{url} answers"))),
        finding("UDP", way(udp, UDP_BLOCKED, UDP_ABSENT)),
        finding("TCP", way(tcp, TCP_BLOCKED, TCP_ABSENT)),
    ];
    // A meeting goes by UDP where it can.
    let quality = quality(udp).or_else(|| quality(tcp));
    let leads_there = quality.is_some();
    if let Some((round_trip, lost_percent)) = quality {
        findings.push(finding("round trip", round_trip_state(round_trip)));
        findings.push(finding("loss", loss_state(lost_percent)));
    }
    Ways { findings, leads_there }
}

fn way(found: &Found, blocked: &'static str, absent: &'static str) -> Result<String, Problem> {
    match found {
        Found::Absent => Err(problem("the server announces none", absent)),
        Found::Blocked { ends } => Err(problem(format!("nothing comes back from {}", listed(ends)), blocked)),
        Found::Open { ends, round_trips, .. } if round_trips.is_empty() => Err(problem(
            format!("{} answers, and then nothing comes back", listed(ends)),
            blocked,
        )),
        Found::Open { ends, .. } => Ok(format!("open, by {}", listed(ends))),
    }
}

/// The median of the round trips, and how much of a hundred was lost.
fn quality(found: &Found) -> Option<(Duration, usize)> {
    let Found::Open { sent, round_trips, .. } = found else {
        return None;
    };
    let mut sorted = round_trips.clone();
    sorted.sort_unstable();
    let median = sorted.get(sorted.len() / 2)?;
    Some((*median, (sent - sorted.len()) * 100 / sent))
}

fn round_trip_state(round_trip: Duration) -> Result<String, Problem> {
    let said = format!("{} ms", round_trip.as_millis());
    if round_trip > limits::ROUND_TRIP_GOOD {
        return Err(problem(said, SLOW));
    }
    Ok(said)
}

fn loss_state(lost_percent: usize) -> Result<String, Problem> {
    let said = format!("{lost_percent} % on the way there and back");
    if lost_percent > limits::LOST_PERCENT_GOOD {
        return Err(problem(said, LOSSY));
    }
    Ok(said)
}

fn listed(ends: &[SocketAddr]) -> String {
    let ends: Vec<String> = ends.iter().map(ToString::to_string).collect();
    ends.join(", ")
}

/// Asks for a check, and runs it by one way.
async fn by(client: &Client, url: &str, way: Way) -> Result<Found, Problem> {
    let check = Check::new(way);
    let answer = ask(client, url, check.offer()).await?;
    let found = Box::pin(check.run(&answer)).await;
    found.map_err(|error| problem(format!("`{url}{CHECKS}`: {error}"), UNREACHED))
}

/// The server's answer to an offer.
async fn ask(client: &Client, url: &str, offer: &str) -> Result<String, Problem> {
    let failed = |why: String| problem(format!("`{url}{CHECKS}` does not answer: {why}"), UNREACHED);
    let body = json!({ "offer": offer }).to_string();
    let request = Request::builder().method(Method::POST).uri(format!("{url}{CHECKS}"));
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| failed(chain(&error)))?;
    let answered = async {
        let answer = client.request(request).await.map_err(|error| failed(chain(&error)))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), limits::WAY_IN_ANSWER_BYTES_MAX);
        let body = body.collect().await.map_err(|error| failed(error.to_string()))?;
        Ok((status, body.to_bytes()))
    };
    let answered = tokio::time::timeout(limits::WAY_IN_TIMEOUT, answered).await;
    let (status, body) =
        answered.unwrap_or_else(|_| Err(failed(format!("nothing within {:?}", limits::WAY_IN_TIMEOUT))))?;
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    match said["answer"].as_str() {
        Some(answer) if status == StatusCode::OK => Ok(answer.to_owned()),
        _ => {
            let why = said["error"]["message"].as_str().unwrap_or_default();
            Err(failed(format!("{status} {why}").trim_end().to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(sent: usize, round_trips_ms: &[u64]) -> Found {
        Found::Open {
            ends: vec![([192, 0, 2, 1], 10_000).into()],
            sent,
            round_trips: round_trips_ms.iter().copied().map(Duration::from_millis).collect(),
        }
    }

    #[test]
    fn what_was_found_is_said_row_by_row_and_as_a_whole() {
        let blocked = || Found::Blocked {
            ends: vec![([192, 0, 2, 1], 10_000).into()],
        };
        let check = |udp: Found, tcp: Found, expected: &[&str], leads_there: bool| {
            let found = ways("https://meet.example.org", &udp, &tcp);
            let states = found.findings.iter().map(|Finding { subject, state }| match state {
                Ok(state) => format!("{subject}: {state}"),
                Err(problem) => format!("{subject}! {}", problem.what),
            });
            let states: Vec<String> = states.skip(1).collect();
            assert_eq!(states, expected);
            assert_eq!(found.leads_there, leads_there);
        };
        let leads = |subject: &str| format!("{subject}: open, by 192.0.2.1:10000");
        check(
            open(100, &[20; 100]),
            open(100, &[30; 100]),
            &[
                &leads("UDP"),
                &leads("TCP"),
                "round trip: 20 ms",
                "loss: 0 % on the way there and back",
            ],
            true,
        );
        check(
            blocked(),
            open(100, &[400; 90]),
            &[
                "UDP! nothing comes back from 192.0.2.1:10000",
                &leads("TCP"),
                "round trip! 400 ms",
                "loss! 10 % on the way there and back",
            ],
            true,
        );
        check(
            open(100, &[]),
            Found::Absent,
            &[
                "UDP! 192.0.2.1:10000 answers, and then nothing comes back",
                "TCP! the server announces none",
            ],
            false,
        );
    }
}
