//! `getPstnCalls` and `getDirectRoutingCalls`: calls by telephone, of which this server holds none.
//!
//! They answer empty lists instead of nothing, since programs that report on calls ask for all kinds. The arguments are checked as
//! if there were some: a range that is wrong should be heard of here, and not on the day of the first call.

use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, Time};

use super::reply::Reply;
use super::{Asked, Graph};
use crate::failure::{Answer, Failure, Kind};
use crate::limits::PSTN_RANGE_DAYS_MAX;

#[derive(Serialize)]
struct Nothing {
    #[serde(rename = "@odata.context")]
    context: String,
    #[serde(rename = "@odata.count")]
    count: u32,
    value: [(); 0],
}

pub(super) fn list_calls(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    none(graph, asked, "pstnCallLogRow")
}

pub(super) fn list_direct_routing_calls(graph: &Graph, asked: &Asked) -> Answer<Reply> {
    none(graph, asked, "directRoutingLogRow")
}

fn none(graph: &Graph, asked: &Asked, of: &str) -> Answer<Reply> {
    asked.asking.reach()?;
    range(asked.key(0))?;
    Ok(Reply::json(&Nothing {
        context: format!(
            "{}/$metadata#Collection(microsoft.graph.callRecords.{of})",
            graph.root(&asked.place)
        ),
        count: 0,
        value: [],
    }))
}

/// Reads `fromDateTime=…,toDateTime=…`. One client loses the comma between them.
fn range(arguments: &str) -> Answer<(OffsetDateTime, OffsetDateTime)> {
    let arguments = arguments.trim();
    let both = arguments
        .strip_prefix("fromDateTime=")
        .and_then(|rest| rest.split_once("toDateTime="));
    let Some((from, to)) = both else {
        return Err(invalid(
            "The arguments are `fromDateTime` and `toDateTime`, in this order.",
        ));
    };
    let from = from.trim().strip_suffix(',').unwrap_or(from);
    let (from, to) = (moment("fromDateTime", from)?, moment("toDateTime", to)?);
    if from > to {
        return Err(invalid("`fromDateTime` is after `toDateTime`."));
    }
    if to - from > Duration::days(PSTN_RANGE_DAYS_MAX) {
        return Err(invalid(format!("A range is at most {PSTN_RANGE_DAYS_MAX} days.")));
    }
    Ok((from, to))
}

/// A date, which is its beginning, or a moment with an offset.
fn moment(name: &str, text: &str) -> Answer<OffsetDateTime> {
    let text = text.trim().trim_matches('\'');
    let date = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let date = date.map(|date| date.with_time(Time::MIDNIGHT).assume_utc());
    date.or_else(|_| OffsetDateTime::parse(text, &Rfc3339)).map_err(|_| {
        invalid(format!(
            "`{name}` is a date such as 2026-11-01, or a time such as 2026-11-01T00:00:00Z."
        ))
    })
}

fn invalid(sentence: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::new(Kind::Invalid, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let check = |arguments: &str, expected: Result<i64, &str>| match (range(arguments), expected) {
            (Ok((from, to)), Ok(hours)) => assert_eq!((to - from).whole_hours(), hours, "{arguments}"),
            (Err(failure), Err(part)) => {
                let sentence = failure.into_parts().1.unwrap_or_default();
                assert!(sentence.contains(part), "{arguments}: {sentence}");
            }
            (answer, _) => panic!("{arguments}: {answer:?}"),
        };
        check("fromDateTime=2026-11-01,toDateTime=2026-11-20", Ok(19 * 24));
        check("fromDateTime=2026-11-01, toDateTime=2026-11-02", Ok(24));
        check(
            "fromDateTime=2026-11-01T00:00:00+00:00toDateTime=2026-11-01T02:00:00+01:00",
            Ok(1),
        );
        check("fromDateTime='2026-11-01',toDateTime='2026-11-01'", Ok(0));
        check("fromDateTime=2026-01-01,toDateTime=2026-04-01", Ok(90 * 24));
        check("fromDateTime=2026-01-01,toDateTime=2026-04-02", Err("at most 90 days"));
        check("fromDateTime=2026-11-02,toDateTime=2026-11-01", Err("after"));
        check("fromDateTime=x,toDateTime=2026-11-01", Err("`fromDateTime` is a date"));
        check("fromDateTime=2026-11-01,toDateTime=", Err("`toDateTime` is a date"));
        check("toDateTime=2026-11-01", Err("in this order"));
        check("", Err("in this order"));
    }
}
