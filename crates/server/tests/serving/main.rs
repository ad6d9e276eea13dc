//! The server as callers meet it: a real one on a free port, with SQLite in a folder of its own, one for each test.
//!
//! One binary, so that it is linked once. Google's own clients and real browsers are in `tests/` at the root; here is what they
//! would not do.

mod administration;
mod attendance;
mod attendance_reports;
mod audit;
mod beside;
mod call_records;
mod compression;
mod crowds;
mod daemons;
mod entry;
mod graph;
mod graph_filters;
#[path = "../../../register/tests/register/hall.rs"]
#[expect(dead_code, reason = "shared with the tests of the register, which use the rest")]
mod hall;
mod hosting;
mod limits;
#[path = "../../../register/tests/register/lives.rs"]
mod lives;
mod lobby;
mod network_checks;
mod notifications;
mod oauth;
mod openid;
mod pages;
mod people;
mod postgres;
mod probing;
mod recordings;
mod records;
mod sign_in;
mod spaces;
mod stopping;
mod strangers;
mod tls;
mod views;
mod webhooks;
mod world;
