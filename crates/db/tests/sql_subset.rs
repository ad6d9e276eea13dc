//! The migrations keep to the SQL that both engines mean alike.

use std::fs;

/// What must not occur, and what to write instead.
const BANNED: [(&str, &str); 19] = [
    ("serial", "the caller chooses ids"),
    ("bigserial", "the caller chooses ids"),
    ("autoincrement", "the caller chooses ids"),
    ("integer", "`bigint`"),
    ("int", "`bigint`"),
    ("boolean", "`bigint`, 0 or 1"),
    ("timestamp", "`bigint` microseconds"),
    ("timestamptz", "`bigint` microseconds"),
    ("now", "the clock is a parameter"),
    ("current_timestamp", "the clock is a parameter"),
    ("varchar", "`text`"),
    ("json", "`text`"),
    ("jsonb", "`text`"),
    ("blob", "`bytea`"),
    ("real", "`bigint`: nothing here is approximate"),
    ("like", "`substr(x, 1, length($1)) = $1`"),
    ("ilike", "`substr(x, 1, length($1)) = $1`"),
    ("returning", "the caller chooses what a write stores"),
    ("offset", "row values, `(a, b) < ($1, $2)`"),
];

#[test]
fn migrations_keep_to_the_subset() {
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap();
    for file in files {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        for (line, number) in text.lines().zip(1..) {
            let code = line.split("--").next().unwrap_or_default();
            for word in code.split(|letter: char| !letter.is_alphanumeric() && letter != '_') {
                let banned = BANNED.iter().find(|(banned, _)| word.eq_ignore_ascii_case(banned));
                assert!(banned.is_none(), "{}:{number} has {banned:?}", path.display());
            }
        }
    }
}
