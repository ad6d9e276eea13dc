//! What the contract offers: `contracts/voice.md` §1.1. Which permission each needs in its project stands with its handler.

use identity::{Scope, Scopes};

use crate::gate::operation::{Needs, Operation};

const NEEDS: Needs = Needs::Scope(Scopes::of(&[Scope::Numbering]));

/// What most are about.
const INSTANCE: &str = "PhoneNumberInstance";

/// One row for each method.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation::writes("PhoneNumberInstances/CreatePhoneNumberInstance", NEEDS, INSTANCE),
    Operation::reads("PhoneNumberInstances/GetPhoneNumberInstance", NEEDS, INSTANCE),
    Operation::reads("PhoneNumberInstances/ListPhoneNumberInstances", NEEDS, INSTANCE),
    Operation::writes("PhoneNumberInstances/UpdatePhoneNumberInstance", NEEDS, INSTANCE),
    Operation::writes("PhoneNumberInstances/DeletePhoneNumberInstance", NEEDS, INSTANCE),
    Operation::writes("PhoneNumberInstances/MovePhoneNumberInstance", NEEDS, INSTANCE),
    Operation::writes("PhoneNumberInstances/SplitRange", NEEDS, INSTANCE),
    Operation::reads("PhoneNumbers/SearchPhoneNumbers", NEEDS, "PhoneNumber"),
];
