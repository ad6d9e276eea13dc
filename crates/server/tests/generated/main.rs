//! What is written by the code and kept beside it: each file is compared with what the code would write.
//!
//! After a change that is meant, `UPDATE_EXPECT=1` writes the files anew; whoever does that reads the difference as they would
//! read code.

mod rights;
mod settings;
