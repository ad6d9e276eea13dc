//! The contract for phone numbers: who may do what in a project, by what they are there, and who may move a number between two.

use std::fmt::Write as _;

use audit::By;
use calls::NumberPlan;
use expect_test::expect_file;
use identity::{ProjectMember, ProjectRole, Scope, Scopes};
use serde_json::json;

use crate::voice::{Answers, OTHER, PROJECT, ask, callers, with_telephones};
use crate::world::{World, text};

/// Every method, and how it is asked; `THING` is a number that was made for it alone.
const METHODS: &[(&str, &str, &str)] = &[
    (
        "PhoneNumberInstances.CreatePhoneNumberInstance",
        "POST",
        "projects/support/phoneNumberInstances",
    ),
    ("PhoneNumberInstances.GetPhoneNumberInstance", "GET", "THING"),
    (
        "PhoneNumberInstances.ListPhoneNumberInstances",
        "GET",
        "projects/support/phoneNumberInstances",
    ),
    ("PhoneNumberInstances.UpdatePhoneNumberInstance", "PATCH", "THING"),
    ("PhoneNumberInstances.DeletePhoneNumberInstance", "DELETE", "THING"),
    ("PhoneNumberInstances.MovePhoneNumberInstance", "POST", "THING:move"),
    ("PhoneNumberInstances.SplitRange", "POST", "THING:splitRange"),
    (
        "PhoneNumbers.SearchPhoneNumbers",
        "GET",
        "phoneNumbers:search?countryCode=AU",
    ),
];

/// The services of the methods above, for whoever counts all that there are.
pub(crate) fn services() -> impl Iterator<Item = String> {
    let services = METHODS.iter().filter_map(|(name, ..)| name.split_once('.'));
    services.map(|(service, _)| format!("enfonica.numbering.v1beta1.{service}"))
}

/// Numbers that nobody has had.
struct Fresh(u32);

impl Fresh {
    fn number(&mut self) -> String {
        self.0 += 1;
        format!("+6125550{:04}", self.0)
    }

    /// What asks for one.
    fn body(&mut self) -> String {
        json!({"phoneNumber": {"phoneNumber": self.number()}}).to_string()
    }
}

/// Somebody who is an admin of both projects.
async fn admin_of_both(world: &World, scopes: Scopes) -> Option<String> {
    let person = world.person_at("both@example.org", "Both", scopes).await;
    for project in [PROJECT, OTHER] {
        let member = ProjectMember {
            member: format!("users/{}", person.user.id),
            role: ProjectRole::Admin,
        };
        let by = By::command_line(server::clock::now_us());
        let added = world.identity.set_project_member(project, &member, &by).await;
        added.expect("a member");
    }
    Some(person.token)
}

#[tokio::test]
async fn who_may_do_what_with_the_numbers_of_a_project() {
    let numbers = NumberPlan(vec!["+6125550".parse().expect("a range")]);
    let world = with_telephones(numbers).await;
    let scopes = Scopes::of(&[Scope::Numbering]);
    let mut callers = callers(&world, scopes).await;
    callers.push(("admin of both", admin_of_both(&world, scopes).await));
    let (_, admin) = callers[0].clone();
    let mut fresh = Fresh(0);
    let mut table = String::from(
        "# Who may call what: phone numbers\n\nThe methods of `enfonica.numbering.v1beta1`, asked by members of a project and by others. \
         Whoever moves a number needs the permission in both projects.\n\n| method | answer | to |\n|---|---|---|\n",
    );
    for (name, verb, path) in METHODS {
        let mut answers = Answers::default();
        for (caller, token) in &callers {
            let made = format!("projects/{PROJECT}/phoneNumberInstances");
            let made = ask(&world, admin.as_ref(), "POST", &made, &fresh.body()).await.ok();
            let path = path.replace("THING", &text(&made, "name"));
            let body = match *verb {
                "POST" if path.ends_with(":move") => {
                    json!({"destinationParent": format!("projects/{OTHER}")}).to_string()
                }
                "POST" if path.ends_with(":splitRange") => json!({"size": 1}).to_string(),
                "POST" => fresh.body(),
                "PATCH" => json!({"displayName": caller}).to_string(),
                _ => String::new(),
            };
            let answer = ask(&world, token.as_ref(), verb, &path, &body).await;
            answers.add(caller, &answer);
        }
        write!(table, "{}", answers.rows(name)).expect("a text takes everything");
    }
    expect_file!["table/numbering.md"].assert_eq(&table);
}
