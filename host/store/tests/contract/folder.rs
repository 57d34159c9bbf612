//! The data folder of the store on SQLite.

use std::path::Path;

use engine::Event;
use fermata_store::sqlite::{Options, SqliteStore};
use fermata_store::{Error, Store};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use types::PartitionId;

use crate::scene::{Scene, at};

pub(crate) async fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(folder, Options::default()).await.unwrap()
}

async fn open_error(folder: &Path) -> Error {
    SqliteStore::open(folder, Options::default()).await.unwrap_err()
}

/// The database, opened by somebody else.
pub(crate) async fn connect(folder: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(folder.join("fermata.db")).create_if_missing(true);
    options.connect().await.unwrap()
}

async fn pragma(connection: &mut SqliteConnection, text: &'static str) -> i64 {
    sqlx::query_scalar(text).fetch_one(connection).await.unwrap()
}

#[tokio::test]
async fn a_folder_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("not/there/yet");
    let store = open(&nested).await;
    let mut scene = Scene::new(&store).await;
    let instance = scene.start();
    let job = scene.job(instance, "work");
    scene.commit().await;
    let id = store.installation_value("id", "x").await.unwrap();
    let counter = store.next_key_counter(PartitionId::FIRST).await.unwrap();
    let memory = scene.leave();
    store.close().await.unwrap();
    drop(store);

    let store = open(&nested).await;
    assert_eq!(store.installation_value("id", "y").await.unwrap(), id);
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), counter);
    let mut scene = memory.on(&store);
    scene.compare_all().await;
    scene.emit(instance, Event::JobCompleted { job });
    scene.commit().await;
}

/// A copy of the files of a store that still runs is what a crash leaves behind.
#[tokio::test]
async fn what_was_acknowledged_survives_a_crash() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path()).await;
    let mut scene = Scene::new(&store).await;
    for _ in 0..20 {
        let instance = scene.start();
        scene.job(instance, "work");
        scene.commit().await;
    }
    for file in ["fermata.db", "fermata.db-wal"] {
        std::fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
    }
    let recovered = open(copy.path()).await;
    scene.leave().on(&recovered).compare_all().await;
}

#[tokio::test]
async fn a_log_that_others_need_is_no_closed_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut reader = connect(folder.path()).await;
    sqlx::raw_sql("BEGIN; SELECT count(*) FROM job").execute(&mut reader).await.unwrap();
    let mut scene = Scene::new(&store).await;
    scene.start();
    scene.commit().await;
    let memory = scene.leave();
    assert!(matches!(store.close().await, Err(Error::Unavailable(_))));
    drop(store);
    reader.close().await.unwrap();

    let store = open(folder.path()).await;
    let scene = memory.on(&store);
    scene.compare_all().await;
    store.close().await.unwrap();
    let log = std::fs::metadata(folder.path().join("fermata.db-wal"));
    assert!(log.map_or(0, |log| log.len()) == 0, "all is in the database file");
}

#[tokio::test]
async fn a_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let error = open_error(folder.path()).await;
    assert!(matches!(error, Error::Locked { .. }), "{error:?}");
    assert!(error.to_string().contains(&folder.path().display().to_string()));
    drop(store);
    open(folder.path()).await;
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.close().await.unwrap();
    let mut connection = connect(folder.path()).await;
    sqlx::raw_sql("PRAGMA user_version = 1000").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    match open_error(folder.path()).await {
        Error::NewerSchema { found: 1000, known } => assert!(known >= 1),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connect(folder.path()).await;
    sqlx::raw_sql("CREATE TABLE theirs (x)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    assert!(matches!(open_error(folder.path()).await, Error::Damaged(_)));
    let mut connection = connect(folder.path()).await;
    assert_eq!(pragma(&mut connection, "SELECT count(*) FROM sqlite_schema").await, 1);

    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("fermata.db"), vec![7; 10_000]).unwrap();
    assert!(matches!(open_error(folder.path()).await, Error::Damaged(_)));
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(open_error(&file.join("data")).await, Error::Unavailable(_)));
}

#[tokio::test]
async fn the_database_has_its_lasting_settings() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut scene = Scene::new(&store).await;
    let instance = scene.start();
    scene.commit().await;
    let mut connection = connect(folder.path()).await;
    assert_eq!(pragma(&mut connection, "PRAGMA auto_vacuum").await, 2, "incremental");
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
    assert_eq!(mode, "wal");
    assert_eq!(pragma(&mut connection, "SELECT count(*) FROM pragma_foreign_key_check").await, 0);
    let actor: String =
        sqlx::query_scalar("SELECT actor FROM deployment").fetch_one(&mut connection).await.unwrap();
    assert_eq!(actor, "deployer");
    scene.emit(instance, Event::InstanceCompleted { at: at(9) });
    scene.commit().await;
}
