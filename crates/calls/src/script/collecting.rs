//! Keys that somebody is asked to press: prompts that the first key interrupts, then a time without one that ends it.

use std::collections::{BTreeMap, VecDeque};

use super::{Effect, Input};
use crate::document::Prompt;

#[derive(Clone, Debug)]
pub(super) struct Collecting {
    prompts: VecDeque<Prompt>,
    is_prompting: bool,
    digits: String,
    digits_max: usize,
    stop_key: Option<char>,
    timeout_us: i64,
    deadline_us: Option<i64>,
    next_uri: Option<String>,
}

impl Collecting {
    pub(super) fn new(
        prompts: VecDeque<Prompt>,
        digits_max: usize,
        stop_key: Option<char>,
        timeout_s: i64,
        next_uri: Option<String>,
    ) -> Collecting {
        Collecting {
            prompts,
            is_prompting: false,
            digits: String::new(),
            digits_max,
            stop_key,
            timeout_us: 1_000_000 * timeout_s,
            deadline_us: None,
            next_uri,
        }
    }

    /// The next prompt; after the last, time begins.
    pub(super) fn prompt(&mut self, now_us: i64, effects: &mut Vec<Effect>) {
        if let Some(prompt) = self.prompts.pop_front() {
            self.is_prompting = true;
            effects.push(Effect::Hear(prompt));
        } else {
            self.is_prompting = false;
            self.deadline_us = Some(now_us + self.timeout_us);
        }
    }

    pub(super) fn deadline(&self) -> Option<i64> {
        self.deadline_us
    }

    /// Whether that was the last of it.
    pub(super) fn handle(&mut self, input: &Input, now_us: i64, effects: &mut Vec<Effect>) -> bool {
        match input {
            Input::Heard if self.is_prompting => {
                self.prompt(now_us, effects);
                false
            }
            Input::Digit(digit) => {
                if std::mem::take(&mut self.is_prompting) {
                    self.prompts.clear();
                    effects.push(Effect::Hush);
                }
                self.deadline_us = Some(now_us + self.timeout_us);
                if Some(*digit) == self.stop_key {
                    return true;
                }
                self.digits.push(*digit);
                self.digits.len() >= self.digits_max
            }
            Input::Clock => self.deadline_us.is_some_and(|deadline| now_us >= deadline),
            _ => false,
        }
    }

    /// Who is told, if it is said, and what.
    pub(super) fn result(self) -> (Option<String>, BTreeMap<String, String>) {
        let parameters = [("action", "INPUT".to_owned()), ("digits", self.digits)];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value));
        (self.next_uri, parameters.into())
    }
}
