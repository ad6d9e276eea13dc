//! Calls as tables: what happens at which second, and what follows. Here what documents say; beside it those who are called, and meetings.

mod attending;
mod calling;

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
fn whoever_is_to_be_told_of_a_recording_and_cannot_be_asked() {
    let fails = "fail DOCUMENT_ERROR mailto:ada@example.org: only http and https can be asked";
    let apology = format!("say {APOLOGY}");
    let mut world = World::up("<Record RecordingReadyUri=\"mailto:ada@example.org\"/>");
    world.did("nothing is recorded", &[fails, &apology]);
    let mut world = World::up("<Wait/><RecordCall RecordingReadyUri=\"mailto:ada@example.org\"/><Say>never</Say>");
    world.pass(1);
    world.did("nor of the whole call", &[fails, &apology]);
    let mut world = World::begin(&[HANDLER], None);
    world.document(HANDLER, "<RecordCall RecordingReadyUri=\"mailto:ada@example.org\"/>");
    world.did("before it is answered", &["ask calls/begin", fails, "refuse 503"]);
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
    world.document(HANDLER, &"<Wait DurationSeconds=\"3600\"/>".repeat(30));
    world.happens(Input::Answered);
    world.done.clear();
    world.pass(24 * 3_600 - 1);
    world.did("not yet", &[]);
    world.pass(1);
    world.did("a day", &["hangup"]);
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
        world.pass(24 * 3_600);
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
