//! What is written by the code and kept beside it: each file is compared with what the code would write.
//!
//! A file that is checked in is read in reviews and needs no tool to be there; one that is only compared cannot fall
//! behind. After a change that is meant, `cargo xtask generate` writes all of them anew, by running these tests with
//! `UPDATE_EXPECT=1`; whoever does that reads the difference as they would read code.

mod rights;
mod settings;
mod typescript;
