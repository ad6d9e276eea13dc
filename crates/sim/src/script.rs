//! The language of the scenarios. A line is `second verb names and words`, and a question ends in `=> answer`.
//!
//! A device is called after its person, with a number: `anna1` and `anna2` are two devices of anna, who owns the space and is
//! signed in. Others are anonymous, unless they come `as` somebody. What happens in the same second happens at once: the seed
//! says in which order.
//!
//! | verb | what happens |
//! |---|---|
//! | `join` DEVICES [`as` STANDING] | they come in, or try until they are in or refused |
//! | `leave`, `close`, `vanish`, `reload` DEVICES | they say that they leave; close the tab; are switched off; come back by themselves |
//! | `crowd` NUMBER | so many strangers are answered, and never send a packet |
//! | `cut`, `mend`, `speak`, `hush` DEVICES | the cable is pulled, and put back; they speak, and are silent |
//! | `write` DEVICE WORD | it writes to everybody |
//! | `admit`, `deny`, `remove` DEVICES, `lock`, `open`, `quiet`, `end` | a host does that; `quiet`: only hosts may write |
//! | `tape`, `halt`, `go`, `cease` | a host has recordings begin by themselves; pauses the one that goes on, resumes it, ends it |
//! | `crash`, `stop` SECONDS, `pause` SECONDS | the server dies; stops in good order; its process stands still |
//! | `clock` SECONDS | its wall clock is set |
//! | `visits` N DAYS | so many people come and go, one after the other, while so many days pass on the wall |
//! | `narrow` DEVICE BYTES | so many bytes a second reach it from now on, until it comes anew |
//! | `weather` [`lost` %] [`doubled` %] [`delay` MS MS] | the network is like that from now on; calm without words |
//! | `store` `refuses`, `keeps`, `loses`, `slow` N | the next N writes are refused; stored or lost without anybody knowing; slow |
//! | `agree` | within twenty seconds everybody sees who is there, and has read the same |
//! | `is` DEVICE, `read` DEVICE | questions: how it is, what chat it has read in whatever order, now or within twenty seconds |
//! | `queue` DEVICE | a question: how many are at the door, as a host sees it, now or within twenty seconds |
//! | `record`, `lasted` | questions: what the register says; how many seconds each conference that is over lasted, by their starts |
//! | `recorded` | a question: how many recordings are over, and how many go on |
//! | `hears` LISTENER SPEAKER SECONDS MS | whether it was never silent for longer in the last seconds |

use std::time::Duration;

use db::testing::Fate;
use meeting::{AccessType, Input, RecordingEndReason, RestrictionType, Settings, Standing};

use crate::{
    link::{CALM, Weather},
    oracle::Record,
    world::{World, settings},
};

/// How long a slow disk takes.
const SLOW: Duration = Duration::from_millis(700);

/// Plays a script, and holds the world to the rules after every line.
pub(crate) async fn play(world: &mut World, script: &str) {
    let lines: Vec<&str> = script.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for at_once in lines.chunk_by(|one, next| second(one) == second(next)) {
        world.pass(second(at_once[0])).await;
        let (questions, mut happenings): (Vec<&str>, Vec<&str>) = at_once.iter().partition(|line| line.contains("=>"));
        world.dice.shuffle(&mut happenings);
        for line in happenings {
            world.note(&format!("| {line}"));
            happen(world, words(line).1).await;
        }
        for line in questions {
            let (question, expected) = line.split_once("=>").expect("a question has an answer");
            let expected = expected.trim();
            let answer = ask(world, words(question).1, expected).await;
            assert_eq!(answer, expected, "at: {}", question.trim());
        }
        world.note_taken();
        world.check().await;
    }
}

fn second(line: &str) -> Duration {
    let (second, _) = line.split_once(' ').expect("a line begins with its second");
    Duration::from_secs_f64(second.parse().expect("a line begins with its second"))
}

fn words(line: &str) -> (&str, Vec<&str>) {
    let mut words = line.split_whitespace();
    (words.next().expect("a line begins with its second"), words.collect())
}

async fn happen(world: &mut World, words: Vec<&str>) {
    let (verb, words) = (words[0], &words[1..]);
    let (names, standing) = match words {
        [names @ .., "as", standing] => (names, Some(*standing)),
        names => (names, None),
    };
    match verb {
        "join" => names
            .iter()
            .for_each(|name| world.join(name, standing_of(name, standing))),
        "leave" => names.iter().for_each(|name| world.leave(name)),
        "close" => names.iter().for_each(|name| world.close(name)),
        "vanish" => names.iter().for_each(|name| world.vanish(name)),
        "reload" => names.iter().for_each(|name| world.reload(name)),
        "cut" | "mend" => names.iter().for_each(|name| world.cut(name, verb == "cut")),
        "speak" | "hush" => names.iter().for_each(|name| world.speak(name, verb == "speak")),
        "crowd" => world.crowd(number(words[0])).await,
        "write" => world.write(words[0], words[1]),
        "admit" | "deny" => names.iter().for_each(|name| world.answer_knock(name, verb == "admit")),
        "remove" => names.iter().for_each(|name| world.remove(name)),
        "lock" => world.configure(verb, settings(AccessType::Restricted)),
        "open" => world.configure(verb, settings(AccessType::Open)),
        "quiet" => world.configure(verb, quiet()),
        "tape" => world.configure(verb, taped()),
        "halt" => world.record_so(verb, Input::PauseRecording),
        "go" => world.record_so(verb, Input::ResumeRecording),
        "cease" => world.record_so(verb, stopped()),
        "end" => world.end(),
        "crash" => world.crash("by itself"),
        "stop" => world.stop(Duration::from_secs(number(words[0]))),
        "pause" => world.pause(Duration::from_secs(number(words[0]))),
        "visits" => world.visits(number(words[0]), words[1].parse().expect("days")).await,
        "clock" => world.set_clock(words[0].parse().expect("seconds, forward or back")),
        "narrow" => world.narrow(words[0], number(words[1])),
        "weather" => world.link.weather = weather(words),
        "store" => world.store.fail_next(number(words[1]), fate(words[0])),
        "agree" => world.agree().await,
        other => panic!("no such verb: {other}"),
    }
}

async fn ask(world: &mut World, words: Vec<&str>, expected: &str) -> String {
    match words[..] {
        ["is", name] => world.becomes(expected, |world| world.describe(name)).await,
        ["read", name] => world.becomes(expected, |world| world.chat(name)).await,
        ["queue", name] => world.becomes(expected, |world| world.queue(name)).await,
        ["record"] => tell(world, Record::describe).await,
        ["recorded"] => tell(world, Record::recorded).await,
        ["lasted"] => tell(world, Record::lasted).await,
        ["hears", listener, speaker, seconds, most_ms] => {
            let silence = world.silence(listener, speaker, number(seconds));
            if silence <= Duration::from_millis(number(most_ms)) {
                "yes".to_owned()
            } else {
                format!("silence of {silence:?}")
            }
        }
        _ => panic!("no such question: {words:?}"),
    }
}

/// What the register says.
async fn tell(world: &World, describe: impl FnOnce(&Record) -> String) -> String {
    let record = world.record().await;
    record.as_ref().map_or("no server".to_owned(), describe)
}

fn standing_of(name: &str, word: Option<&str>) -> Standing {
    match word {
        Some("cohost") => Standing::CoHost,
        Some("member") => Standing::Member,
        Some("trusted") => Standing::Trusted,
        None if name.starts_with("anna") => Standing::Owner,
        None => Standing::Stranger,
        Some(other) => panic!("no such standing: {other}"),
    }
}

/// Only hosts may write.
fn quiet() -> Settings {
    Settings {
        moderation: true,
        chat_restriction: RestrictionType::HostsOnly,
        ..settings(AccessType::Open)
    }
}

/// Recordings begin by themselves.
fn taped() -> Settings {
    Settings {
        auto_recording: true,
        ..settings(AccessType::Open)
    }
}

/// The recording ends by somebody's word.
fn stopped() -> Input {
    Input::StopRecording {
        recording: None,
        reason: RecordingEndReason::Stopped,
    }
}

fn fate(word: &str) -> Fate {
    match word {
        "refuses" => Fate::Refused,
        "keeps" => Fate::Uncertain { stored: true },
        "loses" => Fate::Uncertain { stored: false },
        "slow" => Fate::Done { answered_after: SLOW },
        other => panic!("a store does not do that: {other}"),
    }
}

fn weather(words: &[&str]) -> Weather {
    let after = |word: &str, place: usize| {
        let index = words.iter().position(|other| *other == word)?;
        Some(number(words[index + place]))
    };
    let percent = |word| u8::try_from(after(word, 1).unwrap_or(0)).expect("percent");
    Weather {
        lost_percent: percent("lost"),
        doubled_percent: percent("doubled"),
        delay_ms: match (after("delay", 1), after("delay", 2)) {
            (Some(least), Some(most)) => least..=most,
            _ => CALM.delay_ms,
        },
    }
}

fn number<T: TryFrom<u64>>(word: &str) -> T {
    let number: u64 = word.parse().expect("a number");
    T::try_from(number).ok().expect("a number of that size")
}
