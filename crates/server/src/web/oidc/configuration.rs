//! The table `[oidc]` of the configuration file: whose word about people we take.
//!
//! It is a table and no flags, because a secret on a command line is read by everybody on the machine.

use std::fmt;

use http::Uri;
use serde::Deserialize;

/// A provider of OpenID Connect by which people may sign in.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfiguration {
    /// Its address, as it names itself: `https://id.example.org`.
    pub issuer: String,
    /// How it knows us.
    pub client_id: String,
    /// How we prove it; a provider may do without, since we use PKCE.
    pub client_secret: Option<String>,
    /// What the button says after "Sign in with".
    #[serde(default = "name_by_default")]
    pub name: String,
    /// Whether somebody who is new here gets an account.
    #[serde(default)]
    pub create_accounts: bool,
}

fn name_by_default() -> String {
    "your organisation".to_owned()
}

impl OidcConfiguration {
    /// Whether the issuer is an address that may be trusted: nobody in between may read or change what it says.
    pub(crate) fn has_safe_issuer(&self) -> bool {
        is_safe(&self.issuer)
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
            .field("create_accounts", &self.create_accounts)
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
        let table = "issuer = \"https://id.example.org\"\nclient_id = \"sederunt\"\nclient_secret = \"hush\"";
        let configuration: OidcConfiguration = toml::from_str(table).expect("a valid table");
        assert!(!configuration.create_accounts);
        assert!(!format!("{configuration:?}").contains("hush"));
    }
}
