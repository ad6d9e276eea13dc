//! The contract for calls: who may do what in a project, by what they are there.

use std::fmt::Write as _;

use audit::By;
use calls::NumberPlan;
use expect_test::expect_file;
use identity::{ProjectMember, ProjectRole, Scope, Scopes};
use serde_json::{Value, json};
use server::{Configuration, TelephoneConfiguration};
use tonic::Code;

use crate::robot::Robot;
use crate::world::{Answer, World, configuration};

pub(crate) const PROJECT: &str = "support";

/// Another project.
pub(crate) const OTHER: &str = "sales";

/// Every method, and how it is asked.
const METHODS: &[(&str, &str, &str)] = &[
    ("SipDomains.CreateSipDomain", "POST", "sipDomains?sipDomainId=WHO"),
    ("SipDomains.GetSipDomain", "GET", "sipDomains/demo"),
    ("SipDomains.ListSipDomains", "GET", "sipDomains"),
    ("SipDomains.UpdateSipDomain", "PATCH", "sipDomains/demo"),
    ("SipDomains.DeleteSipDomain", "DELETE", "sipDomains/of-WHO"),
    ("Users.CreateUser", "POST", "sipDomains/demo/users?userId=WHO"),
    ("Users.GetUser", "GET", "sipDomains/demo/users/ada"),
    ("Users.ListUsers", "GET", "sipDomains/demo/users"),
    ("Users.UpdateUser", "PATCH", "sipDomains/demo/users/ada"),
    ("Users.DeleteUser", "DELETE", "sipDomains/demo/users/of-WHO"),
    ("Aliases.CreateAlias", "POST", "sipDomains/demo/aliases?aliasId=WHO"),
    ("Aliases.GetAlias", "GET", "sipDomains/demo/aliases/desk"),
    ("Aliases.ListAliases", "GET", "sipDomains/demo/aliases"),
    ("Aliases.UpdateAlias", "PATCH", "sipDomains/demo/aliases/desk"),
    ("Aliases.DeleteAlias", "DELETE", "sipDomains/demo/aliases/of-WHO"),
    ("Calls.CreateCall", "POST", "calls"),
    ("Calls.GetCall", "GET", "calls/nothing"),
    ("Calls.ListCalls", "GET", "calls"),
    ("SipInfoService.GetSipInfo", "GET", "calls/nothing/sipInfo"),
    ("Recordings.GetRecording", "GET", "calls/nothing/recordings/nothing"),
    ("Recordings.ListRecordings", "GET", "recordings"),
    (
        "Recordings.DeleteRecording",
        "DELETE",
        "calls/nothing/recordings/nothing",
    ),
    (
        "RecordingControl.StartRecording",
        "POST",
        "calls/nothing:startRecording",
    ),
    ("RecordingControl.StopRecording", "POST", "calls/nothing:stopRecording"),
    (
        "RecordingControl.PauseRecording",
        "POST",
        "calls/nothing:pauseRecording",
    ),
    (
        "RecordingControl.ResumeRecording",
        "POST",
        "calls/nothing:resumeRecording",
    ),
    (
        "RecordingControl.GetRecordingStatus",
        "GET",
        "calls/nothing/recordingStatus",
    ),
];

/// The methods above, for whoever counts all that there are.
pub(crate) fn services() -> impl Iterator<Item = String> {
    let services = METHODS.iter().filter_map(|(name, ..)| name.split_once('.'));
    let services = services.map(|(service, _)| service).chain(["Streams"]);
    services.map(|service| match service {
        // Of which the contract says no numbers, or nothing: they have a package of ours.
        "Users" | "RecordingControl" => format!("sederunt.voice.v1beta1.{service}"),
        _ => format!("enfonica.voice.v1beta1.{service}"),
    })
}

/// Who asks, and with which token: most have these scopes.
pub(crate) async fn callers(world: &World, usual: Scopes) -> Vec<(&'static str, Option<String>)> {
    let identity = &world.identity;
    let by = By::command_line(server::clock::now_us());
    for project in [PROJECT, OTHER] {
        identity.create_project(project, "Project", &by).await.expect("new");
    }
    let mut callers = vec![];
    for (name, role, scopes) in [
        ("admin", Some(ProjectRole::Admin), usual),
        ("editor", Some(ProjectRole::Editor), usual),
        ("viewer", Some(ProjectRole::Viewer), usual),
        ("stranger", None, usual),
        ("admin in person", Some(ProjectRole::Admin), Scopes::MEET),
        (
            "admin: readonly",
            Some(ProjectRole::Admin),
            Scopes::of(&[Scope::SpaceReadonly]),
        ),
    ] {
        let email = format!("{}@example.org", name.replace([' ', ':'], "-"));
        let person = world.person_at(&email, name, scopes).await;
        if let Some(role) = role {
            let member = ProjectMember {
                member: format!("users/{}", person.user.id),
                role,
            };
            identity
                .set_project_member(PROJECT, &member, &by)
                .await
                .expect("a member");
        }
        callers.push((name, Some(person.token)));
    }
    for (name, project, role) in [
        ("editor-app", PROJECT, ProjectRole::Editor),
        ("stranger-app", OTHER, ProjectRole::Admin),
    ] {
        let robot = Robot::of_project(world, name, project, role).await;
        callers.push((name, Some(robot.token(world, None, usual).await)));
    }
    callers.push(("nobody", None));
    callers
}

pub(crate) async fn ask(world: &World, token: Option<&String>, verb: &str, path: &str, body: &str) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let bearer = bearer.as_deref().map(|bearer| ("authorization", bearer));
    let headers: Vec<_> = bearer
        .into_iter()
        .chain([("content-type", "application/json")])
        .collect();
    world
        .send(verb, None, &format!("/v1beta1/{path}"), &headers, body)
        .await
}

/// A server that answers telephones, and whose trunk brings these numbers.
pub(crate) async fn with_telephones(numbers: NumberPlan) -> World {
    let data = tempfile::tempdir().expect("a temporary folder");
    let telephone = TelephoneConfiguration {
        listen: ([127, 0, 0, 1], 0).into(),
        domain: "sip.example.org".to_owned(),
        numbers,
        ..TelephoneConfiguration::default()
    };
    let configuration = Configuration {
        telephone: Some(telephone),
        ..configuration(&data)
    };
    World::with(data, configuration).await
}

#[tokio::test]
async fn who_may_do_what_in_a_project() {
    let world = with_telephones(NumberPlan::default()).await;
    let callers = callers(&world, Scopes::of(&[Scope::Voice])).await;
    let (_, admin) = &callers[0];
    for domain in std::iter::once("demo".to_owned()).chain(things(&callers)) {
        let path = within(&format!("sipDomains?sipDomainId={domain}"));
        ask(&world, admin.as_ref(), "POST", &path, "{}").await.ok();
    }
    for user in std::iter::once("ada".to_owned()).chain(things(&callers)) {
        let path = within(&format!("sipDomains/demo/users?userId={user}"));
        ask(&world, admin.as_ref(), "POST", &path, &password().to_string())
            .await
            .ok();
    }
    for alias in std::iter::once("desk".to_owned()).chain(things(&callers)) {
        let path = within(&format!("sipDomains/demo/aliases?aliasId={alias}"));
        ask(&world, admin.as_ref(), "POST", &path, "{}").await.ok();
    }
    let mut table = String::from(
        "# Who may call what: telephone calls\n\nThe methods of `enfonica.voice.v1beta1` and those of users and of recordings that go on, which have a package of ours, asked by members of a project and by others.\n\n\
         | method | answer | to |\n|---|---|---|\n",
    );
    for (name, verb, path) in METHODS {
        let mut answers = Answers::default();
        for (caller, token) in &callers {
            let path = within(&path.replace("WHO", &plain(caller)));
            let body = match (*verb, name.starts_with("Users.")) {
                ("POST", _) if *name == "Calls.CreateCall" => json!({"to": "+442071838750"}).to_string(),
                ("POST", _) if name.starts_with("RecordingControl.") => "{}".to_owned(),
                ("POST" | "PATCH", true) => password().to_string(),
                // To nobody: whoever may call is told so.
                ("POST", false) if *name == "Calls.CreateCall" => "{}".to_owned(),
                ("POST" | "PATCH", false) => json!({"displayName": caller}).to_string(),
                _ => String::new(),
            };
            let answer = ask(&world, token.as_ref(), verb, &path, &body).await;
            answers.add(caller, &answer);
        }
        write!(table, "{}", answers.rows(name)).expect("a text takes everything");
    }
    let mut answers = Answers::default();
    for (caller, token) in &callers {
        answers.add_said(caller, stream(&world, token.as_ref()).await);
    }
    write!(table, "{}", answers.rows("Streams.StreamCall")).expect("a text takes everything");
    expect_file!["table/voice.md"].assert_eq(&table);
}

/// What is answered to whoever sets up a stream whose sound is in nothing that there is: whoever may is told so. It is gRPC alone.
async fn stream(world: &World, token: Option<&String>) -> String {
    const SETUP: &str = "\0\0\0\0\x1e\x0a\x1c\x0a\x1aprojects/support/streams/s";
    let bearer = token.map(|token| format!("Bearer {token}"));
    let bearer = bearer.as_deref().map(|bearer| ("authorization", bearer));
    let headers = [("content-type", "application/grpc"), ("te", "trailers")];
    let headers: Vec<_> = bearer.into_iter().chain(headers).collect();
    let path = "/enfonica.voice.v1beta1.Streams/StreamCall";
    let answer = world.send("POST", None, path, &headers, SETUP).await;
    let status = answer.head.lines().find_map(|line| line.strip_prefix("grpc-status: "));
    let code = status.map(|status| Code::from_bytes(status.trim().as_bytes()));
    format!("gRPC {:?}", code.expect("a status"))
}

/// What callers were answered, those beside each other who were answered the same.
#[derive(Default)]
pub(crate) struct Answers(Vec<(String, Vec<String>)>);

impl Answers {
    pub(crate) fn add(&mut self, caller: &str, answer: &Answer) {
        let said = match answer.body["error"]["status"].as_str() {
            None => answer.status.to_string(),
            Some(status) => format!("{} {status}", answer.status),
        };
        self.add_said(caller, said);
    }

    fn add_said(&mut self, caller: &str, said: String) {
        match self.0.iter_mut().find(|(known, _)| *known == said) {
            Some((_, to)) => to.push(caller.to_owned()),
            None => self.0.push((said, vec![caller.to_owned()])),
        }
    }

    /// The rows of a method.
    pub(crate) fn rows(&self, method: &str) -> String {
        let row = |(said, to): &(String, Vec<String>)| format!("| {method} | {said} | {} |\n", to.join(" · "));
        self.0.iter().map(row).collect::<Vec<_>>().concat()
    }
}

/// A path of the project.
fn within(path: &str) -> String {
    format!("projects/{PROJECT}/{path}")
}

/// What each caller deletes.
fn things(callers: &[(&str, Option<String>)]) -> impl Iterator<Item = String> {
    callers.iter().map(|(name, _)| format!("of-{}", plain(name)))
}

fn password() -> Value {
    json!({"password": "Right-Passw0rd"})
}

fn plain(name: &str) -> String {
    name.replace([' ', ':'], "-").replace("--", "-")
}
