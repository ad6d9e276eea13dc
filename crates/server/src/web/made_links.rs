//! Which sign-in links others made for oneself: `/sederunt/v1/madeLinks`.
//!
//! | method | answer |
//! |---|---|
//! | GET | `{"links": [{"createTime", "madeBy", "useTime", "clientAddress"}]}`, newest first |
//!
//! A link is as good as a password, and there is no mail to tell somebody of one: so their own page does. `madeBy` is the name of an
//! administrator, or `null` for whoever runs the server; `useTime` and `clientAddress` are `null` of a link that nobody used.

use axum_core::body::Body;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use identity::MadeLink;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Pages, json};

/// The path of the list.
pub(crate) const PATH: &str = "/sederunt/v1/madeLinks";

impl Pages {
    /// Serves [`PATH`].
    pub(crate) async fn made_links(&self, request: Request<Body>) -> Response<Body> {
        match *request.method() {
            Method::GET => self.show_made_links(&request.into_parts().0.headers).await,
            _ => json::only("GET"),
        }
    }

    async fn show_made_links(&self, headers: &HeaderMap) -> Response<Body> {
        let user = match self.signed_in(headers).await {
            Ok(Some(user)) => user,
            Ok(None) => return json::signed_out(),
            Err(failed) => return json::unavailable(&failed),
        };
        match self.identity.links_made_for(&user).await {
            Ok(links) => {
                let links: Vec<Value> = links.iter().map(link_to_json).collect();
                json::answer(StatusCode::OK, &json!({"links": links}))
            }
            Err(failed) => json::unavailable(&failed),
        }
    }
}

fn link_to_json(link: &MadeLink) -> Value {
    json!({
        "createTime": text_of(link.create_us),
        "madeBy": link.made_by.as_ref().map(|user| user.display_name.as_str()),
        "useTime": link.use_us.and_then(text_of),
        "clientAddress": link.client,
    })
}

/// A time as JSON has it.
fn text_of(time_us: i64) -> Option<String> {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time_us) * 1_000).ok()?;
    time.format(&Rfc3339).ok()
}
