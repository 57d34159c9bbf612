//! Histories as NDJSON: a line for what one command did to one instance.

use engine::journal;
use serde::Serialize;
use store::{EndedInstance, OldestEnd, Store};
use types::{Actor, ProcessDefinitionKey, ProcessInstanceKey, TenantId, Timestamp};

use super::event::EventView;

/// Rows of the journal that are read first: most instances have no more.
const ROWS_FIRST: u32 = 4;

/// Rows of the journal that are read at a time at most.
const ROWS_MAX: u32 = 64;

/// Rows are read one by one when those that were read together took more than this, in bytes.
const ROWS_BYTES: usize = 1 << 20;

/// Why a history cannot be written down.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store does not give it.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// What the store gives makes no sense.
    #[error("row {position} of the history of instance {instance} cannot be read")]
    Damaged {
        /// The instance.
        instance: ProcessInstanceKey,
        /// The row's place.
        position: i64,
        /// What is wrong.
        #[source]
        source: journal::Error,
    },
    /// It cannot be made JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// The history of an instance, a few lines at a time.
///
/// Of a row that the journal has only once, the lines are the same each time they are written: instance, position and entry
/// name a line.
pub struct HistoryLines<'s> {
    store: &'s dyn Store,
    definition: &'s OldestEnd,
    instance: ProcessInstanceKey,
    after: Option<i64>,
    /// How many rows to read next; none after the last.
    rows: u32,
}

/// What one command did.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'l> {
    process_instance_key: ProcessInstanceKey,
    process_definition_key: ProcessDefinitionKey,
    process_definition_id: &'l str,
    tenant_id: &'l TenantId,
    /// Where it is in the journal; grows with time.
    position: i64,
    /// Which one it is at this position, from 0.
    entry: usize,
    #[serde(serialize_with = "crate::time::serialize")]
    at: Timestamp,
    actor: Actor,
    events: Vec<EventView>,
}

impl<'s> HistoryLines<'s> {
    /// The history of an instance of a process version.
    pub fn new(store: &'s dyn Store, definition: &'s OldestEnd, instance: EndedInstance) -> Self {
        Self { store, definition, instance: instance.key, after: None, rows: ROWS_FIRST }
    }

    /// Writes the next lines. Returns false when there are no more.
    ///
    /// # Errors
    /// The history cannot be read; what was written so far is no whole one.
    pub async fn write(&mut self, to: &mut Vec<u8>) -> Result<bool, HistoryError> {
        if self.rows == 0 {
            return Ok(false);
        }
        let rows = self.store.journal(self.instance, self.after, self.rows).await?;
        let bytes: usize = rows.iter().map(|row| row.entries.len()).sum();
        let is_last = rows.len() < self.rows as usize;
        self.rows = match () {
            () if is_last => 0,
            () if bytes > ROWS_BYTES => 1,
            () => (self.rows * 2).min(ROWS_MAX),
        };
        self.after = rows.last().map(|row| row.position).or(self.after);
        for row in rows {
            let position = row.position;
            let entries = journal::decode(&row.entries).map_err(|source| HistoryError::Damaged {
                instance: self.instance,
                position,
                source,
            })?;
            for (number, entry) in entries.into_iter().enumerate() {
                let line = Line {
                    process_instance_key: self.instance,
                    process_definition_key: self.definition.definition,
                    process_definition_id: &self.definition.bpmn_process_id,
                    tenant_id: &self.definition.tenant,
                    position,
                    entry: number,
                    at: entry.at,
                    actor: entry.actor,
                    events: entry.events.into_iter().map(EventView).collect(),
                };
                serde_json::to_writer(&mut *to, &line)?;
                to.push(b'\n');
            }
        }
        Ok(!is_last)
    }
}
