//! How many tests passed and failed, read from the closing lines of the runners.
//!
//! Each runner counts for itself and says so in its own words; the run ends with one sum of them all. A runner that
//! prints no such line, or that executed nothing, has proven nothing: its step fails.

use std::{fmt, ops::AddAssign, process::ExitStatus};

use anyhow::{Result, bail};

/// Numbers of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Of those that passed, so many did when they were tried again.
    pub(crate) tried_again: u64,
}

impl Tally {
    /// A step that is one check: format, lints, a build.
    pub(crate) const PASSED: Self = Self::new(1, 0);
    /// A step that failed without counting anything.
    pub(crate) const FAILED: Self = Self::new(0, 1);

    const fn new(passed: u64, failed: u64) -> Self {
        Self {
            passed,
            failed,
            tried_again: 0,
        }
    }

    /// What it is when the tests that failed were run once more, with this outcome of all that were run then.
    pub(crate) fn tried_again(self, second: Self) -> Self {
        let failed = second.failed.min(self.failed);
        let tried_again = self.failed - failed;
        Self {
            passed: self.passed + tried_again,
            failed,
            tried_again,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.tried_again += other.tried_again;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        match self.tried_again {
            0 => Ok(()),
            again => write!(formatter, " ({again} passed when tried again)"),
        }
    }
}

/// What a runner counted; one that failed with no failed test has failed nevertheless.
pub(crate) fn of(status: ExitStatus, output: &[String]) -> Result<Tally> {
    let Some(mut tally) = read(output) else {
        bail!("the runner counted no tests: {status}")
    };
    if !status.success() && tally.failed == 0 {
        tally += Tally::FAILED;
    }
    Ok(tally)
}

/// The sum of all closing lines in a runner's output; `None` if there is none.
fn read(output: &[String]) -> Option<Tally> {
    output
        .iter()
        .filter_map(|line| closing_line(&without_colour(line)))
        .reduce(|mut sum, tally| {
            sum += tally;
            sum
        })
}

fn closing_line(line: &str) -> Option<Tally> {
    // Indented, it is what a failed test said, and nextest has counted that test.
    let of_cargo = line.starts_with("test result:");
    let line = line.trim();
    // cargo nextest: `Summary [   0.1s] 10 tests run: 9 passed (1 slow), 1 failed, 0 skipped`
    // cargo test:    `test result: ok. 10 passed; 0 failed; 0 ignored; …`
    // pytest:        `=== 9 passed, 1 failed, 1 error in 0.12s ===`
    let counted = line.starts_with("Summary [")
        || of_cargo
        || (line.starts_with("==") && line.ends_with("==") && line.contains(" in "));
    if counted {
        let failed = &["failed", "error", "errors", "timed out", "exec failed"];
        let tally = Tally::new(number_before(line, &["passed"]), number_before(line, failed));
        return (tally != Tally::default() || of_cargo).then_some(tally);
    }
    // Maven: `[INFO] Tests run: 10, Failures: 1, Errors: 0, Skipped: 0`, and the same of each class with its time.
    if let Some((_, counts)) = line.split_once("] Tests run: ")
        && !counts.contains("Time elapsed")
    {
        let [run, failures, errors, skipped] = numbers(counts)?;
        let failed = failures + errors;
        let passed = run.checked_sub(failed + skipped)?;
        return Some(Tally::new(passed, failed));
    }
    // node --test: `ℹ pass 10`, `ℹ fail 0` and `ℹ cancelled 0` (cut off by a time limit) on lines of their own.
    // vitest:      `Tests  1 failed | 10 passed (11)`
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["ℹ" | "#", "pass", count] => Some(Tally::new(count.parse().ok()?, 0)),
        ["ℹ" | "#", "fail" | "cancelled", count] => Some(Tally::new(0, count.parse().ok()?)),
        ["Tests", ..] => Some(Tally::new(
            number_before(line, &["passed"]),
            number_before(line, &["failed"]),
        )),
        _ => None,
    }
}

/// The numbers of `10, Failures: 1, …`, if there are just so many.
fn numbers<const N: usize>(counts: &str) -> Option<[u64; N]> {
    let words = counts
        .split(|c: char| !c.is_ascii_digit())
        .filter(|word| !word.is_empty());
    let numbers: Vec<u64> = words.map(str::parse).collect::<Result<_, _>>().ok()?;
    numbers.try_into().ok()
}

/// The sum of the numbers that stand before any of these words.
fn number_before(line: &str, names: &[&str]) -> u64 {
    let words: Vec<&str> = line
        .split(|c: char| c.is_whitespace() || ",;|()=".contains(c))
        .collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    names
        .iter()
        .flat_map(|name| {
            let name: Vec<&str> = name.split(' ').collect();
            let counts = words.windows(name.len() + 1).filter(|window| window[1..] == name[..]);
            counts
                .filter_map(|window| window[0].parse::<u64>().ok())
                .collect::<Vec<_>>()
        })
        .sum()
}

fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(output: &str, expected: Option<(u64, u64)>) {
        let lines: Vec<String> = output.lines().map(str::to_owned).collect();
        assert_eq!(
            read(&lines),
            expected.map(|(passed, failed)| Tally::new(passed, failed)),
            "{output}"
        );
    }

    #[test]
    fn closing_lines_of_every_runner_are_read() {
        check(
            "     Summary [   0.012s] 10 tests run: 10 passed, 0 skipped",
            Some((10, 0)),
        );
        check(
            "\u{1b}[32m Summary\u{1b}[0m [   1.2s] 9 tests run: 7 passed (1 slow), 1 failed, 1 timed out, 0 skipped",
            Some((7, 2)),
        );
        check(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            Some((5, 0)),
        );
        check(
            "test result: FAILED. 1 passed; 2 failed; 0 ignored\ntest result: ok. 3 passed; 0 failed;",
            Some((4, 2)),
        );
        check(
            "    test result: FAILED. 0 passed; 1 failed;\n     Summary [   1.2s] 3 tests run: 2 passed, 1 failed",
            Some((2, 1)),
        );
        check("===== 5 passed in 3.21s =====", Some((5, 0)));
        check(
            "===== 2 failed, 5 passed, 1 skipped, 1 error in 3.21s (0:00:03) =====",
            Some((5, 3)),
        );
        check("ℹ tests 12\nℹ pass 11\nℹ fail 1\nℹ cancelled 2", Some((11, 3)));
        check("# tests 12\n# pass 12\n# fail 0", Some((12, 0)));
        check(
            "[ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1, Time elapsed: 4.9 s <<< FAILURE! -- in ClientsTest\n\
             [ERROR] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1",
            Some((2, 2)),
        );
        check(
            " Test Files  2 passed (2)\n      Tests  1 failed | 6 passed (7)",
            Some((6, 1)),
        );
    }

    #[test]
    fn what_passes_when_tried_again_has_passed_and_is_told_apart() {
        #[track_caller]
        fn check(first: (u64, u64), second: (u64, u64), expected: &str) {
            let [first, second] = [first, second].map(|(passed, failed)| Tally::new(passed, failed));
            assert_eq!(first.tried_again(second).to_string(), expected);
        }
        check((220, 2), (9, 0), "222 passed, 0 failed (2 passed when tried again)");
        check((220, 2), (8, 1), "221 passed, 1 failed (1 passed when tried again)");
        check((220, 2), (0, 9), "220 passed, 2 failed");
    }

    #[test]
    fn other_lines_count_nothing() {
        check("", None);
        check("10 passed on the road, 3 failed", None);
        check("==== test session starts ====", None);
        check("==== no tests ran in 0.01s ====", None);
    }
}
