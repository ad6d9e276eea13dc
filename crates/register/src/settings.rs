//! The settings of a space as a row holds them: the two kinds of access are columns, the rest is one JSON text of numbers
//! under the names of the contract, because no statement searches it. A name that is not there stands for its default, so
//! that a setting can be added without a migration.

use crate::{RegisterError, error::Damage, numbers::Number};
use db::Row;
use meeting::{AccessType, EntryPointAccess, RestrictionType, Settings};
use serde::{Deserialize, Serialize};

/// The numbers are the contract's, where 0 says that nothing was chosen. On and off are not the same numbers everywhere.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    moderation: i64,
    chat_restriction: i64,
    reaction_restriction: i64,
    present_restriction: i64,
    default_join_as_viewer_type: i64,
    attendance_report_generation_type: i64,
    auto_recording_generation: i64,
    auto_transcription_generation: i64,
    auto_smart_notes_generation: i64,
}

/// Off 1, on 2: as for moderation.
const fn off_on(on: bool) -> i64 {
    if on { 2 } else { 1 }
}

/// On 1, off 2: as for everything else.
const fn on_off(on: bool) -> i64 {
    if on { 1 } else { 2 }
}

/// The JSON text of a row.
pub(crate) fn config(settings: &Settings) -> String {
    let kept = Kept {
        moderation: off_on(settings.moderation),
        chat_restriction: settings.chat_restriction as i64,
        reaction_restriction: settings.reaction_restriction as i64,
        present_restriction: settings.present_restriction as i64,
        default_join_as_viewer_type: on_off(settings.default_join_as_viewer),
        attendance_report_generation_type: on_off(settings.attendance_report),
        auto_recording_generation: on_off(settings.auto_recording),
        auto_transcription_generation: on_off(settings.auto_transcription),
        auto_smart_notes_generation: on_off(settings.auto_smart_notes),
    };
    serde_json::to_string(&kept).expect("numbers under plain names")
}

/// Reads three columns that follow each other: access type, entry point access, JSON text.
pub(crate) fn read(row: &Row, first: usize) -> Result<Settings, RegisterError> {
    let text = row.text(first + 2)?;
    let kept: Kept = serde_json::from_str(text).map_err(|_| Damage::unknown("settings of a space", &text))?;
    let restriction = |number| match number {
        1 => RestrictionType::HostsOnly,
        _ => RestrictionType::NoRestriction,
    };
    Ok(Settings {
        access_type: AccessType::read(row.int(first)?)?,
        entry_point_access: EntryPointAccess::read(row.int(first + 1)?)?,
        moderation: kept.moderation == off_on(true),
        chat_restriction: restriction(kept.chat_restriction),
        reaction_restriction: restriction(kept.reaction_restriction),
        present_restriction: restriction(kept.present_restriction),
        default_join_as_viewer: kept.default_join_as_viewer_type == on_off(true),
        attendance_report: kept.attendance_report_generation_type == on_off(true),
        auto_recording: kept.auto_recording_generation == on_off(true),
        auto_transcription: kept.auto_transcription_generation == on_off(true),
        auto_smart_notes: kept.auto_smart_notes_generation == on_off(true),
    })
}
