//! What crosses instances, on PostgreSQL with several partitions, while connections are cut and hosts are killed.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use async_trait::async_trait;
use engine::{Event, Rejection, journal};
use fermata_runtime::{
    BroadcastSignal, Config, Error, Handle, JobExecutor, JobWorker, PublishMessage, Resource, Runtime,
    SecretTokens, StartInstance, SystemClock,
};
use harness::{Schema, Server};
use store::Store;
use store::postgres::{Options, PostgresStore};
use store::search::{PageRequest, PageStart, ProcessInstanceRecord, ProcessInstanceSearch};
use types::{Actor, MessageKey, PartitionId, ProcessInstanceKey, SharedStr, SignalKey, TenantId, Variables};

const MODEL: &str = include_str!("exchange.bpmn");

const PARTITIONS: u16 = 4;

/// Instances of each process in one story.
const INSTANCES: u16 = 4;

/// The story is told once for each of so many steps after which a host is killed.
const KILLS: u64 = 24;

/// The processes of a story.
const PROCESSES: [&str; 3] = ["waits", "listens", "calls"];

struct NoWorkers;

#[async_trait]
impl JobExecutor for NoWorkers {
    fn worker_for(&self, _: &TenantId, _: &str) -> Option<Arc<dyn JobWorker>> {
        None
    }

    fn job_types(&self) -> Vec<(TenantId, SharedStr)> {
        Vec::new()
    }
}

struct NoSecrets;

impl SecretTokens for NoSecrets {
    fn token(&self, name: &str) -> String {
        format!("token-of-{name}")
    }
}

/// A host, and the store that it works on.
struct Host {
    runtime: Runtime,
    store: Arc<PostgresStore>,
}

impl Host {
    async fn start(schema: &Schema) -> anyhow::Result<Self> {
        // The next host of this name takes over at once, as after `kill -9`.
        let options = Options { node: Some("host".to_owned()), ..Options::default() };
        let store = Arc::new(PostgresStore::connect(&schema.url(), options).await?);
        let config =
            Config { partitions: NonZeroU16::new(PARTITIONS).context("partitions")?, ..Config::default() };
        let runtime = Runtime::start(
            Arc::clone(&store) as _,
            Arc::new(SystemClock),
            Arc::new(NoWorkers),
            Arc::new(NoSecrets),
            config,
        )
        .await?;
        Ok(Self { runtime, store })
    }

    fn handle(&self) -> &Handle {
        &self.runtime.handle
    }
}

/// How often anything was written: partitions count their keys, and instances their rows in the journal.
async fn steps(db: &mut sqlx::PgConnection) -> anyhow::Result<i64> {
    let count = "SELECT (SELECT coalesce(max(position), 0) FROM journal)::bigint \
         + (SELECT coalesce(sum(next_key_counter), 0) FROM partition)::bigint - (SELECT count(*) FROM outbox)::bigint";
    Ok(sqlx::query_scalar(count).fetch_one(db).await?)
}

/// Returns when so many steps were seen.
async fn after_steps(schema: &Schema, count: u64) -> anyhow::Result<()> {
    let mut db = schema.connect().await?;
    let mut last = steps(&mut db).await?;
    let mut seen = 0;
    while seen < count {
        let now = steps(&mut db).await?;
        if now != last {
            (last, seen) = (now, seen + 1);
        }
    }
    Ok(())
}

/// Asks until there is an answer other than that the store does not take it.
async fn surely<T>(asked: impl AsyncFn() -> Result<T, Error>) -> anyhow::Result<Option<T>> {
    loop {
        match asked().await {
            Ok(answer) => return Ok(Some(answer)),
            Err(Error::Unavailable(_)) => tokio::task::yield_now().await,
            Err(Error::Rejected(Rejection::AlreadyExists { .. }) | Error::ShuttingDown) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Begins what the story is about; how far it comes when its host is killed is open. `round` tells stories apart.
async fn begin(handle: &Handle, round: u64) -> anyhow::Result<()> {
    for process in PROCESSES {
        let definition = handle.definition_by_id(&TenantId::default(), process, None).await?;
        let definition = definition.with_context(|| format!("process {process}"))?.key;
        for number in 0..INSTANCES {
            let variables = format!("{{\"order\": \"{round}-{number}\", \"called\": \"passes\"}}");
            let start = StartInstance {
                definition,
                tenant: TenantId::default(),
                variables: Variables::parse(&variables)?,
                business_id: None,
                tags: Vec::new(),
                start: Default::default(),
                ends_after: Vec::new(),
                actor: Actor::default(),
            };
            surely(async || handle.start_instance(start.clone()).await).await?;
        }
    }
    publish(handle, round).await
}

async fn publish(handle: &Handle, round: u64) -> anyhow::Result<()> {
    for number in 0..INSTANCES {
        let message = PublishMessage {
            name: "paid".into(),
            correlation_key: format!("{round}-{number}").into(),
            time_to_live: Duration::from_secs(3_600),
            message_id: Some("the one".into()),
            variables: Variables::new(),
            tenant: TenantId::default(),
        };
        surely(async || handle.publish_message(message.clone()).await).await?;
    }
    Ok(())
}

async fn broadcast(handle: &Handle) -> anyhow::Result<Option<SignalKey>> {
    let signal =
        BroadcastSignal { name: "go".into(), variables: Variables::new(), tenant: TenantId::default() };
    surely(async || handle.broadcast_signal(signal.clone()).await).await
}

async fn instances(store: &PostgresStore) -> anyhow::Result<Vec<ProcessInstanceRecord>> {
    let page = PageRequest { start: PageStart::From(0), limit: 10_000 };
    Ok(store.search_process_instances(&ProcessInstanceSearch { page, ..Default::default() }).await?.items)
}

/// Whether nothing is on its way.
async fn is_all_delivered(store: &PostgresStore) -> anyhow::Result<bool> {
    let partitions = || (1..=PARTITIONS).filter_map(PartitionId::new);
    for (receiver, sender) in
        partitions().flat_map(|receiver| partitions().map(move |sender| (receiver, sender)))
    {
        if !store.outbox(receiver, sender, None, 1).await?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the journal says: nobody has taken a message or a signal twice.
async fn check(store: &PostgresStore) -> anyhow::Result<()> {
    let (mut messages, mut signals) = (BTreeSet::<(MessageKey, SharedStr)>::new(), BTreeSet::new());
    let (mut taken, mut counts) =
        (BTreeMap::<ProcessInstanceKey, u32>::new(), BTreeMap::<SharedStr, u32>::new());
    for instance in instances(store).await? {
        *counts.entry(instance.bpmn_process_id.clone()).or_default() += 1;
        for row in store.journal(instance.key, None, 10_000).await? {
            for event in journal::decode(&row.entries)?.into_iter().flat_map(|entry| entry.events) {
                let Event::SubscriptionTriggered { key, message, signal } = event else { continue };
                *taken.entry(instance.key).or_default() += 1;
                if let Some(message) = message {
                    let is_new = messages.insert((message, instance.bpmn_process_id.clone()));
                    ensure!(is_new, "message {message} was taken twice");
                }
                if let Some(signal) = signal {
                    ensure!(signals.insert((signal, key)), "signal {signal} was taken twice by {key}");
                }
            }
        }
    }
    ensure!(taken.values().all(|count| *count == 1), "each waits for one thing: {taken:?}");
    ensure!(counts["passes"] == counts["calls"], "each call is made once: {counts:?}");
    ensure!(counts["waits"] >= u32::from(INSTANCES), "{counts:?}");
    Ok(())
}

async fn tell(schema: &Schema) -> anyhow::Result<()> {
    let mut host = Host::start(schema).await?;
    let resource = Resource { name: "exchange.bpmn".to_owned(), content: MODEL.into() };
    host.handle().deploy(TenantId::default(), Actor::default(), vec![resource]).await?;
    for round in 0..=KILLS {
        let cuts = round % 2 == 1;
        let chaos = async {
            after_steps(schema, round).await?;
            if cuts {
                schema.cut_connections().await?;
            }
            anyhow::Ok(())
        };
        let handle = host.handle().clone();
        let mut begun = std::pin::pin!(begin(&handle, round));
        let mut is_told = false;
        tokio::select! {
            told = &mut begun => {
                told?;
                is_told = true;
            }
            struck = chaos => struck?,
        }
        if round % 4 < 2 {
            // The host dies where it is.
            let Host { runtime, store } = host;
            runtime.abort().await;
            drop(store);
            host = Host::start(schema).await?;
        } else if !is_told {
            begun.await?;
        }
        // What was begun is brought to its end: who waits hears something.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            publish(host.handle(), round).await?;
            broadcast(host.handle()).await?;
            let active = instances(&host.store).await?;
            let active: Vec<_> = active.iter().filter(|instance| instance.ended_at.is_none()).collect();
            if active.is_empty() && is_all_delivered(&host.store).await? {
                break;
            }
            ensure!(tokio::time::Instant::now() < deadline, "round {round}: these never end: {active:?}");
            // One whose message another one has taken, because its start was told twice.
            for instance in active.iter().filter(|instance| *instance.bpmn_process_id == *"waits") {
                let rows = host.store.load_instance(instance.key).await?;
                let waits = rows.is_some_and(|rows| !rows.subscriptions.is_empty());
                if waits && is_all_delivered(&host.store).await? {
                    let _ = host.handle().cancel_instance(instance.key, Actor::default()).await;
                }
            }
        }
    }
    let cancelled = |instance: &ProcessInstanceRecord| instance.state.name() == "TERMINATED";
    let all = instances(&host.store).await?;
    let lost = all.iter().filter(|instance| cancelled(instance)).count();
    // A start whose answer was lost is told again: few of them, and no others, find their message gone.
    ensure!(lost <= usize::from(INSTANCES) * 4, "{lost} of {} were never told", all.len());
    check(&host.store).await?;
    host.runtime.shut_down().await;
    Ok(())
}

#[tokio::test]
async fn nothing_is_lost_or_done_twice_between_the_steps() -> anyhow::Result<()> {
    let Some(server) = Server::find() else { return Ok(()) };
    let schema = server.schema().await?;
    tell(&schema).await?;
    schema.remove().await?;
    Ok(())
}
