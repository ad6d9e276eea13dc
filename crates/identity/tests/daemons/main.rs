//! Daemons on both engines: what they sign in with, what they are told when they may not, and what their tokens are worth.

mod credentials;
#[path = "../signing/mod.rs"]
mod signing;
mod signing_in;
mod world;
