//! What the tests and the benchmarks need from the machine: found, or installed from Debian's packages with a word about it.
//!
//! A test never looks for a tool in order to skip itself: a missing tool fails it. So this step installs what is
//! missing, and only that; on another system it names what to install by hand.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Context, Result, bail};

use crate::{process, workspace};

/// One program, how to see that it is there, and the Debian package that brings it.
struct Tool {
    package: &'static str,
    needed_for: &'static str,
    present: fn() -> bool,
}

const TOOLS: &[Tool] = &[
    Tool {
        package: "baresip-core",
        needed_for: "the tests with a telephone",
        present: || on_path("baresip"),
    },
    Tool {
        package: "build-essential",
        needed_for: "SQLite and the cryptography library",
        present: || on_path("cc"),
    },
    Tool {
        package: "caddy",
        needed_for: "the tests behind a proxy",
        present: || on_path("caddy"),
    },
    Tool {
        package: "coturn",
        needed_for: "the browser tests behind a relay that is not ours",
        present: || on_path("turnserver"),
    },
    Tool {
        package: "ffmpeg",
        needed_for: "the tests that compose recordings",
        present: || on_path("ffmpeg") && on_path("ffprobe"),
    },
    Tool {
        package: "chromium",
        needed_for: "the browser tests",
        present: || on_path("chromium"),
    },
    Tool {
        package: "espeak-ng",
        needed_for: "what calls say, and what is said to them",
        present: || on_path("espeak-ng"),
    },
    Tool {
        package: "firefox-esr",
        needed_for: "the browser tests",
        present: || on_path("firefox-esr"),
    },
    Tool {
        package: "espeak-ng",
        needed_for: "a voice in the browser tests",
        present: || on_path("espeak-ng"),
    },
    Tool {
        package: "default-jdk-headless",
        needed_for: "Google's and Microsoft's Java clients",
        present: || on_path("javac"),
    },
    Tool {
        package: "maven",
        needed_for: "Google's and Microsoft's Java clients",
        present: || on_path("mvn"),
    },
    Tool {
        package: "mpg123",
        needed_for: "a second opinion on MP3s",
        present: || on_path("mpg123"),
    },
    Tool {
        package: "nginx",
        needed_for: "the tests behind a proxy",
        present: || on_path("nginx") || Path::new("/usr/sbin/nginx").is_file(),
    },
    Tool {
        package: "iproute2",
        needed_for: "the network of the test bed",
        present: || on_path("ip"),
    },
    Tool {
        package: "openssl",
        needed_for: "the certificates of the test bed",
        present: || on_path("openssl"),
    },
    Tool {
        package: "postgresql",
        needed_for: "the store tests",
        present: has_postgresql,
    },
    Tool {
        package: "sip-tester",
        needed_for: "the tests with peers that keep to the letter of SIP",
        present: || on_path("sipp"),
    },
    Tool {
        package: "strace",
        needed_for: "the proof of durability",
        present: || on_path("strace"),
    },
    Tool {
        package: "util-linux",
        needed_for: "the namespaces of the test bed",
        present: || on_path("unshare"),
    },
    Tool {
        package: "python3",
        needed_for: "the conformance tests",
        present: || on_path("python3"),
    },
    Tool {
        package: "python3-venv",
        needed_for: "the conformance tests",
        present: has_python_venv,
    },
];

/// What a benchmark measures us against.
const PEERS: &[Tool] = &[Tool {
    package: "janus",
    needed_for: "what forwarding costs another server",
    present: || on_path("janus"),
}];

/// The oldest Node.js that builds the web client.
const NODE_MINIMUM: (u32, u32) = (20, 19);

/// Installs what is missing; then, beside each other, since fetching waits, the Python environments and the packages of the
/// tests that run in Node.js.
pub(crate) fn install() -> Result<()> {
    node()?;
    debian_packages(TOOLS)?;
    let parts: [fn() -> Result<()>; 3] = [python_environment, python_environment_of_s3, node_packages];
    thread::scope(|scope| {
        let running = parts.map(|part| scope.spawn(part));
        let mut ended = running.into_iter().map(|part| part.join().expect("no part panics"));
        ended.try_for_each(|outcome| outcome)
    })
}

/// The servers that ours is measured against.
pub(crate) fn peers() -> Result<()> {
    debian_packages(PEERS)
}

/// Fails with the next step when Node.js or npm is missing or too old.
pub(crate) fn node() -> Result<()> {
    let (major, minor) = NODE_MINIMUM;
    let hint = format!("hint: install Node.js {major}.{minor} or newer, with npm, from your system or nodejs.org");
    let Some(version) = process::ask("node", &["--version"]) else {
        bail!("Node.js was not found\n{hint}")
    };
    let mut numbers = version
        .trim_start_matches('v')
        .split('.')
        .map(|number| number.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < NODE_MINIMUM {
        bail!("Node.js is too old: {version}\n{hint}");
    }
    if process::ask("npm", &["--version"]).is_none() {
        bail!("npm was not found\n{hint}");
    }
    Ok(())
}

/// Installs the packages of a lock file, unless those of this very lock file are there. A folder is known by its own name.
pub(crate) fn npm_packages(folder: &Path) -> Result<()> {
    let lock =
        fs::read(folder.join("package-lock.json")).with_context(|| format!("no lock file in {}", folder.display()))?;
    let stamp = workspace::scratch().join(format!("npm-{}", folder.file_name().unwrap_or_default().display()));
    if folder.join("node_modules").is_dir() && is_current(&stamp, &lock) {
        return Ok(());
    }
    eprintln!("Installing the npm packages of {}", folder.display());
    process::run(
        Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder),
    )?;
    mark_current(&stamp, &lock)
}

/// The Python interpreter with Google's and Microsoft's clients.
pub(crate) fn python() -> PathBuf {
    workspace::scratch().join("venv/bin/python")
}

fn debian_packages(tools: &[Tool]) -> Result<()> {
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !(tool.present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
    for tool in &missing {
        eprintln!("Installing {} for {}", tool.package, tool.needed_for);
    }
    if !on_path("apt-get") {
        bail!(
            "these are missing, and there is no apt-get to install them: {}",
            packages.join(", ")
        );
    }
    process::run(&mut apt_get(&["update", "-qq"]))?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(packages);
    process::run(&mut apt_get(&install))?;
    match tools.iter().find(|tool| !(tool.present)()) {
        None => Ok(()),
        Some(tool) => bail!(
            "{} was installed, and what {} needs is still missing",
            tool.package,
            tool.needed_for
        ),
    }
}

fn apt_get(arguments: &[&str]) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let mut command = Command::new(if is_root { "env" } else { "sudo" });
    command
        .arg("DEBIAN_FRONTEND=noninteractive")
        .arg("apt-get")
        .args(arguments);
    command
}

fn python_environment() -> Result<()> {
    python_packages(
        "Google's and Microsoft's clients and pytest",
        "tests/requirements.txt",
        "venv",
        "python",
    )
}

fn python_environment_of_s3() -> Result<()> {
    python_packages(
        "a server of S3",
        "crates/recording/tests/requirements.txt",
        "venv-s3",
        "python-s3",
    )
}

fn node_packages() -> Result<()> {
    let folders = ["tests/browser", "tests/node", "tests/sdk/oidc"];
    folders
        .iter()
        .try_for_each(|folder| npm_packages(&workspace::root().join(folder)))
}

/// The public programs of the test bed, from `PyPI` and npm.
pub(crate) fn testbed() -> Result<()> {
    python_packages(
        "the programs of the test bed",
        "tests/testbed/requirements.txt",
        "venv-testbed",
        "python-testbed",
    )?;
    npm_packages(&workspace::root().join("tests/testbed"))
}

/// Installs what a file lists into an environment of its own, unless what this very file lists is there.
fn python_packages(what: &str, requirements_file: &str, environment: &str, stamp: &str) -> Result<()> {
    let requirements_file = workspace::root().join(requirements_file);
    let requirements = fs::read(&requirements_file).with_context(|| format!("no requirements for {what}"))?;
    let (environment, stamp) = (workspace::scratch().join(environment), workspace::scratch().join(stamp));
    let python = environment.join("bin/python");
    if python.is_file() && is_current(&stamp, &requirements) {
        return Ok(());
    }
    eprintln!("Installing {what} into {}", environment.display());
    process::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    )?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    process::run(Command::new(python).args(pip).arg(&requirements_file))?;
    mark_current(&stamp, &requirements)
}

/// Whether the stamp was made from these very bytes.
pub(crate) fn is_current(stamp: &Path, input: &[u8]) -> bool {
    fs::read_to_string(stamp).is_ok_and(|text| text == fingerprint(input))
}

/// Remembers what was made from these bytes.
pub(crate) fn mark_current(stamp: &Path, input: &[u8]) -> Result<()> {
    fs::create_dir_all(workspace::scratch())?;
    fs::write(stamp, fingerprint(input)).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Tells changed inputs apart; nobody attacks a build stamp, so the standard hasher will do.
fn fingerprint(input: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Debian keeps the server's programs away from the path, in a folder for each major version.
fn has_postgresql() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    on_path("initdb")
        || versions
            .into_iter()
            .any(|version| version.path().join("bin/initdb").is_file())
}

fn has_python_venv() -> bool {
    process::ask("python3", &["-c", "import ensurepip, venv"]).is_some()
}
