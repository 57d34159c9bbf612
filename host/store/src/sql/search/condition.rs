//! Conditions of a filter as SQL.

use super::columns::Column;
use super::entities::Entity;
use super::sql::Sql;
use crate::search::{Condition, FieldKind, Operand, Operator};

/// Adds conditions that must all hold.
pub(super) fn add_all<F: Entity>(sql: &mut Sql, conditions: &[Condition<F>]) {
    if conditions.is_empty() {
        sql.add("TRUE");
        return;
    }
    sql.join(conditions, " AND ", |sql, condition| match condition {
        Condition::Field(field, operator) => add_field(sql, *field, operator),
        Condition::Any(alternatives) if alternatives.is_empty() => {
            sql.add("FALSE");
        }
        Condition::Any(alternatives) => {
            sql.add("(")
                .join(alternatives, " OR ", |sql, alternative| {
                    sql.add("(");
                    add_all(sql, alternative);
                    sql.add(")");
                })
                .add(")");
        }
    });
}

/// The value of a column as an expression.
pub(super) fn add_value(sql: &mut Sql, column: Column) {
    match column {
        Column::Nullable(expression)
        | Column::Required(expression)
        | Column::Long(expression)
        | Column::List(expression) => {
            sql.add(expression);
        }
        Column::Flag(condition) => {
            let [before, after] = sql.dialect.flag;
            sql.add(before).add(condition).add(after);
        }
        Column::Names(names) => {
            sql.add("CASE ");
            for (name, condition) in names {
                sql.add("WHEN ").add(condition).add(" THEN '").add(name).add("' ");
            }
            let collation = sql.dialect.name_collation;
            sql.add("END").add(collation);
        }
    }
}

fn add_field<F: Entity>(sql: &mut Sql, field: F, operator: &Operator) {
    let kind = field.kind();
    match (field.column(), operator) {
        (Column::List(array), operator) => add_list(sql, array, operator),
        (Column::Flag(condition), Operator::Eq(Operand::Integer(1))) => {
            sql.add("(").add(condition).add(")");
        }
        (Column::Names(names), Operator::Eq(Operand::Text(name))) => add_name(sql, names, name),
        (Column::Names(names), Operator::In(operands)) => {
            // Each name once: there are few, but a caller may repeat them thousands of times.
            let wanted = |name: &str| {
                operands.iter().any(|operand| matches!(operand, Operand::Text(text) if text == name))
            };
            sql.add("(FALSE");
            for (name, condition) in names {
                if wanted(name) {
                    sql.add(" OR (").add(condition).add(")");
                }
            }
            sql.add(")");
        }
        (Column::Long(expression), Operator::Eq(operand @ Operand::Text(_))) => {
            add_long(sql, expression, operand);
        }
        (column, operator) => add_scalar(sql, kind, column, operator),
    }
}

/// Equality, in a way that an index over the beginnings of the values serves if there is one.
fn add_long(sql: &mut Sql, expression: &'static str, operand: &Operand) {
    if let Some([before, after]) = sql.dialect.beginning {
        sql.add(before).add(expression).add(after).add(" = ");
        sql.add(before).bind(operand).add(after).add(" AND ");
    }
    sql.add(expression).add(" = ").bind(operand);
}

/// The condition under which a column of names is `name`; never for a name that it does not have.
fn add_name(sql: &mut Sql, names: &[(&str, &str)], name: &str) {
    let condition =
        names.iter().find(|(known, _)| *known == name).map_or("FALSE", |(_, condition)| condition);
    sql.add("(").add(condition).add(")");
}

fn add_scalar(sql: &mut Sql, kind: FieldKind, column: Column, operator: &Operator) {
    match operator {
        Operator::Neq(operand) if !fits(kind, operand) => {
            sql.add("TRUE");
        }
        Operator::Neq(operand) => {
            add_value(sql, column);
            sql.add(" IS DISTINCT FROM ").bind(operand);
        }
        Operator::NotIn(operands) => {
            // Null is none of them.
            sql.add("(");
            add_value(sql, column);
            sql.add(" IS NULL OR NOT ");
            add_in(sql, kind, |sql| add_value(sql, column), operands);
            sql.add(")");
        }
        Operator::Exists(exists) => {
            add_value(sql, column);
            sql.add(if *exists { " IS NOT NULL" } else { " IS NULL" });
        }
        _ => add_comparison(sql, kind, |sql| add_value(sql, column), operator),
    }
}

/// A list meets a condition when one of its items does, and an exclusion when none is excluded.
fn add_list(sql: &mut Sql, array: &str, operator: &Operator) {
    let included = match operator {
        Operator::Exists(exists) => {
            sql.add(array).add(if *exists { " IS NOT NULL" } else { " IS NULL" });
            return;
        }
        Operator::Neq(operand) => &Operator::Eq(operand.clone()),
        Operator::NotIn(operands) => &Operator::In(operands.clone()),
        operator => operator,
    };
    if matches!(operator, Operator::Neq(_) | Operator::NotIn(_)) {
        sql.add("NOT ");
    }
    // Counted: SQLite 3.51 makes a join of `EXISTS`, and then finds a row once for each of its values.
    let [before, after] = sql.dialect.items;
    sql.add("(0 < (SELECT count(*) FROM ").add(before).add(array).add(after).add(" WHERE ");
    let item = |sql: &mut Sql| {
        let item = sql.dialect.item;
        sql.add(item);
    };
    add_comparison(sql, FieldKind::Texts, item, included);
    sql.add("))");
}

/// A comparison that null never meets.
fn add_comparison(sql: &mut Sql, kind: FieldKind, value: impl Fn(&mut Sql), operator: &Operator) {
    let (comparison, operand) = match operator {
        Operator::Eq(operand) => (" = ", operand),
        Operator::Gt(operand) => (" > ", operand),
        Operator::Gte(operand) => (" >= ", operand),
        Operator::Lt(operand) => (" < ", operand),
        Operator::Lte(operand) => (" <= ", operand),
        Operator::In(operands) => {
            add_in(sql, kind, value, operands);
            return;
        }
        Operator::Like(pattern) if kind != FieldKind::Integer => {
            value(sql);
            let pattern = (sql.dialect.pattern)(pattern);
            let like = sql.dialect.like;
            sql.add(like).bind(&Operand::Text(pattern));
            return;
        }
        Operator::Like(_) | Operator::Neq(_) | Operator::NotIn(_) | Operator::Exists(_) => {
            sql.add("FALSE");
            return;
        }
    };
    if fits(kind, operand) {
        value(sql);
        sql.add(comparison).bind(operand);
    } else {
        sql.add("FALSE");
    }
}

/// The condition that a value is one of these; never for none, which not every engine of SQL can write as a list.
fn add_in(sql: &mut Sql, kind: FieldKind, value: impl Fn(&mut Sql), operands: &[Operand]) {
    let mut fitting = operands.iter().filter(|operand| fits(kind, operand)).peekable();
    if fitting.peek().is_none() {
        sql.add("FALSE");
        return;
    }
    value(sql);
    sql.add(" IN (");
    sql.join(fitting, ",", |sql, operand| {
        sql.bind(operand);
    });
    sql.add(")");
}

/// Whether a field of this kind can have this value. SQLite would convert one that does not fit.
fn fits(kind: FieldKind, operand: &Operand) -> bool {
    match operand {
        Operand::Text(_) => kind != FieldKind::Integer,
        Operand::Integer(_) => kind == FieldKind::Integer,
    }
}
