//! What an operator may set: flags, then the environment, then one TOML file, then defaults.
//!
//! Zero configuration must work, so everything here has a default. A key that nobody knows is an error, since a mistyped one
//! that is ignored costs an evening. The flags are declared once, with their help, and `--config` takes the same names.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use edge::TlsConfiguration;
use serde::Deserialize;

use crate::announce::PublicAddress;
use crate::gate::Quotas;
use crate::tls::{TlsConfigurationError, TlsFile, TlsFlags};
use crate::web::oidc::OidcConfiguration;

/// Where the register is and how it is linked to: what every command needs.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct StoreFlags {
    /// Folder of the register and of files [default: ./data]
    #[arg(long, value_name = "DIR", env = "SEDERUNT_DATA")]
    pub data: Option<PathBuf>,
    /// PostgreSQL to keep the register in, instead of SQLite in the data folder
    #[arg(long, value_name = "postgres://…", env = "SEDERUNT_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// Address that people open, used in every link [default: http://localhost:PORT]
    #[arg(long, value_name = "URL", env = "SEDERUNT_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// TOML file with the same settings (`listen`, `public_url`, …); flags and environment win
    #[arg(long, value_name = "FILE", env = "SEDERUNT_CONFIG")]
    pub config: Option<PathBuf>,
}

/// How the server serves.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ServeFlags {
    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "its fields carry the help; a doc comment here would replace the command's own"
    )]
    pub store: StoreFlags,
    /// Address and port of the web client and the API, gRPC and REST [default: 127.0.0.1:8080]
    #[arg(long, value_name = "IP:PORT", env = "SEDERUNT_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// UDP port of the media [default: the port of --listen]
    #[arg(long, value_name = "PORT", env = "SEDERUNT_MEDIA_PORT")]
    pub media_port: Option<u16>,
    /// Address at which browsers reach the media port, if it is not the one that is bound
    #[arg(long, value_name = "IP[:PORT]", env = "SEDERUNT_PUBLIC_ADDRESS")]
    pub public_address: Option<PublicAddress>,
    /// Seconds that running meetings get after SIGTERM before they are closed [default: 10]
    #[arg(long, value_name = "SECONDS", env = "SEDERUNT_DRAIN_SECONDS")]
    pub drain_seconds: Option<u64>,
    /// Days that a conference record is kept after its conference ended; 0 keeps it for ever [default: 30]
    #[arg(long, value_name = "DAYS", env = "SEDERUNT_RETENTION_DAYS", value_parser = clap::value_parser!(u32).range(..=36_500))]
    pub retention_days: Option<u32>,
    /// Calls per minute that a person and an app may make: none (no quotas), or google (the numbers of Google's service) [default: none, or what the file sets]
    #[arg(long, value_name = "SET", env = "SEDERUNT_QUOTAS")]
    pub quotas: Option<QuotaSet>,
    /// Let whoever gives no token act as the administrator; on loopback addresses only, for development
    #[arg(long, env = "SEDERUNT_WITHOUT_TOKENS")]
    pub without_tokens: bool,
    #[command(flatten)]
    #[expect(missing_docs, reason = "as above: its fields carry the help")]
    pub tls: TlsFlags,
}

/// A set of quotas with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum QuotaSet {
    /// No quotas.
    None,
    /// Those of Google's service.
    Google,
}

/// The configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data: Option<PathBuf>,
    database: Option<String>,
    public_url: Option<String>,
    listen: Option<SocketAddr>,
    media_port: Option<u16>,
    public_address: Option<PublicAddress>,
    drain_seconds: Option<u64>,
    retention_days: Option<u32>,
    #[serde(default)]
    quotas: Quotas,
    #[serde(default)]
    without_tokens: bool,
    #[serde(default)]
    tls: TlsFile,
    oidc: Option<OidcConfiguration>,
}

/// Where the register is, resolved.
#[derive(Clone, Debug)]
pub struct StoreConfiguration {
    /// Folder of the register and of files.
    pub data: PathBuf,
    /// PostgreSQL instead of SQLite in the data folder.
    pub database: Option<String>,
    /// The address that people open, without a trailing slash; unset means that it follows from the port.
    pub public_url: Option<String>,
}

/// Everything `serve` needs to know.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Where the register is.
    pub store: StoreConfiguration,
    /// Where to listen for HTTP; port 0 takes any free one.
    pub listen: SocketAddr,
    /// UDP port of the media; unset is the port that HTTP got.
    pub media_port: Option<u16>,
    /// What candidates announce.
    pub public_address: Option<PublicAddress>,
    /// How long running meetings may go on after the request to stop.
    pub drain: Duration,
    /// How long a record is kept; `None` is for ever.
    pub retention: Option<Duration>,
    /// How much one person and one app may ask for in a minute.
    pub quotas: Quotas,
    /// Whether whoever gives no credential acts as the administrator.
    pub without_tokens: bool,
    /// A provider by which people may sign in.
    pub oidc: Option<OidcConfiguration>,
    /// Whether HTTPS is served, and with which certificate.
    pub tls: TlsConfiguration,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file is not there or may not be read.
    #[error("the configuration file `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is not what we understand.
    #[error("the configuration file `{}` is not valid", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// The public URL is none.
    #[error("the public URL `{0}` is not of the form https://meet.example.org")]
    PublicUrl(String),
    /// The database is not one we speak to.
    #[error("the database `{0}` is not of the form postgres://user@host/name")]
    Database(String),
    /// The retention is none.
    #[error("`retention_days` is {0}, which is more than 36500")]
    Retention(u32),
    /// Everybody on the network would be the administrator.
    #[error("without tokens, `{0}` would let everybody in who reaches it")]
    WithoutTokens(SocketAddr),
    /// Somebody in between could sign anybody in.
    #[error("the issuer `{0}` is not an address with HTTPS")]
    Issuer(String),
    /// HTTPS is half asked for.
    #[error(transparent)]
    Tls(#[from] TlsConfigurationError),
}

impl ConfigurationError {
    /// The next step.
    pub fn hint(&self) -> &'static str {
        match self {
            ConfigurationError::Unreadable { .. } => "check the path given with `--config` or `SEDERUNT_CONFIG`",
            ConfigurationError::Invalid { .. } => {
                "`sederunt serve --help` lists the settings; in the file they are in snake_case"
            }
            ConfigurationError::PublicUrl(_) => "give scheme and host, and no path, with `--public-url`",
            ConfigurationError::Database(_) => "leave `--database` out to use SQLite in the data folder",
            ConfigurationError::Retention(_) => "leave it out to keep records for 30 days",
            ConfigurationError::WithoutTokens(_) => {
                "listen on 127.0.0.1 or [::1], or leave `--without-tokens` out and use `sederunt token`"
            }
            ConfigurationError::Issuer(_) => "give the provider's own address: `issuer = \"https://id.example.org\"`",
            ConfigurationError::Tls(error) => error.hint(),
        }
    }
}

impl StoreFlags {
    /// Adds the file and the defaults.
    pub fn resolve(self) -> Result<StoreConfiguration, ConfigurationError> {
        let file = read(self.config.as_deref())?;
        self.over(file.data, file.database, file.public_url)
    }

    fn over(
        self,
        data: Option<PathBuf>,
        database: Option<String>,
        public_url: Option<String>,
    ) -> Result<StoreConfiguration, ConfigurationError> {
        let database = self.database.or(database);
        if let Some(url) = &database
            && !url.starts_with("postgres://")
            && !url.starts_with("postgresql://")
        {
            return Err(ConfigurationError::Database(without_password(url)));
        }
        Ok(StoreConfiguration {
            data: self.data.or(data).unwrap_or_else(|| PathBuf::from("./data")),
            database,
            public_url: self.public_url.or(public_url).map(|url| origin(&url)).transpose()?,
        })
    }
}

impl ServeFlags {
    /// Adds the file and the defaults.
    pub fn resolve(self) -> Result<Configuration, ConfigurationError> {
        let file = read(self.store.config.as_deref())?;
        let retention_days = self.retention_days.or(file.retention_days).unwrap_or(30);
        if retention_days > 36_500 {
            return Err(ConfigurationError::Retention(retention_days));
        }
        let listen = self.listen.or(file.listen);
        let listen = listen.unwrap_or((IpAddr::from(Ipv4Addr::LOCALHOST), 8080).into());
        let without_tokens = self.without_tokens || file.without_tokens;
        if without_tokens && !listen.ip().is_loopback() {
            return Err(ConfigurationError::WithoutTokens(listen));
        }
        if let Some(unsafe_) = file.oidc.as_ref().filter(|oidc| !oidc.has_safe_issuer()) {
            return Err(ConfigurationError::Issuer(unsafe_.issuer.clone()));
        }
        Ok(Configuration {
            store: self.store.over(file.data, file.database, file.public_url)?,
            listen,
            media_port: self.media_port.or(file.media_port),
            public_address: self.public_address.or(file.public_address),
            drain: Duration::from_secs(self.drain_seconds.or(file.drain_seconds).unwrap_or(10)),
            retention: (retention_days > 0).then(|| Duration::from_hours(u64::from(retention_days) * 24)),
            quotas: match self.quotas {
                None => file.quotas,
                Some(QuotaSet::None) => Quotas::default(),
                Some(QuotaSet::Google) => Quotas::GOOGLE,
            },
            without_tokens,
            oidc: file.oidc,
            tls: self.tls.resolve(file.tls)?,
        })
    }
}

fn read(path: Option<&Path>) -> Result<File, ConfigurationError> {
    let Some(path) = path else { return Ok(File::default()) };
    let text = fs::read_to_string(path).map_err(|source| ConfigurationError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|source| ConfigurationError::Invalid {
        path: path.to_owned(),
        source,
    })
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

/// A database URL as it may be shown.
fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.to_owned(),
    }
}

impl StoreConfiguration {
    /// The store as `db` opens it.
    pub fn location(&self) -> db::Location {
        match &self.database {
            Some(url) => db::Location::Postgres(url.clone()),
            None => db::Location::Sqlite(self.data.join("sederunt.db")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str, flags: ServeFlags) -> Result<Configuration, ConfigurationError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("sederunt.toml");
        fs::write(&path, text).expect("writable");
        let store = StoreFlags {
            config: Some(path),
            ..flags.store
        };
        ServeFlags { store, ..flags }.resolve()
    }

    #[test]
    fn nothing_set_is_a_configuration() {
        let configuration = ServeFlags::default().resolve().expect("defaults are valid");
        assert_eq!(configuration.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(configuration.store.data, PathBuf::from("./data"));
        assert_eq!(configuration.drain, Duration::from_secs(10));
        assert_eq!(configuration.media_port, None);
    }

    #[test]
    fn flags_win_over_the_file() {
        let flags = ServeFlags {
            listen: Some(([127, 0, 0, 1], 1).into()),
            ..ServeFlags::default()
        };
        let text = "listen = \"127.0.0.1:2\"\nmedia_port = 3\npublic_url = \"https://meet.example.org/\"";
        let configuration = with_file(text, flags).expect("valid");
        assert_eq!(configuration.listen.port(), 1);
        assert_eq!(configuration.media_port, Some(3));
        assert_eq!(
            configuration.store.public_url.as_deref(),
            Some("https://meet.example.org")
        );
    }

    #[test]
    fn what_is_refused() {
        for text in [
            "lisen = \"127.0.0.1:2\"",
            "listen = 8080",
            "media_port = 65536",
            "public_address = \"here\"",
            "public_url = \"meet.example.org\"",
            "public_url = \"https://meet.example.org/meet\"",
            "database = \"mysql://localhost\"",
            "retention_days = 36501",
            "[quotas]\nreads_per_person = 0",
            "[quotas]\nreads = 1",
            "without_tokens = true\nlisten = \"0.0.0.0:8080\"",
            "without_tokens = true\nlisten = \"192.0.2.1:8080\"",
            "[oidc]\nissuer = \"https://id.example.org\"",
            "[oidc]\nissuer = \"http://id.example.org\"\nclient_id = \"sederunt\"",
            "[tls]\nmode = \"on\"",
            "[tls]\ncertificate = \"a.pem\"",
        ] {
            let error = with_file(text, ServeFlags::default()).expect_err(text);
            assert!(!error.hint().is_empty());
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(without_password("mysql://me:secret@host/db"), "mysql://…@host/db");
    }
}
