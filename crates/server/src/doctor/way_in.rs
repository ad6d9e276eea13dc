//! The way that people come: the public URL, and whatever stands in front of the server.
//!
//! It is tried as a browser goes it: whether the server answers there, and whether it takes a page at that address for one of its
//! own, which is what signing in needs. Signing out nobody changes nothing and needs the same.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::Value;

use super::{Problem, problem, root};
use crate::limits;
use crate::outgoing::{self, Client};

/// What answers while the server is there.
const HEALTH: &str = "/healthz";

/// What only a page of the server's own may ask, and anybody may who is signed in as nobody.
const SIGN_OUT: &str = "/sederunt/v1/webSession";

const UNREACHED: &str =
    "check that the name leads here, and that the proxy in front passes requests on to the address of `--listen`";

/// Tries it.
pub(super) async fn way_in(public_url: &str) -> Result<String, Problem> {
    let client = outgoing::client().map_err(|error| {
        problem(
            format!("the certificates that this system trusts cannot be read: {error}"),
            "install the system's certificates (the package `ca-certificates`)",
        )
    })?;
    let (status, body) = ask(&client, Method::GET, public_url, HEALTH).await?;
    if status != StatusCode::OK || body != "ok\n" {
        let what = format!("`{public_url}{HEALTH}` answers {status}, and not as this server does");
        return Err(problem(what, UNREACHED));
    }
    let (status, body) = ask(&client, Method::DELETE, public_url, SIGN_OUT).await?;
    if status == StatusCode::OK {
        return Ok(format!(
            "{public_url} leads to this server, and pages there may sign in"
        ));
    }
    let said: Value = serde_json::from_str(&body).unwrap_or_default();
    let believed = &said["error"]["details"][0]["metadata"];
    Err(match (believed["publicUrl"].as_str(), believed["host"].as_str()) {
        (Some(believed), Some(host)) => problem(
            format!(
                "nobody can sign in at {public_url}: the server takes {believed} for the address of its pages, and was asked for \
                 `{host}`"
            ),
            "start the server with this `--public-url`, or have the proxy pass on `Host`",
        ),
        _ => problem(
            format!("nobody can sign in at {public_url}: `{SIGN_OUT}` answers {status} there"),
            "have the proxy pass on all paths and methods, and the headers `Host` and `Origin`",
        ),
    })
}

/// Asks as a page at the public URL would.
async fn ask(client: &Client, method: Method, public_url: &str, path: &str) -> Result<(StatusCode, String), Problem> {
    let failed = |why: String| problem(format!("`{public_url}{path}` does not answer: {why}"), UNREACHED);
    let request = Request::builder().method(method).uri(format!("{public_url}{path}"));
    let request = request
        .header(header::ORIGIN, public_url)
        .body(Full::<Bytes>::default());
    let request = request.map_err(|error| failed(root(&error)))?;
    let answered = async {
        let answer = client.request(request).await.map_err(|error| failed(root(&error)))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), limits::WAY_IN_ANSWER_BYTES_MAX)
            .collect()
            .await;
        let body = body.map_err(|error| failed(error.to_string()))?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    };
    let answered = tokio::time::timeout(limits::WAY_IN_TIMEOUT, answered).await;
    answered.unwrap_or_else(|_| Err(failed(format!("nothing within {:?}", limits::WAY_IN_TIMEOUT))))
}
