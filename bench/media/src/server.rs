//! The other process, as this one sees it.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{
    Threads,
    client::{Client, Part},
    crowd::{Entrance, Stage},
    host::Host,
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
}

impl Host for Server {
    fn join(&mut self, room: usize, session: &str, part: Part, crowd: &Entrance) -> Result<()> {
        let (mut client, offer) = Client::attending(part)?;
        let session = session.to_owned();
        let Answer::Joined { answer } = self.order(&Order::Join { session, room, offer })? else {
            bail!("nobody is let in");
        };
        client.accept(&answer)?;
        crowd.add(client)
    }

    fn seat(&mut self) -> Result<()> {
        Ok(())
    }

    fn read(&mut self, _: &Stage) -> Result<Reading> {
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
