//! The language of these tables. A line is `second verb arguments => facts`.
//!
//! `anna`, `bob` and `carol` are signed in, other people are anonymous. A session is named by its device (`a1`), and so is its
//! secret; a conference is named by the session that brought its id. A space is open unless a script says otherwise.
//!
//! `join` and `resume` are the two steps of whoever comes in at once: they ask, and their transport is up. `ask` before either is
//! the first alone, and `connect` the second.

use meeting::{
    AccessType, Arrival, ClientKey, ConferenceId, DeviceKind, DisplayName, EntryPoint, EntryPointAccess, Fact,
    FreshIds, Input, LostReason, Micros, ParticipantId, Person, RecordingEndReason, RecordingId, Refusal,
    ReservationEndReason, RestrictionType, Right, Role, SecretHash, SessionId, Settings, Space, SpaceId, Standing,
    UserId, decide,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

pub(crate) fn check(rule: &str, script: &str) {
    let mut run = Script::new();
    for line in script.lines() {
        let (step, expected) = line.split_once("=>").expect("a line is `step => facts`");
        assert_eq!(run.run(step.trim()), expected.trim(), "{rule}\nat: {}", step.trim());
    }
}

/// One space, and the names under which a script knows its ids.
pub(crate) struct Script {
    space: Space,
    names: BTreeMap<String, String>,
}

impl Script {
    pub(crate) fn new() -> Script {
        Script {
            space: Space::new(SpaceId::from_random([0; 9]), settings("open")),
            names: BTreeMap::new(),
        }
    }

    /// Runs one step, applies its facts and tells them.
    pub(crate) fn run(&mut self, step: &str) -> String {
        let words: Vec<&str> = step.split_whitespace().collect();
        let now = seconds(words[0]);
        if let Some(answer) = self.ask(words[1], &words[2..]) {
            return answer;
        }
        let words = if words[1] == "ask" { &words[2..] } else { &words[1..] };
        let input = self.input(words[0], &words[1..]);
        let asks = step.contains(" ask ");
        let both = matches!(input, Input::Join { .. } | Input::Resume { .. }) && !asks;
        match self.give(input, now) {
            Err(refusal) => format!("refused {refusal:?}"),
            Ok(_) if both => {
                let session = session(words[2]);
                let facts = self.give(Input::Connected { session }, now).expect("never refused");
                let arrived = facts.strip_prefix(&[Script::arrived(words[2])][..]);
                self.tell_all(arrived.unwrap_or(&facts))
            }
            Ok(facts) => self.tell_all(&facts),
        }
    }

    fn give(&mut self, input: Input, now: Micros) -> Result<Vec<Fact>, Refusal> {
        let facts = decide(&self.space, input, now)?;
        for fact in &facts {
            self.space.apply(fact);
        }
        Ok(facts)
    }

    /// What becomes of a reservation before anything else.
    fn arrived(device: &str) -> Fact {
        Fact::ReservationEnded {
            session: session(device),
            reason: ReservationEndReason::Connected,
        }
    }

    fn tell_all(&self, facts: &[Fact]) -> String {
        facts.iter().map(|fact| self.tell(fact)).collect::<Vec<_>>().join(", ")
    }

    /// Verbs that change nothing.
    fn ask(&self, verb: &str, words: &[&str]) -> Option<String> {
        Some(match verb {
            "deadline" => self
                .space
                .next_deadline()
                .map_or("none".into(), |deadline| format!("@{}", deadline.0 / 1_000_000)),
            "may" => self
                .space
                .rights(&session(words[0]))
                .map_or("is not there".into(), in_words),
            "waiting" => {
                let waiting = self.space.knocks().iter();
                let names = waiting.map(|knock| self.names[knock.arrival.session.as_str()].as_str());
                names.collect::<Vec<_>>().join(" ")
            }
            "coming" => {
                let coming = self.space.reservations().iter();
                let names = coming.map(|other| self.names[other.arrival.session.as_str()].as_str());
                names.collect::<Vec<_>>().join(" ")
            }
            "lacks" => if self.space.lacks_recording() {
                "a recording"
            } else {
                "nothing"
            }
            .to_owned(),
            "where" => self
                .space
                .conference()
                .map_or("nowhere".into(), |active| self.names[active.id().as_str()].clone()),
            _ => return None,
        })
    }

    fn input(&mut self, verb: &str, words: &[&str]) -> Input {
        let option = |name| option(words, name);
        match verb {
            "join" => Input::Join {
                arrival: self.arrival(words),
                fresh: FreshIds {
                    conference: self.name_conference(words[1]),
                    later_conference: self.name_conference(&format!("after-{}", words[1])),
                    participant: self.name(participant(words[1]), words[0]),
                },
            },
            "resume" => Input::Resume {
                arrival: self.arrival(words),
                conference: conference(option("in").expect("a resume says where")),
            },
            "connect" => Input::Connected {
                session: session(words[0]),
            },
            "alive" => Input::Alive(words.iter().map(|word| heard(word)).collect()),
            "leave" => Input::Leave {
                session: session(words[0]),
                secret: secret(option("with").unwrap_or(words[0])),
            },
            "lost" => {
                let (session, last_sign_of_life) = heard(words[0]);
                let reason = match words[1] {
                    "left" => LostReason::Left,
                    "closed" => LostReason::Closed,
                    "silent" => LostReason::Silent,
                    "unsecured" => LostReason::Unsecured,
                    "overloaded" => LostReason::Overloaded,
                    other => panic!("no such reason: {other}"),
                };
                Input::Lost {
                    session,
                    last_sign_of_life,
                    reason,
                }
            }
            "admit" => Input::Admit {
                session: session(words[0]),
                conference: self.name_conference(&format!("by-{}", words[0])),
            },
            "deny" => Input::Deny {
                session: session(words[0]),
            },
            "remove" => Input::Remove {
                participant: self.participant(words[0]),
            },
            "settings" => Input::Configure(settings(&words.join(" "))),
            "moderate" => Input::Moderate {
                by: ParticipantId::from(&user(words[0])),
                settings: settings(&words[1..].join(" ")),
            },
            "promote" => Input::Promote {
                user: user(words[0]),
                standing: standing(words[1]),
            },
            "record" => Input::StartRecording {
                recording: RecordingId::from_random(bytes(words[0])),
                by: option("by").map(user),
                asks: words.contains(&"asking"),
            },
            "agree" | "refuse" => Input::AnswerRecording {
                session: session(words[0]),
                secret: secret(option("with").unwrap_or(words[0])),
                agrees: verb == "agree",
            },
            "pause" => Input::PauseRecording,
            "go-on" => Input::ResumeRecording,
            "stop" => Input::StopRecording {
                recording: words.first().map(|name| RecordingId::from_random(bytes(name))),
                reason: words
                    .first()
                    .map_or(RecordingEndReason::Stopped, |_| RecordingEndReason::DiskFull),
            },
            "end" => Input::EndConference,
            "restart" => Input::Restart,
            "woke" => Input::Woke,
            "tick" => Input::Tick,
            "shutdown" => Input::Shutdown,
            other => panic!("no such verb: {other}"),
        }
    }

    /// `person device`, then in any order `telephoning`, `with secret`, `as standing`, `on kind`, `via entry-point`, `by program`, `from client`.
    fn arrival(&mut self, words: &[&str]) -> Arrival {
        let (name, device) = (words[0], words[1]);
        let display_name = DisplayName::parse(name).expect("a name");
        let person = if SIGNED_IN.contains(&name) {
            let user = user(name);
            self.name(ParticipantId::from(&user), name);
            Person::SignedIn { user, display_name }
        } else if words.contains(&"telephoning") {
            Person::Phone { display_name }
        } else {
            Person::Anonymous { display_name }
        };
        self.names.insert(session(device).to_string(), device.to_owned());
        Arrival {
            person,
            standing: standing(option(words, "as").unwrap_or("trusted")),
            device: match option(words, "on").unwrap_or("full") {
                "full" => DeviceKind::Full,
                "companion" => DeviceKind::Companion,
                "viewer" => DeviceKind::Viewer,
                other => panic!("no such device: {other}"),
            },
            through: match option(words, "via").unwrap_or("own") {
                "own" => EntryPoint::Own,
                "creator" => EntryPoint::CreatorApp,
                "other" => EntryPoint::OtherApp,
                other => panic!("no such entry point: {other}"),
            },
            by_program: option(words, "by") == Some("program"),
            client: ClientKey(option(words, "from").map_or(0, |number| number.parse().expect("a number"))),
            session: session(device),
            secret: secret(device),
            presented: option(words, "with").map(secret),
        }
    }

    fn name_conference(&mut self, device: &str) -> ConferenceId {
        self.names.insert(conference(device).to_string(), device.to_owned());
        conference(device)
    }

    /// Who is known by this name.
    fn participant(&self, name: &str) -> ParticipantId {
        let named = self.names.iter().filter(|(_, known)| *known == name);
        let mut ids = named.filter_map(|(id, _)| ParticipantId::parse(id).ok());
        ids.next().expect("somebody of this name has come")
    }

    fn name(&mut self, participant: ParticipantId, name: &str) -> ParticipantId {
        self.names.insert(participant.to_string(), name.to_owned());
        participant
    }

    fn all(&self, participants: &[ParticipantId]) -> String {
        let names = participants.iter().map(|who| self.names[who.as_str()].as_str());
        names.collect::<Vec<_>>().join(" and ")
    }

    fn heard(&self, signs: &[(SessionId, Micros)]) -> String {
        let heard = |(id, sign): &(SessionId, Micros)| format!("{} heard {}", self.names[id.as_str()], at(*sign));
        let mut signs: Vec<String> = signs.iter().map(heard).collect();
        signs.sort();
        signs.join(", ")
    }

    fn tell(&self, fact: &Fact) -> String {
        let name = |id: &str| self.names[id].as_str();
        match fact {
            Fact::ConferenceStarted { start, .. } => format!("conference starts {}", at(*start)),
            Fact::ParticipantJoined {
                participant,
                earliest_start,
                ..
            } => {
                format!("{} joins {}", name(participant.as_str()), at(*earliest_start))
            }
            Fact::ParticipantReturned { participant, .. } => format!("{} returns", name(participant.as_str())),
            Fact::ParticipantRenamed {
                participant,
                display_name,
                ..
            } => {
                format!("{} is now {display_name}", name(participant.as_str()))
            }
            Fact::SessionStarted {
                participant,
                session,
                start,
                device,
                role,
                by_program,
                ..
            } => {
                let (session, participant) = (name(session.as_str()), name(participant.as_str()));
                let mut told = format!("{session} of {participant} starts {}", at(*start));
                if *role != Role::Contributor {
                    write!(told, " as {role:?}").expect("a string");
                }
                if *device == DeviceKind::Companion {
                    told.push_str(" on a companion");
                }
                if *by_program {
                    told.push_str(" by a program");
                }
                assert!(
                    *role != Role::Viewer || *device == DeviceKind::Viewer,
                    "who only watches is a viewer"
                );
                told
            }
            Fact::RoleChanged { participant, role, .. } => format!("{} is {role:?}", name(participant.as_str())),
            Fact::ParticipantRemoved { participant, .. } => format!("{} is put out", name(participant.as_str())),
            Fact::Configured { .. } => "configured".to_owned(),
            Fact::Reserved {
                reservation,
                participant,
            } => format!(
                "{} of {} is on the way to {}{}",
                name(reservation.arrival.session.as_str()),
                name(participant.as_str()),
                name(reservation.conference.as_str()),
                if reservation.knocks { "'s door" } else { "" },
            ),
            Fact::ReservationEnded { session, reason } => match reason {
                ReservationEndReason::Refused(refusal) => format!("{} is refused {refusal:?}", name(session.as_str())),
                other => format!("{} is on the way no longer: {other:?}", name(session.as_str())),
            },
            Fact::Knocked {
                knock,
                conference,
                participant,
            } => format!(
                "{} of {} knocks at {}",
                name(knock.arrival.session.as_str()),
                name(participant.as_str()),
                name(conference.as_str())
            ),
            Fact::StandingChanged { session, standing } => format!("{} waits as {standing:?}", name(session.as_str())),
            Fact::KnockEnded { session, reason, .. } => format!("{} is {reason:?}", name(session.as_str())),
            Fact::SignsOfLife { signs, .. } => self.heard(signs),
            Fact::SessionEnded {
                participant,
                session,
                end,
                reason,
                participant_latest_end,
                ..
            } => {
                let mut told = format!("{} ends {} {}", name(session.as_str()), at(*end), reason.as_str());
                if let Some(latest_end) = participant_latest_end {
                    write!(told, ", {} absent {}", name(participant.as_str()), at(*latest_end)).expect("a string");
                }
                told
            }
            Fact::ReturnAwaited { until, .. } => format!("waits until {}", at(*until)),
            Fact::ReturnGivenUp { participants, .. } => format!("waits no longer for {}", self.all(participants)),
            Fact::RecordingStarted { .. }
            | Fact::RecordingPaused { .. }
            | Fact::RecordingResumed { .. }
            | Fact::RecordingAnswered { .. }
            | Fact::RecordingEnded { .. } => self.recorded(fact),
            Fact::ConferenceEnded { end, reason, .. } => format!("conference ends {} {}", at(*end), reason.as_str()),
        }
    }

    fn recorded(&self, fact: &Fact) -> String {
        match fact {
            Fact::RecordingStarted { start, .. } => format!("recorded from {}", at(*start)),
            Fact::RecordingPaused { at: time, .. } => format!("recording pauses {}", at(*time)),
            Fact::RecordingResumed { at: time, .. } => format!("recording goes on {}", at(*time)),
            Fact::RecordingEnded { end, reason, .. } => format!("recorded until {} {}", at(*end), reason.as_str()),
            Fact::RecordingAnswered {
                participant,
                agrees,
                at: time,
                ..
            } => {
                let said = if *agrees { "agrees" } else { "refuses" };
                format!("{} {said} {}", self.names[participant.as_str()], at(*time))
            }
            other => panic!("no fact of a recording: {other:?}"),
        }
    }
}

fn at(time: Micros) -> String {
    assert_eq!(time.0 % 1_000_000, 0);
    format!("@{}", time.0 / 1_000_000)
}

fn seconds(text: &str) -> Micros {
    Micros(text.parse::<i64>().expect("seconds") * 1_000_000)
}

fn heard(word: &str) -> (SessionId, Micros) {
    let (device, at) = word.split_once('@').expect("device@second");
    (session(device), seconds(at))
}

fn bytes(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes
}

fn session(device: &str) -> SessionId {
    SessionId::from_random(bytes(device))
}

/// The id that an anonymous person gets with this session, if they are new.
fn participant(device: &str) -> ParticipantId {
    let mut bytes = bytes(device);
    bytes[15] = 1;
    ParticipantId::from_random(bytes)
}

fn conference(device: &str) -> ConferenceId {
    ConferenceId::from_random(bytes(device))
}

fn secret(device: &str) -> SecretHash {
    let mut hash = [0; 32];
    hash[..16].copy_from_slice(&bytes(device));
    SecretHash(hash)
}

const SIGNED_IN: [&str; 3] = ["anna", "bob", "carol"];

fn user(name: &str) -> UserId {
    UserId::parse(&format!("{:0>21}", name.len())).expect("names of different lengths")
}

fn option<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    let index = words.iter().position(|word| *word == name)?;
    Some(words[index + 1])
}

fn standing(word: &str) -> Standing {
    match word {
        "owner" => Standing::Owner,
        "cohost" => Standing::CoHost,
        "member" => Standing::Member,
        "trusted" => Standing::Trusted,
        "stranger" => Standing::Stranger,
        other => panic!("no such standing: {other}"),
    }
}

/// An access type, and what is switched on or restricted.
pub(crate) fn settings(words: &str) -> Settings {
    let mut settings = Settings::default();
    for word in words.split_whitespace() {
        match word {
            "open" => settings.access_type = AccessType::Open,
            "trusted" => settings.access_type = AccessType::Trusted,
            "restricted" => settings.access_type = AccessType::Restricted,
            "app-only" => settings.entry_point_access = EntryPointAccess::CreatorAppOnly,
            "moderation" => settings.moderation = true,
            "chat" => settings.chat_restriction = RestrictionType::HostsOnly,
            "reactions" => settings.reaction_restriction = RestrictionType::HostsOnly,
            "present" => settings.present_restriction = RestrictionType::HostsOnly,
            "viewers" => settings.default_join_as_viewer = true,
            "recording" => settings.auto_recording = true,
            other => panic!("no such setting: {other}"),
        }
    }
    settings
}

pub(crate) fn in_words(rights: BTreeSet<Right>) -> String {
    let names: Vec<&str> = rights.into_iter().map(Right::name).collect();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(" ")
    }
}
