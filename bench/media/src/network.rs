//! A network of this program's own, in which there is an address that is not the loopback's.
//!
//! Janus has its candidates from libnice, which leaves out whatever belongs to the loopback interface. So where Janus is measured all of it
//! happens in a namespace with a pair of interfaces, and nothing of it is seen by whoever else is on the machine. What is sent to an address
//! of the machine's own goes by the loopback all the same, whichever it is, so that nobody has a longer way.

use std::{env, net::Ipv4Addr, os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Error, Result, ensure};

pub(crate) const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

/// What tells the program that it is in there.
pub(crate) const INSIDE: &str = "--inside";

/// Becomes this very program again, inside; says why if it cannot.
pub(crate) fn again_inside() -> Error {
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => return error.into(),
    };
    let error = Command::new("unshare")
        .args(["--map-root-user", "--net", "--"])
        .arg(program)
        .args(env::args_os().skip(1))
        .arg(INSIDE)
        .exec();
    Error::from(error).context("there is no unshare: it is in Debian's package util-linux")
}

/// Gives the namespace its interfaces.
pub(crate) fn lay() -> Result<()> {
    let address = format!("{ADDRESS}/24");
    for words in [
        "link set lo up",
        "link add bench type veth peer name bench-end",
        &format!("addr add {address} dev bench"),
        "link set bench up",
        "link set bench-end up",
    ] {
        let status = Command::new("ip").args(words.split(' ')).status();
        let status = status.context("there is no ip: it is in Debian's package iproute2")?;
        ensure!(status.success(), "`ip {words}` failed in a namespace of our own");
    }
    Ok(())
}
