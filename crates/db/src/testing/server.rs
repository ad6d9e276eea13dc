//! A real PostgreSQL for the tests of one process, started by them and gone with them.
//!
//! It listens on a Unix socket in a folder of its own, so nothing collides, and keeps its data safe with `fsync`, as in
//! production. It must not outlive the tests, which may panic, be killed or simply return from `main`; so it belongs to a
//! shell that waits for its own standard input to close, which the system does for us however this process ends.
//!
//! Making a data folder takes most of a second, so it is made once per machine and copied from then on.

use std::{
    env,
    fs::{self, File},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_postgres::NoTls;

/// PostgreSQL's own, and in the name of a Unix socket only.
const PORT: u16 = 5432;

const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Ends the server and removes its folder (`$1`) when nobody holds the other end of standard input any more.
const WATCH: &str = r#"
folder=$1; shift
"$@" </dev/null >"$folder/log" 2>&1 &
server=$!
read -r _
kill -QUIT $server
wait $server
rm -rf "$folder"
"#;

struct Server {
    folder: PathBuf,
    /// In the name of its Unix socket, too.
    port: u16,
    /// Holds the watching shell's standard input open for as long as this process lives.
    _watch: Child,
    databases: AtomicU32,
}

/// Makes an empty database on this process's server, and returns its address.
pub(super) async fn new_database() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| start(None));
    database_on(server).await
}

/// What a server proves itself with, and the port of 127.0.0.1 on which it does.
#[derive(Clone, Copy, Debug)]
pub struct Secured<'a> {
    /// In PEM.
    pub certificate: &'a str,
    /// In PEM.
    pub key: &'a str,
    /// A free one.
    pub port: u16,
}

/// The same on a server of its own, which speaks TLS besides. There is one such server in a process.
pub(super) async fn new_secured_database(secured: Secured<'_>) -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    database_on(SERVER.get_or_init(|| start(Some(secured)))).await
}

async fn database_on(server: &Server) -> String {
    let address = format!("host={} port={} user=postgres", server.folder.display(), server.port);
    let name = format!("test_{}", server.databases.fetch_add(1, Ordering::Relaxed));
    let deadline = Instant::now() + START_TIMEOUT;
    let (client, connection) = loop {
        match tokio_postgres::connect(&format!("{address} dbname=postgres"), NoTls).await {
            Ok(connected) => break connected,
            Err(error) if Instant::now() > deadline => {
                let log = fs::read_to_string(server.folder.join("log")).unwrap_or_default();
                panic!("the PostgreSQL of the tests does not start: {error}\n{log}");
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    let connection = tokio::spawn(connection);
    client
        .batch_execute(&format!("create database {name}"))
        .await
        .expect("a database can be made");
    drop(client);
    let _ = connection.await;
    format!("{address} dbname={name}")
}

fn start(secured: Option<Secured>) -> Server {
    let programs = programs();
    let template = template(&programs);
    let folder = PathBuf::from(output(
        as_server_user(Path::new("mktemp"))
            .args(["-d", "-p"])
            .arg(env::temp_dir())
            .arg("sederunt-postgres-XXXXXXXX"),
    ));
    output(
        as_server_user(Path::new("cp"))
            .arg("-Rp")
            .args([&template, &folder.join("data")]),
    );
    let mut listening = vec!["-clisten_addresses=".to_owned()];
    if let Some(secured) = secured {
        let certificate = write_for_server(&folder, "certificate.pem", secured.certificate);
        let key = write_for_server(&folder, "key.pem", secured.key);
        listening = vec![
            "-clisten_addresses=127.0.0.1".to_owned(),
            format!("-cport={}", secured.port),
            "-cssl=on".to_owned(),
            format!("-cssl_cert_file={}", certificate.display()),
            format!("-cssl_key_file={}", key.display()),
        ];
    }
    let watch = as_server_user(Path::new("sh"))
        .args(["-c", WATCH, "sh"])
        .arg(&folder)
        .arg(programs.join("postgres"))
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(&folder)
        .args(listening)
        .args(["fsync=on", "synchronous_commit=on", "max_connections=300"].map(|it| format!("-c{it}")))
        .args(
            [
                "shared_buffers=16MB",
                "autovacuum=off",
                "wal_level=minimal",
                "max_wal_senders=0",
                "deadlock_timeout=20ms",
            ]
            .map(|it| format!("-c{it}")),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C is for the tests; the shell sees them end and then cleans up.
        .process_group(0)
        .spawn()
        .expect("the PostgreSQL of the tests can be started");
    Server {
        folder,
        port: secured.map_or(PORT, |secured| secured.port),
        _watch: watch,
        databases: AtomicU32::new(1),
    }
}

/// Writes a file that is the server's alone, in its folder.
fn write_for_server(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    let owner = fs::metadata(folder).expect("it was just made");
    fs::write(&path, text).expect("the folder can be written to");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    chown(&path, Some(owner.uid()), Some(owner.gid())).expect("the file is ours");
    path
}

/// The folder that every server's data is copied from, made by the first process that needs it.
fn template(programs: &Path) -> PathBuf {
    let version = output(Command::new(programs.join("postgres")).arg("--version"));
    let version: String = version.chars().filter(|it| it.is_ascii_digit() || *it == '.').collect();
    let template = env::temp_dir().join(format!("sederunt-postgres-template-{version}-{}", user_id()));
    let lock = File::create(template.with_added_extension("lock")).expect("a lock file can be made");
    lock.lock().expect("a file can be locked");
    if !template.exists() {
        // Renamed when complete, so that a process killed in between leaves no half of it.
        let fresh = template.with_added_extension("new");
        output(as_server_user(Path::new("rm")).arg("-rf").arg(&fresh));
        output(
            as_server_user(&programs.join("initdb"))
                .args([
                    "--username=postgres",
                    "--auth=trust",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--wal-segsize=1",
                    "--no-sync",
                ])
                .arg("-D")
                .arg(&fresh),
        );
        fs::rename(&fresh, &template).expect("a folder can be renamed");
    }
    template
}

/// The folder of PostgreSQL's programs: Debian keeps them out of the path, one folder per version.
fn programs() -> PathBuf {
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|it| it.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = debian
        .chain(env::split_paths(&path))
        .filter(|it| it.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .expect("the tests need PostgreSQL's server programs: `apt-get install postgresql`, or put `initdb` into PATH")
}

/// A command that runs as a user that PostgreSQL accepts: it refuses root.
fn as_server_user(program: &Path) -> Command {
    let mut command = if user_id() == "0" {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    // The tests' own folder may be closed to that user.
    command.current_dir("/");
    command
}

fn user_id() -> &'static str {
    static USER_ID: OnceLock<String> = OnceLock::new();
    USER_ID.get_or_init(|| output(Command::new("id").arg("-u")))
}

fn output(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {complaint}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
