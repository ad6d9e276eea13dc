//! What may happen in a history.

use meeting::{AccessType, EntryPointAccess, RestrictionType, Settings, Standing, UserId};
use proptest::{prelude::*, sample::Index};

/// Who comes, with what device, and which of the secrets that were ever given.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) person: u8,
    pub(crate) device: u8,
    pub(crate) through: u8,
    pub(crate) presented: Option<Index>,
}

fn who() -> impl Strategy<Value = Who> {
    let device = prop_oneof![4 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
    (0..6_u8, device, 0..3_u8, proptest::option::of(any::<Index>())).prop_map(|(person, device, through, presented)| {
        Who {
            person,
            device,
            through,
            presented,
        }
    })
}

#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Wait { us: i64 },
    ClockStep { us: i64 },
    Join { who: Who, arrives: bool },
    Resume { who: Who, conference: Index, arrives: bool },
    Admit { session: Index },
    Deny { session: Index },
    Remove { session: Index },
    Configure { switches: u8 },
    Promote { user: u8, standing: u8 },
    Connect { session: Index },
    Leave { session: Index, own_secret: bool },
    Lost { session: Index, age_us: i64, reason: u8 },
    Record,
    Pause { on: bool },
    StopRecording,
    End,
    Crash { starts: u8 },
    Stop,
    Woke,
}

/// Whether the transport is up at once; otherwise it may be later, or never.
fn arrives() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.7)
}

pub(crate) fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => prop_oneof![0..3_000_000_i64, 0..40_000_000_i64, 0..700_000_000_i64].prop_map(|us| Happening::Wait { us }),
        2 => (-7_200_000_000..7_200_000_000_i64).prop_map(|us| Happening::ClockStep { us }),
        8 => (who(), arrives()).prop_map(|(who, arrives)| Happening::Join { who, arrives }),
        4 => (who(), any::<Index>(), arrives())
            .prop_map(|(who, conference, arrives)| Happening::Resume { who, conference, arrives }),
        4 => any::<Index>().prop_map(|session| Happening::Admit { session }),
        2 => any::<Index>().prop_map(|session| Happening::Deny { session }),
        2 => any::<Index>().prop_map(|session| Happening::Remove { session }),
        3 => any::<u8>().prop_map(|switches| Happening::Configure { switches }),
        2 => (0..3_u8, 0..5_u8).prop_map(|(user, standing)| Happening::Promote { user, standing }),
        8 => any::<Index>().prop_map(|session| Happening::Connect { session }),
        5 => (any::<Index>(), prop::bool::weighted(0.9))
            .prop_map(|(session, own_secret)| Happening::Leave { session, own_secret }),
        4 => (any::<Index>(), -20_000_000..20_000_000_i64, 0..3_u8)
            .prop_map(|(session, age_us, reason)| Happening::Lost { session, age_us, reason }),
        3 => Just(Happening::Record),
        2 => any::<bool>().prop_map(|on| Happening::Pause { on }),
        1 => Just(Happening::StopRecording),
        1 => Just(Happening::End),
        3 => (1..3_u8).prop_map(|starts| Happening::Crash { starts }),
        1 => Just(Happening::Stop),
        1 => Just(Happening::Woke),
    ]
}

pub(crate) const OPEN: Settings = Settings {
    access_type: AccessType::Open,
    entry_point_access: EntryPointAccess::All,
    moderation: false,
    chat_restriction: RestrictionType::NoRestriction,
    reaction_restriction: RestrictionType::NoRestriction,
    present_restriction: RestrictionType::NoRestriction,
    default_join_as_viewer: false,
    attendance_report: false,
    auto_recording: false,
    auto_transcription: false,
    auto_smart_notes: false,
};

pub(crate) const STANDINGS: [Standing; 5] = [
    Standing::Owner,
    Standing::CoHost,
    Standing::Member,
    Standing::Trusted,
    Standing::Stranger,
];

pub(crate) fn user_id(number: u8) -> UserId {
    UserId::parse(&format!("{number:0>21}")).expect("21 digits")
}

/// Some settings; few of them let only an app in, or nobody would come.
pub(crate) fn settings(switches: u8) -> Settings {
    let on = |bit: u8| switches & (1 << bit) != 0;
    let restriction = |bit| {
        if on(bit) {
            RestrictionType::HostsOnly
        } else {
            RestrictionType::NoRestriction
        }
    };
    Settings {
        access_type: AccessType::ALL[usize::from(switches % 3)],
        entry_point_access: EntryPointAccess::ALL[usize::from(switches.is_multiple_of(17))],
        moderation: on(2),
        chat_restriction: restriction(3),
        reaction_restriction: restriction(4),
        present_restriction: restriction(5),
        default_join_as_viewer: on(6),
        auto_recording: on(7),
        ..Settings::default()
    }
}
