//! The statement that a commit is.
//!
//! A commit is *one* statement, whose parts write one table each: rows are locked from its beginning to its end, and the
//! client is asked nothing in between. It brings the rows of each part as arrays, counts what each part has touched, and
//! fails as a whole when a number is wrong.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, SqlSafeStr, SqlStr};

use super::column::{Column, array_type};
use crate::Error;
use crate::sql::tables::{
    compensable, decision_evaluation, element_instance, incident, job, job_attempt, journal, loop_progress,
    loop_value, mailbox, message_correlation, outbox, process_instance, start_timer, subscription, timer,
    token, user_task, variable,
};
use crate::sql::{Kind, Shape, Value, Values};

/// Most statements that differ in which parts they have. Each stays prepared on each connection that writes,
/// and takes up to half a megabyte there. Commits of a host at work soon have nearly all parts.
pub(super) const STATEMENTS_MAX: usize = 32;

/// What a part does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Compares the epochs of partitions, and advances their counters.
    Fence,
    /// Writes new rows, and of those that exist the columns that can change.
    Put,
    /// Removes rows.
    Remove,
}

/// The fence's columns.
pub(super) static FENCE: Shape = Shape {
    name: "partition",
    columns: &[("id", Kind::Integer), ("next_key_counter", Kind::Integer), ("epoch", Kind::Integer)],
    key_columns: 1,
    changing: &["next_key_counter"],
    migrating: &[],
};

/// All parts, in the order in which they are written. Rows are removed first: what comes may take the unique name of what goes.
static PARTS: LazyLock<Vec<(&'static Shape, Action)>> = LazyLock::new(|| {
    let added =
        [(&FENCE, Action::Fence), (&journal::SHAPE, Action::Put), (&process_instance::SHAPE, Action::Put)];
    let changed = [
        &element_instance::TABLE.shape,
        &variable::TABLE.shape,
        &token::TABLE.shape,
        &job::TABLE.shape,
        &timer::TABLE.shape,
        &user_task::TABLE.shape,
        &incident::TABLE.shape,
        // Those above are in nearly every commit: see `COMMON`.
        &subscription::TABLE.shape,
        &compensable::TABLE.shape,
        &loop_progress::TABLE.shape,
        &loop_value::TABLE.shape,
        &job_attempt::SHAPE,
        &outbox::SHAPE,
        &mailbox::SHAPE,
        &start_timer::SHAPE,
    ];
    let changed = changed.into_iter().flat_map(|shape| [(shape, Action::Remove), (shape, Action::Put)]);
    let only_added = [(&decision_evaluation::SHAPE, Action::Put), (&message_correlation::SHAPE, Action::Put)];
    added.into_iter().chain(changed).chain(only_added).collect()
});

/// The parts that processes of tasks and gateways need.
const COMMON: u64 = (1 << 17) - 1;

/// The rows of one part.
#[derive(Debug)]
struct Rows {
    count: i64,
    columns: Vec<Column>,
}

/// The rows of a commit, part by part.
#[derive(Debug)]
pub(super) struct Parts {
    /// As in [`PARTS`]; `None` where there are no rows.
    rows: Vec<Option<Rows>>,
}

impl Parts {
    pub(super) fn new() -> Self {
        Self { rows: PARTS.iter().map(|_| None).collect() }
    }

    /// Adds rows to the part that does `action` with the table of `shape`; `bind` gives the values of one.
    pub(super) fn add<'b, R>(
        &mut self,
        shape: &'static Shape,
        action: Action,
        rows: impl IntoIterator<Item = R>,
        bind: impl Fn(&mut Values<'b>, R),
    ) -> Result<(), Error> {
        let index = PARTS
            .iter()
            .position(|(other, what)| other.name == shape.name && *what == action)
            .expect("every part is listed");
        let part = &mut self.rows[index];
        let mut values = Values::default();
        for row in rows {
            let part = part.get_or_insert_with(|| Rows::new(shape, action));
            bind(&mut values, row);
            part.count += 1;
            for (column, value) in part.columns.iter_mut().zip(values.drain()?) {
                column.push(&value)?;
            }
        }
        Ok(())
    }
}

impl Rows {
    fn new(shape: &Shape, action: Action) -> Self {
        let columns = bound(shape, action).iter().map(|(_, kind)| Column::new(*kind)).collect();
        Self { count: 0, columns }
    }
}

/// The columns that a part brings.
fn bound(shape: &Shape, action: Action) -> &'static [(&'static str, Kind)] {
    match action {
        Action::Fence | Action::Put => shape.columns,
        Action::Remove => shape.key(),
    }
}

/// The statements of one connection.
#[derive(Debug, Default)]
pub(super) struct Statements {
    texts: HashMap<u64, Arc<str>>,
}

impl Statements {
    /// The statement that writes `parts`, and its arguments.
    pub(super) fn of(&mut self, parts: Parts) -> Result<(SqlStr, PgArguments), Error> {
        let mut mask: u64 = 0;
        for (index, _) in parts.rows.iter().enumerate().filter(|(_, rows)| rows.is_some()) {
            mask |= 1 << index;
        }
        if self.texts.len() >= STATEMENTS_MAX && !self.texts.contains_key(&mask) {
            mask = if mask & !COMMON == 0 { COMMON } else { (1 << PARTS.len()) - 1 };
        }
        let text = self.texts.entry(mask).or_insert_with(|| text(mask).into());
        let mut arguments = PgArguments::default();
        let add = |added: Result<(), sqlx::error::BoxDynError>| {
            added.map_err(|error| Error::Damaged(error.to_string()))
        };
        for (index, (rows, (shape, action))) in parts.rows.into_iter().zip(&*PARTS).enumerate() {
            if mask & (1 << index) == 0 {
                continue;
            }
            let Rows { count, columns } = rows.unwrap_or_else(|| Rows::new(shape, *action));
            for column in columns {
                add(arguments.add(column))?;
            }
            add(arguments.add(count))?;
        }
        Ok((AssertSqlSafe(Arc::clone(text)).into_sql_str(), arguments))
    }
}

/// The statement with the parts in `mask`.
fn text(mask: u64) -> String {
    let (mut with, mut checks, mut parameters) = (Vec::new(), Vec::new(), 0);
    let mut names: Vec<String> = Vec::new();
    for (index, (shape, action)) in PARTS.iter().enumerate() {
        if mask & (1 << index) == 0 {
            continue;
        }
        let name = format!("{}_{}", shape.name, if *action == Action::Remove { "removed" } else { "put" });
        let arrays: Vec<String> = bound(shape, *action)
            .iter()
            .map(|(_, kind)| {
                parameters += 1;
                format!("${parameters}::{}", array_type(*kind))
            })
            .collect();
        let removed = format!("{}_removed", shape.name);
        let after = names.contains(&removed).then_some(removed.as_str());
        with.push(format!("{name} AS ({} RETURNING 1)", part(shape, *action, &arrays.join(", "), after)));
        parameters += 1;
        checks
            .push(format!("fermata_touched('{}', (SELECT count(*) FROM {name}), ${parameters})", shape.name));
        names.push(name);
    }
    format!("WITH {} SELECT {}", with.join(", "), checks.join(" AND "))
}

/// A part without what it returns. `after` is a part that must come first.
fn part(shape: &Shape, action: Action, arrays: &str, after: Option<&str>) -> String {
    let table = shape.name;
    let rows = |columns: &[(&str, Kind)]| {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        format!("unnest({arrays}) AS r ({})", names.join(", "))
    };
    let equal_keys = || {
        let compared: Vec<String> =
            shape.key().iter().map(|(name, _)| format!("{table}.{name} = r.{name}")).collect();
        compared.join(" AND ")
    };
    match (action, shape.key()) {
        // Updating the row locks it, and taking the partition updates it too: one waits for the other.
        (Action::Fence, _) => format!(
            "UPDATE partition SET next_key_counter = greatest(partition.next_key_counter, r.next_key_counter) \
             FROM {} WHERE partition.id = r.id AND partition.epoch = r.epoch",
            rows(shape.columns)
        ),
        (Action::Remove, [(key, _)]) => format!("DELETE FROM {table} WHERE {key} = ANY ({arrays})"),
        (Action::Remove, key) => {
            format!("DELETE FROM {table} USING {} WHERE {}", rows(key), equal_keys())
        }
        (Action::Put, _) => {
            let values: Vec<String> = shape
                .columns
                .iter()
                .map(|(name, kind)| match kind {
                    Kind::Texts => format!("r.{name}::text[]"),
                    Kind::Integer | Kind::Flag | Kind::Text | Kind::Bytes => format!("r.{name}"),
                })
                .collect();
            let mut conditions: Vec<String> = Vec::new();
            // The order of parts is left open except where one needs the result of another.
            conditions.extend(after.map(|after| format!("(SELECT count(*) FROM {after}) >= 0")));
            if table == process_instance::SHAPE.name {
                conditions.push(
                    "EXISTS (SELECT FROM process_definition d WHERE d.key = r.definition_key)".to_owned(),
                );
            }
            let condition = match conditions.is_empty() {
                true => String::new(),
                false => format!(" WHERE {}", conditions.join(" AND ")),
            };
            format!(
                "INSERT INTO {table} ({}) SELECT {} FROM {}{condition}{}",
                shape.column_names(),
                values.join(", "),
                rows(shape.columns),
                // Values that stay the same cost no index.
                shape.on_conflict_migrating()
            )
        }
    }
}

/// A query for the place of the first of the keys of `shape` that has no row, counted from 1.
pub(super) fn first_missing(shape: &Shape) -> String {
    let (names, arrays): (Vec<&str>, Vec<String>) = (1..)
        .zip(shape.key())
        .map(|(number, (name, kind)): (usize, _)| (*name, format!("${number}::{}", array_type(*kind))))
        .unzip();
    let compared: Vec<String> = names.iter().map(|name| format!("t.{name} = r.{name}")).collect();
    format!(
        "SELECT r.place FROM unnest({}) WITH ORDINALITY AS r ({}, place) \
         WHERE NOT EXISTS (SELECT FROM {} t WHERE {}) ORDER BY r.place LIMIT 1",
        arrays.join(", "),
        names.join(", "),
        shape.name,
        compared.join(" AND ")
    )
}

/// The keys in `rows` as arguments of [`first_missing`].
pub(super) fn keys<'b, R>(
    shape: &Shape,
    rows: impl IntoIterator<Item = R>,
    bind_key: impl Fn(&mut Values<'b>, R),
) -> Result<PgArguments, Error> {
    let mut columns: Vec<Column> = shape.key().iter().map(|(_, kind)| Column::new(*kind)).collect();
    let mut values = Values::default();
    for row in rows {
        bind_key(&mut values, row);
        for (column, value) in columns.iter_mut().zip(values.drain()?) {
            let value: Value<'_> = value;
            column.push(&value)?;
        }
    }
    let mut arguments = PgArguments::default();
    for column in columns {
        arguments.add(column).map_err(|error| Error::Damaged(error.to_string()))?;
    }
    Ok(arguments)
}

#[cfg(test)]
impl Statements {
    /// Makes as if there were as many statements as there may be.
    pub(super) fn fill_up(&mut self) {
        let others = (1..).map(|number: u64| (u64::MAX - number, Arc::from("")));
        let missing = STATEMENTS_MAX.saturating_sub(self.texts.len());
        self.texts.extend(others.take(missing));
    }

    pub(super) fn count(&self) -> usize {
        self.texts.len()
    }
}

/// The statement with all parts. For tests of query plans.
#[cfg(test)]
pub(super) fn whole() -> String {
    text((1 << PARTS.len()) - 1)
}
