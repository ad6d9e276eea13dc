//! Telephones: signalling, and the sound of calls.
//!
//! A **leg** is one call to one telephone, in or out. Its sound is a [`line`]; its signalling is the business of the [`agent`]. Neither
//! knows what a call is for: whoever conducts it hears what happened and says what is to happen.

pub mod agent;
mod leg;
mod limits;
pub mod line;

pub use leg::LegId;
