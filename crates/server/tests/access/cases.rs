//! What a method is called about, where its answers depend on it: the same callers meet different doors, and different people.

use serde_json::{Value, json};

use crate::methods::Method;

/// A case, as headings tell it; empty where there is one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Case(pub(crate) &'static str);

/// The spaces at whose door somebody may stand: who walks in, and through what.
const DOORS: [(&str, &str, &str); 4] = [
    ("a space for everybody", "OPEN", "ALL"),
    ("a space for trusted people", "TRUSTED", "ALL"),
    ("a space for invited people", "RESTRICTED", "ALL"),
    (
        "a space for everybody, through its app alone",
        "OPEN",
        "CREATOR_APP_ONLY",
    ),
];

/// The people who may be looked up, with their names among the callers.
const PEOPLE: [(&str, Option<&str>); 3] = [
    ("themselves", None),
    ("the participant", Some("participant")),
    ("the visitor", Some("visitor")),
];

impl Case {
    const USUAL: Case = Case("");

    /// The cases of a method.
    pub(crate) fn of(method: &Method) -> Vec<Case> {
        let doors = DOORS.iter().map(|(case, _, _)| Case(case));
        match &*method.name {
            "Meetings.Join" => doors.collect(),
            "Meetings.GetMeeting" => std::iter::once(Case::USUAL).chain(doors).collect(),
            "PeopleService.GetPerson" => PEOPLE.iter().map(|(case, _)| Case(case)).collect(),
            _ => vec![Case::USUAL],
        }
    }

    /// The settings of the space at whose door the caller stands.
    pub(crate) fn door(self) -> Option<Value> {
        let row = DOORS.iter().find(|(case, _, _)| *case == self.0);
        row.map(|(_, access, entry)| json!({"accessType": access, "entryPointAccess": entry}))
    }

    /// Who is looked up; `None` is whoever calls.
    pub(crate) fn person(self) -> Option<&'static str> {
        let row = PEOPLE.iter().find(|(case, _)| *case == self.0);
        row.expect("a case of a person").1
    }
}
