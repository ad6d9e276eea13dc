//! The server: one port for gRPC, REST and the web client; the rooms; and the order in which everything starts and stops.
//!
//! It wires the other crates and holds what belongs to none of them: the listener, the gate that every call passes, each contract's
//! handlers, the door of a meeting. What a meeting is, is decided in `meeting`; what is durable, in `register`; who may,
//! in `identity`; who is heard and seen, in `media`.
//!
//! ```text
//! listener ── front ──┬── web (pages, sign-in, consent), oauth (tokens), health, metrics
//!                     └── transcoder ── gate ──┬── google   (spaces, members, conference records), people
//!                                              ├── meetings (join, resume, leave, moderate ── rooms)
//!                                              └── sederunt (own spaces, attendance), administration
//! ```

mod administration;
mod announce;
mod application;
pub mod clock;
mod configuration;
mod cors;
mod discovery;
pub mod doctor;
mod failure;
mod folder;
mod front;
mod gate;
mod google;
mod jobs;
mod limits;
mod lingering;
mod listener;
mod meetings;
mod metrics;
mod names;
mod oauth;
mod people;
mod random;
mod sederunt;
mod tls;
mod web;

pub use administration::{ForgetError, forget, forget_participant};
pub use announce::{NotAnAddress, PublicAddress};
pub use application::{Running, Server, StartError};
pub use configuration::{Configuration, ConfigurationError, QuotaSet, ServeFlags, StoreConfiguration, StoreFlags};
pub use folder::{FolderError, announced_url};
pub use gate::Quotas;
pub use tls::{AcmeConfiguration, TlsConfiguration, TlsConfigurationError, TlsError, TlsFlags};
pub use web::oidc::OidcConfiguration;
pub use web::sign_in_url;
