//! Who a caller without a credential is: nobody, or with `--without-tokens` the administrator.
//!
//! The flag is for a developer's own machine, and a browser there also opens other people's pages. So whoever asks through a browser
//! must ask from a page of ours, and by a name of this machine: a page elsewhere could have its own name lead here.

use http::HeaderMap;
use http::header;
use identity::{AccountError, Caller, Identity, Page, Principal, Scopes, User};

use crate::browser::is_same_origin;

/// The rule for callers without a credential.
#[derive(Clone, Debug)]
pub(crate) struct Stranger(Option<User>);

impl Stranger {
    /// Nobody in particular.
    const NOBODY: Stranger = Stranger(None);

    /// Nobody, or without tokens the first administrator, which is said loudly.
    pub(crate) async fn open(identity: &Identity, without_tokens: bool) -> Result<Stranger, AccountError> {
        if !without_tokens {
            return Ok(Stranger::NOBODY);
        }
        let mut next = None;
        loop {
            let page = Page {
                size: 0,
                after: next.as_deref(),
            };
            let users = identity.list_users(page).await?;
            if let Some(user) = users.items.into_iter().find(|user| user.administrator) {
                let email = &user.email;
                tracing::warn!("WITHOUT TOKENS: whoever reaches this port of this machine acts as {email}");
                return Ok(Stranger(Some(user)));
            }
            next = Some(users.next.ok_or(AccountError::NotFound)?);
        }
    }

    /// Who sent this.
    pub(crate) fn principal(&self, headers: &HeaderMap) -> Principal {
        match &self.0 {
            Some(user) if is_from_here(headers) => Principal {
                caller: Caller::User(user.clone()),
                scopes: Scopes::ALL,
                app: None,
            },
            _ => Principal::ANONYMOUS,
        }
    }

    /// Whether anybody without a credential can be somebody.
    pub(crate) fn is_somebody(&self) -> bool {
        self.0.is_some()
    }
}

fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_ours = text("host").is_some_and(is_this_machine);
    let is_same = !headers.contains_key(header::ORIGIN) || is_same_origin(headers);
    // Browsers send it with everything, `Origin` only with some: an image of another page comes without.
    let is_own_page = text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    is_ours && is_same && is_own_page
}

fn is_this_machine(authority: &str) -> bool {
    let host = authority.rsplit_once(':').map_or(authority, |(host, port)| {
        // `[::1]` has colons of its own.
        if port.ends_with(']') { authority } else { host }
    });
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use meeting::{DisplayName, UserId};

    use super::*;

    #[test]
    fn only_this_machine_and_our_own_pages_act_as_somebody() {
        let user = User {
            id: UserId::parse("100000000000000000001").expect("21 digits"),
            email: "administrator@localhost".to_owned(),
            display_name: DisplayName::parse("administrator").expect("a name"),
            administrator: true,
        };
        let stranger = Stranger(Some(user));
        let check = |rows: &[(&'static str, &'static str)], expected: bool| {
            let headers: HeaderMap = rows
                .iter()
                .map(|(name, value)| (name.parse().expect("valid"), value.parse().expect("valid")))
                .collect();
            assert_eq!(stranger.principal(&headers).user().is_some(), expected, "{rows:?}");
            assert!(Stranger::NOBODY.principal(&headers).user().is_none());
        };
        check(&[("host", "localhost:8080")], true);
        check(&[("host", "127.0.0.1")], true);
        check(&[("host", "[::1]:8080")], true);
        check(&[("host", "[::1]")], true);
        check(&[("host", "meet.example.org")], false);
        check(&[("host", "localhost.example.org:8080")], false);
        check(&[], false);
        check(&[("host", "localhost:8080"), ("origin", "http://localhost:8080")], true);
        check(
            &[("host", "localhost:8080"), ("origin", "http://localhost:3000")],
            false,
        );
        check(&[("host", "localhost:8080"), ("origin", "null")], false);
        check(&[("host", "evil.example"), ("origin", "http://evil.example")], false);
        check(&[("host", "localhost:8080"), ("sec-fetch-site", "none")], true);
        check(&[("host", "localhost:8080"), ("sec-fetch-site", "same-origin")], true);
        check(&[("host", "localhost:8080"), ("sec-fetch-site", "same-site")], false);
        check(&[("host", "localhost:8080"), ("sec-fetch-site", "cross-site")], false);
    }
}
