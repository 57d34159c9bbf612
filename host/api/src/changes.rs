//! What the histories of roll-outs, grants and secrets have in common: reasons, and pages with the last change first.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::{CHANGES_DEFAULT, CHANGES_MAX};
use crate::problem::Problem;

/// Which part of a history.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) before: Option<i64>,
    limit: Option<u32>,
}

impl Part {
    /// How many changes the page has at most.
    pub(crate) fn limit(&self) -> Result<u32, Problem> {
        let limit = self.limit.unwrap_or(CHANGES_DEFAULT);
        if !(1..=CHANGES_MAX).contains(&limit) {
            let problem = format!("limit: {limit} is not between 1 and {CHANGES_MAX}");
            return Err(Problem::invalid_argument(problem));
        }
        Ok(limit)
    }
}

/// A page of a history.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<C> {
    items: Vec<C>,
    /// What to send as `before` for the next page; nothing at the end.
    next_before: Option<i64>,
}

impl<C> Page<C> {
    /// The page of the first `limit` of `items`, of which there is one more when another page follows.
    pub(crate) fn new(mut items: Vec<C>, limit: u32, revision: impl Fn(&C) -> i64) -> Self {
        let has_more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next_before = items.last().filter(|_| has_more).map(revision);
        Self { items, next_before }
    }
}

/// Takes the `reason` out that stands beside what a body is about.
pub(crate) fn take_reason(body: &mut Value) -> Result<String, Problem> {
    match body.as_object_mut().and_then(|fields| fields.remove("reason")) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(reason)) => Ok(reason),
        Some(_) => Err(Problem::invalid_argument("reason: expected a text")),
    }
}

/// Why something is removed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removal {
    #[serde(default)]
    pub(crate) reason: String,
}
