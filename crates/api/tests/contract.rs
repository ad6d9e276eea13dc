//! The wire facts that are easy to get wrong: numbers with gaps, and two versions that must stay one.

use std::collections::BTreeSet;

use api::descriptor_pool;
use prost_reflect::{Cardinality, EnumDescriptor, Kind, MessageDescriptor, MethodDescriptor};

const VERSIONS: [&str; 2] = ["google.apps.meet.v2", "google.apps.meet.v2beta"];

/// Everything of one version that goes over the wire, one fact a line, without the version's name.
fn facts(package: &str) -> BTreeSet<String> {
    let pool = descriptor_pool();
    let messages = pool.all_messages().filter(|message| message.package_name() == package);
    let enums = pool.all_enums().filter(|values| values.package_name() == package);
    let methods = pool.services().filter(|service| service.package_name() == package);
    let methods = methods.flat_map(|service| service.methods().collect::<Vec<_>>());
    let facts = messages
        .flat_map(|message| field_facts(&message))
        .chain(enums.flat_map(|values| value_facts(&values)));
    let version = package.rsplit('.').next().expect("a version");
    facts
        .chain(methods.map(|method| method_fact(&method)))
        .map(|fact| {
            fact.replace(&format!("{package}."), "")
                .replace(&format!("\"/{version}/"), "\"/")
        })
        .collect()
}

fn field_facts(message: &MessageDescriptor) -> Vec<String> {
    let fact = |field: prost_reflect::FieldDescriptor| {
        let kind = match field.kind() {
            Kind::Message(message) => message.full_name().to_owned(),
            Kind::Enum(values) => values.full_name().to_owned(),
            scalar => format!("{scalar:?}"),
        };
        let repeated = if field.cardinality() == Cardinality::Repeated {
            " repeated"
        } else {
            ""
        };
        let oneof = field
            .containing_oneof()
            .map(|oneof| format!(" of {}", oneof.name()))
            .unwrap_or_default();
        format!("{} = {}{repeated} {kind}{oneof}", field.full_name(), field.number())
    };
    message.fields().map(fact).collect()
}

fn value_facts(values: &EnumDescriptor) -> Vec<String> {
    values
        .values()
        .map(|value| format!("{}.{} = {}", values.full_name(), value.name(), value.number()))
        .collect()
}

fn method_fact(method: &MethodDescriptor) -> String {
    let http = descriptor_pool()
        .get_extension_by_name("google.api.http")
        .expect("annotations are compiled in");
    let options = method.options();
    let rule = options.get_extension(&http);
    let (input, output) = (method.input(), method.output());
    format!(
        "{}({}) -> {} {rule}",
        method.full_name(),
        input.full_name(),
        output.full_name()
    )
}

#[test]
fn v2_is_v2beta_without_what_only_v2beta_has() {
    let [v2, v2beta] = VERSIONS.map(facts);
    assert_eq!(v2.difference(&v2beta).collect::<Vec<_>>(), Vec::<&String>::new());
    let only: Vec<&str> = v2beta
        .difference(&v2)
        .map(|fact| fact.split(['=', '(']).next().expect("a name").trim())
        .collect();
    assert_eq!(
        only,
        [
            "ActiveConference.media_api_consenter_present",
            "ConnectActiveConferenceRequest.ConnectionConfig.confirmation_timeout",
            "ConnectActiveConferenceRequest.config",
            "ConnectActiveConferenceRequest.name",
            "ConnectActiveConferenceRequest.offer",
            "ConnectActiveConferenceResponse.answer",
            "ConnectActiveConferenceResponse.trace_id",
            "Member.user",
            "SpacesService.ConnectActiveConference",
        ]
    );
}

fn has_numbers(package: &str, message: &str, expected: &[u32]) {
    let described = descriptor_pool().get_message_by_name(&format!("{package}.{message}"));
    let described = described.expect("it is described");
    let numbers: Vec<u32> = described.fields().map(|field| field.number()).collect();
    assert_eq!(numbers, expected, "{message}");
}

#[test]
fn numbers_of_telephone_calls_are_those_of_the_contract() {
    let numbers = |message: &str, expected: &[u32]| has_numbers("enfonica.voice.v1beta1", message, expected);
    numbers(
        "Call",
        &[
            1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
        ],
    );
    numbers("Call.ApiCallOptions", &[1, 2, 3, 4]);
    numbers("NumberLocation", &[1, 2, 3, 4]);
    numbers("CallRequest", &[1, 2]);
    // The last is our own: decision 82.
    numbers("SipDomain", &[1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 50_001]);
}

#[test]
fn numbers_are_those_of_the_contract() {
    let facts = facts("google.apps.meet.v2beta");
    let check = |fact: &str| assert!(facts.iter().any(|known| known.starts_with(fact)), "{fact}");
    let numbers = |message: &str, expected: &[u32]| has_numbers("google.apps.meet.v2beta", message, expected);
    numbers("Space", &[1, 2, 3, 5, 6, 7, 8]);
    numbers("SpaceConfig", &[1, 2, 3, 4, 6, 7]);
    numbers("SpaceConfig.ArtifactConfig.RecordingConfig", &[2]);
    numbers("SpaceConfig.ArtifactConfig.TranscriptionConfig", &[2]);
    numbers("SpaceConfig.ArtifactConfig.SmartNotesConfig", &[2]);
    numbers("Participant", &[1, 4, 5, 6, 7, 8]);
    numbers("Recording", &[1, 3, 4, 5, 6]);
    numbers("Transcript", &[1, 3, 4, 5, 6]);
    numbers("SmartNote", &[1, 2, 3, 4, 5]);
    numbers("ListConferenceRecordsRequest", &[1, 2, 3]);
    numbers("ListParticipantsRequest", &[1, 2, 3, 4]);
    numbers("ListParticipantsResponse", &[1, 2, 3]);
    check("SpaceConfig.Moderation.OFF = 1");
    check("SpaceConfig.Moderation.ON = 2");
    check("SpaceConfig.ModerationRestrictions.DefaultJoinAsViewerType.ON = 1");
    check("SpaceConfig.ModerationRestrictions.DefaultJoinAsViewerType.OFF = 2");
    check("SpaceConfig.ArtifactConfig.AutoGenerationType.ON = 1");
    check("Participant.signedin_user = 4 SignedinUser of user");
    check("SmartNote.docs_destination = 5 DocsDestination of destination");
    check("ConferenceRecord.expire_time = 4 google.protobuf.Timestamp");
    check("UpdateSpaceRequest.update_mask = 2 google.protobuf.FieldMask");
}

#[test]
fn every_method_has_an_http_rule() {
    let http = descriptor_pool()
        .get_extension_by_name("google.api.http")
        .expect("annotations are compiled in");
    assert_eq!(http.number(), 72_295_728);
    let methods = descriptor_pool()
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>());
    // Messages that go both ways have no form in REST.
    let without: Vec<String> = methods
        .filter(|method| method.options().has_extension(&http) == method.is_client_streaming())
        .map(|method| method.full_name().into())
        .collect();
    assert_eq!(without, Vec::<String>::new());
}
