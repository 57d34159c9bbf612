//! The whole database of the store on SQLite, read while it is written.

use std::path::Path;

use fermata_store::sqlite::{
    DATABASE_FILE, Options, SCHEMA_VERSION, SqliteStore, examine, snapshot_of_folder,
};
use fermata_store::{Error, INSTALLATION_ID, Snapshot, Store};
use futures_util::TryStreamExt as _;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::folder::open;
use crate::scene::Scene;

/// Takes all of a snapshot into a folder.
async fn keep(snapshot: Snapshot, folder: &Path) {
    let bytes = snapshot.pieces.try_concat().await.unwrap();
    assert_eq!(bytes.len() as u64, snapshot.bytes);
    std::fs::write(folder.join(DATABASE_FILE), bytes).unwrap();
}

/// Instances with jobs, and enough bytes that pieces have to wait for being taken.
async fn fill(scene: &mut Scene<'_>, instances: u32) {
    for _ in 0..instances {
        let instance = scene.start();
        scene.job(instance, &"work".repeat(1_000));
    }
    scene.commit().await;
}

#[tokio::test]
async fn a_snapshot_is_of_one_moment_whatever_is_written_meanwhile() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path()).await;
    let id = store.installation_value(INSTALLATION_ID, "original").await.unwrap();
    let mut scene = Scene::new(&store).await;
    fill(&mut scene, 500).await;
    let before = scene.fork();

    let mut snapshot = store.snapshot().await.unwrap();
    let mut taken = snapshot.pieces.try_next().await.unwrap().unwrap();
    // More than the log is allowed to hold before it is brought into the database file.
    let mut rounds = 0;
    while let Some(piece) = snapshot.pieces.try_next().await.unwrap() {
        taken.extend(piece);
        fill(&mut scene, 500).await;
        rounds += 1;
    }
    assert!(rounds > 5, "only {rounds} pieces were read while others wrote");
    assert_eq!(taken.len() as u64, snapshot.bytes);
    std::fs::write(copy.path().join(DATABASE_FILE), taken).unwrap();

    let examined = examine(&copy.path().join(DATABASE_FILE)).await.unwrap();
    assert_eq!((examined.schema_version, examined.secrets), (SCHEMA_VERSION, 0));
    assert_eq!(examined.installation_id.as_deref(), Some(&*id));
    let restored = open(copy.path()).await;
    let old = before.on(&restored);
    old.compare_all().await;
    assert_eq!(restored.outlook(crate::scene::at(0)).await.unwrap().active_instances, 500);
    // The original has it all.
    scene.compare_all().await;
}

#[tokio::test]
async fn one_snapshot_is_taken_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut scene = Scene::new(&store).await;
    fill(&mut scene, 2_000).await;
    let first = store.snapshot().await.unwrap();
    assert!(matches!(store.snapshot().await, Err(Error::SnapshotUnderWay)));
    drop(first);
    // The one that was dropped notices with its next piece.
    let next = loop {
        match store.snapshot().await {
            Err(Error::SnapshotUnderWay) => tokio::task::yield_now().await,
            next => break next.unwrap(),
        }
    };
    let copy = tempfile::tempdir().unwrap();
    keep(next, copy.path()).await;
    examine(&copy.path().join(DATABASE_FILE)).await.unwrap();
}

#[tokio::test]
async fn a_store_that_closes_does_not_wait_for_whoever_takes_a_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut scene = Scene::new(&store).await;
    fill(&mut scene, 2_000).await;
    let snapshot = store.snapshot().await.unwrap();
    store.close().await.unwrap();
    let read: Result<Vec<u8>, Error> = snapshot.pieces.try_concat().await;
    assert!(read.as_ref().map_or(true, |bytes| (bytes.len() as u64) < snapshot.bytes), "it ends early");
    assert!(matches!(store.snapshot().await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_snapshot_that_lets_the_log_outgrow_the_database_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { snapshot_log_bytes: 0, ..Options::default() };
    let store = SqliteStore::open(folder.path(), options).await.unwrap();
    let mut scene = Scene::new(&store).await;
    fill(&mut scene, 500).await;
    let mut snapshot = store.snapshot().await.unwrap();
    let log = || std::fs::metadata(folder.path().join("fermata.db-wal")).unwrap().len();
    while log() <= snapshot.bytes {
        fill(&mut scene, 500).await;
    }
    let error = loop {
        match snapshot.pieces.try_next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it came to its end"),
            Err(error) => break error,
        }
    };
    let Error::Unavailable(cause) = &error else { panic!("{error:?}") };
    assert!(cause.to_string().contains("outgrown"), "{cause}");
    // The log can be reused again, and the next snapshot is taken of a larger database.
    drop(snapshot);
    store.close().await.unwrap();
}

#[tokio::test]
async fn the_folder_of_a_killed_host_is_read_as_it_is() {
    let (folder, crashed, copy) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path()).await;
    let mut scene = Scene::new(&store).await;
    fill(&mut scene, 10).await;
    assert!(matches!(snapshot_of_folder(folder.path()).await, Err(Error::Locked { .. })));
    // What is acknowledged is in the log.
    for file in ["fermata.db", "fermata.db-wal"] {
        std::fs::copy(folder.path().join(file), crashed.path().join(file)).unwrap();
    }
    keep(snapshot_of_folder(crashed.path()).await.unwrap(), copy.path()).await;
    scene.leave().on(&open(copy.path()).await).compare_all().await;

    let missing = crashed.path().join("missing");
    assert!(matches!(snapshot_of_folder(&missing).await, Err(Error::NoDatabase { .. })));
    assert!(!missing.exists());
}

#[tokio::test]
async fn a_file_that_is_damaged_is_not_taken_for_a_snapshot() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store: SqliteStore = open(folder.path()).await;
    let mut scene = Scene::new(&store).await;
    fill(&mut scene, 500).await;
    keep(store.snapshot().await.unwrap(), copy.path()).await;
    let file = copy.path().join(DATABASE_FILE);
    let good = std::fs::read(&file).unwrap();

    let mut broken = good.clone();
    broken[100_000..200_000].fill(7);
    std::fs::write(&file, broken).unwrap();
    assert!(matches!(examine(&file).await, Err(Error::Damaged(_))));

    std::fs::write(&file, &good).unwrap();
    let mut connection = SqliteConnectOptions::new().filename(&file).connect().await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 1000").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    assert!(matches!(examine(&file).await, Err(Error::NewerSchema { found: 1_000, .. })));
}
