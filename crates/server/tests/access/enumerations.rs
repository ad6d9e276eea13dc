//! Every field of a request that chooses a value of an enumeration, given a number that is none: it is refused by its field, and nothing is
//! switched to what is usual.
//!
//! The fields come from the descriptors, so one that is added fails the test until it is here.

use std::collections::BTreeSet;
use std::time::Duration;

use audit::By;
use calls::NumberPlan;
use identity::{Scope, Scopes};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Value, json};

use crate::voice::{PROJECT, ask, callers, with_telephones};
use crate::world::{OFFER, Person, text};

/// What no enumeration has.
const NONE: i32 = 99;

/// A record that nobody has.
const RECORD: &str = "conferenceRecords/AAAAAAAAAAAAAAAAAAAAAA";

/// Fields that no request of REST chooses by.
const UNREAD: &[&str] = &[
    // `Streams.StreamCall` is gRPC alone: who may call it is asked with one that is none.
    "enfonica.voice.v1beta1.AudioConfig.audio_encoding",
    // Nobody chooses them: a client may send back what it was answered, of a later version too.
    "enfonica.numbering.v1beta1.PhoneNumber.capabilities",
    "enfonica.numbering.v1beta1.PhoneNumber.number_type",
    // There is one source of people here, whichever is asked for.
    "google.people.v1.GetPersonRequest.sources",
];

/// The fields that a request may choose by: message and field.
fn fields() -> BTreeSet<String> {
    let mut fields = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let pool = api::descriptor_pool();
    let methods = pool
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>());
    let mut left: Vec<MessageDescriptor> = methods.map(|method| method.input()).collect();
    while let Some(message) = left.pop() {
        if !seen.insert(message.full_name().to_owned()) {
            continue;
        }
        for field in message.fields().filter(|field| !is_output_only(field)) {
            match field.kind() {
                Kind::Message(inner) => left.push(inner),
                Kind::Enum(_) => {
                    fields.insert(field.full_name().to_owned());
                }
                _ => {}
            }
        }
    }
    fields
}

fn is_output_only(field: &FieldDescriptor) -> bool {
    const OUTPUT_ONLY: i32 = 3;
    let pool = api::descriptor_pool();
    let behaviour = pool
        .get_extension_by_name("google.api.field_behavior")
        .expect("compiled in");
    let options = field.options();
    let behaviour = options.get_extension(&behaviour);
    let behaviours = behaviour.as_list().expect("a list").iter();
    behaviours
        .filter_map(prost_reflect::Value::as_enum_number)
        .any(|number| number == OUTPUT_ONLY)
}

/// The fields that the rows below are about, how each is asked, and the field that is named.
type Row = (&'static str, &'static str, &'static str, Value, &'static str);

/// Requests of a project: `enfonica.`, and what is ours of it.
fn of_calls() -> [Row; 10] {
    let recording = |recording: Value| json!({"callRecording": recording});
    let options = json!({"handlerUris": ["https://a.example"], "recording": {"trigger": NONE}});
    [
        (
            "enfonica.voice.v1beta1.SipDomain.call_termination_mode",
            "PATCH",
            "projects/support/sipDomains/demo",
            json!({"callTerminationMode": NONE}),
            "sip_domain.call_termination_mode",
        ),
        (
            "enfonica.voice.v1beta1.CallRecordingConfig.trigger",
            "PATCH",
            "projects/support/sipDomains/demo",
            recording(json!({"trigger": NONE})),
            "sip_domain.call_recording.trigger",
        ),
        (
            "enfonica.voice.v1beta1.CallRecordingConfig.trigger",
            "POST",
            "projects/support/calls",
            json!({"to": "sip:a@b.example", "from": "sip:c@d.example", "options": options}),
            "call.options.recording.trigger",
        ),
        (
            "enfonica.voice.v1beta1.CallRecordingConfig.post_processing",
            "PATCH",
            "projects/support/sipDomains/demo",
            recording(json!({"postProcessing": [NONE]})),
            "sip_domain.call_recording.post_processing[0]",
        ),
        (
            "enfonica.voice.v1beta1.CallRecordingConfig.transcribe",
            "PATCH",
            "projects/support/sipDomains/demo",
            recording(json!({"transcribe": NONE})),
            "sip_domain.call_recording.transcribe",
        ),
        (
            "enfonica.voice.v1beta1.GetRecordingRequest.view",
            "GET",
            "projects/support/calls/c/recordings/r?view=99",
            Value::Null,
            "view",
        ),
        (
            "enfonica.voice.v1beta1.ListRecordingsRequest.view",
            "GET",
            "projects/support/recordings?view=99",
            Value::Null,
            "view",
        ),
        (
            "sederunt.voice.v1beta1.PauseRecordingRequest.mode",
            "POST",
            "projects/support/calls/c:pauseRecording",
            json!({"mode": NONE}),
            "mode",
        ),
        (
            "enfonica.numbering.v1beta1.PhoneNumberInstance.call_recording_trigger",
            "POST",
            "projects/support/phoneNumberInstances",
            json!({"callRecordingTrigger": NONE}),
            "phone_number_instance.call_recording_trigger",
        ),
        (
            "enfonica.numbering.v1beta1.SearchPhoneNumbersRequest.number_type",
            "GET",
            "phoneNumbers:search?countryCode=AU&numberType=99",
            Value::Null,
            "number_type",
        ),
    ]
}

/// Requests of an administrator, who owns `SPACE`.
fn of_meetings() -> [Row; 8] {
    [
        (
            "sederunt.v1.CreateAppRequest.kind",
            "POST",
            "apps",
            json!({"displayName": "App", "kind": NONE}),
            "kind",
        ),
        (
            "sederunt.v1.SetProjectMemberRequest.role",
            "POST",
            "projects/support:setMember",
            json!({"member": "administrator@localhost", "role": NONE}),
            "role",
        ),
        (
            "sederunt.v1.JoinRequest.device",
            "POST",
            "SPACE:join",
            json!({"offer": OFFER, "displayName": "Ada", "device": NONE}),
            "device",
        ),
        (
            "sederunt.v1.ResumeRequest.device",
            "POST",
            "SPACE:resume",
            json!({"conferenceRecord": RECORD, "offer": OFFER, "displayName": "Ada", "device": NONE}),
            "device",
        ),
        (
            "sederunt.v1.ModerateRequest.chat_restriction",
            "POST",
            "SPACE:moderate",
            json!({"chatRestriction": NONE}),
            "chat_restriction",
        ),
        (
            "sederunt.v1.ModerateRequest.reaction_restriction",
            "POST",
            "SPACE:moderate",
            json!({"reactionRestriction": NONE}),
            "reaction_restriction",
        ),
        (
            "sederunt.v1.ModerateRequest.present_restriction",
            "POST",
            "SPACE:moderate",
            json!({"presentRestriction": NONE}),
            "present_restriction",
        ),
        (
            "sederunt.v1.UpdateSpaceRetentionRequest.policy",
            "PATCH",
            "SPACE/retention",
            json!({"policy": NONE}),
            "policy",
        ),
    ]
}

#[test]
fn every_field_has_a_row() {
    let rows = of_calls().into_iter().chain(of_meetings());
    let known: BTreeSet<String> = rows.map(|(field, ..)| field.to_owned()).collect();
    let is_other = |field: &&String| {
        // Of a space's settings one table says what each number means, and of a member there is the role: both have tests of their own.
        !field.starts_with("google.apps.meet.") && !UNREAD.contains(&field.as_str())
    };
    let fields = fields();
    let fields: Vec<&String> = fields.iter().filter(is_other).collect();
    assert_eq!(fields, known.iter().collect::<Vec<_>>(), "give each a row");
}

#[tokio::test]
async fn a_number_that_is_no_value_is_refused() {
    let world = with_telephones(NumberPlan::default()).await;
    let callers = callers(&world, Scopes::of(&[Scope::Voice, Scope::Numbering])).await;
    let admin = callers[0].1.as_ref();
    let domain = json!({
        "callTerminationMode": "PROGRAMMABLE",
        "callTerminationHandlerUris": ["https://a.example"],
        "callRecording": {"trigger": "ANSWER", "postProcessing": ["TRIM_SILENCE"]},
    });
    let path = format!("projects/{PROJECT}/sipDomains");
    let path = format!("{path}?sipDomainId=demo");
    let made = ask(&world, admin, "POST", &path, &domain.to_string()).await.ok();
    for (_, verb, path, body, field) in of_calls() {
        let body = if verb == "GET" { String::new() } else { body.to_string() };
        let answer = ask(&world, admin, verb, path, &body).await;
        answer.refused(400, "INVALID_ARGUMENT", field);
    }
    let kept = ask(&world, admin, "GET", "projects/support/sipDomains/demo", "")
        .await
        .ok();
    assert_eq!(kept, made);

    let root = world.identity.user_by_email("administrator@localhost").await;
    let user = root.expect("readable").expect("every installation has one");
    let by = By::command_line(server::clock::now_us());
    let token = world
        .identity
        .issue_token(&user, Scopes::MEET, Duration::from_mins(1), &by)
        .await;
    let root = Person {
        user,
        token: token.expect("issued"),
    };
    let space = text(&world.space_of(&root, json!({"accessType": "OPEN"})).await, "name");
    for (_, verb, path, body, field) in of_meetings() {
        let path = format!("/sederunt/v1/{}", path.replace("SPACE", &space));
        let kind = [("content-type", "application/json")];
        let answer = world.send(verb, Some(&root), &path, &kind, &body.to_string()).await;
        answer.refused(400, "INVALID_ARGUMENT", field);
    }
}
