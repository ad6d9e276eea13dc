//! Every method of Google's contract, called by every kind of caller, and the answers compared with one table.
//!
//! The methods and their paths come from the descriptors, so one that is added is called too, and the test fails until its
//! rows are in `table.md`. That file is written to be read: it is the answer to "who may call what". After a change that is meant,
//! `UPDATE_EXPECT=1` writes it anew; whoever does that reads the difference as they would read code.

mod cast;
mod methods;
mod table;
#[path = "../serving/world.rs"]
#[expect(dead_code, reason = "shared with another binary, which uses the rest")]
mod world;

use cast::Cast;
use expect_test::expect_file;
use table::{Seen, Table};

#[tokio::test]
async fn who_may_call_what() {
    let mut cast = Cast::gather().await;
    let mut table = Table::default();
    for method in methods::all() {
        let mut seen = Vec::new();
        for caller in cast.callers() {
            let call = cast.prepare(&method).await;
            let token = caller.token.as_deref();
            let answer = cast.world.call(token, &call.verb, &call.path, &call.body).await;
            seen.push((caller.name, Seen::of(&answer)));
        }
        table.add(&method, seen);
    }
    expect_file!["table.md"].assert_eq(&table.to_string());
}
