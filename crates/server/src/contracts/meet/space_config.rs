//! `Space.config`: what a caller asks for, as settings of a meeting, and those as the wire has them.
//!
//! One table holds the settings by their paths, because an update names them so: each is read, checked and set by itself. A
//! value that is not given, or that a mask clears, becomes its default, so the answer never says UNSPECIFIED; a number that the
//! contract does not know is refused with the path of its field.

use api::google::apps::meet::v2beta::SpaceConfig;
use api::google::apps::meet::v2beta::space_config::artifact_config::{
    AutoGenerationType, RecordingConfig, SmartNotesConfig, TranscriptionConfig,
};
use api::google::apps::meet::v2beta::space_config::moderation_restrictions as restrictions;
use api::google::apps::meet::v2beta::space_config::{
    self as wire, ArtifactConfig, AttendanceReportGenerationType, Moderation, ModerationRestrictions,
};
use meeting::{AccessType, EntryPointAccess, RestrictionType, Settings};

use super::update_mask::{Paths, UpdateMask};
use crate::failure::{Answer, Failure};

/// The numbers of an enumeration and what they mean here; the first is the default.
type Values<T> = [(i32, T)];

const ACCESS_TYPE: &Values<AccessType> = &[
    (wire::AccessType::Trusted as i32, AccessType::Trusted),
    (wire::AccessType::Open as i32, AccessType::Open),
    (wire::AccessType::Restricted as i32, AccessType::Restricted),
];
const ENTRY_POINT_ACCESS: &Values<EntryPointAccess> = &[
    (wire::EntryPointAccess::All as i32, EntryPointAccess::All),
    (
        wire::EntryPointAccess::CreatorAppOnly as i32,
        EntryPointAccess::CreatorAppOnly,
    ),
];
const MODERATION: &Values<bool> = &[(Moderation::Off as i32, false), (Moderation::On as i32, true)];
const RESTRICTION: &Values<RestrictionType> = &[
    (
        restrictions::RestrictionType::NoRestriction as i32,
        RestrictionType::NoRestriction,
    ),
    (
        restrictions::RestrictionType::HostsOnly as i32,
        RestrictionType::HostsOnly,
    ),
];
const JOIN_AS_VIEWER: &Values<bool> = &[
    (restrictions::DefaultJoinAsViewerType::Off as i32, false),
    (restrictions::DefaultJoinAsViewerType::On as i32, true),
];
const ATTENDANCE_REPORT: &Values<bool> = &[
    (AttendanceReportGenerationType::DoNotGenerate as i32, false),
    (AttendanceReportGenerationType::GenerateReport as i32, true),
];
const AUTO_GENERATION: &Values<bool> = &[
    (AutoGenerationType::Off as i32, false),
    (AutoGenerationType::On as i32, true),
];

/// One setting.
struct Setting {
    /// Where it is in a `Space`.
    path: &'static str,
    /// The number in a request; 0 where none is given.
    given: fn(&SpaceConfig) -> i32,
    /// Sets it to what the number means, or says why not.
    set: fn(&mut Settings, i32) -> Result<(), String>,
}

const SETTINGS: [Setting; 11] = [
    Setting {
        path: "config.access_type",
        given: |config| config.access_type,
        set: |settings, given| assign(&mut settings.access_type, ACCESS_TYPE, given),
    },
    Setting {
        path: "config.entry_point_access",
        given: |config| config.entry_point_access,
        set: |settings, given| assign(&mut settings.entry_point_access, ENTRY_POINT_ACCESS, given),
    },
    Setting {
        path: "config.moderation",
        given: |config| config.moderation,
        set: |settings, given| assign(&mut settings.moderation, MODERATION, given),
    },
    Setting {
        path: "config.moderation_restrictions.chat_restriction",
        given: |config| restrictions_of(config).chat_restriction,
        set: |settings, given| assign(&mut settings.chat_restriction, RESTRICTION, given),
    },
    Setting {
        path: "config.moderation_restrictions.reaction_restriction",
        given: |config| restrictions_of(config).reaction_restriction,
        set: |settings, given| assign(&mut settings.reaction_restriction, RESTRICTION, given),
    },
    Setting {
        path: "config.moderation_restrictions.present_restriction",
        given: |config| restrictions_of(config).present_restriction,
        set: |settings, given| assign(&mut settings.present_restriction, RESTRICTION, given),
    },
    Setting {
        path: "config.moderation_restrictions.default_join_as_viewer_type",
        given: |config| restrictions_of(config).default_join_as_viewer_type,
        set: |settings, given| assign(&mut settings.default_join_as_viewer, JOIN_AS_VIEWER, given),
    },
    Setting {
        path: "config.attendance_report_generation_type",
        given: |config| config.attendance_report_generation_type,
        set: |settings, given| assign(&mut settings.attendance_report, ATTENDANCE_REPORT, given),
    },
    Setting {
        path: "config.artifact_config.recording_config.auto_recording_generation",
        given: |config| {
            let config = artifacts_of(config).recording_config.unwrap_or_default();
            config.auto_recording_generation
        },
        set: |settings, given| assign_off(&mut settings.auto_recording, given),
    },
    Setting {
        path: "config.artifact_config.transcription_config.auto_transcription_generation",
        given: |config| {
            let config = artifacts_of(config).transcription_config.unwrap_or_default();
            config.auto_transcription_generation
        },
        set: |settings, given| assign_off(&mut settings.auto_transcription, given),
    },
    Setting {
        path: "config.artifact_config.smart_notes_config.auto_smart_notes_generation",
        given: |config| {
            let config = artifacts_of(config).smart_notes_config.unwrap_or_default();
            config.auto_smart_notes_generation
        },
        set: |settings, given| assign_off(&mut settings.auto_smart_notes, given),
    },
];

/// What a mask of `UpdateSpace` may name.
pub(super) const PATHS: Paths = Paths {
    writable: &{
        let mut paths = [""; SETTINGS.len()];
        let mut index = 0;
        while index < paths.len() {
            paths[index] = SETTINGS[index].path;
            index += 1;
        }
        paths
    },
    fixed: &[
        ("name", "it cannot be changed"),
        ("meeting_uri", "it is output only"),
        ("meeting_code", "it is output only"),
        ("active_conference", "it is output only"),
        ("phone_access", "it is output only"),
        ("gateway_sip_access", "it is output only"),
    ],
};

/// A change of settings that a caller asks for. It is read before the space is locked and made after: what somebody else changes
/// meanwhile stays changed.
#[derive(Debug)]
pub(super) struct Change {
    asked: SpaceConfig,
    mask: UpdateMask,
}

impl Change {
    /// Reads what is asked for; after this it can be made.
    pub(super) fn read(asked: Option<SpaceConfig>, mask: UpdateMask) -> Answer<Change> {
        let change = Change {
            asked: asked.unwrap_or_default(),
            mask,
        };
        change.made(&mut Settings::default())?;
        Ok(change)
    }

    /// These settings after the change.
    pub(super) fn on(&self, settings: Settings) -> Settings {
        let mut changed = settings;
        self.made(&mut changed).expect("reading it tried it");
        changed.normalised()
    }

    fn made(&self, settings: &mut Settings) -> Answer<()> {
        for setting in &SETTINGS {
            let given = (setting.given)(&self.asked);
            if self.mask.covers(setting.path, given != 0) {
                (setting.set)(settings, given)
                    .map_err(|why| Failure::field(&format!("space.{}", setting.path), why))?;
            }
        }
        Ok(())
    }
}

/// As the wire has them.
pub(super) fn shown(settings: &Settings) -> SpaceConfig {
    let generation = |value| number(AUTO_GENERATION, value);
    SpaceConfig {
        access_type: number(ACCESS_TYPE, settings.access_type),
        entry_point_access: number(ENTRY_POINT_ACCESS, settings.entry_point_access),
        moderation: number(MODERATION, settings.moderation),
        moderation_restrictions: Some(ModerationRestrictions {
            chat_restriction: number(RESTRICTION, settings.chat_restriction),
            reaction_restriction: number(RESTRICTION, settings.reaction_restriction),
            present_restriction: number(RESTRICTION, settings.present_restriction),
            default_join_as_viewer_type: number(JOIN_AS_VIEWER, settings.default_join_as_viewer),
        }),
        attendance_report_generation_type: number(ATTENDANCE_REPORT, settings.attendance_report),
        artifact_config: Some(ArtifactConfig {
            recording_config: Some(RecordingConfig {
                auto_recording_generation: generation(settings.auto_recording),
            }),
            transcription_config: Some(TranscriptionConfig {
                auto_transcription_generation: generation(settings.auto_transcription),
            }),
            smart_notes_config: Some(SmartNotesConfig {
                auto_smart_notes_generation: generation(settings.auto_smart_notes),
            }),
        }),
    }
}

fn restrictions_of(config: &SpaceConfig) -> ModerationRestrictions {
    config.moderation_restrictions.unwrap_or_default()
}

fn artifacts_of(config: &SpaceConfig) -> ArtifactConfig {
    config.artifact_config.unwrap_or_default()
}

fn assign<T: Copy>(setting: &mut T, values: &Values<T>, given: i32) -> Result<(), String> {
    let given = if given == 0 { values[0].0 } else { given };
    let known = values.iter().find(|(number, _)| *number == given);
    let (_, value) = known.ok_or_else(|| format!("{given} is not a value of this field"))?;
    *setting = *value;
    Ok(())
}

/// Nothing makes artifacts yet: the reference answers so where an edition does not have them.
fn assign_off(setting: &mut bool, given: i32) -> Result<(), String> {
    let mut on = false;
    assign(&mut on, AUTO_GENERATION, given)?;
    if on {
        return Err("this server does not make such artifacts".to_owned());
    }
    *setting = false;
    Ok(())
}

/// The number that means this.
fn number<T: Copy + PartialEq>(values: &Values<T>, value: T) -> i32 {
    let row = values.iter().find(|(_, meaning)| *meaning == value);
    row.map_or(0, |(number, _)| *number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moderated() -> Settings {
        Settings {
            access_type: AccessType::Open,
            moderation: true,
            chat_restriction: RestrictionType::HostsOnly,
            default_join_as_viewer: true,
            attendance_report: true,
            ..Settings::default()
        }
    }

    fn changed(settings: Settings, asked: SpaceConfig, mask: UpdateMask) -> Answer<Settings> {
        Ok(Change::read(Some(asked), mask)?.on(settings))
    }

    #[test]
    fn nothing_asked_for_is_the_defaults() {
        let defaults = changed(moderated(), SpaceConfig::default(), UpdateMask::All).expect("valid");
        assert_eq!(defaults, Settings::default());
        let config = shown(&defaults);
        assert_eq!(config.access_type(), wire::AccessType::Trusted);
        assert_eq!(config.entry_point_access(), wire::EntryPointAccess::All);
        assert_eq!(config.moderation(), Moderation::Off);
    }

    #[test]
    fn what_is_shown_can_be_asked_for() {
        for settings in [Settings::default(), moderated()] {
            let config = shown(&settings);
            for mask in [UpdateMask::Given, UpdateMask::All] {
                assert_eq!(changed(Settings::default(), config, mask), Ok(settings));
            }
            for setting in &SETTINGS {
                assert_ne!((setting.given)(&config), 0, "{}", setting.path);
            }
        }
    }

    #[test]
    fn a_mask_chooses_settings() {
        let only = |path: &str| UpdateMask::Only(vec![path.to_owned()]);
        let restricted = SpaceConfig {
            access_type: wire::AccessType::Restricted as i32,
            ..SpaceConfig::default()
        };
        let to_restricted = |settings| Settings {
            access_type: AccessType::Restricted,
            ..settings
        };
        for (mask, expected) in [
            (UpdateMask::Given, to_restricted(moderated())),
            (UpdateMask::All, to_restricted(Settings::default())),
            (only("config"), to_restricted(Settings::default())),
            (only("config.access_type"), to_restricted(moderated())),
            (
                only("config.moderation_restrictions.chat_restriction"),
                Settings {
                    chat_restriction: RestrictionType::NoRestriction,
                    ..moderated()
                },
            ),
            (
                only("config.moderation_restrictions"),
                Settings {
                    chat_restriction: RestrictionType::NoRestriction,
                    default_join_as_viewer: false,
                    ..moderated()
                },
            ),
            (only("config.artifact_config"), moderated()),
            // Without moderation nothing is restricted.
            (
                only("config.moderation"),
                Settings {
                    access_type: AccessType::Open,
                    attendance_report: true,
                    ..Settings::default()
                },
            ),
        ] {
            let after = changed(moderated(), restricted, mask.clone());
            assert_eq!(after, Ok(expected), "{mask:?}");
        }
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let on = AutoGenerationType::On as i32;
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
            SpaceConfig {
                artifact_config: Some(ArtifactConfig {
                    smart_notes_config: Some(SmartNotesConfig {
                        auto_smart_notes_generation: on,
                    }),
                    ..ArtifactConfig::default()
                }),
                ..SpaceConfig::default()
            },
        ] {
            let failure = Change::read(Some(config), UpdateMask::Given).expect_err("not a value");
            assert_eq!(failure.kind(), crate::failure::Kind::Invalid);
        }
    }
}
