//! The server: one port for gRPC, REST and the web client, and the order in which everything starts and stops.
//!
//! It wires the other crates and holds what belongs to none of them: the gate that every request of a contract passes, and each
//! contract's handlers. What a meeting is, is decided in `meeting`; what is durable, in `register`; who may, in `identity`; who
//! is heard and seen, in `media`; and all of it happens through the one door in `rooms`.
//!
//! ```text
//! edge ── front ──┬── web (pages, sign-in, consent), oauth (tokens), health, metrics, probing (gRPC's own services)
//!                 ├── transcoder ── grpc ── gate ──┬── contracts/meet    (spaces, members, conference records)
//!                 │                                ├── contracts/people
//!                 │                                └── contracts/own     (meetings, own spaces, attendance, projects, administration)
//!                 └── plain ── gate ── contracts/graph (call records)
//! ```

mod acquaintance;
mod announce;
mod application;
mod beside;
mod browser;
pub mod clock;
mod compression;
mod configuration;
mod contracts;
mod delivering;
mod descriptors;
mod discovery;
pub mod doctor;
mod doorman;
mod failure;
mod file_links;
mod files;
mod folder;
mod front;
mod gate;
mod grpc;
mod installation;
mod jobs;
mod limits;
mod links;
mod metrics;
mod names;
mod oauth;
mod outgoing;
mod paging;
mod phone_access;
mod plain;
mod probing;
mod projects;
mod random;
mod readiness;
mod recorded;
mod relays;
mod remedy;
mod standing;
mod telephone;
mod turned_away;
mod waiting;
mod watching;
mod web;
mod zip;

pub use announce::{NotAnAddress, PublicAddress, PublicHost, Unresolved};
pub use application::{Running, Server, StartError};
pub use beside::{BesideError, open_beside};
pub use configuration::{
    Configuration, ConfigurationError, FileProblem, ServeFlags, StoreConfiguration, StoreFlags, TlsConfigurationError,
    settings_page,
};
pub use contracts::own::administration::{ForgetError, forget, forget_participant};
pub use edge::{AcmeConfiguration, TlsConfiguration, TlsError};
pub use folder::{FolderError, announced_url, close_to_others};
pub use gate::Quotas;
pub use links::sign_in_url;
pub use outgoing::Origin;
pub use phone_access::{DialInNumber, PhoneAccess};
pub use telephone::{TelephoneConfiguration, TelephoneError};
pub use web::oidc::OidcConfiguration;
