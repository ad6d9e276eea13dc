//! A second look at what failed in browsers.
//!
//! Their tests look at pictures and sound as they come, of several browsers on two cores. A machine that stands still for half a second
//! freezes a picture just as a fault would; only a fault does it again. So the files of failed tests are run once more, by themselves, and
//! count by what they do then. It is said of each, at once and in the closing lines: a test that needs it often is to be mended.

use std::{collections::BTreeSet, path::PathBuf};

/// More of them are no accident.
const FILES_MAX: usize = 3;

/// The files of failed tests that are worth a second look, by what `node --test` says of each of them in its closing lines: `test at meetings/lobby.test.js:45:3`.
pub(crate) fn failed_files(output: &[String]) -> Vec<PathBuf> {
    let place = |line: &String| -> Option<PathBuf> {
        let mut parts = line.strip_prefix("test at ")?.rsplitn(3, ':');
        let is_number = |part: Option<&str>| part.is_some_and(|part| part.parse::<u32>().is_ok());
        (is_number(parts.next()) && is_number(parts.next())).then(|| parts.next().map(PathBuf::from))?
    };
    let files: BTreeSet<PathBuf> = output.iter().filter_map(place).collect();
    if files.len() > FILES_MAX {
        return vec![];
    }
    files.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, expected: &[&str]) {
        let lines: Vec<String> = output.lines().map(str::to_owned).collect();
        let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
        assert_eq!(failed_files(&lines), expected, "{output}");
    }

    #[test]
    fn each_file_is_named_once() {
        check("✔ all is well (3 ms)\nℹ pass 1", &[]);
        check(
            "✖ failing tests:\n\ntest at tests/lobby.test.js:45:3\n✖ a knock (9 ms)\n\ntest at tests/check.test.js:1:1\n✖ a check\n\n\
             test at tests/lobby.test.js:67:3\n✖ another knock",
            &["tests/check.test.js", "tests/lobby.test.js"],
        );
    }

    #[test]
    fn what_fails_everywhere_is_no_accident() {
        let lines = ["a", "b", "c", "d"].map(|name| format!("test at tests/{name}.test.js:1:1"));
        check(
            &lines[..3].join("\n"),
            &["tests/a.test.js", "tests/b.test.js", "tests/c.test.js"],
        );
        check(&lines.join("\n"), &[]);
    }

    #[test]
    fn other_lines_name_no_file() {
        check(
            "test at noon\n  test at tests/lobby.test.js:45:3\ntest at tests/lobby.test.js:45:x",
            &[],
        );
    }
}
