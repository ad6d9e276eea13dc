//! One stranger who joins and knocks by the hundred, without ever sending a packet: nobody else is kept out by it, and the
//! register says nothing of it.
//!
//! The stranger is a client of its own by its address. What those who are let in are told, they are told by a transport.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    thread,
};

use anyhow::{Context, Result, ensure};
use end_to_end::{Server, join, offer, open_space, request, request_from};
use serde_json::{Value, json};

const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Requests of the stranger, over so many connections at once.
const REQUESTS: usize = 500;
const AT_ONCE: usize = 10;

struct World {
    server: Server,
    owner: String,
    member: String,
    _data: tempfile::TempDir,
}

impl World {
    fn new() -> Result<World> {
        let data = tempfile::tempdir()?;
        let server = Server::start(data.path())?;
        server.add_user("owner@example.org")?;
        server.add_user("member@example.org")?;
        Ok(World {
            owner: server.token("owner@example.org")?,
            member: server.token("member@example.org")?,
            server,
            _data: data,
        })
    }

    /// Who was in the conference of a space, by the register.
    fn participants(&self, space: &str) -> Result<usize> {
        let filter = format!("space.name%20%3D%20%22{space}%22");
        let path = format!("/v2/conferenceRecords?filter={filter}");
        let records = self.server.list(&path, "conferenceRecords", &self.owner)?;
        let mut count = 0;
        for record in records {
            let name = record["name"].as_str().context("a record has a name")?;
            let path = format!("/v2/{name}/participants");
            count += self.server.list(&path, "participants", &self.owner)?.len();
        }
        Ok(count)
    }
}

/// Joins again and again under many names, and never connects. Gives how many requests had which status.
fn crowd(address: SocketAddr, space: &str) -> Result<Vec<(u16, usize)>> {
    let (_, offer) = offer()?;
    let path = format!("/sederunt/v1/{space}:join");
    let mut statuses = Vec::new();
    thread::scope(|scope| -> Result<()> {
        let askers: Vec<_> = (0..AT_ONCE)
            .map(|asker| {
                let (offer, path) = (&offer, &path);
                scope.spawn(move || -> Result<Vec<u16>> {
                    let requests = (asker..REQUESTS).step_by(AT_ONCE);
                    let ask = |number| {
                        let body = json!({"offer": offer, "displayName": format!("Guest {number}")});
                        request_from(STRANGER, address, "POST", path, None, Some(&body)).map(|answer| answer.status)
                    };
                    requests.map(ask).collect()
                })
            })
            .collect();
        for asker in askers {
            statuses.extend(asker.join().expect("an asker does not panic")?);
        }
        Ok(())
    })?;
    statuses.sort_unstable();
    let count = |status: &[u16]| (status[0], status.len());
    Ok(statuses.chunk_by(|one, other| one == other).map(count).collect())
}

#[test]
fn who_never_connects_is_in_no_meeting_and_keeps_nobody_out() -> Result<()> {
    let world = World::new()?;
    let address = world.server.address();
    let space = open_space(address, &world.owner)?;

    let statuses = crowd(address, &space)?;
    ensure!(
        statuses.iter().all(|(status, _)| matches!(status, 200 | 429)),
        "neither promised nor told to wait: {statuses:?}"
    );
    ensure!(
        statuses.iter().any(|(status, _)| *status == 429),
        "one client may have as many places as it likes: {statuses:?}"
    );
    // Whoever is refused costs nothing more: their offer is not even looked at.
    let (path, broken) = (
        format!("/sederunt/v1/{space}:join"),
        json!({"offer": "no offer", "displayName": "Guest"}),
    );
    let refused = request_from(STRANGER, address, "POST", &path, None, Some(&broken))?;
    ensure!(refused.status == 429, "an offer was read in vain: {}", refused.status);
    ensure!(world.participants(&space)? == 0, "somebody is there who never came");
    let seen = world.server.get(&format!("/v2/{space}"), &world.owner)?;
    ensure!(
        seen["activeConference"] == Value::Null,
        "a conference of nobody: {seen}"
    );

    // The owner, a colleague and a guest from elsewhere come in at once.
    for (token, name) in [(Some(&world.owner), ""), (Some(&world.member), ""), (None, "Ada")] {
        join(address, &space, token.map(String::as_str), name)?.with_context(|| format!("{name} is kept out"))?;
    }
    ensure!(world.participants(&space)? == 3, "exactly those who came");
    Ok(())
}

#[test]
fn whoever_does_not_connect_is_in_no_lobby_and_its_host_is_not_thrown_out() -> Result<()> {
    let world = World::new()?;
    let address = world.server.address();
    let space = request(address, "POST", "/v2/spaces", Some(&world.owner), Some(&json!({})))?.ok()?;
    let space = space["name"].as_str().context("a space has a name")?;
    let host = join(address, space, Some(&world.owner), "")??;

    crowd(address, space)?;

    join(address, space, Some(&world.member), "")?.context("a colleague is kept out")?;
    let session = world
        .server
        .get(&format!("/v2/{}", host.participant_session), &world.owner)?;
    ensure!(session["endTime"] == Value::Null, "the host is out: {session}");
    ensure!(world.participants(space)? == 2, "exactly those who came");
    Ok(())
}
