//! Asking handlers what to do with a call, as the contract has it: a POST of the call, signed with the project's key.
//!
//! A handler's answer is a document; whoever answers with something else has failed. What is to be played is fetched in the same way.

use ::api::enfonica::voice::v1beta1 as api;
use bytes::Bytes;
use calls::{Answered, Ask, Handlers, Later, Unanswered};
use identity::Identity;

use super::calls::call_to_wire;
use super::saying::{Said, Saying};
use super::wire::json_of;
use crate::outgoing::Receivers;

/// What a request for a document is.
const CALL: &str = "CALL";

/// Asks by HTTP.
pub(crate) struct HttpHandlers {
    saying: Saying,
}

/// What a handler is asked.
fn request_body(ask: &Ask) -> Bytes {
    let request = api::CallRequest {
        call: Some(call_to_wire(&ask.call)),
        parameters: ask.parameters.clone(),
    };
    json_of("CallRequest", &request).to_string().into()
}

impl HttpHandlers {
    pub(crate) fn new(identity: Identity, receivers: Receivers) -> HttpHandlers {
        HttpHandlers {
            saying: Saying::new(identity, receivers),
        }
    }
}

impl Handlers for HttpHandlers {
    fn ask<'a>(&'a self, ask: &'a Ask) -> Later<'a, Result<Answered, Unanswered>> {
        Box::pin(async move {
            let said = Said {
                project: &ask.call.project,
                event: CALL,
                uri: &ask.uri,
                body: request_body(ask),
            };
            let (mut cookies, bytes_max) = (ask.cookies.clone(), calls::limits::DOCUMENT_BYTES_MAX);
            let (uri, answer) = self.saying.post(&said, &mut cookies, bytes_max).await?;
            Ok(Answered {
                cookies,
                document: answer.body,
                uri,
            })
        })
    }

    fn fetch<'a>(&'a self, _: &'a str, uri: &'a str) -> Later<'a, Result<Bytes, Unanswered>> {
        Box::pin(self.saying.fetch(uri, audio::limits::FILE_BYTES_MAX))
    }
}
