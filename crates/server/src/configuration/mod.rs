//! What an operator may set: flags, then the environment, then one TOML file, then defaults.
//!
//! Zero configuration must work, so everything here has a default. What there is to set stands in tables, one row for each key
//! ([`key::Key`]): whoever adds one writes the row, and the field that it sets. The flags ([`flags`]), the check of the file
//! ([`file`]) and the page for operators ([`page`]) follow. Here are the fields, and what must hold between them.

mod database;
mod error;
mod file;
mod flags;
mod https;
mod key;
mod page;
mod provider;
mod quotas;
mod recordings;
mod relay;
mod serving;
mod store;
mod telephone;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use edge::{Proxies, TlsConfiguration};
use recording::Place;

pub use error::{ConfigurationError, FileProblem};
pub use flags::{ServeFlags, StoreFlags};
pub use https::TlsConfigurationError;
pub use page::settings_page;

use crate::announce::{Entrances, PublicAddress};
use crate::gate::Quotas;
use crate::outgoing::Origin;
use crate::relays::OtherRelay;
use crate::telephone::TelephoneConfiguration;
use crate::web::oidc::OidcConfiguration;
use https::{HTTPS, Https};
use key::{Fallback, Section};
use provider::PROVIDER;
use quotas::QUOTAS;
use recordings::RECORDINGS;
use relay::RELAY;
use serving::SERVING;
use store::STORE;
use telephone::TELEPHONY;

/// Everything that may be set.
static ALL: [Section; 8] = [STORE, SERVING, HTTPS, RELAY, PROVIDER, QUOTAS, TELEPHONY, RECORDINGS];

/// Where the register is, resolved.
#[derive(Clone, Debug)]
pub struct StoreConfiguration {
    /// Folder of the register and of files.
    pub data: PathBuf,
    /// PostgreSQL instead of SQLite in the data folder.
    pub database: Option<String>,
    /// Where the password stands that is not in the address.
    pub database_password_file: Option<PathBuf>,
    /// The address that people open, without a trailing slash; unset means that it follows from the port.
    pub public_url: Option<String>,
}

/// Everything `serve` needs to know.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches of the command line, each by itself"
)]
pub struct Configuration {
    /// Where the register is.
    pub store: StoreConfiguration,
    /// Where to listen for HTTP; port 0 takes any free one.
    pub listen: SocketAddr,
    /// UDP port of the media; unset is the port that HTTP got.
    pub media_port: Option<u16>,
    /// On how many threads media is carried; one for each core, if it is not said.
    pub media_threads: Option<usize>,
    /// What candidates announce; none is what follows from `listen`.
    pub public_addresses: Vec<PublicAddress>,
    /// Which proxies say whose requests they pass on.
    pub trusted_proxies: Proxies,
    /// How long running meetings may go on after the request to stop.
    pub drain: Duration,
    /// How long a record is kept; `None` is for ever.
    pub retention: Option<Duration>,
    /// How long a line of the audit log is kept; `None` is for ever.
    pub audit_retention: Option<Duration>,
    /// Where to listen for whoever reads metrics; unset is nowhere of its own.
    pub metrics_listen: Option<SocketAddr>,
    /// How much one person, one app and one client without an account may ask for in a minute.
    pub quotas: Quotas,
    /// Whether apps have to send a PKCE challenge that have a secret.
    pub require_pkce: bool,
    /// Whether whoever gives no credential acts as the administrator.
    pub without_tokens: bool,
    /// Whether tools are not told what the gRPC API has.
    pub without_reflection: bool,
    /// Whether media is carried by UDP alone.
    pub without_tcp_media: bool,
    /// Whether there is no relay, and none is told of.
    pub without_relay: bool,
    /// A relay that is told of instead of our own.
    pub relay: Option<OtherRelay>,
    /// Whether each viewer gets all that it asks for, whatever its network carries.
    pub without_estimation: bool,
    /// Front doors of this network that may be told of changes, beside those on the public internet.
    pub notify_origins: Vec<Origin>,
    /// A provider by which people may sign in.
    pub oidc: Option<OidcConfiguration>,
    /// How telephones reach the server, if they may.
    pub telephone: Option<TelephoneConfiguration>,
    /// Where recordings are kept; unset is the folder of files.
    pub recordings: Option<Place>,
    /// Whether HTTPS is served, and with which certificate.
    pub tls: TlsConfiguration,
}

/// A configuration while it is read.
#[derive(Debug)]
struct Draft {
    configuration: Configuration,
    https: Https,
}

impl Default for Draft {
    /// What holds when nothing is set.
    fn default() -> Draft {
        let mut draft = Draft {
            configuration: Configuration::unset(),
            https: Https::default(),
        };
        for key in ALL.iter().flat_map(|section| section.keys) {
            if let Fallback::Value(text) = key.default {
                key.set(&mut draft, text.as_ref()).expect("a key may have its default");
            }
        }
        draft
    }
}

impl Default for Configuration {
    fn default() -> Configuration {
        Draft::default().configuration
    }
}

impl Draft {
    /// Puts together what is spread over several keys, and checks what must hold between them.
    fn resolve(self) -> Result<Configuration, ConfigurationError> {
        let Draft { configuration, https } = self;
        let listen = configuration.listen;
        if configuration.without_tokens && !listen.ip().is_loopback() {
            return Err(ConfigurationError::WithoutTokens(listen));
        }
        if let Some(unsafe_) = configuration.oidc.as_ref().filter(|oidc| !oidc.has_safe_issuer()) {
            return Err(ConfigurationError::Issuer(unsafe_.issuer.clone()));
        }
        Ok(Configuration {
            store: configuration.store.checked()?,
            tls: https.resolve()?,
            ..configuration
        })
    }
}

impl Configuration {
    /// The defaults, for a server that keeps everything in this folder.
    pub fn in_folder(data: &Path) -> Configuration {
        let mut configuration = Configuration::default();
        data.clone_into(&mut configuration.store.data);
        configuration
    }

    /// The URL that people open, of a server with this address. If none is given: the name that the certificate is for, or this
    /// machine, by the name that browsers trust with a camera.
    pub(crate) fn public_url_at(&self, address: SocketAddr) -> String {
        if let Some(url) = &self.store.public_url {
            return url.clone();
        }
        let scheme = if self.tls == TlsConfiguration::Off {
            "http"
        } else {
            "https"
        };
        let port = address.port();
        match &self.tls {
            TlsConfiguration::Acme(acme) if port == 443 => format!("https://{}", acme.domains[0]),
            TlsConfiguration::Acme(acme) => format!("https://{}:{port}", acme.domains[0]),
            _ if address.ip().is_loopback() || address.ip().is_unspecified() => format!("{scheme}://localhost:{port}"),
            _ => format!("{scheme}://{address}"),
        }
    }

    /// Where clients come in, of a server with these addresses.
    pub(crate) fn entrances(&self, listen: SocketAddr, media: SocketAddr) -> Entrances {
        let is_secured = self.tls != TlsConfiguration::Off;
        let entrances = Entrances::new(listen, media, &self.public_url_at(listen), is_secured);
        if self.without_tcp_media {
            entrances.without_tcp()
        } else {
            entrances
        }
    }

    /// What the defaults are written over.
    fn unset() -> Configuration {
        Configuration {
            store: StoreConfiguration {
                data: PathBuf::new(),
                database: None,
                database_password_file: None,
                public_url: None,
            },
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            media_port: None,
            media_threads: None,
            public_addresses: Vec::new(),
            trusted_proxies: Proxies::default(),
            drain: Duration::ZERO,
            retention: None,
            audit_retention: None,
            metrics_listen: None,
            quotas: Quotas::default(),
            require_pkce: false,
            without_tokens: false,
            without_reflection: false,
            without_tcp_media: false,
            without_relay: false,
            relay: None,
            without_estimation: false,
            notify_origins: Vec::new(),
            telephone: None,
            recordings: None,
            oidc: None,
            tls: TlsConfiguration::Off,
        }
    }
}

impl StoreConfiguration {
    /// Where the register is, if it can be there.
    fn checked(self) -> Result<StoreConfiguration, ConfigurationError> {
        if let Some(url) = &self.database
            && !url.starts_with("postgres://")
            && !url.starts_with("postgresql://")
        {
            return Err(ConfigurationError::Database(database::without_password(url)));
        }
        let database = match (self.database, &self.database_password_file) {
            (Some(url), Some(path)) => Some(database::with_password_of(&url, path)?),
            (database, _) => database,
        };
        Ok(StoreConfiguration {
            database,
            public_url: self.public_url.map(|url| origin(&url)).transpose()?,
            ..self
        })
    }

    /// The store as `db` opens it.
    pub fn location(&self) -> db::Location {
        match &self.database {
            Some(url) => db::Location::Postgres(url.clone()),
            None => db::Location::Sqlite(self.data.join("sederunt.db")),
        }
    }
}

/// Scheme and authority of a URL without a path: links are made by appending to it.
fn origin(url: &str) -> Result<String, ConfigurationError> {
    let refused = || ConfigurationError::PublicUrl(url.to_owned());
    let uri: http::Uri = url.parse().map_err(|_| refused())?;
    let plain = matches!(uri.scheme_str(), Some("http" | "https")) && uri.path() == "/" && uri.query().is_none();
    match uri.authority() {
        Some(authority) if plain && !authority.as_str().contains('@') => {
            Ok(format!("{}://{authority}", uri.scheme_str().unwrap_or("http")))
        }
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::{Args, Command, FromArgMatches};

    use super::*;

    /// What `serve` would make of the flags.
    fn with_flags(flags: &[&str]) -> Result<ServeFlags, clap::Error> {
        let command = ServeFlags::augment_args(Command::new("serve").no_binary_name(true));
        let matches = command
            .mut_args(|arg| arg.env(None::<&str>))
            .try_get_matches_from(flags)?;
        ServeFlags::from_arg_matches(&matches)
    }

    /// What `serve` would make of a file and the flags.
    pub(super) fn with_file(text: &str, flags: &[&str]) -> Result<Configuration, ConfigurationError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("sederunt.toml");
        fs::write(&path, text).expect("writable");
        let path = path.to_str().expect("text");
        let flags = with_flags(&[&["--config", path], flags].concat());
        flags.expect("the flags are valid").resolve()
    }

    #[test]
    fn nothing_set_is_a_configuration() {
        let configuration = with_file("", &[]).expect("defaults are valid");
        assert_eq!(configuration.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(configuration.store.data, PathBuf::from("./data"));
        assert_eq!(configuration.drain, Duration::from_secs(10));
        assert_eq!(configuration.retention, Some(Duration::from_hours(30 * 24)));
        assert_eq!(configuration.media_port, None);
        assert!(configuration.oidc.is_none());
        assert!(configuration.public_addresses.is_empty());
        assert_eq!(format!("{configuration:?}"), format!("{:?}", Configuration::default()));
    }

    #[test]
    fn flags_win_over_the_file() {
        let text = "listen = \"127.0.0.1:2\"\nmedia_port = 3\npublic_url = \"https://meet.example.org/\"";
        let configuration = with_file(text, &["--listen", "127.0.0.1:1"]).expect("valid");
        assert_eq!(configuration.listen.port(), 1);
        assert_eq!(configuration.media_port, Some(3));
        assert_eq!(
            configuration.store.public_url.as_deref(),
            Some("https://meet.example.org")
        );
    }

    #[test]
    fn what_is_given_is_set() {
        let text = "retention_days = 0\nwithout_tokens = true\ntrusted_proxies = [\"10.0.0.7\", \"2001:db8::/32\"]\n\
            [quotas]\nreads_per_person = 5\n\
            [oidc]\nissuer = \"https://id.example.org\"\nclient_id = \"sederunt\"\n\
            domains = [\"example.org\"]";
        let configuration = with_file(text, &[]).expect("valid");
        assert_eq!(configuration.retention, None);
        assert!(configuration.without_tokens);
        let proxies = &configuration.trusted_proxies;
        let trusted =
            ["10.0.0.7", "2001:db8::1", "10.0.0.8"].map(|address| proxies.contain(address.parse().expect("one")));
        assert_eq!(trusted, [true, true, false]);
        assert_eq!(configuration.quotas.reads_per_person.map(u32::from), Some(5));
        assert_eq!(
            configuration.quotas.writes_per_person,
            Quotas::USUAL.writes_per_person,
            "what the file does not name is as usual"
        );
        assert_eq!(Configuration::default().quotas, Quotas::USUAL, "as the table says");
        let provider = configuration.oidc.expect("the file names one");
        assert_eq!(provider.client_id, "sederunt");
        assert_eq!(provider.name, OidcConfiguration::NAME);
        assert_eq!(provider.introductions.domains, ["example.org"]);
        assert!(!provider.introductions.create_accounts);
        for (set, expected) in [
            ("none", Quotas::NONE),
            ("default", Quotas::USUAL),
            ("google", Quotas::GOOGLE),
        ] {
            let configuration = with_file(text, &["--quotas", set]).expect("valid");
            assert_eq!(
                configuration.quotas, expected,
                "a set takes the place of all numbers of the file"
            );
        }
    }

    /// One of a list needs no brackets in the file.
    #[test]
    fn public_addresses_are_one_or_several() {
        let two = "public_address = [\"203.0.113.7\", \"meet.example.org:3478\"]";
        for (text, flags, expected) in [
            ("public_address = \"203.0.113.7\"", &[][..], 1),
            (two, &[], 2),
            (two, &["--public-address", "203.0.113.7"], 1),
            (
                "",
                &["--public-address", "203.0.113.7", "--public-address", "2001:db8::7"],
                2,
            ),
        ] {
            let configuration = with_file(text, flags).expect("valid");
            assert_eq!(configuration.public_addresses.len(), expected, "{text} {flags:?}");
        }
    }

    /// What the page for operators shows as a file is one.
    #[test]
    fn examples_are_valid() {
        let page = settings_page();
        let examples: Vec<&str> = page
            .split("```")
            .filter_map(|part| part.strip_prefix("toml\n"))
            .collect();
        assert_eq!(examples.len(), 2, "{examples:?}");
        for text in examples {
            with_file(text, &[]).expect(text);
        }
    }

    #[test]
    fn what_is_refused_in_the_file() {
        for (text, expected) in [
            (
                "listen = ",
                "line 1: string values must be quoted, expected literal string",
            ),
            (
                "listen = 8080",
                "line 1: invalid value '8080' for 'listen': it is not an IP address with a port, such as 127.0.0.1:8080",
            ),
            (
                "\nlisten = \"here\"",
                "line 2: invalid value 'here' for 'listen': it is not an IP address with a port, such as 127.0.0.1:8080",
            ),
            (
                "data = [\"a\"]",
                "line 1: invalid value '[\"a\"]' for 'data': it is not a path",
            ),
            (
                "media_port = 65536",
                "line 1: invalid value '65536' for 'media_port': it is not a whole number from 0 to 65535",
            ),
            (
                "drain_seconds = -1",
                "line 1: invalid value '-1' for 'drain_seconds': it is not a whole number",
            ),
            (
                "public_address = \"203.0.113\"",
                "line 1: invalid value '203.0.113' for 'public_address': it is not a list of addresses or names with or without a port, such as 203.0.113.7 or meet.example.org:3478",
            ),
            (
                "retention_days = 36501",
                "line 1: invalid value '36501' for 'retention_days': it is not a whole number from 0 to 36500",
            ),
            (
                "retention_days = \"30\"",
                "line 1: invalid value '30' for 'retention_days': it is not a whole number from 0 to 36500",
            ),
            (
                "trusted_proxies = [\"10.0.0.7\", \"10.0.0.7/8\"]",
                "line 1: invalid value '[\"10.0.0.7\", \"10.0.0.7/8\"]' for 'trusted_proxies': it is not a list of networks, such as 10.0.0.7 or 10.1.0.0/16",
            ),
            (
                "without_tokens = 1",
                "line 1: invalid value '1' for 'without_tokens': it is not true or false",
            ),
            ("quotas = \"google\"", "line 1: 'quotas' is not a table"),
            (
                "[quotas]\nreads_per_person = 0",
                "line 2: invalid value '0' for 'quotas.reads_per_person': it is not a whole number from 1 to 4294967295",
            ),
            (
                "[quotas]\nreads = 1",
                "line 2: there is no key 'quotas.reads', but reads_per_person, writes_per_person, creates_per_person, reads_per_app, writes_per_app, creates_per_app, reads_per_client, writes_per_client",
            ),
            (
                "[tls]\nmode = \"on\"",
                "line 2: invalid value 'on' for 'tls.mode': it is not one of off, dev, files, acme",
            ),
            (
                "[tls]\nacme_domains = [1]",
                "line 2: invalid value '[1]' for 'tls.acme_domains': it is not a list of texts",
            ),
            (
                "database = 5432",
                "line 1: invalid value '…' for 'database': it is not a text",
            ),
            (
                "\n[oidc]\nissuer = \"https://id.example.org\"",
                "line 2: `[oidc]` needs the key 'client_id'",
            ),
            (
                "[oidc]\nissuer = \"https://id.example.org\"\nclient_id = \"sederunt\"",
                "line 1: `[oidc]` needs the key 'domains'",
            ),
            (
                "[oidc]\nclient_secret = 5",
                "line 2: invalid value '…' for 'oidc.client_secret': it is not a text",
            ),
            (
                "lisen = \"127.0.0.1:2\"",
                "line 1: there is no key 'lisen', but data, database, database_password_file, public_url, listen, media_port, media_threads, public_address, trusted_proxies, drain_seconds, retention_days, audit_retention_days, metrics_listen, notify_origin, require_pkce, without_tokens, without_reflection, without_tcp_media, without_relay, without_estimation, [tls], [turn], [oidc], [quotas], [telephony], [recordings]",
            ),
        ] {
            match with_file(text, &[]) {
                Err(ConfigurationError::Invalid { source, .. }) => assert_eq!(source.to_string(), expected, "{text}"),
                other => panic!("{text} gave {other:?}"),
            }
        }
    }

    #[test]
    fn a_password_in_a_flag_is_noticed() {
        for (flags, expected) in [
            (&["--database", "postgres://me:hush@db.example.org/sederunt"][..], true),
            (&["--database", "postgres://me@db.example.org/sederunt"], false),
            (&[], false),
        ] {
            let given = with_flags(flags).expect("valid");
            assert_eq!(given.shows_password(), expected, "{flags:?}");
        }
    }

    #[test]
    fn what_is_refused_together() {
        for (text, expected) in [
            (
                "public_url = \"meet.example.org\"",
                "the public URL `meet.example.org` is not of the form https://meet.example.org",
            ),
            (
                "public_url = \"https://meet.example.org/meet\"",
                "the public URL `https://meet.example.org/meet` is not of the form https://meet.example.org",
            ),
            (
                "database = \"mysql://me:secret@localhost\"",
                "the database `mysql://…@localhost` is not of the form postgres://user@host/name",
            ),
            (
                "without_tokens = true\nlisten = \"0.0.0.0:8080\"",
                "without tokens, `0.0.0.0:8080` would let everybody in who reaches it",
            ),
            (
                "without_tokens = true\nlisten = \"192.0.2.1:8080\"",
                "without tokens, `192.0.2.1:8080` would let everybody in who reaches it",
            ),
            (
                "[oidc]\nissuer = \"http://id.example.org\"\nclient_id = \"sederunt\"\ndomains = []",
                "the issuer `http://id.example.org` is not an address with HTTPS",
            ),
            (
                "[tls]\ncertificate = \"a.pem\"",
                "HTTPS by files needs both the certificate and its key",
            ),
        ] {
            let error = with_file(text, &[]).expect_err(text);
            assert_eq!(error.to_string(), expected, "{text}");
            assert!(!error.hint().is_empty());
        }
    }

    #[test]
    fn what_is_refused_of_flags() {
        for (flags, expected) in [
            (
                ["--listen", "here"],
                "invalid value 'here' for '--listen <IP:PORT>': it is not an IP address with a port, such as 127.0.0.1:8080",
            ),
            (
                ["--media-port", "65536"],
                "invalid value '65536' for '--media-port <PORT>': it is not a whole number from 0 to 65535",
            ),
            (
                ["--drain-seconds", "soon"],
                "invalid value 'soon' for '--drain-seconds <SECONDS>': it is not a whole number",
            ),
            (
                ["--retention-days", "36501"],
                "invalid value '36501' for '--retention-days <DAYS>': it is not a whole number from 0 to 36500",
            ),
            (
                ["--quotas", "some"],
                "invalid value 'some' for '--quotas <SET>': it is not one of none, default, google",
            ),
            (
                ["--tls", "on"],
                "invalid value 'on' for '--tls <MODE>': it is not one of off, dev, files, acme",
            ),
            (
                ["--data", ""],
                "a value is required for '--data <DIR>' but none was supplied",
            ),
        ] {
            let error = with_flags(&flags).expect_err("refused").to_string();
            let message = error.lines().next().and_then(|line| line.strip_prefix("error: "));
            assert_eq!(message, Some(expected));
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(
            database::without_password("mysql://me:secret@host/db"),
            "mysql://…@host/db"
        );
    }
}
