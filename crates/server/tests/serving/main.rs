//! The server as callers meet it: a real one on a free port, with SQLite in a folder of its own, one for each test.
//!
//! One binary, so that it is linked once. Google's own clients and real browsers are in `tests/` at the root; here is what they
//! would not do.

mod administration;
mod attendance;
mod audit;
mod entry;
mod hosting;
mod limits;
mod lobby;
mod oauth;
mod pages;
mod people;
mod postgres;
mod records;
mod sign_in;
mod spaces;
mod stopping;
mod strangers;
mod tls;
mod world;
