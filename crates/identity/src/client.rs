//! Which application calls the token endpoint, and whether it is that one.
//!
//! RFC 6749 §2.3.1: by HTTP Basic or in the form, and not by both. A web application proves itself by its secret. That
//! of an installed one is hardly a secret, and PKCE does the work where the application knows it ([`crate::pkce`]); but one
//! that is sent has to be right, since a wrong one is a mistake that its author would want to know of.

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{App, AppKind, Identity, OAuthCode, OAuthError, Secret, parameters::Parameters};

/// What a client says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) client_id: String,
    pub(crate) secret: Option<String>,
}

/// The application that sent a request.
pub(crate) struct Client {
    pub(crate) app: App,
    /// Whether it sent its secret.
    pub(crate) sent_secret: bool,
}

fn invalid_client(description: &'static str) -> OAuthError {
    OAuthError::new(OAuthCode::InvalidClient, description)
}

/// Reads what a request says of its client.
pub(crate) fn claimed(form: &Parameters, authorization: Option<&str>) -> Result<Claimed, OAuthError> {
    let in_form = (form.get("client_id"), form.get("client_secret"));
    let Some(header) = authorization else {
        let (Some(client_id), secret) = in_form else {
            return Err(invalid_client("The client is missing: send client_id."));
        };
        return Ok(Claimed {
            client_id: client_id.to_owned(),
            secret: secret.map(str::to_owned),
        });
    };
    let (client_id, secret) =
        basic(header).ok_or_else(|| invalid_client("The Authorization header is not HTTP Basic with a client."))?;
    if in_form.1.is_some() || in_form.0.is_some_and(|also| also != client_id) {
        return Err(OAuthError::new(
            OAuthCode::InvalidRequest,
            "The client is in the Authorization header and in the form: send one of them.",
        ));
    }
    Ok(Claimed {
        client_id,
        secret: Some(secret).filter(|secret| !secret.is_empty()),
    })
}

/// Both halves are form-encoded before they are joined, says RFC 6749 §2.3.1; ours need no encoding.
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, secret) = decoded.split_once(':')?;
    Some((client_id.to_owned(), secret.to_owned()))
}

impl Identity {
    /// The application that sent this request.
    pub(crate) async fn client(&self, form: &Parameters, authorization: Option<&str>) -> Result<Client, OAuthError> {
        let claimed = claimed(form, authorization)?;
        let Some((app, digest)) = self.app_and_secret(&claimed.client_id).await? else {
            return Err(invalid_client("The OAuth client was not found."));
        };
        let sent = claimed.secret.as_deref();
        let right = match (sent, &digest) {
            (Some(sent), Some(digest)) => Secret::parse(sent).is_some_and(|secret| secret.digest() == *digest),
            (Some(_), None) => false,
            (None, _) => app.kind == AppKind::Installed,
        };
        match (right, sent) {
            (true, _) => Ok(Client {
                app,
                sent_secret: sent.is_some(),
            }),
            (false, Some(_)) => Err(invalid_client("The client secret is wrong.")),
            (false, None) => Err(invalid_client("The client secret is missing.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_a_client_says_it_is() {
        let basic = |text: &str| Some(format!("Basic {}", STANDARD.encode(text)));
        let ada = |secret: Option<&str>| {
            Ok(Claimed {
                client_id: "ada".to_owned(),
                secret: secret.map(str::to_owned),
            })
        };
        for (form, header, expected) in [
            ("client_id=ada", None, ada(None)),
            ("client_id=ada&client_secret=s", None, ada(Some("s"))),
            ("", basic("ada:s"), ada(Some("s"))),
            ("client_id=ada", basic("ada:s:t"), ada(Some("s:t"))),
            ("", basic("ada:"), ada(None)),
            ("", None, Err(OAuthCode::InvalidClient)),
            ("client_secret=s", None, Err(OAuthCode::InvalidClient)),
            ("client_secret=s", basic("ada:s"), Err(OAuthCode::InvalidRequest)),
            ("client_id=bo", basic("ada:s"), Err(OAuthCode::InvalidRequest)),
            ("", basic("ada"), Err(OAuthCode::InvalidClient)),
            (
                "client_id=ada",
                Some("Bearer x".to_owned()),
                Err(OAuthCode::InvalidClient),
            ),
            ("", Some("Basic é".to_owned()), Err(OAuthCode::InvalidClient)),
            ("", Some(String::new()), Err(OAuthCode::InvalidClient)),
        ] {
            let parameters = Parameters::parse(form.as_bytes(), 100).expect("a form");
            let found = claimed(&parameters, header.as_deref()).map_err(|error| error.code);
            assert_eq!(found, expected, "{form} {header:?}");
        }
    }
}
