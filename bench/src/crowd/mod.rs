//! What a meeting and a signed-in reader notice of a stranger who floods the server, against the same in peace.
//!
//! The program itself serves, in a process of its own, as operators run it. Peace and flood take turns, so that whatever else
//! the machine does hits both.

mod flood;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use attendee::{Attendee, Offered, State};
use end_to_end::{Server, open_space, request};
use serde_json::{Value, json};
use tokio::time;

use crate::{
    folder_on_disk,
    load::{self, Http1},
    report::{self, progress},
};
use flood::{Flood, Target};

const ROUNDS: usize = 5;
const ROUND_TIME: Duration = Duration::from_secs(4);
/// From one read to the next: as a page of attendance asks, and not to fill the machine.
const READ_EVERY: Duration = Duration::from_millis(5);
/// How long a flood may take to be at its height.
const RISE: Duration = Duration::from_millis(500);
/// Conferences that filters look at.
const RECORDS: usize = 200;
const SPEAKER: u8 = b's';
const LISTENER: u8 = b'l';
/// Packets of sound that may be under way when they are counted: a tenth of a second.
const UNDER_WAY: i64 = 5;

pub(crate) async fn run() -> Result<()> {
    let folder = folder_on_disk()?;
    let data = folder.path().to_owned();
    let (server, target, token, record) = tokio::task::spawn_blocking(move || prepare(&data)).await??;
    let meeting = Meeting::begin(&server, &token).await?;
    let read = load::get(&format!("/v2/{record}"), Some(&token));
    let (mut peace_us, mut flood_us, mut lost) = (Vec::new(), Vec::new(), (0, 0));
    let mut answered = 0;
    for _ in 0..ROUNDS {
        peace_us.push(p99_us(&server, &read).await?);
        let flood = Flood::begin(&target).await?;
        time::sleep(RISE).await;
        let before = meeting.counted().await?;
        flood_us.push(p99_us(&server, &read).await?);
        let after = meeting.counted().await?;
        lost.0 += (after.sent - before.sent) - (after.received - before.received);
        lost.1 += after.sent - before.sent;
        answered += flood.answered();
        flood.end().await;
        ensure!(meeting.is_held(), "the meeting was broken up");
    }
    let times = report::Times {
        name: "crowd, reads",
        what: format!(
            "p99 of a get by somebody signed in; {answered} requests of the stranger were answered, and 500 bodies held"
        ),
        near: "in peace",
        near_us: peace_us,
        far: "in a flood",
        far_us: flood_us,
        aim: "3 or less",
    };
    times.print();
    print_lost(lost);
    drop(server);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a benchmark speaks on the console")]
fn print_lost((missing, sent): (i64, i64)) {
    let allowed = UNDER_WAY * i64::try_from(ROUNDS).expect("a few");
    let lost = (missing - allowed).max(0);
    println!("crowd, sound: {lost} of {sent} packets of a meeting lost in the flood     aim: none\n");
}

/// A server with people, spaces, and records of conferences that are over.
fn prepare(data: &std::path::Path) -> Result<(Server, Target, String, String)> {
    let server = Server::start(data)?;
    for email in ["owner@example.org", "stranger@example.org"] {
        server.add_user(email)?;
    }
    let (token, theirs) = (
        server.token("owner@example.org")?,
        server.token("stranger@example.org")?,
    );
    let address = server.address();
    progress(&format!("holding {RECORDS} conferences"));
    let space = open_space(address, &theirs)?;
    let mut record = String::new();
    for _ in 0..RECORDS {
        let seat = end_to_end::join(address, &space, Some(&theirs), "")??;
        end_to_end::leave(address, &seat)??;
        record = seat.conference_record;
    }
    let own = open_space(address, &token)?;
    let seat = end_to_end::join(address, &own, Some(&token), "")??;
    end_to_end::leave(address, &seat)??;
    record.clone_from(&seat.conference_record);
    let closed = request(address, "POST", "/v2/spaces", Some(&token), Some(&json!({})))?.ok()?;
    let target = Target {
        server: address,
        open: own,
        closed: text(&closed, "name")?,
        email: "owner@example.org".to_owned(),
        token: theirs,
    };
    Ok((server, target, token, record))
}

fn text(value: &Value, field: &str) -> Result<String> {
    Ok(value[field]
        .as_str()
        .with_context(|| format!("no {field} in {value}"))?
        .to_owned())
}

/// Two who are in a meeting; one speaks, the other listens.
struct Meeting {
    speaker: Attendee,
    listener: Attendee,
}

/// Packets of sound so far.
struct Counted {
    sent: i64,
    received: i64,
}

impl Meeting {
    async fn begin(server: &Server, token: &str) -> Result<Meeting> {
        let address = server.address();
        let mut connection = Http1::connect(address).await?;
        let authorization = format!("authorization: Bearer {token}\r\n");
        let body = json!({"config": {"accessType": "OPEN"}}).to_string();
        let space = connection.ask(&load::post("/v2/spaces", &authorization, &body)).await?;
        let space = text(&serde_json::from_slice(space)?, "name")?;
        let mut attend = async |voice, authorization: &str| -> Result<Attendee> {
            let offered = Offered::new(voice).await?;
            let body = json!({"offer": offered.sdp(), "displayName": "Listener"}).to_string();
            let join = load::post(&format!("/sederunt/v1/{space}:join"), authorization, &body);
            let answer: Value = serde_json::from_slice(connection.ask(&join).await?)?;
            let mut attendee = offered.accept(&text(&answer, "answer")?);
            ensure!(attendee.settled().await == State::Joined, "nobody is let in");
            Ok(attendee)
        };
        // Two people: nobody hears themself.
        let (speaker, listener) = (attend(SPEAKER, &authorization).await?, attend(LISTENER, "").await?);
        speaker.speak(true).await;
        let meeting = Meeting { speaker, listener };
        while meeting.counted().await?.received == 0 {
            time::sleep(READ_EVERY).await;
        }
        Ok(meeting)
    }

    async fn counted(&self) -> Result<Counted> {
        let spoken = self.speaker.hearing(SPEAKER).await.context("the speaker is gone")?;
        let heard = self.listener.hearing(SPEAKER).await.context("the listener is gone")?;
        Ok(Counted {
            sent: spoken.sent.into(),
            received: i64::try_from(heard.received)?,
        })
    }

    fn is_held(&self) -> bool {
        [&self.speaker, &self.listener]
            .into_iter()
            .all(|attendee| attendee.state() == State::Joined)
    }
}

/// The time in which 99 of 100 reads are answered.
async fn p99_us(server: &Server, read: &[u8]) -> Result<f64> {
    let mut connection = Http1::connect(server.address()).await?;
    let (start, mut took_us) = (Instant::now(), Vec::new());
    while start.elapsed() < ROUND_TIME {
        let asked = Instant::now();
        connection.ask(read).await?;
        took_us.push(asked.elapsed().as_secs_f64() * 1e6);
        time::sleep(READ_EVERY).await;
    }
    took_us.sort_by(f64::total_cmp);
    Ok(took_us[took_us.len() * 99 / 100])
}
