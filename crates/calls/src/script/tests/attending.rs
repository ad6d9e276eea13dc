//! A call that leads into a meeting: PINs, the door, keys in it, and what is told.

use super::*;

fn keys(world: &mut World, keys: &str) {
    for key in keys.chars() {
        world.happens(Input::Digit(key));
    }
}

/// A call to a number that leads to meetings, as far as the question for the PIN.
fn at_the_door() -> World {
    let mut world = World::begin(&["meet:"], None);
    world.did("it answers", &["answer"]);
    world.happens(Input::Answered);
    world.did("it asks", &["announce KeyIn"]);
    world
}

fn joined() -> Input {
    let session = "conferenceRecords/c/participants/p/participantSessions/s".to_owned();
    Input::Meeting(MeetingNews::Joined { session })
}

fn parted(parting: Parting) -> Input {
    Input::Meeting(MeetingNews::Parted(parting))
}

#[test]
fn somebody_keys_in_a_pin_and_is_in_a_meeting() {
    let mut world = at_the_door();
    world.happens(Input::Heard);
    keys(&mut world, "1234567890#");
    world.did("with the hash key", &[r#"attend Pin("1234567890")"#]);
    world.happens(Input::Meeting(MeetingNews::Waiting));
    world.did("waits", &["tell Waiting"]);
    world.pass(45);
    world.did("waits on", &["tell Waiting", "tell Waiting"]);
    world.happens(joined());
    world.did("is in", &["tell Joined"]);
    keys(&mut world, "*6*9*6");
    let expected = [
        "wish Mute(true)",
        "tell Muted",
        "wish RaiseHand(true)",
        "tell HandRaised",
        "wish Mute(false)",
        "tell Unmuted",
    ];
    world.did("keys", &expected);
    keys(&mut world, "6*7*#9");
    world.did("other keys", &[]);
    world.happens(Input::Meeting(MeetingNews::Recorded(true)));
    world.happens(Input::Meeting(MeetingNews::Recorded(false)));
    world.did("is told of a recording", &["tell Recorded", "tell NotRecorded"]);
    keys(&mut world, "*3");
    world.did("is not asked", &[]);
    world.happens(Input::Meeting(MeetingNews::Asked));
    keys(&mut world, "*3");
    world.did("is asked, and agrees", &["tell Asked", "wish BeRecorded(true)"]);
    world.happens(Input::Meeting(MeetingNews::Agreed(true)));
    keys(&mut world, "*3");
    world.happens(Input::Meeting(MeetingNews::Agreed(false)));
    let expected = ["tell Agreed", "wish BeRecorded(false)", "tell Withdrawn"];
    world.did("takes it back", &expected);
    world.happens(Input::Meeting(MeetingNews::Muted));
    world.did("is muted", &["tell MutedByHost"]);
    keys(&mut world, "*6");
    world.did("is heard again", &["wish Mute(false)", "tell Unmuted"]);
    world.happens(parted(Parting::Ended));
    world.did("it is over", &["leavemeeting", "announce Ended"]);
    world.happens(Input::Heard);
    world.did("and so is the call", &["hangup"]);
    assert!(world.script.is_over());
}

#[test]
fn a_pin_is_keyed_in_over_the_question_and_without_the_hash_key() {
    let mut world = at_the_door();
    keys(&mut world, "12*1234567890");
    world.did("begins anew", &["hush"]);
    world.pass(2);
    world.did("more may come", &[]);
    world.pass(1);
    world.did("none came", &[r#"attend Pin("1234567890")"#]);
    let mut world = at_the_door();
    keys(&mut world, "1234567890123");
    world.did(
        "the whole is waited for no longer",
        &["hush", r#"attend Pin("1234567890123")"#],
    );
}

#[test]
fn three_wrong_pins_are_the_end() {
    let mut world = at_the_door();
    for (turn, expected) in [
        (1, "announce WrongPin"),
        (2, "announce WrongPin"),
        (3, "announce TooManyWrong"),
    ] {
        keys(&mut world, "1#");
        world.done.clear();
        world.happens(Input::Unattended(Unattended::NotFound));
        world.did(&format!("turn {turn}"), &[expected]);
    }
    world.happens(Input::Heard);
    world.did("and then", &["hangup"]);
    let mut world = at_the_door();
    world.happens(Input::Heard);
    world.pass(12);
    world.did("nothing was keyed in", &["announce WrongPin"]);
}

#[test]
fn whoever_is_not_let_in_hears_why() {
    for (input, expected) in [
        (Input::Unattended(Unattended::LockedOut), "announce LockedOut"),
        (Input::Unattended(Unattended::Full), "announce Full"),
        (Input::Unattended(Unattended::Refused), "announce Unavailable"),
        (Input::Unattended(Unattended::Unavailable), "announce Unavailable"),
        (parted(Parting::Denied), "announce Denied"),
        (parted(Parting::Unanswered), "announce Denied"),
        (parted(Parting::Removed), "announce Removed"),
        (parted(Parting::Full), "announce Full"),
        (parted(Parting::Lost), "announce Unavailable"),
    ] {
        let mut world = at_the_door();
        keys(&mut world, "1#");
        world.done.clear();
        world.happens(input.clone());
        assert_eq!(world.done.last().map(String::as_str), Some(expected), "{input:?}");
        world.happens(Input::Heard);
        assert!(world.script.is_over());
    }
}

#[test]
fn a_document_sends_a_call_into_a_meeting() {
    let mut world = World::up("<Call NextUri=\"after\"><Endpoint>meet:abc-mnop-xyz</Endpoint></Call>");
    world.did("named", &[r#"attend Name("abc-mnop-xyz")"#]);
    world.happens(Input::Unattended(Unattended::NotFound));
    world.did("is not there", &["announce TooManyWrong"]);
    let mut world = World::up("<Call NextUri=\"after\"><Endpoint>meet:abc-mnop-xyz</Endpoint></Call>");
    world.happens(joined());
    world.done.clear();
    world.pass(60);
    world.happens(parted(Parting::Removed));
    world.done.clear();
    world.happens(Input::Heard);
    let session = "conferenceRecords/c/participants/p/participantSessions/s";
    let expected =
        format!("ask calls/after action=MEETING bridged=true durationSeconds=60 participantSession={session}");
    world.did("what came of it", &[&expected]);
    let mut world = World::up("<Redirect>meet:jQCFfuBOdN5z</Redirect>");
    world.did("the same", &[r#"attend Name("jQCFfuBOdN5z")"#]);
    world.happens(Input::Ended);
    world.did("hung up", &["leavemeeting"]);
}
