//! All instances of a database: what is stored of them, and what has happened in them.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use bpmn::Process;
use engine::journal::{self, Entry};
use engine::state::Rows;
use store::Store;
use store::search::{PAGE_ITEMS_MAX, PageRequest, PageStart, ProcessInstanceRecord, ProcessInstanceSearch};
use types::{ProcessDefinitionKey, ProcessInstanceKey};

/// Journal rows that are read at once.
const JOURNAL_ROWS: u32 = 1_000;

/// One instance.
#[derive(Debug)]
pub struct Instance {
    /// As searches show it.
    pub record: ProcessInstanceRecord,
    /// The process that it runs.
    pub process: Arc<Process>,
    /// What was done to it.
    pub history: Result<Vec<Entry>, journal::Error>,
    /// What is stored of it.
    pub rows: Option<Rows>,
}

/// Reads instances, one after the other.
pub struct Reader<'s> {
    store: &'s dyn Store,
    processes: HashMap<ProcessDefinitionKey, Arc<Process>>,
}

impl<'s> Reader<'s> {
    /// A reader of this store.
    pub fn new(store: &'s dyn Store) -> Self {
        Self { store, processes: HashMap::new() }
    }

    /// All instances as searches show them.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn records(&self) -> anyhow::Result<Vec<ProcessInstanceRecord>> {
        let mut records = Vec::new();
        let mut start = PageStart::From(0);
        loop {
            let search = ProcessInstanceSearch {
                page: PageRequest { start, limit: PAGE_ITEMS_MAX },
                ..ProcessInstanceSearch::default()
            };
            let page = self.store.search_process_instances(&search).await?;
            let Some(cursor) = page.end_cursor.filter(|_| !page.items.is_empty()) else { return Ok(records) };
            records.extend(page.items);
            start = PageStart::After(cursor);
        }
    }

    /// One instance.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn instance(&mut self, record: ProcessInstanceRecord) -> anyhow::Result<Instance> {
        Ok(Instance {
            process: self.process(&record).await?,
            history: self.history(record.key).await?,
            rows: self.store.load_instance(record.key).await?,
            record,
        })
    }

    async fn history(&self, key: ProcessInstanceKey) -> anyhow::Result<Result<Vec<Entry>, journal::Error>> {
        let (mut entries, mut after) = (Vec::new(), None);
        loop {
            let rows = self.store.journal(key, after, JOURNAL_ROWS).await?;
            let Some(last) = rows.last() else { return Ok(Ok(entries)) };
            after = Some(last.position);
            for row in rows {
                match journal::decode(&row.entries) {
                    Ok(decoded) => entries.extend(decoded),
                    Err(error) => return Ok(Err(error)),
                }
            }
        }
    }

    async fn process(&mut self, record: &ProcessInstanceRecord) -> anyhow::Result<Arc<Process>> {
        if let Some(process) = self.processes.get(&record.definition) {
            return Ok(Arc::clone(process));
        }
        let resource = self.store.definition_resource(record.definition).await?;
        let resource = resource.with_context(|| format!("definition {} is not there", record.definition))?;
        let parsed = bpmn::load(
            std::str::from_utf8(&resource.content)?,
            &bpmn::Options { resource: &resource.name, secret_token: None },
        );
        let process = parsed.processes.into_iter().find(|process| *process.id == *record.bpmn_process_id);
        let process = process
            .with_context(|| format!("{} has no process `{}`", resource.name, record.bpmn_process_id))?;
        let process = Arc::new(process);
        self.processes.insert(record.definition, Arc::clone(&process));
        Ok(process)
    }
}
