//! How well media flowed: what is measured of an RTP stream, how it is summed up and how it is kept.
//!
//! Out of scope: sockets, clocks, RTP's own bytes, the WebRTC stack, tables. A packet is a handful of numbers here, time is an
//! argument. A stream is measured where it arrives ([`Receiving`]) or leaves ([`Sending`]), and what comes out is data: a [`Window`] of some seconds, [`Totals`] of a stream's life, a [`series`] of samples for
//! a graph. So `media` measures with it, `register` keeps it and tests play an hour of bad network in a millisecond, with the
//! same formulas.
//!
//! Nothing is made up. A figure that was not measured is `None`, or a [`Spread`] or [`Share`] of no samples, whose mean and ratio
//! are `None`; 0 means that 0 was measured. Each figure, its unit, its place and its formula: `docs/measures.md`.

mod figures;
mod filling;
pub mod limits;
mod numbers;
mod pace;
mod packet;
mod receiving;
pub mod report;
mod sending;
pub mod series;
mod speech;
mod stream;
mod totals;
mod window;

pub use figures::{Figures, Picture, Share, Spread};
pub use filling::Transport;
pub use packet::{Arrival, Content, Level};
pub use receiving::Receiving;
pub use sending::{Report, Sending};
pub use stream::{Codec, Direction, Kind, Stream};
pub use totals::Totals;
pub use window::Window;
