//! `cargo xtask test`: all the steps, one line for each, and one closing line that sums all runners.
//!
//! A failing step fails the run at its end: what does not depend on it still runs, so one run tells everything.

use std::time::Instant;

use crate::{
    steps::{STEPS, Step},
    tally::Tally,
};

/// Runs the chosen steps, or all; true if nothing failed.
pub(crate) fn run(only: &[&'static Step], filter: Option<&str>) -> bool {
    let started = Instant::now();
    let mut sum = Tally::default();
    let mut failed_steps: Vec<&str> = Vec::new();
    let mut report = Vec::new();
    for step in STEPS
        .iter()
        .filter(|step| only.is_empty() || only.iter().any(|chosen| chosen.name == step.name))
    {
        let (tally, line) = run_step(step, filter, &failed_steps);
        if tally.failed > 0 {
            failed_steps.push(step.name);
        }
        sum += tally;
        println!("{line}\n");
        report.push(line);
    }
    println!("In {} s:", started.elapsed().as_secs());
    for line in report {
        println!("  {line}");
    }
    println!("{sum}");
    sum.failed == 0
}

fn run_step(step: &Step, filter: Option<&str>, failed_steps: &[&str]) -> (Tally, String) {
    if let Some(missing) = step.needs.iter().find(|need| failed_steps.contains(need)) {
        return (
            Tally::FAILED,
            format!("{}: not run, because `{missing}` failed", step.name),
        );
    }
    println!("== {}", step.name);
    let started = Instant::now();
    let (tally, outcome) = match (step.run)(filter) {
        Ok(tally) => (tally, tally.to_string()),
        Err(error) => (Tally::FAILED, format!("failed: {error:#}")),
    };
    (
        tally,
        format!("{}: {outcome}, in {:.1} s", step.name, started.elapsed().as_secs_f64()),
    )
}
