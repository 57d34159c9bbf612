//! Running jobs in components of this host.
//!
//! Jobs come from commits, as long as there is room, and from the rows otherwise: what does not fit is not kept,
//! it is found again. A job is in hand from the moment it is taken until the answer to its attempt is durable,
//! so that it is never taken twice. It takes a place as long as its component is at work, and none while that is made ready.
//! A job that ends while it waits here is withdrawn.

mod attempt;
mod queues;
mod readiness;
mod refill;
mod turns;

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use store::Store;
use tokio::sync::{Notify, watch};
use types::{JobKey, PartitionId, SharedStr, TenantId};

use crate::arrivals::Arrivals;
use crate::clock::Clock;
use crate::executor::{JobExecutor, JobWorker};
use crate::figures::RuntimeFigures;
use crate::inbox::{DescribedJob, Inboxes};
use crate::suspension::Suspension;
use attempt::Attempt;
use queues::{Line, Look, Queues, TypeKey};
use turns::Share;

/// Offers jobs to the components of this host. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    inner: Arc<Inner>,
}

struct Inner {
    executor: Arc<dyn JobExecutor>,
    suspension: Arc<Suspension>,
    queues: Mutex<Queues>,
    /// Rings when a job may be taken.
    ready: Notify,
    /// Rings when there may be something to look for in the rows.
    look: Notify,
}

/// What the dispatcher works with.
pub(crate) struct Surroundings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inboxes: Inboxes,
    pub(crate) arrivals: Arc<Arrivals>,
    /// First part of every idempotency key.
    pub(crate) installation: Arc<str>,
    pub(crate) shutdown: watch::Receiver<bool>,
}

impl Dispatcher {
    /// `places` jobs run at the same time at most, those of tenants by their weights, and none while the host is suspended.
    pub(crate) fn new(
        executor: Arc<dyn JobExecutor>,
        suspension: Arc<Suspension>,
        places: usize,
        weights: BTreeMap<TenantId, NonZeroU16>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                executor,
                suspension,
                queues: Mutex::new(Queues::new(places, weights)),
                ready: Notify::new(),
                look: Notify::new(),
            }),
        }
    }

    /// The component of this host that takes jobs of this type at the moment.
    pub(crate) fn worker_for(&self, tenant: &TenantId, job_type: &str) -> Option<Arc<dyn JobWorker>> {
        self.inner.executor.worker_for(tenant, job_type)
    }

    /// What a commit has led to: jobs that wait for a component now, and jobs that wait no longer.
    pub(crate) fn committed(&self, waiting: Vec<DescribedJob>, gone: Vec<JobKey>) {
        if (waiting.is_empty() && gone.is_empty()) || self.is_suspended() {
            return;
        }
        let shares = self.shares(waiting.iter().map(|job| (&job.tenant, &job.description.job.job_type)));
        let mut queues = self.lock();
        for (job_type, share) in shares {
            queues.assign(&job_type, share);
        }
        for key in gone {
            queues.withdraw(key);
        }
        for job in waiting {
            queues.offer(job);
        }
        self.ring(&queues);
    }

    /// The rows of a partition may hold jobs of a type that nobody has offered.
    pub(crate) fn look_for(&self, partition: PartitionId, tenant: &TenantId, job_type: &SharedStr) {
        if self.is_suspended() {
            return;
        }
        let mut queues = self.lock();
        queues.look_for(Line { partition, job_type: (tenant.clone(), job_type.clone()) });
        self.ring(&queues);
    }

    /// Whether jobs of a partition wait in the rows for want of room in memory.
    pub(crate) fn is_behind(&self, partition: PartitionId) -> bool {
        self.lock().is_behind(partition)
    }

    /// The rows of these partitions may hold jobs of any type that nobody has offered.
    pub(crate) fn look_for_jobs(&self, partitions: impl IntoIterator<Item = PartitionId>) {
        if self.is_suspended() {
            return;
        }
        let job_types = self.inner.executor.job_types();
        let shares = self.shares(job_types.iter().map(|(tenant, job_type)| (tenant, job_type)));
        let mut queues = self.lock();
        for (job_type, share) in shares {
            queues.assign(&job_type, share);
        }
        for partition in partitions {
            for job_type in &job_types {
                queues.look_for(Line { partition, job_type: job_type.clone() });
            }
        }
        self.ring(&queues);
    }

    /// The rows of these partitions may hold jobs of some types of a tenant that nobody has offered.
    pub(crate) fn look_for_types(
        &self,
        partitions: impl IntoIterator<Item = PartitionId>,
        tenant: &TenantId,
        job_types: &[SharedStr],
    ) {
        if self.is_suspended() {
            return;
        }
        // Jobs of a type that no component serves any more are left to others when their turns come.
        let shares = self.shares(job_types.iter().map(|job_type| (tenant, job_type)));
        let mut queues = self.lock();
        for partition in partitions {
            for (job_type, _) in &shares {
                queues.look_for(Line { partition, job_type: job_type.clone() });
            }
        }
        for (job_type, share) in shares {
            queues.assign(&job_type, share);
        }
        self.ring(&queues);
    }

    /// Tells what waits and what runs at this moment.
    pub(crate) fn tell(&self, figures: &mut RuntimeFigures) {
        let queues = self.lock();
        figures.queued = queues.waiting();
        figures.places = queues.places();
        figures.places_taken = queues.places_taken();
        figures.partitions_behind = queues.partitions_behind();
    }

    /// The components of some job types. Jobs of one commit are mostly of few types, one after the other.
    fn shares<'t>(
        &self,
        job_types: impl Iterator<Item = (&'t TenantId, &'t SharedStr)>,
    ) -> Vec<(TypeKey, Share)> {
        let (mut shares, mut last) = (Vec::new(), None);
        // Before anything else is asked: what changes meanwhile has a higher one.
        let generation = self.inner.executor.generation();
        for (tenant, job_type) in job_types {
            if last.replace((tenant, job_type)) == Some((tenant, job_type)) {
                continue;
            }
            if let Some(worker) = self.worker_for(tenant, job_type) {
                let (component, concurrency) = (worker.component(), worker.concurrency());
                let share = Share { component, concurrency, generation };
                shares.push(((tenant.clone(), job_type.clone()), share));
            }
        }
        shares
    }

    /// What components are granted has changed.
    pub(crate) fn shares_changed(&self) {
        let job_types = self.inner.executor.job_types();
        let shares = self.shares(job_types.iter().map(|(tenant, job_type)| (tenant, job_type)));
        let mut queues = self.lock();
        for (job_type, share) in shares {
            queues.assign(&job_type, share);
        }
        self.ring(&queues);
    }

    /// What is missed meanwhile is in the rows for the look that follows the end of the suspension.
    fn is_suspended(&self) -> bool {
        self.inner.suspension.holds()
    }

    /// Starts the tasks; they end with the host.
    pub(crate) fn spawn(self, surroundings: Surroundings) {
        let surroundings = Arc::new(surroundings);
        let shutdown = surroundings.shutdown.clone();
        let look = refill::look_for_jobs(self.clone(), Arc::clone(&surroundings));
        tokio::spawn(until_shutdown(shutdown.clone(), look));
        tokio::spawn(until_shutdown(shutdown, run_jobs(self, surroundings)));
    }

    async fn next_job(&self) -> DescribedJob {
        loop {
            let ready = self.inner.ready.notified();
            {
                let mut queues = self.lock();
                let job = queues.take();
                if queues.wants_look() {
                    self.inner.look.notify_one();
                }
                if let Some(job) = job {
                    return job;
                }
            }
            ready.await;
        }
    }

    /// The job's component is made ready: others may have the job's place.
    fn prepares(&self, key: JobKey, bytes: usize) {
        let mut queues = self.lock();
        queues.prepares(key, bytes);
        self.ring(&queues);
    }

    /// Returns when the job, whose component is ready, has a place.
    async fn place(&self, key: JobKey) -> Option<()> {
        let rings = {
            let mut queues = self.lock();
            let rings = queues.prepared(key);
            // Another job of its component may be made ready now.
            self.ring(&queues);
            rings
        };
        rings.await.ok()
    }

    /// The job's component is no longer at work; its answer of so many bytes is still to be written.
    fn answered(&self, key: JobKey, bytes: usize) {
        let mut queues = self.lock();
        queues.answered(key, bytes);
        self.ring(&queues);
    }

    /// The job is no longer in hand: its attempt is answered for.
    fn let_go(&self, key: JobKey, line: &Line, look_again: bool) {
        let mut queues = self.lock();
        queues.let_go(key, line);
        if look_again {
            queues.look_for(line.clone());
        }
        // Its component may have been at its limit.
        self.ring(&queues);
    }

    /// Wakes whoever may have something to do now.
    fn ring(&self, queues: &Queues) {
        if queues.has_jobs() {
            self.inner.ready.notify_one();
        }
        if queues.wants_look() {
            self.inner.look.notify_one();
        }
    }

    fn next_look(&self) -> Option<Look> {
        self.lock().next_look()
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.inner.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn until_shutdown(mut shutdown: watch::Receiver<bool>, task: impl Future<Output = ()>) {
    tokio::select! {
        biased;
        _ = shutdown.wait_for(|ending| *ending) => {}
        () = task => {}
    }
}

async fn run_jobs(dispatcher: Dispatcher, surroundings: Arc<Surroundings>) {
    loop {
        let job = dispatcher.next_job().await;
        let line = Line::of(&job);
        let attempt = Attempt {
            inbox: surroundings.inboxes.of(line.partition).clone(),
            surroundings: Arc::clone(&surroundings),
            dispatcher: dispatcher.clone(),
            line,
        };
        tokio::spawn(attempt.run(job));
    }
}
