//! Whatever a stranger shows to be let in.

use telephony::agent::digest::Credentials;

/// The bytes are the value of an `Authorization`.
pub fn run(data: &[u8]) {
    let value = crate::text(data);
    if let Some(credentials) = Credentials::read(value) {
        assert!(credentials.user.len() + credentials.uri.len() + credentials.realm.len() <= value.len());
        let scheme = value.trim_start().get(..6).expect("it was read");
        assert!(scheme.eq_ignore_ascii_case("digest"));
    }
}
