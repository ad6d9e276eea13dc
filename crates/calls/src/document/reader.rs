//! From the text of a document to its actions.

use std::ops::RangeInclusive;

use percent_encoding::percent_decode_str;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use telephony::agent::Refusal;

use super::action::{Action, Connection, Endpoint, Prompt, Sound, Strategy};
use crate::{
    Trigger, address,
    limits::{
        ACTIONS_MAX, CALL_S_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX, ENDPOINTS_MAX, PROMPTS_MAX, RINGING_S_MAX,
        TEXT_CHARACTERS_MAX, URI_BYTES_MAX,
    },
    meetings::Target,
    streams::is_stream_id,
};

/// Why a document is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(String);

fn malformed(why: impl Into<String>) -> Malformed {
    Malformed(why.into())
}

/// An element as it stands: its name and its attributes in lower case, and what is in it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

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
    root.children.iter().map(action).collect()
}

fn tree(text: &str) -> Result<Element, Malformed> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(malformed(format!("a document has at most {DOCUMENT_BYTES_MAX} bytes")));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        let event = reader
            .read_event()
            .map_err(|error| malformed(format!("the document is not XML: {error}")))?;
        match event {
            Event::Start(start) => {
                if open.len() > DOCUMENT_DEPTH_MAX {
                    return Err(malformed(format!(
                        "elements are more than {DOCUMENT_DEPTH_MAX} deep in each other"
                    )));
                }
                open.push(element(&start)?);
            }
            Event::End(_) => {
                let ended = open.pop().expect("the reader pairs them");
                let parent = open
                    .last_mut()
                    .ok_or_else(|| malformed("an element ends that did not begin"))?;
                parent.children.push(ended);
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                open.last_mut().expect("the document").text.push_str(&text);
            }
            Event::CData(text) => {
                let text = text.xml10_content();
                open.last_mut().expect("the document").text.push_str(&text);
            }
            Event::GeneralRef(reference) => {
                let text = resolved(&reference)?;
                open.last_mut().expect("the document").text.push_str(&text);
            }
            Event::DocType(_) => return Err(malformed("a document type is not read")),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    let [document] = open.try_into().map_err(|_| malformed("an element has no end"))?;
    let [root] = document
        .children
        .try_into()
        .map_err(|_| malformed("a document has one element"))?;
    Ok(root)
}

/// A character that is written by its number, or one of the five names that XML has.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, Malformed> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let name: &str = reference;
    let known = quick_xml::escape::resolve_predefined_entity(name);
    known
        .map(str::to_owned)
        .ok_or_else(|| malformed(format!("the entity &{name}; is not known")))
}

fn element(start: &BytesStart<'_>) -> Result<Element, Malformed> {
    let name = str::to_ascii_lowercase;
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| malformed(format!("an attribute is not XML: {error}")))?;
        let value = attribute
            .normalized_value(quick_xml::XmlVersion::Explicit1_0)
            .map_err(|error| malformed(format!("an attribute is not XML: {error}")))?;
        attributes.push((name(attribute.key.local_name().as_ref()), value.into_owned()));
    }
    Ok(Element {
        name: name(start.local_name().as_ref()),
        attributes,
        ..Element::default()
    })
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|(known, _)| *known == name.to_ascii_lowercase());
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    fn wrong(&self, name: &str, expected: &str) -> Malformed {
        let value = self.attribute(name).unwrap_or_default();
        malformed(format!("{name} of <{}> is {value:?} and not {expected}", self.name))
    }

    fn number(&self, name: &str, range: RangeInclusive<i64>, usual: i64) -> Result<i64, Malformed> {
        let Some(value) = self.attribute(name) else {
            return Ok(usual);
        };
        let number = value.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| self.wrong(name, &format!("a number from {} to {}", range.start(), range.end())))
    }

    fn flag(&self, name: &str, usual: bool) -> Result<bool, Malformed> {
        match self.attribute(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(usual),
            Some("true") => Ok(true),
            Some("false") => Ok(false),
            Some(_) => Err(self.wrong(name, "true or false")),
        }
    }

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
            if !digits.chars().all(of_digits) || digits.len() > 128 {
                return Err(element.wrong("Digits", "at most 128 of 0-9, #, * and w"));
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
        other @ "receivefax" => {
            return Err(malformed(format!("<{other}> is not served by this server")));
        }
        other => return Err(malformed(format!("there is no action <{other}>"))),
    })
}

fn input(element: &Element) -> Result<Action, Malformed> {
    if element.children.len() > PROMPTS_MAX {
        return Err(malformed(format!("<Input> has at most {PROMPTS_MAX} prompts")));
    }
    let digits_max = element.number("MaxDigitCount", 1..=128, 128)?;
    Ok(Action::Input {
        prompts: element.children.iter().map(prompt).collect::<Result<_, _>>()?,
        digits_max: usize::try_from(digits_max).expect("at most 128"),
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
            length_max_s: CALL_S_MAX,
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
        length_max_s: element.number("MaxDurationSeconds", 1..=CALL_S_MAX, CALL_S_MAX)?,
        timeout_s: element.number("TimeoutSeconds", 1..=RINGING_S_MAX, RINGING_S_MAX)?,
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
        check("<Play Digits=\"ww12#\"/>", &[Action::Press("ww12#".to_owned())]);
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
        check(&of("<ReceiveFax/>"), "not served");
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
        check(
            &of("<Call TimeoutSeconds=\"601\">sip:a@b</Call>"),
            "a number from 1 to 600",
        );
        check(&of("<Call>sip:a@b<Endpoint>sip:a@b</Endpoint></Call>"), "not both");
        check(&of("<Call><Say>a</Say></Call>"), "nobody to call");
        let many = format!("<Call>{}</Call>", "<Endpoint>sip:a@b</Endpoint>".repeat(11));
        check(&of(&many), "at most 10 endpoints");
        check(&of("<Redirect>sip:</Redirect>"), "no name");
        check(&of("<Record MaxDurationSeconds=\"0\"/>"), "a number from 1 to 3600");
        check(&of("<Record PlayBeep=\"maybe\"/>"), "true or false");
        check(&of("<Input StopKey=\"12\"/>"), "a key or none");
        check(&of("<Reject Reason=\"because\"/>"), "one of the reasons");
        check(&of("<Play Digits=\"12x\"/>"), "at most 128");
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
