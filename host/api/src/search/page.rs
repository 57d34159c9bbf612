//! Which part of a result is asked for.

use serde::Deserialize;
use store::search::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, PageRequest, PageStart};

use crate::problem::Problem;

/// `page` of a search: where it starts, in one of three ways, and how long it is.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Page {
    from: Option<i64>,
    after: Option<String>,
    before: Option<String>,
    limit: Option<i64>,
}

impl Page {
    pub(super) fn into_request(self) -> Result<PageRequest, Problem> {
        let start = match (self.from, self.after, self.before) {
            (None, None, None) => PageStart::From(0),
            (Some(from), None, None) => PageStart::From(
                u64::try_from(from)
                    .map_err(|_| Problem::invalid_argument(format!("page.from: {from} is less than 0")))?,
            ),
            (None, Some(cursor), None) => PageStart::After(cursor),
            (None, None, Some(cursor)) => PageStart::Before(cursor),
            _ => {
                return Err(Problem::invalid_argument(
                    "page: only one of `from`, `after` and `before` says where a page starts",
                ));
            }
        };
        let limit = match self.limit {
            None => PAGE_ITEMS_DEFAULT,
            Some(limit) => u32::try_from(limit)
                .ok()
                .filter(|limit| (1..=PAGE_ITEMS_MAX).contains(limit))
                .ok_or_else(|| {
                    Problem::invalid_argument(format!(
                        "page.limit: {limit} is not between 1 and {PAGE_ITEMS_MAX}"
                    ))
                })?,
        };
        Ok(PageRequest { start, limit })
    }
}
