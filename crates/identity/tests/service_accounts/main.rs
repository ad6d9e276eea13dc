//! Service accounts on both engines: key files, assertions, delegations, and tokens that they sign themselves.

mod assertions;
mod keys;
mod properties;
#[path = "../signing/mod.rs"]
mod signing;
mod world;
