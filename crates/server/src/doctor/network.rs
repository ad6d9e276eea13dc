//! `sederunt doctor network`: what a client meets on its way to a server, tried from where this runs.
//!
//! It is best asked from the networks that people sit in, and of a server anywhere: it does what the page `/check` does, over the same
//! door, and needs neither its flags nor its data. A way that is blocked is a problem; whether anybody gets through is another question,
//! and the answer to it is the exit code.
//!
//! A relay is looked at by each way that clients are told of, through it to the media and back. Of one that is not the server's own
//! it tells only people with an account, so that takes a token.

mod door;

use std::net::SocketAddr;
use std::time::Duration;

use attendee::{Carrier, Found, Relay, Unrelayed, Way};
use futures_util::future::BoxFuture;

use self::door::Door;
use super::{Finding, Problem, problem};
use crate::limits;

const UDP_BLOCKED: &str =
    "open UDP to there in the firewalls on the way, and check that `--public-address` is where the server is reached";
const TCP_BLOCKED: &str = "open TCP to there in the firewalls on the way: it is what is left where UDP is blocked";
const UDP_ABSENT: &str = "see what the server announces with `sederunt doctor` beside it";
const TCP_ABSENT: &str = "start the server without `--without-tcp-media`, for those whose network blocks UDP";
const RELAY_ABSENT: &str = "some networks let nothing but TLS through: give the server TLS of its own, which makes it a relay, or name another in `[turn]`";
const RELAY_UNTOLD: &str = "a server with TLS of its own is a relay, for networks that let nothing else through; one that `[turn]` names is told \
     only to people with an account, so try again with a token in `SEDERUNT_TOKEN`";
const RELAY_UNREACHED: &str = "open the way to there in the firewalls between, and check that the relay runs and that its certificate is of this name";
const RELAY_REFUSES: &str = "check that the relay has the `secret` of `[turn]`, and that it may reach the media port (`allowed-peer-ip` of coturn)";
const RELAY_LEADS_NOWHERE: &str = "open UDP from the relay to there";
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

/// What each way was found to be.
struct Looked {
    udp: Found,
    tcp: Found,
    relays: Vec<(Relay, Found)>,
    /// Whether the server was asked by somebody who has an account.
    has_account: bool,
}

/// How a voice would fare.
struct Quality {
    /// The median of the round trips.
    round_trip: Duration,
    /// How much of a hundred did not come back.
    lost_percent: usize,
}

/// Tries the ways to the server of this address, as whoever has this token, or as a stranger.
pub fn examine<'a>(url: &'a str, token: Option<&'a str>) -> BoxFuture<'a, Ways> {
    let url = url.trim_end_matches('/');
    Box::pin(async move {
        let looked = Box::pin(look(url, token)).await;
        looked.map_or_else(Ways::none, |looked| ways(url, &looked))
    })
}

async fn look(url: &str, token: Option<&str>) -> Result<Looked, Problem> {
    let door = Door::of(url, token)?;
    let (udp, told) = door.check(Way::Udp).await?;
    let (tcp, _) = door.check(Way::Tcp).await?;
    let mut relays = vec![];
    for relay in told {
        let (found, _) = door.check(Way::Relay(relay.clone())).await?;
        relays.push((relay, found));
    }
    Ok(Looked {
        udp,
        tcp,
        relays,
        has_account: token.is_some(),
    })
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
fn ways(url: &str, looked: &Looked) -> Ways {
    let finding = |subject, state| Finding { subject, state };
    let Looked { udp, tcp, relays, .. } = looked;
    let mut findings = vec![
        finding("server", Ok(format!("{url} answers"))),
        finding("UDP", way(udp, UDP_BLOCKED, UDP_ABSENT)),
        finding("TCP", way(tcp, TCP_BLOCKED, TCP_ABSENT)),
    ];
    findings.extend(
        relays
            .iter()
            .map(|(relay, found)| finding(subject_of(relay), by_relay(relay, found))),
    );
    if relays.is_empty() {
        let absent = if looked.has_account { RELAY_ABSENT } else { RELAY_UNTOLD };
        findings.push(finding("relay", Err(problem("the server tells of none", absent))));
    }
    // A meeting goes by UDP where it can, and by a relay where it must.
    let mut best = [udp, tcp].into_iter().chain(relays.iter().map(|(_, found)| found));
    let quality = best.find_map(quality);
    if let Some(quality) = &quality {
        findings.push(finding("round trip", round_trip_state(quality)));
        findings.push(finding("loss", loss_state(quality)));
    }
    Ways {
        leads_there: quality.is_some(),
        findings,
    }
}

fn way(found: &Found, blocked: &'static str, absent: &'static str) -> Result<String, Problem> {
    match found {
        Found::Absent => Err(problem("the server announces none", absent)),
        Found::Blocked { ends } => Err(problem(format!("nothing comes back from {}", listed(ends)), blocked)),
        Found::Unrelayed(unrelayed) => Err(problem(unrelayed.to_string(), blocked)),
        Found::Open { ends, .. } => opened(found, &listed(ends), blocked),
    }
}

fn subject_of(relay: &Relay) -> &'static str {
    match relay.carrier {
        Carrier::Udp => "relay by UDP",
        Carrier::Tcp => "relay by TCP",
        Carrier::Tls => "relay by TLS",
    }
}

fn by_relay(relay: &Relay, found: &Found) -> Result<String, Problem> {
    match found {
        Found::Unrelayed(unrelayed) => {
            let hint = match unrelayed {
                Unrelayed::Refused(_) => RELAY_REFUSES,
                Unrelayed::Unreached(_) | Unrelayed::Silent | Unrelayed::Ended | Unrelayed::Strange => RELAY_UNREACHED,
            };
            Err(problem(format!("no way by {relay}: {unrelayed}"), hint))
        }
        Found::Blocked { ends } => {
            let what = format!(
                "{relay} is one, and nothing comes back through it from {}",
                listed(ends)
            );
            Err(problem(what, RELAY_LEADS_NOWHERE))
        }
        Found::Absent => Err(problem(
            "the server announces nothing that a relay could reach",
            UDP_ABSENT,
        )),
        Found::Open { .. } => opened(found, &relay.to_string(), RELAY_LEADS_NOWHERE),
    }
}

/// How it is on a way that stands.
fn opened(found: &Found, by: &str, blocked: &'static str) -> Result<String, Problem> {
    match quality(found) {
        None => Err(problem(format!("{by} answers, and then nothing comes back"), blocked)),
        Some(Quality {
            round_trip,
            lost_percent,
        }) => Ok(format!(
            "open, by {by}; {} ms there and back, {lost_percent} % lost",
            round_trip.as_millis()
        )),
    }
}

/// Of a way on which something came back.
fn quality(found: &Found) -> Option<Quality> {
    let Found::Open { sent, round_trips, .. } = found else {
        return None;
    };
    let mut sorted = round_trips.clone();
    sorted.sort_unstable();
    Some(Quality {
        round_trip: *sorted.get(sorted.len() / 2)?,
        lost_percent: (sent - sorted.len()) * 100 / sent,
    })
}

fn round_trip_state(quality: &Quality) -> Result<String, Problem> {
    let said = format!("{} ms", quality.round_trip.as_millis());
    if quality.round_trip > limits::ROUND_TRIP_GOOD {
        return Err(problem(said, SLOW));
    }
    Ok(said)
}

fn loss_state(quality: &Quality) -> Result<String, Problem> {
    let said = format!("{} % on the way there and back", quality.lost_percent);
    if quality.lost_percent > limits::LOST_PERCENT_GOOD {
        return Err(problem(said, LOSSY));
    }
    Ok(said)
}

fn listed(ends: &[SocketAddr]) -> String {
    let ends: Vec<String> = ends.iter().map(ToString::to_string).collect();
    ends.join(", ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio_rustls::rustls::crypto::aws_lc_rs;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    use super::*;

    fn open(sent: usize, round_trips_ms: &[u64]) -> Found {
        Found::Open {
            ends: vec![([192, 0, 2, 1], 10_000).into()],
            sent,
            round_trips: round_trips_ms.iter().copied().map(Duration::from_millis).collect(),
        }
    }

    pub(super) fn trusting_nobody() -> Arc<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(aws_lc_rs::default_provider().into());
        let builder = builder.with_safe_default_protocol_versions().expect("its own");
        let trust = builder.with_root_certificates(RootCertStore::empty());
        Arc::new(trust.with_no_client_auth())
    }

    fn relay(url: &str) -> Relay {
        let credentials = turn::Credentials {
            username: String::new(),
            password: String::new(),
        };
        Relay::new(url, credentials, trusting_nobody()).expect("a valid row")
    }

    fn check(udp: Found, tcp: Found, relays: Vec<(Relay, Found)>, expected: &[&str], leads_there: bool) {
        let looked = Looked {
            udp,
            tcp,
            relays,
            has_account: false,
        };
        let found = ways("https://meet.example.org", &looked);
        let states = found.findings.iter().map(|Finding { subject, state }| match state {
            Ok(state) => format!("{subject}: {state}"),
            Err(problem) => format!("{subject}! {}", problem.what),
        });
        let states: Vec<String> = states.skip(1).collect();
        assert_eq!(states, expected);
        assert_eq!(found.leads_there, leads_there);
    }

    fn blocked() -> Found {
        Found::Blocked {
            ends: vec![([192, 0, 2, 1], 10_000).into()],
        }
    }

    const NO_RELAY: &str = "relay! the server tells of none";

    #[test]
    fn what_was_found_is_said_row_by_row_and_as_a_whole() {
        check(
            open(100, &[20; 100]),
            open(100, &[30; 100]),
            vec![],
            &[
                "UDP: open, by 192.0.2.1:10000; 20 ms there and back, 0 % lost",
                "TCP: open, by 192.0.2.1:10000; 30 ms there and back, 0 % lost",
                NO_RELAY,
                "round trip: 20 ms",
                "loss: 0 % on the way there and back",
            ],
            true,
        );
        check(
            blocked(),
            open(100, &[400; 90]),
            vec![],
            &[
                "UDP! nothing comes back from 192.0.2.1:10000",
                "TCP: open, by 192.0.2.1:10000; 400 ms there and back, 10 % lost",
                NO_RELAY,
                "round trip! 400 ms",
                "loss! 10 % on the way there and back",
            ],
            true,
        );
        check(
            open(100, &[]),
            Found::Absent,
            vec![],
            &[
                "UDP! 192.0.2.1:10000 answers, and then nothing comes back",
                "TCP! the server announces none",
                NO_RELAY,
            ],
            false,
        );
    }

    #[test]
    fn each_way_by_a_relay_has_a_row_and_one_is_enough() {
        let refused = Found::Unrelayed(Unrelayed::Refused(turn::Refused {
            code: 401,
            reason: "Unauthorized".to_owned(),
        }));
        check(
            blocked(),
            blocked(),
            vec![
                (relay("turn:turn.example.org"), refused),
                (relay("turn:turn.example.org?transport=tcp"), blocked()),
                (relay("turns:turn.example.org:443"), Found::Unrelayed(Unrelayed::Silent)),
                (relay("turns:[2001:db8::1]"), open(100, &[50; 100])),
            ],
            &[
                "UDP! nothing comes back from 192.0.2.1:10000",
                "TCP! nothing comes back from 192.0.2.1:10000",
                "relay by UDP! no way by turn.example.org:3478: it refuses: 401 Unauthorized",
                "relay by TCP! turn.example.org:3478 is one, and nothing comes back through it from 192.0.2.1:10000",
                "relay by TLS! no way by turn.example.org:443: it does not answer",
                "relay by TLS: open, by [2001:db8::1]:5349; 50 ms there and back, 0 % lost",
                "round trip: 50 ms",
                "loss: 0 % on the way there and back",
            ],
            true,
        );
        check(
            blocked(),
            Found::Absent,
            vec![(relay("turn:turn.example.org"), Found::Unrelayed(Unrelayed::Silent))],
            &[
                "UDP! nothing comes back from 192.0.2.1:10000",
                "TCP! the server announces none",
                "relay by UDP! no way by turn.example.org:3478: it does not answer",
            ],
            false,
        );
    }
}
