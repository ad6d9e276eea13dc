//! Calls as tables: what happens at which second, and what follows.

use super::{asking::APOLOGY, *};
use crate::{
    CallState,
    document::{Prompt, Sound},
    meetings::{Parting, Unattended},
};

const HANDLER: &str = "https://app.example/calls/begin";

/// A script, and what it did as short texts.
struct World {
    script: Script,
    now_us: i64,
    ids: u32,
    done: Vec<String>,
}

impl World {
    fn begin(handlers: &[&str], recording: Option<RecordingConfig>) -> World {
        let handlers = handlers.iter().map(|uri| (*uri).to_owned()).collect();
        let (script, effects) = Script::begin(handlers, recording, ("p", "c"));
        let mut world = World::of(script);
        world.note(effects);
        world
    }

    fn of(script: Script) -> World {
        World {
            script,
            now_us: 0,
            ids: 0,
            done: vec![],
        }
    }

    /// Somebody who is called out of it does something.
    fn child(&mut self, id: &str, did: Did) {
        let id = id.to_owned();
        self.happens(Input::Child { id, did });
    }

    /// A call that is up, whose document says this.
    fn up(body: &str) -> World {
        let mut world = World::begin(&[HANDLER], None);
        world.document(HANDLER, body);
        world.happens(Input::Answered);
        let begun = std::mem::take(&mut world.done);
        assert_eq!(begun[..2], ["ask calls/begin", "answer"]);
        world.done = begun[2..].to_vec();
        world
    }

    fn note(&mut self, effects: Vec<Effect>) {
        self.done.extend(effects.into_iter().map(|effect| {
            match effect {
                Effect::Ask { uri, parameters } => {
                    let parameters: Vec<String> = parameters
                        .iter()
                        .map(|(name, value)| format!("{name}={value}"))
                        .collect();
                    format!(
                        "ask {} {}",
                        uri.trim_start_matches("https://app.example/"),
                        parameters.join(" ")
                    )
                    .trim_end()
                    .to_owned()
                }
                Effect::Hear(Prompt {
                    sound: Sound::Text { text, .. },
                    ..
                }) => format!("say {text}"),
                Effect::Hear(Prompt {
                    sound: Sound::File(uri),
                    loops,
                }) => format!("play {uri} {loops}"),
                Effect::Hear(Prompt {
                    sound: Sound::Announcement(words),
                    ..
                }) => format!("announce {words:?}"),
                Effect::Tell(words) => format!("tell {words:?}"),
                Effect::Attend(sought) => format!("attend {sought:?}"),
                Effect::Wish(wish) => format!("wish {wish:?}"),
                Effect::Fail { code, message } => format!("fail {code} {message}"),
                Effect::Refuse(refusal) => format!("refuse {}", refusal.status),
                Effect::BeginRecording { id, .. } => format!("record {id}"),
                Effect::Press(keys) => format!("press {keys}"),
                Effect::Label { key, value } => format!("label {key}={value}"),
                Effect::Dial {
                    child,
                    to,
                    caller,
                    timeout_s,
                } => format!("dial {child} {to} {} {timeout_s}", caller.unwrap_or_default()),
                Effect::HearFor { child, sound } => match sound {
                    Sound::Text { text, .. } => format!("say {text} to {child}"),
                    Sound::File(uri) => format!("play {uri} to {child}"),
                    Sound::Announcement(words) => format!("announce {words:?} to {child}"),
                },
                Effect::PressFor { child, key } => format!("press {key} for {child}"),
                Effect::Overhear(child) => format!("overhear {child}"),
                Effect::Connect(child) => format!("connect {child}"),
                Effect::HangUpOn(child) => format!("hangup {child}"),
                Effect::BeginStream(id) => format!("stream {id}"),
                other => format!("{other:?}")
                    .split([' ', '('])
                    .next()
                    .expect("a word")
                    .to_ascii_lowercase(),
            }
        }));
    }

    fn happens(&mut self, input: Input) {
        let ids = &mut self.ids;
        let effects = self.script.handle(input, self.now_us, || {
            *ids += 1;
            format!("r{ids}")
        });
        self.note(effects);
    }

    /// The handler answers with this.
    fn document(&mut self, uri: &str, body: &str) {
        self.happens(Input::Document {
            uri: uri.to_owned(),
            text: format!("<Response>{body}</Response>"),
        });
    }

    /// Time passes; deadlines come when they come.
    fn pass(&mut self, seconds: i64) {
        let end_us = self.now_us + 1_000_000 * seconds;
        while let Some(deadline) = self.script.deadline().filter(|deadline| *deadline <= end_us) {
            self.now_us = deadline.max(self.now_us);
            self.happens(Input::Clock);
        }
        self.now_us = end_us;
    }

    fn did(&mut self, name: &str, expected: &[&str]) {
        assert_eq!(std::mem::take(&mut self.done), expected, "{name}");
    }
}

#[test]
fn a_voicemail() {
    let mut world = World::begin(&[HANDLER], None);
    world.did("it asks", &["ask calls/begin"]);
    world.document(HANDLER, "<Say>Speak.</Say><Record NextUri=\"done\"/>");
    world.did("it answers before anybody hears it", &["answer"]);
    world.happens(Input::Answered);
    world.did("it speaks", &["say Speak."]);
    world.happens(Input::Heard);
    world.did("it beeps", &["beep"]);
    world.happens(Input::Digit('#'));
    world.did("a key before the begin is nothing", &[]);
    world.happens(Input::Heard);
    world.did("it records", &["record r1"]);
    world.pass(7);
    world.happens(Input::Quiet { ms: 300 });
    world.happens(Input::Digit('#'));
    let asked = "ask calls/done action=RECORD estimatedDurationSeconds=7 recording=projects/p/calls/c/recordings/r1";
    world.did("a key ends it", &["endrecording", asked]);
    world.document("https://app.example/calls/done", "");
    world.did("nothing more is to be done", &["hangup"]);
    assert!(world.script.is_over() && world.script.deadline().is_none());
}

#[test]
fn how_a_recording_ends() {
    let check = |name: &str, happens: &dyn Fn(&mut World), expected: &[&str]| {
        let mut world = World::begin(&[HANDLER], None);
        world.document(
            HANDLER,
            "<Record PlayBeep=\"false\" MaxDurationSeconds=\"20\" TimeoutSeconds=\"3\"/><Wait/>",
        );
        world.happens(Input::Answered);
        world.did(name, &["ask calls/begin", "answer", "record r1"]);
        happens(&mut world);
        world.did(name, expected);
    };
    check("the longest there may be", &|world| world.pass(20), &["endrecording"]);
    check("not yet", &|world| world.pass(19), &[]);
    check(
        "a silence",
        &|world| world.happens(Input::Quiet { ms: 3_000 }),
        &["endrecording"],
    );
    check(
        "a short silence",
        &|world| world.happens(Input::Quiet { ms: 2_900 }),
        &[],
    );
    check("another key", &|world| world.happens(Input::Digit('1')), &[]);
    check(
        "the caller is gone",
        &|world| world.happens(Input::Ended),
        &["endrecording"],
    );
}

#[test]
fn a_menu() {
    let menu = "<Input MaxDigitCount=\"3\" TimeoutSeconds=\"4\" NextUri=\"./chosen?a=b\"><Say>One or two?</Say><Play>x.mp3</Play></Input>";
    let check = |name: &str, happens: &dyn Fn(&mut World), expected: &[&str]| {
        let mut world = World::begin(&[HANDLER], None);
        world.document(HANDLER, menu);
        world.happens(Input::Answered);
        world.did(name, &["ask calls/begin", "answer", "say One or two?"]);
        happens(&mut world);
        world.did(name, expected);
    };
    let digits = |keys: &str, world: &mut World| keys.chars().for_each(|key| world.happens(Input::Digit(key)));
    check("a key interrupts", &|world| digits("1", world), &["hush"]);
    check(
        "all that there may be",
        &|world| digits("123", world),
        &["hush", "ask calls/chosen?a=b action=INPUT digits=123"],
    );
    check(
        "the last key",
        &|world| digits("1#", world),
        &["hush", "ask calls/chosen?a=b action=INPUT digits=1"],
    );
    let prompts = "play https://app.example/calls/x.mp3 1";
    check(
        "nobody presses anything",
        &|world| {
            world.happens(Input::Heard);
            world.pass(60);
            world.happens(Input::Heard);
            world.pass(4);
        },
        &[prompts, "ask calls/chosen?a=b action=INPUT digits="],
    );
    check(
        "each key has its time",
        &|world| {
            digits("1", world);
            world.pass(3);
            digits("2", world);
            world.pass(3);
            assert_eq!(world.done, ["hush"]);
            world.pass(1);
        },
        &["hush", "ask calls/chosen?a=b action=INPUT digits=12"],
    );
}

#[test]
fn a_question_without_an_address_asks_its_own_document() {
    let mut world = World::begin(&[HANDLER], None);
    world.document("https://app.example/menu?x=1", "<Input/><Say>never</Say>");
    world.happens(Input::Answered);
    world.happens(Input::Digit('5'));
    world.happens(Input::Digit('#'));
    world.did(
        "it asks again",
        &["ask calls/begin", "answer", "ask menu?x=1 action=INPUT digits=5"],
    );
}

#[test]
fn calls_that_are_not_answered() {
    let check = |body: &str, expected: &[&str]| {
        let mut world = World::begin(&[HANDLER], None);
        world.done.clear();
        world.document(HANDLER, body);
        world.did(body, expected);
        assert!(world.script.is_over(), "{body}");
    };
    check("<Reject/>", &["refuse 603"]);
    check(
        "<Label Key=\"a\">b</Label><Reject Reason=\"busy\" ErrorMessage=\"no\"/><Say>x</Say>",
        &["label a=b", "fail USER no", "refuse 486"],
    );
    check("", &["hangup"]);
}

#[test]
fn handlers_that_fail() {
    let mut world = World::begin(&["https://app.example/a", "https://app.example/b"], None);
    world.happens(Input::NoDocument {
        why: "no answer".to_owned(),
    });
    world.did("the next is asked", &["ask a", "ask b"]);
    world.happens(Input::NoDocument {
        why: "no answer".to_owned(),
    });
    world.did("nobody is left", &["fail HANDLER_ERROR no answer", "refuse 503"]);

    let mut world = World::begin(&["https://app.example/a", "https://app.example/b"], None);
    world.document("https://app.example/a", "<Sing/>");
    world.did("a document that is none is a failure", &["ask a", "ask b"]);
    world.document("https://app.example/b", "<Sing/>");
    let fails = "fail DOCUMENT_ERROR https://app.example/b: there is no action <sing>";
    world.did("and the last one is told to whoever calls", &[fails, "answer"]);
    world.happens(Input::Answered);
    world.happens(Input::Heard);
    world.did("by a voice", &[&format!("say {APOLOGY}"), "hangup"]);

    let mut world = World::begin(&[HANDLER], None);
    world.document(HANDLER, "<Wait/><Redirect>next</Redirect>");
    world.happens(Input::Answered);
    world.pass(1);
    world.happens(Input::NoDocument {
        why: "no answer".to_owned(),
    });
    world.happens(Input::Heard);
    let said = format!("say {APOLOGY}");
    world.did(
        "in the middle of a call",
        &[
            "ask calls/begin",
            "answer",
            "ask calls/next",
            "fail HANDLER_ERROR no answer",
            &said,
            "hangup",
        ],
    );

    World::begin(&[], None).did(
        "nobody to ask",
        &["fail HANDLER_ERROR there is no handler", "refuse 503"],
    );
}

#[test]
fn circles_have_an_end() {
    let mut world = World::begin(&[HANDLER], None);
    for _ in 0..30 {
        world.document(HANDLER, "<Redirect>begin</Redirect>");
    }
    assert_eq!(world.done.last().map(String::as_str), Some("refuse 503"));
    assert_eq!(world.done.iter().filter(|done| done.starts_with("ask")).count(), 20);
}

#[test]
fn a_call_has_a_longest_time() {
    let mut world = World::begin(&[HANDLER], None);
    world.document(HANDLER, &"<Wait DurationSeconds=\"3600\"/>".repeat(10));
    world.happens(Input::Answered);
    world.done.clear();
    world.pass(5 * 3_600);
    world.did("four hours", &["hangup"]);
}

#[test]
fn a_whole_call_is_recorded_once() {
    let config = |trigger| {
        Some(RecordingConfig {
            trigger,
            trims_silence: false,
            ready_uri: None,
        })
    };
    let check = |recording, body: &str, expected: &[&str]| {
        let mut world = World::begin(&[HANDLER], recording);
        world.done.clear();
        world.document(HANDLER, body);
        world.happens(Input::Answered);
        world.did(body, expected);
    };
    check(config(Trigger::Answer), "<Wait/>", &["answer", "recordcall"]);
    check(config(Trigger::Disabled), "<Wait/>", &["answer"]);
    check(config(Trigger::Bridge), "<Wait/>", &["answer"]);
    check(None, "<RecordCall/><RecordCall/><Wait/>", &["answer", "recordcall"]);
    check(
        config(Trigger::Answer),
        "<RecordCall/><Wait/>",
        &["answer", "recordcall"],
    );
    check(
        config(Trigger::Answer),
        "<RecordCall Trigger=\"bridge\"/><Wait/>",
        &["answer"],
    );
}

#[test]
fn addresses_that_cannot_be_asked() {
    let mut world = World::begin(&[HANDLER], None);
    world.document(HANDLER, "<Redirect>ftp://a.example/</Redirect>");
    world.did(
        "another scheme",
        &[
            "ask calls/begin",
            "fail DOCUMENT_ERROR ftp://a.example/: only http and https can be asked",
            "refuse 503",
        ],
    );
}

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

#[test]
fn a_program_hears_a_call() {
    let ended = |world: &mut World| {
        let given = [("action", "SAY"), ("mood", "good")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        let parameters = BTreeMap::from(given);
        world.happens(Input::StreamEnded { parameters });
    };
    let told = "ask calls/done action=STREAM bridged=true durationSeconds=7 mood=good stream=projects/p/streams/s";
    let nobody = |stream: &str| format!("ask calls/done action=STREAM bridged=false durationSeconds=0 stream={stream}");
    let check = |name: &str, body: &str, happens: &dyn Fn(&mut World), expected: &[&str]| {
        let mut world = World::up(body);
        happens(&mut world);
        world.did(name, expected);
    };
    let stream = "<Stream NextUri=\"done\">projects/p/streams/s</Stream>";
    let connected = |world: &mut World| {
        world.happens(Input::Streamed);
        world.happens(Input::Digit('1'));
        world.pass(7);
    };
    let leaves = |world: &mut World| {
        connected(world);
        ended(world);
    };
    check("the program leaves", stream, &leaves, &["stream s", told]);
    let hangs_up = |world: &mut World| {
        connected(world);
        world.happens(Input::Ended);
    };
    check("the caller leaves", stream, &hangs_up, &["stream s", "endstream"]);
    let too_long = |world: &mut World| {
        world.happens(Input::Streamed);
        world.pass(5 * 3_600);
    };
    check("nobody leaves", stream, &too_long, &["stream s", "endstream", "hangup"]);
    let is_not_there = |world: &mut World| {
        let parameters = BTreeMap::new();
        world.happens(Input::StreamEnded { parameters });
    };
    let expected = nobody("projects/p/streams/s");
    check("it is not there", stream, &is_not_there, &["stream s", &expected]);
    let elsewhere = "<Stream NextUri=\"done\">projects/q/streams/s</Stream>";
    let expected = nobody("projects/q/streams/s");
    check("it is another project's", elsewhere, &|_| {}, &[&expected]);
    let elsewhere = "<Stream>projects/q/streams/s</Stream><Say>Well.</Say>";
    check("and nobody is asked", elsewhere, &|_| {}, &["say Well."]);
    // Whoever is asked next is told, however that comes about.
    let later = "<Stream>projects/p/streams/s</Stream><Say>Well.</Say><Redirect>done</Redirect>";
    let much_later = |world: &mut World| {
        leaves(world);
        world.happens(Input::Heard);
        world.document("https://app.example/calls/done", "<Redirect>again</Redirect>");
    };
    let asked = [
        "stream s",
        "say Well.",
        "ask calls/done action=SAY mood=good",
        "ask calls/again",
    ];
    check("the next handler, and no other", later, &much_later, &asked);
    let recorded = format!("<RecordCall Trigger=\"bridge\"/>{stream}");
    let connected = |world: &mut World| world.happens(Input::Streamed);
    check(
        "it is recorded from then on",
        &recorded,
        &connected,
        &["stream s", "recordcall"],
    );
}

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
