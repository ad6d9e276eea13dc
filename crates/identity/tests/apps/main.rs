//! OAuth clients on both engines: from the question to the user to the last refused token.

mod clients;
mod codes;
mod openid;
mod questions;
mod refreshing;
mod revocation;
mod world;
