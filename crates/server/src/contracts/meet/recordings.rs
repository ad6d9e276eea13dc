//! `conferenceRecords.recordings`: get and list.
//!
//! The contract's recording is one file in a storage of its vendor; ours has many, so what `exportUri` leads to is the page that plays
//! and downloads them. A recording of which nothing could be kept has no word there: it ended, and never gets a file.

use api::google::apps::meet::v2beta::{self as v2, recording::State};
use register::{RecordingRecord, RecordingState, Register};

use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;
use crate::grpc::wire::{query, timestamp};
use crate::{clock, links, names};

/// What recordings are read from, and where people open them.
#[derive(Clone, Debug)]
pub(super) struct Recordings<'a> {
    pub(super) register: &'a Register,
    pub(super) public_url: &'a str,
}

impl Recordings<'_> {
    pub(super) async fn get(&self, asking: &Asking, request: &v2::GetRecordingRequest) -> Answer<v2::Recording> {
        let now = clock::steady();
        let (conference, recording) = names::recording("name", &request.name)?;
        let conference = asking.allowed_to_read(self.register, conference, now).await?;
        let recording = recording.ok_or_else(Failure::not_found)?;
        let record = self.register.recording(&conference, &recording, now).await;
        let record = record.map_err(|error| asking.unread_child(error))?;
        Ok(self.to_wire(&record))
    }

    pub(super) async fn list(
        &self,
        asking: &Asking,
        request: &v2::ListRecordingsRequest,
    ) -> Answer<v2::ListRecordingsResponse> {
        let now = clock::steady();
        let conference = names::conference("parent", &request.parent)?;
        let conference = asking.allowed_to_read(self.register, conference, now).await?;
        let query = query("", request.page_size, &request.page_token, now);
        let page = self.register.list_recordings(&conference, &query).await;
        let page = page.map_err(|error| asking.unread(error))?;
        Ok(v2::ListRecordingsResponse {
            recordings: page.items.iter().map(|record| self.to_wire(record)).collect(),
            next_page_token: page.next_page_token.unwrap_or_default(),
        })
    }

    fn to_wire(&self, record: &RecordingRecord) -> v2::Recording {
        let state = match record.state {
            RecordingState::Started => State::Started,
            RecordingState::Ended | RecordingState::Failed => State::Ended,
            RecordingState::FilesMade => State::FileGenerated,
        };
        let destination = (state == State::FileGenerated).then(|| {
            v2::recording::Destination::DriveDestination(v2::DriveDestination {
                file: record.id.to_string(),
                export_uri: links::player_url(self.public_url, &record.conference, &record.id),
            })
        });
        v2::Recording {
            name: meeting::names::recording(&record.conference, &record.id),
            state: state.into(),
            start_time: Some(timestamp(record.start)),
            end_time: record.end.map(timestamp),
            destination,
        }
    }
}
