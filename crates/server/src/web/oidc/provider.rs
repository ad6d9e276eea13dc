//! What a provider says of itself, and the keys that it signs with: asked once, kept for a while.
//!
//! It is asked at the first sign-in and not at the start, since a server whose people are in meetings must start while the
//! provider is away. A key that is not known may be a new one, so the keys are asked for again, but at most once a minute:
//! a token with a made-up key costs the provider nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use identity::{Expected, IdToken, IdTokenError, IssuerKeys};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::fetch::{FetchError, Fetcher};
use crate::{clock, limits};

/// The part of the metadata that a relying party needs (OpenID Connect Discovery 1.0 §3).
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) userinfo_endpoint: Option<String>,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Metadata {
    /// Whether the secret goes into the form. The header is the rule, so it is used wherever it is not ruled out.
    pub(super) fn takes_secret_in_body(&self) -> bool {
        let methods = &self.token_endpoint_auth_methods_supported;
        let has = |method: &str| methods.iter().any(|supported| supported == method);
        !has("client_secret_basic") && has("client_secret_post")
    }
}

/// Why the provider cannot be relied on now.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("its token does not count")]
    Token(#[from] IdTokenError),
    #[error("the issuer `{configured}` calls itself `{named}`")]
    OtherIssuer { configured: String, named: String },
}

/// A document and when it was read.
struct Cached<T> {
    value: Arc<T>,
    read: Instant,
}

impl<T> Cached<T> {
    fn new(value: T) -> Cached<T> {
        Cached {
            value: Arc::new(value),
            read: clock::instant(),
        }
    }
}

/// One provider.
pub(super) struct Provider {
    issuer: String,
    fetcher: Fetcher,
    /// Locked while the provider is asked, so that it is asked once however many wait.
    metadata: Mutex<Option<Cached<Metadata>>>,
    keys: Mutex<Option<Cached<IssuerKeys>>>,
}

impl Provider {
    pub(super) fn new(issuer: String, fetcher: Fetcher) -> Provider {
        Provider {
            issuer,
            fetcher,
            metadata: Mutex::default(),
            keys: Mutex::default(),
        }
    }

    /// What it says of itself.
    pub(super) async fn metadata(&self) -> Result<Arc<Metadata>, ProviderError> {
        let mut kept = self.metadata.lock().await;
        if let Some(kept) = &*kept
            && kept.read.elapsed() < limits::PROVIDER_METADATA_TTL
        {
            return Ok(Arc::clone(&kept.value));
        }
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let metadata: Metadata = self.fetcher.get(&url, None).await?;
        // Or one provider could speak for another (Discovery §4.3).
        if metadata.issuer != self.issuer {
            return Err(ProviderError::OtherIssuer {
                configured: self.issuer.clone(),
                named: metadata.issuer,
            });
        }
        let fresh = Cached::new(metadata);
        let value = Arc::clone(&fresh.value);
        *kept = Some(fresh);
        Ok(value)
    }

    /// Checks an ID token; asks for new keys if it is signed with one that is not known.
    pub(super) async fn verify(
        &self,
        token: &str,
        expected: &Expected<'_>,
        now_us: i64,
    ) -> Result<IdToken, ProviderError> {
        let keys = self.keys(limits::PROVIDER_METADATA_TTL).await?;
        match keys.verify(token, expected, now_us) {
            Err(IdTokenError::UnknownKey) => {
                let keys = self.keys(limits::PROVIDER_KEYS_INTERVAL).await?;
                Ok(keys.verify(token, expected, now_us)?)
            }
            checked => Ok(checked?),
        }
    }

    /// The keys, read within this time.
    async fn keys(&self, age_max: Duration) -> Result<Arc<IssuerKeys>, ProviderError> {
        let uri = self.metadata().await?.jwks_uri.clone();
        let mut kept = self.keys.lock().await;
        if let Some(kept) = &*kept
            && kept.read.elapsed() < age_max
        {
            return Ok(Arc::clone(&kept.value));
        }
        let fresh = Cached::new(IssuerKeys::parse(&self.fetcher.get_bytes(&uri, None).await?)?);
        let value = Arc::clone(&fresh.value);
        *kept = Some(fresh);
        Ok(value)
    }

    /// Who asks for it.
    pub(super) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }
}
