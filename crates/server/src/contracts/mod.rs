//! The contracts that are served, each in a folder of its own: a table of its operations, its services, one file per resource.
//!
//! They never import each other, and nothing but `application.rs` names them: what two of them need lies beside them, in the gate, in
//! `grpc`, or in a crate below.

pub(crate) mod graph;
pub(crate) mod meet;
pub(crate) mod numbering;
pub(crate) mod own;
pub(crate) mod people;
pub(crate) mod voice;
