//! Pages of results.
//!
//! A page after or before a cursor is found by comparing with the cursor's values, so that it costs the same however far
//! from the beginning it is, and no item is skipped or shown twice when others come and go.

use futures_util::TryStreamExt;
use types::Key;

use super::columns::Column;
use super::condition::{add_all, add_value};
use super::entities::Entity;
use super::sql::Sql;
use crate::Error;
use crate::search::{
    self, Cursor, FieldKind, Operand, Order, PAGE_BYTES_MAX, PAGE_ITEMS_MAX, Page, PageStart,
    SORT_TEXT_CHARS, Search, Sorting, TOTAL_ITEMS_COUNTED_MAX,
};
use crate::sql::columns::{Columns, Row};
use crate::sql::connection::Connection;
use crate::sql::database::Database;
use crate::sql::dialect::Dialect;
use crate::sql::statement::Statement;

/// The record with this key.
pub(crate) async fn find<F: Entity, D: Database>(database: &D, key: Key) -> Result<Option<F::Record>, Error> {
    let mut sql = Sql::new(D::DIALECT, "SELECT ");
    sql.add(&F::COLUMNS.join(", ")).add(" FROM ").add(F::FROM).add(" WHERE ");
    add_value(&mut sql, F::KEY.column());
    sql.add(" = ").bind(&Operand::Integer(key.get()));
    database.readers().optional(&sql.into_statement(true), F::read).await
}

/// One page, and how much there is in all.
pub(crate) async fn search<F: Entity, D: Database>(
    database: &D,
    search: &Search<F>,
) -> Result<Page<F::Record>, Error> {
    search::check(search)?;
    let sorting = Sorting::new(&search.sort);
    let request = Request::new(search, &sorting)?;
    // It would keep a connection from others, and an old state of the database alive.
    let time_max = database.search_time_max();
    let (counted, mut found) = tokio::time::timeout(time_max, read(database, search, &request))
        .await
        .map_err(|_| Error::SearchTooSlow { seconds: time_max.as_secs() })??;
    if request.backwards {
        found.reverse();
    }
    let cursor = |item: Option<&Found<F>>| item.map(|item| item.cursor.clone().encode(&sorting));
    Ok(Page {
        total_items: counted.min(TOTAL_ITEMS_COUNTED_MAX),
        has_more_total_items: counted > TOTAL_ITEMS_COUNTED_MAX,
        start_cursor: cursor(found.first()),
        end_cursor: cursor(found.last()),
        items: found.into_iter().map(|item| item.record).collect(),
    })
}

/// How many there are, and the items of the page, both of the same moment.
async fn read<F: Entity, D: Database>(
    database: &D,
    search: &Search<F>,
    request: &Request<F>,
) -> Result<(u64, Vec<Found<F>>), Error> {
    let mut reader = database.readers().acquire_with(D::DIALECT.begin_snapshot).await?;
    let db = reader.connection();
    let counted = count(D::DIALECT, db, search).await?;
    let found = items(D::DIALECT, db, search, request).await?;
    db.execute(Statement::new("COMMIT")).await?;
    reader.finish();
    Ok((counted, found))
}

/// A record and its place in the order.
struct Found<F: Entity> {
    record: F::Record,
    cursor: Cursor,
}

/// What part of the result to read, in which direction.
struct Request<F> {
    sorting: Sorting<F>,
    beyond: Option<Cursor>,
    skip: u64,
    limit: u32,
    backwards: bool,
}

impl<F: Entity> Request<F> {
    fn new(search: &Search<F>, sorting: &Sorting<F>) -> Result<Self, Error> {
        let (beyond, skip, backwards) = match &search.page.start {
            PageStart::From(skip) => (None, *skip, false),
            PageStart::After(cursor) => (Some(Cursor::decode(cursor, sorting)?), 0, false),
            PageStart::Before(cursor) => (Some(Cursor::decode(cursor, sorting)?), 0, true),
        };
        let sorting = if backwards { sorting.reversed() } else { sorting.clone() };
        Ok(Self { sorting, beyond, skip, limit: search.page.limit.min(PAGE_ITEMS_MAX), backwards })
    }
}

async fn count<F: Entity>(
    dialect: &'static Dialect,
    db: &mut impl Connection,
    search: &Search<F>,
) -> Result<u64, Error> {
    let mut sql = Sql::new(dialect, "SELECT count(*) FROM (SELECT 1 FROM ");
    sql.add(F::FROM).add(" WHERE ");
    add_all(&mut sql, &search.conditions);
    sql.add(" LIMIT ").bind_number(TOTAL_ITEMS_COUNTED_MAX + 1).add(") AS counted");
    let row = db.row(&sql.into_statement(false)).await?;
    row.map_or(Ok(0), |row| Columns::new(&row).number())
}

/// The statement that reads a page's items.
fn items_statement<F: Entity>(dialect: &'static Dialect, search: &Search<F>, request: &Request<F>) -> Sql {
    let sorting = &request.sorting;
    let mut sql = Sql::new(dialect, "SELECT ");
    sql.add(&F::COLUMNS.join(", "));
    for (field, _) in &sorting.fields {
        sql.add(", ");
        add_sort_value(&mut sql, *field);
    }
    sql.add(", ");
    add_value(&mut sql, F::KEY.column());
    sql.add(" FROM ").add(F::FROM).add(" WHERE ");
    add_all(&mut sql, &search.conditions);
    if let Some(cursor) = &request.beyond {
        sql.add(" AND ");
        add_beyond(&mut sql, sorting, cursor);
    }
    sql.add(" ORDER BY ");
    for (field, order) in &sorting.fields {
        add_sort_value(&mut sql, *field);
        sql.add(direction(*order)).add(place_of_null(field.column(), *order)).add(", ");
    }
    add_value(&mut sql, F::KEY.column());
    sql.add(direction(sorting.key)).add(" LIMIT ").bind_number(request.limit.into());
    sql.add(" OFFSET ").bind_number(request.skip);
    sql
}

async fn items<F: Entity>(
    dialect: &'static Dialect,
    db: &mut impl Connection,
    search: &Search<F>,
    request: &Request<F>,
) -> Result<Vec<Found<F>>, Error> {
    let statement = items_statement(dialect, search, request).into_statement(false);
    let mut rows = db.stream(&statement);
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.try_next().await? {
        let item = read_item(&row, &request.sorting)?;
        bytes += F::bytes(&item.record);
        if bytes > PAGE_BYTES_MAX && !found.is_empty() {
            break;
        }
        found.push(item);
    }
    Ok(found)
}

fn read_item<F: Entity>(row: &dyn Row, sorting: &Sorting<F>) -> Result<Found<F>, Error> {
    let columns = &mut Columns::new(row);
    let record = F::read(columns)?;
    let values = sorting
        .fields
        .iter()
        .map(|(field, _)| match field.kind() {
            FieldKind::Integer => Ok(columns.optional_integer()?.map(Operand::Integer)),
            FieldKind::Text | FieldKind::LongText | FieldKind::Texts => {
                Ok(columns.optional_string()?.map(Operand::Text))
            }
        })
        .collect::<Result<_, Error>>()?;
    Ok(Found { record, cursor: Cursor { values, key: columns.integer()? } })
}

/// What is sorted by: the beginning of long texts, because it becomes part of cursors.
fn add_sort_value<F: Entity>(sql: &mut Sql, field: F) {
    if field.kind() == FieldKind::LongText {
        sql.add("substr(");
        add_value(sql, field.column());
        sql.add(&format!(", 1, {SORT_TEXT_CHARS})"));
    } else {
        add_value(sql, field.column());
    }
}

/// Adds the condition that an item comes after the cursor: for one of the sort values it does, and all before it are equal.
fn add_beyond<F: Entity>(sql: &mut Sql, sorting: &Sorting<F>, cursor: &Cursor) {
    let compared: Vec<_> = sorting.fields.iter().zip(&cursor.values).collect();
    add_index_bound(sql, &compared);
    sql.add("(");
    for (index, ((field, order), value)) in compared.iter().enumerate() {
        sql.add("(");
        add_equal(sql, &compared[..index]);
        add_after(sql, *field, *order, value.as_ref());
        sql.add(") OR ");
    }
    sql.add("(");
    add_equal(sql, &compared);
    add_value(sql, F::KEY.column());
    sql.add(comparison(sorting.key)).bind(&Operand::Integer(cursor.key));
    sql.add("))");
}

/// Follows from what comes after it, and lets the engine start in the middle of an index.
fn add_index_bound<F: Entity>(sql: &mut Sql, compared: &[(&(F, Order), &Option<Operand>)]) {
    if let Some(((field, order), Some(value))) = compared.first()
        && matches!(field.column(), Column::Required(_))
    {
        add_sort_value(sql, *field);
        sql.add(comparison(*order)).add("= ").bind(value).add(" AND ");
    }
}

fn add_equal<F: Entity>(sql: &mut Sql, compared: &[(&(F, Order), &Option<Operand>)]) {
    for ((field, _), value) in compared {
        add_sort_value(sql, *field);
        match value {
            Some(value) => sql.add(" = ").bind(value),
            None => sql.add(" IS NULL"),
        };
        sql.add(" AND ");
    }
}

/// Missing values come first in ascending order and last in descending order.
fn add_after<F: Entity>(sql: &mut Sql, field: F, order: Order, value: Option<&Operand>) {
    match (value, order) {
        (None, Order::Descending) => {
            sql.add("FALSE");
        }
        (None, Order::Ascending) => {
            add_sort_value(sql, field);
            sql.add(" IS NOT NULL");
        }
        (Some(value), order) => {
            sql.add("(");
            add_sort_value(sql, field);
            sql.add(comparison(order)).bind(value);
            if order == Order::Descending {
                sql.add(" OR ");
                add_sort_value(sql, field);
                sql.add(" IS NULL");
            }
            sql.add(")");
        }
    }
}

fn direction(order: Order) -> &'static str {
    match order {
        Order::Ascending => " ASC",
        Order::Descending => " DESC",
    }
}

/// Missing values come first in ascending order. Where there can be none, nothing is said: that would keep indexes from
/// being read in their order.
fn place_of_null(column: Column, order: Order) -> &'static str {
    match (column, order) {
        (Column::Required(_) | Column::Flag(_) | Column::Names(_), _) => "",
        (Column::Nullable(_) | Column::Long(_) | Column::List(_), Order::Ascending) => " NULLS FIRST",
        (Column::Nullable(_) | Column::Long(_) | Column::List(_), Order::Descending) => " NULLS LAST",
    }
}

/// What later items are in comparison with earlier ones.
fn comparison(order: Order) -> &'static str {
    match order {
        Order::Ascending => " >",
        Order::Descending => " <",
    }
}

/// The text of the statement that reads a page's items. For tests of query plans.
#[cfg(test)]
pub(crate) fn statement_text<F: Entity>(
    dialect: &'static Dialect,
    search: &Search<F>,
) -> Result<String, Error> {
    let request = Request::new(search, &Sorting::new(&search.sort))?;
    Ok(items_statement(dialect, search, &request).text().to_owned())
}
