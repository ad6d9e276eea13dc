//! Links to the files of recordings ([`file_links`](crate::file_links)).
//!
//! The contract hands them to those who may read a recording, and their own servers fetch by them. Since its file is looked for when a
//! link is used, a recording that is deleted takes its links with it. Each download is a line of the audit log.

use std::sync::Arc;

use axum_core::body::Body;
use calls::{Calls, Recording};
use http::{HeaderMap, HeaderValue, Response};
use identity::Identity;
use recording::{Format, Store};

use crate::failure::{Answer, Failure};
use crate::file_links::{self, Linked, Links};
use crate::files;
use crate::gate::admission::Admission;
use crate::gate::asking::{Asking, Method};
use crate::gate::operation::{Needs, Operation};
use crate::installation::Installation;
use crate::plain::Contract;

static DOWNLOAD: Operation = Operation::reads("recordings.download", Needs::Nothing, "Recording");

/// A link to this file of a recording.
pub(super) fn uri(identity: &Identity, id: &str, format: Format) -> String {
    Downloads::LINKS.uri(identity, &format!("{id}.{}", format.extension()))
}

/// The files of recordings, by links.
pub(crate) struct Downloads {
    calls: Calls,
    store: Store,
}

/// What a link says: which recording, in which form.
fn read(said: &str) -> Option<(&str, Format)> {
    let (id, format) = said.split_once('.')?;
    Some((id, Format::of_extension(format)?))
}

impl Downloads {
    pub(crate) fn contract(installation: &Installation, admission: &Arc<Admission>) -> Arc<dyn Contract> {
        Arc::new(file_links::Downloads {
            linked: Downloads {
                calls: installation.calls.clone(),
                store: installation.recordings.clone(),
            },
            identity: installation.identity.clone(),
            admission: Arc::clone(admission),
            method: Arc::new(Method {
                name: DOWNLOAD.name.into(),
                service: super::DECLARED.host,
                operation: &DOWNLOAD,
            }),
        })
    }

    async fn note(&self, asking: &Asking, recording: &Recording, format: Format) -> Answer<()> {
        // A link needs nobody, but who plays a recording on our pages is somebody.
        let noted = self.calls.downloads(recording, format, &asking.by()).await;
        noted.map_err(|error| super::wire::unreachable(&error))
    }
}

impl Linked for Downloads {
    const LINKS: Links = Links {
        path: "/sederunt/recordings/",
        purpose: "recording",
    };

    async fn download(&self, asking: &Asking, said: &str, headers: &HeaderMap) -> Answer<Response<Body>> {
        let (id, format) = read(said).ok_or_else(file_links::forged)?;
        let recording = self.calls.recording_of_link(id).await;
        let recording = recording
            .map_err(|error| super::wire::unreachable(&error))?
            .ok_or_else(Failure::not_found)?;
        let unreachable = |error| Failure::unreachable(&error, "the files of recordings cannot be reached");
        let size = self
            .store
            .size_bytes(id, format)
            .await
            .map_err(unreachable)?
            .ok_or_else(Failure::not_found)?;
        let Some(range) = files::range_of(headers, size) else {
            return Ok(files::unsatisfiable(size));
        };
        if range.start == 0 {
            self.note(asking, &recording, format).await?;
        }
        let (store, id) = (self.store.clone(), id.to_owned());
        let body = files::in_parts(range.clone(), move |part| {
            let (store, id) = (store.clone(), id.clone());
            async move { store.read(&id, format, part).await }
        });
        let media_type = HeaderValue::from_static(format.mime_type());
        Ok(files::answer(body, media_type, size, &range))
    }
}
