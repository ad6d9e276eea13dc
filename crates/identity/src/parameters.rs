//! The parameters of an OAuth request, from a query or a form.
//!
//! RFC 6749 §3.1: one without a value counts as left out, one that is unknown is passed over, and one that is there
//! twice makes the request invalid, since two readers might take one each.

use std::collections::BTreeMap;

use crate::{OAuthCode, OAuthError};

/// The parameters that have a value.
#[derive(Debug, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads `a=b&c=d`, of at most so many bytes.
    pub(crate) fn parse(text: &[u8], bytes_max: usize) -> Result<Parameters, OAuthError> {
        let invalid = |description: String| OAuthError::new(OAuthCode::InvalidRequest, description);
        if text.len() > bytes_max {
            return Err(invalid(format!("The request is longer than {bytes_max} bytes.")));
        }
        let mut found = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(text) {
            if value.contains('\0') {
                return Err(invalid("The request holds a NUL character.".to_owned()));
            }
            if value.is_empty() {
                continue;
            }
            if found.contains_key(&*name) {
                return Err(invalid(format!(
                    "The parameter {} is there twice.",
                    name.escape_debug()
                )));
            }
            found.insert(name.into_owned(), value.into_owned());
        }
        Ok(Parameters(found))
    }

    /// The value of a parameter, if it has one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a parameter without which there is no answer.
    pub(crate) fn require(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| {
            OAuthError::new(
                OAuthCode::InvalidRequest,
                format!("The required parameter {name} is missing."),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn requests() {
        for (text, expected) in [
            ("", Ok(None)),
            ("a=b", Ok(Some("b"))),
            ("a=b+c%26&x=1&y", Ok(Some("b c&"))),
            ("a=", Ok(None)),
            ("a=&a=b", Ok(Some("b"))),
            ("a=b&a=b", Err("The parameter a is there twice.")),
            ("a=%00", Err("The request holds a NUL character.")),
            (&"a=b&".repeat(9), Err("The request is longer than 32 bytes.")),
        ] {
            let read = Parameters::parse(text.as_bytes(), 32);
            let found = read.as_ref().map(|read| read.get("a")).map_err(ToString::to_string);
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        }
        let missing = Parameters::default().require("code").expect_err("none is there");
        assert_eq!(missing.to_string(), "The required parameter code is missing.");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Err(error) = Parameters::parse(&bytes, 40) {
                prop_assert_eq!(error.code, OAuthCode::InvalidRequest);
            }
        }
    }
}
