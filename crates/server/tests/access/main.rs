//! Every method of every contract, called by every kind of caller, and the answers compared with a table for each contract.
//!
//! The methods and their paths come from the descriptors, so one that is added is called too, and the test fails until its
//! rows are in the table. The tables are written to be read: they are the answer to "who may call what", and `table.md` says how
//! to read them. After a change that is meant, `UPDATE_EXPECT=1` writes them anew; whoever does that reads the difference as
//! they would read code.

mod callers;
mod cases;
mod cast;
mod conference;
mod enumerations;
mod graph;
mod methods;
mod numbering;
mod requests;
mod robot;
mod subscriptions;
mod table;
mod things;
mod voice;
#[path = "../serving/world.rs"]
#[expect(dead_code, reason = "shared with another binary, which uses the rest")]
mod world;

use cases::Case;
use cast::Cast;
use expect_test::{ExpectFile, expect_file};
use methods::Contract;
use table::{Seen, Table};

#[test]
fn everybody_who_calls_is_introduced() {
    let rows = include_str!("table.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| "));
    let introduced = rows.filter_map(|row| row.split(" | ").next()).skip(1);
    let names = callers::CALLERS.map(|(name, _)| name);
    assert_eq!(introduced.collect::<Vec<_>>(), names);
}

#[tokio::test]
async fn who_may_call_what_of_the_meet_api() {
    check(methods::MEET, &expect_file!["table/meet.md"]).await;
}

#[tokio::test]
async fn who_may_call_what_of_our_own_contract() {
    check(methods::OWN, &expect_file!["table/own.md"]).await;
}

#[tokio::test]
async fn who_may_call_what_of_the_people_api() {
    check(methods::PEOPLE, &expect_file!["table/people.md"]).await;
}

#[test]
fn every_service_is_in_a_table() {
    let mut outside = methods::services_outside(&[methods::MEET, methods::OWN, methods::PEOPLE]);
    outside.retain(|service| {
        let mut known = voice::services().chain(numbering::services());
        known.all(|known| known != *service)
    });
    assert_eq!(outside, [""; 0], "give them a table");
}

async fn check(contract: Contract, expected: &ExpectFile) {
    let methods = methods::of(contract);
    let mut table = Table::new(contract);
    // What is done to one service leaves no trace in the answers of the next.
    for service in methods.chunk_by(|method, next| method.service() == next.service()) {
        let mut cast = Box::pin(Cast::gather()).await;
        for method in service {
            for case in Case::of(method) {
                let mut seen = Vec::new();
                for caller in cast.callers() {
                    let call = cast.prepare(method, case, &caller).await;
                    let answer = caller.ask(&cast.world, &call).await;
                    cast.answered(method, &answer);
                    seen.push((caller.name, Seen::of(&answer)));
                }
                table.add(method, case, seen);
            }
        }
    }
    expected.assert_eq(&table.to_string());
}
