//! Starting a server, and the way that people come to it.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use crate::{Serving, refused, sederunt, text};

#[test]
fn a_server_says_where_it_is_and_links_lead_there() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut serving = Serving::start(data.path());
    let url = serving.lines[0]
        .strip_prefix("Sederunt is ready at ")
        .expect("the first line")
        .to_owned();
    assert!(url.starts_with("http://localhost:"), "{url}");
    assert!(
        serving.lines[1].contains(&format!("{url}/sign-in#")),
        "{}",
        serving.lines[1]
    );

    assert!(
        serving.lines[1].contains("once, within 15 minutes: "),
        "{}",
        serving.lines[1]
    );

    for arguments in [
        &["user", "add", "ada@example.org", "--name", "Ada Lovelace"][..],
        &["user", "add", "ada@example.org"],
        &["user", "link", "ada@example.org"],
    ] {
        let added = sederunt(data.path(), arguments);
        let link = text(&added.stdout);
        assert!(
            added.status.success() && link.starts_with(&format!("{url}/sign-in#")),
            "{added:?}"
        );
        assert_eq!(link.lines().count(), 1);
    }
    let token = sederunt(
        data.path(),
        &[
            "token",
            "Ada@Example.org",
            "--scope",
            "meetings.space.readonly",
            "--ttl",
            "5m",
        ],
    );
    let token = text(&token.stdout);
    assert_eq!(
        (token.lines().count(), token.trim().split('.').count()),
        (1, 3),
        "{token}"
    );

    let doctor = sederunt(data.path(), &["doctor", "--listen", "127.0.0.1:0"]);
    assert!(doctor.status.success(), "{doctor:?}");
    assert!(text(&doctor.stdout).contains("a server runs on it"), "{doctor:?}");

    let terminated = Command::new("kill").arg(serving.child.id().to_string()).status();
    assert!(terminated.expect("kill runs").success());
    assert!(
        serving.child.wait().expect("waited for").success(),
        "it stops in good order"
    );
}

/// In an update somebody types a command of the new program while the old server runs, or one of the old beside the new server.
#[tokio::test]
async fn a_command_of_another_version_changes_no_table_under_a_server() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let _serving = Serving::start(data.path());
    let db = db::Db::open(&db::Location::Sqlite(data.path().join("sederunt.db"))).await;
    let db = db.expect("a command opens it");
    let write = async |sql: &'static str| {
        let statement = db::Statement::new(sql, Vec::new()).expect(1);
        db.write(vec![statement]).await.expect("it is written");
    };
    let version = env!("CARGO_PKG_VERSION");
    let commands = [&["user", "list"][..], &["project", "create", "support"], &["audit"]];

    write("delete from migration where version = (select max(version) from migration)").await;
    for command in commands {
        let error = format!("the server of version {version} is running on this data");
        refused(data.path(), command, &error, "start the server of this version first");
    }
    let doctor = sederunt(data.path(), &["doctor", "--listen", "127.0.0.1:0"]);
    let said = text(&doctor.stdout);
    assert!(
        doctor.status.success() && said.contains("its tables are of an older version"),
        "{said}"
    );

    write("insert into migration (version, name) values (9999, 'of the future')").await;
    for command in commands {
        refused(
            data.path(),
            command,
            "a newer version of this program",
            "use the newer program",
        );
    }
    let doctor = sederunt(data.path(), &["doctor", "--listen", "127.0.0.1:0"]);
    let said = text(&doctor.stdout);
    assert!(
        !doctor.status.success() && said.contains("hint: use the newer program"),
        "{said}"
    );
}

/// `doctor` goes the way that people come; nobody is there to answer but a server, so it must run.
#[test]
fn the_way_in_is_tried() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let data = parent.path().join("data");
    let doctor = |url: &str| {
        let output = sederunt(&data, &["doctor", "--listen", "127.0.0.1:0", "--public-url", url]);
        (output.status.success(), text(&output.stdout))
    };
    let (healthy, said) = doctor("http://localhost:9");
    assert!(
        healthy && said.contains("ok       public URL: http://localhost:9, which is tried"),
        "{said}"
    );

    let serving = Serving::start(&data);
    let url = serving.lines[0]
        .strip_prefix("Sederunt is ready at ")
        .expect("the first line");
    let (healthy, said) = doctor(url);
    assert!(healthy && said.contains("and pages there may sign in"), "{said}");
    let (healthy, said) = doctor("http://localhost:9");
    assert!(
        !healthy && said.contains("`http://localhost:9/healthz` does not answer: Connection refused"),
        "{said}"
    );

    // A proxy in front that passes on no `Host`, and a server that does not know of it.
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let outside = format!("http://{}", proxy.local_addr().expect("bound"));
    let inside = url.rsplit_once(':').expect("a port").1.parse().expect("a port");
    std::thread::spawn(move || {
        for stream in proxy.incoming() {
            forward(stream.expect("a connection"), inside);
        }
    });
    let (healthy, said) = doctor(&outside);
    let expected = format!("nobody can sign in at {outside}: the server takes {url} for the address of its pages");
    assert!(
        !healthy && said.contains(&expected) && said.contains("`--public-url`"),
        "{said}"
    );
}

/// Passes on one request without its `Host`, and the answer.
fn forward(stream: TcpStream, port: u16) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).expect("text") > 0 {}
    let kept = head
        .lines()
        .filter(|line| !line.to_lowercase().starts_with("host:") && !line.is_empty());
    let head = kept.collect::<Vec<_>>().join("\r\n");
    let mut server = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    let request = format!("{head}\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n");
    server.write_all(request.as_bytes()).expect("it reads");
    std::io::copy(&mut server, stream.get_mut()).expect("it answers");
}

/// Each of the three says another address; `doctor` prints the one that holds.
#[test]
fn flags_win_over_the_environment_and_it_over_the_file() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let file = data.path().join("sederunt.toml");
    std::fs::write(&file, "public_address = \"203.0.113.1\"").expect("writable");
    for (variable, flag, expected) in [
        (None, None, "203.0.113.1"),
        (Some("203.0.113.2"), None, "203.0.113.2"),
        (Some("203.0.113.2"), Some("203.0.113.3"), "203.0.113.3"),
    ] {
        let mut doctor = Command::new(env!("CARGO_BIN_EXE_sederunt"));
        doctor
            .args(["doctor", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path());
        doctor.arg("--config").arg(&file);
        doctor.args(flag.map(|address| format!("--public-address={address}")));
        doctor.envs(variable.map(|address| ("SEDERUNT_PUBLIC_ADDRESS", address)));
        let said = text(&doctor.output().expect("the program runs").stdout);
        assert!(said.contains(&format!("announced address: {expected}:")), "{said}");
    }
}

/// It needs nothing of the server's: a client's way is tried from wherever this runs.
#[test]
fn what_a_client_meets_is_tried_as_a_client_does() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let network = |url: &str| {
        let output = sederunt(data.path(), &["doctor", "network", "--url", url]);
        (output.status.success(), text(&output.stdout))
    };
    let (url, check) = {
        let serving = Serving::start(&data.path().join("data"));
        let url = serving.lines[0]
            .rsplit(' ')
            .next()
            .expect("it ends in the address")
            .to_owned();
        let check = network(&format!("{url}/"));
        (url, check)
    };
    let (leads_there, said) = check;
    assert!(leads_there, "{said}");
    for row in [
        "ok       UDP: open, by ",
        "ok       TCP: open, by ",
        "round trip: ",
        "loss: ",
    ] {
        assert!(said.contains(row), "{said}");
    }
    let (leads_there, said) = network(&url);
    assert!(
        !leads_there && said.contains("problem  server: ") && said.contains("hint: check the address"),
        "{said}"
    );
}
