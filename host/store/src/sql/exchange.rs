//! What crosses instances: on its way between partitions, in mailboxes, in start events.

use engine::mailbox::Entry;
use engine::state::MailboxAddress;
use sqlx::AssertSqlSafe;
use types::{Key, PartitionId, SubscriptionKey, TenantId, Timestamp};

use super::columns::Columns;
use super::connection::Connection;
use super::database::Database;
use super::due::keys_of;
use super::statement::Statement;
use super::tables::{mailbox, outbox, start_timer};
use crate::{
    CrossingRow, Error, Parcel, ProcessStarts, StartEvent, StartTimer, StartTrigger, SubscriptionRef,
};

/// Mailboxes that one statement reads at most.
const MAILBOXES_READ_MAX: usize = 100;

pub(super) async fn outbox<D: Database>(
    database: &D,
    receiver: PartitionId,
    sender: PartitionId,
    after: Option<Key>,
    limit: u32,
) -> Result<Vec<Parcel>, Error> {
    let (first, last) = keys_of(sender);
    let after = after.map_or(first - 1, |key| key.get().max(first - 1));
    let text = format!(
        "SELECT {} FROM outbox WHERE receiver = $1 AND key > $2 AND key <= $3 ORDER BY key LIMIT $4",
        outbox::COLUMNS
    );
    let statement = Statement::new(AssertSqlSafe(text))
        .with(|values| values.integer(receiver.get()).integer(after).integer(last).integer(limit));
    let readers = database.loop_readers(Some(receiver)).await?;
    readers.all(&statement, outbox::read).await
}

pub(super) async fn mailboxes<D: Database>(
    database: &D,
    partition: PartitionId,
    addresses: &[MailboxAddress],
) -> Result<Vec<Vec<Entry>>, Error> {
    let wanted: Vec<_> = addresses.iter().map(|address| (address, address.digest())).collect();
    let mut found = vec![Vec::new(); wanted.len()];
    for (wanted, found) in wanted.chunks(MAILBOXES_READ_MAX).zip(found.chunks_mut(MAILBOXES_READ_MAX)) {
        let places: Vec<String> = (1..=wanted.len()).map(|place| format!("${place}")).collect();
        let text = format!(
            "SELECT mailbox, {} FROM mailbox WHERE mailbox IN ({}) ORDER BY mailbox, kind, key",
            mailbox::COLUMNS,
            places.join(", ")
        );
        let statement = Statement::new(AssertSqlSafe(text)).with(|values| {
            for (_, digest) in wanted {
                mailbox::bind_digest(values, *digest);
            }
            values
        });
        let row = |columns: &mut Columns<'_>| Ok((columns.bytes()?.to_vec(), mailbox::read(columns)?));
        for (digest, entry) in database.loop_readers(Some(partition)).await?.all(&statement, row).await? {
            let places = wanted.iter().zip(&mut *found).filter(|((_, wanted), _)| *wanted == digest[..]);
            for ((address, _), found) in places {
                let unreadable = |(key, reason)| {
                    let row = CrossingRow::Entry { mailbox: (*address).clone(), key };
                    Error::Unreadable { row, reason }
                };
                found.push(entry.clone().map_err(unreadable)?);
            }
        }
    }
    Ok(found)
}

pub(super) async fn expired_mailboxes<D: Database>(
    database: &D,
    partition: PartitionId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<MailboxAddress>, Error> {
    let (first, last) = keys_of(partition);
    let statement = Statement::new(D::DIALECT.exchange.expired_mailboxes)
        .with(|values| values.time(now).integer(first).integer(last).integer(limit));
    let address = |columns: &mut Columns<'_>| {
        Ok(MailboxAddress {
            tenant: columns.tenant()?,
            name: columns.text()?,
            correlation_key: columns.text()?,
        })
    };
    let mut addresses = database.loop_readers(Some(partition)).await?.all(&statement, address).await?;
    addresses.sort_unstable();
    addresses.dedup();
    Ok(addresses)
}

pub(super) async fn signal_subscriptions<D: Database>(
    database: &D,
    tenant: &TenantId,
    name: &str,
    after: Option<SubscriptionKey>,
    last: SubscriptionKey,
    limit: u32,
) -> Result<Vec<SubscriptionRef>, Error> {
    let Some(partition) = last.0.partition() else { return Ok(Vec::new()) };
    let (first, _) = keys_of(partition);
    let after = after.map_or(first - 1, |key| key.get().max(first - 1));
    let statement = Statement::new(D::DIALECT.exchange.signal_subscriptions)
        .with(|values| values.text(tenant.as_str()).text(name).integer(after).key(last.0).integer(limit));
    let found = |columns: &mut Columns<'_>| {
        Ok(SubscriptionRef { subscription: columns.key()?, instance: columns.key()? })
    };
    database.loop_readers(Some(partition)).await?.all(&statement, found).await
}

pub(super) async fn start_events<D: Database>(
    database: &D,
    tenant: &TenantId,
    trigger: &StartTrigger,
) -> Result<Vec<StartEvent>, Error> {
    let (kind, name) = kind_and_name(trigger);
    let statement = Statement::new(D::DIALECT.exchange.start_events)
        .with(|values| values.text(tenant.as_str()).integer(kind).optional_text(name));
    let event = |columns: &mut Columns<'_>| {
        Ok(StartEvent {
            definition: columns.key()?,
            tenant: columns.tenant()?,
            bpmn_process_id: columns.text()?,
            element: columns.text()?,
            trigger_index: columns.number()?,
            trigger: match (columns.integer()?, columns.optional_text()?) {
                (0, Some(name)) => StartTrigger::Message(name),
                (1, Some(name)) => StartTrigger::Signal(name),
                (2, None) => StartTrigger::Condition,
                (kind, _) => return Err(Error::Damaged(format!("start event kind {kind} is unknown"))),
            },
        })
    };
    database.loop_readers(None).await?.all(&statement, event).await
}

fn kind_and_name(trigger: &StartTrigger) -> (i64, Option<&str>) {
    match trigger {
        StartTrigger::Message(name) => (0, Some(name)),
        StartTrigger::Signal(name) => (1, Some(name)),
        StartTrigger::Condition => (2, None),
    }
}

pub(super) async fn start_timers<D: Database>(
    database: &D,
    tenant: &TenantId,
    bpmn_process_id: &str,
) -> Result<Vec<StartTimer>, Error> {
    let text = format!(
        "SELECT {} FROM start_timer WHERE tenant_id = $1 AND bpmn_process_id = $2 ORDER BY key",
        start_timer::COLUMNS
    );
    let statement =
        Statement::new(AssertSqlSafe(text)).with(|values| values.text(tenant.as_str()).text(bpmn_process_id));
    database.loop_readers(None).await?.all(&statement, start_timer::read).await
}

pub(super) async fn due_start_timers<D: Database>(
    database: &D,
    partition: PartitionId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<StartTimer>, Error> {
    let (first, last) = keys_of(partition);
    let statement = Statement::new(D::DIALECT.exchange.due_start_timers)
        .with(|values| values.time(now).integer(first).integer(last).integer(limit));
    database.loop_readers(Some(partition)).await?.all(&statement, start_timer::read).await
}

/// Puts what starts the new version of a process in the place of what started the one before.
pub(super) async fn replace_starts(
    db: &mut impl Connection,
    tenant: &TenantId,
    starts: &ProcessStarts,
) -> Result<(), Error> {
    for table in ["start_event", "start_timer"] {
        let text = format!("DELETE FROM {table} WHERE tenant_id = $1 AND bpmn_process_id = $2");
        let statement = Statement::new(AssertSqlSafe(text))
            .with(|values| values.text(tenant.as_str()).text(&starts.bpmn_process_id));
        db.execute(statement).await?;
    }
    for event in &starts.events {
        let (kind, name) = kind_and_name(&event.trigger);
        let statement = Statement::new(
            "INSERT INTO start_event (definition_key, element_id, trigger_index, tenant_id, bpmn_process_id, \
             kind, name) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .with(|values| {
            values
                .key(event.definition.0)
                .text(&event.element)
                .integer(event.trigger_index)
                .text(event.tenant.as_str())
                .text(&event.bpmn_process_id)
                .integer(kind)
                .optional_text(name)
        });
        db.execute(statement).await?;
    }
    for timer in &starts.timers {
        let text = format!(
            "INSERT INTO start_timer ({}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            start_timer::COLUMNS
        );
        let mut statement = Statement::new(AssertSqlSafe(text));
        start_timer::bind(&mut statement.values, timer);
        db.execute(statement).await?;
    }
    Ok(())
}
