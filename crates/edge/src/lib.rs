//! The edge: TCP and TLS in, one service of requests out.
//!
//! It accepts a bounded number of connections, shakes hands, and hands each request to one [`tower::Service`], with its client
//! ([`share::Client`]) and a body that takes no more than its share. It knows `http` and `rustls`, and neither routes nor accounts
//! nor meetings: whatever serves requests stands behind it in the same way. What browsers of other origins may ask ([`cors`]), what
//! all browsers are told and by what name a host is asked for ([`name_host`]) is the same for all of them, so it is here too.

mod bodies;
mod connection;
mod connections;
pub mod cors;
mod head;
mod host;
mod limits;
mod lingering;
mod listener;
mod place;
mod proxies;
mod room;
mod strict;
mod tls;

pub use head::without_body;
pub use host::name_host;
pub use limits::Limits;
pub use listener::{Secured, Setup, TakesDatagrams, serve};
pub use proxies::{Network, NoNetwork, Proxies};
pub use room::{NoRoom, Room};
pub use tls::{AcmeConfiguration, FileProblem, Keeper, Tls, TlsConfiguration, TlsError};
