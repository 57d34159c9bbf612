//! What is found.

use serde::Serialize;
use store::search::Page;

/// The answer to a search.
#[derive(Serialize)]
pub(crate) struct SearchResponse<T> {
    items: Vec<T>,
    page: PageResponse,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageResponse {
    total_items: u64,
    has_more_total_items: bool,
    start_cursor: Option<String>,
    end_cursor: Option<String>,
}

impl<T> SearchResponse<T> {
    /// A page of the store, each item as clients see it.
    pub(crate) fn new<R>(page: Page<R>, view: impl FnMut(R) -> T) -> Self {
        Self {
            items: page.items.into_iter().map(view).collect(),
            page: PageResponse {
                total_items: page.total_items,
                has_more_total_items: page.has_more_total_items,
                start_cursor: page.start_cursor,
                end_cursor: page.end_cursor,
            },
        }
    }
}
