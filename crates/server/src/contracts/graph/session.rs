//! The types of `sessions` and `segments`: from when to when somebody spoke with somebody, and over which legs.

use std::borrow::Cow;

use odata::Options;
use serde::Serialize;

use super::endpoints::Endpoint;
use super::media::{Media, Modality};
use super::primitives::Moment;

/// `microsoft.graph.callRecords.session`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    pub(super) context: Option<String>,
    /// Why it ended, in this server's words: an annotation of our own. Absent while it goes on.
    #[serde(rename = "@sederunt.endReason", skip_serializing_if = "Option::is_none")]
    pub(super) end_reason: Option<&'static str>,
    pub(super) id: String,
    pub(super) modalities: Vec<Modality>,
    pub(super) start_date_time: Moment,
    pub(super) end_date_time: Moment,
    pub(super) is_test: bool,
    pub(super) failure_info: Option<FailureInfo>,
    pub(super) caller: Endpoint,
    pub(super) callee: Endpoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) segments: Option<Vec<Segment>>,
    /// Its segments, whether or not they are told with it.
    #[serde(skip)]
    pub(super) parts: Vec<Segment>,
}

/// `microsoft.graph.callRecords.segment`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Segment {
    #[serde(rename = "@odata.context", skip_serializing_if = "Option::is_none")]
    pub(super) context: Option<String>,
    pub(super) id: String,
    pub(super) start_date_time: Moment,
    pub(super) end_date_time: Moment,
    pub(super) failure_info: Option<FailureInfo>,
    pub(super) caller: Endpoint,
    pub(super) callee: Endpoint,
    pub(super) media: Vec<Media>,
}

/// `microsoft.graph.callRecords.failureInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct FailureInfo {
    pub(super) stage: FailureStage,
    pub(super) reason: Cow<'static, str>,
}

/// `failureStage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum FailureStage {
    CallSetup,
    Midcall,
}

impl Session {
    /// With what is wanted below it.
    pub(super) fn with(mut self, options: &Options) -> Session {
        if options.below("segments").is_some() {
            self.segments = Some(std::mem::take(&mut self.parts));
        }
        self
    }
}
