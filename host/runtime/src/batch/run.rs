//! The task that carries out batch operations.

use std::time::Duration;

use store::search::{BatchOperationField, Condition, Operand, Operator, Order, PageRequest, Search};
use store::{BatchOperation, BatchState};
use tokio::time::Instant;

use super::slice;
use super::surroundings::Surroundings;
use crate::error::Error;

/// How long after a fault it is tried again at first; each further fault doubles it.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// How long after a fault it is tried again at the latest.
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(60);

/// Operations that take turns; others wait for the end of one.
const OPERATIONS_AT_ONCE: u32 = 16;

/// Starts the task; it ends with the host.
pub(crate) fn spawn(surroundings: Surroundings) {
    let mut shutdown = surroundings.shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = run(&surroundings) => {}
            _ = shutdown.wait_for(|ending| *ending) => {}
        }
    });
}

async fn run(surroundings: &Surroundings) {
    let mut faults = 0;
    loop {
        surroundings.suspension.ended().await;
        match round(surroundings).await {
            Ok(true) => faults = 0,
            Ok(false) => surroundings.bell.notified().await,
            Err(Error::ShuttingDown) => return,
            Err(error) => {
                let pause = AGAIN_AFTER.saturating_mul(1 << faults.min(10)).min(AGAIN_AFTER_MAX);
                tracing::warn!(%error, ?pause, "batch operations do not get on; trying again");
                faults += 1;
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// A few instances of each operation. False when there is nothing to do.
async fn round(surroundings: &Surroundings) -> Result<bool, Error> {
    let active = Operator::Eq(Operand::Text(BatchState::Active.name().to_owned()));
    let search = Search {
        conditions: vec![Condition::Field(BatchOperationField::State, active)],
        sort: vec![(BatchOperationField::BatchOperationKey, Order::Ascending)],
        page: PageRequest { limit: OPERATIONS_AT_ONCE, ..PageRequest::default() },
    };
    let operations = surroundings.store.search_batch_operations(&search).await?.items;
    for operation in &operations {
        let begun = Instant::now();
        step(surroundings, operation).await?;
        // Half of the time belongs to others.
        tokio::time::sleep(begun.elapsed()).await;
    }
    Ok(!operations.is_empty())
}

/// A few instances of one operation.
async fn step(surroundings: &Surroundings, operation: &BatchOperation) -> Result<(), Error> {
    let store = &surroundings.store;
    match slice::next(surroundings, operation).await {
        Ok(Some(progress)) => store.advance_batch_operation(operation.key, progress).await?,
        Ok(None) => {
            let end = match operation.progress.failed {
                0 => BatchState::Completed,
                _ => BatchState::PartiallyCompleted,
            };
            let now = surroundings.clock.now();
            store.change_batch_operation(operation.key, BatchState::Active, end, now).await?;
        }
        Err(Error::Damaged(reason)) => {
            tracing::error!(operation = %operation.key, %reason, "a batch operation cannot be read; it is held");
            let (from, to) = (BatchState::Active, BatchState::Suspended);
            store.change_batch_operation(operation.key, from, to, surroundings.clock.now()).await?;
        }
        Err(error) => return Err(error),
    }
    Ok(())
}
