//! Process versions of which no instance is started for now.

use types::{Actor, ProcessDefinitionKey, Timestamp};

use super::connection::Connection;
use super::database::{Database, Transaction};
use super::pool::{Connector, Pool};
use super::statement::Statement;
use crate::Error;

pub(super) async fn hold(
    database: &impl Database,
    key: ProcessDefinitionKey,
    actor: &Actor,
    at: Timestamp,
) -> Result<(), Error> {
    let statement = Statement::new(
        "INSERT INTO held_definition (definition_key, held_at, actor) VALUES ($1, $2, $3) \
         ON CONFLICT (definition_key) DO NOTHING",
    )
    .with(|values| values.key(key.0).time(at).text(actor.as_str()));
    let mut transaction = database.begin().await?;
    transaction.connection().execute(statement).await?;
    transaction.commit().await
}

pub(super) async fn release(database: &impl Database, key: ProcessDefinitionKey) -> Result<(), Error> {
    let statement = Statement::new("DELETE FROM held_definition WHERE definition_key = $1")
        .with(|values| values.key(key.0));
    let mut transaction = database.begin().await?;
    transaction.connection().execute(statement).await?;
    transaction.commit().await
}

pub(super) async fn held(readers: &Pool<impl Connector>) -> Result<Vec<ProcessDefinitionKey>, Error> {
    let statement = Statement::new("SELECT definition_key FROM held_definition ORDER BY definition_key");
    readers.all(&statement, |columns| columns.key()).await
}
