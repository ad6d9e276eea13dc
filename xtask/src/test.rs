//! `cargo xtask test`: all the steps, one line for each, and one closing line that sums all runners.
//!
//! A failing step fails the run at its end: what does not depend on it still runs, so one run tells everything.

use std::{thread, time::Instant};

use crate::{
    process::Show,
    steps::{Asked, STEPS, Step},
    tally::Tally,
};

/// Runs the chosen steps, or all; true if nothing failed.
pub(crate) fn run(only: &[&'static Step], filter: Option<&str>) -> bool {
    let started = Instant::now();
    let mut sum = Tally::default();
    let mut failed_steps: Vec<&str> = Vec::new();
    let mut report = Vec::new();
    let is_chosen = |step: &&Step| only.is_empty() || only.iter().any(|chosen| chosen.name == step.name);
    let chosen: Vec<&Step> = STEPS.iter().filter(is_chosen).collect();
    for together in chosen.chunk_by(|_, next| next.beside) {
        for (step, (tally, line)) in together.iter().zip(run_together(together, filter, &failed_steps)) {
            if tally.failed > 0 {
                failed_steps.push(step.name);
            }
            sum += tally;
            report.push(line);
        }
    }
    println!("In {} s:", started.elapsed().as_secs());
    for line in report {
        println!("  {line}");
    }
    println!("{sum}");
    sum.failed == 0
}

/// Runs steps beside each other; of more than one, each is shown when it has ended.
fn run_together(steps: &[&Step], filter: Option<&str>, failed_steps: &[&str]) -> Vec<(Tally, String)> {
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    println!("== {}", names.join(", "));
    let show = if steps.len() > 1 {
        Show::AtItsEnd
    } else {
        Show::AsItComes
    };
    let asked = Asked { filter, show };
    thread::scope(|scope| {
        let run = |step| scope.spawn(move || run_step(step, asked, failed_steps));
        let running: Vec<_> = steps.iter().copied().map(run).collect();
        let ended = running.into_iter().map(|step| step.join().expect("no step panics"));
        ended.collect()
    })
}

fn run_step(step: &Step, asked: Asked, failed_steps: &[&str]) -> (Tally, String) {
    let (tally, line) = outcome_of(step, asked, failed_steps);
    println!("{line}\n");
    (tally, line)
}

fn outcome_of(step: &Step, asked: Asked, failed_steps: &[&str]) -> (Tally, String) {
    if let Some(missing) = step.needs.iter().find(|need| failed_steps.contains(need)) {
        return (
            Tally::FAILED,
            format!("{}: not run, because `{missing}` failed", step.name),
        );
    }
    let started = Instant::now();
    let (tally, outcome) = match (step.run)(asked) {
        Ok(tally) => (tally, tally.to_string()),
        Err(error) => (Tally::FAILED, format!("failed: {error:#}")),
    };
    (
        tally,
        format!("{}: {outcome}, in {:.1} s", step.name, started.elapsed().as_secs_f64()),
    )
}
