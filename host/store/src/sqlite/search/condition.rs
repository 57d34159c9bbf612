//! Conditions of a filter as SQL.

use super::columns::Column;
use super::entities::Entity;
use super::sql::Sql;
use crate::search::{Condition, FieldKind, Operand, Operator};

/// Adds conditions that must all hold.
pub(super) fn add_all<F: Entity>(sql: &mut Sql, conditions: &[Condition<F>]) {
    if conditions.is_empty() {
        sql.add("1");
        return;
    }
    sql.join(conditions, " AND ", |sql, condition| match condition {
        Condition::Field(field, operator) => add_field(sql, *field, operator),
        Condition::Any(alternatives) if alternatives.is_empty() => {
            sql.add("0");
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
        Column::Nullable(expression) | Column::Required(expression) | Column::List(expression) => {
            sql.add(expression);
        }
        Column::Flag(condition) => {
            sql.add("(").add(condition).add(")");
        }
        Column::Names(names) => {
            sql.add("CASE ");
            for (name, condition) in names {
                sql.add("WHEN ").add(condition).add(" THEN '").add(name).add("' ");
            }
            sql.add("END");
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
            sql.add("(0");
            for (name, condition) in names {
                if wanted(name) {
                    sql.add(" OR (").add(condition).add(")");
                }
            }
            sql.add(")");
        }
        (column, operator) => add_scalar(sql, kind, column, operator),
    }
}

/// The condition under which a column of names is `name`; never for a name that it does not have.
fn add_name(sql: &mut Sql, names: &[(&str, &str)], name: &str) {
    let condition = names.iter().find(|(known, _)| *known == name).map_or("0", |(_, condition)| condition);
    sql.add("(").add(condition).add(")");
}

fn add_scalar(sql: &mut Sql, kind: FieldKind, column: Column, operator: &Operator) {
    match operator {
        Operator::Neq(operand) if !fits(kind, operand) => {
            sql.add("1");
        }
        Operator::Neq(operand) => {
            add_value(sql, column);
            sql.add(" IS NOT ").bind(operand);
        }
        Operator::NotIn(operands) => {
            // Null is none of them.
            sql.add("(");
            add_value(sql, column);
            sql.add(" IS NULL OR ");
            add_value(sql, column);
            sql.add(" NOT IN (");
            add_operands(sql, kind, operands);
            sql.add("))");
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
    sql.add("(0 < (SELECT count(*) FROM json_each(").add(array).add(") AS item WHERE ");
    let item = |sql: &mut Sql| {
        sql.add("item.value");
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
            value(sql);
            sql.add(" IN (");
            add_operands(sql, kind, operands);
            sql.add(")");
            return;
        }
        Operator::Like(pattern) if kind != FieldKind::Integer => {
            value(sql);
            sql.add(" GLOB ").bind(&Operand::Text(glob(pattern)));
            return;
        }
        Operator::Like(_) | Operator::Neq(_) | Operator::NotIn(_) | Operator::Exists(_) => {
            sql.add("0");
            return;
        }
    };
    if fits(kind, operand) {
        value(sql);
        sql.add(comparison).bind(operand);
    } else {
        sql.add("0");
    }
}

fn add_operands(sql: &mut Sql, kind: FieldKind, operands: &[Operand]) {
    let fitting = operands.iter().filter(|operand| fits(kind, operand));
    sql.join(fitting, ",", |sql, operand| {
        sql.bind(operand);
    });
}

/// Whether a field of this kind can have this value. SQLite would convert one that does not fit.
fn fits(kind: FieldKind, operand: &Operand) -> bool {
    match operand {
        Operand::Text(_) => kind != FieldKind::Integer,
        Operand::Integer(_) => kind == FieldKind::Integer,
    }
}

/// The pattern in SQLite's own language, which takes brackets for sets of characters and knows no escapes.
fn glob(pattern: &str) -> String {
    let mut glob = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let literal = match character {
            '*' | '?' => {
                glob.push(character);
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            character => character,
        };
        match literal {
            '*' | '?' | '[' => glob.extend(['[', literal, ']']),
            literal => glob.push(literal),
        }
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn patterns_become_globs() {
        for (pattern, expected) in [
            ("a*b?", "a*b?"),
            (r"a\*b\?", "a[*]b[?]"),
            ("[a]", "[[]a]"),
            (r"\\", r"\"),
            (r"\", r"\"),
            (r"\a", "a"),
        ] {
            assert_eq!(glob(pattern), expected, "{pattern}");
        }
    }
}
