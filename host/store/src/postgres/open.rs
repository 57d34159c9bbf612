//! Opens a database.

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, PgConnection};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::leases::Leases;
use super::migrate::{check, is_known, migrate};
use super::session::{Session, Sessions};
use super::writers::{self, Request};
use crate::Error;

/// Most writers: more would take apart what group commit joins.
const WRITERS_MAX: u32 = 4;
/// Connections for deployments, components, secrets.
const SERVICE_CONNECTIONS: u32 = 2;
/// Connections for claims and renewals.
const LEASE_CONNECTIONS: u32 = 2;
/// The shortest lease: it is renewed three times in it.
const LEASE_MIN: Duration = Duration::from_millis(100);

/// How much a store may take, and how it shares the database with others.
#[derive(Clone, Debug)]
pub struct Options {
    /// Transactions that write at the same time, 1 to 4. Each takes all commits that wait for it; a partition stays with one.
    /// One is best until its connection is busy all the time.
    pub writers: u32,
    /// Connections that search at the same time.
    pub readers: u32,
    /// Connections for the partition loops and the job dispatcher, which never wait for a search.
    pub loop_readers: u32,
    /// How long a search may take.
    pub search_time_max: Duration,
    /// How long a partition stays this node's without a sign of life. Renewed every third of it.
    /// A node that fails is replaced after this time at the latest; one that is slower than this loses its partitions.
    pub lease: Duration,
    /// The name of the node, if it has a lasting one: a node takes what an earlier process of the same name held without waiting
    /// for its lease. Two processes with one name at the same time take the partitions from each other.
    /// Without a slash.
    pub node: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            writers: 1,
            readers: 4,
            loop_readers: 4,
            search_time_max: Duration::from_secs(10),
            lease: Duration::from_secs(10),
            node: None,
        }
    }
}

/// A store in a PostgreSQL database, which other nodes may use too.
///
/// A store writes only for partitions that it has taken with [`claim`](crate::Store::claim). It keeps them until it is closed,
/// unless it fails to renew its lease in time and another node takes them; then every call that writes for them fails with
/// [`Error::LeaseLost`], and nothing of it is written.
///
/// Dropping the store leaves its partitions to run out; [`close`](Self::close) lets go of them.
#[derive(Debug)]
pub struct PostgresStore {
    /// For searches, and whatever else callers ask to see.
    pub(super) readers: Sessions,
    /// For the partition loops.
    pub(super) loop_readers: Sessions,
    /// For whatever is written and is not a partition's commit.
    pub(super) service: Sessions,
    pub(super) leases: Arc<Leases>,
    pub(super) search_time_max: Duration,
    /// Empty once the store is closed.
    writers: std::sync::RwLock<Vec<mpsc::Sender<Request>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    keeper: JoinHandle<()>,
}

impl PostgresStore {
    /// Opens the database and brings its schema up to date. Has to be called in a Tokio runtime, which the store goes on using.
    ///
    /// `url` is `postgres://user:password@host:port/database`, with the parameters that libpq and sqlx know, such as `sslmode`,
    /// `host` (the folder of a Unix socket) and `options[search_path]`. The tables are in the first schema of the search path.
    /// The database has the encoding UTF-8 and no tables of another program in this schema; the user may create tables in it.
    /// It must be the server itself or a pool that keeps sessions: statements stay prepared.
    ///
    /// # Errors
    /// - [`Error::Connect`]: the URL is wrong, nobody answers there, the user is refused, or the database does not serve.
    /// - [`Error::NewerSchema`]: a newer release has written to it.
    /// - [`Error::Damaged`]: the tables in it are not ours.
    /// - [`Error::Unavailable`]: the connection was lost on the way.
    pub async fn connect(url: &str, options: Options) -> Result<Self, Error> {
        let session = Session::parse(url)?;
        let first = session.connect_first().await?;
        Self::open(session, first, options).await
    }

    /// The same for a database in which a host has kept something. In any other nothing is created, and there is no store.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn connect_existing(url: &str, options: Options) -> Result<Option<Self>, Error> {
        let session = Session::parse(url)?;
        let mut first = session.connect_first().await?;
        if !is_known(&mut first).await? {
            first.close().await?;
            return Ok(None);
        }
        Self::open(session, first, options).await.map(Some)
    }

    async fn open(mut session: Session, mut first: PgConnection, options: Options) -> Result<Self, Error> {
        let server = check(&mut first, &session.database()).await?;
        migrate(&mut first).await?;
        let owner = owner(&mut first, options.node.as_deref()).await?;
        first.close().await?;

        if !server.is_synchronous {
            session = session.synchronous();
        }
        let leases = Sessions::new(session.clone(), LEASE_CONNECTIONS);
        let leases = Arc::new(Leases::new(owner, options.lease.max(LEASE_MIN), leases));
        let lasting = session.clone().with_lasting_plans();
        let (writers, tasks) = (0..options.writers.clamp(1, WRITERS_MAX))
            .map(|_| writers::spawn(lasting.clone(), Arc::clone(&leases)))
            .unzip();
        let keeper = tokio::spawn({
            let leases = Arc::clone(&leases);
            async move { leases.keep().await }
        });
        Ok(Self {
            service: Sessions::new(session.clone(), SERVICE_CONNECTIONS),
            readers: Sessions::new(session.for_searches(options.search_time_max), options.readers),
            loop_readers: Sessions::new(lasting, options.loop_readers),
            leases,
            search_time_max: options.search_time_max,
            writers: std::sync::RwLock::new(writers),
            tasks: Mutex::new(tasks),
            keeper,
        })
    }

    /// Waits for what is under way, lets go of the partitions, and closes the connections.
    /// Calls after this fail with [`Error::Unavailable`].
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the partitions could not be released. Others get them when the lease has run out.
    pub async fn close(&self) -> Result<(), Error> {
        self.keeper.abort();
        self.writers.write().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        for task in self.tasks.lock().await.drain(..) {
            // A writer ends by itself when nobody can send to it any longer.
            let _ = task.await;
        }
        let released = self.leases.release().await;
        self.readers.close().await?;
        self.loop_readers.close().await?;
        self.service.close().await?;
        self.leases.connections.close().await?;
        released
    }

    /// The inbox of the writer that a partition stays with.
    pub(super) fn writer(&self, partition: types::PartitionId) -> Option<mpsc::Sender<Request>> {
        let writers = self.writers.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let count = writers.len().max(1);
        writers.get(usize::from(partition.get()) % count).cloned()
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// Tells this process apart from all others, also from earlier ones of the same name. The database gives the random part.
async fn owner(connection: &mut PgConnection, node: Option<&str>) -> Result<String, Error> {
    let id: String = sqlx::query_scalar("SELECT gen_random_uuid()::text").fetch_one(connection).await?;
    let name = node.map(|name| name.replace('/', "-"));
    Ok(format!("{}/{id}", name.as_deref().unwrap_or(&id)))
}
