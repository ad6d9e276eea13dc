//! Files of recordings that nothing names, and that may still be there: what a deletion leaves, and what fails.

use db::Statement;

/// The statement after which files of a recording may be there that nothing names, and are looked for from then on.
pub(crate) fn leftover(id: &str, due_us: i64) -> Statement {
    let sql = "insert into recording_leftover (id, due_us) values ($1, $2) on conflict (id) do update set due_us = excluded.due_us";
    Statement::new(sql, vec![id.into(), due_us.into()])
}
