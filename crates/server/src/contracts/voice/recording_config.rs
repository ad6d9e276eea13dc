//! What is recorded of calls, as a domain, a number and a call of the contract say it. Nothing is transcribed here, and whoever asks for it is
//! told so: they would wait for a text that never comes.

use ::api::enfonica::voice::v1beta1 as api;
use ::calls::{RecordingChange, RecordingConfig, Trigger};

use crate::failure::{Answer, Failure};
use crate::grpc::update_mask::UpdateMask;
use crate::grpc::wire::chosen;

/// What a request says of it, where it stands at this field.
pub(super) fn recording_of(config: api::CallRecordingConfig, field: &str) -> Answer<RecordingConfig> {
    use api::call_recording_config::CallRecordingTrigger as Asked;
    let part = |name: &str| format!("{field}.{name}");
    let trigger = match chosen(config.trigger, &part("trigger"))? {
        Asked::Unspecified | Asked::Disabled => Trigger::Disabled,
        Asked::Answer => Trigger::Answer,
        Asked::Bridge => Trigger::Bridge,
    };
    let mut trims_silence = false;
    for (index, asked) in config.post_processing.into_iter().enumerate() {
        let asked = chosen::<api::PostProcessing>(asked, &part(&format!("post_processing[{index}]")))?;
        trims_silence |= asked == api::PostProcessing::TrimSilence;
    }
    match chosen(config.transcribe, &part("transcribe"))? {
        api::TranscribeOption::Unspecified | api::TranscribeOption::Disabled => {}
        api::TranscribeOption::Default => return Err(Failure::field(&part("transcribe"), NO_TRANSCRIPTIONS)),
    }
    if !config.transcription_ready_uri.is_empty() {
        return Err(Failure::field(&part("transcription_ready_uri"), NO_TRANSCRIPTIONS));
    }
    Ok(RecordingConfig {
        trigger,
        trims_silence,
        ready_uri: Some(config.recording_ready_uri).filter(|uri| !uri.is_empty()),
    })
}

const NO_TRANSCRIPTIONS: &str = "this server does not transcribe what is recorded";

/// What an update wants to be different, whose message stands at `field` and in masks at `path`: all of it, or parts that the mask names.
pub(super) fn recording_change(
    config: Option<api::CallRecordingConfig>,
    mask: &UpdateMask,
    path: &str,
    field: &str,
) -> Answer<Option<RecordingChange>> {
    let is_given = config.is_some();
    let asked = config.map(|config| recording_of(config, field)).transpose()?;
    if mask.covers(path, is_given) {
        return Ok(Some(RecordingChange::Whole(asked)));
    }
    let names = |part: &str| mask.covers(&format!("{path}.{part}"), false);
    let RecordingConfig {
        trigger,
        trims_silence,
        ready_uri,
    } = asked.unwrap_or_default();
    let parts = RecordingChange::Parts {
        trigger: names("trigger").then_some(trigger),
        trims_silence: names("post_processing").then_some(trims_silence),
        ready_uri: names("recording_ready_uri").then_some(ready_uri),
    };
    Ok(mask.is_below(path).then_some(parts))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_done_is_refused_by_its_field() {
        let check = |config: api::CallRecordingConfig, expected: Option<&str>| {
            let refused = recording_of(config.clone(), "at").err();
            let field = refused.and_then(|failure| failure.into_parts().2.field);
            assert_eq!(field.as_ref().map(|(field, _)| field.as_str()), expected, "{config:?}");
        };
        let usual = api::CallRecordingConfig::default;
        check(usual(), None);
        for (trigger, expected) in [(3, None), (4, Some("at.trigger")), (-1, Some("at.trigger"))] {
            check(api::CallRecordingConfig { trigger, ..usual() }, expected);
        }
        for (post_processing, expected) in [(vec![1, 1], None), (vec![1, 7], Some("at.post_processing[1]"))] {
            check(
                api::CallRecordingConfig {
                    post_processing,
                    ..usual()
                },
                expected,
            );
        }
        for (transcribe, expected) in [(1, None), (2, Some("at.transcribe")), (3, Some("at.transcribe"))] {
            check(api::CallRecordingConfig { transcribe, ..usual() }, expected);
        }
        let transcription_ready_uri = "https://a.example".to_owned();
        check(
            api::CallRecordingConfig {
                transcription_ready_uri,
                ..usual()
            },
            Some("at.transcription_ready_uri"),
        );
    }
}
