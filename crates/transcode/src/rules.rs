//! `google.api.http` rules, read from the descriptors and resolved against the messages that they speak of.
//!
//! All that can be wrong with a rule is found here, at start: a rule that names no field, streams, or answers part of a
//! response is refused with the name of its method. A request then meets only rules that work.

use std::fmt;

use http::{Method, Uri};
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};

use crate::{
    limits::PATH_SEGMENTS_MAX,
    template::{Segment, Template},
};

/// A `google.api.http` rule that cannot be served. It is found at start, never by a caller.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP rule of `{method}` cannot be served: {why}")]
pub struct RuleError {
    pub(crate) method: String,
    pub(crate) why: String,
}

/// One binding of one RPC.
pub(crate) struct Route {
    pub(crate) verb: Method,
    pub(crate) segments: Vec<Segment>,
    /// What follows a colon at the end of the path.
    pub(crate) custom_verb: Option<String>,
    pub(crate) captures: Vec<PathField>,
    pub(crate) body: BodyRule,
    /// `/package.Service/Method`.
    pub(crate) rpc: Uri,
    pub(crate) input: MessageDescriptor,
    pub(crate) output: MessageDescriptor,
}

/// By name: the `Debug` of a descriptor prints what it refers to, for ever where messages are recursive.
impl fmt::Debug for Route {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {:?} -> {}", self.verb, self.segments, self.rpc)
    }
}

/// What the body of a request fills.
pub(crate) enum BodyRule {
    Nothing,
    Request,
    /// One field of the request, and the message that it holds.
    Field(FieldDescriptor, MessageDescriptor),
}

/// A field that part of the path fills.
pub(crate) struct PathField {
    /// From the request down to a string.
    pub(crate) fields: Vec<FieldDescriptor>,
    /// Their numbers.
    pub(crate) numbers: Vec<u32>,
    pub(crate) start: usize,
    /// `None`: to the end of the path, however long.
    pub(crate) end: Option<usize>,
}

/// Every rule of the pool, `additional_bindings` included.
pub(crate) fn read(pool: &DescriptorPool) -> Result<Vec<Route>, RuleError> {
    let Some(annotation) = pool.get_extension_by_name("google.api.http") else {
        return Ok(Vec::new());
    };
    let mut routes = Vec::new();
    for service in pool.services() {
        for method in service.methods() {
            let options = method.options();
            if !options.has_extension(&annotation) {
                continue;
            }
            let value = options.get_extension(&annotation);
            let Some(rule) = value.as_message() else { continue };
            let additional = rule.get_field_by_name("additional_bindings");
            let additional = additional.iter().filter_map(|list| list.as_list()).flatten();
            for rule in [rule]
                .into_iter()
                .chain(additional.filter_map(|rule| rule.as_message()))
            {
                let route = route(&method, rule).map_err(|why| RuleError {
                    method: rpc_path(&method),
                    why,
                })?;
                routes.push(route);
            }
        }
    }
    Ok(routes)
}

fn route(method: &MethodDescriptor, rule: &DynamicMessage) -> Result<Route, String> {
    if method.is_client_streaming() || method.is_server_streaming() {
        return Err("the method streams".into());
    }
    if !text(rule, "response_body").is_empty() {
        return Err("`response_body` is not supported".into());
    }
    let (verb, path) = pattern(rule)?;
    let template = Template::parse(&path)?;
    if template.segments.len() > PATH_SEGMENTS_MAX {
        return Err(format!("its path has more than {PATH_SEGMENTS_MAX} segments"));
    }
    let input = method.input();
    let mut captures = Vec::with_capacity(template.captures.len());
    for capture in &template.captures {
        let open_ended = template.segments[capture.segments.end - 1] == Segment::Rest;
        let fields = string_field(&input, &capture.field)?;
        captures.push(PathField {
            numbers: fields.iter().map(FieldDescriptor::number).collect(),
            fields,
            start: capture.segments.start,
            end: (!open_ended).then_some(capture.segments.end),
        });
    }
    Ok(Route {
        verb,
        segments: template.segments,
        custom_verb: template.custom_verb,
        captures,
        body: body_rule(&input, &text(rule, "body"))?,
        rpc: rpc_path(method)
            .parse()
            .map_err(|_| "the name of the method is no URI")?,
        output: method.output(),
        input,
    })
}

/// The path by which gRPC calls a method.
pub(crate) fn rpc_path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

fn text(message: &DynamicMessage, field: &str) -> String {
    message
        .get_field_by_name(field)
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

fn pattern(rule: &DynamicMessage) -> Result<(Method, String), String> {
    let verbs = [
        ("get", Method::GET),
        ("put", Method::PUT),
        ("post", Method::POST),
        ("delete", Method::DELETE),
        ("patch", Method::PATCH),
    ];
    for (name, verb) in verbs {
        if rule.has_field_by_name(name) {
            return Ok((verb, text(rule, name)));
        }
    }
    let custom = rule
        .get_field_by_name("custom")
        .filter(|_| rule.has_field_by_name("custom"));
    let custom = custom
        .as_deref()
        .and_then(|value| value.as_message())
        .ok_or("it has no verb")?;
    let verb = text(custom, "kind")
        .parse()
        .map_err(|_| "its custom verb is no HTTP method")?;
    Ok((verb, text(custom, "path")))
}

fn body_rule(input: &MessageDescriptor, body: &str) -> Result<BodyRule, String> {
    match body {
        "" => Ok(BodyRule::Nothing),
        "*" => Ok(BodyRule::Request),
        name => {
            let field = input
                .get_field_by_name(name)
                .ok_or_else(|| format!("the request has no field `{name}`"))?;
            match field.kind() {
                Kind::Message(message) if !field.is_list() && !field.is_map() => Ok(BodyRule::Field(field, message)),
                _ => Err(format!("its body field `{name}` is not one message")),
            }
        }
    }
}

/// Resolves a dotted path of proto names that ends in a string.
fn string_field(input: &MessageDescriptor, path: &str) -> Result<Vec<FieldDescriptor>, String> {
    let mut fields: Vec<FieldDescriptor> = Vec::new();
    let mut message = Some(input.clone());
    for name in path.split('.') {
        let field = message.and_then(|message| message.get_field_by_name(name));
        let field = field.filter(|field| !field.is_list() && !field.is_map());
        let field = field.ok_or_else(|| format!("the request has no single field `{path}`"))?;
        message = field.kind().as_message().cloned();
        fields.push(field);
    }
    match fields.last().map(FieldDescriptor::kind) {
        Some(Kind::String) => Ok(fields),
        _ => Err(format!("the path field `{path}` is no string")),
    }
}
