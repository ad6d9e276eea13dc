//! What somebody asks for who subscribes, or changes a subscription: read, and held to what there is.

use meeting::Micros;
use serde::Deserialize;

use crate::failure::{Answer, Failure, Kind};
use crate::limits;

/// What there is to hear of.
const RESOURCE: &str = "communications/callRecords";

/// By which receivers are told, as the contract writes them.
const TLS_VERSIONS: [&str; 2] = ["v1_2", "v1_3"];

const MINUTE_US: i64 = 60_000_000;

/// A subscription that somebody wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) resource: String,
    pub(super) change_type: String,
    pub(super) first_only: bool,
    pub(super) notification_url: String,
    pub(super) lifecycle_notification_url: Option<String>,
    pub(super) expiration: Micros,
    pub(super) client_state: Option<String>,
    pub(super) latest_supported_tls_version: Option<String>,
    pub(super) notification_query_options: Option<String>,
    pub(super) notification_url_app_id: Option<String>,
}

/// What somebody wants to change.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub(super) notification_url: Option<String>,
    pub(super) expiration: Option<Micros>,
}

/// The properties that count, as they come. What is `null` is not there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    resource: Option<String>,
    change_type: Option<String>,
    notification_url: Option<String>,
    lifecycle_notification_url: Option<String>,
    expiration_date_time: Option<String>,
    client_state: Option<String>,
    include_resource_data: Option<bool>,
    latest_supported_tls_version: Option<String>,
    notification_query_options: Option<String>,
    notification_url_app_id: Option<String>,
}

impl Wanted {
    pub(super) fn read(body: &[u8], now: Micros) -> Answer<Wanted> {
        let body = Body::read(body)?;
        let resource = needed("resource", body.resource)?;
        if !resource
            .strip_prefix('/')
            .unwrap_or(&resource)
            .eq_ignore_ascii_case(RESOURCE)
        {
            return Err(invalid(format!("`resource` can be `{RESOURCE}` alone.")));
        }
        if body.include_resource_data == Some(true) {
            return Err(invalid("`includeResourceData` is not supported for call records."));
        }
        let change_type = needed("changeType", body.change_type)?;
        let expiration = expiration(&needed("expirationDateTime", body.expiration_date_time)?, now)?;
        for (name, text, chars_max) in [
            ("clientState", &body.client_state, limits::CLIENT_STATE_CHARS_MAX),
            (
                "notificationQueryOptions",
                &body.notification_query_options,
                limits::ECHOED_CHARS_MAX,
            ),
            (
                "notificationUrlAppId",
                &body.notification_url_app_id,
                limits::ECHOED_CHARS_MAX,
            ),
        ] {
            if text.as_deref().is_some_and(|text| text.chars().count() > chars_max) {
                return Err(invalid(format!("`{name}` is longer than {chars_max} characters.")));
            }
        }
        if let Some(version) = &body.latest_supported_tls_version
            && !TLS_VERSIONS.contains(&version.as_str())
        {
            return Err(invalid(
                "`latestSupportedTlsVersion` is v1_2 or v1_3: nobody is told by another.",
            ));
        }
        Ok(Wanted {
            first_only: is_first_only(&change_type)?,
            notification_url: needed("notificationUrl", body.notification_url)?,
            lifecycle_notification_url: body.lifecycle_notification_url,
            client_state: body.client_state,
            latest_supported_tls_version: body.latest_supported_tls_version,
            notification_query_options: body.notification_query_options,
            notification_url_app_id: body.notification_url_app_id,
            expiration,
            resource,
            change_type,
        })
    }
}

impl Changed {
    pub(super) fn read(body: &[u8], now: Micros) -> Answer<Changed> {
        let body = Body::read(body)?;
        let stays = [
            ("resource", body.resource.is_some()),
            ("changeType", body.change_type.is_some()),
            ("lifecycleNotificationUrl", body.lifecycle_notification_url.is_some()),
            ("clientState", body.client_state.is_some()),
            ("latestSupportedTlsVersion", body.latest_supported_tls_version.is_some()),
            ("notificationQueryOptions", body.notification_query_options.is_some()),
            ("notificationUrlAppId", body.notification_url_app_id.is_some()),
        ];
        if let Some((name, _)) = stays.into_iter().find(|(_, is_there)| *is_there) {
            return Err(invalid(format!(
                "`{name}` stays as it was when the subscription was made."
            )));
        }
        if body.notification_url.is_none() && body.expiration_date_time.is_none() {
            return Err(invalid("`expirationDateTime` is missing."));
        }
        let expiration = body.expiration_date_time.map(|text| expiration(&text, now));
        Ok(Changed {
            notification_url: body.notification_url,
            expiration: expiration.transpose()?,
        })
    }
}

impl Body {
    fn read(body: &[u8]) -> Answer<Body> {
        serde_json::from_slice(body).map_err(|error| invalid(format!("The subscription cannot be read: {error}.")))
    }
}

/// Whether only first versions are asked for. Who asks for changes hears of the first version as well.
fn is_first_only(change_type: &str) -> Answer<bool> {
    let mut first_only = true;
    for one in change_type.split(',') {
        match one.trim() {
            "created" => {}
            "updated" => first_only = false,
            _ => {
                return Err(invalid(
                    "`changeType` is `created`, `updated`, or both with a comma between.",
                ));
            }
        }
    }
    Ok(first_only)
}

/// Until when it is to last: at least so long, and not longer than so long.
fn expiration(text: &str, now: Micros) -> Answer<Micros> {
    let time =
        filter::moment(text).ok_or_else(|| invalid("`expirationDateTime` is a time such as 2026-11-23T00:00:00Z."))?;
    let micros = i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX);
    if micros <= now.0 {
        return Err(invalid("`expirationDateTime` is in the past."));
    }
    if micros > now.0 + limits::SUBSCRIPTION_MINUTES_MAX * MINUTE_US {
        let sentence = format!(
            "Subscription expiration can only be {} minutes in the future.",
            limits::SUBSCRIPTION_MINUTES_MAX
        );
        return Err(invalid(sentence).because("ExtensionError"));
    }
    Ok(Micros(micros.max(now.0 + limits::SUBSCRIPTION_MINUTES_MIN * MINUTE_US)))
}

fn needed(name: &str, value: Option<String>) -> Answer<String> {
    value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| invalid(format!("`{name}` is missing.")))
}

fn invalid(sentence: impl Into<std::borrow::Cow<'static, str>>) -> Failure {
    Failure::new(Kind::Invalid, sentence)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// 2026-11-20T00:00:00Z.
    const NOW: Micros = Micros(1_795_132_800_000_000);

    fn minutes(minutes: i64) -> Micros {
        Micros(NOW.0 + minutes * MINUTE_US)
    }

    /// What a client sends, but for these properties.
    fn body(but: Value) -> Vec<u8> {
        let mut body = json!({
            "changeType": "created,updated",
            "notificationUrl": "https://hears.example/changes?key=1",
            "resource": "communications/callRecords",
            "expirationDateTime": "2026-11-21T00:00:00+00:00",
            "clientState": "s3cret",
        });
        let Value::Object(but) = but else { panic!("an object") };
        body.as_object_mut().expect("an object").extend(but);
        body.to_string().into_bytes()
    }

    fn refusal<T: std::fmt::Debug>(answer: Answer<T>) -> String {
        answer
            .expect_err("it is refused")
            .into_parts()
            .1
            .unwrap_or_default()
            .into_owned()
    }

    #[test]
    fn what_is_asked_for() {
        let check = |but: Value, first_only, expiration| {
            let wanted = Wanted::read(&body(but.clone()), NOW).unwrap_or_else(|failure| panic!("{but}: {failure:?}"));
            assert_eq!(
                (wanted.first_only, wanted.expiration),
                (first_only, expiration),
                "{but}"
            );
        };
        let day = minutes(24 * 60);
        check(json!({}), false, day);
        check(json!({"changeType": "updated"}), false, day);
        check(json!({"changeType": "created"}), true, day);
        check(json!({"changeType": "updated, created"}), false, day);
        check(json!({"resource": "/communications/callRecords"}), false, day);
        check(json!({"clientState": "é".repeat(128)}), false, day);
        check(
            json!({"clientState": null, "includeResourceData": false, "@odata.type": "#x"}),
            false,
            day,
        );
        check(
            json!({"expirationDateTime": "2026-11-21T00:00:00.336Z"}),
            false,
            Micros(day.0 + 336_000),
        );
        check(
            json!({"expirationDateTime": "2026-11-20T00:00:01Z"}),
            false,
            minutes(45),
        );
        check(
            json!({"expirationDateTime": "2026-11-22T22:30:00Z"}),
            false,
            minutes(4_230),
        );
    }

    #[test]
    fn what_cannot_be_asked_for() {
        let check = |but: Value, part: &str| {
            let sentence = refusal(Wanted::read(&body(but.clone()), NOW));
            assert!(sentence.contains(part), "{but}: {sentence}");
        };
        for name in ["resource", "changeType", "notificationUrl", "expirationDateTime"] {
            check(json!({name: null}), &format!("`{name}` is missing"));
            check(json!({name: ""}), &format!("`{name}` is missing"));
            check(json!({name: 7}), "cannot be read");
        }
        for resource in [
            "https://host/v1.0/communications/callRecords",
            "users",
            "communications/callRecords/1",
            "//communications/callRecords",
        ] {
            check(json!({"resource": resource}), "`resource` can be");
        }
        for change_type in ["deleted", "created,deleted", "created,", "Created", ","] {
            check(json!({"changeType": change_type}), "`changeType` is");
        }
        check(json!({"includeResourceData": true}), "not supported");
        check(json!({"clientState": "a".repeat(129)}), "longer than 128");
        for name in ["notificationQueryOptions", "notificationUrlAppId"] {
            check(json!({name: "a".repeat(257)}), &format!("`{name}` is longer than 256"));
        }
        for version in ["v1_0", "v1_1", "1.3", ""] {
            check(
                json!({"latestSupportedTlsVersion": version}),
                "`latestSupportedTlsVersion` is v1_2 or v1_3",
            );
        }
        for text in ["soon", "2026-11-21X00:00:00Z"] {
            check(json!({"expirationDateTime": text}), "`expirationDateTime` is a time");
        }
        check(json!({"expirationDateTime": "2026-11-20T00:00:00Z"}), "in the past");
        check(
            json!({"expirationDateTime": "2026-11-22T22:30:00.000001Z"}),
            "can only be 4230 minutes in the future",
        );
        check(
            json!({"expirationDateTime": "9999-12-31T23:59:59Z"}),
            "can only be 4230 minutes in the future",
        );
        assert!(refusal(Wanted::read(b"[", NOW)).contains("cannot be read"));
    }

    #[test]
    fn what_can_be_changed() {
        let check = |body: Value, expected: Result<(Option<&str>, Option<Micros>), &str>| {
            let changed = Changed::read(body.to_string().as_bytes(), NOW);
            match expected {
                Ok((url, expiration)) => {
                    let changed = changed.unwrap_or_else(|failure| panic!("{body}: {failure:?}"));
                    assert_eq!(
                        (changed.notification_url.as_deref(), changed.expiration),
                        (url, expiration),
                        "{body}"
                    );
                }
                Err(part) => {
                    let sentence = refusal(changed);
                    assert!(sentence.contains(part), "{body}: {sentence}");
                }
            }
        };
        let day = minutes(24 * 60);
        check(
            json!({"expirationDateTime": "2026-11-21T00:00:00Z"}),
            Ok((None, Some(day))),
        );
        check(
            json!({"notificationUrl": "https://a.example"}),
            Ok((Some("https://a.example"), None)),
        );
        check(
            json!({"expirationDateTime": "2026-11-20T00:10:00Z"}),
            Ok((None, Some(minutes(45)))),
        );
        check(
            json!({"expirationDateTime": "2026-12-20T00:00:00Z"}),
            Err("4230 minutes"),
        );
        check(json!({}), Err("`expirationDateTime` is missing"));
        for name in [
            "resource",
            "changeType",
            "lifecycleNotificationUrl",
            "clientState",
            "latestSupportedTlsVersion",
            "notificationQueryOptions",
            "notificationUrlAppId",
        ] {
            let body = json!({"expirationDateTime": "2026-11-21T00:00:00Z", name: "updated"});
            check(body, Err("stays as it was"));
        }
    }
}
