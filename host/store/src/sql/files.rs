//! Forms and other files that are no models.

use sqlx::AssertSqlSafe;
use types::{FileKind, ResourceKey, TenantId};

use super::columns::Columns;
use super::connection::Connection;
use super::pool::{Connector, Pool};
use super::statement::Statement;
use super::versions::{checksum, choose, conflict, read_resource};
use crate::{Error, FileRecord, ResourceRecord, VersionChoice};

/// What [`read`] takes from a row, in this order. The checksum is the file's.
const COLUMNS: &str = "d.key, d.deployment_key, d.tenant_id, d.kind, d.file_id, d.version, d.version_tag, \
     d.resource_name, c.checksum";

/// Where [`COLUMNS`] come from.
const FROM: &str = "versioned_file d \
     JOIN resource r ON r.deployment_key = d.deployment_key AND r.name = d.resource_name \
     JOIN content c ON c.id = r.content_id";

fn read(columns: &mut Columns<'_>) -> Result<FileRecord, Error> {
    Ok(FileRecord {
        key: columns.key()?,
        deployment: columns.key()?,
        tenant: columns.tenant()?,
        kind: kind(columns.integer()?)?,
        id: columns.text()?,
        version: columns.number()?,
        version_tag: columns.optional_text()?,
        resource_name: columns.text()?,
        checksum: checksum(columns)?,
    })
}

pub(super) async fn insert(db: &mut impl Connection, record: &FileRecord) -> Result<(), Error> {
    let statement = Statement::new(
        "INSERT INTO versioned_file (key, deployment_key, tenant_id, kind, file_id, version, version_tag, \
         resource_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .with(|values| {
        values
            .key(record.key.0)
            .key(record.deployment.0)
            .text(record.tenant.as_str())
            .integer(kind_code(record.kind))
            .text(&record.id)
            .integer(record.version)
            .optional_text(record.version_tag.as_deref())
            .text(&record.resource_name)
    });
    let name = || format!("{} version {}", record.id, record.version);
    db.execute(statement).await.map_err(|error| conflict(error, "file version", name))?;
    Ok(())
}

pub(super) async fn file(
    readers: &Pool<impl Connector>,
    key: ResourceKey,
) -> Result<Option<FileRecord>, Error> {
    let text = format!("SELECT {COLUMNS} FROM {FROM} WHERE d.key = $1");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.key(key.0));
    readers.optional(&statement, read).await
}

pub(super) async fn file_of(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    kind: FileKind,
    id: &str,
    choice: VersionChoice<'_>,
) -> Result<Option<FileRecord>, Error> {
    let kind = kind_code(kind);
    let text =
        format!("SELECT {COLUMNS} FROM {FROM} WHERE d.tenant_id = $1 AND d.file_id = $2 AND d.kind = {kind}");
    let statement = choose(text, tenant, id, choice);
    readers.optional(&statement, read).await
}

pub(super) async fn content(
    readers: &Pool<impl Connector>,
    key: ResourceKey,
) -> Result<Option<ResourceRecord>, Error> {
    let text = format!("SELECT r.deployment_key, r.name, c.checksum, c.bytes FROM {FROM} WHERE d.key = $1");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.key(key.0));
    readers.optional(&statement, read_resource).await
}

fn kind_code(kind: FileKind) -> i64 {
    match kind {
        FileKind::Form => 0,
        FileKind::Resource => 1,
    }
}

fn kind(code: i64) -> Result<FileKind, Error> {
    match code {
        0 => Ok(FileKind::Form),
        1 => Ok(FileKind::Resource),
        _ => Err(Error::Damaged(format!("file kind {code} is unknown"))),
    }
}
