//! What the end-to-end tests in Rust share: the real program in a process of its own, spoken to over HTTP alone.
//!
//! No crate of ours is imported here, on purpose: these tests see what a stranger sees, and those who are in a meeting are a
//! process of their own, `attend`. They are blocking and use the
//! standard library, because a test that kills processes should itself be dull.

mod attend;
mod http;
mod lives;
mod meeting;
mod port;
mod receiver;
pub mod relay;
mod seed;
mod server;

pub use attend::{Told, accept, offer};
pub use http::{Answer, post_form, request, request_from};
pub use lives::live_and_die;
pub use meeting::{Seat, join, leave, open_space, resume};
pub use port::free_port;
pub use receiver::Receiver;
pub use seed::Seed;
pub use server::{Server, binary};
