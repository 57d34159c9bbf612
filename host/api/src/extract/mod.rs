//! axum's extractors, with problems as rejections.

mod body;
mod caller;
mod closing;
mod json;
mod path;
mod query;

pub(crate) use body::{content_type, read_body};
pub(crate) use caller::{Caller, check_tenant, check_tenants};
pub(crate) use closing::Closing;
pub(crate) use json::{Json, OptionalJson};
pub(crate) use path::{KeyPath, Path};
pub(crate) use query::Query;
