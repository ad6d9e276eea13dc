//! What is recorded of calls, as a domain, a number and a call of the contract say it.

use ::api::enfonica::voice::v1beta1 as api;
use ::calls::{RecordingConfig, Trigger};

pub(super) fn recording_of(config: api::CallRecordingConfig) -> RecordingConfig {
    use api::call_recording_config::CallRecordingTrigger as Asked;
    RecordingConfig {
        trigger: match config.trigger() {
            Asked::Unspecified | Asked::Disabled => Trigger::Disabled,
            Asked::Answer => Trigger::Answer,
            Asked::Bridge => Trigger::Bridge,
        },
        trims_silence: config
            .post_processing
            .contains(&api::PostProcessing::TrimSilence.into()),
        ready_uri: Some(config.recording_ready_uri).filter(|uri| !uri.is_empty()),
    }
}

pub(super) fn recording_to_wire(recording: &RecordingConfig) -> api::CallRecordingConfig {
    api::CallRecordingConfig {
        trigger: i32::try_from(recording.trigger.number()).expect("the contract's own numbers"),
        post_processing: recording
            .trims_silence
            .then_some(api::PostProcessing::TrimSilence.into())
            .into_iter()
            .collect(),
        recording_ready_uri: recording.ready_uri.clone().unwrap_or_default(),
        transcribe: api::TranscribeOption::Disabled.into(),
        transcription_ready_uri: String::new(),
    }
}
