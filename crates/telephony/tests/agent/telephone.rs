//! A real telephone: baresip, whose microphone is a file and whose ear is another, told by a socket what to do.

use std::{
    fmt::Write as _,
    fs,
    net::{SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use audio::{Clip, decode, tone, wav};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Of an account that likes Opus best.
const OPUS: &str = ";audio_codecs=opus/48000/2,PCMU/8000/1";

const PATIENCE: Duration = Duration::from_secs(40);

pub(super) struct Telephone {
    folder: TempDir,
    process: Child,
    control: TcpStream,
    received: Vec<u8>,
    port: u16,
}

impl Drop for Telephone {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    // A telephone takes the port behind its own as well.
    loop {
        let port = UdpSocket::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a port")
            .port();
        let next = port
            .checked_add(1)
            .is_some_and(|next| TcpListener::bind(("127.0.0.1", next)).is_ok());
        if next && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

impl Telephone {
    /// Ada's, which says this and calls by this transport whoever is at that address.
    pub(super) async fn ada(voice: &[i16], transport: &str, proxy: SocketAddr) -> Telephone {
        let account = format!(
            "<sip:ada@example.org;transport={transport}>;regint=0;outbound=\"sip:{proxy};transport={transport}\""
        );
        Telephone::start(voice, |_| account, "").await
    }

    /// Ada's, which speaks Opus if she may, and calls by UDP whoever is at that address.
    pub(super) async fn ada_with_opus(voice: &[i16], proxy: SocketAddr) -> Telephone {
        let account = format!("<sip:ada@example.org;transport=udp>;regint=0;outbound=\"sip:{proxy};transport=udp\"");
        Telephone::start(voice, |_| account, OPUS).await
    }

    /// Bo's, which answers by itself, and speaks Opus if it may.
    pub(super) async fn bo_with_opus(voice: &[i16]) -> Telephone {
        let account = |port| format!("<sip:bo@127.0.0.1:{port};transport=udp>;regint=0");
        Telephone::start(voice, account, &format!(";answermode=auto{OPUS}")).await
    }

    /// A gateway of the telephone network, which calls as this address, in the open, whoever is at that one.
    pub(super) async fn gateway(caller: &str, voice: &[i16], proxy: SocketAddr) -> Telephone {
        let account = format!("<{caller};transport=udp>;regint=0;outbound=\"sip:{proxy};transport=udp\"");
        Telephone::start(voice, |_| account, "").await
    }

    /// Ada's, which wants sealed sound and asks for it in the open.
    pub(super) async fn careless_ada(voice: &[i16], proxy: SocketAddr) -> Telephone {
        let account = format!("<sip:ada@example.org;transport=udp>;regint=0;outbound=\"sip:{proxy};transport=udp\"");
        Telephone::start(voice, |_| account, ";mediaenc=srtp-mand").await
    }

    /// That of a user of a domain, who calls as nobody and has a password all the same.
    pub(super) async fn nameless_user(
        user: &str,
        password: &str,
        domain: &str,
        voice: &[i16],
        proxy: SocketAddr,
    ) -> Telephone {
        let account = format!(
            "<sip:anonymous@{domain};transport=udp>;auth_user={user};auth_pass={password};regint=0;outbound=\"sip:{proxy};transport=udp\""
        );
        Telephone::start(voice, |_| account, "").await
    }

    /// That of a user of a domain, which registers at whoever is at that address, answers by itself, and calls.
    pub(super) async fn user(
        user: &str,
        password: &str,
        domain: &str,
        voice: &[i16],
        transport: &str,
        proxy: SocketAddr,
    ) -> Telephone {
        let account = format!(
            "<sip:{user}@{domain};transport={transport}>;auth_user={user};auth_pass={password};regint=60;outbound=\"sip:{proxy};transport={transport}\""
        );
        let sealed = if transport == "tls" { ";mediaenc=srtp-mand" } else { "" };
        Telephone::start(voice, |_| account, &format!(";answermode=auto{sealed}")).await
    }

    /// Bo's, which answers by itself.
    pub(super) async fn bo(voice: &[i16]) -> Telephone {
        Telephone::start(
            voice,
            |port| format!("<sip:bo@127.0.0.1:{port};transport=udp>;regint=0"),
            ";answermode=auto",
        )
        .await
    }

    /// One that rings, and that nobody answers.
    pub(super) async fn silent() -> Telephone {
        let account = |port| format!("<sip:bo@127.0.0.1:{port};transport=udp>;regint=0");
        Telephone::start(&tone::beep(), account, "").await
    }

    /// One of the telephone network, by its number; a gateway is this to whoever calls by it.
    pub(super) async fn numbered(number: &str) -> Telephone {
        let account = |port| format!("<sip:{number}@127.0.0.1:{port};transport=udp>;regint=0");
        let beeps: Vec<i16> = tone::beep().iter().copied().cycle().take(8_000 * 60).collect();
        Telephone::start(&beeps, account, ";answermode=auto").await
    }

    /// Cy's, which answers by itself as well, by TLS alone and with sealed sound: at the port behind its own.
    pub(super) async fn cy(voice: &[i16]) -> Telephone {
        Telephone::start(
            voice,
            |port| format!("<sip:cy@127.0.0.1:{};transport=tls>;regint=0", port + 1),
            ";answermode=auto;mediaenc=srtp-mand",
        )
        .await
    }

    pub(super) fn secure_socket(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port + 1).into()
    }

    pub(super) fn secure_address(&self) -> String {
        format!("sip:cy@{};transport=tls", self.secure_socket())
    }

    pub(super) fn address(&self) -> String {
        format!("sip:bo@127.0.0.1:{}", self.port)
    }

    async fn start(said: &[i16], account: impl FnOnce(u16) -> String, more: &str) -> Telephone {
        let folder = TempDir::with_prefix("telephone-").expect("a folder");
        let (port, control) = (free_port(), free_port());
        let voice = folder.path().join("voice.wav");
        fs::write(&voice, wav::file(said)).expect("a file");
        fs::write(folder.path().join("certificate.pem"), certificate()).expect("a file");
        fs::create_dir(folder.path().join("heard")).expect("a folder");
        fs::write(
            folder.path().join("config"),
            configuration(folder.path(), &voice, port, control),
        )
        .expect("a file");
        let codecs = if more.contains("audio_codecs") {
            ""
        } else {
            ";audio_codecs=PCMU/8000/1"
        };
        let account = format!("{}{more}{codecs}\n", account(port));
        fs::write(folder.path().join("accounts"), account).expect("a file");
        fs::write(folder.path().join("contacts"), "").expect("a file");
        let process = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.path().join("log")).expect("a file"))
            .stderr(Stdio::null())
            .spawn()
            .expect("baresip is installed");
        let begun = Instant::now();
        let control = loop {
            match TcpStream::connect(("127.0.0.1", control)).await {
                Ok(stream) => break stream,
                Err(error) => assert!(begun.elapsed() < PATIENCE, "baresip does not start: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        Telephone {
            folder,
            process,
            control,
            received: vec![],
            port,
        }
    }

    /// Says what to do, as a netstring of JSON.
    async fn say(&mut self, command: &str, parameters: &str) {
        let text = format!(r#"{{"command":"{command}","params":"{parameters}"}}"#);
        let text = format!("{}:{text},", text.len());
        self.control.write_all(text.as_bytes()).await.expect("baresip listens");
    }

    pub(super) async fn dial(&mut self, whom: &str) {
        self.say("dial", whom).await;
    }

    pub(super) async fn hang_up(&mut self) {
        self.say("hangup", "").await;
    }

    /// Presses keys.
    pub(super) async fn press(&mut self, keys: &str) {
        self.say("sndcode", keys).await;
    }

    /// Why its call ended.
    pub(super) async fn closed_because(&mut self) -> String {
        let told = async {
            loop {
                let text = String::from_utf8_lossy(&self.received).into_owned();
                if let Some((_, closed)) = text.split_once("CALL_CLOSED") {
                    self.received.clear();
                    return closed.to_owned();
                }
                let mut buffer = [0; 4_096];
                let length = self.control.read(&mut buffer).await.expect("baresip tells");
                self.received.extend(&buffer[..length]);
            }
        };
        tokio::time::timeout(PATIENCE, told).await.expect("a call ends")
    }

    /// Waits until it has written this down for whoever sits before it.
    pub(super) async fn writes(&self, text: &str) {
        let begun = Instant::now();
        loop {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            if log.contains(text) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "no {text:?} in {log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it heard. It is off after that, since only then its file is whole.
    pub(super) async fn heard(mut self) -> Clip {
        self.say("quit", "").await;
        let begun = Instant::now();
        while self.process.try_wait().expect("it is ours").is_none() {
            assert!(begun.elapsed() < PATIENCE, "baresip does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let heard = fs::read_dir(self.folder.path().join("heard")).expect("a folder");
        let heard: Vec<PathBuf> = heard.map(|file| file.expect("a file").path()).collect();
        let file = heard
            .iter()
            .find(|file| file.to_string_lossy().ends_with("-dec.wav"))
            .expect("what it heard");
        decode::decode(&fs::read(file).expect("a file")).expect("sound")
    }
}

/// A certificate and its key, of nobody in particular.
fn certificate() -> String {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    format!("{}{}", cert.pem(), signing_key.serialize_pem())
}

fn configuration(folder: &Path, voice: &Path, port: u16, control: u16) -> String {
    let mut text = String::new();
    for line in [
        "poll_method epoll",
        &format!("sip_listen 127.0.0.1:{port}"),
        &format!("sip_certificate {}", folder.join("certificate.pem").display()),
        &format!("audio_source aufile,{}", voice.display()),
        "audio_player aubridge,nil",
        "audio_alert aubridge,nil",
        "ausrc_srate 8000",
        "auplay_srate 8000",
        "ausrc_channels 1",
        "auplay_channels 1",
        "rtp_ports 30000-39998",
        "net_interface 127.0.0.1",
        "module_path /usr/lib/baresip/modules",
        "module g711.so",
        "module opus.so",
        "opus_inbandfec yes",
        "opus_packet_loss 10",
        "module srtp.so",
        "module aufile.so",
        "module aubridge.so",
        "module sndfile.so",
        "module_tmp uuid.so",
        "module_tmp account.so",
        "module_app menu.so",
        "module_app ctrl_tcp.so",
        &format!("ctrl_tcp_listen 127.0.0.1:{control}"),
        &format!("snd_path {}", folder.join("heard").display()),
    ] {
        writeln!(text, "{line}").expect("a text takes everything");
    }
    text
}
