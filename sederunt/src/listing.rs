//! Lists of the accounts as commands print them: whole. They come in pages, because the server shows them so; whoever pipes a
//! list into another program wants the last row as much as the first.

use identity::{Listing, Page, limits};

use crate::report::CommandError;

/// All pages of a list, one after the other.
pub(crate) async fn whole_list<T, E>(
    list: impl AsyncFn(Page<'_>) -> Result<Listing<T>, E>,
) -> Result<Vec<T>, CommandError>
where
    CommandError: From<E>,
{
    let (mut whole, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = Page {
            size: limits::PAGE_SIZE_MAX,
            after: after.as_deref(),
        };
        let listing = list(page).await?;
        whole.extend(listing.items);
        match listing.next {
            Some(next) => after = Some(next),
            None => return Ok(whole),
        }
    }
}
