//! What is left of an answer: the properties that are wanted, and without nulls for whoever would not have them.
//!
//! Most ask for all of it, and then the types are written as they are. Only where something is left out does an answer become a tree.

use std::collections::BTreeSet;

use odata::Options;
use serde::Serialize;
use serde_json::Value;

use super::preferences::Preferences;

/// Whether anything is to be left out.
pub(super) fn leaves_out(options: &Options, preferences: &Preferences) -> bool {
    preferences.without_nulls || selects(options)
}

fn selects(options: &Options) -> bool {
    let below = || options.expand.iter().any(|expand| selects(&expand.options));
    (!options.select.is_empty() && !options.select.iter().any(|name| name == "*")) || below()
}

/// A resource, or a page of resources, with what is wanted of it.
pub(super) fn shaped(value: &impl Serialize, options: &Options, preferences: &Preferences) -> Value {
    let mut value = serde_json::to_value(value).expect("a value of ours has text for keys");
    match value.get_mut("value") {
        Some(Value::Array(items)) => items.iter_mut().for_each(|item| select(item, options)),
        _ => select(&mut value, options),
    }
    if preferences.without_nulls {
        // A page that is empty is one all the same.
        match value.get_mut("value") {
            Some(Value::Array(items)) => items.iter_mut().for_each(drop_empty),
            _ => drop_empty(&mut value),
        }
    }
    value
}

fn select(resource: &mut Value, options: &Options) {
    let Value::Object(properties) = resource else { return };
    if !options.select.is_empty() && !options.select.iter().any(|name| name == "*") {
        properties.retain(|name, _| is_wanted(name, options));
    }
    for expand in &options.expand {
        match properties.get_mut(&expand.navigation) {
            Some(Value::Array(items)) => items.iter_mut().for_each(|item| select(item, &expand.options)),
            Some(one) => select(one, &expand.options),
            None => {}
        }
    }
}

/// Whether a property is; so is what is said of one that is, and of the whole.
fn is_wanted(name: &str, options: &Options) -> bool {
    let property = name.split('@').next().unwrap_or_default();
    let is_expanded = || options.expand.iter().any(|expand| expand.navigation == property);
    property.is_empty() || options.select.iter().any(|wanted| wanted == property) || is_expanded()
}

/// Leaves out what has no value, "null or empty" in the words of the contract: nulls, collections of nothing, and objects of which
/// nothing is left. What something is said of stays, as OData has it: a collection that was asked for has its context beside it.
fn drop_empty(value: &mut Value) {
    match value {
        Value::Object(properties) => {
            properties.values_mut().for_each(drop_empty);
            let annotated = properties.keys().filter_map(|name| name.split_once('@'));
            let annotated: BTreeSet<String> = annotated.map(|(property, _)| property.to_owned()).collect();
            properties.retain(|name, value| !is_empty(value) || annotated.contains(name));
        }
        Value::Array(items) => items.iter_mut().for_each(drop_empty),
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(properties) => properties.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wanted_is_left() {
        let resource = json!({
            "@odata.context": "c", "id": "1", "version": 2, "joinWebUrl": null, "modalities": [],
            "sessions@odata.nextLink": "n", "sessions": [{"id": "s", "caller": {"name": null}, "failureInfo": null}],
        });
        let check = |query: &str, without_nulls: bool, expected: Value| {
            let options = Options::parse(query).expect("a valid row");
            let preferences = Preferences {
                without_nulls,
                ..Preferences::default()
            };
            assert_eq!(shaped(&resource, &options, &preferences), expected, "{query}");
            let page = shaped(&json!({"value": [resource]}), &options, &preferences);
            assert_eq!(page, json!({"value": [expected]}), "{query} on a page");
        };
        check("", false, resource.clone());
        check("$select=*", false, resource.clone());
        check("$select=id", false, json!({"@odata.context": "c", "id": "1"}));
        check(
            "$select=version&$expand=sessions($select=id)",
            false,
            json!({"@odata.context": "c", "version": 2, "sessions@odata.nextLink": "n", "sessions": [{"id": "s"}]}),
        );
        check(
            "$select=joinWebUrl,modalities&$expand=sessions",
            true,
            json!({
                "@odata.context": "c",
                "sessions@odata.nextLink": "n", "sessions": [{"id": "s"}],
            }),
        );
    }

    #[test]
    fn what_has_no_value_is_left_out() {
        let check = |answer: Value, expected: Value| {
            let preferences = Preferences {
                without_nulls: true,
                ..Preferences::default()
            };
            assert_eq!(shaped(&answer, &Options::default(), &preferences), expected, "{answer}");
        };
        check(
            json!({"a": null, "b": [], "c": {}, "d": {"e": {"f": [], "g": null}}}),
            json!({}),
        );
        check(
            json!({"a": 0, "b": false, "c": "", "d": [null, {"e": null}]}),
            json!({"a": 0, "b": false, "c": "", "d": [null, {}]}),
        );
        let asked = json!({"sessions@odata.context": "c", "sessions": [], "organizer_v2": null});
        check(asked, json!({"sessions@odata.context": "c", "sessions": []}));
        check(
            json!({"@odata.count": 0, "value": []}),
            json!({"@odata.count": 0, "value": []}),
        );
        check(json!({"value": [{"a": []}]}), json!({"value": [{}]}));
    }
}
