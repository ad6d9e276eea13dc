//! What goes to standard output: data, and nothing else.

use std::io::{self, Write};

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
