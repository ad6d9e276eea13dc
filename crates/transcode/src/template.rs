//! Path templates of `google.api.http`, such as `/v2/{space.name=spaces/*}/members:batchUpdate`.
//!
//! A template is a list of segments, of which some belong to a captured field, and a custom verb after a colon. It is
//! parsed once, at start, and whatever the grammar does not allow is an error there: a template that matched nothing
//! would look like a missing method.

use std::ops::Range;

/// One part of a path between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    Literal(String),
    /// `*`: any one segment.
    One,
    /// `**`: all that is left, even nothing. Only at the end.
    Rest,
}

/// The segments whose text becomes the value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Capture {
    /// Dotted, in proto names.
    pub(crate) field: String,
    pub(crate) segments: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) segments: Vec<Segment>,
    pub(crate) captures: Vec<Capture>,
    /// What follows the colon of the last segment.
    pub(crate) custom_verb: Option<String>,
}

impl Template {
    /// Why a template is refused is a fixed text: the reader is the author of the `.proto` file.
    pub(crate) fn parse(text: &str) -> Result<Template, &'static str> {
        let path = text.strip_prefix('/').ok_or("a path begins with `/`")?;
        // A colon inside of a variable or before a slash is no verb.
        let (mut rest, custom_verb) = match path.rsplit_once(':') {
            Some((path, verb)) if !verb.contains(['/', '}']) => (path, Some(verb.to_owned())),
            _ => (path, None),
        };
        let (mut segments, mut captures) = (Vec::new(), Vec::new());
        loop {
            if let Some(variable) = rest.strip_prefix('{') {
                let (variable, after) = variable.split_once('}').ok_or("a variable ends with `}`")?;
                let (field, pattern) = variable.split_once('=').unwrap_or((variable, "*"));
                if field.is_empty() {
                    return Err("a variable names a field");
                }
                let start = segments.len();
                for part in pattern.split('/') {
                    segments.push(segment(part)?);
                }
                captures.push(Capture {
                    field: field.to_owned(),
                    segments: start..segments.len(),
                });
                rest = after;
            } else {
                let end = rest.find('/').unwrap_or(rest.len());
                segments.push(segment(&rest[..end])?);
                rest = &rest[end..];
            }
            if rest.is_empty() {
                break;
            }
            rest = rest.strip_prefix('/').ok_or("segments are separated by `/`")?;
        }
        if custom_verb.as_deref() == Some("") {
            return Err("a colon is followed by a verb");
        }
        if segments.iter().rev().skip(1).any(|segment| *segment == Segment::Rest) {
            return Err("`**` is the last segment");
        }
        Ok(Template {
            segments,
            captures,
            custom_verb,
        })
    }
}

fn segment(text: &str) -> Result<Segment, &'static str> {
    match text {
        "*" => Ok(Segment::One),
        "**" => Ok(Segment::Rest),
        "" => Err("a segment is not empty"),
        literal if literal.contains(['*', '{', '}', '=', ':']) => Err("a literal segment is plain text"),
        literal => Ok(Segment::Literal(literal.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let parsed = match Template::parse(text) {
            Err(why) => why.to_owned(),
            Ok(Template {
                segments,
                captures,
                custom_verb,
            }) => {
                let mut shown: Vec<String> = segments
                    .into_iter()
                    .map(|segment| match segment {
                        Segment::Literal(text) => text,
                        Segment::One => "*".to_owned(),
                        Segment::Rest => "**".to_owned(),
                    })
                    .collect();
                shown.extend(
                    captures
                        .into_iter()
                        .map(|capture| format!("{}={:?}", capture.field, capture.segments)),
                );
                shown.extend(custom_verb.map(|verb| format!(":{verb}")));
                shown.join(" ")
            }
        };
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn templates() {
        check("/v2/spaces", "v2 spaces");
        check("/v2/{name=spaces/*}", "v2 spaces * name=1..3");
        check("/v2/{name=spaces/*}:end", "v2 spaces * name=1..3 :end");
        check(
            "/v2/{a.b=spaces/*}/members:batchUpdate",
            "v2 spaces * members a.b=1..3 :batchUpdate",
        );
        check("/v1/{id}/x/{rest=**}", "v1 * x ** id=1..2 rest=3..4");
        check("/v1:status", "v1 :status");
        check("v2/spaces", "a path begins with `/`");
        check("/v2/{name", "a variable ends with `}`");
        check("/v2/{=spaces/*}", "a variable names a field");
        check("/v2/{name=}", "a segment is not empty");
        check("/v2//x", "a segment is not empty");
        check("/v2/", "a segment is not empty");
        check("/v2/x:", "a colon is followed by a verb");
        check("/v2/**/x", "`**` is the last segment");
        check("/v2/{a=*}b", "segments are separated by `/`");
        check("/v2/a*", "a literal segment is plain text");
    }
}
