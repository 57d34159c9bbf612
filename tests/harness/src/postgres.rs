//! A PostgreSQL to test with.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail, ensure};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Names a server that runs already.
const URL_VARIABLE: &str = "DATABASE_URL";
/// Where Debian puts PostgreSQL's programs, a folder for each release.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// A server, stopped when this is dropped if it was started here.
#[derive(Debug)]
pub struct Server {
    url: String,
    own: Option<Own>,
    schemas: AtomicU32,
}

/// A server of our own.
#[derive(Debug)]
struct Own {
    child: Child,
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

/// A schema of one test, removed at its end.
#[derive(Debug)]
pub struct Schema {
    url: String,
    name: String,
}

impl Server {
    /// The server that `DATABASE_URL` names, or a new one. `None`, loudly, when there is no PostgreSQL.
    pub fn find() -> Option<Self> {
        if let Ok(url) = std::env::var(URL_VARIABLE) {
            return Some(Self { url, own: None, schemas: AtomicU32::new(0) });
        }
        match Self::start() {
            Ok(server) => Some(server),
            Err(reason) => {
                // Not by a macro, whose output tests keep to themselves when they pass.
                let message = format!(
                    "\n*** NOT TESTED ON POSTGRESQL: {reason:#}. Install it, or set {URL_VARIABLE}. ***\n\n"
                );
                let _ = std::io::stderr().write_all(message.as_bytes());
                None
            }
        }
    }

    /// A new server in a temporary folder, which goes with it.
    ///
    /// # Errors
    /// There is no PostgreSQL, or it does not start.
    pub fn start() -> anyhow::Result<Self> {
        let programs = programs().with_context(|| format!("there is none in {DEBIAN_FOLDER}"))?;
        // PostgreSQL refuses to run as root.
        let mut command = if rustix::process::geteuid().is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut child = command
            .args(["-c", include_str!("postgres.sh"), "sh"])
            .arg(&programs)
            .arg(std::env::temp_dir())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the server cannot be started")?;
        let stdin = child.stdin.take().context("the server's input")?;
        let mut stdout = BufReader::new(child.stdout.take().context("the server's output")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let Some(folder) = line.trim().strip_prefix("ready ") else {
            bail!("the server in {} does not start", programs.display());
        };
        let url = format!("postgres://fermata@localhost/postgres?host={folder}");
        let own = Own { child, pipes: Mutex::new(Some((stdin, stdout))) };
        Ok(Self { url, own: Some(own), schemas: AtomicU32::new(0) })
    }

    /// Whether the server can be stopped.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Stops the server; connections are cut.
    ///
    /// # Errors
    /// It is not our own, or does not obey.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.tell("stop")
    }

    /// Lets the server end at once, as if it had crashed: it recovers from its log at the next start.
    ///
    /// # Errors
    /// It is not our own, or does not obey.
    pub fn crash(&self) -> anyhow::Result<()> {
        self.tell("crash")
    }

    /// Starts the server again.
    ///
    /// # Errors
    /// It is not our own, or does not obey.
    pub fn start_again(&self) -> anyhow::Result<()> {
        self.tell("start")
    }

    fn tell(&self, command: &str) -> anyhow::Result<()> {
        let own = self.own.as_ref().context("only a server of our own can be stopped")?;
        let mut pipes = own.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, stdout) = pipes.as_mut().context("the server's pipes")?;
        writeln!(stdin, "{command}")?;
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        ensure!(line.trim() == command, "the server was told to {command} and said `{}`", line.trim());
        Ok(())
    }

    /// The server's own database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// An empty schema.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn schema(&self) -> anyhow::Result<Schema> {
        let number = self.schemas.fetch_add(1, Ordering::Relaxed);
        let name = format!("fermata_test_{}_{number}", std::process::id());
        let schema = Schema { url: self.url.clone(), name };
        schema.administer(&format!("CREATE SCHEMA {}", schema.name)).await?;
        Ok(schema)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // The script ends when its input does.
        drop(self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        let _ = self.child.wait();
    }
}

impl Schema {
    /// A URL that leads to the schema. Connections are named for it.
    pub fn url(&self) -> String {
        let separator = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{separator}options[search_path]={1}&application_name={1}", self.url, self.name)
    }

    /// Its name, which is also that of the stores' connections.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection of a test's own.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn connect(&self) -> sqlx::Result<PgConnection> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let text = AssertSqlSafe(format!("SET search_path = {}", self.name));
        sqlx::raw_sql(text).execute(&mut connection).await?;
        Ok(connection)
    }

    /// Cuts all connections of stores, and tells how many there were.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn cut_connections(&self) -> sqlx::Result<i64> {
        let text = "SELECT count(*) FROM (SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
             WHERE application_name = $1) AS cut";
        sqlx::query_scalar(text).bind(&self.name).fetch_one(&mut self.connect().await?).await
    }

    /// Writes all that is in the schema to a file of SQL.
    ///
    /// # Errors
    /// The server does not answer, or there is no `pg_dump`.
    pub fn dump(&self, file: &Path) -> anyhow::Result<()> {
        let program = programs().map(|folder| folder.join("pg_dump")).unwrap_or_else(|| "pg_dump".into());
        let mut command = Command::new(program);
        command.arg("--schema").arg(&self.name).arg("--file").arg(file).arg("--dbname").arg(&self.url);
        let status = command.status().context("failed to run `pg_dump`")?;
        ensure!(status.success(), "`pg_dump` ended with {status}");
        Ok(())
    }

    /// Removes the schema.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn remove(self) -> sqlx::Result<()> {
        self.administer(&format!("DROP SCHEMA {} CASCADE", self.name)).await
    }

    async fn administer(&self, text: &str) -> sqlx::Result<()> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let quiet = AssertSqlSafe(format!("SET client_min_messages = error; {text}"));
        sqlx::raw_sql(quiet).execute(&mut connection).await?;
        connection.close().await
    }
}

/// The folder of the newest release that has all that is needed.
fn programs() -> Option<PathBuf> {
    let entries = std::fs::read_dir(DEBIAN_FOLDER).ok()?;
    let mut releases: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    let release = |path: &Path| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    releases.retain(|path| ["initdb", "postgres", "pg_isready"].iter().all(|name| path.join(name).exists()));
    releases.into_iter().max_by_key(|path| release(path))
}
