//! Which partitions are this node's.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use types::PartitionId;

use super::session::Sessions;
use crate::Error;
use crate::sql::Statement;

/// How often a claim is tried that neither succeeds nor finds an owner: it was released in between.
const CLAIMS_MAX: usize = 3;

/// Takes a partition that nobody holds, whose lease has run out, or that an earlier process of this node held.
/// The clock is the database's, and not that of the transaction's beginning: it may have waited for a commit.
const CLAIM: &str = "INSERT INTO partition (id, next_key_counter, epoch, owner, lease_until) \
     VALUES ($1, 1, 1, $2, clock_timestamp() + $3 * interval '1 ms') \
     ON CONFLICT (id) DO UPDATE SET epoch = partition.epoch + 1, owner = excluded.owner, \
     lease_until = excluded.lease_until \
     WHERE partition.owner IS NULL OR partition.lease_until <= clock_timestamp() \
     OR split_part(partition.owner, '/', 1) = split_part(excluded.owner, '/', 1) \
     RETURNING epoch";

const OWNER: &str = "SELECT owner, \
     greatest(0, extract(epoch FROM lease_until - clock_timestamp()) * 1000)::bigint \
     FROM partition WHERE id = $1 AND owner IS NOT NULL";

const RENEW: &str = "UPDATE partition SET lease_until = clock_timestamp() + $3 * interval '1 ms' \
     WHERE id = $1 AND owner = $2 RETURNING epoch";

/// Makes sure that what was begun with an older epoch is either done or will never be: it waits for the row of a transaction
/// that has got that far, and one that has not finds another epoch.
const SETTLE: &str = "UPDATE partition SET epoch = epoch + 1, lease_until = clock_timestamp() + $3 * interval '1 ms' \
     WHERE id = $1 AND owner = $2 RETURNING epoch";

const RELEASE: &str =
    "UPDATE partition SET owner = NULL, lease_until = NULL WHERE id = $1 AND owner = $2 RETURNING epoch";

/// The partitions of this node.
#[derive(Debug)]
pub(super) struct Leases {
    /// Name and random id of this process.
    owner: String,
    duration: Duration,
    /// For nothing else: a lease must not run out because something long is written.
    pub(super) connections: Sessions,
    held: Mutex<BTreeMap<PartitionId, Held>>,
    /// Turns true when another node has taken a partition.
    taken: watch::Sender<bool>,
    /// One at a time: the later epoch is the one that counts.
    settling: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    epoch: i64,
    /// Whether it is certain what has become of everything that was begun with an older epoch.
    is_settled: bool,
}

impl Leases {
    pub(super) fn new(owner: String, duration: Duration, connections: Sessions) -> Self {
        Self {
            owner,
            duration,
            connections,
            held: Mutex::default(),
            taken: watch::Sender::new(false),
            settling: tokio::sync::Mutex::default(),
        }
    }

    /// Takes a partition.
    pub(super) async fn claim(&self, partition: PartitionId) -> Result<(), Error> {
        let _settling = self.settling.lock().await;
        for _ in 0..CLAIMS_MAX {
            let claim = self.statement(CLAIM, partition);
            if let Some(epoch) = self.connections.optional(&claim, |columns| columns.integer()).await? {
                self.held().insert(partition, Held { epoch, is_settled: true });
                return Ok(());
            }
            let owner = Statement::new(OWNER).with(|values| values.integer(partition.get()));
            let owner = self
                .connections
                .optional(&owner, |columns| Ok((columns.string()?, columns.number::<u64>()?)))
                .await?;
            if let Some((owner, remaining_ms)) = owner {
                let remaining = Duration::from_millis(remaining_ms);
                return Err(Error::PartitionOwned { partition, owner, remaining });
            }
        }
        Err(Error::LeaseLost { partition })
    }

    /// The epoch that a commit has to find.
    ///
    /// # Errors
    /// - [`Error::LeaseLost`]: the partition is not this node's.
    /// - [`Error::Unavailable`]: what has become of an earlier commit cannot be found out now.
    pub(super) async fn epoch(&self, partition: PartitionId) -> Result<i64, Error> {
        let held = self.held().get(&partition).copied();
        match held {
            None => Err(Error::LeaseLost { partition }),
            Some(Held { epoch, is_settled: true }) => Ok(epoch),
            Some(_) => self.settle(partition).await,
        }
    }

    /// Returns when it is certain what has become of every commit of the partition.
    pub(super) async fn settled(&self, partition: PartitionId) -> Result<(), Error> {
        let held = self.held().get(&partition).copied();
        match held {
            Some(Held { is_settled: false, .. }) => self.settle(partition).await.map(|_| ()),
            _ => Ok(()),
        }
    }

    /// The answer to a commit of the partition was lost.
    pub(super) fn unsettle(&self, partition: PartitionId) {
        if let Some(held) = self.held().get_mut(&partition) {
            held.is_settled = false;
        }
    }

    async fn settle(&self, partition: PartitionId) -> Result<i64, Error> {
        let _settling = self.settling.lock().await;
        let held = self.held().get(&partition).copied();
        let held = match held {
            None => return Err(Error::LeaseLost { partition }),
            Some(Held { epoch, is_settled: true }) => return Ok(epoch),
            Some(held) => held,
        };
        let settle = self.statement(SETTLE, partition);
        match self.connections.optional(&settle, |columns| columns.integer()).await? {
            Some(epoch) => {
                self.held().insert(partition, Held { epoch, is_settled: true });
                Ok(epoch)
            }
            None => Err(self.lost(partition, held.epoch)),
        }
    }

    /// Whether what was begun with `epoch` may still be written.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: what it rests on is in doubt, or the epoch has moved on since. [`Error::LeaseLost`]
    pub(super) fn check(&self, partition: PartitionId, epoch: i64) -> Result<(), Error> {
        match self.held().get(&partition) {
            None => Err(Error::LeaseLost { partition }),
            Some(held) if held.is_settled && held.epoch == epoch => Ok(()),
            Some(_) => Err(moved_on()),
        }
    }

    /// The partition does not have `epoch` any more.
    pub(super) fn lost(&self, partition: PartitionId, epoch: i64) -> Error {
        let mut held = self.held();
        match held.get(&partition) {
            // This node itself has moved it on.
            Some(held) if held.epoch != epoch => return moved_on(),
            Some(_) => {
                held.remove(&partition);
                tracing::error!(partition = partition.get(), "another node has taken the partition");
                self.taken.send_replace(true);
            }
            None => {}
        }
        Error::LeaseLost { partition }
    }

    /// Returns when another node has taken a partition of this node's.
    pub(super) async fn some_taken(&self) {
        let _ = self.taken.subscribe().wait_for(|taken| *taken).await;
    }

    /// Renews the leases again and again, each in a transaction of its own: a commit may lock several of these rows, in any
    /// order.
    pub(super) async fn keep(&self) {
        loop {
            tokio::time::sleep(self.duration / 3).await;
            for (partition, epoch) in self.partitions() {
                let renew = self.statement(RENEW, partition);
                match self.connections.optional(&renew, |columns| columns.integer()).await {
                    Ok(Some(_)) => {}
                    Ok(None) => drop(self.lost(partition, epoch)),
                    // What the lease was for goes on as long as nobody else takes the partition.
                    Err(error) => {
                        tracing::warn!(partition = partition.get(), %error, "the lease was not renewed");
                    }
                }
            }
        }
    }

    /// Lets go of all partitions, so that other nodes need not wait.
    pub(super) async fn release(&self) -> Result<(), Error> {
        for (partition, _) in self.partitions() {
            let release =
                Statement::new(RELEASE).with(|values| values.integer(partition.get()).text(&self.owner));
            self.connections.optional(&release, |columns| columns.integer()).await?;
            self.held().remove(&partition);
        }
        Ok(())
    }

    /// A statement about a partition, this process and the duration of a lease.
    fn statement(&self, text: &'static str, partition: PartitionId) -> Statement<'_> {
        let duration = u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX);
        Statement::new(text)
            .with(|values| values.integer(partition.get()).text(&self.owner).counter(duration))
    }

    /// Those of this node, and their epochs.
    pub(super) fn partitions(&self) -> Vec<(PartitionId, i64)> {
        self.held().iter().map(|(partition, held)| (*partition, held.epoch)).collect()
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<PartitionId, Held>> {
        // Nothing can panic between taking the lock and letting go of it.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn moved_on() -> Error {
    Error::Unavailable("an earlier commit of the partition was lost".into())
}
