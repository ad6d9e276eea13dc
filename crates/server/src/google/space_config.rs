//! `Space.config`: from what a caller asks for to what is in effect, and to and from the register.
//!
//! A value that is not given becomes its default, so the answer never says UNSPECIFIED; a number that the contract does not know
//! is refused with the path of its field. The register searches the two kinds of access, so they have columns; the rest is
//! one JSON text of numbers, under the names of the contract.

use api::google::apps::meet::v2beta::SpaceConfig;
use api::google::apps::meet::v2beta::space_config::artifact_config::{
    AutoGenerationType, RecordingConfig, SmartNotesConfig, TranscriptionConfig,
};
use api::google::apps::meet::v2beta::space_config::moderation_restrictions::{
    DefaultJoinAsViewerType, RestrictionType,
};
use api::google::apps::meet::v2beta::space_config::{
    AccessType, ArtifactConfig, AttendanceReportGenerationType, EntryPointAccess, Moderation, ModerationRestrictions,
};
use serde::{Deserialize, Serialize};

use crate::failure::{Answer, Failure};

/// The settings that are kept as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    moderation: i32,
    chat_restriction: i32,
    reaction_restriction: i32,
    present_restriction: i32,
    default_join_as_viewer_type: i32,
    attendance_report_generation_type: i32,
    auto_recording_generation: i32,
    auto_transcription_generation: i32,
    auto_smart_notes_generation: i32,
}

/// Settings in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) access_type: register::AccessType,
    pub(super) entry_point_access: register::EntryPointAccess,
    kept: Kept,
}

/// A value of an enumeration, or its default where none is given.
fn known<E: TryFrom<i32> + Into<i32>>(given: i32, default: E, field: &str) -> Answer<i32> {
    match given {
        0 => Ok(default.into()),
        given => E::try_from(given).map(Into::into).map_err(|_| {
            Failure::field(
                &format!("space.config.{field}"),
                format!("{given} is not a value of this field"),
            )
        }),
    }
}

impl Settings {
    /// What is in effect when a caller asks for this.
    pub(super) fn effective(asked: Option<SpaceConfig>) -> Answer<Settings> {
        let asked = asked.unwrap_or_default();
        let access_type = known(asked.access_type, AccessType::Open, "access_type")?;
        let entry_point_access = known(asked.entry_point_access, EntryPointAccess::All, "entry_point_access")?;
        let restrictions = asked.moderation_restrictions.unwrap_or_default();
        let restriction = |given, field: &str| {
            known(
                given,
                RestrictionType::NoRestriction,
                &format!("moderation_restrictions.{field}"),
            )
        };
        let artifacts = asked.artifact_config.unwrap_or_default();
        let generation = |given: Option<i32>, field: &str| {
            known(
                given.unwrap_or_default(),
                AutoGenerationType::Off,
                &format!("artifact_config.{field}"),
            )
        };
        let kept = Kept {
            moderation: known(asked.moderation, Moderation::Off, "moderation")?,
            chat_restriction: restriction(restrictions.chat_restriction, "chat_restriction")?,
            reaction_restriction: restriction(restrictions.reaction_restriction, "reaction_restriction")?,
            present_restriction: restriction(restrictions.present_restriction, "present_restriction")?,
            default_join_as_viewer_type: known(
                restrictions.default_join_as_viewer_type,
                DefaultJoinAsViewerType::Off,
                "moderation_restrictions.default_join_as_viewer_type",
            )?,
            attendance_report_generation_type: known(
                asked.attendance_report_generation_type,
                AttendanceReportGenerationType::DoNotGenerate,
                "attendance_report_generation_type",
            )?,
            auto_recording_generation: generation(
                artifacts
                    .recording_config
                    .map(|config| config.auto_recording_generation),
                "recording_config.auto_recording_generation",
            )?,
            auto_transcription_generation: generation(
                artifacts
                    .transcription_config
                    .map(|config| config.auto_transcription_generation),
                "transcription_config.auto_transcription_generation",
            )?,
            auto_smart_notes_generation: generation(
                artifacts
                    .smart_notes_config
                    .map(|config| config.auto_smart_notes_generation),
                "smart_notes_config.auto_smart_notes_generation",
            )?,
        };
        Ok(Settings {
            access_type: match AccessType::try_from(access_type) {
                Ok(AccessType::Trusted) => register::AccessType::Trusted,
                Ok(AccessType::Restricted) => register::AccessType::Restricted,
                Ok(AccessType::Open | AccessType::Unspecified) | Err(_) => register::AccessType::Open,
            },
            entry_point_access: match EntryPointAccess::try_from(entry_point_access) {
                Ok(EntryPointAccess::CreatorAppOnly) => register::EntryPointAccess::CreatorAppOnly,
                Ok(EntryPointAccess::All | EntryPointAccess::Unspecified) | Err(_) => register::EntryPointAccess::All,
            },
            kept,
        })
    }

    /// The settings that are recorded.
    pub(super) fn recorded(record: &register::SpaceRecord) -> Answer<Settings> {
        let kept = serde_json::from_str(&record.config).map_err(|error| Failure::internal(&error))?;
        Ok(Settings {
            access_type: record.access_type,
            entry_point_access: record.entry_point_access,
            kept,
        })
    }

    /// The JSON that is recorded.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(&self.kept).expect("numbers under plain names")
    }

    /// As the wire has them.
    pub(super) fn shown(&self) -> SpaceConfig {
        let kept = self.kept;
        SpaceConfig {
            access_type: self.access_type as i32,
            entry_point_access: self.entry_point_access as i32,
            moderation: kept.moderation,
            moderation_restrictions: Some(ModerationRestrictions {
                chat_restriction: kept.chat_restriction,
                reaction_restriction: kept.reaction_restriction,
                present_restriction: kept.present_restriction,
                default_join_as_viewer_type: kept.default_join_as_viewer_type,
            }),
            attendance_report_generation_type: kept.attendance_report_generation_type,
            artifact_config: Some(ArtifactConfig {
                recording_config: Some(RecordingConfig {
                    auto_recording_generation: kept.auto_recording_generation,
                }),
                transcription_config: Some(TranscriptionConfig {
                    auto_transcription_generation: kept.auto_transcription_generation,
                }),
                smart_notes_config: Some(SmartNotesConfig {
                    auto_smart_notes_generation: kept.auto_smart_notes_generation,
                }),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_asked_for_is_the_defaults() {
        let settings = Settings::effective(None).expect("defaults are valid");
        let shown = settings.shown();
        assert_eq!(shown.access_type(), AccessType::Open);
        assert_eq!(shown.entry_point_access(), EntryPointAccess::All);
        assert_eq!(shown.moderation(), Moderation::Off);
        assert_eq!(
            Settings::effective(Some(shown)).expect("its own answer is valid"),
            settings
        );
    }

    #[test]
    fn unknown_numbers_are_refused() {
        for config in [
            SpaceConfig {
                access_type: 4,
                ..SpaceConfig::default()
            },
            SpaceConfig {
                entry_point_access: -1,
                ..SpaceConfig::default()
            },
            SpaceConfig {
                moderation_restrictions: Some(ModerationRestrictions {
                    chat_restriction: 3,
                    ..Default::default()
                }),
                ..SpaceConfig::default()
            },
        ] {
            let failure = Settings::effective(Some(config)).expect_err("not a value");
            assert_eq!(failure.code(), tonic::Code::InvalidArgument);
        }
    }

    #[test]
    fn enumerations_agree_with_the_register() {
        for (ours, theirs) in [
            (register::AccessType::Open as i32, AccessType::Open as i32),
            (register::AccessType::Trusted as i32, AccessType::Trusted as i32),
            (register::AccessType::Restricted as i32, AccessType::Restricted as i32),
            (register::EntryPointAccess::All as i32, EntryPointAccess::All as i32),
            (
                register::EntryPointAccess::CreatorAppOnly as i32,
                EntryPointAccess::CreatorAppOnly as i32,
            ),
        ] {
            assert_eq!(ours, theirs);
        }
    }
}
