//! What is asked.

use serde::Deserialize;
use serde_json::{Map, Value};
use store::search::{Order, Search};

use super::field::{Field, Meaning};
use super::filter::{conditions, find};
use super::page::Page;
use crate::problem::Problem;

/// The body of a search.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SearchRequest {
    filter: Option<Map<String, Value>>,
    sort: Option<Vec<Sort>>,
    page: Option<Page>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sort {
    field: String,
    #[serde(default)]
    order: Option<String>,
}

impl SearchRequest {
    /// A search for whatever meets a filter.
    pub(crate) fn of_filter(filter: Map<String, Value>) -> Self {
        Self { filter: Some(filter), ..Self::default() }
    }

    /// The search that the store understands.
    ///
    /// # Errors
    /// A field, operator or value is not acceptable; the message names it.
    pub(crate) fn into_search<F: Copy>(self, fields: &[Field<F>]) -> Result<Search<F>, Problem> {
        let conditions = conditions("filter", &self.filter.unwrap_or_default(), fields)?;
        let mut sort = Vec::new();
        for (index, wanted) in self.sort.unwrap_or_default().into_iter().enumerate() {
            let at = format!("sort[{index}]");
            let field = find(&at, &wanted.field, fields)?;
            let order = order(&at, wanted.order.as_deref())?;
            match field.meaning {
                Meaning::Stored(stored) if field.sortable => sort.push((stored, order)),
                // Equal everywhere: decides nothing.
                Meaning::Constant(_) if field.sortable => {}
                _ => {
                    return Err(Problem::invalid_argument(format!(
                        "{at}: sorting by `{}` is not supported",
                        field.name
                    )));
                }
            }
        }
        Ok(Search { conditions, sort, page: self.page.unwrap_or_default().into_request()? })
    }
}

fn order(at: &str, order: Option<&str>) -> Result<Order, Problem> {
    match order {
        None => Ok(Order::Ascending),
        Some(order) if order.eq_ignore_ascii_case("asc") => Ok(Order::Ascending),
        Some(order) if order.eq_ignore_ascii_case("desc") => Ok(Order::Descending),
        Some(_) => Err(Problem::invalid_argument(format!("{at}.order: expected ASC or DESC"))),
    }
}
