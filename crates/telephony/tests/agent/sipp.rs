//! sipp, which says what a scenario has and hears whether that is answered as the scenario expects: `scenarios/`.
//!
//! A scenario that calls asks for `sip:help@[domain]`; one that is called is at [`Sipp::address`].

use std::{
    fs::{self, File},
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

/// A scenario takes some seconds; what goes wrong in one is a message that does not come.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Sipp {
    process: Child,
    address: SocketAddr,
    folder: TempDir,
}

impl Drop for Sipp {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn scenario(name: &str) -> PathBuf {
    let here = Path::new(file!()).parent().expect("a folder").join("scenarios");
    // The path is that from the root of the workspace, and tests run in a folder of it.
    let roots = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut found = roots.map(|root| root.join(&here).join(format!("{name}.xml")));
    found.find(|path| path.is_file()).expect("a scenario of that name")
}

impl Sipp {
    /// Somebody who is called and does this; `status` is what they refuse by, where they do.
    pub(super) fn called(name: &str, status: &str) -> Sipp {
        Sipp::start(name, status, Ipv4Addr::LOCALHOST.into(), &[])
    }

    /// Somebody at an address of this machine who calls a domain at an agent and does this.
    pub(super) fn calling(name: &str, from: IpAddr, agent: SocketAddr, domain: &str) -> Sipp {
        let agent = agent.to_string();
        Sipp::start(name, "", from, &[&agent, "-key", "domain", domain])
    }

    fn start(name: &str, status: &str, from: IpAddr, more: &[&str]) -> Sipp {
        let socket = UdpSocket::bind((from, 0)).expect("a port");
        let address = socket.local_addr().expect("bound");
        drop(socket);
        let folder = tempfile::tempdir().expect("a folder");
        // A status is to be there when it reads its scenario.
        let text = fs::read_to_string(scenario(name)).expect("a scenario");
        let played = folder.path().join("scenario.xml");
        fs::write(&played, text.replace("[status]", status)).expect("a file");
        let log = |name: &str| File::create(folder.path().join(name)).expect("a file");
        let port = address.port().to_string();
        let seconds = PATIENCE.as_secs().to_string();
        let process = Command::new("sipp")
            .args(more)
            .arg("-sf")
            .arg(played)
            .args(["-i", &from.to_string(), "-mi", &from.to_string(), "-p", &port])
            .args(["-m", "1", "-nostdin", "-timeout", &seconds, "-timeout_error"])
            .args([
                "-trace_msg",
                "-trace_err",
                "-message_file",
                "messages",
                "-error_file",
                "errors",
            ])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log("out"))
            .stderr(log("err"))
            .spawn()
            .expect("sipp is installed");
        Sipp {
            process,
            address,
            folder,
        }
    }

    /// Where it is called.
    pub(super) fn address(&self) -> String {
        format!("sip:bo@{}", self.address)
    }

    /// It plays to its end, and everything was said as it expects.
    pub(super) async fn plays_out(mut self) {
        loop {
            if let Some(status) = self.process.try_wait().expect("it is ours") {
                let read = |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
                let said = format!("{}\n{}\n{}", read("err"), read("errors"), read("messages"));
                assert!(status.success(), "{status}: {said}");
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
