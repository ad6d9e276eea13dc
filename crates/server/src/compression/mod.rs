//! gzip, in both directions: the first that is done to a request, and the last to its answer.
//!
//! Google's clients for Java and .NET compress every body that they send, those of gRPC do where their program says so, and nearly
//! all take a compressed answer. Nothing behind this knows of it: services read what was compressed, and answer as always.
//!
//! A kilobyte of gzip may be a megabyte. So nothing is inflated before somebody reads, who by then knows who asks; what comes out
//! is counted as if it had come over the network ([`edge::Room`]); and whoever reads stops at their limit, as with any body.
//!
//! Only gzip is spoken: it is what everybody who speaks any speaks. What tells a secret (signing in, tokens) is answered elsewhere
//! and never compressed, since the length of an answer would tell of it.
//!
//! | module | subject |
//! |---|---|
//! | `bodies` | what HTTP says of a whole body, by `content-encoding` |
//! | `messages` | what gRPC says of each message, by a flag before it |
//! | `answers` | answers of the API and pages, for whoever takes them so |

mod answers;
mod bodies;
mod messages;

pub(crate) use answers::{answer, page, takes_gzip};
pub(crate) use bodies::inflated;
pub(crate) use messages::{are_compressed, exchange};

use edge::{NoRoom, Room};
use http::HeaderValue;

/// Counts what was made of a body. Without an edge, in tests, there is room for everything.
fn counted(room: Option<&Room>, bytes: usize) -> Result<(), NoRoom> {
    room.map_or(Ok(()), |room| room.take(bytes))
}

/// Whether a header lists gzip, with whatever weight.
fn lists_gzip(value: &HeaderValue) -> bool {
    value.as_bytes().split(|&byte| byte == b',').any(|listed| {
        let coding = listed.split(|&byte| byte == b';').next().unwrap_or_default();
        coding.trim_ascii().eq_ignore_ascii_case(b"gzip")
    })
}
