//! A host's data folder as text that can be read and reviewed, and back.
//!
//! The bytes of components are files of their own; everything else is SQL.

use std::path::Path;

use anyhow::{Context as _, ensure};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

const DATABASE: &str = "fermata.db";
const DUMP: &str = "fermata.sql";
const KEY: &str = "secret.key";
const COMPONENTS: &str = "components";

/// What keeps a component's bytes.
const BYTES_TABLE: &str = "component_bytes";

/// Writes what a data folder holds. Gives the version of its schema.
pub(crate) async fn write(data: &Path, to: &Path) -> anyhow::Result<i64> {
    let mut db = connect(data, false).await?;
    let pragma = async |db: &mut SqliteConnection, name: &str| -> anyhow::Result<i64> {
        Ok(sqlx::query_scalar(AssertSqlSafe(format!("PRAGMA {name}"))).fetch_one(db).await?)
    };
    let version = pragma(&mut db, "user_version").await?;
    let mut text = String::new();
    for name in ["auto_vacuum", "application_id", "user_version"] {
        text += &format!("PRAGMA {name} = {};\n", pragma(&mut db, name).await?);
    }
    let schema = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                  ORDER BY type DESC, rowid";
    let schema: Vec<(String, String)> = sqlx::query_as(schema).fetch_all(&mut db).await?;
    for (_, sql) in &schema {
        text += &format!("{sql};\n");
    }
    let mut tables: Vec<&str> = schema
        .iter()
        .filter(|(_, sql)| sql.starts_with("CREATE TABLE"))
        .map(|(name, _)| name.as_str())
        .collect();
    tables.push("sqlite_sequence");
    for table in tables.into_iter().filter(|table| *table != BYTES_TABLE) {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let columns: Vec<String> = sqlx::query_scalar(AssertSqlSafe(columns)).fetch_all(&mut db).await?;
        let values: Vec<String> = columns.iter().map(|name| format!("quote({name})")).collect();
        let (names, values) = (columns.join(", "), values.join(" || ', ' || "));
        let rows = format!(
            "SELECT 'INSERT INTO {table} ({names}) VALUES (' || {values} || ');' FROM {table} ORDER BY 1"
        );
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut db).await?;
        for row in rows {
            text += &row;
            text.push('\n');
        }
    }
    std::fs::create_dir_all(to.join(COMPONENTS))?;
    std::fs::write(to.join(DUMP), text)?;
    std::fs::copy(data.join(KEY), to.join(KEY))?;
    let components: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT sequence, bytes FROM component_bytes").fetch_all(&mut db).await?;
    for (sequence, bytes) in components {
        std::fs::write(to.join(COMPONENTS).join(format!("{sequence}.wasm")), bytes)?;
    }
    db.close().await?;
    Ok(version)
}

/// Makes a data folder of what was written.
pub(crate) async fn load(from: &Path, data: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(data)?;
    let mut db = connect(data, true).await?;
    let text = std::fs::read_to_string(from.join(DUMP)).with_context(|| format!("{}", from.display()))?;
    sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut db).await?;
    for entry in std::fs::read_dir(from.join(COMPONENTS))? {
        let path = entry?.path();
        let sequence: i64 = path.file_stem().and_then(|stem| stem.to_str()).context("a sequence")?.parse()?;
        sqlx::query("INSERT INTO component_bytes (sequence, bytes) VALUES (?, ?)")
            .bind(sequence)
            .bind(std::fs::read(&path)?)
            .execute(&mut db)
            .await?;
    }
    db.close().await?;
    check(data).await?;
    std::fs::copy(from.join(KEY), data.join(KEY))?;
    Ok(())
}

/// Makes sure that the database is whole. Gives the version of its schema.
pub(crate) async fn check(data: &Path) -> anyhow::Result<i64> {
    let mut db = connect(data, false).await?;
    let found: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut db).await?;
    ensure!(found == "ok", "{found}");
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut db).await?;
    ensure!(broken.is_empty(), "{} rows refer to nothing", broken.len());
    let version = sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut db).await?;
    db.close().await?;
    Ok(version)
}

/// Removes what is not to be kept.
pub(crate) async fn execute(data: &Path, statements: &'static str) -> anyhow::Result<()> {
    let mut db = connect(data, false).await?;
    sqlx::raw_sql(statements).execute(&mut db).await?;
    db.close().await?;
    Ok(())
}

async fn connect(data: &Path, create: bool) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(data.join(DATABASE)).create_if_missing(create);
    // Rows come in the order of their tables' names, not of what refers to what.
    Ok(options.foreign_keys(false).connect().await?)
}
