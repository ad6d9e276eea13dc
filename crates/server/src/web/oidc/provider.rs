//! What a provider says of itself, and the keys that it signs with: asked once, kept for a while.
//!
//! It is asked at the first sign-in and not at the start, since a server whose people are in meetings must start while the
//! provider is away. However many want to know, one request asks ([`Kept`]), and nobody waits for longer than that one may
//! take: that the provider does not answer is believed for some seconds, too. A key that is not known may be a new one, so the
//! keys are asked for again, but at most once a minute: a token with a made-up key costs the provider nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use identity::{Expected, IdToken, IdTokenError, IssuerKeys};
use serde::Deserialize;

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

/// A document that is asked for when it is needed.
struct Kept<T>(Mutex<State<T>>);

/// What was answered last, and what was asked last: if that comes to nothing, what was answered stays good for its time.
struct State<T> {
    answered: Option<(Instant, Arc<T>)>,
    asked: Option<Asked<T>>,
}

/// A question, and its answer once there is one. Whoever waits for it drives it on, so it does not matter who leaves.
struct Asked<T> {
    begun: Instant,
    answer: Shared<BoxFuture<'static, Known<T>>>,
}

/// What is known of the provider, or why not.
type Known<T> = Result<Arc<T>, Arc<ProviderError>>;

impl<T: Send + Sync + 'static> Kept<T> {
    fn new() -> Kept<T> {
        Kept(Mutex::new(State {
            answered: None,
            asked: None,
        }))
    }

    /// What was answered within this time, or what is answered now.
    async fn get<F>(&self, age_max: Duration, ask: impl FnOnce() -> F) -> Known<T>
    where
        F: Future<Output = Result<T, ProviderError>> + Send + 'static,
    {
        let (begun, answer) = {
            let mut state = self.lock();
            if let Some((begun, value)) = &state.answered
                && age(*begun) < age_max
            {
                return Ok(Arc::clone(value));
            }
            let asked = state.asked.take().filter(Asked::will_do);
            let asked = asked.unwrap_or_else(|| Asked::new(ask()));
            let (begun, answer) = (asked.begun, asked.answer.clone());
            state.asked = Some(asked);
            (begun, answer)
        };
        let known = answer.await;
        if let Ok(value) = &known {
            self.lock().answered = Some((begun, Arc::clone(value)));
        }
        known
    }

    /// Nothing is left half changed here.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync + 'static> Asked<T> {
    fn new(question: impl Future<Output = Result<T, ProviderError>> + Send + 'static) -> Asked<T> {
        let answer = async move { question.await.map(Arc::new).map_err(Arc::new) };
        Asked {
            begun: clock::instant(),
            answer: answer.boxed().shared(),
        }
    }

    /// Whether to wait for it, or to believe it, instead of asking again.
    fn will_do(&self) -> bool {
        match self.answer.peek() {
            None => true,
            Some(Ok(_)) => false,
            Some(Err(_)) => age(self.begun) < limits::PROVIDER_FAILURE_TTL,
        }
    }
}

fn age(begun: Instant) -> Duration {
    clock::instant().saturating_duration_since(begun)
}

/// One provider.
pub(super) struct Provider {
    issuer: String,
    fetcher: Fetcher,
    metadata: Kept<Metadata>,
    keys: Kept<IssuerKeys>,
}

impl Provider {
    pub(super) fn new(issuer: String, fetcher: Fetcher) -> Provider {
        Provider {
            issuer,
            fetcher,
            metadata: Kept::new(),
            keys: Kept::new(),
        }
    }

    /// What it says of itself.
    pub(super) async fn metadata(&self) -> Known<Metadata> {
        let ask = || {
            let (fetcher, issuer) = (self.fetcher.clone(), self.issuer.clone());
            async move { metadata_of(&fetcher, issuer).await }
        };
        self.metadata.get(limits::PROVIDER_METADATA_TTL, ask).await
    }

    /// Checks an ID token; asks for new keys if it is signed with one that is not known.
    pub(super) async fn verify(
        &self,
        token: &str,
        expected: &Expected<'_>,
        now_us: i64,
    ) -> Result<IdToken, Arc<ProviderError>> {
        let keys = self.keys(limits::PROVIDER_METADATA_TTL).await?;
        let checked = match keys.verify(token, expected, now_us) {
            Err(IdTokenError::UnknownKey) => {
                let keys = self.keys(limits::PROVIDER_KEYS_INTERVAL).await?;
                keys.verify(token, expected, now_us)
            }
            checked => checked,
        };
        checked.map_err(|error| Arc::new(error.into()))
    }

    /// The keys, read within this time.
    async fn keys(&self, age_max: Duration) -> Known<IssuerKeys> {
        let uri = self.metadata().await?.jwks_uri.clone();
        let ask = || {
            let fetcher = self.fetcher.clone();
            async move { Ok(IssuerKeys::parse(&fetcher.get_bytes(&uri, None).await?)?) }
        };
        self.keys.get(age_max, ask).await
    }

    /// Who asks for it.
    pub(super) fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }
}

async fn metadata_of(fetcher: &Fetcher, issuer: String) -> Result<Metadata, ProviderError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let metadata: Metadata = fetcher.get(&url, None).await?;
    // Or one provider could speak for another (Discovery §4.3).
    if metadata.issuer != issuer {
        return Err(ProviderError::OtherIssuer {
            configured: issuer,
            named: metadata.issuer,
        });
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    /// Many ask, the one that asks leaves, and one request answers all.
    #[tokio::test]
    async fn one_request_asks_for_all() {
        let (kept, asked) = (Kept::<u32>::new(), &AtomicU32::new(0));
        let (answer, answered) = oneshot::channel();
        let mut answered = Some(answered);
        let minute = Duration::from_mins(1);
        let mut get = || {
            let answered = answered.take();
            kept.get(minute, move || {
                asked.fetch_add(1, Ordering::Relaxed);
                async move { Ok(answered.expect("asked once").await.expect("answered")) }
            })
        };
        let mut first = Box::pin(get());
        assert!((&mut first).now_or_never().is_none());
        let mut second = Box::pin(get());
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        answer.send(7).expect("it is waited for");
        assert_eq!(second.await.ok().as_deref(), Some(&7));
        assert_eq!(get().await.ok().as_deref(), Some(&7));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    /// What failed is not asked again at once, and what is too old is.
    #[tokio::test]
    async fn failures_are_believed_for_a_while() {
        let asked = AtomicU32::new(0);
        let fails = || {
            asked.fetch_add(1, Ordering::Relaxed);
            async {
                Err(ProviderError::Fetch(FetchError::Late(
                    "https://id.example.org".to_owned(),
                )))
            }
        };
        let kept = Kept::<u32>::new();
        assert!(kept.get(Duration::ZERO, fails).await.is_err());
        assert!(kept.get(Duration::ZERO, fails).await.is_err());
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        let works = || {
            asked.fetch_add(1, Ordering::Relaxed);
            async { Ok(7) }
        };
        let kept = Kept::<u32>::new();
        assert!(kept.get(Duration::ZERO, works).await.is_ok());
        assert!(kept.get(Duration::ZERO, works).await.is_ok());
        assert_eq!(asked.load(Ordering::Relaxed), 3);
        // What was answered is not forgotten because the next question came to nothing.
        assert!(kept.get(Duration::ZERO, fails).await.is_err());
        assert!(kept.get(Duration::from_mins(1), fails).await.is_ok());
    }
}
