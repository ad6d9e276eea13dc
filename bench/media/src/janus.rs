//! Debian's Janus, for the same clients: a program of others that does the same work.
//!
//! It is told who comes by its transport over Unix sockets, a datagram of JSON for each request and each answer. Its video room has one
//! connection for what somebody sends and another for what they receive, for which it makes the offer. It sends what was subscribed to and
//! does not choose, so whoever listens subscribes to as many voices as ours would send.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::ErrorKind,
    net::Ipv4Addr,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::atomic::Ordering::Relaxed,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    client::{AUDIO_LINES, Client, Part},
    crowd::{Entrance, Stage},
    host::Host,
    reading::{Reading, of_process_ns, resident_bytes},
};

/// How long it may take to start, or to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is started.
const STARTS: usize = 10;
const PAUSE: Duration = Duration::from_millis(20);
/// More than any offer for one scenario takes.
const MESSAGE_BYTES: usize = 1 << 18;
const VIDEO_ROOM: &str = "janus.plugin.videoroom";
const ROOM: u64 = 1;

/// What is not loaded: the rest of what Debian's package brings.
const PLUGINS_LEFT_OUT: &[&str] = &[
    "audiobridge",
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "voicemail",
];
const TRANSPORTS_LEFT_OUT: &[&str] = &["http", "mqtt", "nanomsg", "rabbitmq", "websockets"];

/// A Janus in a process of its own, until this is dropped.
pub(crate) struct Janus {
    process: Child,
    ip: Ipv4Addr,
    socket: UnixDatagram,
    session: u64,
    requests: u64,
    /// Those whose connection stands, by Janus's number for it.
    connected: HashSet<u64>,
    cameras: Vec<u64>,
    speakers: Vec<u64>,
    viewers: Vec<(Part, Entrance)>,
    /// Its configuration, its socket and its log.
    _folder: TempDir,
}

impl Janus {
    /// Starts one whose clients reach it by this address, which must not be the loopback's.
    pub(crate) fn start(ip: Ipv4Addr) -> Result<Janus> {
        let folder = TempDir::new()?;
        let path = folder.path();
        configure(path, ip)?;
        let socket = UnixDatagram::bind(path.join("client"))?;
        let process = start_until_it_listens(path, &socket)?;
        let mut janus = Janus {
            process,
            ip,
            socket,
            session: 0,
            requests: 0,
            connected: HashSet::new(),
            cameras: vec![],
            speakers: vec![],
            viewers: vec![],
            _folder: folder,
        };
        janus.session = number(&janus.ask(json!({"janus": "create"}))?["data"]["id"])?;
        Ok(janus)
    }

    /// Somebody who sends, once the connection for it stands.
    fn publish(&mut self, part: Part, crowd: &Entrance) -> Result<()> {
        let (mut client, offer) = Client::publishing(self.ip, part)?;
        let handle = self.attach()?;
        let request = json!({"request": "joinandconfigure", "ptype": "publisher", "room": ROOM});
        let answer = self.tell(handle, &request, json!({"type": "offer", "sdp": offer}))?;
        client.accept(text(&answer["jsep"]["sdp"])?)?;
        let feed = number(&answer["plugindata"]["data"]["id"])?;
        crowd.add(client)?;
        let start = Instant::now();
        while !self.connected.contains(&handle) {
            ensure!(start.elapsed() < PATIENCE, "janus has no connection to one who sends");
            self.hear()?;
        }
        if part.camera_bps.is_some() {
            self.cameras.push(feed);
        } else {
            self.speakers.push(feed);
        }
        Ok(())
    }

    /// Somebody who receives: whoever looks at cameras looks at the first ones, and the others hear as many as speak at once.
    fn view(&mut self, part: Part, crowd: &Entrance) -> Result<()> {
        let feeds = if part.pictures > 0 {
            self.cameras.iter().take(part.pictures)
        } else {
            self.speakers.iter().take(AUDIO_LINES)
        };
        let streams: Vec<Value> = feeds.map(|feed| json!({"feed": feed})).collect();
        let handle = self.attach()?;
        let request = json!({"request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams});
        let offer = self.tell(handle, &request, Value::Null)?;
        let (client, answer) = Client::viewing(self.ip, part, text(&offer["jsep"]["sdp"])?)?;
        self.tell(
            handle,
            &json!({"request": "start"}),
            json!({"type": "answer", "sdp": said_once(&answer)}),
        )?;
        crowd.add(client)
    }

    fn attach(&mut self) -> Result<u64> {
        let attached = self.ask(json!({"janus": "attach", "session_id": self.session, "plugin": VIDEO_ROOM}))?;
        number(&attached["data"]["id"])
    }

    fn tell(&mut self, handle: u64, body: &Value, jsep: Value) -> Result<Value> {
        let mut message = json!({"janus": "message", "session_id": self.session, "handle_id": handle, "body": body});
        if !jsep.is_null() {
            message["jsep"] = jsep;
        }
        let answer = self.ask(message)?;
        let data = &answer["plugindata"]["data"];
        ensure!(data["error"].is_null(), "janus: {}", data["error"]);
        Ok(answer)
    }

    /// Sends a request and waits for what it leads to.
    fn ask(&mut self, mut request: Value) -> Result<Value> {
        self.requests += 1;
        let transaction = self.requests.to_string();
        request["transaction"] = json!(transaction);
        self.socket.send(request.to_string().as_bytes())?;
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            let Some(heard) = self.hear()? else {
                continue;
            };
            let is_refused = heard["janus"] == "error" && heard["transaction"].is_null();
            if (heard["transaction"] == transaction || is_refused) && heard["janus"] != "ack" {
                ensure!(heard["error"].is_null(), "janus: {}", heard["error"]);
                return Ok(heard);
            }
        }
        bail!("janus does not answer")
    }

    /// What it says next, if it says something soon.
    fn hear(&mut self) -> Result<Option<Value>> {
        self.socket.set_read_timeout(Some(PAUSE))?;
        let mut buffer = vec![0; MESSAGE_BYTES];
        let length = match self.socket.recv(&mut buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error).context("janus ended"),
        };
        let heard: Value = serde_json::from_slice(&buffer[..length])?;
        if heard["janus"] == "webrtcup" {
            self.connected.extend(heard["sender"].as_u64());
        }
        Ok(Some(heard))
    }
}

impl Host for Janus {
    fn join(&mut self, _: usize, _: &str, part: Part, crowd: &Entrance) -> Result<()> {
        if part.camera_bps.is_some() || part.speaks {
            self.publish(part, crowd)?;
        }
        if part.pictures > 0 || part.camera_bps.is_none() && !part.speaks {
            let part = Part {
                camera_bps: None,
                ..part
            };
            self.viewers.push((part, crowd.clone()));
        }
        Ok(())
    }

    /// Those who receive come now: what they receive has to be there.
    fn seat(&mut self) -> Result<()> {
        for (part, crowd) in std::mem::take(&mut self.viewers) {
            self.view(part, &crowd)?;
        }
        Ok(())
    }

    /// What has arrived counts as forwarded, and all threads as those of media: they are one for each connection.
    fn read(&mut self, stage: &Stage) -> Result<Reading> {
        while self.hear()?.is_some() {}
        let process = PathBuf::from(format!("/proc/{}", self.process.id()));
        let process_ns = of_process_ns(&process)?;
        Ok(Reading {
            media_ns: process_ns,
            process_ns,
            resident_bytes: resident_bytes(&process)?,
            forwarded: stage.received.load(Relaxed),
            datagrams_in: 0,
            datagrams_out: 0,
            unsent: 0,
        })
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        // One that has ended already has.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Its thread for the socket ends at once if it is quicker than the thread that starts it, and Janus with it: one in four times. So it is
/// started until it is there to stay.
fn start_until_it_listens(folder: &Path, socket: &UnixDatagram) -> Result<Child> {
    for _ in 0..STARTS {
        let log = File::create(folder.join("log"))?;
        let mut process = Command::new("janus")
            .arg("-F")
            .arg(folder)
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("there is no janus: it is in Debian's package of this name")?;
        let start = Instant::now();
        while process.try_wait()?.is_none() && start.elapsed() < PATIENCE {
            if socket.connect(folder.join("socket")).is_ok() {
                return Ok(process);
            }
            thread::sleep(PAUSE);
        }
        // One that has ended already has.
        let _ = process.kill();
        process.wait()?;
    }
    bail!("janus does not start:\n{}", fs::read_to_string(folder.join("log"))?)
}

fn configure(folder: &Path, ip: Ipv4Addr) -> Result<()> {
    let left_out = |names: &[&str]| {
        let files: Vec<String> = names.iter().map(|name| format!("libjanus_{name}.so")).collect();
        files.join(",")
    };
    let core = format!(
        r#"general: {{ debug_level = 2, session_timeout = 0 }}
           nat: {{ ice_enforce_list = "{ip}" }}
           media: {{ ipv6 = false }}
           plugins: {{ disable = "{}" }}
           transports: {{ disable = "{}" }}"#,
        left_out(PLUGINS_LEFT_OUT),
        left_out(TRANSPORTS_LEFT_OUT)
    );
    let socket = folder.join("socket");
    let transport = format!(
        r#"general: {{ enabled = true, json = "compact", type = "SOCK_DGRAM", path = "{}" }}"#,
        socket.display()
    );
    let room = format!(
        r#"general: {{ events = false }}
           room-{ROOM}: {{ description = "bench", publishers = 1000, videocodec = "vp8", audiocodec = "opus",
                         videoorient_ext = false, playoutdelay_ext = false }}"#
    );
    fs::write(folder.join("janus.jcfg"), core)?;
    fs::write(folder.join("janus.transport.pfunix.jcfg"), transport)?;
    fs::write(folder.join("janus.plugin.videoroom.jcfg"), room)?;
    Ok(())
}

/// An answer in which the first line of media says for all of them how they are reached: a message to Janus has 8 KiB at most.
fn said_once(answer: &str) -> String {
    let is_of_transport = |line: &str| {
        let kinds = [
            "a=candidate:",
            "a=end-of-candidates",
            "a=fingerprint:",
            "a=ice-",
            "a=msid:",
        ];
        kinds.iter().any(|kind| line.starts_with(kind))
    };
    let mut lines = 0;
    let kept = answer.split_inclusive("\r\n").filter(|line| {
        lines += usize::from(line.starts_with("m="));
        lines < 2 || !is_of_transport(line)
    });
    kept.collect()
}

fn number(value: &Value) -> Result<u64> {
    value.as_u64().context("janus gives no number")
}

fn text(value: &Value) -> Result<&str> {
    value.as_str().context("janus gives no description")
}
