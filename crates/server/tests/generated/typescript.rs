//! The messages that the web client exchanges with the API, as TypeScript types: what proto3 JSON makes of them.
//!
//! The types are those of the bodies of requests and of the answers, and what these hold. What stands in the path of a
//! request is no part of its body, so it is no part of the type either. proto3 JSON leaves out what has its default, so a
//! field may be absent unless the contract says that it never is (REQUIRED, IDENTIFIER); and the zero of an enum, which
//! says nothing, is never written.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::expect_file;
use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FieldDescriptor, FileDescriptor, Kind, MessageDescriptor,
    MethodDescriptor,
};

/// Of this package, the client may call every method.
const OURS: &str = "sederunt.v1";

/// Of the vendors' contracts, and of what stands beside them, it calls these.
const OF_OTHERS: [&str; 17] = [
    "google.apps.meet.v2.SpacesService.CreateSpace",
    "google.apps.meet.v2.SpacesService.GetSpace",
    "google.apps.meet.v2.SpacesService.UpdateSpace",
    "google.apps.meet.v2.ConferenceRecordsService.GetConferenceRecord",
    "google.apps.meet.v2beta.SpacesService.CreateMember",
    "google.apps.meet.v2beta.SpacesService.ListMembers",
    "google.apps.meet.v2beta.SpacesService.UpdateMember",
    "enfonica.voice.v1beta1.Calls.GetCall",
    "enfonica.voice.v1beta1.Calls.ListCalls",
    "enfonica.voice.v1beta1.Recordings.GetRecording",
    "enfonica.voice.v1beta1.Recordings.ListRecordings",
    "enfonica.voice.v1beta1.Recordings.DeleteRecording",
    "sederunt.voice.v1beta1.RecordingControl.StartRecording",
    "sederunt.voice.v1beta1.RecordingControl.StopRecording",
    "sederunt.voice.v1beta1.RecordingControl.PauseRecording",
    "sederunt.voice.v1beta1.RecordingControl.ResumeRecording",
    "sederunt.voice.v1beta1.RecordingControl.GetRecordingStatus",
];

const HEADING: &str =
    "// The messages of the API as JSON. Generated from `proto/` by `cargo xtask generate`, and not to be edited.\n";

#[test]
fn the_types_of_the_web_client_are_those_of_the_contract() {
    expect_file!["../../../../web/src/api/generated/messages.ts"].assert_eq(&messages());
}

/// The whole file, in the order of names.
fn messages() -> String {
    let pool = DescriptorPool::decode(api::COMMENTED_DESCRIPTOR_SET).expect("compiled by the build script");
    let mut file = File::default();
    for method in methods(&pool) {
        file.add_method(&pool, &method);
    }
    let mut text = HEADING.to_owned();
    for (_, declaration) in file.declarations.into_values() {
        text.push('\n');
        text.push_str(&declaration);
    }
    text
}

fn methods(pool: &DescriptorPool) -> Vec<MethodDescriptor> {
    let asked = |method: &MethodDescriptor| {
        method.parent_service().package_name() == OURS || OF_OTHERS.contains(&method.full_name())
    };
    let all = pool
        .services()
        .flat_map(|service| service.methods().collect::<Vec<_>>());
    let methods: Vec<MethodDescriptor> = all.filter(asked).collect();
    for name in OF_OTHERS {
        assert!(
            methods.iter().any(|method| method.full_name() == name),
            "there is no {name}"
        );
    }
    methods
}

/// The declarations so far: by the name in TypeScript, the name in the contract and the text.
#[derive(Default)]
struct File {
    declarations: BTreeMap<String, (String, String)>,
}

impl File {
    fn add_method(&mut self, pool: &DescriptorPool, method: &MethodDescriptor) {
        let rule = http_rule(pool, method);
        let body = rule.get_field_by_name("body").expect("a field of every rule");
        match body.as_str().expect("a text") {
            "" => {}
            "*" => {
                let places = places(&rule);
                // All that some requests say stands in their path.
                if method.input().fields().any(|field| !places.contains(field.name())) {
                    self.add_message(&method.input(), &places);
                }
            }
            field => {
                let field = method.input().get_field_by_name(field).expect("named by the rule");
                self.type_of(&field.kind());
            }
        }
        if method.output().full_name() != "google.protobuf.Empty" {
            self.add_message(&method.output(), &BTreeSet::new());
        }
    }

    /// Adds a message without some of its fields, and all that it holds.
    fn add_message(&mut self, message: &MessageDescriptor, left_out: &BTreeSet<String>) {
        let name = short_name(message.full_name(), message.package_name());
        if !self.reserve(&name, message.full_name()) {
            return;
        }
        let file = message.parent_file();
        let fields = message.fields().filter(|field| !left_out.contains(field.name()));
        let fields: Vec<String> = fields
            .map(|field| {
                let said = comment("  ", &file, field.path());
                let mark = if is_always_there(&field) { "" } else { "?" };
                format!("{said}  {}{mark}: {};\n", field.json_name(), self.type_of_field(&field))
            })
            .collect();
        let said = comment("", &file, message.path());
        let text = format!("{said}export interface {name} {{\n{}}}\n", fields.concat());
        self.declarations.insert(name, (message.full_name().to_owned(), text));
    }

    fn add_enum(&mut self, of: &EnumDescriptor) -> String {
        // A message without fields is only there to keep the values of its enum apart: what is meant has its name.
        let namespace = of.parent_message().filter(|parent| parent.fields().len() == 0);
        let full_name = namespace.as_ref().map_or(of.full_name(), MessageDescriptor::full_name);
        let name = short_name(full_name, of.package_name());
        if self.reserve(&name, of.full_name()) {
            let file = of.parent_file();
            let values = of.values().filter(|value| value.number() != 0);
            let values: Vec<String> = values
                .map(|value| format!("\n{}  | '{}'", comment("  ", &file, value.path()), value.name()))
                .collect();
            let said = comment("", &file, namespace.as_ref().map_or(of.path(), MessageDescriptor::path));
            let text = format!("{said}export type {name} ={};\n", values.concat());
            self.declarations
                .insert(name.clone(), (of.full_name().to_owned(), text));
        }
        name
    }

    /// Whether it is still to be declared. Two things of one name would be one type in TypeScript.
    fn reserve(&mut self, name: &str, full_name: &str) -> bool {
        if let Some((other, _)) = self.declarations.get(name) {
            assert_eq!(other, full_name, "both would be called {name}");
            return false;
        }
        // Before what it holds: that may hold it in turn.
        self.declarations
            .insert(name.to_owned(), (full_name.to_owned(), String::new()));
        true
    }

    fn type_of_field(&mut self, field: &FieldDescriptor) -> String {
        match field.kind() {
            // The keys of an object are texts, whatever they are on the wire.
            Kind::Message(entry) if field.is_map() => {
                let value = self.type_of(&entry.map_entry_value_field().kind());
                format!("Record<string, {value}>")
            }
            kind if field.is_list() => format!("{}[]", self.type_of(&kind)),
            kind => self.type_of(&kind),
        }
    }

    /// The spelling in proto3 JSON.
    fn type_of(&mut self, kind: &Kind) -> String {
        match kind {
            Kind::Bool => "boolean".to_owned(),
            Kind::Double | Kind::Float | Kind::Int32 | Kind::Uint32 | Kind::Sint32 | Kind::Fixed32 | Kind::Sfixed32 => {
                "number".to_owned()
            }
            // A number of JavaScript has 53 bits; bytes are base64.
            Kind::Int64 | Kind::Uint64 | Kind::Sint64 | Kind::Fixed64 | Kind::Sfixed64 | Kind::String | Kind::Bytes => {
                "string".to_owned()
            }
            Kind::Enum(of) => self.add_enum(of),
            Kind::Message(message) => match message.full_name() {
                "google.protobuf.Timestamp" | "google.protobuf.Duration" | "google.protobuf.FieldMask" => {
                    "string".to_owned()
                }
                name => {
                    assert!(!name.starts_with("google.protobuf."), "say how {name} is spelt");
                    self.add_message(message, &BTreeSet::new());
                    short_name(message.full_name(), message.package_name())
                }
            },
        }
    }
}

/// `SpaceConfigAccessType`, of `google.apps.meet.v2.SpaceConfig.AccessType`.
fn short_name(full_name: &str, package: &str) -> String {
    full_name.trim_start_matches(package).replace('.', "")
}

fn http_rule(pool: &DescriptorPool, method: &MethodDescriptor) -> DynamicMessage {
    let annotation = pool.get_extension_by_name("google.api.http").expect("compiled in");
    let options = method.options();
    options
        .get_extension(&annotation)
        .as_message()
        .expect("a message")
        .clone()
}

/// The fields that stand in the path: `space`, of `/sederunt/v1/{space=spaces/*}:join`.
fn places(rule: &DynamicMessage) -> BTreeSet<String> {
    let verbs = ["get", "put", "post", "patch", "delete"];
    let verb = verbs.into_iter().find(|verb| rule.has_field_by_name(verb));
    let path = rule.get_field_by_name(verb.expect("every method is served over REST"));
    let path = path.expect("it is there");
    let path = path.as_str().expect("a path");
    let braces = path.split('{').skip(1);
    braces
        .filter_map(|brace| brace.split(['=', '}']).next())
        .map(str::to_owned)
        .collect()
}

fn is_always_there(field: &FieldDescriptor) -> bool {
    let pool = field.parent_message().parent_pool();
    let annotation = pool
        .get_extension_by_name("google.api.field_behavior")
        .expect("compiled in");
    let behaviours = pool.get_enum_by_name("google.api.FieldBehavior").expect("compiled in");
    let options = field.options();
    let said = options.get_extension(&annotation);
    said.as_list().expect("repeated").iter().any(|said| {
        let behaviour = behaviours.get_value(said.as_enum_number().expect("an enum"));
        behaviour.is_some_and(|behaviour| matches!(behaviour.name(), "REQUIRED" | "IDENTIFIER"))
    })
}

/// The first sentence of what the contract says there.
fn comment(indentation: &str, file: &FileDescriptor, path: &[i32]) -> String {
    let source = file.file_descriptor_proto().source_code_info.as_ref();
    let location = source.and_then(|source| source.location.iter().find(|location| location.path == path));
    let words: Vec<&str> = location
        .map_or("", |location| location.leading_comments())
        .split_whitespace()
        .collect();
    let text = words.join(" ");
    let sentence = text
        .split_once(". ")
        .map_or(text.as_str(), |(first, _)| first)
        .trim_end_matches('.');
    if sentence.is_empty() {
        return String::new();
    }
    format!("{indentation}/** {sentence}. */\n")
}
