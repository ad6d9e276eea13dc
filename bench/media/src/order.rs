//! What the two processes say to each other: a line of JSON each, an order and its answer.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::{bare::Burst, reading::Reading};

/// What the server is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Let somebody in.
    Join {
        session: String,
        room: usize,
        offer: String,
    },
    /// Say what was used so far.
    Read,
    /// Run the floor, and say what a packet cost.
    Bare {
        to: Vec<SocketAddr>,
        burst: Burst,
        seconds: u64,
    },
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Joined { answer: String },
    Read(Reading),
    Bare { us_per_packet: f64 },
}
