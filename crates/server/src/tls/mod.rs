//! How HTTPS is asked for. What is asked for is served by [`edge`].

mod flags;

pub(crate) use flags::TlsFile;
pub use flags::{TlsConfigurationError, TlsFlags};
