//! The settings of a space as a row holds them: the two kinds of access are columns, the rest is one JSON text of numbers
//! under their names, because no statement searches it. A name that is not there stands for its default, so that a setting
//! can be added without a migration.

use std::collections::BTreeMap;

use crate::{RegisterError, error::Damage, numbers::Number};
use db::Row;
use meeting::{AccessType, EntryPointAccess, SETTINGS, Settings};

/// Those that are columns.
const COLUMNS: [&str; 2] = ["access_type", "entry_point_access"];

/// The JSON text of a row.
pub(crate) fn config(settings: &Settings) -> String {
    let kept = SETTINGS.iter().filter(|setting| !COLUMNS.contains(&setting.name));
    let kept: BTreeMap<&str, i32> = kept.map(|setting| (setting.name, setting.number(settings))).collect();
    serde_json::to_string(&kept).expect("numbers under plain names")
}

/// Reads three columns that follow each other: access type, entry point access, JSON text.
pub(crate) fn read(row: &Row, first: usize) -> Result<Settings, RegisterError> {
    let text = row.text(first + 2)?;
    let kept: BTreeMap<String, i32> =
        serde_json::from_str(text).map_err(|_| Damage::unknown("settings of a space", &text))?;
    let mut settings = Settings {
        access_type: AccessType::read(row.int(first)?)?,
        entry_point_access: EntryPointAccess::read(row.int(first + 1)?)?,
        ..Settings::default()
    };
    for setting in SETTINGS.iter().filter(|setting| !COLUMNS.contains(&setting.name)) {
        // A number that means nothing is one of a newer server: the default is the safe reading of it.
        let _ = setting.choose(&mut settings, kept.get(setting.name).copied().unwrap_or(0));
    }
    Ok(settings)
}
