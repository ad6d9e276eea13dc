//! The one place of the server that draws random numbers, from the operating system.
//!
//! The cores are given what is drawn here; [`identity`] draws its own secrets, so that nobody can hand it one. A system without random
//! numbers cannot keep a secret, so it stops the process rather than serve guessable ones.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `N` random bytes.
#[expect(clippy::disallowed_methods, reason = "the one place that draws random numbers")]
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random numbers once it has started");
    bytes
}

/// A random secret of 256 bits as text.
pub(crate) fn secret() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}
