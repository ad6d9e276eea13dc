//! The table `[oidc]` of the configuration file: by whom people sign in.
//!
//! It is a table and no flags, because a secret on a command line is read by everybody on the machine.

use super::Draft;
use super::key::Fallback::{Needed, Nothing, Words};
use super::key::{Fallback, Key, Section, Set};
use crate::web::oidc::OidcConfiguration;

/// The table `[oidc]`.
pub(super) const PROVIDER: Section = Section {
    title: "Signing in through a provider",
    heading: None,
    table: Some("oidc"),
    introduction: "A provider of OpenID Connect by which people sign in: see [people.md](people.md). There are no flags for it, \
                   because a secret on a command line is read by everybody on the machine.\n",
    keys: &[
        key(
            "issuer",
            Needed,
            "Its address, as it names itself",
            "HTTPS, but for a provider on this machine",
            Set::Text(|to, issuer| provider(to).issuer = issuer),
        ),
        key(
            "client_id",
            Needed,
            "How it knows this server",
            "",
            Set::Text(|to, id| provider(to).client_id = id),
        ),
        key(
            "client_secret",
            Nothing,
            "How this server proves it",
            "leave it out for a public client",
            Set::Secret(|to, secret| provider(to).client_secret = Some(secret)),
        ),
        key(
            "name",
            Words(OidcConfiguration::NAME),
            "What the button says after \"Sign in with\"",
            "",
            Set::Text(|to, name| provider(to).name = name),
        ),
        key(
            "domains",
            Needed,
            "Domains of the addresses that it may speak for when somebody comes through it for the first time",
            "`[\"*\"]` is every domain, but for the accounts of administrators, whose domain has to be named; whoever has signed in through \
             it before is known by its own id, whatever stands here",
            Set::List("a list of texts", |to, domains| {
                provider(to).introductions.domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
                Some(())
            }),
        ),
        key(
            "create_accounts",
            Nothing,
            "Whether somebody of these domains who is new here gets an account",
            "",
            Set::Switch(|to, on| provider(to).introductions.create_accounts = on),
        ),
    ],
};

const fn key(name: &'static str, default: Fallback, help: &'static str, more: &'static str, set: Set) -> Key {
    Key {
        name: Some(name),
        flag: None,
        default,
        help,
        more,
        set,
    }
}

/// The provider, which begins to be one with its first key.
fn provider(to: &mut Draft) -> &mut OidcConfiguration {
    to.configuration.oidc.get_or_insert_default()
}
