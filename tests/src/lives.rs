//! Lives of a server that end by a kill.

use crate::{Seed, Server};
use anyhow::{Result, ensure};
use std::{
    net::SocketAddr,
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

const FIRST_ACT_WITHIN: Duration = Duration::from_secs(30);

/// Clients are busy until the process is killed under them: so many milliseconds after it began, but not before one of them has had
/// something done, which takes its time on a busy machine.
///
/// A failed act ends that client's life early, since the next one would fail as well.
pub fn live_and_die(
    server: Server,
    clients: u64,
    life_ms: Range<u64>,
    seed: &mut Seed,
    act: impl Fn(SocketAddr, &mut Seed) -> Result<()> + Sync,
) -> Result<()> {
    let (address, act) = (server.address(), &act);
    let (is_dead, has_acted) = (&AtomicBool::new(false), &AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..clients {
            let mut choices = seed.split();
            scope.spawn(move || {
                while !is_dead.load(Ordering::Relaxed) && act(address, &mut choices).is_ok() {
                    has_acted.store(true, Ordering::Relaxed);
                }
            });
        }
        let began = Instant::now();
        thread::sleep(Duration::from_millis(
            life_ms.start + seed.below(life_ms.end - life_ms.start),
        ));
        while !has_acted.load(Ordering::Relaxed) && began.elapsed() < FIRST_ACT_WITHIN {
            thread::sleep(Duration::from_millis(10));
        }
        let killed = server.kill();
        is_dead.store(true, Ordering::Relaxed);
        ensure!(
            has_acted.load(Ordering::Relaxed),
            "nothing was done in {FIRST_ACT_WITHIN:?}"
        );
        killed
    })
}
