//! Somebody who is called out of a call: who rings, who hears what, and when two are connected.

use super::*;

#[test]
fn somebody_is_called_and_connected() {
    let mut world = World::up("<Call TimeoutSeconds=\"20\" CallerId=\"ada\" NextUri=\"after\">sip:bo@b.example</Call>");
    world.did("it rings", &["ring", "dial r1 sip:bo@b.example ada 20"]);
    world.child("r1", Did::Answered);
    world.did("the two speak", &["hush", "connect r1"]);
    world.happens(Input::Digit('5'));
    world.child("r1", Did::Digit('7'));
    world.did("keys go through", &["press 5 for r1", "press 7"]);
    world.pass(12);
    world.child("r1", Did::Ended(CallState::Completed));
    let asked = "ask calls/after action=CALL bridged=true call=projects/p/calls/r1 durationSeconds=12 state=COMPLETED";
    world.did("the other hangs up", &[asked]);
}

#[test]
fn whoever_calls_hangs_up_on_all_who_are_called() {
    let mut world = World::up("<Call><Endpoint>tel:+4420</Endpoint><Endpoint>tel:+4930</Endpoint></Call>");
    world.did(
        "both ring",
        &["ring", "dial r1 tel:+4420  600", "dial r2 tel:+4930  600"],
    );
    world.happens(Input::Ended);
    world.did("neither does any more", &["hangup r1", "hangup r2"]);
    assert!(world.script.is_over());
}

#[test]
fn who_is_tried_and_who_is_it() {
    use CallState::{Busy, Completed, Failed, NotAnswered};
    use Did::{Answered, Ended};

    let three = "<Endpoint>sip:a@x</Endpoint><Endpoint>sip:b@x</Endpoint><Endpoint>sip:c@x</Endpoint>";
    let dial = |place: usize| format!("dial r{place} sip:{}@x  600", ["a", "b", "c"][place - 1]);
    let check = |strategy: &str, happens: &[(&str, Did)], expected: &[&str]| {
        let mut world = World::up(&format!("<Call Strategy=\"{strategy}\">{three}</Call>"));
        let all = ["ring".to_owned(), dial(1), dial(2), dial(3)];
        let begun = if strategy == "simultaneous" {
            &all[..]
        } else {
            &all[..2]
        };
        let begun: Vec<&str> = begun.iter().map(String::as_str).collect();
        world.did(strategy, &begun);
        for (child, did) in happens {
            world.child(child, *did);
        }
        let expected: Vec<String> = expected
            .iter()
            .map(|did| match *did {
                "dial r2" => dial(2),
                "dial r3" => dial(3),
                other => other.to_owned(),
            })
            .collect();
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        world.did(&format!("{strategy} {happens:?}"), &expected);
    };
    check(
        "simultaneous",
        &[("r2", Answered)],
        &["hangup r1", "hangup r3", "hush", "connect r2"],
    );
    check(
        "simultaneous",
        &[("r2", Answered), ("r1", Answered)],
        &["hangup r1", "hangup r3", "hush", "connect r2", "hangup r1"],
    );
    check("simultaneous", &[("r1", Ended(Busy)), ("r2", Ended(Failed))], &[]);
    check(
        "simultaneous",
        &[("r1", Ended(Busy)), ("r2", Ended(Failed)), ("r3", Ended(NotAnswered))],
        &["hush", "hangup"],
    );
    check("linear", &[("r1", Ended(Busy))], &["dial r2"]);
    check(
        "linear",
        &[("r1", Ended(Busy)), ("r2", Ended(NotAnswered)), ("r3", Answered)],
        &["dial r2", "dial r3", "hush", "connect r3"],
    );
    check(
        "linear",
        &[("r1", Answered), ("r1", Ended(Completed))],
        &["hush", "connect r1", "hangup"],
    );
    check("failover", &[("r1", Ended(Failed))], &["dial r2"]);
    check("failover", &[("r1", Ended(Busy))], &["hush", "hangup"]);
    check("failover", &[("r9", Answered)], &[]);
}

#[test]
fn an_announcement_is_heard_in_place_of_ringing() {
    let mut world =
        World::up("<Call Strategy=\"linear\"><Endpoint>sip:a@x</Endpoint><Endpoint>sip:b@x</Endpoint></Call>");
    world.did("it rings", &["ring", "dial r1 sip:a@x  600"]);
    world.child("r1", Did::Announced);
    world.did("its network speaks", &["hush", "overhear r1"]);
    world.child("r1", Did::Announced);
    world.did("that is known", &[]);
    world.child("r1", Did::Ended(CallState::Busy));
    world.did("the next one rings", &["dial r2 sip:b@x  600", "ring"]);
    world.child("r2", Did::Answered);
    world.did("and answers", &["hush", "connect r2"]);

    let check = |document: &str| {
        let mut world = World::up(document);
        world.done.clear();
        world.child("r1", Did::Announced);
        world.did(document, &[]);
    };
    check("<Call RingAudioUri=\"ring.wav\">sip:a@x</Call>");
    check("<Call><Endpoint>sip:a@x</Endpoint><Endpoint>sip:b@x</Endpoint></Call>");
    check("<Call><Endpoint WhisperAudioUri=\"tts:A\">sip:a@x</Endpoint></Call>");
    check("<Call><Endpoint ScreenAudioUri=\"tts:A\">sip:a@x</Endpoint></Call>");
}

#[test]
fn whoever_answers_hears_something_first() {
    let mut world = World::up("<Call WhisperAudioUri=\"tts:A%20customer\" RingAudioUri=\"ring.wav\">sip:a@x</Call>");
    assert_eq!(world.done.len(), 2);
    world.done.clear();
    world.child("r1", Did::Answered);
    world.did("it is told", &["say A customer to r1"]);
    world.child("r1", Did::Heard);
    world.did("and connected", &["hush", "connect r1"]);
}

#[test]
fn whoever_answers_has_to_press_a_key() {
    let screened = "<Call Strategy=\"linear\"><Endpoint ScreenAudioUri=\"screen.wav\">sip:a@x</Endpoint><Endpoint>sip:b@x</Endpoint></Call>";
    let check = |name: &str, happens: &dyn Fn(&mut World), expected: &[&str]| {
        let mut world = World::up(screened);
        world.done.clear();
        world.child("r1", Did::Answered);
        world.did(name, &["play https://app.example/calls/screen.wav to r1"]);
        happens(&mut world);
        world.did(name, expected);
    };
    check(
        "a key",
        &|world| world.child("r1", Did::Digit('1')),
        &["hush", "connect r1"],
    );
    check(
        "no key",
        &|world| {
            world.child("r1", Did::Heard);
            world.pass(10);
            world.child("r1", Did::Ended(CallState::Completed));
        },
        &["hangup r1", "dial r2 sip:b@x  600"],
    );
    check(
        "not yet",
        &|world| {
            world.child("r1", Did::Heard);
            world.pass(9);
        },
        &[],
    );
}

#[test]
fn two_speak_for_so_long_and_no_longer() {
    let mut world = World::up("<Call MaxDurationSeconds=\"60\">sip:a@x</Call><Say>Bye.</Say>");
    world.done.clear();
    world.child("r1", Did::Answered);
    world.pass(60);
    world.child("r1", Did::Ended(CallState::Completed));
    world.did("then it goes on", &["hush", "connect r1", "hangup r1", "say Bye."]);
}

#[test]
fn how_long_two_speak_is_counted_from_when_they_do() {
    let mut world = World::up("<Wait DurationSeconds=\"3600\"/><Call>sip:a@x</Call><Say>Bye.</Say>");
    world.pass(3_600);
    world.child("r1", Did::Answered);
    world.done.clear();
    world.pass(4 * 3_600 - 1);
    world.did("not yet", &[]);
    world.pass(1);
    world.did("four hours, in the fifth of the call", &["hangup r1"]);
}

#[test]
fn a_bridge_is_recorded_from_when_it_is_one() {
    let mut world = World::up("<RecordCall Trigger=\"bridge\"/><Call>sip:a@x</Call>");
    world.did("not before", &["ring", "dial r1 sip:a@x  600"]);
    world.child("r1", Did::Answered);
    world.did("from then", &["hush", "connect r1", "recordcall"]);
}

#[test]
fn a_call_that_is_made_asks_once_it_is_answered() {
    let config = RecordingConfig {
        trigger: Trigger::Answer,
        trims_silence: false,
        ready_uri: None,
    };
    let mut world = World::of(Script::dialled(vec![HANDLER.to_owned()], Some(config), ("p", "c")));
    world.did("nobody is asked yet", &[]);
    world.happens(Input::Answered);
    world.did("it is up", &["recordcall", "ask calls/begin"]);
    world.document(HANDLER, "<Say>Hello.</Say>");
    world.did("it speaks", &["say Hello."]);
    let mut nobody = World::of(Script::dialled(vec![HANDLER.to_owned()], None, ("p", "c")));
    nobody.happens(Input::Ended);
    assert!(nobody.script.is_over());
    nobody.did("nobody answered", &[]);
}

#[test]
fn a_telephone_may_say_what_to_do() {
    let mut world = World::begin(&["sip:a@x", HANDLER], None);
    world.did("whoever calls is answered", &["answer"]);
    world.happens(Input::Answered);
    world.did("and it is called", &["ring", "dial r1 sip:a@x  600"]);
    world.child("r1", Did::Ended(CallState::Failed));
    world.did("or else the next is asked", &["hush", "ask calls/begin"]);
    let mut transferred = World::up("<Redirect>tel:+4420</Redirect>");
    transferred.did("a redirection is a call", &["ring", "dial r1 tel:+4420  600"]);
}
