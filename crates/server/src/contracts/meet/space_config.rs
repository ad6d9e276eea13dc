//! `Space.config`: what a caller asks for, as settings of a meeting, and those as the wire has them.
//!
//! One table says where each setting is in a `SpaceConfig`, because an update names them by their paths: each is read, checked and
//! set by itself. A value that is not given, or that a mask clears, becomes its default, so the answer never says UNSPECIFIED; a
//! number that the contract does not know is refused with the path of its field. What the numbers mean is in
//! [`meeting::SETTINGS`]: they are this contract's.

use api::google::apps::meet::v2beta::SpaceConfig;
use api::google::apps::meet::v2beta::space_config::ModerationRestrictions;
use meeting::{SETTINGS, Setting, Settings};

use crate::failure::{Answer, Failure};
use crate::grpc::update_mask::{Paths, UpdateMask};

/// Where a setting is.
struct Row {
    /// Its path in a `Space`.
    path: &'static str,
    /// What it sets.
    setting: &'static Setting,
    /// The number in a request; 0 where none is given.
    given: fn(&SpaceConfig) -> i32,
    /// Puts the number into an answer.
    put: fn(&mut SpaceConfig, i32),
    /// Whether this server does such things. The reference refuses likewise where an edition does not have them.
    offered: bool,
}

const ROWS: [Row; SETTINGS.len()] = [
    Row {
        path: "config.access_type",
        setting: Setting::named("access_type"),
        given: |config| config.access_type,
        put: |config, number| config.access_type = number,
        offered: true,
    },
    Row {
        path: "config.entry_point_access",
        setting: Setting::named("entry_point_access"),
        given: |config| config.entry_point_access,
        put: |config, number| config.entry_point_access = number,
        offered: true,
    },
    Row {
        path: "config.moderation",
        setting: Setting::named("moderation"),
        given: |config| config.moderation,
        put: |config, number| config.moderation = number,
        offered: true,
    },
    Row {
        path: "config.moderation_restrictions.chat_restriction",
        setting: Setting::named("chat_restriction"),
        given: |config| config.moderation_restrictions.unwrap_or_default().chat_restriction,
        put: |config, number| restrictions(config).chat_restriction = number,
        offered: true,
    },
    Row {
        path: "config.moderation_restrictions.reaction_restriction",
        setting: Setting::named("reaction_restriction"),
        given: |config| config.moderation_restrictions.unwrap_or_default().reaction_restriction,
        put: |config, number| restrictions(config).reaction_restriction = number,
        offered: true,
    },
    Row {
        path: "config.moderation_restrictions.present_restriction",
        setting: Setting::named("present_restriction"),
        given: |config| config.moderation_restrictions.unwrap_or_default().present_restriction,
        put: |config, number| restrictions(config).present_restriction = number,
        offered: true,
    },
    Row {
        path: "config.moderation_restrictions.default_join_as_viewer_type",
        setting: Setting::named("default_join_as_viewer_type"),
        given: |config| {
            config
                .moderation_restrictions
                .unwrap_or_default()
                .default_join_as_viewer_type
        },
        put: |config, number| restrictions(config).default_join_as_viewer_type = number,
        offered: true,
    },
    Row {
        path: "config.attendance_report_generation_type",
        setting: Setting::named("attendance_report_generation_type"),
        given: |config| config.attendance_report_generation_type,
        put: |config, number| config.attendance_report_generation_type = number,
        offered: true,
    },
    Row {
        path: "config.artifact_config.recording_config.auto_recording_generation",
        setting: Setting::named("auto_recording_generation"),
        given: |config| {
            let artifacts = config.artifact_config.unwrap_or_default();
            artifacts.recording_config.unwrap_or_default().auto_recording_generation
        },
        put: |config, number| {
            let artifacts = config.artifact_config.get_or_insert_default();
            artifacts
                .recording_config
                .get_or_insert_default()
                .auto_recording_generation = number;
        },
        offered: true,
    },
    Row {
        path: "config.artifact_config.transcription_config.auto_transcription_generation",
        setting: Setting::named("auto_transcription_generation"),
        given: |config| {
            let artifacts = config.artifact_config.unwrap_or_default();
            artifacts
                .transcription_config
                .unwrap_or_default()
                .auto_transcription_generation
        },
        put: |config, number| {
            let artifacts = config.artifact_config.get_or_insert_default();
            artifacts
                .transcription_config
                .get_or_insert_default()
                .auto_transcription_generation = number;
        },
        offered: false,
    },
    Row {
        path: "config.artifact_config.smart_notes_config.auto_smart_notes_generation",
        setting: Setting::named("auto_smart_notes_generation"),
        given: |config| {
            let artifacts = config.artifact_config.unwrap_or_default();
            artifacts
                .smart_notes_config
                .unwrap_or_default()
                .auto_smart_notes_generation
        },
        put: |config, number| {
            let artifacts = config.artifact_config.get_or_insert_default();
            artifacts
                .smart_notes_config
                .get_or_insert_default()
                .auto_smart_notes_generation = number;
        },
        offered: false,
    },
];

/// What a mask of `UpdateSpace` may name.
pub(super) const PATHS: Paths = Paths {
    writable: &{
        let mut paths = [""; ROWS.len()];
        let mut index = 0;
        while index < paths.len() {
            paths[index] = ROWS[index].path;
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
    pub(super) fn parse(asked: Option<SpaceConfig>, mask: UpdateMask) -> Answer<Change> {
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
        changed
    }

    fn made(&self, settings: &mut Settings) -> Answer<()> {
        for row in &ROWS {
            let given = (row.given)(&self.asked);
            if self.mask.covers(row.path, given != 0) {
                row.set(settings, given)
                    .map_err(|why| Failure::field(&format!("space.{}", row.path), why))?;
            }
        }
        Ok(())
    }
}

impl Row {
    /// Sets it to what the number means, or says why not.
    fn set(&self, settings: &mut Settings, given: i32) -> Result<(), String> {
        let default = self.setting.number(&Settings::default());
        let chosen = self.setting.choose(settings, given);
        chosen.ok_or_else(|| format!("{given} is not a value of this field"))?;
        if !self.offered && self.setting.number(settings) != default {
            return Err("this server does not make such artifacts".to_owned());
        }
        Ok(())
    }
}

/// As the wire has them.
pub(super) fn config_of(settings: &Settings) -> SpaceConfig {
    let mut config = SpaceConfig::default();
    for row in &ROWS {
        (row.put)(&mut config, row.setting.number(settings));
    }
    config
}

fn restrictions(config: &mut SpaceConfig) -> &mut ModerationRestrictions {
    config.moderation_restrictions.get_or_insert_default()
}

#[cfg(test)]
mod tests {
    use api::google::apps::meet::v2beta::space_config::artifact_config::{
        AutoGenerationType, RecordingConfig, SmartNotesConfig,
    };
    use api::google::apps::meet::v2beta::space_config::moderation_restrictions as restrictions;
    use api::google::apps::meet::v2beta::space_config::{
        self as wire, ArtifactConfig, AttendanceReportGenerationType, Moderation,
    };
    use meeting::{AccessType, EntryPointAccess, RestrictionType};

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
        Ok(Change::parse(Some(asked), mask)?.on(settings))
    }

    #[test]
    fn nothing_asked_for_is_the_defaults() {
        let defaults = changed(moderated(), SpaceConfig::default(), UpdateMask::All).expect("valid");
        assert_eq!(defaults, Settings::default());
        let config = config_of(&defaults);
        assert_eq!(config.access_type(), wire::AccessType::Trusted);
        assert_eq!(config.entry_point_access(), wire::EntryPointAccess::All);
        assert_eq!(config.moderation(), Moderation::Off);
    }

    #[test]
    fn what_is_shown_can_be_asked_for() {
        let kept = Settings {
            moderation: false,
            ..moderated()
        };
        for settings in [Settings::default(), moderated(), kept] {
            let config = config_of(&settings);
            for mask in [UpdateMask::Given, UpdateMask::All] {
                assert_eq!(changed(Settings::default(), config, mask), Ok(settings));
            }
            for row in &ROWS {
                assert_ne!((row.given)(&config), 0, "{}", row.path);
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
            // What follows for restrictions is not asked for: meetings know it.
            (
                only("config.moderation"),
                Settings {
                    moderation: false,
                    ..moderated()
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
            let failure = Change::parse(Some(config), UpdateMask::Given).expect_err("not a value");
            assert_eq!(failure.kind(), crate::failure::Kind::Invalid);
        }
    }

    #[test]
    fn the_numbers_are_the_contracts() {
        let settings = Settings {
            access_type: AccessType::Restricted,
            entry_point_access: EntryPointAccess::CreatorAppOnly,
            present_restriction: RestrictionType::NoRestriction,
            auto_recording: true,
            ..moderated()
        };
        let expected = SpaceConfig {
            access_type: wire::AccessType::Restricted.into(),
            entry_point_access: wire::EntryPointAccess::CreatorAppOnly.into(),
            moderation: Moderation::On.into(),
            moderation_restrictions: Some(ModerationRestrictions {
                chat_restriction: restrictions::RestrictionType::HostsOnly.into(),
                reaction_restriction: restrictions::RestrictionType::NoRestriction.into(),
                present_restriction: restrictions::RestrictionType::NoRestriction.into(),
                default_join_as_viewer_type: restrictions::DefaultJoinAsViewerType::On.into(),
            }),
            attendance_report_generation_type: AttendanceReportGenerationType::GenerateReport.into(),
            ..config_of(&settings)
        };
        assert_eq!(config_of(&settings), expected);
        let artifacts = expected.artifact_config.expect("shown");
        let on = |config: Option<RecordingConfig>| config.expect("shown").auto_recording_generation();
        assert_eq!(on(artifacts.recording_config), AutoGenerationType::On);
        let notes = artifacts.smart_notes_config.expect("shown");
        assert_eq!(notes.auto_smart_notes_generation(), AutoGenerationType::Off);
    }
}
