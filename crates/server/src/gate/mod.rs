//! The gate: what a request passes before a handler, whatever contract it is of. It names none of them.
//!
//! | file | what it holds |
//! |---|---|
//! | [`operation`] | what a contract declares of each of its operations |
//! | [`admission`] | the way in: caller, quota, message, place, deadline, trace, figures |
//! | [`asking`] | who was let in, to do what; handlers take it as an argument, so none runs without a caller |

pub(crate) mod admission;
pub(crate) mod asking;
mod authentication;
pub(crate) mod operation;
mod quotas;
mod stranger;
mod trace;

pub use quotas::Quotas;
pub(crate) use stranger::Stranger;
