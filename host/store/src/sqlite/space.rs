//! Space that removed rows have left in the file.
//!
//! New rows take it, so most of it stays: moving pages from the end of the file into it costs as much as writing them.
//! Past a share of the file it is given back to the system, a few pages at a time.

use super::writer::Writer;
use crate::Error;
use crate::sql::Transaction as _;

/// Free pages up to this share of the file are left for new rows.
const FREE_SHARE_KEPT: i64 = 4;

/// So many free pages are left in any case: 16 MiB.
const FREE_PAGES_KEPT: i64 = 4_096;

/// Gives back some pages, if very many are free.
pub(super) async fn give_back(writer: &Writer) -> Result<(), Error> {
    let mut transaction = writer.begin().await?;
    let connection = transaction.connection();
    let free: i64 = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut *connection).await?;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *connection).await?;
    if free <= FREE_PAGES_KEPT.max(pages / FREE_SHARE_KEPT) {
        return transaction.roll_back().await;
    }
    // 1 MiB. A pragma takes no parameters.
    sqlx::raw_sql("PRAGMA incremental_vacuum(256)").execute(&mut *connection).await?;
    transaction.commit().await
}
