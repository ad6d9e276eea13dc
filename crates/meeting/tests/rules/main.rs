//! The rules of a meeting, one row each: a script of what happens to one space, and the facts that follow.

mod crowds;
mod entry;
mod hosts;
mod recording;
mod script;
mod settings;
mod time;
