//! The settings of a space that its owner chooses: who walks in, and what people may do once they are in.
//!
//! The rules of a meeting read them typed, as [`Settings`]. Contracts and rows hold a setting as a number under a name, in which 0
//! says that nothing was chosen; [`SETTINGS`] has one row for each, so that whoever keeps, reads or shows settings goes
//! through all of them and forgets none. The words of contracts are others' business.

use crate::Standing;

/// Who joins without knocking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessType {
    /// Anybody with the link.
    Open = 1,
    /// Members of the organisation and those who were invited.
    #[default]
    Trusted = 2,
    /// Only those who were invited.
    Restricted = 3,
}

impl AccessType {
    /// All of them.
    pub const ALL: [AccessType; 3] = [AccessType::Open, AccessType::Trusted, AccessType::Restricted];

    /// Whether somebody who stands so to the space comes in without knocking.
    pub fn lets_in(self, standing: Standing) -> bool {
        match self {
            AccessType::Open => true,
            AccessType::Trusted => standing <= Standing::Trusted,
            AccessType::Restricted => standing <= Standing::Member,
        }
    }
}

/// From where one may join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryPointAccess {
    /// From anywhere.
    #[default]
    All = 1,
    /// Only through the program that made the space.
    CreatorAppOnly = 2,
}

impl EntryPointAccess {
    /// All of them.
    pub const ALL: [EntryPointAccess; 2] = [EntryPointAccess::All, EntryPointAccess::CreatorAppOnly];
}

/// Who may use a feature of the meeting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestrictionType {
    /// The host and the co-hosts.
    HostsOnly = 1,
    /// Everybody.
    #[default]
    NoRestriction = 2,
}

/// All settings of a space. The default is what a space has whose owner chose nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, with a name of its own"
)]
pub struct Settings {
    /// Who joins without knocking.
    pub access_type: AccessType,
    /// From where one may join.
    pub entry_point_access: EntryPointAccess,
    /// Whether the restrictions below apply. Those that are chosen while it is off wait for it; once it has been on, switching it off
    /// ends them.
    pub moderation: bool,
    /// Who may write to the chat.
    pub chat_restriction: RestrictionType,
    /// Who may react and raise a hand.
    pub reaction_restriction: RestrictionType,
    /// Who may share a screen.
    pub present_restriction: RestrictionType,
    /// Whether newcomers only watch.
    pub default_join_as_viewer: bool,
    /// Whether the owner wants a report of attendance.
    pub attendance_report: bool,
    /// Whether recording starts by itself.
    pub auto_recording: bool,
    /// Whether transcription starts by itself.
    pub auto_transcription: bool,
    /// Whether notes are taken by themselves.
    pub auto_smart_notes: bool,
}

impl Settings {
    /// These, chosen where those were: whoever switches moderation off takes back what it restricted.
    #[must_use]
    pub fn after(self, before: &Settings) -> Settings {
        if self.moderation || !before.moderation {
            return self;
        }
        let Settings {
            chat_restriction,
            reaction_restriction,
            present_restriction,
            default_join_as_viewer,
            ..
        } = Settings::default();
        Settings {
            chat_restriction,
            reaction_restriction,
            present_restriction,
            default_join_as_viewer,
            ..self
        }
    }
}

/// One setting, as contracts and rows know it.
#[derive(Debug)]
pub struct Setting {
    /// Its name, which no other has.
    pub name: &'static str,
    number: fn(&Settings) -> i32,
    choose: fn(&mut Settings, i32) -> Option<()>,
}

/// All settings, in the order of [`Settings`].
pub const SETTINGS: [Setting; 11] = [
    Setting {
        name: "access_type",
        number: |settings| number(ACCESS_TYPE, settings.access_type),
        choose: |settings, number| assign(&mut settings.access_type, ACCESS_TYPE, number),
    },
    Setting {
        name: "entry_point_access",
        number: |settings| number(ENTRY_POINT_ACCESS, settings.entry_point_access),
        choose: |settings, number| assign(&mut settings.entry_point_access, ENTRY_POINT_ACCESS, number),
    },
    Setting {
        name: "moderation",
        number: |settings| number(OFF_ON, settings.moderation),
        choose: |settings, number| assign(&mut settings.moderation, OFF_ON, number),
    },
    Setting {
        name: "chat_restriction",
        number: |settings| number(RESTRICTION, settings.chat_restriction),
        choose: |settings, number| assign(&mut settings.chat_restriction, RESTRICTION, number),
    },
    Setting {
        name: "reaction_restriction",
        number: |settings| number(RESTRICTION, settings.reaction_restriction),
        choose: |settings, number| assign(&mut settings.reaction_restriction, RESTRICTION, number),
    },
    Setting {
        name: "present_restriction",
        number: |settings| number(RESTRICTION, settings.present_restriction),
        choose: |settings, number| assign(&mut settings.present_restriction, RESTRICTION, number),
    },
    Setting {
        name: "default_join_as_viewer_type",
        number: |settings| number(ON_OFF, settings.default_join_as_viewer),
        choose: |settings, number| assign(&mut settings.default_join_as_viewer, ON_OFF, number),
    },
    Setting {
        name: "attendance_report_generation_type",
        number: |settings| number(ON_OFF, settings.attendance_report),
        choose: |settings, number| assign(&mut settings.attendance_report, ON_OFF, number),
    },
    Setting {
        name: "auto_recording_generation",
        number: |settings| number(ON_OFF, settings.auto_recording),
        choose: |settings, number| assign(&mut settings.auto_recording, ON_OFF, number),
    },
    Setting {
        name: "auto_transcription_generation",
        number: |settings| number(ON_OFF, settings.auto_transcription),
        choose: |settings, number| assign(&mut settings.auto_transcription, ON_OFF, number),
    },
    Setting {
        name: "auto_smart_notes_generation",
        number: |settings| number(ON_OFF, settings.auto_smart_notes),
        choose: |settings, number| assign(&mut settings.auto_smart_notes, ON_OFF, number),
    },
];

/// The numbers of a setting and what they mean; the first is the default.
type Values<T> = [(i32, T)];

const ACCESS_TYPE: &Values<AccessType> = &[
    (AccessType::Trusted as i32, AccessType::Trusted),
    (AccessType::Open as i32, AccessType::Open),
    (AccessType::Restricted as i32, AccessType::Restricted),
];
const ENTRY_POINT_ACCESS: &Values<EntryPointAccess> = &[
    (EntryPointAccess::All as i32, EntryPointAccess::All),
    (
        EntryPointAccess::CreatorAppOnly as i32,
        EntryPointAccess::CreatorAppOnly,
    ),
];
const RESTRICTION: &Values<RestrictionType> = &[
    (RestrictionType::NoRestriction as i32, RestrictionType::NoRestriction),
    (RestrictionType::HostsOnly as i32, RestrictionType::HostsOnly),
];
/// On and off are not the same numbers everywhere.
const OFF_ON: &Values<bool> = &[(1, false), (2, true)];
const ON_OFF: &Values<bool> = &[(2, false), (1, true)];

impl Setting {
    /// The setting of this name.
    ///
    /// # Panics
    ///
    /// If there is none: whoever asks has the name from the code.
    pub const fn named(name: &str) -> &'static Setting {
        let mut index = 0;
        while index < SETTINGS.len() {
            if is_same(SETTINGS[index].name, name) {
                return &SETTINGS[index];
            }
            index += 1;
        }
        panic!("there is no setting of this name")
    }

    /// Its value in these settings, as a number; never 0.
    pub fn number(&self, settings: &Settings) -> i32 {
        (self.number)(settings)
    }

    /// Sets it to what a number means: 0 is the default. `None` for a number that means nothing; then nothing changes.
    pub fn choose(&self, settings: &mut Settings, number: i32) -> Option<()> {
        (self.choose)(settings, number)
    }
}

fn assign<T: Copy>(setting: &mut T, values: &Values<T>, number: i32) -> Option<()> {
    let number = if number == 0 { values[0].0 } else { number };
    let (_, value) = values.iter().find(|(known, _)| *known == number)?;
    *setting = *value;
    Some(())
}

fn number<T: Copy + PartialEq>(values: &Values<T>, value: T) -> i32 {
    let row = values.iter().find(|(_, meaning)| *meaning == value);
    row.expect("every value has its number").0
}

/// `==` for texts, in a constant.
const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row reads what it sets, and touches nothing else.
    #[test]
    fn each_setting_stands_for_itself() {
        for setting in &SETTINGS {
            let mut settings = Settings::default();
            let default = setting.number(&settings);
            let others = (1..=3).filter(|number| *number != default);
            for number in others {
                if setting.choose(&mut settings, number).is_none() {
                    assert_eq!(settings, Settings::default(), "{} to {number}", setting.name);
                    continue;
                }
                assert_eq!(setting.number(&settings), number, "{}", setting.name);
                let changed = SETTINGS
                    .iter()
                    .filter(|other| other.number(&settings) != other.number(&Settings::default()));
                let changed: Vec<&str> = changed.map(|other| other.name).collect();
                assert_eq!(changed, [setting.name]);
                assert_eq!(setting.choose(&mut settings, 0), Some(()), "0 is the default");
                assert_eq!(settings, Settings::default());
            }
            assert_eq!(setting.choose(&mut settings, -1), None, "{}", setting.name);
            assert_eq!(Setting::named(setting.name).name, setting.name);
        }
    }
}
