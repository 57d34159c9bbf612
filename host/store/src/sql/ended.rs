//! Finds instances that have ended.

use types::{PartitionId, ProcessDefinitionKey, Timestamp};

use super::columns::Columns;
use super::database::Database;
use super::due::keys_of;
use super::statement::Statement;
use crate::{EndedInstance, Error, OldestEnd};

pub(super) async fn oldest_ends<D: Database>(
    database: &D,
    partition: PartitionId,
    after: Option<ProcessDefinitionKey>,
    limit: u32,
) -> Result<Vec<OldestEnd>, Error> {
    let (first, last) = keys_of(partition);
    let after = after.map_or(0, |definition| definition.0.get());
    let statement = Statement::new(D::DIALECT.ended.oldest)
        .with(|values| values.integer(first).integer(last).integer(after).integer(limit));
    let oldest_end = |columns: &mut Columns<'_>| {
        Ok(OldestEnd {
            definition: columns.key()?,
            tenant: columns.tenant()?,
            bpmn_process_id: columns.text()?,
            ended_at: columns.optional_time()?,
        })
    };
    database.readers().all(&statement, oldest_end).await
}

pub(super) async fn ended_instances<D: Database>(
    database: &D,
    partition: PartitionId,
    definition: ProcessDefinitionKey,
    after: Option<EndedInstance>,
    limit: u32,
) -> Result<Vec<EndedInstance>, Error> {
    let (first, last) = keys_of(partition);
    let (ended_at, key) = after
        .map_or((Timestamp::from_millis(i64::MIN), i64::MIN), |after| (after.ended_at, after.key.0.get()));
    let statement = Statement::new(D::DIALECT.ended.instances).with(|values| {
        values.integer(first).integer(last).key(definition.0).time(ended_at).integer(key).integer(limit)
    });
    let instance =
        |columns: &mut Columns<'_>| Ok(EndedInstance { key: columns.key()?, ended_at: columns.time()? });
    database.readers().all(&statement, instance).await
}
