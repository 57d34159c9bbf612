//! `GET /fermata/v1/process-instances/{key}/history`: what has happened in an instance, by whom and when.

mod event;
pub(crate) mod export;
mod lines;

pub use lines::{HistoryError, HistoryLines};

use axum::Json;
use axum::extract::State;
use engine::{EntityKind, journal};
use serde::{Deserialize, Serialize};
use store::{JournalRow, Store};
use types::{Actor, ProcessInstanceKey, Timestamp};

use crate::extract::{KeyPath, Query};
use crate::limits::{HISTORY_BYTES_MAX, HISTORY_ROWS_DEFAULT, HISTORY_ROWS_MAX, HISTORY_ROWS_READ};
use crate::problem::Problem;
use crate::state::ApiState;
use event::EventView;

/// Which part of the history.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Part {
    /// The position that an earlier page ended with.
    after: Option<i64>,
    /// Most journal rows; one row holds what one batch of commands did. A page of large rows ends earlier.
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
    let (rows, next) = page(&**store, key, part.after, limit).await?;
    let mut items = Vec::new();
    for row in rows {
        items.extend(entries(&row)?);
    }
    Ok(Json(History { items, next }))
}

/// At most `limit` rows, fewer when they are large, but never none of some; and where the next page begins, if there is one.
async fn page(
    store: &dyn Store,
    key: ProcessInstanceKey,
    mut after: Option<i64>,
    limit: u32,
) -> Result<(Vec<JournalRow>, Option<i64>), Problem> {
    let (mut rows, mut bytes) = (Vec::new(), 0);
    loop {
        let wanted = HISTORY_ROWS_READ.min(limit + 1 - rows.len() as u32);
        let read = store.journal(key, after, wanted).await?;
        let last = read.len() < wanted as usize;
        for row in read {
            bytes += row.entries.len();
            // A row that no longer fits tells that there is a next page.
            if rows.len() == limit as usize || (bytes > HISTORY_BYTES_MAX && !rows.is_empty()) {
                return Ok((rows, after));
            }
            after = Some(row.position);
            rows.push(row);
        }
        if last {
            return Ok((rows, None));
        }
    }
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
