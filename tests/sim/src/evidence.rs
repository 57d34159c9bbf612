//! What is left of a history for the checkers: what was noted, and what the store says at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;
use bpmn::Process;
use engine::journal::{self, Entry};
use engine::mailbox;
use engine::state::{Awaited, InstanceStatus, MailboxAddress, Rows, UserTaskState};
use store::search::names::INCIDENT_ACTIVE;
use store::search::{Condition, PAGE_ITEMS_MAX};
use store::search::{
    IncidentField, IncidentRecord, JobRecord, MessageCorrelationRecord, Operand, Operator, Page, PageRequest,
    PageStart, ProcessInstanceField, ProcessInstanceRecord, Search, UserTaskField, UserTaskRecord,
    VariableRecord,
};
use store::{Parcel, Store};
use types::{
    IncidentKey, JobKey, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, TenantId, Timestamp,
    UserTaskKey,
};

use crate::disk::{Disk, at_once};
use crate::host::Ground;
use crate::witness::{Facts, Notes, Write};

/// Timers and deadlines that are looked for at the end at most.
const OVERDUE_MAX: u32 = 1_000;

/// Everything that checkers look at.
pub(crate) struct Evidence {
    pub(crate) notes: Notes,
    pub(crate) instances: BTreeMap<ProcessInstanceKey, Instance>,
    pub(crate) jobs: Vec<JobRecord>,
    pub(crate) user_tasks: Vec<UserTaskRecord>,
    pub(crate) incidents: Vec<IncidentRecord>,
    pub(crate) variables: Vec<VariableRecord>,
    /// What is kept of messages that instances have taken.
    pub(crate) correlations: Vec<MessageCorrelationRecord>,
    /// What is so according to the store's journal.
    pub(crate) facts: Facts,
    pub(crate) now: Timestamp,
    /// How many timers and deadlines of workers are due and were left.
    pub(crate) overdue: usize,
    /// What is on its way between partitions.
    pub(crate) parcels: Vec<Parcel>,
    /// The mailboxes that anybody has ever had to do with.
    pub(crate) mailboxes: Vec<(MailboxAddress, Vec<mailbox::Entry>)>,
    /// Callers that still wait for their answers.
    pub(crate) unanswered: usize,
}

/// One instance.
pub(crate) struct Instance {
    pub(crate) process: Arc<Process>,
    pub(crate) rows: Option<Rows>,
    /// Its journal, as the store gives it.
    pub(crate) journal: Vec<Entry>,
    /// What was seen being written.
    pub(crate) writes: Vec<Write>,
}

impl Evidence {
    pub(crate) fn gather(ground: &Ground, unanswered: usize) -> anyhow::Result<Self> {
        let store = ground.disk.store();
        let mut notes = ground.witness.take();
        let mut facts = Facts::default();
        let mut processes = BTreeMap::new();
        let mut instances = BTreeMap::new();
        let mut keys: Vec<_> = ground
            .disk
            .process_instances()
            .into_iter()
            .map(|record| (record.key, record.definition))
            .collect();
        // Instances that the store has lost altogether are missed as well.
        for (key, writes) in &notes.writes {
            if !keys.iter().any(|(known, _)| known == key) {
                keys.push((*key, created_from(writes).context("an instance begins with its creation")?));
            }
        }
        for (key, definition) in keys {
            let process = match processes.get(&definition) {
                Some(process) => Arc::clone(process),
                None => {
                    let process = Arc::new(process(&*store, definition)?);
                    processes.insert(definition, Arc::clone(&process));
                    process
                }
            };
            let mut entries = Vec::new();
            for row in at_once(store.journal(key, None, u32::MAX >> 1))? {
                entries.extend(journal::decode(&row.entries)?);
            }
            entries.iter().for_each(|entry| facts.add(key, entry));
            let rows = at_once(store.load_instance(key))?;
            let writes = notes.writes.remove(&key).unwrap_or_default();
            instances.insert(key, Instance { process, rows, journal: entries, writes });
        }
        for definition in all(|search| at_once(store.search_process_definitions(search)))? {
            facts.deployed(definition.key);
        }
        let now = ground.clock.now();
        let mut overdue = 0;
        for partition in ground.disk.epochs().keys() {
            overdue += at_once(store.due_timers(*partition, now, OVERDUE_MAX))?.len();
            overdue += at_once(store.timed_out_jobs(*partition, now, OVERDUE_MAX))?.len();
        }
        let mut parcels = Vec::new();
        for (receiver, sender) in ground.disk.epochs().keys().flat_map(|receiver| {
            (1..=ground.config.partitions.get())
                .filter_map(PartitionId::new)
                .map(|sender| (*receiver, sender))
        }) {
            parcels.extend(at_once(store.outbox(receiver, sender, None, OVERDUE_MAX))?);
        }
        let mut mailboxes = Vec::new();
        for address in addresses(&instances) {
            let entries = at_once(store.mailbox(address.partition(ground.config.partitions), &address))?;
            mailboxes.push((address, entries));
        }
        Ok(Self {
            parcels,
            mailboxes,
            notes,
            instances,
            jobs: all(|search| at_once(store.search_jobs(search)))?,
            user_tasks: all(|search| at_once(store.search_user_tasks(search)))?,
            incidents: all(|search| at_once(store.search_incidents(search)))?,
            variables: all(|search| at_once(store.search_variables(search)))?,
            correlations: all(|search| at_once(store.search_message_correlations(search)))?,
            facts,
            now,
            overdue,
            unanswered,
        })
    }
}

/// The mailboxes in which instances have waited, or from which they were started, with what keeps these apart.
fn addresses(instances: &BTreeMap<ProcessInstanceKey, Instance>) -> BTreeSet<MailboxAddress> {
    let mut addresses = BTreeSet::new();
    for event in instances.values().flat_map(|instance| &instance.journal).flat_map(|entry| &entry.events) {
        match event {
            engine::Event::SubscriptionOpened {
                awaited: Awaited::Message { name, correlation_key }, ..
            } => {
                addresses.insert(MailboxAddress {
                    tenant: TenantId::default(),
                    name: name.clone(),
                    correlation_key: correlation_key.clone(),
                });
            }
            engine::Event::InstanceCreated { started_by: Some(address), .. } => {
                addresses.extend(address.locks());
                addresses.insert(address.clone());
            }
            _ => {}
        }
    }
    addresses
}

fn created_from(writes: &[Write]) -> Option<ProcessDefinitionKey> {
    writes.iter().flat_map(|write| &write.entries).flat_map(|entry| &entry.events).find_map(|event| {
        match event {
            engine::Event::InstanceCreated { definition, .. } => Some(*definition),
            _ => None,
        }
    })
}

fn process(store: &dyn Store, key: ProcessDefinitionKey) -> anyhow::Result<Process> {
    let record = at_once(store.definition(key))?.context("the definition of an instance")?;
    let resource = at_once(store.definition_resource(key))?.context("the file of a definition")?;
    let xml = std::str::from_utf8(&resource.content)?;
    let options = bpmn::Options { resource: &resource.name, secret_token: None };
    bpmn::load(xml, &options)
        .processes
        .into_iter()
        .find(|process| *process.id == *record.bpmn_process_id)
        .context("the process of a definition")
}

/// All that a search gives, whatever page it is on.
fn all<F, T>(search: impl Fn(&Search<F>) -> Result<Page<T>, store::Error>) -> Result<Vec<T>, store::Error> {
    found(Vec::new(), search)
}

fn found<F, T>(
    conditions: Vec<Condition<F>>,
    search: impl Fn(&Search<F>) -> Result<Page<T>, store::Error>,
) -> Result<Vec<T>, store::Error> {
    let page = PageRequest { start: PageStart::From(0), limit: PAGE_ITEMS_MAX };
    let mut wanted = Search { conditions, page, ..Search::default() };
    let mut items = Vec::new();
    loop {
        let page = search(&wanted)?;
        let Some(cursor) = page.end_cursor.filter(|_| !page.items.is_empty()) else { return Ok(items) };
        items.extend(page.items);
        wanted.page.start = PageStart::After(cursor);
    }
}

fn is<F>(field: F, value: &str) -> Vec<Condition<F>> {
    vec![Condition::Field(field, Operator::Eq(Operand::Text(value.to_owned())))]
}

/// What an operator sees on the pages. The store itself answers; faults are for the runtime.
impl Disk {
    pub(crate) fn process_instances(&self) -> Vec<ProcessInstanceRecord> {
        let store = self.store();
        all(|search| at_once(store.search_process_instances(search))).unwrap_or_default()
    }

    pub(crate) fn has_active_instances(&self) -> bool {
        let store = self.store();
        let active = is(ProcessInstanceField::State, InstanceStatus::Active.name());
        found(active, |search| at_once(store.search_process_instances(search)))
            .is_ok_and(|found| !found.is_empty())
    }

    pub(crate) fn open_user_tasks(&self) -> Vec<UserTaskKey> {
        let store = self.store();
        let open = is(UserTaskField::State, UserTaskState::Created.name());
        let tasks = found(open, |search| at_once(store.search_user_tasks(search))).unwrap_or_default();
        tasks.into_iter().map(|record| record.task.key).collect()
    }

    pub(crate) fn open_incidents(&self) -> Vec<(IncidentKey, ProcessInstanceKey, Option<JobKey>)> {
        let store = self.store();
        let incidents = found(is(IncidentField::State, INCIDENT_ACTIVE), |search| {
            at_once(store.search_incidents(search))
        });
        let told =
            |record: IncidentRecord| (record.incident.key, record.origin.instance, record.incident.job);
        incidents.unwrap_or_default().into_iter().map(told).collect()
    }

    /// What active instances wait for besides timers and jobs, each once.
    pub(crate) fn awaited(&self) -> Vec<Awaited> {
        let store = self.store();
        let mut awaited: Vec<Awaited> = Vec::new();
        for record in self.process_instances() {
            if record.state != InstanceStatus::Active {
                continue;
            }
            let rows = at_once(store.load_instance(record.key)).ok().flatten();
            for row in rows.into_iter().flat_map(|rows| rows.subscriptions) {
                if !awaited.contains(&row.awaited) {
                    awaited.push(row.awaited);
                }
            }
        }
        awaited
    }

    pub(crate) fn jobs(&self) -> Vec<JobKey> {
        let store = self.store();
        let jobs = all(|search| at_once(store.search_jobs(search))).unwrap_or_default();
        jobs.into_iter().map(|record| record.job.key).collect()
    }
}
