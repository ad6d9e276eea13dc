//! `sederunt doctor`: what would keep a server from serving, and what to do about it.
//!
//! Each check does the thing rather than guess at it: it writes and syncs, binds, opens. A server that runs already holds its
//! ports and its folder; that is said, and is no fault.

pub mod network;
mod way_in;

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::iter::successors;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;

use crate::announce::{Reached, Unresolved};
use crate::configuration::Configuration;
use crate::folder::{self, FolderError};
use crate::{announce, clock, descriptors, limits, remedy};
use db::Tables;
use edge::{Limits, Network, TlsConfiguration};
use futures_util::future::BoxFuture;
use media::{Endpoint, Transport};
use register::chain;

/// What one check found.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at.
    pub subject: &'static str,
    /// How it is, or what is wrong with it.
    pub state: Result<String, Problem>,
}

/// Something that must be put right.
#[derive(Debug)]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// The next step.
    pub hint: &'static str,
}

/// No program of this version ran before this time: 2026-01-01.
const EARLIEST_US: i64 = 1_767_225_600_000_000;

/// Looks at everything that `serve` would need.
pub fn examine(configuration: &Configuration) -> BoxFuture<'_, Vec<Finding>> {
    Box::pin(look(configuration))
}

async fn look(configuration: &Configuration) -> Vec<Finding> {
    let data = &configuration.store.data;
    let (folder, served) = data_folder_of(data);
    let media_port = configuration.media_port.unwrap_or(configuration.listen.port());
    let reached = announce::resolve(&configuration.public_addresses).await;
    let interfaces = announce::interfaces();
    let media_ip = announce::media_ip(
        configuration.listen.ip(),
        reached.as_deref().unwrap_or_default(),
        interfaces.as_deref().unwrap_or_default(),
    );
    let media = SocketAddr::new(media_ip, media_port);
    let http_port = TcpListener::bind(configuration.listen).map(drop);
    let media_bound = UdpSocket::bind(media).map(drop);
    let mut findings = vec![
        Finding {
            subject: "data folder",
            state: folder,
        },
        Finding {
            subject: "register",
            state: register(configuration).await,
        },
        Finding {
            subject: "HTTP port",
            state: port(
                configuration.listen,
                http_port,
                served,
                "choose another with `--listen`",
            ),
        },
        Finding {
            subject: "media port",
            state: port(media, media_bound, served, "choose another with `--media-port`"),
        },
        Finding {
            subject: "connections",
            state: connections(descriptors::possible()),
        },
        Finding {
            subject: "proxies",
            state: proxies(configuration),
        },
        Finding {
            subject: "announced address",
            state: announced(configuration, media, reached, interfaces),
        },
        Finding {
            subject: "clock",
            state: wall_clock(),
        },
    ];
    if let Some(public_url) = &configuration.store.public_url {
        findings.push(Finding {
            subject: "public URL",
            state: public_url_of(configuration, public_url, served).await,
        });
    }
    findings.extend(
        configuration
            .metrics_listen
            .map(|address| metrics_port(address, served)),
    );
    findings
}

fn metrics_port(address: SocketAddr, served: bool) -> Finding {
    let bound = TcpListener::bind(address).map(drop);
    Finding {
        subject: "metrics port",
        state: port(address, bound, served, "choose another with `--metrics-listen`"),
    }
}

fn problem(what: impl Into<String>, hint: &'static str) -> Problem {
    Problem {
        what: what.into(),
        hint,
    }
}

/// What a failure comes down to. Libraries wrap that in words of their own: "client error (Connect)".
fn root(error: &(dyn Error + 'static)) -> String {
    let causes = successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source());
    causes.last().unwrap_or(error).to_string()
}

/// How the folder is, and whether a server runs on it.
fn data_folder_of(data: &Path) -> (Result<String, Problem>, bool) {
    match folder::hold(data) {
        Ok(held) => {
            // A server that starts while the folder is looked through would find it taken.
            drop(held);
            (data_folder(data), false)
        }
        Err(FolderError::Taken { .. }) => (
            data_folder(data).map(|state| format!("{state}; a server runs on it")),
            true,
        ),
        Err(FolderError::Unusable { path, source }) => {
            let what = format!("the data folder `{}` cannot be used: {source}", path.display());
            (Err(problem(what, remedy::of_folder(&source))), false)
        }
    }
}

/// Writable, and by nobody else.
fn data_folder(folder: &Path) -> Result<String, Problem> {
    let state = disk(folder)?;
    match folder::open_to_others(folder) {
        Ok(0) => Ok(format!("{state}, closed to other accounts")),
        Ok(open) => Err(problem(
            format!(
                "other accounts of this machine may open {open} of the files and folders of `{}`, where keys are",
                folder.display()
            ),
            "take their permissions away with `chmod -R go-rwx`, as `sederunt serve` does when it starts as the owner",
        )),
        Err(error) => Err(problem(
            format!("`{}` cannot be looked through: {error}", folder.display()),
            "run this as the account that owns the data folder",
        )),
    }
}

/// Writes to the disk and waits until it says that it has.
fn disk(folder: &Path) -> Result<String, Problem> {
    let path = folder.join("doctor");
    let began = clock::instant();
    let written = File::create(&path).and_then(|mut file| {
        file.write_all(&[0; 4096])?;
        file.sync_all()
    });
    let took = began.elapsed();
    let removed = std::fs::remove_file(&path);
    written.and(removed).map_err(|error| {
        problem(
            format!("`{}` cannot be written to: {error}", folder.display()),
            remedy::of_folder(&error),
        )
    })?;
    if took > limits::SYNC_TIME_MAX {
        return Err(problem(
            format!("a synced write to `{}` took {} ms", folder.display(), took.as_millis()),
            "put the data folder on a disk of this machine with `--data`",
        ));
    }
    Ok(format!(
        "`{}` is writable, a synced write took {:.1} ms",
        folder.display(),
        took.as_secs_f64() * 1000.0
    ))
}

async fn register(configuration: &Configuration) -> Result<String, Problem> {
    let hint = if configuration.store.database.is_some() {
        "check that PostgreSQL runs and that `--database` names a database you may write to"
    } else {
        "move `sederunt.db` out of the data folder to begin with a new register, or restore a backup of it"
    };
    let looked_at = async {
        let (db, tables) = db::Db::open_beside(&configuration.store.location()).await?;
        db.check().await?;
        if tables == Tables::Current {
            db.ping().await?;
        }
        Ok(tables)
    };
    let tables = looked_at
        .await
        .map_err(|error: db::Error| problem(chain(&error), remedy::of_store(&error, hint)))?;
    let engine = if configuration.store.database.is_some() {
        "PostgreSQL answers"
    } else {
        "SQLite opens, and its file is sound"
    };
    Ok(match tables {
        Tables::Current => engine.to_owned(),
        Tables::Older { found, known } => format!(
            "{engine}; its tables are of an older version ({found} steps were made, this version has {known}), and the next start of a \
             server of this version brings them up to date"
        ),
    })
}

fn port(address: SocketAddr, bound: io::Result<()>, served: bool, hint: &'static str) -> Result<String, Problem> {
    match bound {
        Ok(()) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && served => Ok(format!(
            "{address} is in use, presumably by the server that runs on the data folder"
        )),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Err(problem(format!("port {} is in use", address.port()), hint))
        }
        Err(error) => Err(problem(
            format!("{address} cannot be bound: {error}"),
            remedy::of_binding(&error, hint, hint),
        )),
    }
}

/// How many may be open at once, where the process may open so many files.
fn connections(files_max: Option<u64>) -> Result<String, Problem> {
    let connections = Limits::with_files(files_max.unwrap_or(u64::MAX)).connections_max;
    if connections < limits::CONNECTIONS_MIN {
        return Err(problem(
            format!("the system lets a process open so few files that {connections} connections have room"),
            "raise the hard limit of open files: `LimitNOFILE=` of systemd, `ulimit -Hn` of a shell",
        ));
    }
    Ok(format!("{connections} have room"))
}

/// The way in can be gone only while somebody is there to answer, and only by whoever trusts the certificate.
async fn public_url_of(configuration: &Configuration, public_url: &str, served: bool) -> Result<String, Problem> {
    if !served {
        return Ok(format!("{public_url}, which is tried once the server runs"));
    }
    if matches!(configuration.tls, TlsConfiguration::Development) {
        return Ok(format!("{public_url}, with a certificate that is not tried"));
    }
    way_in::way_in(public_url).await
}

/// Whether people are told apart by their addresses, and by nothing that they could say of themselves.
fn proxies(configuration: &Configuration) -> Result<String, Problem> {
    let networks = configuration.trusted_proxies.networks();
    let public_url = configuration.store.public_url.as_deref().unwrap_or_default();
    if networks.is_empty() && public_url.starts_with("https:") && matches!(configuration.tls, TlsConfiguration::Off) {
        return Err(problem(
            "people come by a proxy that is not trusted, so all of them count as one client, with one client's share",
            "name the address of the proxy with `--trusted-proxies`, and have it set `X-Forwarded-For`",
        ));
    }
    if networks.iter().any(Network::is_everything) {
        return Err(problem(
            "every address is a trusted proxy, so everybody may say whose requests theirs are",
            "name the addresses of the proxies alone with `--trusted-proxies`",
        ));
    }
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    Ok(if networks.is_empty() {
        "none is trusted".to_owned()
    } else if loopback
        .iter()
        .any(|address| configuration.trusted_proxies.contain(*address))
    {
        "one on this machine is trusted, and so is every other program of it".to_owned()
    } else {
        "only those that are named are trusted".to_owned()
    })
}

fn announced(
    configuration: &Configuration,
    media: SocketAddr,
    reached: Result<Vec<Reached>, Unresolved>,
    interfaces: io::Result<Vec<IpAddr>>,
) -> Result<String, Problem> {
    const HINT: &str = "say which address browsers reach with `--public-address`";
    let reached = reached.map_err(|error| problem(chain(&error), HINT))?;
    let interfaces = interfaces.map_err(|error| problem(error.to_string(), HINT))?;
    let listen = configuration.listen;
    let entrances = configuration.entrances(listen, media);
    let announced = announce::announced(&entrances, &reached, &interfaces);
    if announced.is_empty() {
        return Err(problem("this machine has no address that could be announced", HINT));
    }
    let name = |end: &Endpoint| {
        let by = match end.transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Relay => "the relay",
        };
        let is_here = end.address.ip().is_loopback() || interfaces.contains(&end.address.ip());
        let whose = if is_here { "" } else { ", if a router forwards it here" };
        format!("{} by {by}{whose}", end.address)
    };
    let names: Vec<String> = announced.iter().map(name).collect();
    let reach = if listen.ip().is_loopback() && reached.is_empty() {
        "; only this machine opens its pages, `--listen 0.0.0.0:8080` lets in others"
    } else {
        ""
    };
    Ok(format!("{}{reach}", names.join(", ")))
}

fn wall_clock() -> Result<String, Problem> {
    let now_us = clock::now_us();
    if now_us < EARLIEST_US {
        return Err(problem(
            "the clock is set to a time in the past",
            "set the clock, best by NTP: attendance is as right as it",
        ));
    }
    Ok("plausible".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_files_are_a_problem() {
        let check = |files_max, expected: Result<&str, &str>| {
            let found = connections(files_max).map_err(|problem| problem.what);
            match (&found, expected) {
                (Ok(state), Ok(expected)) => assert_eq!(state, expected),
                (Err(what), Err(expected)) => assert!(what.contains(expected), "{what}"),
                _ => panic!("{files_max:?}: {found:?}"),
            }
        };
        check(None, Ok("10000 have room"));
        check(Some(524_288), Ok("10000 have room"));
        check(Some(4_096), Ok("3840 have room"));
        check(Some(1_024), Err(" 768 connections"));
        check(Some(100), Err(" 50 connections"));
    }

    #[test]
    fn proxies_that_are_trusted_and_those_that_are_not() {
        let check = |url: Option<&str>, networks: &[&str], expected: Result<&str, &str>| {
            let mut configuration = Configuration::default();
            configuration.store.public_url = url.map(str::to_owned);
            let networks = networks
                .iter()
                .map(|network| network.parse::<Network>().expect("a valid row"));
            configuration.trusted_proxies = networks.collect();
            let found = proxies(&configuration).map_err(|problem| problem.what);
            match (&found, expected) {
                (Ok(said), Ok(part)) | (Err(said), Err(part)) => assert!(said.contains(part), "{said}"),
                _ => panic!("{url:?}: {found:?}"),
            }
        };
        let https = Some("https://meet.example.org");
        check(None, &[], Ok("none is trusted"));
        check(https, &[], Err("not trusted"));
        check(https, &["10.0.0.7"], Ok("only those"));
        check(https, &["127.0.0.0/8"], Ok("every other program"));
        check(https, &["10.0.0.7", "::/0"], Err("every address"));
    }
}
