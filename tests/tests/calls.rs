//! A real telephone calls, a handler says what happens, and what was said is kept: read by REST, fetched by its link, and the same
//! after a `kill -9`.

#[expect(dead_code, reason = "the tests of the agent do more with it")]
#[path = "../../crates/telephony/tests/agent/telephone.rs"]
mod telephone;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    process::Command,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use audio::{Clip, decode::decode};
use end_to_end::{Server, binary, request};
use serde_json::{Value, json};
use telephone::Telephone;

const PROJECT: &str = "support";
const DOMAIN_BASE: &str = "sip.example.org";
const PATIENCE: Duration = Duration::from_secs(30);

/// What handlers answer at each path.
fn document(path: &str) -> Option<String> {
    let body = match path {
        "/voicemail" => {
            r#"<Say>Please leave a message.</Say><Record MaxDurationSeconds="30" TimeoutSeconds="3" NextUri="thanks?a=b"/>"#
        }
        "/thanks?a=b" => "<Label Key=\"left\">yes</Label><Say>Thank you.</Say>",
        "/busy" => r#"<Reject Reason="busy" ErrorMessage="all lines are taken"/>"#,
        "/wrong" => "<Sing/>",
        "/recorded" => "<RecordCall/><Wait DurationSeconds=\"20\"/>",
        _ => return None,
    };
    Some(format!("<?xml version=\"1.0\"?><Response>{body}</Response>"))
}

/// A handler's request, as it was made.
#[derive(Clone, Debug)]
struct Asked {
    path: String,
    headers: Vec<(String, String)>,
    body: Value,
}

/// Somebody's own server, which says what to do with calls.
struct Handler {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Handler {
    fn start() -> Result<Handler> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let asked = Arc::new(Mutex::new(vec![]));
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = Arc::clone(&heard);
                thread::spawn(move || serve(&stream, &heard).ok());
            }
        });
        Ok(Handler { address, asked })
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no thread panics").clone()
    }
}

fn serve(mut stream: &TcpStream, heard: &Mutex<Vec<Asked>>) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).context("a path")?.to_owned();
    let mut headers = vec![];
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    heard.lock().expect("no thread panics").push(Asked {
        path: path.clone(),
        headers,
        body,
    });
    let answer = match (path.as_str(), document(&path)) {
        ("/circle", _) => "HTTP/1.1 302 Found\r\nLocation: /circle\r\nContent-Length: 0\r\n\r\n".to_owned(),
        (_, Some(document)) => format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nSet-Cookie: menu=1\r\nContent-Length: {}\r\n\r\n{document}",
            document.len()
        ),
        (_, None) => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
    };
    stream.write_all(answer.as_bytes())?;
    Ok(())
}

/// A server with telephones, and whoever asks it.
struct World {
    server: Option<Server>,
    data: tempfile::TempDir,
    handler: Handler,
    sip: SocketAddr,
    token: String,
}

/// A port that is free for UDP and for TCP.
fn free_port() -> Result<u16> {
    loop {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = socket.local_addr()?.port();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
}

fn start(data: &tempfile::TempDir, handler: &Handler, sip: SocketAddr) -> Result<Server> {
    let file = data.path().join("sederunt.toml");
    let first = 40_000 + 200 * (sip.port() % 100);
    let text = format!(
        "[telephony]\nlisten = \"{sip}\"\ndomain = \"{DOMAIN_BASE}\"\nfirst_port = {first}\nlast_port = {}\n",
        first + 100
    );
    fs::write(&file, text)?;
    let mut command = Command::new(binary()?);
    command
        .env("SEDERUNT_CONFIG", &file)
        .env("SEDERUNT_NOTIFY_ORIGIN", handler.origin());
    Server::start_with(command, data.path())
}

impl World {
    fn open() -> Result<World> {
        let (data, handler) = (tempfile::tempdir()?, Handler::start()?);
        let sip = (Ipv4Addr::LOCALHOST, free_port()?).into();
        let server = start(&data, &handler, sip)?;
        server.add_user("owner@example.org")?;
        server.command(&["project", "create", PROJECT])?;
        server.command(&["project", "add", PROJECT, "owner@example.org", "--role", "admin"])?;
        let token = server.command(&["token", "owner@example.org", "--scope", "voice"])?;
        Ok(World {
            server: Some(server),
            data,
            handler,
            sip,
            token,
        })
    }

    fn server(&self) -> &Server {
        self.server.as_ref().expect("a server runs between two lives")
    }

    /// A domain whose calls this path of the handler conducts.
    fn domain(&self, id: &str, path: &str) -> Result<()> {
        let body = json!({
            "callTerminationMode": "PROGRAMMABLE",
            "callTerminationHandlerUris": [format!("{}{path}", self.handler.origin())],
            "cidrBlocks": [{"displayName": "here", "cidrBlock": "127.0.0.0/8"}],
        });
        let path = format!("/v1beta1/projects/{PROJECT}/sipDomains?sipDomainId={id}");
        request(self.server().address(), "POST", &path, Some(&self.token), Some(&body))?
            .ok()
            .map(drop)
    }

    fn get(&self, path: &str) -> Result<Value> {
        self.server()
            .get(&format!("/v1beta1/projects/{PROJECT}/{path}"), &self.token)
    }

    /// The newest of a list, once it is so.
    fn newest(&self, list: &str, field: &str, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let page = self.get(&format!("{list}?pageSize=1"))?;
            let newest = &page[field][0];
            if is_so(newest) {
                return Ok(newest.clone());
            }
            ensure!(begun.elapsed() < PATIENCE, "it does not come to that: {newest}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Fetches by a link, which needs nothing else.
    fn fetch(&self, uri: &str) -> Result<(u16, Vec<u8>)> {
        let (_, path) = uri
            .split_once("//")
            .and_then(|(_, rest)| rest.split_once('/'))
            .context("an address")?;
        let mut stream = TcpStream::connect(self.server().address())?;
        write!(
            stream,
            "GET /{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = vec![];
        stream.read_to_end(&mut answer)?;
        let head = answer
            .windows(4)
            .position(|bytes| bytes == b"\r\n\r\n")
            .context("a head")?;
        let status = std::str::from_utf8(&answer[9..12])?.parse()?;
        Ok((status, answer[head + 4..].to_vec()))
    }
}

/// A voice that says this.
fn speech(text: &str) -> Result<Clip> {
    let spoken = Command::new("espeak-ng")
        .args(["-v", "en", "--stdout", text])
        .output()
        .context("espeak-ng is installed")?;
    let mut wav = spoken.stdout;
    let data = wav.windows(4).position(|bytes| bytes == b"data").context("a WAV")? + 8;
    let length = u32::try_from(wav.len() - data)?;
    wav[data - 4..data].copy_from_slice(&length.to_le_bytes());
    Ok(decode(&wav)?)
}

/// How alike two voices are: their loudness each 10 ms, at the best lag within two seconds.
fn likeness(one: &[i16], other: &[i16]) -> f64 {
    let envelope = |samples: &[i16]| -> Vec<f64> {
        let frames = samples.chunks_exact(80);
        frames
            .map(|frame| frame.iter().map(|sample| f64::from(sample.unsigned_abs())).sum::<f64>() / 80.0)
            .collect()
    };
    let (one, other) = (envelope(one), envelope(other));
    let at_lag = |lag: isize| {
        let pairs = one.iter().enumerate().filter_map(|(place, value)| {
            let place = usize::try_from(isize::try_from(place).ok()? + lag).ok()?;
            Some((*value, *other.get(place)?))
        });
        let pairs: Vec<(f64, f64)> = pairs.collect();
        if pairs.len() < 100 {
            return -1.0;
        }
        let count = f64::from(u32::try_from(pairs.len()).expect("some seconds"));
        let mean = |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(pick).sum::<f64>() / count;
        let (mean_one, mean_other) = (mean(|pair| pair.0), mean(|pair| pair.1));
        let (mut both, mut of_one, mut of_other) = (0.0, 0.0, 0.0);
        for (one, other) in &pairs {
            let (one, other) = (one - mean_one, other - mean_other);
            both += one * other;
            of_one += one * one;
            of_other += other * other;
        }
        both / (of_one * of_other).sqrt().max(1.0)
    };
    (-600..=600).map(at_lag).fold(-1.0, f64::max)
}

/// A voice, after which nothing is said for some seconds.
fn then_silence(voice: &[i16], silent_s: usize) -> Vec<i16> {
    let silence = std::iter::repeat_n(0, silent_s * 8_000);
    voice.iter().copied().chain(silence).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_leaves_a_message() -> Result<()> {
    let world = World::open()?;
    world.domain("help", "/voicemail")?;
    let message = speech(
        "My name is Ada, and I would like to be called back tomorrow. My number is five five five, one two three four.",
    )?;
    // She hears the greeting out, speaks, and says nothing more until it hangs up.
    let spoken: Vec<i16> = std::iter::repeat_n(0, 4 * 8_000)
        .chain(then_silence(&message, 30))
        .collect();
    let mut ada = Telephone::ada(&spoken, "udp", world.sip).await;
    ada.dial(&format!("sip:help@help.{DOMAIN_BASE}")).await;
    let call = world.newest("calls", "calls", |call| call["state"] == "COMPLETED")?;
    assert_eq!(call["labels"], json!({"left": "yes"}), "{call}");
    assert_eq!(
        (&call["direction"], &call["transport"], &call["to"]),
        (
            &json!("INCOMING"),
            &json!("SIP"),
            &json!(format!("sip:help@help.{DOMAIN_BASE}"))
        )
    );

    let recording = world.newest("recordings", "recordings", |recording| recording["state"] != "PENDING")?;
    assert_eq!(
        (&recording["state"], &recording["source"], &recording["channelCount"]),
        (&json!("SUCCEEDED"), &json!("RECORD_ACTION"), &json!(1)),
        "{recording}"
    );
    assert!(recording["audio"][0].get("uri").is_none(), "a list has no links");
    let name = recording["name"].as_str().context("a name")?;
    let full = world.server().get(&format!("/v1beta1/{name}"), &world.token)?;
    for (place, mime_type) in ["audio/x-wav", "audio/mpeg"].into_iter().enumerate() {
        let audio = &full["audio"][place];
        assert_eq!(audio["mimeType"], mime_type);
        let uri = audio["uri"].as_str().context("a link")?;
        let (status, file) = world.fetch(uri)?;
        assert_eq!((status, json!(file.len())), (200, audio["sizeBytes"].clone()));
        let kept = decode(&file)?;
        let likeness = likeness(&message, &kept);
        assert!(likeness >= 0.95, "{mime_type}: {likeness}");
        let forged = uri.replace(".wav.", ".mp3.").replace(".mp3.", ".wav.") + "x";
        assert_eq!(world.fetch(&forged)?.0, 403);
    }

    let heard = ada.heard().await;
    let greeting = speech("Please leave a message.")?;
    assert!(likeness(&greeting, &heard) >= 0.9, "she heard the greeting");
    let asked = world.handler.asked();
    let paths: Vec<&str> = asked.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/voicemail", "/thanks?a=b"]);
    assert_eq!(asked[0].body["call"]["state"], "STARTING");
    assert_eq!(asked[1].body["parameters"]["action"], "RECORD");
    assert_eq!(asked[1].body["parameters"]["recording"], json!(name));
    let header = |asked: &Asked, name: &str| {
        asked
            .headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    assert_eq!(header(&asked[1], "cookie").as_deref(), Some("menu=1"));
    assert_eq!(header(&asked[0], "x-enfonica-event").as_deref(), Some("CALL"));
    assert_eq!(header(&asked[0], "x-enfonica-signature").context("signed")?.len(), 44);

    let uri = full["audio"][0]["uri"].as_str().context("a link")?;
    let deleted = request(
        world.server().address(),
        "DELETE",
        &format!("/v1beta1/{name}"),
        Some(&world.token),
        None,
    )?
    .ok()?;
    assert_eq!(deleted["name"], json!(name));
    assert_eq!(world.fetch(uri)?.0, 404, "its links are gone with it");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_come_to_nothing() -> Result<()> {
    let world = World::open()?;
    for (domain, path) in [
        ("busy", "/busy"),
        ("gone", "/gone"),
        ("circle", "/circle"),
        ("wrong", "/wrong"),
    ] {
        world.domain(domain, path)?;
    }
    let beep = then_silence(&audio::tone::beep(), 60);
    let mut ada = Telephone::ada(&beep, "udp", world.sip).await;
    for (domain, state, code) in [
        ("busy", "REJECTED", "USER"),
        ("gone", "REJECTED", "HANDLER_ERROR"),
        ("circle", "REJECTED", "HANDLER_ERROR"),
        ("wrong", "COMPLETED", "DOCUMENT_ERROR"),
    ] {
        ada.dial(&format!("sip:anybody@{domain}.{DOMAIN_BASE}")).await;
        let to = format!("sip:anybody@{domain}.{DOMAIN_BASE}");
        let call = world.newest("calls", "calls", |call| {
            call["to"] == to.as_str() && call.get("endTime").is_some()
        })?;
        assert_eq!(
            (&call["state"], &call["errorCode"]),
            (&json!(state), &json!(code)),
            "{domain}: {call}"
        );
    }
    // Whoever calls a domain that is not there is nobody's caller.
    ada.dial(&format!("sip:anybody@nowhere.{DOMAIN_BASE}")).await;
    thread::sleep(Duration::from_secs(1));
    assert_eq!(
        world.get("calls?pageSize=100")?["calls"].as_array().map(Vec::len),
        Some(4)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_a_password_calls() -> Result<()> {
    let world = World::open()?;
    let ask = |verb: &str, path: &str, body: Option<&Value>| {
        let path = format!("/v1beta1/projects/{PROJECT}/sipDomains{path}");
        request(world.server().address(), verb, &path, Some(&world.token), body)
    };
    let domain = json!({
        "callTerminationMode": "PROGRAMMABLE",
        "callTerminationHandlerUris": [format!("{}/busy", world.handler.origin())],
        "allowRegister": true,
    });
    ask("POST", "?sipDomainId=staff", Some(&domain))?.ok()?;
    let weak = ask(
        "POST",
        "/staff/users?userId=ada",
        Some(&json!({"password": "password"})),
    )?;
    assert_eq!(weak.status, 400);
    let password = "Right-Passw0rd";
    let made = ask("POST", "/staff/users?userId=ada", Some(&json!({"password": password})))?.ok()?;
    assert_eq!(made["address"], json!(format!("ada@staff.{DOMAIN_BASE}")));
    assert!(made.get("password").is_none(), "{made}");

    let (name, whom) = (
        format!("staff.{DOMAIN_BASE}"),
        format!("sip:anybody@staff.{DOMAIN_BASE}"),
    );
    let beep = then_silence(&audio::tone::beep(), 60);
    let mut ada = Telephone::user("ada", password, &name, &beep, "udp", world.sip).await;
    ada.writes("200 OK").await;
    ada.dial(&whom).await;
    assert!(ada.closed_because().await.contains("Busy"));
    let call = world.newest("calls", "calls", |call| call.get("endTime").is_some())?;
    assert_eq!(
        (&call["state"], &call["to"]),
        (&json!("REJECTED"), &json!(whom)),
        "{call}"
    );

    let changed = json!({"password": "Other-Passw0rd"});
    ask("PATCH", "/staff/users/ada?updateMask=password", Some(&changed))?.ok()?;
    ada.dial(&whom).await;
    assert!(
        ada.closed_because().await.contains("403"),
        "the old one is of no use any more"
    );
    assert_eq!(world.get("calls")?["calls"].as_array().map(Vec::len), Some(1));
    ask("DELETE", "/staff/users/ada", None)?.ok()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_survives_a_kill() -> Result<()> {
    let mut world = World::open()?;
    world.domain("kept", "/recorded")?;
    let voice =
        speech("One two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen.")?;
    let mut ada = Telephone::ada(&then_silence(&voice, 60), "udp", world.sip).await;
    ada.dial(&format!("sip:me@kept.{DOMAIN_BASE}")).await;
    world.newest("recordings", "recordings", |recording| recording["state"] == "PENDING")?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    world.server.take().context("it runs")?.kill()?;
    world.server = Some(start(&world.data, &world.handler, world.sip)?);

    let call = world.newest("calls", "calls", |call| call.get("endTime").is_some())?;
    assert_eq!(call["state"], "COMPLETED", "{call}");
    let recording = world.newest("recordings", "recordings", |recording| recording["state"] != "PENDING")?;
    assert_eq!(
        (&recording["state"], &recording["channelCount"]),
        (&json!("SUCCEEDED"), &json!(2)),
        "{recording}"
    );
    let name = recording["name"].as_str().context("a name")?;
    let full = world.server().get(&format!("/v1beta1/{name}"), &world.token)?;
    let (_, file) = world.fetch(full["audio"][0]["uri"].as_str().context("a link")?)?;
    let kept = decode(&file)?;
    assert!(
        kept.len() > 3 * 8_000,
        "at most two seconds are lost: {} samples",
        kept.len()
    );
    assert!(likeness(&voice[..kept.len().min(voice.len())], &kept) >= 0.9);
    Ok(())
}
