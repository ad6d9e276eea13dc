//! Links to the files of recordings of meetings ([`file_links`](crate::file_links)). A recording that is deleted takes its links with it,
//! and each download is a line of the audit log.
//!
//! A link without the name of a file leads to all of them, in an archive that is made while it is fetched.

use std::sync::Arc;

use axum_core::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, Response, header};
use identity::Identity;
use meeting::{ConferenceId, RecordingId};
use register::{RecordedFile, RecordingRecord, Register};

use super::recording_archive::{self, Member};
use crate::clock;
use crate::failure::{Answer, Failure};
use crate::file_links::{self, Linked};
use crate::files;
use crate::gate::admission::Admission;
use crate::gate::asking::{Asking, Method};
use crate::gate::operation::{Needs, Operation};
use crate::installation::Installation;
use crate::plain::Contract;
use crate::recorded::Recordings;

static DOWNLOAD: Operation = Operation::reads("meetingRecordings.download", Needs::Nothing, "Recording");

/// Makes links.
#[derive(Clone)]
pub(super) struct Links(Identity);

impl Links {
    pub(super) fn new(installation: &Installation) -> Links {
        Links(installation.identity.clone())
    }

    /// A link to a file of a recording.
    pub(super) fn file(&self, record: &RecordingRecord, name: &str) -> String {
        // The name may have dots, and anything else.
        let name = URL_SAFE_NO_PAD.encode(name);
        Downloads::LINKS.uri(&self.0, &format!("{}.{}.{name}", record.conference, record.id))
    }

    /// A link to all of them.
    pub(super) fn archive(&self, record: &RecordingRecord) -> String {
        self.file(record, "")
    }

    /// The page where people play it.
    pub(super) fn player(&self, record: &RecordingRecord) -> String {
        crate::links::player_url(self.0.public_url(), &record.conference, &record.id)
    }
}

/// What a link says.
struct Said {
    conference: ConferenceId,
    recording: RecordingId,
    /// Empty: all files.
    file: String,
}

impl Said {
    fn read(said: &str) -> Option<Said> {
        let parts: Vec<&str> = said.split('.').collect();
        let [conference, recording, file] = parts[..] else {
            return None;
        };
        Some(Said {
            conference: ConferenceId::parse(conference).ok()?,
            recording: RecordingId::parse(recording).ok()?,
            file: String::from_utf8(URL_SAFE_NO_PAD.decode(file).ok()?).ok()?,
        })
    }
}

/// The files of recordings, by links.
pub(crate) struct Downloads {
    register: Register,
    recordings: Recordings,
}

impl Downloads {
    pub(crate) fn contract(installation: &Installation, admission: &Arc<Admission>) -> Arc<dyn Contract> {
        Arc::new(file_links::Downloads {
            linked: Downloads {
                register: installation.register.clone(),
                recordings: installation.meeting_recordings.clone(),
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

    /// All files in one. It is made anew each time, so no range of it can be asked for.
    fn archive(&self, recording: &RecordingId, files: &[RecordedFile]) -> Response<Body> {
        let members = files.iter().map(|file| Member {
            name: file.name.clone(),
            size: file.size_bytes,
        });
        let (length, parts) = recording_archive::of(self.recordings.clone(), recording.clone(), members.collect());
        let whole = 0..length;
        let media_type = HeaderValue::from_static("application/zip");
        let mut response = files::answer(files::body(parts), media_type, length, &whole);
        let headers = response.headers_mut();
        headers.remove(header::ACCEPT_RANGES);
        let name = HeaderValue::from_static("attachment; filename=\"recording.zip\"");
        headers.insert(header::CONTENT_DISPOSITION, name);
        response
    }

    async fn note(&self, asking: &Asking, said: &Said, file: &str) -> Answer<()> {
        // A link needs nobody, but who plays a recording on our pages is somebody.
        let Said {
            conference, recording, ..
        } = said;
        let by = asking.by();
        let noted = self
            .register
            .recording_downloaded(conference, recording, file, &by)
            .await;
        noted.map_err(|error| asking.unread_child(error))
    }
}

impl Linked for Downloads {
    const LINKS: file_links::Links = file_links::Links {
        path: "/sederunt/meeting-recordings/",
        purpose: "meeting-recording",
    };

    async fn download(&self, asking: &Asking, said: &str, headers: &HeaderMap) -> Answer<Response<Body>> {
        let said = Said::read(said).ok_or_else(file_links::forged)?;
        let unread = |error| asking.unread_child(error);
        let Said {
            conference, recording, ..
        } = &said;
        let now = clock::steady();
        self.register
            .recording(conference, recording, now)
            .await
            .map_err(unread)?;
        let files = self.register.recording_files(recording).await.map_err(unread)?;
        if said.file.is_empty() {
            self.note(asking, &said, "zip").await?;
            return Ok(self.archive(recording, &files));
        }
        let file = files.iter().find(|file| file.name == said.file);
        let file = file.ok_or_else(Failure::not_found)?;
        let Some(range) = files::range_of(headers, file.size_bytes) else {
            return Ok(files::unsatisfiable(file.size_bytes));
        };
        if range.start == 0 {
            self.note(asking, &said, &file.name).await?;
        }
        let (recordings, id, name) = (self.recordings.clone(), recording.clone(), file.name.clone());
        let body = files::in_parts(range.clone(), move |part| {
            let (recordings, id, name) = (recordings.clone(), id.clone(), name.clone());
            async move { recordings.read(&id, &name, part).await }
        });
        let media_type = HeaderValue::from_str(&file.media_type);
        let media_type = media_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
        Ok(files::answer(body, media_type, file.size_bytes, &range))
    }
}
