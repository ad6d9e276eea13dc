//! The audit log: who did what, from where and when.
//!
//! It answers what an administrator is asked after the fact: who made this key, who let somebody sign in as me. That is only
//! worth something if no change is without its line, so a line is a [`db::Statement`] and no call: whoever changes something puts
//! [`By::did`] into the same write, and one is durable if and only if the other is. To write at all takes a [`By`], which
//! is an argument of every function that changes something, so that none can be called without saying who asks.
//!
//! A crate of its own because accounts (`identity`) and meetings (`register`) both write lines and know nothing of each other. It
//! knows neither: a line names things by their resource names, and holds no name of a person and no mail address, which are
//! theirs to have forgotten. What was refused has no write to be part of; it is written by [`Log::refused`], and bounded, since
//! strangers choose how often (`refusals.rs`).
//!
//! What is left to others: who may read the log, and how an address of a client is known.

mod action;
mod by;
mod event;
pub mod limits;
mod log;
mod refusals;

pub use action::Action;
pub use by::{Actor, By};
pub use event::Event;
pub use log::{Listing, Log, Query, forgetting, forgetting_participant, participant, renaming};
