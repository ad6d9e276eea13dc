//! The discovery document of an API: what Google's dynamic clients build themselves from.
//!
//! It is made from the same rules as the route table, so it describes what is served and nothing else. Resources and the names
//! of methods follow from the paths, by Google's design rules: `spaces.members.patch` is the PATCH of
//! `v2/{member.name=spaces/*/members/*}`.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use crate::{
    rules::{self, BodyRule, Route, RuleError},
    template::Segment,
};

/// What the descriptors do not say about an API.
#[derive(Debug, Clone, Copy)]
pub struct Api<'a> {
    /// The protobuf package: `google.apps.meet.v2`.
    pub package: &'a str,
    /// The name that clients know it by: `meet`.
    pub name: &'a str,
    /// Its version, which begins every path: `v2`.
    pub version: &'a str,
    /// For people.
    pub title: &'a str,
    /// For people.
    pub description: &'a str,
    /// Where it is served, without a slash at the end.
    pub root_url: &'a str,
    /// Every scope, with what it gives.
    pub scopes: &'a [(String, &'static str)],
}

/// The discovery document. `scopes_of` gives the scopes that do for a method, by its name such as `GetSpace`.
pub fn document(
    pool: &DescriptorPool,
    api: &Api<'_>,
    scopes_of: impl Fn(&str) -> Vec<String>,
) -> Result<Value, RuleError> {
    let mut schemas = BTreeMap::new();
    let mut root = Resource::default();
    for route in rules::read(pool)? {
        let rpc = route.rpc.path().to_owned();
        let Some((service, method)) = rpc.trim_start_matches('/').split_once('/') else {
            continue;
        };
        if service.rsplit_once('.').map(|(package, _)| package) != Some(api.package) {
            continue;
        }
        let path = resource_path(&route);
        let name = method_name(&route, method);
        let id = format!("{}.{}.{name}", api.name, path.join("."));
        let described = describe(&route, &id, &scopes_of(method), &mut schemas);
        root.descend(&path).methods.insert(name, described);
    }
    let scopes: Map<String, Value> = api
        .scopes
        .iter()
        .map(|(url, gives)| (url.clone(), json!({"description": gives})))
        .collect();
    let mut document = json!({
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": format!("{}:{}", api.name, api.version),
        "name": api.name,
        "canonicalName": api.title,
        "version": api.version,
        "title": api.title,
        "description": api.description,
        "protocol": "rest",
        "rootUrl": format!("{}/", api.root_url),
        "baseUrl": format!("{}/", api.root_url),
        "servicePath": "",
        "batchPath": "batch",
        "auth": {"oauth2": {"scopes": scopes}},
        "parameters": parameters_of_all_methods(),
        "schemas": schemas,
    });
    document["resources"] = root.into_json()["resources"].take();
    Ok(document)
}

/// A collection of methods, by name, and of the resources below it.
#[derive(Default)]
struct Resource {
    methods: BTreeMap<String, Value>,
    resources: BTreeMap<String, Resource>,
}

impl Resource {
    fn descend(&mut self, path: &[String]) -> &mut Resource {
        path.iter().fold(self, |resource, name| {
            resource.resources.entry(name.clone()).or_default()
        })
    }

    fn into_json(self) -> Value {
        let mut json = json!({"methods": self.methods});
        if !self.resources.is_empty() {
            let resources = self
                .resources
                .into_iter()
                .map(|(name, below)| (name, below.into_json()));
            json["resources"] = Value::Object(resources.collect());
        }
        json
    }
}

/// The collections of a path, after its version: `spaces`, `members`.
fn resource_path(route: &Route) -> Vec<String> {
    let literals = route.segments.iter().skip(1).filter_map(|segment| match segment {
        Segment::Literal(text) => Some(text.clone()),
        Segment::One | Segment::Rest => None,
    });
    literals.collect()
}

/// Google's names of the standard methods (AIP-130), or the custom verb.
fn method_name(route: &Route, method: &str) -> String {
    if let Some(verb) = &route.custom_verb {
        return verb.clone();
    }
    for (prefix, name) in [
        ("Get", "get"),
        ("List", "list"),
        ("Create", "create"),
        ("Update", "patch"),
        ("Delete", "delete"),
    ] {
        if method.starts_with(prefix) {
            return name.to_owned();
        }
    }
    let mut letters = method.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_ascii_lowercase().to_string() + letters.as_str()
    })
}

/// One method.
fn describe(route: &Route, id: &str, scopes: &[String], schemas: &mut BTreeMap<String, Value>) -> Value {
    let paths = Paths::of(route);
    let mut parameters = BTreeMap::new();
    for (field, pattern) in &paths.captures {
        let parameter = json!({"type": "string", "location": "path", "required": true, "pattern": pattern});
        parameters.insert(field.clone(), parameter);
    }
    let captured = |field: &FieldDescriptor| route.captures.iter().any(|capture| capture.fields[0] == *field);
    let in_body = |field: &FieldDescriptor| match &route.body {
        BodyRule::Nothing => false,
        BodyRule::Request => true,
        BodyRule::Field(body, _) => body == field,
    };
    for field in route.input.fields().filter(|field| !captured(field) && !in_body(field)) {
        add_parameters(&field, "", &mut parameters);
    }
    let order: Vec<&String> = paths.captures.iter().map(|(field, _)| field).collect();
    let mut method = json!({
        "id": id,
        "path": paths.path,
        "flatPath": paths.flat_path,
        "httpMethod": route.verb.as_str(),
        "parameters": parameters,
        "parameterOrder": order,
        "response": {"$ref": schema(&route.output, schemas)},
        "scopes": scopes,
    });
    let body = match &route.body {
        BodyRule::Nothing => None,
        BodyRule::Request => Some(&route.input),
        BodyRule::Field(_, message) => Some(message),
    };
    if let Some(body) = body {
        method["request"] = json!({"$ref": schema(body, schemas)});
    }
    method
}

/// A field as a parameter of the query, and one that is a message as those of its fields: `requestMask.includeField`. Messages that
/// hold themselves have no place in a query.
fn add_parameters(field: &FieldDescriptor, prefix: &str, parameters: &mut BTreeMap<String, Value>) {
    let name = format!("{prefix}{}", field.json_name());
    match scalar(field) {
        Some(mut parameter) => {
            parameter["location"] = "query".into();
            if field.is_list() {
                parameter["repeated"] = true.into();
            }
            parameters.insert(name, parameter);
        }
        None if field.is_list() => {}
        None => {
            let Kind::Message(message) = field.kind() else { return };
            for inner in message.fields() {
                add_parameters(&inner, &format!("{name}."), parameters);
            }
        }
    }
}

/// The path of a method in the two ways of a discovery document.
struct Paths {
    /// `v2/{+parent}/members`
    path: String,
    /// `v2/spaces/{spacesId}/members`
    flat_path: String,
    /// The fields in the path, each with what it must match.
    captures: Vec<(String, String)>,
}

impl Paths {
    fn of(route: &Route) -> Paths {
        let (mut path, mut flat_path, mut captures) = (Vec::new(), Vec::new(), Vec::new());
        let mut collection = "";
        for segment in &route.segments {
            flat_path.push(match segment {
                Segment::Literal(text) => {
                    collection = text;
                    text.clone()
                }
                Segment::One | Segment::Rest => format!("{{{collection}Id}}"),
            });
        }
        let mut at = 0;
        while let Some(segment) = route.segments.get(at) {
            let Some(capture) = route.captures.iter().find(|capture| capture.start == at) else {
                path.push(pattern_of(std::slice::from_ref(segment)));
                at += 1;
                continue;
            };
            let end = capture.end.unwrap_or(route.segments.len());
            let field = capture.fields.last().map_or("", |field| field.json_name()).to_owned();
            path.push(format!("{{+{field}}}"));
            captures.push((field, format!("^{}$", pattern_of(&route.segments[at..end]))));
            at = end;
        }
        let verb = route
            .custom_verb
            .as_ref()
            .map(|verb| format!(":{verb}"))
            .unwrap_or_default();
        Paths {
            path: path.join("/") + &verb,
            flat_path: flat_path.join("/") + &verb,
            captures,
        }
    }
}

/// Segments as a pattern: `spaces/[^/]+`.
fn pattern_of(segments: &[Segment]) -> String {
    let parts = segments.iter().map(|segment| match segment {
        Segment::Literal(text) => text.as_str(),
        Segment::One => "[^/]+",
        Segment::Rest => ".*",
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Adds a message and all that it is made of; answers its name.
fn schema(message: &MessageDescriptor, schemas: &mut BTreeMap<String, Value>) -> String {
    let name = message.name().to_owned();
    if schemas.contains_key(&name) {
        return name;
    }
    // Before its fields: a message may hold itself.
    schemas.insert(name.clone(), Value::Null);
    let properties: Map<String, Value> = message
        .fields()
        .map(|field| {
            let one = type_of(&field, schemas);
            let property = if field.is_list() {
                json!({"type": "array", "items": one})
            } else {
                one
            };
            (field.json_name().to_owned(), property)
        })
        .collect();
    schemas.insert(
        name.clone(),
        json!({"id": name, "type": "object", "properties": properties}),
    );
    name
}

/// The type of one value.
fn type_of(field: &FieldDescriptor, schemas: &mut BTreeMap<String, Value>) -> Value {
    match field.kind() {
        Kind::Message(message) => scalar(field).unwrap_or_else(|| json!({"$ref": schema(&message, schemas)})),
        _ => scalar(field).unwrap_or_default(),
    }
}

/// The type of a value that is no message, or a message that JSON writes as text.
fn scalar(field: &FieldDescriptor) -> Option<Value> {
    Some(match field.kind() {
        Kind::Bool => json!({"type": "boolean"}),
        Kind::String => json!({"type": "string"}),
        Kind::Bytes => json!({"type": "string", "format": "byte"}),
        Kind::Double => json!({"type": "number", "format": "double"}),
        Kind::Float => json!({"type": "number", "format": "float"}),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
        Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "format": "uint32"}),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => json!({"type": "string", "format": "int64"}),
        Kind::Uint64 | Kind::Fixed64 => json!({"type": "string", "format": "uint64"}),
        Kind::Enum(values) => {
            let names: Vec<String> = values.values().map(|value| value.name().to_owned()).collect();
            json!({"type": "string", "enum": names})
        }
        Kind::Message(message) => match message.full_name() {
            "google.protobuf.Timestamp" => json!({"type": "string", "format": "google-datetime"}),
            "google.protobuf.Duration" => json!({"type": "string", "format": "google-duration"}),
            "google.protobuf.FieldMask" => json!({"type": "string", "format": "google-fieldmask"}),
            _ => return None,
        },
    })
}

/// What every method takes beside its own parameters, as the published descriptions name it (`contracts/meet.md` §1.6); and what
/// becomes of it here.
fn parameters_of_all_methods() -> Value {
    let text = |description: &str| json!({"type": "string", "location": "query", "description": description});
    json!({
        "access_token": text("OAuth access token."),
        "oauth_token": text("OAuth token of the user."),
        "key": text("API key; accepted, and not enough for anything."),
        "quotaUser": text("Accepted and not used: quotas go by the user of the token."),
        "fields": text("Which fields of the answer are wanted."),
        "alt": {"type": "string", "location": "query", "enum": ["json", "media", "proto"], "default": "json",
            "enumDescriptions": ["JSON.", "Refused: nothing is downloaded here.", "Refused: that is what gRPC is for."],
            "description": "Form of the answer."},
        "callback": text("Accepted and not used: no answer is a script."),
        "prettyPrint": {"type": "boolean", "location": "query", "default": "false",
            "description": "Whether the answer is indented."},
        "uploadType": text("Accepted and not used: nothing is uploaded here."),
        "upload_protocol": text("Accepted and not used: nothing is uploaded here."),
        "$.xgafv": {"type": "string", "location": "query", "enum": ["1", "2"], "description": "Form of errors; there is one."},
    })
}
