//! Starting other programs, with errors that name the program and the next step.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Command, ExitStatus, Stdio},
    slice,
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// How long a runner's forgotten child may hold its output open after the runner itself has ended.
const OUTPUT_GRACE: Duration = Duration::from_secs(5);

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
    let (ended_sender, ended) = mpsc::channel();
    thread::spawn(move || ended_sender.send(child.wait()));

    let mut kept = Vec::new();
    let mut status = None;
    loop {
        let wait = if status.is_some() {
            OUTPUT_GRACE
        } else {
            Duration::from_millis(200)
        };
        match lines.recv_timeout(wait) {
            Ok(line) => {
                if show == Show::AsItComes {
                    print(slice::from_ref(&line))?;
                }
                kept.push(line);
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) if status.is_some() => break,
            Err(mpsc::RecvTimeoutError::Timeout) => status = ended.try_recv().ok(),
        }
    }
    if show == Show::AtItsEnd {
        print(&kept)?;
    }
    let status = match status {
        Some(status) => status,
        None => ended.recv().context("the runner was lost")?,
    };
    Ok((
        status.with_context(|| format!("`{}` was lost", describe(command)))?,
        kept,
    ))
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
