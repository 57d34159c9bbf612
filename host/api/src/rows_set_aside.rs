//! `GET /fermata/v1/rows-set-aside`: rows of what crosses instances that could not be read or carried out.

use axum::Json;
use axum::extract::State;
use engine::mailbox::EntryKey;
use serde::{Deserialize, Serialize};
use store::{CrossingRow, ParcelKey, ROWS_SET_ASIDE_LISTED_MAX, RowSetAside};
use types::{Key, Timestamp};

use crate::extract::Query;
use crate::problem::Problem;
use crate::state::ApiState;

/// Which part of the list.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Part {
    /// The number that an earlier page ended with.
    after: Option<i64>,
    /// Most rows.
    limit: Option<u32>,
}

/// A page of rows, those first that were set aside first.
#[derive(Serialize)]
pub(crate) struct Rows {
    items: Vec<RowView>,
    /// To be sent as `after` for the next page; `null` when there is none.
    next: Option<i64>,
}

/// A row that was set aside.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RowView {
    number: i64,
    partition_id: u16,
    kind: RowKind,
    key: Key,
    /// The mailbox; `null` for a parcel.
    mailbox: Option<MailboxView>,
    content_bytes: u64,
    reason: String,
    #[serde(serialize_with = "crate::time::serialize")]
    set_aside_at: Timestamp,
}

/// What the row was.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RowKind {
    /// Something that an instance has asked of another partition.
    Parcel,
    /// A message that was kept.
    Message,
    /// What waits for a message.
    MessageSubscription,
    /// A process that a message has started.
    StartedProcess,
}

/// Where messages of one name and correlation key meet what waits for them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MailboxView {
    tenant_id: String,
    message_name: String,
    correlation_key: String,
}

impl From<RowSetAside> for RowView {
    fn from(set_aside: RowSetAside) -> Self {
        let RowSetAside { number, partition, row, content_bytes, reason, at } = set_aside;
        let key = row.key();
        let (kind, mailbox) = match row {
            CrossingRow::Parcel(ParcelKey { .. }) => (RowKind::Parcel, None),
            CrossingRow::Entry { mailbox, key } => {
                let kind = match key {
                    EntryKey::Message(_) => RowKind::Message,
                    EntryKey::Subscription(_) => RowKind::MessageSubscription,
                    EntryKey::Started(_) => RowKind::StartedProcess,
                };
                let mailbox = MailboxView {
                    tenant_id: mailbox.tenant.to_string(),
                    message_name: mailbox.name.to_string(),
                    correlation_key: mailbox.correlation_key.to_string(),
                };
                (kind, Some(mailbox))
            }
        };
        let partition_id = partition.get();
        Self { number, partition_id, kind, key, mailbox, content_bytes, reason, set_aside_at: at }
    }
}

pub(crate) async fn list(
    State(state): State<ApiState>,
    Query(part): Query<Part>,
) -> Result<Json<Rows>, Problem> {
    let limit = part.limit.unwrap_or(ROWS_SET_ASIDE_LISTED_MAX);
    if !(1..=ROWS_SET_ASIDE_LISTED_MAX).contains(&limit) {
        return Err(Problem::invalid_argument(format!(
            "limit: {limit} is not between 1 and {ROWS_SET_ASIDE_LISTED_MAX}"
        )));
    }
    let rows = state.handle.store().rows_set_aside(part.after, limit).await?;
    let next = rows.last().filter(|_| rows.len() == limit as usize).map(|row| row.number);
    Ok(Json(Rows { items: rows.into_iter().map(RowView::from).collect(), next }))
}
