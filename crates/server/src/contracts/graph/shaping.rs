//! What is left of an answer: the properties that are wanted, and without nulls for whoever would not have them.
//!
//! Most ask for all of it, and then the types are written as they are. Only where something is left out does an answer become a tree.

use odata::Options;
use serde::Serialize;
use serde_json::{Map, Value};

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
        drop_nulls(&mut value);
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

/// An empty collection is a value, and stays.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(properties) => {
            let all = std::mem::replace(properties, Map::new());
            let kept = all.into_iter().filter(|(_, value)| !value.is_null());
            properties.extend(kept.map(|(name, mut value)| {
                drop_nulls(&mut value);
                (name, value)
            }));
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
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
                "@odata.context": "c", "modalities": [],
                "sessions@odata.nextLink": "n", "sessions": [{"id": "s", "caller": {}}],
            }),
        );
    }
}
