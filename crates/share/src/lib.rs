//! Sharing out what is scarce: connections, bodies in memory, requests under way, guesses, places that nobody has taken yet.
//!
//! Whatever a server has only so much of, a stranger with a loop can have all of. So nothing scarce is handed out without
//! asking whose it would be: somebody without an account is known by the address of their client ([`Client`]), somebody with one by
//! the account. Each has a share, and a part of the whole is kept for those who are closer than a stranger ([`Pool`]). What can
//! only be done so often has a pace ([`Paces`]).
//!
//! The decisions are pure, with `now` as an argument. Around them is a thin shell: [`Shared`] hands out permits that give back
//! what they hold when they are dropped, and [`Reports`] tells the log, seldom ([`Lines`]), and the metrics, always, which limit was reached.
//! What is shared out, and how much of it, is for its owner to say: no limit of anybody's stands here.

mod client;
mod limits;
mod lines;
mod pace;
mod pool;
mod reports;
mod shared;
mod taker;

pub use client::Client;
pub use lines::Lines;
pub use pace::{Pace, Paces};
pub use pool::{Pool, Rule, Used};
pub use reports::{Limit, Reports};
pub use shared::{Permit, Shared};
pub use taker::{Rank, Taker};
