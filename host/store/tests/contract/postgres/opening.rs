//! Databases that are opened, and those that are not.

use engine::Event;
use fermata_store::postgres::{Options, PostgresStore};
use fermata_store::{Error, Store};
use types::PartitionId;

use super::open;
use crate::scene::Scene;
use harness::{Schema, Server};

const PARTITION: PartitionId = PartitionId::FIRST;

async fn connect_error(url: &str) -> Error {
    PostgresStore::connect(url, Options::default()).await.unwrap_err()
}

pub(super) async fn a_newer_schema_is_refused(_: &Server, schema: &Schema) {
    open(schema, Options::default()).await.close().await.unwrap();
    let text = "INSERT INTO fermata_schema VALUES (1000)";
    sqlx::raw_sql(text).execute(&mut schema.connect().await.unwrap()).await.unwrap();
    match connect_error(&schema.url()).await {
        Error::NewerSchema { found: 1000, known } => assert!(known >= 1),
        other => panic!("{other:?}"),
    }
}

pub(super) async fn a_database_of_another_program_is_refused(_: &Server, schema: &Schema) {
    let mut db = schema.connect().await.unwrap();
    sqlx::raw_sql("CREATE TABLE theirs (x int)").execute(&mut db).await.unwrap();
    assert!(matches!(connect_error(&schema.url()).await, Error::Damaged(_)));
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(tables, 1);
}

pub(super) async fn a_url_that_leads_nowhere_is_one_clear_line(server: &Server, _: &Schema) {
    let nobody = server.url().replacen("://", "://nobody:secret@", 1).replacen("fermata@", "", 1);
    for (url, expected) in [
        (
            "mysql://root:secret@localhost/x",
            "it is no URL of a PostgreSQL database; it looks like postgres://",
        ),
        ("postgres://user:secret@local host/x", "it looks like postgres://"),
        ("postgres://user:secret@127.0.0.1:1/x", "at 127.0.0.1:1/x: Connection refused"),
        ("postgres://user:secret@localhost/x?host=/nowhere", "at /nowhere/x: "),
        (&nobody, "nobody"),
        (&server.url().replacen("/postgres?", "/no_such?", 1), "database \"no_such\" does not exist"),
    ] {
        let error = connect_error(url).await;
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        let line = error.to_string();
        assert!(line.contains(expected), "{line}");
        assert!(!line.contains('\n') && !line.contains("secret"), "{line}");
    }
}

pub(super) async fn everything_survives_another_connection(_: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut scene = Scene::new(&store).await;
    let instance = scene.start();
    let job = scene.job(instance, "work");
    scene.commit().await;
    let id = store.installation_value("id", "x").await.unwrap();
    let counter = store.next_key_counter(PARTITION).await.unwrap();
    let memory = scene.leave();
    store.close().await.unwrap();

    let store = open(schema, Options::default()).await;
    assert_eq!(store.installation_value("id", "y").await.unwrap(), id);
    assert_eq!(store.next_key_counter(PARTITION).await.unwrap(), counter);
    let mut scene = memory.on(&store);
    scene.compare_all().await;
    scene.emit(instance, Event::JobCompleted { job });
    scene.commit().await;
}

pub(super) async fn a_database_that_is_new_stays_empty(_: &Server, schema: &Schema) {
    let existing = async || PostgresStore::connect_existing(&schema.url(), Options::default()).await.unwrap();
    assert!(existing().await.is_none());
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace",
    )
    .fetch_one(&mut schema.connect().await.unwrap())
    .await
    .unwrap();
    assert_eq!(tables, 0);
    PostgresStore::connect(&schema.url(), Options::default()).await.unwrap().close().await.unwrap();
    existing().await.unwrap().close().await.unwrap();
}
