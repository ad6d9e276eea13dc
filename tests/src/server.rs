//! The release program as a child process.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::http;

/// A server gives those who are inside, and what it has still to tell, some seconds.
const ENDS_WITHIN: Duration = Duration::from_mins(1);

/// What a test binary of this crate was built beside: the program, in the same profile.
pub fn binary() -> Result<PathBuf> {
    beside("sederunt")
}

/// A program that was built beside this one: beside a benchmark, or beside the folder of a test.
pub(crate) fn beside(name: &str) -> Result<PathBuf> {
    let this = env::current_exe()?;
    let folders = this.ancestors().skip(1).take(2);
    let program = folders
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    program.with_context(|| {
        format!(
            "{name} is missing beside {}\nhint: cargo build --release --workspace",
            this.display()
        )
    })
}

/// A running server. It is killed when this is dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    data: PathBuf,
}

impl Server {
    /// Starts on free ports and waits for the line that says it serves.
    pub fn start(data: &Path) -> Result<Self> {
        Self::start_with(Command::new(binary()?), data)
    }

    /// Starts through a command that runs the program: a tracer, for one.
    pub fn start_with(command: Command, data: &Path) -> Result<Self> {
        Self::start_at(command, (Ipv4Addr::LOCALHOST, 0).into(), data)
    }

    /// Starts where somebody else already knows that it will be; port 0 takes a free one.
    pub fn start_at(mut command: Command, listen: SocketAddr, data: &Path) -> Result<Self> {
        command
            .args(["serve", "--listen", &listen.to_string(), "--media-port", "0"])
            // What asks here is a load, and no person.
            .args(["--quotas", "none", "--data"])
            .arg(data);
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("the server did not start")?;
        let mut lines = BufReader::new(child.stdout.take().context("standard output is piped")?).lines();
        let ready = lines.next().context("the server ended before it served")??;
        // The rest of the output is read on, or the server would one day wait for us.
        thread::spawn(move || lines.for_each(drop));
        let port = ready
            .rsplit(':')
            .next()
            .and_then(|port| port.trim_end_matches('/').parse().ok());
        let port = port.with_context(|| format!("no port in the line: {ready}"))?;
        // A public URL has a port of its own.
        let port = if listen.port() == 0 { port } else { listen.port() };
        Ok(Self {
            child,
            address: (listen.ip(), port).into(),
            data: data.to_owned(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The most memory that it ever had, in bytes.
    pub fn memory_max(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(kilobytes.context("no line about memory")?.parse::<u64>()? * 1024)
    }

    /// Ends the process as a power cut would: no signal handler runs.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Ends the process as an update does: in good order.
    pub fn terminate(mut self) -> Result<()> {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status()?;
        ensure!(asked.success(), "it cannot be asked to stop");
        let begun = Instant::now();
        let ended = loop {
            match self.child.try_wait()? {
                Some(ended) => break ended,
                None => ensure!(begun.elapsed() < ENDS_WITHIN, "it does not stop"),
            }
            thread::sleep(Duration::from_millis(20));
        };
        ensure!(ended.success(), "it did not stop in good order: {ended}");
        Ok(())
    }

    /// Makes a user by the command line, while the server runs.
    pub fn add_user(&self, email: &str) -> Result<()> {
        self.command(&["user", "add", email]).map(drop)
    }

    /// A bearer token with all Meet scopes.
    pub fn token(&self, email: &str) -> Result<String> {
        self.command(&["token", email])
    }

    /// A token of a program with this role: it signs in as Microsoft's clients do, by what the command prints, which they read from
    /// their environment.
    pub fn token_of_application(&self, role: &str) -> Result<String> {
        let told = self.command(&["app", "add", "Reports", "--kind", "daemon", "--role", role])?;
        let variable = |name: &str| {
            let line = told
                .lines()
                .find_map(|line| line.strip_prefix(&format!("AZURE_{name}=")));
            line.with_context(|| format!("no {name} in {told}"))
        };
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
            variable("CLIENT_ID")?,
            variable("CLIENT_SECRET")?
        );
        let path = format!("/{}/oauth2/v2.0/token", variable("TENANT_ID")?);
        let answer = http::post_form(self.address, &path, &form)?.ok()?;
        let token = answer["access_token"].as_str();
        Ok(token.with_context(|| format!("no token in {answer}"))?.to_owned())
    }

    /// A GET that must succeed.
    pub fn get(&self, path: &str, token: &str) -> Result<Value> {
        http::request(self.address, "GET", path, Some(token), None)?
            .ok()
            .with_context(|| format!("GET {path}"))
    }

    /// All the pages of a list.
    pub fn list(&self, path: &str, field: &str, token: &str) -> Result<Vec<Value>> {
        let mut all = Vec::new();
        let mut page_token = String::new();
        loop {
            let separator = if path.contains('?') { '&' } else { '?' };
            let mut page = self.get(&format!("{path}{separator}pageSize=100&pageToken={page_token}"), token)?;
            if let Value::Array(items) = page[field].take() {
                all.extend(items);
            }
            match page["nextPageToken"].as_str() {
                None | Some("") => return Ok(all),
                Some(next) => next.clone_into(&mut page_token),
            }
        }
    }

    /// What a command prints that works on the same data.
    pub fn command(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(binary()?)
            .args(arguments)
            .arg("--data")
            .arg(&self.data)
            .output()?;
        if !output.status.success() {
            bail!(
                "sederunt {}: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is what we want.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
