//! What can be told of the world: how somebody is, what they have read and heard, and what the register says; and whether it keeps the rules.

use std::time::Duration;

use attendee::Browser;
use rooms::Clock as _;

use super::World;
use crate::{device::Device, limits, oracle::Record};

impl World {
    /// How a device is.
    pub(crate) fn describe(&self, name: &str) -> String {
        self.devices.get(name).map_or("away".to_owned(), Device::describe)
    }

    /// The words of chat that a device has read, sorted.
    pub(crate) fn chat(&self, name: &str) -> String {
        let browser = self.devices.get(name).and_then(Device::browser);
        let mut words = browser.map_or(vec![], |browser| browser.chat.clone());
        words.sort();
        words.join(" ")
    }

    /// How many are at the door, as a host has been told.
    pub(crate) fn queue(&self, name: &str) -> String {
        let browser = self.devices.get(name).and_then(Device::browser);
        browser.map_or("not there".to_owned(), |browser| browser.knocks.to_string())
    }

    /// The longest silence of a speaker at a listener in the last seconds.
    pub(crate) fn silence(&self, listener: &str, speaker: &str, seconds: u64) -> Duration {
        let now = self.now();
        let browser = self.devices.get(listener).and_then(Device::browser);
        let voice = self.devices[speaker].voice;
        let since = now
            .checked_sub(Duration::from_secs(seconds))
            .expect("the world is older");
        browser.map_or(Duration::MAX, |browser| browser.longest_silence(voice, since, now))
    }

    /// What the register says.
    pub(crate) async fn record(&self) -> Option<Record> {
        let server = self.server.as_ref()?;
        Some(Record::read(&server.register, &self.owner, self.clock.now()).await)
    }

    /// Holds everything to the rules.
    pub(crate) async fn check(&self) {
        let (Some(server), Some(record)) = (&self.server, self.record().await) else {
            return;
        };
        record.check_rules();
        record.check_promises(&self.promises);
        Record::check_memory(server, &self.space).await;
    }

    /// Waits until everybody who is in sees the people whom the register has, and has read the same.
    pub(crate) async fn agree(&mut self) {
        let deadline = self.clock.age() + limits::RECOVERY;
        loop {
            let differing = self.differing().await;
            if differing.is_empty() {
                return;
            }
            let names = differing.join(" and ");
            assert!(self.clock.age() < deadline, "{names} do not see who is there");
            self.pass(self.clock.age() + limits::LOOK).await;
        }
    }

    /// Something that can be told of the world, once it is as expected or in the end.
    pub(crate) async fn becomes(&mut self, expected: &str, tell: impl Fn(&World) -> String) -> String {
        let deadline = self.clock.age() + limits::RECOVERY;
        while tell(self) != expected && self.clock.age() < deadline {
            self.pass(self.clock.age() + limits::LOOK).await;
        }
        tell(self)
    }

    async fn differing(&self) -> Vec<String> {
        let Some(server) = &self.server else {
            return vec!["those without a server".to_owned()];
        };
        let present = Record::present(server, &self.space).await;
        let inside = self.devices.iter().filter(|(_, device)| device.is_in());
        let inside: Vec<(&String, &Browser)> = inside
            .filter_map(|(name, device)| Some((name, device.browser()?)))
            .collect();
        let chats = inside.iter().map(|(_, browser)| &browser.chat);
        let longest = chats.max_by_key(|chat| chat.len()).cloned().unwrap_or_default();
        let differing = inside.into_iter().filter(|(_, browser)| {
            let sees_all = browser.people().iter().copied().eq(present.iter().map(String::as_str));
            // Whoever came later has not read what was said before.
            !sees_all || !longest.ends_with(&browser.chat)
        });
        differing.map(|(name, _)| name.clone()).collect()
    }

    /// Everybody falls silent: all ends by itself, in the register, in the rooms and in the media plane.
    pub(crate) async fn run_out(&mut self) {
        self.note("everybody is gone");
        for device in self.devices.values_mut() {
            device.vanish();
        }
        self.errands.clear();
        let deadline = self.clock.age() + limits::QUIET_WITHIN;
        while !self.record().await.is_some_and(|record| record.is_over()) && self.clock.age() < deadline {
            self.pass(self.clock.age() + Duration::from_secs(1)).await;
        }
        self.pass(self.clock.age() + limits::FAREWELL).await;
        self.check().await;
        let record = self.record().await.expect("the server runs by now");
        record.check_quiet(self.server.as_ref().expect("the server runs by now"), &self.space);
    }
}
