//! `sederunt doctor`: what would keep a server from serving, and what to do about it.
//!
//! Each check does the thing rather than guess at it: it writes and syncs, binds, opens. A server that runs already holds its
//! ports and its folder; that is said, and is no fault.

use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;

use crate::configuration::Configuration;
use crate::folder::{self, FolderError};
use crate::{announce, clock, limits};
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
pub async fn examine(configuration: &Configuration) -> Vec<Finding> {
    let data = &configuration.store.data;
    let (folder, served) = match folder::hold(data) {
        Ok(_held) => (data_folder(data), false),
        Err(FolderError::Taken { .. }) => (
            data_folder(data).map(|state| format!("{state}; a server runs on it")),
            true,
        ),
        Err(error) => (
            Err(problem(
                chain(&error),
                "choose a folder that you may write to with `--data`",
            )),
            false,
        ),
    };
    let media_port = configuration.media_port.unwrap_or(configuration.listen.port());
    let media = SocketAddr::new(
        announce::media_ip(configuration.listen.ip(), configuration.public_address),
        media_port,
    );
    let http_port = TcpListener::bind(configuration.listen).map(drop);
    let media_bound = UdpSocket::bind(media).map(drop);
    vec![
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
            subject: "announced address",
            state: announced(configuration, media),
        },
        Finding {
            subject: "clock",
            state: wall_clock(),
        },
    ]
}

fn problem(what: impl Into<String>, hint: &'static str) -> Problem {
    Problem {
        what: what.into(),
        hint,
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
            "choose another folder with `--data`",
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
    let opened = async { db::Db::open(&configuration.store.location()).await?.ping().await };
    match opened.await {
        Ok(()) => Ok(if configuration.store.database.is_some() {
            "PostgreSQL answers"
        } else {
            "SQLite opens"
        }
        .to_owned()),
        Err(error) => Err(problem(chain(&error), hint)),
    }
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
        Err(error) => Err(problem(format!("{address} cannot be bound: {error}"), hint)),
    }
}

fn announced(configuration: &Configuration, media: SocketAddr) -> Result<String, Problem> {
    const HINT: &str = "say which address browsers reach with `--public-address`";
    let interfaces = announce::interfaces().map_err(|error| problem(error.to_string(), HINT))?;
    let addresses = announce::announced(media, configuration.public_address, &interfaces);
    if addresses.is_empty() {
        return Err(problem("this machine has no address that could be announced", HINT));
    }
    let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let reach = if addresses.iter().all(|address| address.ip().is_loopback()) {
        "; only browsers on this machine reach it, `--listen 0.0.0.0:8080` lets in others"
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
