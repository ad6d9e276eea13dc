//! The query of a request: fields of the message, and parameters that every method takes.
//!
//! The latter ask for a form of the answer (`$alt`, `fields`, `prettyPrint`) or carry credentials for callers that cannot
//! set headers. Each is known with and without `$`. Unknown ones with `$` are ignored, since clients invent them; an
//! unknown field is an error, since it would otherwise be a filter that silently does not filter.

use prost_reflect::DynamicMessage;

use crate::{failure::Failure, fields, limits::QUERY_PARAMETERS_MAX, rules::BodyRule};

/// What a request asks for besides its message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SystemParameters {
    /// Enums as numbers: `$alt=json;enum-encoding=int`.
    pub(crate) enum_numbers: bool,
    /// Indented JSON. Compact unless asked for, although the reference does the opposite: only people see the difference (decision 81).
    pub(crate) pretty: bool,
    /// Which fields to answer.
    pub(crate) fields: Option<String>,
    pub(crate) access_token: Option<String>,
    pub(crate) api_key: Option<String>,
}

/// Reads a query; what belongs to the message goes there.
pub(crate) fn read(query: &str, body: &BodyRule, message: &mut DynamicMessage) -> Result<SystemParameters, Failure> {
    let mut parameters = SystemParameters::default();
    for (index, (name, value)) in form_urlencoded::parse(query.as_bytes()).enumerate() {
        if index == QUERY_PARAMETERS_MAX {
            return Err(Failure::malformed(format!(
                "A query has at most {QUERY_PARAMETERS_MAX} parameters"
            )));
        }
        match name.strip_prefix('$').unwrap_or(&name) {
            "alt" => parameters.enum_numbers = alt(&name, &value)?,
            "prettyPrint" => parameters.pretty = value == "true" || value == "1",
            "fields" => parameters.fields = Some(value.into_owned()).filter(|mask| !mask.is_empty()),
            "access_token" | "oauth_token" => parameters.access_token = Some(value.into_owned()),
            "key" => parameters.api_key = Some(value.into_owned()),
            "callback" | "quotaUser" | "uploadType" | "upload_protocol" => {}
            _ if name.starts_with('$') => {}
            // All fields are in the body, so none is left for the query.
            _ if matches!(body, BodyRule::Request) => {
                return Err(Failure::field(&name, "this method takes all its fields from the body"));
            }
            field => fields::set_by_path(message, field, &value)?,
        }
    }
    Ok(parameters)
}

/// Reads `json` or `json;enum-encoding=int`, and says whether enums are numbers.
fn alt(name: &str, value: &str) -> Result<bool, Failure> {
    let mut parts = value.split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|format| format.is_empty() || format.eq_ignore_ascii_case("json"))
    {
        return Err(Failure::field(name, "only `json` is answered"));
    }
    let mut numbers = false;
    for part in parts {
        match part {
            "enum-encoding=int" => numbers = true,
            "enum-encoding=string" | "" => numbers = false,
            _ => return Err(Failure::field(name, "expected `enum-encoding=int` after `json;`")),
        }
    }
    Ok(numbers)
}
