//! What a field mask costs or saves, and what knowing the caller costs: the same call with and without, turn by turn.
//!
//! The calls are a page of 100 participants and one participant, over REST and over gRPC. A mask that names every field leaves the
//! answer as it was, so it shows what masking costs; a mask that names one shows what a smaller answer saves. Callers are known by
//! their token; a server that is started without tokens takes anybody for its administrator, who owns the register here.

use crate::{
    folder_on_disk,
    load::{self, Method},
    report::{self, progress},
    visits,
};
use anyhow::{Context, Result};
use api::google::apps::meet::v2::{GetParticipantRequest, ListParticipantsRequest};
use audit::By;
use bytes::Bytes;
use db::{Db, Location};
use identity::{Identity, NewUser, Scopes};
use meeting::{Fact, Input};
use register::Register;
use server::{Configuration, Quotas, Running, Server};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

const ROUNDS: usize = 7;
const ROUND_TIME: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 64;
/// Connections, and calls at once on each: how gRPC clients share them.
const GRPC_CONNECTIONS: (usize, usize) = (8, 16);
const PEOPLE: usize = 100;
const TOKEN_TIME: Duration = Duration::from_hours(24);

/// A server, and the participants in its only conference.
struct Hall {
    server: Running,
    /// Of the owner; nobody needs it where tokens are not asked for.
    token: Option<String>,
    conference: String,
    participants: Vec<String>,
    _folder: TempDir,
}

pub(crate) async fn run() -> Result<()> {
    progress(&format!("storing a conference of {PEOPLE} people, twice"));
    let (known, unknown) = (hall(false).await?, hall(true).await?);
    let page = Call {
        what: "page of 100 participants",
        unit: "pages",
        every: "participants(name,signedinUser,earliestStartTime,latestEndTime),nextPageToken",
        one: "participants(name)",
        grpc: "/google.apps.meet.v2.ConferenceRecordsService/ListParticipants",
        paths: |hall| vec![format!("/v2/{}/participants?pageSize={PEOPLE}&", hall.conference)],
        messages: |hall| {
            vec![load::framed(&ListParticipantsRequest {
                parent: hall.conference.clone(),
                page_size: i32::try_from(PEOPLE).expect("a page is short"),
                ..ListParticipantsRequest::default()
            })]
        },
    };
    let get = Call {
        what: "get of a participant",
        unit: "gets",
        every: "name,signedinUser,earliestStartTime,latestEndTime",
        one: "name",
        grpc: "/google.apps.meet.v2.ConferenceRecordsService/GetParticipant",
        paths: |hall| hall.participants.iter().map(|name| format!("/v2/{name}?")).collect(),
        messages: |hall| {
            let message = |name: &String| load::framed(&GetParticipantRequest { name: name.clone() });
            hall.participants.iter().map(message).collect()
        },
    };
    for call in [page, get] {
        call.measure("REST", &known, &unknown, Call::rest).await?;
        call.measure("gRPC", &known, &unknown, Call::grpc).await?;
    }
    known.server.drain().await;
    unknown.server.drain().await;
    Ok(())
}

/// What is called, in the two ways of calling it.
struct Call {
    what: &'static str,
    unit: &'static str,
    /// A mask that names all that the answer has.
    every: &'static str,
    /// A mask that names one field.
    one: &'static str,
    grpc: &'static str,
    /// Paths to which parameters may be added.
    paths: fn(&Hall) -> Vec<String>,
    messages: fn(&Hall) -> Vec<Bytes>,
}

/// Calls that are ready to be made again and again.
enum Load {
    Rest(SocketAddr, Arc<Vec<Vec<u8>>>),
    Grpc(SocketAddr, Arc<Method>, Arc<Vec<Bytes>>),
}

impl Load {
    /// Calls per second.
    async fn rate(&self) -> Result<f64> {
        match self {
            Load::Rest(server, requests) => load::http1(*server, requests, CONNECTIONS, ROUND_TIME).await,
            Load::Grpc(server, method, requests) => {
                load::grpc(*server, method, requests, GRPC_CONNECTIONS, ROUND_TIME).await
            }
        }
    }
}

impl Call {
    fn rest(&self, hall: &Hall, mask: Option<&'static str>) -> Load {
        let fields = mask.map(|mask| format!("fields={mask}")).unwrap_or_default();
        let paths = (self.paths)(hall).into_iter();
        let requests = paths.map(|path| load::get(&format!("{path}{fields}"), hall.token.as_deref()));
        Load::Rest(hall.server.address(), Arc::new(requests.collect()))
    }

    fn grpc(&self, hall: &Hall, mask: Option<&'static str>) -> Load {
        let method = Method::new(self.grpc, hall.token.as_deref(), mask);
        let requests = Arc::new((self.messages)(hall));
        Load::Grpc(hall.server.address(), Arc::new(method), requests)
    }

    async fn measure(
        &self,
        transport: &str,
        known: &Hall,
        unknown: &Hall,
        load: fn(&Call, &Hall, Option<&'static str>) -> Load,
    ) -> Result<()> {
        let plain = load(self, known, None);
        let every = load(self, known, Some(self.every));
        let one = load(self, known, Some(self.one));
        let anybody = load(self, unknown, None);
        let (mut with_every, mut with_one, mut with_token) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let rate = plain.rate().await?;
            with_every.push((every.rate().await?, rate));
            with_one.push((one.rate().await?, rate));
            with_token.push((rate, anybody.rate().await?));
        }
        for (what, floor, rounds) in [
            ("a mask that names every field", "the same without a mask", with_every),
            ("a mask that names one field", "the same without a mask", with_one),
            ("a token", "the same on a server that asks for none", with_token),
        ] {
            let rates = report::Rates {
                name: "masks",
                what: format!("{} over {transport}, with {what}", self.what),
                unit: self.unit,
                floor,
                rounds,
                aim: "none, a figure to know",
            };
            rates.print();
        }
        Ok(())
    }
}

/// Stores a conference that is over, and serves it.
async fn hall(without_tokens: bool) -> Result<Hall> {
    let folder = folder_on_disk()?;
    let (token, conference, participants) = store(folder.path()).await?;
    let configuration = Configuration {
        listen: ([127, 0, 0, 1], 0).into(),
        media_port: Some(0),
        drain: Duration::ZERO,
        quotas: Quotas::NONE,
        without_tokens,
        ..Configuration::in_folder(folder.path())
    };
    Ok(Hall {
        server: Server::start(configuration).await?,
        token: (!without_tokens).then_some(token),
        conference,
        participants,
        _folder: folder,
    })
}

/// A token of the owner, the name of the conference, and those of the people in it.
async fn store(folder: &Path) -> Result<(String, String, Vec<String>)> {
    let db = Db::open(&Location::Sqlite(folder.join("sederunt.db"))).await?;
    let identity = Identity::open(db.clone()).await?;
    let new = NewUser {
        email: "owner@example.org",
        display_name: "Owner",
        administrator: true,
    };
    let now_us = visits::now().0;
    let owner = identity.add_user(new, &By::command_line(now_us)).await?;
    let token = identity
        .issue_token(&owner, Scopes::MEET, TOKEN_TIME, &By::command_line(now_us))
        .await?;

    let register = Register::new(db);
    let mut space = visits::new_space(&register, &owner.id).await?;
    let mut names = Vec::new();
    for person in 0..PEOPLE {
        for input in visits::join(visits::user(person)) {
            let facts = visits::decide(&space, input, visits::now())?;
            register.record(space.id(), &facts, None).await?;
            for fact in &facts {
                space.apply(fact);
            }
            names.extend(facts.iter().filter_map(|fact| match fact {
                Fact::SessionStarted {
                    conference,
                    participant,
                    ..
                } => Some((conference.to_string(), participant.to_string())),
                _ => None,
            }));
        }
    }
    visits::happen(&register, &mut space, Input::EndConference).await?;
    let (conference, _) = names.first().context("somebody came")?;
    let conference = format!("conferenceRecords/{conference}");
    let participants = names
        .iter()
        .map(|(_, participant)| format!("{conference}/participants/{participant}"));
    let participants = participants.collect();
    Ok((token, conference, participants))
}
