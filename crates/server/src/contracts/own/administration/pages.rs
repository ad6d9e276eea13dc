//! Pages of the lists: what a request says of them, the same for every list. How they are cut is
//! [`identity`]'s business, and so is what a token means.

use identity::Page;

use crate::failure::{Answer, Failure};
use crate::limits::ADMINISTRATION_PAGE_SIZE_MAX;

/// The page that a request asks for by its `page_size` and its `page_token`.
pub(super) fn requested_page(page_size: i32, page_token: &str) -> Answer<Page<'_>> {
    let size = usize::try_from(page_size).map_err(|_| Failure::field("page_size", "it is negative"))?;
    Ok(Page {
        size: size.min(ADMINISTRATION_PAGE_SIZE_MAX),
        after: Some(page_token).filter(|token| !token.is_empty()),
    })
}
