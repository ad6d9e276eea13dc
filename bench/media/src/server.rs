//! The other process, as this one sees it.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    Threads,
    order::{Answer, Order},
    reading::Reading,
};

/// A media plane in a process of its own, until this is dropped.
pub(crate) struct Server {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start(estimates: bool, threads: Threads) -> Result<Server> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("serve").args(estimates.then_some("--estimate"));
        command.args(["--threads", &threads.count.to_string()]);
        command.args(threads.spread.then_some("--spread"));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take().context("it was piped")?;
        let answers = BufReader::new(process.stdout.take().context("it was piped")?);
        Ok(Server {
            process,
            orders,
            answers,
        })
    }

    pub(crate) fn order(&mut self, order: &Order) -> Result<Answer> {
        writeln!(self.orders, "{}", serde_json::to_string(order)?)?;
        self.orders.flush()?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        serde_json::from_str(&answer).context("the server ended")
    }

    pub(crate) fn read(&mut self) -> Result<Reading> {
        match self.order(&Order::Read)? {
            Answer::Read(reading) => Ok(reading),
            other => bail!("no reading: {other:?}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already has.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
