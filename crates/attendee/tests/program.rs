//! The program, as tests in other languages speak with it.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use serde_json::Value;

#[test]
fn it_offers_and_ends_with_its_input() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_attend"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it was built beside this test");
    let mut asked = program.stdin.take().expect("it is piped");
    let mut told = BufReader::new(program.stdout.take().expect("it is piped")).lines();
    for number in [1, 2] {
        writeln!(asked, "{{\"offer\": {number}}}").expect("it reads");
        let line = told.next().expect("an answer").expect("text");
        let line: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(line["attendee"], number);
        let offer = line["offer"].as_str().expect("an offer");
        for part in ["v=0\r\n", "m=audio", "a=fingerprint:sha-256", "m=application"] {
            assert!(offer.contains(part), "{part} is not in {offer}");
        }
    }
    drop(asked);
    assert!(program.wait().expect("it was started").success());
    assert!(told.next().is_none());
}

#[test]
fn it_says_what_it_did_not_understand() {
    for line in ["hello", "{\"accept\": 7, \"answer\": \"v=0\"}"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_attend"))
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it was built beside this test");
        let mut asked = program.stdin.take().expect("it is piped");
        writeln!(asked, "{line}").expect("it reads");
        let output = program.wait_with_output().expect("it was started");
        assert!(!output.status.success(), "{line}");
        assert!(!output.stderr.is_empty(), "{line}");
    }
}
