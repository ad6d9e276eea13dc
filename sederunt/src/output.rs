//! What goes to standard output: data, and nothing else.

use std::io::{self, Write};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Prints at once, also into a pipe. Whoever closed it does not want to know.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints rows whose fields are parted by tabs, for people and for `cut`. No name of ours holds one.
pub(crate) fn print_rows<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) {
    let lines = rows.into_iter().map(|row| row.join("\t") + "\n");
    print(&lines.collect::<String>());
}

/// A time in microseconds since the Unix epoch, as rows have it.
pub(crate) fn time_text(time_us: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time_us) * 1_000).ok();
    let text = time.and_then(|time| time.format(&Rfc3339).ok());
    text.unwrap_or_else(|| time_us.to_string())
}
