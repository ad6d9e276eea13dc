//! The register on both engines, one module per subject. One program, because each links a database engine.

mod expiry;
mod filters;
mod hall;
mod pages;
mod records;
mod restoring;
mod spaces;
