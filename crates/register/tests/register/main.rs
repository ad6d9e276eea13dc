//! The register on both engines, one module per subject. One program, because each links a database engine.

mod attendance;
mod call_records;
mod expiry;
mod filters;
mod following;
mod forgetting;
mod hall;
mod lives;
mod members;
mod pages;
mod quality;
mod recordings;
mod records;
mod restoring;
mod spaces;
mod telephone_records;
