//! Who is asked what to do next, at which address, and what callers hear when nobody can say it.

use std::collections::BTreeMap;

use telephony::agent::Refusal;
use url::Url;

use super::{Doing, Effect, Script};
use crate::{
    address,
    document::{self, Action, Connection, Prompt, Sound},
    limits::{DOCUMENTS_IN_A_ROW_MAX, DOCUMENTS_MAX},
    meetings::Target,
};

/// What callers hear when nobody can say what to do.
pub(super) const APOLOGY: &str = "We are sorry. This call cannot be continued. Goodbye.";

impl Script {
    /// Asks the next of those who may be asked, if there is one; otherwise the call cannot go on.
    pub(super) fn ask_first(
        &mut self,
        why: &str,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) {
        match self.handlers.pop_front() {
            // Whoever says what to do may be a telephone, which is called.
            Some(uri) if address::is_of_telephones(&uri) => {
                self.actions = [Action::Call(Connection::to(&uri))].into();
                self.go_on(now_us, fresh, effects);
            }
            Some(uri) if let Some(target) = Target::read(&uri) => {
                self.actions = [Action::Meet { target, next_uri: None }].into();
                self.go_on(now_us, fresh, effects);
            }
            Some(uri) => self.ask(uri, BTreeMap::new(), effects),
            None => self.fail("HANDLER_ERROR", why.to_owned(), effects),
        }
    }

    pub(super) fn ask(&mut self, uri: String, parameters: BTreeMap<String, String>, effects: &mut Vec<Effect>) {
        self.documents += 1;
        self.documents_in_a_row += 1;
        if self.documents > DOCUMENTS_MAX || self.documents_in_a_row > DOCUMENTS_IN_A_ROW_MAX {
            let why = "documents lead to each other without an end".to_owned();
            self.fail("TOO_MANY_DOCUMENTS", why, effects);
            return;
        }
        self.doing = Doing::Asking;
        // What an action returns is what a handler counts on: a program adds to it, and changes nothing.
        let mut told = std::mem::take(&mut self.added);
        told.extend(parameters);
        effects.push(Effect::Ask { uri, parameters: told });
    }

    /// Asks at an address that stands in a document.
    pub(super) fn ask_at(&mut self, reference: &str, parameters: BTreeMap<String, String>, effects: &mut Vec<Effect>) {
        self.handlers.clear();
        match self.resolved(reference) {
            Ok(uri) => self.ask(uri, parameters, effects),
            Err(why) => self.fail("DOCUMENT_ERROR", why, effects),
        }
    }

    pub(super) fn resolved(&self, reference: &str) -> Result<String, String> {
        let base = self.base.as_ref().ok_or("there is no document")?;
        let uri = base.join(reference).map_err(|error| format!("{reference}: {error}"))?;
        if !matches!(uri.scheme(), "http" | "https") {
            return Err(format!("{reference}: only http and https can be asked"));
        }
        Ok(uri.into())
    }

    /// Nothing can be done any more: whoever has not been answered is told so by signalling, others by a voice.
    pub(super) fn fail(&mut self, code: &'static str, message: String, effects: &mut Vec<Effect>) {
        effects.push(Effect::Fail { code, message });
        if self.is_answered {
            self.apologise(effects);
        } else {
            self.doing = Doing::Over;
            effects.push(Effect::Refuse(Refusal {
                status: 503,
                q850: None,
            }));
        }
    }

    pub(super) fn apologise(&mut self, effects: &mut Vec<Effect>) {
        self.doing = Doing::Apologising;
        effects.push(Effect::Hear(apology()));
    }

    /// Reads what a handler answered from this address.
    pub(super) fn read(
        &mut self,
        uri: &str,
        text: &str,
        now_us: i64,
        fresh: &mut impl FnMut() -> String,
        effects: &mut Vec<Effect>,
    ) {
        match document::read(text) {
            Ok(actions) => {
                self.base = Url::parse(uri).ok();
                self.handlers.clear();
                self.actions = actions.into();
                self.go_on(now_us, fresh, effects);
            }
            Err(error) if self.handlers.is_empty() => {
                // Somebody made a mistake, and whoever calls should hear that it was not theirs.
                let message = format!("{uri}: {error}");
                effects.push(Effect::Fail {
                    code: "DOCUMENT_ERROR",
                    message,
                });
                if self.is_answered {
                    self.apologise(effects);
                } else {
                    effects.push(Effect::Answer);
                    self.actions.clear();
                    self.doing = Doing::Answering(Action::Play(apology()));
                }
            }
            Err(error) => self.ask_first(&error.to_string(), now_us, fresh, effects),
        }
    }

    /// The same with a whole address.
    pub(super) fn whole(&self, prompt: Prompt) -> Result<Prompt, String> {
        let sound = self.whole_sound(prompt.sound)?;
        Ok(Prompt { sound, ..prompt })
    }

    pub(super) fn whole_sound(&self, sound: Sound) -> Result<Sound, String> {
        Ok(match sound {
            Sound::File(reference) => Sound::File(self.resolved(&reference)?),
            said @ (Sound::Text { .. } | Sound::Announcement(_)) => said,
        })
    }

    pub(super) fn whole_connection(&self, mut connection: Connection) -> Result<Connection, String> {
        let sounds = connection
            .endpoints
            .iter_mut()
            .flat_map(|endpoint| [&mut endpoint.whisper, &mut endpoint.screen]);
        for sound in sounds.chain([&mut connection.ring]) {
            *sound = sound.take().map(|sound| self.whole_sound(sound)).transpose()?;
        }
        Ok(connection)
    }
}

fn apology() -> Prompt {
    let sound = Sound::Text {
        text: APOLOGY.to_owned(),
        voice: String::new(),
    };
    Prompt { sound, loops: 1 }
}
