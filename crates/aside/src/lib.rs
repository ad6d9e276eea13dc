//! Work that takes long, aside from the threads that answer.
//!
//! A password that is hashed, keys that are made and a list that is walked far are milliseconds of a core each, and anybody may
//! ask for them. A pool of the runtime would give every one of them a thread as good as those that answer: a few strangers are
//! then as many threads as there are cores, and everybody waits for the system to come round. So each kind of such work has
//! few threads of its own, and they give way: the system lets them run when nobody else wants the core.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use tokio::sync::oneshot;

/// How much more these threads give way than the process that starts them: at 10 they are worth a tenth, which is little enough
/// for everybody else, and no standstill on a machine that is busy with other things.
const NICENESS: i32 = 10;

type Work = Box<dyn FnOnce() + Send>;

/// Some threads for one kind of work, which start with the first. What is asked of them waits in line; they end when this is
/// dropped and the line is empty.
#[derive(Debug)]
pub struct Aside {
    name: &'static str,
    threads: usize,
    line: OnceLock<Sender<Work>>,
}

/// Work has not come to its end.
#[derive(Debug, thiserror::Error)]
#[error("work beside the answering threads was broken off")]
pub struct BrokenOff;

impl Aside {
    /// So many threads, with this name.
    pub const fn new(name: &'static str, threads: usize) -> Aside {
        Aside {
            name,
            threads,
            line: OnceLock::new(),
        }
    }

    /// How many threads leave one core of this machine to everybody else: one at least.
    pub fn all_cores_but_one() -> usize {
        thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
    }

    /// Has something done, and waits for it. Whoever gives up waiting does not end it, unless it has not begun.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, BrokenOff> {
        let (done, outcome) = oneshot::channel();
        let work = move || {
            if !done.is_closed() {
                // Nobody may be waiting any more.
                let _ = done.send(work());
            }
        };
        let line = self.line.get_or_init(|| self.start());
        line.send(Box::new(work)).map_err(|_| BrokenOff)?;
        outcome.await.map_err(|_| BrokenOff)
    }

    /// Without any thread the line is closed, and all work broken off.
    fn start(&self) -> Sender<Work> {
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..self.threads {
            let receiver = Arc::clone(&receiver);
            let thread = thread::Builder::new().name(self.name.to_owned());
            if let Err(error) = thread.spawn(move || give_way_and_work(&receiver)) {
                tracing::error!(%error, name = self.name, "a thread could not be started");
            }
        }
        sender
    }
}

fn give_way_and_work(line: &Mutex<Receiver<Work>>) {
    // Of this thread alone, as Linux has it; elsewhere of the process, which is no reason to stop.
    // The whole process may give way already; a step past the last one is the last one.
    if cfg!(target_os = "linux")
        && let Err(error) = rustix::process::nice(NICENESS)
    {
        tracing::warn!(%error, "long work has the priority of everything else");
    }
    loop {
        let next = line.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        // Whoever waits for it hears that it was broken off; the next one wants this thread.
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who gives way to everybody.
    const LAST: i32 = 19;

    #[tokio::test]
    async fn work_is_done_by_threads_that_give_way() {
        let aside = Aside::new("long", 2);
        let name = || thread::current().name().map(str::to_owned);
        assert_eq!(aside.run(name).await.ok().flatten().as_deref(), Some("long"));
        let niceness = || rustix::process::getpriority_process(None).expect("Linux says");
        let long = aside.run(niceness).await.expect("it is done");
        // Whoever runs the tests may have all of them give way.
        assert_eq!(long, (niceness() + NICENESS).min(LAST));
    }

    #[tokio::test]
    async fn a_panic_ends_its_own_work_and_nothing_else() {
        let aside = Aside::new("long", 1);
        assert!(aside.run(|| panic!("on purpose")).await.is_err());
        assert_eq!(aside.run(|| 7).await.ok(), Some(7));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_begun() {
        let aside = Arc::new(Aside::new("long", 1));
        let (release, held) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let aside = Arc::clone(&aside);
            async move { aside.run(move || held.recv().is_ok()).await }
        });
        tokio::task::yield_now().await;
        let begun = Arc::new(Mutex::new(false));
        let given_up = {
            let begun = Arc::clone(&begun);
            let second = aside.run(move || *begun.lock().expect("nobody panics") = true);
            tokio::time::timeout(std::time::Duration::ZERO, second).await
        };
        assert!(given_up.is_err());
        release.send(()).expect("it waits");
        assert_eq!(first.await.expect("no panic").ok(), Some(true));
        aside
            .run(|| ())
            .await
            .expect("it comes after the one that was given up");
        assert!(!*begun.lock().expect("nobody panics"));
    }
}
