//! `phoneNumbers:search`: numbers that can be bought, of which there are none.
//!
//! What a project may have is said by ranges, which are no catalogue: only the operator's contract with the trunk says which numbers of a
//! range are theirs. So whoever looks for a number finds none, and makes the one that the operator tells them.

use std::sync::Arc;

use ::api::enfonica::numbering::v1beta1 as api;
use tonic::{Request, Response, Status};

use crate::failure::{Answer, Failure};
use crate::gate::asking::Asking;
use crate::grpc::wire::chosen;
use crate::grpc::{admitted, respond};
use crate::projects::entitled;

/// The service.
#[derive(Clone, Copy)]
pub(super) struct SearchService;

impl SearchService {
    pub(super) fn methods() -> Arc<dyn ::api::Methods> {
        Arc::new(api::PhoneNumbersMethods(Arc::new(SearchService)))
    }
}

/// What is found.
fn search(asking: &Asking, request: &api::SearchPhoneNumbersRequest) -> Answer<api::SearchPhoneNumbersResponse> {
    entitled(asking)?;
    let country = request.country_code.as_bytes();
    if country.len() != 2 || !country.iter().all(u8::is_ascii_alphabetic) {
        return Err(Failure::field("country_code", "it is two letters, such as AU"));
    }
    chosen::<api::phone_number::NumberType>(request.number_type, "number_type")?;
    if request.page_size < 0 {
        return Err(Failure::field("page_size", "a page cannot have less than no items"));
    }
    if !request.page_token.is_empty() {
        return Err(Failure::field(
            "page_token",
            "no page of this list has another behind it",
        ));
    }
    Ok(api::SearchPhoneNumbersResponse::default())
}

#[tonic::async_trait]
impl api::phone_numbers_server::PhoneNumbers for SearchService {
    async fn search_phone_numbers(
        &self,
        request: Request<api::SearchPhoneNumbersRequest>,
    ) -> Result<Response<api::SearchPhoneNumbersResponse>, Status> {
        let (asking, message) = admitted(request)?;
        respond(search(&asking, &message))
    }
}
