//! Connections and their settings.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection as _, PgConnection};

use super::error;
use crate::Error;
use crate::sql::{Connection, Connector, Pool, Statement};

/// How long to wait for a new connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a statement waits for a lock on a row. They are held for the time of a commit.
const LOCK_TIME_MAX: Duration = Duration::from_secs(10);
/// How long the database waits in a transaction for a client that says nothing.
const IDLE_IN_TRANSACTION_MAX: Duration = Duration::from_secs(10);
/// When a read is given up that is not answered: the network may have lost it.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);
/// How much longer the database goes on with a search than its caller waits for it.
const SEARCH_GRACE: Duration = Duration::from_secs(1);
/// Statements that stay prepared on each connection.
const STATEMENTS_CACHED: usize = 256;

/// Connections of one kind.
pub(super) type Sessions = Pool<Session>;

/// How connections of one kind are opened.
#[derive(Clone)]
pub(crate) struct Session {
    options: PgConnectOptions,
}

impl std::fmt::Debug for Session {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Session").field(&self.database()).finish()
    }
}

impl Session {
    /// The database that a URL names, and what holds for every connection.
    ///
    /// # Errors
    /// [`Error::Connect`]: it is no URL of a PostgreSQL database.
    pub(super) fn parse(url: &str) -> Result<Self, Error> {
        let refused = |reason: String| Error::Connect {
            database: "the given URL".to_owned(),
            reason: format!("{reason}; it looks like postgres://user:password@host:5432/database"),
        };
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(refused("it is no URL of a PostgreSQL database".to_owned()));
        }
        let mut options: PgConnectOptions = url.parse().map_err(|error| match error {
            sqlx::Error::Configuration(source) => refused(source.to_string()),
            error => refused(error.to_string()),
        })?;
        if options.get_application_name().is_none() {
            options = options.application_name("fermata");
        }
        let options =
            options.statement_cache_capacity(STATEMENTS_CACHED).disable_statement_logging().options([
                // Plans for statements of ours are made once, and none is worth compiling.
                ("jit", "off".to_owned()),
                // `ROLLBACK` without a transaction is how a connection of unknown state is made ready.
                ("client_min_messages", "error".to_owned()),
                ("lock_timeout", millis(LOCK_TIME_MAX)),
                ("idle_in_transaction_session_timeout", millis(IDLE_IN_TRANSACTION_MAX)),
            ]);
        Ok(Self { options })
    }

    /// Adds what holds for statements that are prepared once and executed for ever: commits, and reads of the partition loop.
    ///
    /// The first plan is made when the tables are empty, and then reading a whole table looks as good as its index; used on
    /// full tables it costs many times as much. A plan for each execution costs as much as small statements themselves.
    /// So there is one plan, and it may only do what is right for tables of any size: follow an index for each row.
    pub(super) fn with_lasting_plans(self) -> Self {
        let off = || "off".to_owned();
        let options = self.options.options([
            ("plan_cache_mode", "force_generic_plan".to_owned()),
            ("enable_seqscan", off()),
            ("enable_bitmapscan", off()),
            ("enable_hashjoin", off()),
            ("enable_mergejoin", off()),
            ("enable_material", off()),
            ("max_parallel_workers_per_gather", "0".to_owned()),
        ]);
        Self { options }
    }

    /// Adds what holds for searches.
    pub(super) fn for_searches(self, time_max: Duration) -> Self {
        Self { options: self.options.options([("statement_timeout", millis(time_max + SEARCH_GRACE))]) }
    }

    /// Makes commits durable where the server's settings do not.
    pub(super) fn synchronous(self) -> Self {
        Self { options: self.options.options([("synchronous_commit", "on")]) }
    }

    /// The database without user and password, for messages.
    pub(super) fn database(&self) -> String {
        let options = &self.options;
        let name = options.get_database().unwrap_or(options.get_username());
        match options.get_socket() {
            Some(folder) => format!("{}/{name}", folder.display()),
            None => format!("{}:{}/{name}", options.get_host(), options.get_port()),
        }
    }

    /// The first connection: what is wrong with it is most likely wrong with the settings.
    ///
    /// # Errors
    /// [`Error::Connect`]
    pub(super) async fn connect_first(&self) -> Result<PgConnection, Error> {
        let refused = |reason: String| Error::Connect { database: self.database(), reason };
        match tokio::time::timeout(CONNECT_TIME_MAX, self.options.connect()).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(sqlx::Error::Io(error))) => Err(refused(error.to_string())),
            Ok(Err(sqlx::Error::Database(error))) => Err(refused(error.message().to_owned())),
            Ok(Err(error)) => Err(refused(error.to_string())),
            Err(_) => Err(refused(format!("it does not answer within {} s", CONNECT_TIME_MAX.as_secs()))),
        }
    }
}

impl Connector for Session {
    type Connection = PgConnection;

    const ANSWER_TIME_MAX: Option<Duration> = Some(ANSWER_TIME_MAX);

    async fn connect(&self) -> Result<PgConnection, Error> {
        match tokio::time::timeout(CONNECT_TIME_MAX, self.options.connect()).await {
            Ok(connected) => Ok(connected?),
            Err(elapsed) => Err(Error::Unavailable(Box::new(elapsed))),
        }
    }

    /// Waits for the statement at work, which has a time limit where it may be long, and ends its transaction.
    async fn recover(mut connection: PgConnection) -> Option<PgConnection> {
        // The first answer may be that of the statement at work.
        for _ in 0..2 {
            let rolled_back = Connection::execute(&mut connection, Statement::new("ROLLBACK"));
            match tokio::time::timeout(ANSWER_TIME_MAX, rolled_back).await {
                Ok(Ok(_)) => return Some(connection),
                Ok(Err(error)) if !error::is_lost(&error) => {}
                _ => return None,
            }
        }
        None
    }

    /// One that is gone already needs no goodbye.
    async fn close(connection: PgConnection) -> Result<(), Error> {
        let _ = connection.close().await;
        Ok(())
    }

    fn is_lost(error: &sqlx::Error) -> bool {
        error::is_lost(error)
    }
}

fn millis(duration: Duration) -> String {
    duration.as_millis().to_string()
}
