//! `GET /fermata/v1/process-instances/{key}/history`: what has happened in an instance, by whom and when.

mod event;

use axum::Json;
use axum::extract::State;
use engine::{EntityKind, journal};
use serde::{Deserialize, Serialize};
use store::JournalRow;
use types::{Actor, ProcessInstanceKey, Timestamp};

use crate::extract::{KeyPath, Query};
use crate::limits::{HISTORY_ROWS_DEFAULT, HISTORY_ROWS_MAX};
use crate::problem::Problem;
use crate::state::ApiState;
use event::EventView;

/// Which part of the history.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Part {
    /// The position that an earlier page ended with.
    after: Option<i64>,
    /// Most journal rows; one row holds what one batch of commands did.
    limit: Option<u32>,
}

/// A page of history, oldest first.
#[derive(Serialize)]
pub(crate) struct History {
    items: Vec<Entry>,
    /// To be sent as `after` for the next page; `null` when there is none.
    next: Option<i64>,
}

/// What one command did.
#[derive(Serialize)]
struct Entry {
    position: i64,
    #[serde(serialize_with = "crate::time::serialize")]
    at: Timestamp,
    actor: Actor,
    events: Vec<EventView>,
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
    Query(part): Query<Part>,
) -> Result<Json<History>, Problem> {
    let limit = part.limit.unwrap_or(HISTORY_ROWS_DEFAULT);
    if !(1..=HISTORY_ROWS_MAX).contains(&limit) {
        return Err(Problem::invalid_argument(format!(
            "limit: {limit} is not between 1 and {HISTORY_ROWS_MAX}"
        )));
    }
    let store = state.handle.store();
    if store.process_instance(key).await?.is_none() {
        return Err(Problem::no_such(EntityKind::ProcessInstance, key));
    }
    // One more than asked for tells whether there is a next page.
    let mut rows = store.journal(key, part.after, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|row| row.position);
    let mut items = Vec::new();
    for row in rows {
        items.extend(entries(&row)?);
    }
    Ok(Json(History { items, next }))
}

fn entries(row: &JournalRow) -> Result<impl Iterator<Item = Entry> + use<>, Problem> {
    let position = row.position;
    let entries = journal::decode(&row.entries)
        .map_err(|error| Problem::internal(&format!("journal row {position}: {error}")))?;
    Ok(entries.into_iter().map(move |entry| Entry {
        position,
        at: entry.at,
        actor: entry.actor,
        events: entry.events.into_iter().map(EventView).collect(),
    }))
}
