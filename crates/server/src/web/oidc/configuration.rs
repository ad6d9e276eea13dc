//! Whose word about people we take.

use std::fmt;

use http::Uri;
use identity::Introductions;

/// A provider of OpenID Connect by which people may sign in.
#[derive(Clone)]
pub struct OidcConfiguration {
    /// Its address, as it names itself: `https://id.example.org`.
    pub issuer: String,
    /// How it knows us.
    pub client_id: String,
    /// How we prove it; a provider may do without, since we use PKCE.
    pub client_secret: Option<String>,
    /// What the button says after "Sign in with".
    pub name: String,
    /// Whom it may introduce.
    pub introductions: Introductions,
}

impl OidcConfiguration {
    /// The name of a provider that was given none.
    pub(crate) const NAME: &str = "your organisation";

    /// Whether the issuer is an address that may be trusted: nobody in between may read or change what it says.
    pub(crate) fn has_safe_issuer(&self) -> bool {
        is_safe(&self.issuer)
    }
}

impl Default for OidcConfiguration {
    fn default() -> OidcConfiguration {
        OidcConfiguration {
            issuer: String::new(),
            client_id: String::new(),
            client_secret: None,
            name: OidcConfiguration::NAME.to_owned(),
            introductions: Introductions::default(),
        }
    }
}

/// HTTPS; without it only on this very machine, where tests and developers run their provider.
pub(super) fn is_safe(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => matches!(host, "localhost" | "127.0.0.1" | "[::1]"),
        _ => false,
    }
}

impl fmt::Debug for OidcConfiguration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OidcConfiguration")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("name", &self.name)
            .field("introductions", &self.introductions)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_may_be_asked() {
        for (address, expected) in [
            ("https://id.example.org", true),
            ("https://id.example.org/realms/one", true),
            ("http://localhost:3000", true),
            ("http://127.0.0.1:3000/token", true),
            ("http://[::1]:3000", true),
            ("http://id.example.org", false),
            ("http://localhost.example.org", false),
            ("ftp://id.example.org", false),
            ("id.example.org", false),
            ("", false),
        ] {
            assert_eq!(is_safe(address), expected, "{address}");
        }
    }

    #[test]
    fn the_secret_is_not_shown() {
        let configuration = OidcConfiguration {
            client_secret: Some("hush".to_owned()),
            ..OidcConfiguration::default()
        };
        assert!(!format!("{configuration:?}").contains("hush"));
    }
}
