//! Camunda's search conventions: `{filter, sort, page}` in, `{items, page}` out.
//!
//! Each resource has a table of [`Field`]s; everything else about a search is the same for all.

mod constant;
mod field;
mod filter;
mod page;
mod request;
mod response;
mod value;

pub(crate) use field::{Field, Kind, Unkept};
pub(crate) use request::SearchRequest;
pub(crate) use response::SearchResponse;
