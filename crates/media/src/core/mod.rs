//! The selection logic of the SFU: who is heard, who is seen, on which line. No I/O, no clock, no str0m.

pub mod offer;
