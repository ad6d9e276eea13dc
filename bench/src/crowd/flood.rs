//! One stranger who wants all of the server: bodies that never end, joins and knocks by nobody, guessed passwords, and filters
//! that look at much.
//!
//! Everything comes from one address that is not that of those who are measured. What it asks comes at a steady pace, one request
//! after the other: a loop without a pace would use up the machine that it shares with the server, and a hundred requests at once
//! would measure how long this program takes to send them.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use attendee::Offered;
use tokio::{
    task::JoinSet,
    time::{self, Instant, Interval},
};

use crate::load::{self, Http1};

/// The stranger's address.
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Bodies that are begun and held, each with a byte now and then.
const BODIES: usize = 500;
const DRIP: Duration = Duration::from_secs(1);
/// Connections that ask, for each kind of request, and from one request of a connection to its next: together 1,000 a second.
const ASKING: usize = 25;
const PAUSE: Duration = Duration::from_millis(100);
/// Terms of a filter.
const TERMS: usize = 63;

/// What the stranger asks about.
pub(crate) struct Target {
    pub(crate) server: SocketAddr,
    /// A space that all walk in to, `spaces/…`.
    pub(crate) open: String,
    /// One where they knock.
    pub(crate) closed: String,
    /// Whose password is guessed.
    pub(crate) email: String,
    /// Of an ordinary account that the stranger has, for filters.
    pub(crate) token: String,
}

/// A flood that goes on until this is dropped.
pub(crate) struct Flood {
    tasks: JoinSet<()>,
    asked: Arc<AtomicU64>,
}

impl Flood {
    pub(crate) async fn begin(target: &Target) -> Result<Flood> {
        let server = target.server;
        let offer = Offered::new(b's').await?.sdp().to_owned();
        let guest = serde_json::json!({"offer": offer, "displayName": "Stranger"}).to_string();
        let join = |space: &str| load::post(&format!("/sederunt/v1/{space}:join"), "", &guest);
        let password = serde_json::json!({"email": target.email, "password": "it might be this one"}).to_string();
        let filter = vec!["start_time%20%3E%202026-01-01T00:00:00Z"; TERMS].join("%20AND%20");
        let requests = [
            join(&target.open),
            join(&target.closed),
            load::post("/sederunt/v1/webSession", "origin: http://localhost\r\n", &password),
            load::get(&format!("/v2/conferenceRecords?filter={filter}"), Some(&target.token)),
        ];
        let (mut tasks, asked) = (JoinSet::new(), Arc::new(AtomicU64::new(0)));
        let requests = requests.map(Arc::new);
        let all = ASKING * requests.len();
        for (place, request) in (0_u32..).zip(requests.iter().cycle().take(all)) {
            let begin = Instant::now() + PAUSE * place / u32::try_from(all).expect("a few connections");
            let ticks = time::interval_at(begin, PAUSE);
            tasks.spawn(ask(server, Arc::clone(request), Arc::clone(&asked), ticks));
        }
        for _ in 0..BODIES {
            tasks.spawn(hold(server));
        }
        Ok(Flood { tasks, asked })
    }

    /// How many requests were answered; bodies are not, until the server has had enough of them.
    pub(crate) fn answered(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) async fn end(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Asks again and again. A server that closes the connection is connected to again.
async fn ask(server: SocketAddr, request: Arc<Vec<u8>>, asked: Arc<AtomicU64>, mut ticks: Interval) {
    ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Ok(mut connection) = Http1::connect_from(STRANGER, server).await else {
            continue;
        };
        while connection.exchange(&request).await.is_ok() {
            asked.fetch_add(1, Ordering::Relaxed);
            ticks.tick().await;
        }
    }
}

/// Begins a body, and lets it drip.
async fn hold(server: SocketAddr) {
    const HEAD: &[u8] =
        b"POST /v2/spaces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 250000\r\n\r\n";
    loop {
        if let Ok(mut connection) = Http1::connect_from(STRANGER, server).await
            && connection.send(HEAD).await.is_ok()
        {
            while connection.send(b" ").await.is_ok() {
                time::sleep(DRIP).await;
            }
        }
        time::sleep(DRIP).await;
    }
}
