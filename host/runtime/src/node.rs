//! A node: the partitions of this host, from their start to their end.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use store::{INSTALLATION_ID, Store};
use tokio::sync::watch;
use tokio::task::JoinSet;
use types::{PartitionId, TenantId};

use crate::batch;
use crate::clock::Clock;
use crate::decisions::DecisionCache;
use crate::definitions::DefinitionCache;
use crate::dispatch::{Dispatcher, Surroundings};
use crate::error::Error;
use crate::executor::JobExecutor;
use crate::figures::Figures;
use crate::handle::Handle;
use crate::inbox::Inboxes;
use crate::partition::{Partition, Shared};
use crate::retention::{self, Retention};
use crate::secrets::SecretTokens;
use crate::suspension::Suspension;
use crate::withheld::Withheld;

/// How soon, and how late, to ask again for a partition that another host works on.
const CLAIM_AGAIN_MIN: Duration = Duration::from_millis(50);
const CLAIM_AGAIN_MAX: Duration = Duration::from_secs(1);

/// The value of the installation that is the number of its partitions.
const PARTITIONS: &str = "partitions";

/// Settings of the runtime.
#[derive(Clone, Debug)]
pub struct Config {
    /// Partitions of a new database. One that exists keeps the number that it was made with.
    pub partitions: NonZeroU16,
    /// Commands that may wait for the partitions; more are refused as overload.
    pub inbox_commands_max: usize,
    /// Jobs that run in components at the same time at most.
    pub concurrent_jobs_max: usize,
    /// How many jobs tenants get in proportion to each other; one that is not named has weight 1.
    pub tenant_weights: BTreeMap<TenantId, NonZeroU16>,
    /// How long instances are kept after their end.
    pub retention: Retention,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            partitions: NonZeroU16::MIN,
            inbox_commands_max: 2_000,
            concurrent_jobs_max: 64,
            tenant_weights: BTreeMap::new(),
            retention: Retention::default(),
        }
    }
}

/// A running runtime.
pub struct Runtime {
    /// The way to ask it.
    pub handle: Handle,
    partitions: JoinSet<()>,
    shutdown: watch::Sender<bool>,
}

/// An id for an installation, at random: 32 hexadecimal digits.
///
/// # Errors
/// The system gives no random numbers.
pub fn new_installation_id() -> Result<String, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(format!("{:032x}", u128::from_le_bytes(random)))
}

impl Runtime {
    /// Starts on what is in the store: takes up running jobs, paused instances and timers.
    /// On a store that was restored it does nothing by itself before [`Handle::resume`].
    ///
    /// # Errors
    /// The store does not answer, or what it holds makes no sense.
    pub async fn start(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        executor: Arc<dyn JobExecutor>,
        secrets: Arc<dyn SecretTokens>,
        config: Config,
    ) -> Result<Self, Error> {
        Self::claim(&*store).await?;
        let no_random = |error: getrandom::Error| Error::Damaged(error.to_string());
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(no_random)?;
        let random = u64::from_le_bytes(random);
        let installation_if_new = new_installation_id().map_err(no_random)?;
        let installation = store.installation_value(INSTALLATION_ID, &installation_if_new).await?;
        let suspension = Arc::new(Suspension::new(store.restored_at().await?.is_some()));
        let count = partitions(&*store, config.partitions).await?;
        if count != config.partitions {
            tracing::info!(partitions = count, "the database keeps the partitions that it was made with");
        }
        let figures = Arc::new(Figures::new(clock.now()));
        let (inboxes, letters) = Inboxes::new(count, config.inbox_commands_max, &figures);
        let (shutdown, ending) = watch::channel(false);
        let (places, weights) = (config.concurrent_jobs_max, config.tenant_weights);
        let dispatcher = Dispatcher::new(executor, Arc::clone(&suspension), places, weights);
        let shared = Arc::new(Shared {
            inboxes: inboxes.clone(),
            definitions: Arc::new(DefinitionCache::new(Arc::clone(&store), secrets)),
            clock,
            dispatcher: dispatcher.clone(),
            arrivals: Arc::default(),
            suspension: Arc::clone(&suspension),
            shutdown: ending.clone(),
            decisions: DecisionCache::new(Arc::clone(&store)),
            withheld: Withheld::new(store.held_definitions().await?),
            batch_bell: Arc::default(),
            figures,
            store,
        });
        // All of them before anything is done in one: whoever has only some must not hold those up for others.
        for id in inboxes.partitions() {
            claim(&*shared.store, id).await?;
        }
        let mut opened = Vec::with_capacity(letters.len());
        let share = letters.len();
        for (id, letters) in letters {
            let seed = random ^ u64::from(id.get()).rotate_right(16);
            let mut partition = Partition::open(id, share, Arc::clone(&shared), letters, seed).await?;
            partition.recover().await?;
            opened.push(partition);
        }
        let mut partitions = JoinSet::new();
        for partition in opened {
            partitions.spawn(partition.run());
        }
        partitions.spawn(taken_away(Arc::clone(&shared.store), ending.clone()));
        let keeping = retention::Surroundings {
            store: Arc::clone(&shared.store),
            clock: Arc::clone(&shared.clock),
            inboxes: inboxes.clone(),
            dispatcher: dispatcher.clone(),
            suspension,
            shutdown: ending.clone(),
        };
        retention::spawn(config.retention, keeping);
        batch::spawn(batch::Surroundings {
            store: Arc::clone(&shared.store),
            clock: Arc::clone(&shared.clock),
            inboxes: inboxes.clone(),
            suspension: Arc::clone(&shared.suspension),
            bell: Arc::clone(&shared.batch_bell),
            shutdown: ending.clone(),
        });
        dispatcher.spawn(Surroundings {
            store: Arc::clone(&shared.store),
            clock: Arc::clone(&shared.clock),
            inboxes: inboxes.clone(),
            arrivals: Arc::clone(&shared.arrivals),
            installation,
            shutdown: ending,
        });
        let handle = Handle { inboxes, shared };
        Ok(Self { handle, partitions, shutdown })
    }

    /// Makes the state in a store this host's. While another host works on it this one waits, and takes over when that one
    /// is gone. [`start`](Self::start) does it too; whoever reads what other hosts may change has to do it before.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn claim(store: &dyn Store) -> Result<(), Error> {
        // Whoever has the first has the others, or will as soon as their last owner's leases have run out.
        claim(store, PartitionId::FIRST).await
    }

    /// Makes the state in a store this process's if nobody works on it, and does not wait.
    ///
    /// # Errors
    /// [`store::Error::PartitionOwned`]: a host works on it, or did until a moment ago.
    pub async fn claim_now(store: &dyn Store) -> Result<(), store::Error> {
        store.claim(PartitionId::FIRST).await?;
        // A database in which no host has worked so far has got no partitions yet, and gets none here.
        let Some(stored) = store.stored_installation_value(PARTITIONS).await? else { return Ok(()) };
        let count = count(&stored)?;
        for id in (1..=count.get()).filter_map(PartitionId::new) {
            store.claim(id).await?;
        }
        Ok(())
    }

    /// Returns when a partition has stopped by itself, which it never should: its invariants are broken, or it is
    /// another host's now.
    pub async fn stopped(&mut self) {
        if let Some(Err(error)) = self.partitions.join_next().await {
            tracing::error!(%error, "a partition has stopped");
        }
    }

    /// Stops at once, wherever it is, as the end of the process would. For tests of what comes after.
    pub async fn abort(mut self) {
        self.partitions.abort_all();
        let _ = self.shutdown.send(true);
        while self.partitions.join_next().await.is_some() {}
    }

    /// Ends the runtime after the commits at work. Jobs that run are taken up at the next start.
    pub async fn shut_down(mut self) {
        let _ = self.shutdown.send(true);
        while self.partitions.join_next().await.is_some() {}
    }
}

/// Returns when a partition is another host's now, also when this one has nothing to write, or when the host ends.
async fn taken_away(store: Arc<dyn Store>, mut shutdown: watch::Receiver<bool>) {
    tokio::select! {
        () = store.partition_lost() => tracing::error!("another host has taken over; this one ends its work"),
        _ = shutdown.wait_for(|ending| *ending) => {}
    }
}

/// How many partitions the state in a store has: `if_new` when it has none yet.
async fn partitions(store: &dyn Store, if_new: NonZeroU16) -> Result<NonZeroU16, store::Error> {
    count(&store.installation_value(PARTITIONS, &if_new.to_string()).await?)
}

fn count(stored: &str) -> Result<NonZeroU16, store::Error> {
    let count: Option<NonZeroU16> = stored.parse().ok();
    let count = count.filter(|count| PartitionId::new(count.get()).is_some());
    count.ok_or_else(|| store::Error::Damaged(format!("it says that it has `{stored}` partitions")))
}

/// Makes a partition this host's, waiting as long as another host works on it.
async fn claim(store: &dyn Store, partition: PartitionId) -> Result<(), Error> {
    loop {
        match store.claim(partition).await {
            Err(store::Error::PartitionOwned { owner, remaining, .. }) => {
                let partition = partition.get();
                tracing::info!(
                    %owner,
                    partition,
                    ?remaining,
                    "another host is at work on this database; waiting for its end"
                );
                tokio::time::sleep(remaining.clamp(CLAIM_AGAIN_MIN, CLAIM_AGAIN_MAX)).await;
            }
            claimed => return Ok(claimed?),
        }
    }
}
