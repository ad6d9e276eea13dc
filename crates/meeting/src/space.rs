//! A space as it is now: its settings, who waits at its door, and its active conference. It changes by facts alone, so that
//! the same facts give the same space, whether they were decided a moment ago or read after a crash.

use std::collections::BTreeSet;

use crate::{Conference, ConferenceId, Fact, Knock, Micros, Right, SessionId, Settings, SpaceId};

/// A meeting place, the conference in it if one is active, and those who wait at its door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    id: SpaceId,
    /// The latest time in any fact: no later fact has an earlier one.
    clock: Micros,
    settings: Settings,
    pub(crate) conference: Option<Conference>,
    /// In the order of arrival; few, so they are searched one by one.
    pub(crate) knocks: Vec<Knock>,
    /// The id that those who knock were promised for the next conference.
    pub(crate) reserved: Option<ConferenceId>,
}

impl Space {
    /// A space in which nobody is meeting. `not_before` is the end of its latest conference: its next one will not start
    /// earlier, whatever the clock says.
    pub fn new(id: SpaceId, settings: Settings, not_before: Micros) -> Space {
        Space {
            id,
            clock: not_before,
            settings,
            conference: None,
            knocks: Vec::new(),
            reserved: None,
        }
    }

    /// The id of the space.
    pub fn id(&self) -> &SpaceId {
        &self.id
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Those who wait to be admitted, in the order in which they came.
    pub fn knocks(&self) -> &[Knock] {
        &self.knocks
    }

    /// Who waits to be admitted with this session.
    pub fn knock(&self, session: &SessionId) -> Option<&Knock> {
        self.knocks.iter().find(|knock| knock.arrival.session == *session)
    }

    /// What a live session may send now.
    pub fn rights(&self, session: &SessionId) -> Option<BTreeSet<Right>> {
        let session = self.conference.as_ref()?.live.get(session)?;
        Some(Right::granted(&self.settings, session.role, session.device))
    }

    /// The active conference, if there is one.
    pub fn conference(&self) -> Option<&Conference> {
        self.conference.as_ref()
    }

    /// `now`, or the latest time that was recorded if `now` is behind it.
    pub(crate) fn not_backwards(&self, now: Micros) -> Micros {
        now.max(self.clock)
    }

    /// When the caller must come back with [`Input::Tick`](crate::Input::Tick), in its own clock.
    pub fn next_deadline(&self) -> Option<Micros> {
        let knocks = self.knocks.iter().map(|knock| knock.expire);
        let conference = self.conference.as_ref().and_then(Conference::next_deadline);
        knocks.chain(conference).min()
    }

    /// Takes up the conference that the register has open.
    pub fn take_up(&mut self, conference: Conference) {
        self.clock = self.clock.max(conference.latest_end);
        self.conference = Some(conference);
    }

    /// Makes a fact part of the state. It must be one that [`decide`](crate::decide) gave for this very state, or one that
    /// was recorded after such.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::ConferenceStarted { conference, start } => {
                self.conference = Some(Conference::new(conference.clone(), *start));
                self.reserved = None;
                self.clock = self.clock.max(*start);
            }
            Fact::ConferenceEnded { end, .. } => {
                self.conference = None;
                self.clock = self.clock.max(*end);
            }
            Fact::Configured { settings } => self.settings = *settings,
            Fact::Knocked { knock, conference, .. } => {
                if self.conference.as_ref().is_none_or(|active| active.id() != conference) {
                    self.reserved = Some(conference.clone());
                }
                self.knocks.push(knock.clone());
            }
            Fact::KnockChanged { session, standing } => {
                let changed = self.knocks.iter_mut().find(|knock| knock.arrival.session == *session);
                if let Some(knock) = changed {
                    knock.arrival.standing = *standing;
                }
            }
            Fact::KnockEnded { session, .. } => self.knocks.retain(|knock| knock.arrival.session != *session),
            within => {
                let latest = self.conference.as_mut().and_then(|conference| conference.apply(within));
                self.clock = self.clock.max(latest.unwrap_or_default());
            }
        }
    }
}
