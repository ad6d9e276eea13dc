//! Starting other programs, with errors that name the program and the next step.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Command, ExitStatus, Stdio},
    slice,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// How long a runner's forgotten child may hold its output open after the runner itself has ended.
const OUTPUT_GRACE: Duration = Duration::from_secs(5);

/// How often it is looked whether a runner has ended that says nothing.
const LOOK: Duration = Duration::from_millis(200);

/// Whoever says nothing for so long waits for something that does not come, and is ended: what it said before names it, and the others
/// still have their time. The longest silence of a sound run is that of clippy.
const SILENCE_MAX: Duration = Duration::from_mins(20);

/// Runs to the end with our own standard streams; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("`{}` did not start", describe(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", describe(command));
    }
    Ok(())
}

/// Runs silently and returns standard output; `None` if the program is missing or fails.
pub(crate) fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// When a program's output is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// Line by line.
    AsItComes,
    /// In one piece, of a program that others run beside.
    AtItsEnd,
}

/// Runs to the end and passes the output on while keeping it, because runners tell their counts only in their last lines.
pub(crate) fn tee(command: &mut Command, show: Show) -> Result<(ExitStatus, Vec<String>)> {
    tee_until_silent(command, show, SILENCE_MAX)
}

fn tee_until_silent(command: &mut Command, show: Show, silence_max: Duration) -> Result<(ExitStatus, Vec<String>)> {
    let (reader, writer) = io::pipe().context("no pipe for the output")?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("`{}` did not start", describe(command)))?;
    // The command keeps our end of the pipe open until it is told otherwise: the reader would never see the end.
    command.stdout(Stdio::null()).stderr(Stdio::null());

    let (line_sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n') {
            let Ok(line) = line else { break };
            if line_sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });

    let mut kept = Vec::new();
    let mut keep = |line: String| {
        if show == Show::AsItComes {
            print(slice::from_ref(&line))?;
        }
        kept.push(line);
        anyhow::Ok(())
    };
    let mut status = None;
    let mut heard = Instant::now();
    let mut was_ended = false;
    let mut until = None;
    while until.is_none_or(|until| Instant::now() < until) {
        match lines.recv_timeout(LOOK) {
            Ok(line) => {
                heard = Instant::now();
                keep(line)?;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        if status.is_none() && heard.elapsed() > silence_max {
            child.kill()?;
            was_ended = true;
        }
        if status.is_none() {
            status = child.try_wait()?;
            until = status.map(|_| Instant::now() + OUTPUT_GRACE);
        }
    }
    lines.try_iter().try_for_each(keep)?;
    if show == Show::AtItsEnd {
        print(&kept)?;
    }
    if was_ended {
        let silent_s = silence_max.as_secs();
        println!("`{}` was ended: it said nothing for {silent_s} s", describe(command));
    }
    let status = match status {
        Some(status) => status,
        None => child.wait()?,
    };
    Ok((status, kept))
}

fn print(lines: &[String]) -> Result<()> {
    let mut out = io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush().context("the output cannot be written")
}

pub(crate) fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|argument| argument.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, expected: &[&str], succeeds: bool) {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let (status, said) = tee_until_silent(&mut command, Show::AtItsEnd, Duration::from_secs(1)).expect("it starts");
        assert_eq!(
            (said, status.success()),
            (expected.iter().map(|line| (*line).to_owned()).collect(), succeeds),
            "{script}"
        );
    }

    #[test]
    fn whoever_says_something_is_waited_for() {
        check("echo one; echo two >&2; exit 3", &["one", "two"], false);
        check(
            "for word in one two three; do sleep 0.5; echo $word; done",
            &["one", "two", "three"],
            true,
        );
    }

    #[test]
    fn whoever_says_nothing_any_more_is_ended() {
        check("echo one; exec sleep 600", &["one"], false);
    }
}
