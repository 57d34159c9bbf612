//! PostgreSQL's words.

use std::sync::{Arc, LazyLock};

use super::due::DUE;
use super::ended::ENDED;
use super::exchange::EXCHANGE;
use crate::sql::{Dialect, Load, TABLES_OF_INSTANCE, tables_of_instance};

pub(super) static DIALECT: Dialect = Dialect {
    numbers_parameters: true,
    flag: ["(", ")::int"],
    name_collation: " COLLATE \"C\"",
    items: ["unnest(", ") AS item"],
    item: "item",
    like: " LIKE ",
    pattern: like,
    beginning: Some(["left(", ", 255)"]),
    begin_snapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    among: ["= ANY (ARRAY(", "))"],
    due: DUE,
    ended: ENDED,
    exchange: EXCHANGE,
};

/// Each table has columns of its own in the result, because the rows of a union have the same types.
/// The first part of the union gives these types and no rows; the planner drops it.
pub(super) static LOAD: LazyLock<Load> = LazyLock::new(|| {
    let tables = tables_of_instance();
    let (names, sources): (Vec<String>, Vec<String>) = (0..)
        .zip(tables)
        .map(|(number, (columns, _, from)): (usize, _)| {
            (format!("t{number}.*"), format!("(SELECT {columns} FROM {from}) AS t{number}"))
        })
        .unzip();
    let mut selects = vec![format!("SELECT 0, {} FROM {} WHERE FALSE", names.join(", "), sources.join(", "))];
    let mut starts = [1; TABLES_OF_INSTANCE];
    for (number, (columns, _, from)) in tables.into_iter().enumerate() {
        if number > 0 {
            starts[number] = starts[number - 1] + tables[number - 1].1;
        }
        let nulls =
            |tables: &[(&str, usize, &str)]| ", NULL".repeat(tables.iter().map(|(_, width, _)| *width).sum());
        let (before, after) = (nulls(&tables[..number]), nulls(&tables[number + 1..]));
        selects.push(format!("SELECT {number}{before}, {columns}{after} FROM {from}"));
    }
    // The first table first.
    let text: Arc<str> = format!("{} ORDER BY 1", selects.join(" UNION ALL ")).into();
    Load { text, starts }
});

/// The pattern in SQL's own language, which has other characters for any text and any character.
fn like(pattern: &str) -> String {
    let mut like = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let literal = match character {
            '*' => {
                like.push('%');
                continue;
            }
            '?' => {
                like.push('_');
                continue;
            }
            '\\' => characters.next().unwrap_or('\\'),
            character => character,
        };
        if matches!(literal, '%' | '_' | '\\') {
            like.push('\\');
        }
        like.push(literal);
    }
    like
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn patterns_become_those_of_sql() {
        for (pattern, expected) in [
            ("a*b?", "a%b_"),
            (r"a\*b\?", "a*b?"),
            ("100%_", r"100\%\_"),
            (r"\\", r"\\"),
            (r"\", r"\\"),
            (r"\a", "a"),
        ] {
            assert_eq!(like(pattern), expected, "{pattern}");
        }
    }
}
