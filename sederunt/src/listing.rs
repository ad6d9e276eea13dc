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

#[cfg(test)]
mod tests {
    use super::*;
    use identity::AppError;
    use tokio::runtime::Runtime;

    #[test]
    fn a_list_is_read_to_its_end() {
        let pages = [
            (None, vec![1, 2], Some("second")),
            (Some("second"), vec![3], Some("third")),
            (Some("third"), vec![4], None),
        ];
        let list = async |page: Page<'_>| {
            let (_, items, next) = pages.iter().find(|(after, ..)| *after == page.after).expect("a page");
            Ok::<_, AppError>(Listing {
                items: items.clone(),
                next: next.map(str::to_owned),
            })
        };
        let whole = Runtime::new().expect("starts").block_on(whole_list(list));
        assert_eq!(whole.expect("reads"), [1, 2, 3, 4]);
    }
}
