//! `conferenceRecords.recordings`, `transcripts`, `transcripts.entries` and `smartNotes`: get and list.
//!
//! Nothing makes such artifacts yet, so a list is empty and a get finds nothing. Both are asked as they will be when
//! something does: the names are read, the caller must be one who may read the conference, and a page must be one that there
//! could be.

use meeting::{ConferenceId, Micros};
use register::{Register, RegisterError};

use super::access::{Call, failed};
use crate::clock;
use crate::failure::{Answer, Failure};

/// A kind of artifact: its resource type in the contract, and the collections in its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind<const N: usize> {
    noun: &'static str,
    collections: [&'static str; N],
}

pub(super) const RECORDING: Kind<2> = Kind {
    noun: "Recording",
    collections: ["conferenceRecords", "recordings"],
};
pub(super) const TRANSCRIPT: Kind<2> = Kind {
    noun: "Transcript",
    collections: ["conferenceRecords", "transcripts"],
};
pub(super) const TRANSCRIPT_ENTRY: Kind<3> = Kind {
    noun: "TranscriptEntry",
    collections: ["conferenceRecords", "transcripts", "entries"],
};
pub(super) const SMART_NOTE: Kind<2> = Kind {
    noun: "SmartNote",
    collections: ["conferenceRecords", "smartNotes"],
};

/// What the messages of all four lists have.
pub(super) struct ListRequest<'a> {
    pub(super) parent: &'a str,
    pub(super) page_size: i32,
    pub(super) page_token: &'a str,
}

impl<const N: usize> Kind<N> {
    /// Finds none, for whoever may look.
    pub(super) async fn get<T>(&self, register: &Register, call: &Call, name: &str) -> Answer<T> {
        let ids = crate::names::split("name", name, self.collections)?;
        self.allowed(register, call, ids[0]).await?;
        Err(Failure::not_found())
    }

    async fn allowed(&self, register: &Register, call: &Call, conference: &str) -> Answer<()> {
        let conference = ConferenceId::parse(conference).ok();
        let now = Micros(clock::now_us());
        call.allowed_to_read(register, conference, self.noun, now).await?;
        Ok(())
    }
}

impl Kind<2> {
    /// An empty page, for whoever may read it.
    pub(super) async fn list<T: Default>(
        &self,
        register: &Register,
        call: &Call,
        request: &ListRequest<'_>,
    ) -> Answer<T> {
        let [conference] = crate::names::split("parent", request.parent, [self.collections[0]])?;
        self.allowed(register, call, conference).await?;
        if request.page_size < 0 {
            return Err(failed(RegisterError::NegativePageSize, self.noun));
        }
        if !request.page_token.is_empty() {
            // No page was given out.
            return Err(failed(RegisterError::InvalidPageToken, self.noun));
        }
        Ok(T::default())
    }
}

impl Kind<3> {
    /// What is in an artifact that is not there.
    pub(super) async fn list<T>(&self, register: &Register, call: &Call, request: &ListRequest<'_>) -> Answer<T> {
        let [collection, artifacts, _] = self.collections;
        let [conference, _] = crate::names::split("parent", request.parent, [collection, artifacts])?;
        self.allowed(register, call, conference).await?;
        Err(Failure::not_found())
    }
}
