//! Links to files: whoever has one may fetch its file for an hour, and needs nothing else.
//!
//! What makes a link one is the mark of this installation ([`Identity::seal`]) on what it says and until when. What it says, which file
//! that is, and whether it is still there, is the business of the contract that gives links ([`Linked`]); how they are made, end and
//! are answered is the same for all.

use std::sync::Arc;

use axum_core::body::Body;
use http::{HeaderMap, Request, Response};
use identity::Identity;

use crate::clock;
use crate::failure::{Answer, Failure, Kind};
use crate::files::{self, Words};
use crate::gate::admission::{Admission, Wire};
use crate::gate::asking::{Asking, Method};
use crate::plain::{Answering, Contract};

/// How long a link is good for: what the contract for voice says of its own.
const TTL_US: i64 = 60 * 60 * 1_000_000;

/// One kind of link.
pub(crate) struct Links {
    /// What their paths begin with, and no others'.
    pub(crate) path: &'static str,
    /// What their mark is for: one that was made for something else is none.
    pub(crate) purpose: &'static str,
}

impl Links {
    /// A link that says this, from now on.
    pub(crate) fn uri(&self, identity: &Identity, said: &str) -> String {
        let marked = identity.seal(self.purpose, &format!("{said}.{}", clock::now_us() + TTL_US));
        format!("{}{}{marked}", identity.public_url(), self.path)
    }

    /// What the link with this path says.
    fn read<'p>(&self, identity: &Identity, path: &'p str) -> Answer<&'p str> {
        let sealed = path.strip_prefix(self.path).unwrap_or_default();
        let said = identity.unseal(self.purpose, sealed).ok_or_else(forged)?;
        let (said, expires) = said.rsplit_once('.').ok_or_else(forged)?;
        let expire_us: i64 = expires.parse().map_err(|_| forged())?;
        if expire_us <= clock::now_us() {
            let sentence = "The link has expired; read the recording again for another.";
            return Err(Failure::new(Kind::Forbidden, sentence));
        }
        Ok(said)
    }
}

/// A link that does not say what those of this server say.
pub(crate) fn forged() -> Failure {
    Failure::new(Kind::Forbidden, "The link is not one of this server's.")
}

/// Whoever has files that links lead to.
pub(crate) trait Linked: Send + Sync + 'static {
    /// Its links.
    const LINKS: Links;

    /// Answers one that says this.
    fn download(
        &self,
        asking: &Asking,
        said: &str,
        headers: &HeaderMap,
    ) -> impl Future<Output = Answer<Response<Body>>> + Send;
}

/// Answers links.
pub(crate) struct Downloads<L> {
    pub(crate) linked: L,
    pub(crate) identity: Identity,
    pub(crate) admission: Arc<Admission>,
    pub(crate) method: Arc<Method>,
}

impl<L: Linked> Contract for Downloads<L> {
    fn owns(&self, path: &str) -> bool {
        path.starts_with(L::LINKS.path)
    }

    fn answer(self: Arc<Self>, request: Request<Body>) -> Answering {
        Box::pin(async move {
            let (downloads, method) = (Arc::clone(&self), Arc::clone(&self.method));
            let serve = |asking: Asking, request: Request<bytes::Bytes>| async move {
                if !files::is_read(request.method()) {
                    return files::only_read();
                }
                let said = L::LINKS.read(&downloads.identity, request.uri().path());
                let answer = match said {
                    Ok(said) => downloads.linked.download(&asking, said, request.headers()).await,
                    Err(failure) => Err(failure),
                };
                answer.unwrap_or_else(Words::refused)
            };
            self.admission.pass::<Words, _>(method, request, serve).await
        })
    }
}
