//! The numbered steps that make the tables: one text for both engines, embedded in the program.
//!
//! A step that was released is never edited; a change is a new step. Each engine runs [`pending`] inside one transaction,
//! under a lock that other processes wait for, so two programs that start at once cannot both apply a step, and a step
//! that fails leaves nothing behind.

use crate::{Error, Tables};

/// One step.
pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../migrations/", $name, ".sql")),
        }
    };
}

/// All steps, in their order.
pub(crate) const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_identity"),
    migration!(2, "0002_register"),
    migration!(3, "0003_entry"),
    migration!(4, "0004_apps"),
    migration!(5, "0005_members"),
    migration!(6, "0006_absentees"),
    migration!(7, "0007_credentials"),
    migration!(8, "0008_programs"),
    migration!(9, "0009_audit"),
    migration!(10, "0010_seats"),
    migration!(11, "0011_lease"),
    migration!(12, "0012_awaited"),
    migration!(13, "0013_openid"),
    migration!(14, "0014_streams"),
    migration!(15, "0015_outbox"),
    migration!(16, "0016_roles"),
    migration!(17, "0017_projects"),
    migration!(18, "0018_calls"),
    migration!(19, "0019_sip_users"),
    migration!(20, "0020_call_events"),
    migration!(21, "0021_outgoing_calls"),
    migration!(22, "0022_sip_aliases"),
    migration!(23, "0023_phone_numbers"),
    migration!(24, "0024_keeping"),
    migration!(25, "0025_signalling"),
    migration!(26, "0026_call_records"),
    migration!(27, "0027_meeting_recordings"),
    migration!(28, "0028_phones"),
    migration!(29, "0029_consent"),
    migration!(30, "0030_composition"),
    migration!(31, "0031_consent_of_organisations"),
    migration!(32, "0032_outbox_event_by_time"),
    migration!(33, "0033_forgetting"),
    migration!(34, "0034_publication"),
    migration!(35, "0035_attendance_reports"),
    migration!(36, "0036_failures"),
    migration!(37, "0037_withheld_callers"),
    migration!(38, "0038_tried_behind_an_alias"),
    migration!(39, "0039_reports_of_a_year"),
    migration!(40, "0040_what_calls_came_to"),
];

/// Remembers the steps that a database has seen.
pub(crate) const CREATE_TABLE: &str =
    "create table if not exists migration (version bigint not null primary key, name text not null)";

/// The newest step that the database has seen; 0 for a new one.
pub(crate) const NEWEST: &str = "select coalesce(max(version), 0) from migration";

/// Remembers one step.
pub(crate) const REMEMBER: &str = "insert into migration (version, name) values ($1, $2)";

/// What is done about tables that an older program made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OlderTables {
    /// They become this program's.
    Migrate,
    /// They stay as they are: somebody else may be using them.
    Leave,
}

/// The steps that a database which has seen `newest` is to be taken through now, and what its tables are after them.
pub(crate) fn pending(newest: i64, older: OlderTables) -> Result<(&'static [Migration], Tables), Error> {
    let known = MIGRATIONS.last().map_or(0, |migration| migration.version);
    if newest > known {
        return Err(Error::Newer { found: newest, known });
    }
    let is_older = 0 < newest && newest < known;
    if is_older && older == OlderTables::Leave {
        return Ok((&[], Tables::Older { found: newest, known }));
    }
    let seen = MIGRATIONS.partition_point(|migration| migration.version <= newest);
    Ok((&MIGRATIONS[seen..], Tables::Current))
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;
    use std::fs;

    #[test]
    fn every_file_is_embedded_under_its_number() {
        let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
        let mut files: Vec<_> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let embedded: Vec<_> = MIGRATIONS
            .iter()
            .map(|migration| format!("{}.sql", migration.name))
            .collect();
        assert_eq!(files, embedded);
        for (migration, version) in MIGRATIONS.iter().zip(1..) {
            assert_eq!(migration.version, version);
            assert!(
                migration.name.starts_with(&format!("{version:04}_")),
                "{}",
                migration.name
            );
        }
    }
}
