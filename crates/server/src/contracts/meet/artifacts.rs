//! `conferenceRecords.transcripts`, `transcripts.entries` and `smartNotes`: get and list.
//!
//! Nothing makes such artifacts yet, so a list is empty and a get finds nothing. Both are asked as they will be when
//! something does: the names are read, the caller must be one who may read the conference, and a page must be one that there
//! could be.

use meeting::ConferenceId;
use register::{Register, RegisterError};

use crate::clock;
use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;

/// A kind of artifact, by the collections in its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Artifact<const N: usize>([&'static str; N]);

pub(super) const TRANSCRIPT: Artifact<2> = Artifact(["conferenceRecords", "transcripts"]);
pub(super) const TRANSCRIPT_ENTRY: Artifact<3> = Artifact(["conferenceRecords", "transcripts", "entries"]);
pub(super) const SMART_NOTE: Artifact<2> = Artifact(["conferenceRecords", "smartNotes"]);

/// What the messages of all three lists have.
pub(super) struct ListRequest<'a> {
    pub(super) parent: &'a str,
    pub(super) page_size: i32,
    pub(super) page_token: &'a str,
}

impl<const N: usize> Artifact<N> {
    /// Finds none, for whoever may look.
    pub(super) async fn get<T>(&self, register: &Register, asking: &Asking, name: &str) -> Answer<T> {
        let ids = crate::names::split("name", name, self.0)?;
        self.allowed(register, asking, ids[0]).await?;
        Err(Failure::not_found())
    }

    async fn allowed(&self, register: &Register, asking: &Asking, conference: &str) -> Answer<()> {
        let conference = ConferenceId::parse(conference).ok();
        let now = clock::steady();
        asking.allowed_to_read(register, conference, now).await?;
        Ok(())
    }
}

impl Artifact<2> {
    /// An empty page, for whoever may read it.
    pub(super) async fn list<T: Default>(
        &self,
        register: &Register,
        asking: &Asking,
        request: &ListRequest<'_>,
    ) -> Answer<T> {
        let [conference] = crate::names::split("parent", request.parent, [self.0[0]])?;
        self.allowed(register, asking, conference).await?;
        if request.page_size < 0 {
            return Err(asking.unread(RegisterError::NegativePageSize));
        }
        if !request.page_token.is_empty() {
            // No page was given out.
            return Err(asking.unread(RegisterError::InvalidPageToken));
        }
        Ok(T::default())
    }
}

impl Artifact<3> {
    /// What is in an artifact that is not there.
    pub(super) async fn list<T>(&self, register: &Register, asking: &Asking, request: &ListRequest<'_>) -> Answer<T> {
        let [collection, artifacts, _] = self.0;
        let [conference, _] = crate::names::split("parent", request.parent, [collection, artifacts])?;
        self.allowed(register, asking, conference).await?;
        Err(Failure::not_found())
    }
}
