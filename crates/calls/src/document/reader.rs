//! From the elements of a document to its actions.

use percent_encoding::percent_decode_str;
use telephony::agent::Refusal;

use super::action::{Action, Connection, Endpoint, Prompt, Sound, Strategy};
use super::xml::{Element, Malformed, malformed, tree};
use crate::{
    Trigger, address,
    limits::{
        ACTIONS_MAX, CONNECTION_S_MAX, DIGITS_MAX, ENDPOINTS_MAX, PRESSED_KEYS_MAX, PROMPTS_MAX, RINGING_S_MAX,
        TEXT_CHARACTERS_MAX, URI_BYTES_MAX,
    },
    meetings::Target,
    streams::is_stream_id,
};

/// Reads a document.
pub(crate) fn read(text: &str) -> Result<Vec<Action>, Malformed> {
    let root = tree(text)?;
    if root.name != "response" {
        return Err(malformed(format!(
            "the document is a <{}> and not a <Response>",
            root.name
        )));
    }
    if root.children.len() > ACTIONS_MAX {
        return Err(malformed(format!("a document has at most {ACTIONS_MAX} actions")));
    }
    let mut actions = vec![];
    for element in &root.children {
        actions.extend(untranscribed(element)?);
        actions.push(action(element)?);
    }
    Ok(actions)
}

/// What is recorded is not transcribed here, which is written down and keeps nothing from being recorded: whoever speaks did not ask for it.
fn untranscribed(element: &Element) -> Result<Option<Action>, Malformed> {
    if !matches!(element.name.as_str(), "record" | "recordcall") {
        return Ok(None);
    }
    element.uri("TranscriptionReadyUri")?;
    match element.attribute("Transcribe") {
        None | Some("disabled") => Ok(None),
        Some("default") => Ok(Some(Action::Skip("Transcribe"))),
        Some(_) => Err(element.wrong("Transcribe", "disabled or default")),
    }
}

impl Element {
    /// A key that ends something; `none` is none.
    fn stop_key(&self) -> Result<Option<char>, Malformed> {
        let Some(value) = self.attribute("StopKey") else {
            return Ok(Some('#'));
        };
        if value.eq_ignore_ascii_case("none") {
            return Ok(None);
        }
        let mut characters = value.chars();
        match (characters.next(), characters.next()) {
            (Some(key @ ('0'..='9' | '*' | '#')), None) => Ok(Some(key)),
            _ => Err(self.wrong("StopKey", "a key or none")),
        }
    }

    fn uri(&self, name: &str) -> Result<Option<String>, Malformed> {
        self.attribute(name).map(|uri| checked_uri(uri, &self.name)).transpose()
    }

    fn trims_silence(&self) -> Result<bool, Malformed> {
        match self.attribute("PostProcessing") {
            None => Ok(false),
            Some("trim-silence") => Ok(true),
            Some(_) => Err(self.wrong("PostProcessing", "trim-silence")),
        }
    }
}

fn checked_uri(uri: &str, element: &str) -> Result<String, Malformed> {
    let good = !uri.is_empty() && uri.len() <= URI_BYTES_MAX && uri.bytes().all(|byte| byte.is_ascii_graphic());
    good.then(|| uri.to_owned())
        .ok_or_else(|| malformed(format!("{uri:?} in <{element}> is no address")))
}

fn spoken(text: &str, voice: &str, element: &str) -> Result<Sound, Malformed> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.chars().count() > TEXT_CHARACTERS_MAX {
        return Err(malformed(format!(
            "<{element}> says 1 to {TEXT_CHARACTERS_MAX} characters"
        )));
    }
    Ok(Sound::Text {
        text,
        voice: voice.to_owned(),
    })
}

/// An address at which there is a sound: `tts:` holds what is to be said.
fn sound_at(uri: &str, element: &str) -> Result<Sound, Malformed> {
    let Some(said) = uri.strip_prefix("tts:") else {
        return checked_uri(uri, element).map(Sound::File);
    };
    let (text, query) = said.split_once('?').unwrap_or((said, ""));
    let voice = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "voice");
    let voice = voice.map(|(_, voice)| voice.into_owned()).unwrap_or_default();
    let text = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| malformed("a tts: address is not UTF-8"))?;
    spoken(&text, &voice, element)
}

fn prompt(element: &Element) -> Result<Prompt, Malformed> {
    let body = element.text.trim();
    match element.name.as_str() {
        "say" => Ok(Prompt {
            sound: spoken(body, element.attribute("Voice").unwrap_or_default(), "Say")?,
            loops: 1,
        }),
        "play" => {
            let loops = element.number("LoopCount", 1..=1_000, 1)?;
            Ok(Prompt {
                sound: sound_at(body, "Play")?,
                loops: u32::try_from(loops).expect("a thousand"),
            })
        }
        other => Err(malformed(format!("<{other}> is not something to hear"))),
    }
}

fn action(element: &Element) -> Result<Action, Malformed> {
    let body = element.text.trim();
    Ok(match element.name.as_str() {
        "play" if element.attribute("Digits").is_some() => {
            let digits = element.attribute("Digits").unwrap_or_default();
            let of_digits = |digit: char| digit.is_ascii_digit() || matches!(digit, 'w' | '#' | '*');
            if !digits.chars().all(of_digits) || digits.len() > PRESSED_KEYS_MAX {
                let what = format!("at most {PRESSED_KEYS_MAX} of 0-9, #, * and w");
                return Err(element.wrong("Digits", &what));
            }
            Action::Press(digits.to_owned())
        }
        "play" | "say" => Action::Play(prompt(element)?),
        "input" => input(element)?,
        "record" => Action::Record {
            plays_beep: element.flag("PlayBeep", true)?,
            length_max_s: element.number("MaxDurationSeconds", 1..=3_600, 600)?,
            stop_key: element.stop_key()?,
            silence_s: element.number("TimeoutSeconds", 1..=30, 5)?,
            trims_silence: element.trims_silence()?,
            ready_uri: element.uri("RecordingReadyUri")?,
            next_uri: element.uri("NextUri")?,
        },
        "recordcall" => Action::RecordCall {
            trigger: match element.attribute("Trigger") {
                None | Some("answer") => Trigger::Answer,
                Some("bridge") => Trigger::Bridge,
                Some(_) => return Err(element.wrong("Trigger", "answer or bridge")),
            },
            trims_silence: element.trims_silence()?,
            ready_uri: element.uri("RecordingReadyUri")?,
        },
        "call" => call(element)?,
        "redirect" if address::is_of_telephones(body) => Action::Call(Connection::to(&endpoint(element)?.address)),
        "redirect" if let Some(target) = Target::read(body) => Action::Meet { target, next_uri: None },
        "redirect" => Action::Redirect(checked_uri(body, "Redirect")?),
        "reject" => reject(element)?,
        "label" => Action::Label {
            key: element
                .attribute("Key")
                .ok_or_else(|| malformed("<Label> has no Key"))?
                .to_owned(),
            value: body.to_owned(),
        },
        "wait" => Action::Wait {
            seconds: element.number("DurationSeconds", 1..=3_600, 1)?,
        },
        "stream" => Action::Stream {
            stream: stream_named(body)?,
            next_uri: element.uri("NextUri")?,
        },
        "receivefax" => Action::Skip("<ReceiveFax>"),
        other => return Err(malformed(format!("there is no action <{other}>"))),
    })
}

fn input(element: &Element) -> Result<Action, Malformed> {
    if element.children.len() > PROMPTS_MAX {
        return Err(malformed(format!("<Input> has at most {PROMPTS_MAX} prompts")));
    }
    let digits_max = element.number("MaxDigitCount", 1..=DIGITS_MAX, DIGITS_MAX)?;
    Ok(Action::Input {
        prompts: element.children.iter().map(prompt).collect::<Result<_, _>>()?,
        digits_max: usize::try_from(digits_max).expect("some hundred at most"),
        stop_key: element.stop_key()?,
        timeout_s: element.number("TimeoutSeconds", 1..=30, 5)?,
        next_uri: element.uri("NextUri")?,
    })
}

impl Connection {
    /// A call to this address alone.
    pub(crate) fn to(address: &str) -> Connection {
        let endpoint = Endpoint {
            address: address.to_owned(),
            caller: None,
            whisper: None,
            screen: None,
        };
        Connection {
            endpoints: vec![endpoint],
            strategy: Strategy::Simultaneous,
            caller: None,
            length_max_s: CONNECTION_S_MAX,
            timeout_s: RINGING_S_MAX,
            ring: None,
            next_uri: None,
        }
    }
}

/// A call to telephones, or into a meeting, which stands alone: nobody is in two places.
fn call(element: &Element) -> Result<Action, Malformed> {
    let met = element
        .children
        .iter()
        .chain([element])
        .find_map(|named| Target::read(named.text.trim()));
    match met {
        None => Ok(Action::Call(connection(element)?)),
        Some(_) if element.children.len() > 1 => Err(malformed("a meeting is called alone")),
        Some(target) => Ok(Action::Meet {
            target,
            next_uri: element.uri("NextUri")?,
        }),
    }
}

fn connection(element: &Element) -> Result<Connection, Malformed> {
    let endpoints = if element.children.is_empty() {
        vec![endpoint(element)?]
    } else if !element.text.trim().is_empty() {
        return Err(malformed("<Call> has an address or endpoints, and not both"));
    } else if element.children.len() > ENDPOINTS_MAX {
        return Err(malformed(format!("<Call> has at most {ENDPOINTS_MAX} endpoints")));
    } else {
        let is_other = |child: &&Element| child.name != "endpoint";
        if let Some(other) = element.children.iter().find(is_other) {
            return Err(malformed(format!("<{}> is nobody to call", other.name)));
        }
        element.children.iter().map(endpoint).collect::<Result<_, _>>()?
    };
    Ok(Connection {
        endpoints,
        strategy: match element.attribute("Strategy") {
            None | Some("simultaneous") => Strategy::Simultaneous,
            Some("linear") => Strategy::Linear,
            Some("failover") => Strategy::Failover,
            Some(_) => return Err(element.wrong("Strategy", "simultaneous, linear or failover")),
        },
        caller: caller(element)?,
        length_max_s: element.number("MaxDurationSeconds", 1..=CONNECTION_S_MAX, CONNECTION_S_MAX)?,
        // The contract has no end of it; whoever rings for ten minutes is not there.
        timeout_s: element
            .number("TimeoutSeconds", 1..=i64::from(i32::MAX), RINGING_S_MAX)?
            .min(RINGING_S_MAX),
        ring: sound_of(element, "RingAudioUri")?,
        next_uri: element.uri("NextUri")?,
    })
}

fn endpoint(element: &Element) -> Result<Endpoint, Malformed> {
    let address = element.text.trim();
    address::Address::read(address).map_err(|error| malformed(format!("<{}>: {error}", element.name)))?;
    Ok(Endpoint {
        address: address.to_owned(),
        caller: caller(element)?,
        whisper: sound_of(element, "WhisperAudioUri")?,
        screen: sound_of(element, "ScreenAudioUri")?,
    })
}

fn caller(element: &Element) -> Result<Option<String>, Malformed> {
    let caller = element.attribute("CallerId");
    match caller.filter(|caller| !address::is_caller(caller)) {
        Some(_) => Err(element.wrong(
            "CallerId",
            "1 to 30 letters, digits, dots, dashes, underscores and plus signs",
        )),
        None => Ok(caller.map(str::to_owned)),
    }
}

fn sound_of(element: &Element, attribute: &str) -> Result<Option<Sound>, Malformed> {
    let uri = element.attribute(attribute);
    uri.map(|uri| sound_at(uri, &element.name)).transpose()
}

/// The whole name of a stream, of whichever project.
fn stream_named(name: &str) -> Result<String, Malformed> {
    let is_name = |name: &str| {
        let (project, id) = name.strip_prefix("projects/")?.split_once("/streams/")?;
        (!project.is_empty() && !project.contains('/') && is_stream_id(id)).then_some(())
    };
    is_name(name).ok_or_else(|| malformed(format!("{name:?} in <Stream> is not of the form projects/*/streams/*")))?;
    Ok(name.to_owned())
}

/// Reasons, and what they are in SIP and in Q.850: the contract's table.
fn reject(element: &Element) -> Result<Action, Malformed> {
    const REASONS: [(&str, u16, Option<u8>); 7] = [
        ("rejected", 603, Some(21)),
        ("not-found", 404, Some(1)),
        ("busy", 486, Some(17)),
        ("no-answer", 480, Some(19)),
        ("subscriber-absent", 480, Some(20)),
        ("invalid-number-format", 484, Some(28)),
        ("service-unavailable", 503, None),
    ];
    let reason = element.attribute("Reason").unwrap_or("rejected");
    let known = REASONS.iter().find(|(name, ..)| *name == reason);
    let (_, status, q850) = *known.ok_or_else(|| element.wrong("Reason", "one of the reasons"))?;
    let message = element.attribute("ErrorMessage");
    if message.is_some_and(|message| message.chars().count() > 64) {
        return Err(element.wrong("ErrorMessage", "at most 64 characters"));
    }
    Ok(Action::Reject {
        refusal: Refusal { status, q850 },
        message: message.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> Action {
        Action::Play(Prompt {
            sound: Sound::Text {
                text: text.to_owned(),
                voice: String::new(),
            },
            loops: 1,
        })
    }

    #[test]
    fn what_documents_say() {
        let check = |body: &str, expected: &[Action]| {
            let text = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>{body}</Response>\n");
            assert_eq!(read(&text).as_deref(), Ok(expected), "{body}");
        };
        check("", &[]);
        check("<Say>Hello  there,\n you.</Say>", &[said("Hello there, you.")]);
        check("<say>Bread &amp; b&#252;tter</say>", &[said("Bread & bütter")]);
        check("<Say><![CDATA[1 < 2]]></Say><!-- no more -->", &[said("1 < 2")]);
        check(
            "<PLAY loopcount=\"3\">  ./a.mp3 </PLAY>",
            &[Action::Play(Prompt {
                sound: Sound::File("./a.mp3".to_owned()),
                loops: 3,
            })],
        );
        check(
            "<Play>tts:Hi%20you?voice=de</Play>",
            &[Action::Play(Prompt {
                sound: Sound::Text {
                    text: "Hi you".to_owned(),
                    voice: "de".to_owned(),
                },
                loops: 1,
            })],
        );
        check(
            "<Call TimeoutSeconds=\"3600\">sip:a@b</Call>",
            &[Action::Call(Connection::to("sip:a@b"))],
        );
        check(
            "<ReceiveFax NextUri=\"faxed\"/><Say>Hello</Say>",
            &[Action::Skip("<ReceiveFax>"), said("Hello")],
        );
        let recorded = Action::RecordCall {
            trigger: Trigger::Answer,
            trims_silence: false,
            ready_uri: None,
        };
        check(
            "<RecordCall Transcribe=\"default\" TranscriptionReadyUri=\"ready\"/>",
            &[Action::Skip("Transcribe"), recorded.clone()],
        );
        check("<RecordCall Transcribe=\"disabled\"/>", &[recorded]);
        check("<Play Digits=\"ww12#\"/>", &[Action::Press("ww12#".to_owned())]);
        let long = "w".repeat(1_000);
        check(&format!("<Play Digits=\"{long}\"/>"), &[Action::Press(long)]);
        check("<Redirect>next</Redirect>", &[Action::Redirect("next".to_owned())]);
        check(
            "<Wait/><Label Key=\"a\">b</Label>",
            &[
                Action::Wait { seconds: 1 },
                Action::Label {
                    key: "a".to_owned(),
                    value: "b".to_owned(),
                },
            ],
        );
        check(
            "<Reject Reason=\"busy\" ErrorMessage=\"later\"/>",
            &[Action::Reject {
                refusal: Refusal {
                    status: 486,
                    q850: Some(17),
                },
                message: Some("later".to_owned()),
            }],
        );
        check(
            "<Input MaxDigitCount=\"4\" StopKey=\"none\"><Say>Your code</Say></Input>",
            &[Action::Input {
                prompts: vec![Prompt {
                    sound: Sound::Text {
                        text: "Your code".to_owned(),
                        voice: String::new(),
                    },
                    loops: 1,
                }],
                digits_max: 4,
                stop_key: None,
                timeout_s: 5,
                next_uri: None,
            }],
        );
        check(
            "<Record MaxDurationSeconds=\"60\" PostProcessing=\"trim-silence\" NextUri=\"recorded\"/>",
            &[Action::Record {
                plays_beep: true,
                length_max_s: 60,
                stop_key: Some('#'),
                silence_s: 5,
                trims_silence: true,
                ready_uri: None,
                next_uri: Some("recorded".to_owned()),
            }],
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |text: &str, why: &str| {
            let error = read(text).expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        };
        let of = |body: &str| format!("<Response>{body}</Response>");
        check("", "one element");
        check("hello", "one element");
        check("<html/>", "not a <Response>");
        check("<Response>", "no end");
        check("<Response/><Response/>", "one element");
        check(
            "<!DOCTYPE x [<!ENTITY a \"b\">]><Response><Say>&a;</Say></Response>",
            "document type",
        );
        check(&of("<Say>&a;</Say>"), "entity");
        check(&of("<Say></Say>"), "1 to 5000 characters");
        check(
            &of(&format!("<Say>{}</Say>", "a".repeat(5_001))),
            "1 to 5000 characters",
        );
        check(&of("<Sing/>"), "no action <sing>");
        check(&of("<Record Transcribe=\"yes\"/>"), "disabled or default");
        check(&of("<RecordCall Transcribe=\"\u{e9}\"/>"), "disabled or default");
        check(&of("<Record TranscriptionReadyUri=\"a b\"/>"), "no address");
        check(&of("<Stream>projects/p/streams/</Stream>"), "is not of the form");
        check(&of("<Stream>projects/p/streams/a/b</Stream>"), "is not of the form");
        check(&of("<Stream>streams/s</Stream>"), "is not of the form");
        check(&of("<Call/>"), "is no number");
        check(&of("<Call>https://a.example</Call>"), "neither tel: nor sip:");
        check(
            &of("<Call Strategy=\"all\">sip:a@b</Call>"),
            "simultaneous, linear or failover",
        );
        check(&of("<Call CallerId=\"a b\">sip:a@b</Call>"), "1 to 30 letters");
        check(&of("<Call TimeoutSeconds=\"0\">sip:a@b</Call>"), "a number from 1 to");
        check(&of("<Call>sip:a@b<Endpoint>sip:a@b</Endpoint></Call>"), "not both");
        check(&of("<Call><Say>a</Say></Call>"), "nobody to call");
        let many = format!("<Call>{}</Call>", "<Endpoint>sip:a@b</Endpoint>".repeat(11));
        check(&of(&many), "at most 10 endpoints");
        check(&of("<Redirect>sip:</Redirect>"), "no name");
        check(&of("<Record MaxDurationSeconds=\"0\"/>"), "a number from 1 to 3600");
        check(&of("<Record PlayBeep=\"maybe\"/>"), "true or false");
        check(&of("<Input StopKey=\"12\"/>"), "a key or none");
        check(&of("<Reject Reason=\"because\"/>"), "one of the reasons");
        check(&of("<Play Digits=\"12x\"/>"), "at most 1000");
        check(
            &of(&format!("<Play Digits=\"{}\"/>", "w".repeat(1_001))),
            "at most 1000",
        );
        check(&of("<Redirect></Redirect>"), "no address");
        check(&of("<Label>b</Label>"), "no Key");
        check(&of("<Input><Record/></Input>"), "not something to hear");
        check(&of("<a><b><c><d><e/></d></c></b></a>"), "deep");
        check(&of(&"<Wait/>".repeat(101)), "at most 100 actions");
        check(&of(&" ".repeat(65_536)), "at most 65536 bytes");
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(parts in prop::collection::vec("</?[A-Za-z]{1,8}( [A-Za-z]{1,8}=\"[^\"<]{0,6}\")?/?>|[ -~]{0,8}|&[a-z#0-9]{0,5};", 0..16)) {
            let _ = read(&format!("<Response>{}</Response>", parts.concat()));
            let _ = read(&parts.concat());
        }
    }
}
