//! Messages and what they meet, in several partitions.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use engine::Rejection;
use engine::state::MailboxAddress;
use fermata_runtime::{Config, CorrelateMessage, Error, Handle, PublishMessage, Resource};
use store::Store as _;
use store::memory::MemoryStore;
use store::search::{
    Condition, Operand, Operator, PageRequest, PageStart, ProcessInstanceField, ProcessInstanceSearch,
    VariableField, VariableSearch,
};
use types::{
    Actor, MessageKey, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Variables,
};

use super::World;

pub(crate) const PARTITIONS: u16 = 3;

pub(crate) fn config() -> Config {
    Config { partitions: NonZeroU16::new(PARTITIONS).expect("not zero"), ..Config::default() }
}

pub(crate) async fn deploy(handle: &Handle, name: &str, model: &str) -> anyhow::Result<()> {
    let resource = Resource { name: name.to_owned(), content: model.into() };
    handle.deploy(TenantId::default(), Actor::default(), vec![resource]).await?;
    Ok(())
}

pub(crate) async fn version(world: &World, process: &str) -> anyhow::Result<ProcessDefinitionKey> {
    let definition = world.handle().definition_by_id(&TenantId::default(), process, None).await?;
    Ok(definition.with_context(|| format!("process {process}"))?.key)
}

pub(crate) async fn start(
    world: &World,
    process: &str,
    variables: &str,
) -> anyhow::Result<ProcessInstanceKey> {
    world.start_instance(version(world, process).await?, variables).await
}

pub(crate) fn message(name: &str, key: &str, ttl_s: u64, variables: &str) -> anyhow::Result<PublishMessage> {
    Ok(PublishMessage {
        name: name.into(),
        correlation_key: key.into(),
        time_to_live: Duration::from_secs(ttl_s),
        message_id: None,
        variables: Variables::parse(variables)?,
        tenant: TenantId::default(),
    })
}

pub(crate) async fn publish(
    world: &World,
    name: &str,
    key: &str,
    ttl_s: u64,
    variables: &str,
) -> anyhow::Result<MessageKey> {
    Ok(world.handle().publish_message(message(name, key, ttl_s, variables)?).await?)
}

pub(crate) async fn correlate(world: &World, name: &str, key: &str) -> Result<ProcessInstanceKey, Error> {
    let correlate = CorrelateMessage {
        name: name.into(),
        correlation_key: key.into(),
        variables: Variables::new(),
        tenant: TenantId::default(),
    };
    Ok(world.handle().correlate_message(correlate).await?.instance)
}

/// The instances of a process, by whether they have ended.
pub(crate) async fn instances(
    world: &World,
    process: &str,
    state: &str,
) -> anyhow::Result<Vec<ProcessInstanceKey>> {
    let is = |field, value: &str| Condition::Field(field, Operator::Eq(Operand::Text(value.to_owned())));
    let search = ProcessInstanceSearch {
        conditions: vec![
            is(ProcessInstanceField::ProcessDefinitionId, process),
            is(ProcessInstanceField::State, state),
        ],
        sort: Vec::new(),
        page: PageRequest { start: PageStart::From(0), limit: 10_000 },
    };
    let page = world.store.search_process_instances(&search).await?;
    Ok(page.items.iter().map(|instance| instance.key).collect())
}

pub(crate) async fn variable(
    world: &World,
    instance: ProcessInstanceKey,
    name: &str,
) -> anyhow::Result<Option<String>> {
    let search = VariableSearch {
        conditions: vec![
            Condition::Field(
                VariableField::ProcessInstanceKey,
                Operator::Eq(Operand::Integer(instance.get())),
            ),
            Condition::Field(VariableField::Name, Operator::Eq(Operand::Text(name.to_owned()))),
        ],
        ..VariableSearch::default()
    };
    let page = world.store.search_variables(&search).await?;
    Ok(page.items.first().map(|variable| variable.value.to_string()))
}

/// Returns when `holds` does.
pub(crate) async fn until(
    what: &str,
    mut holds: impl AsyncFnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    for _ in 0..200_000 {
        if holds().await? {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
    anyhow::bail!("{what} does not come about")
}

pub(crate) fn mailbox(name: &str, key: &str) -> (PartitionId, MailboxAddress) {
    let address =
        MailboxAddress { tenant: TenantId::default(), name: name.into(), correlation_key: key.into() };
    (address.partition(config().partitions), address)
}

/// What is left in a mailbox.
pub(crate) async fn left_in(world: &World, name: &str, key: &str) -> anyhow::Result<usize> {
    let (partition, address) = mailbox(name, key);
    Ok(world.store.mailbox(partition, &address).await?.len())
}

/// Whether nothing is on its way between partitions.
pub(crate) async fn is_all_delivered(store: &MemoryStore) -> anyhow::Result<bool> {
    for receiver in (1..=PARTITIONS).filter_map(PartitionId::new) {
        for sender in (1..=PARTITIONS).filter_map(PartitionId::new) {
            if !store.outbox(receiver, sender, None, 1).await?.is_empty() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

pub(crate) async fn all_delivered(world: &World) -> anyhow::Result<()> {
    until("an empty outbox", async || is_all_delivered(&world.store).await).await
}

/// Publishes a message as a client does that gets no answer: again, with the same id.
pub(crate) async fn publish_surely(
    world: &World,
    name: &str,
    key: &str,
    id: &SharedStr,
) -> anyhow::Result<()> {
    let message = PublishMessage { message_id: Some(id.clone()), ..message(name, key, 600, "{}")? };
    loop {
        match world.handle().publish_message(message.clone()).await {
            Err(Error::Unavailable(_)) => {}
            Err(Error::Rejected(Rejection::AlreadyExists { .. })) => return Ok(()),
            other => return Ok(other.map(drop)?),
        }
    }
}

/// Ends the runtime as `kill -9` would, and starts another one on the same rows.
pub(crate) async fn replace(world: &mut World) -> anyhow::Result<()> {
    let (store, clock, workers) =
        (Arc::clone(&world.store), Arc::clone(&world.clock), Arc::clone(&world.workers));
    let next = {
        // The runtime is taken out by putting an idle one of another store in its place.
        let idle = World::start().await?;
        let old = std::mem::replace(world, idle);
        old.runtime.abort().await;
        World::start_on(store, clock, workers, config()).await?
    };
    let idle = std::mem::replace(world, next);
    idle.runtime.shut_down().await;
    Ok(())
}
