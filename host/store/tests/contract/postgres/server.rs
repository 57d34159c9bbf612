//! A PostgreSQL to test with.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Names a server that runs already.
const URL_VARIABLE: &str = "DATABASE_URL";
/// Where Debian puts PostgreSQL's programs, a folder for each release.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// A server, stopped when this is dropped if it was started here.
pub(crate) struct Server {
    url: String,
    own: Option<Own>,
    schemas: AtomicU32,
}

/// A server of our own.
struct Own {
    child: Child,
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

/// A schema of one test, removed at its end.
pub(crate) struct Schema {
    url: String,
    name: String,
}

impl Server {
    /// The server that `DATABASE_URL` names, or a new one. `None`, loudly, when there is no PostgreSQL.
    pub(crate) fn find() -> Option<Self> {
        if let Ok(url) = std::env::var(URL_VARIABLE) {
            return Some(Self { url, own: None, schemas: AtomicU32::new(0) });
        }
        match Self::start() {
            Ok(server) => Some(server),
            Err(reason) => {
                // Not by a macro, whose output tests keep to themselves when they pass.
                let message = format!(
                    "\n*** NOT TESTED ON POSTGRESQL: {reason}. Install it, or set {URL_VARIABLE}. ***\n\n"
                );
                std::io::stderr().write_all(message.as_bytes()).unwrap();
                None
            }
        }
    }

    fn start() -> Result<Self, String> {
        let programs = programs().ok_or_else(|| format!("there is none in {DEBIAN_FOLDER}"))?;
        // PostgreSQL refuses to run as root.
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut child = command
            .args(["-c", include_str!("server.sh"), "sh"])
            .arg(&programs)
            .arg(std::env::temp_dir())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the server cannot be started: {error}"))?;
        let stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).map_err(|error| error.to_string())?;
        let Some(folder) = line.trim().strip_prefix("ready ") else {
            return Err(format!("the server in {} does not start", programs.display()));
        };
        let url = format!("postgres://fermata@localhost/postgres?host={folder}");
        let own = Own { child, pipes: Mutex::new(Some((stdin, stdout))) };
        Ok(Self { url, own: Some(own), schemas: AtomicU32::new(0) })
    }

    /// Whether the server can be stopped.
    pub(crate) fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Stops the server; connections are cut.
    pub(crate) fn stop(&self) {
        self.tell("stop");
    }

    /// Starts the server again.
    pub(crate) fn start_again(&self) {
        self.tell("start");
    }

    fn tell(&self, command: &str) {
        let mut pipes = self.own.as_ref().unwrap().pipes.lock().unwrap();
        let (stdin, stdout) = pipes.as_mut().unwrap();
        writeln!(stdin, "{command}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), command);
    }

    /// The server's own database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// An empty schema.
    pub(crate) async fn schema(&self) -> Schema {
        let number = self.schemas.fetch_add(1, Ordering::Relaxed);
        let name = format!("fermata_test_{}_{number}", std::process::id());
        let schema = Schema { url: self.url.clone(), name };
        schema.administer(&format!("CREATE SCHEMA {}", schema.name)).await;
        schema
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // The script ends when its input does.
        drop(self.pipes.get_mut().unwrap().take());
        self.child.wait().unwrap();
    }
}

impl Schema {
    /// A URL that leads to the schema. Connections are named for it.
    pub(crate) fn url(&self) -> String {
        let separator = if self.url.contains('?') { '&' } else { '?' };
        format!("{}{separator}options[search_path]={1}&application_name={1}", self.url, self.name)
    }

    /// Its name, which is also that of the stores' connections.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A connection of a test's own.
    pub(crate) async fn connect(&self) -> PgConnection {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let text = AssertSqlSafe(format!("SET search_path = {}", self.name));
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
        connection
    }

    /// Cuts all connections of stores, and tells how many there were.
    pub(crate) async fn cut_connections(&self) -> i64 {
        let text = "SELECT count(*) FROM (SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
             WHERE application_name = $1) AS cut";
        sqlx::query_scalar(text).bind(&self.name).fetch_one(&mut self.connect().await).await.unwrap()
    }

    /// Removes the schema.
    pub(crate) async fn remove(self) {
        self.administer(&format!("DROP SCHEMA {} CASCADE", self.name)).await;
    }

    async fn administer(&self, text: &str) {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let quiet = AssertSqlSafe(format!("SET client_min_messages = error; {text}"));
        sqlx::raw_sql(quiet).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// The folder of the newest release that has all that is needed.
fn programs() -> Option<PathBuf> {
    let mut releases: Vec<PathBuf> =
        std::fs::read_dir(DEBIAN_FOLDER).ok()?.map(|entry| entry.unwrap().path().join("bin")).collect();
    let release = |path: &Path| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    releases.retain(|path| ["initdb", "postgres", "pg_isready"].iter().all(|name| path.join(name).exists()));
    releases.into_iter().max_by_key(|path| release(path))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}
