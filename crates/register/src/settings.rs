//! The settings of a space as a row holds them: those that statements ask for are columns, the rest is one JSON text of numbers
//! under their names. A name that is not there stands for its default, so that a setting
//! can be added without a migration.

use std::collections::BTreeMap;

use crate::{RegisterError, error::Damage, numbers::Number};
use db::Row;
use meeting::{AccessType, EntryPointAccess, SETTINGS, Setting, Settings};

/// Those that are columns.
const COLUMNS: [&str; 3] = ["access_type", "entry_point_access", ATTENDANCE_REPORT.name];

const ATTENDANCE_REPORT: &Setting = Setting::named("attendance_report_generation_type");

/// Whether the owner wants reports of attendance, as a column.
pub(crate) fn attendance_report(settings: &Settings) -> i64 {
    ATTENDANCE_REPORT.number(settings).into()
}

/// The JSON text of a row.
pub(crate) fn config(settings: &Settings) -> String {
    let kept = SETTINGS.iter().filter(|setting| !COLUMNS.contains(&setting.name));
    let kept: BTreeMap<&str, i32> = kept.map(|setting| (setting.name, setting.number(settings))).collect();
    serde_json::to_string(&kept).expect("numbers under plain names")
}

/// Reads four columns that follow each other: access type, entry point access, whether reports of attendance are wanted, JSON text.
pub(crate) fn read(row: &Row, first: usize) -> Result<Settings, RegisterError> {
    let text = row.text(first + 3)?;
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
    let attendance_report = i32::try_from(row.int(first + 2)?).unwrap_or(0);
    let _ = ATTENDANCE_REPORT.choose(&mut settings, attendance_report);
    Ok(settings)
}
