//! SQLite's words.

use std::sync::{Arc, LazyLock};

use super::due::DUE;
use super::ended::ENDED;
use super::exchange::EXCHANGE;
use crate::sql::{Dialect, Load, TABLES_OF_INSTANCE, tables_of_instance};

pub(super) static DIALECT: Dialect = Dialect {
    numbers_parameters: false,
    flag: ["(", ")"],
    name_collation: "",
    items: ["json_each(", ") AS item"],
    item: "item.value",
    like: " GLOB ",
    pattern: glob,
    beginning: None,
    begin_snapshot: "BEGIN",
    among: ["IN (", ")"],
    due: DUE,
    ended: ENDED,
    exchange: EXCHANGE,
};

/// Rows of narrow tables are filled up to the width of the widest.
pub(super) static LOAD: LazyLock<Load> = LazyLock::new(|| {
    let tables = tables_of_instance();
    let widest = tables.iter().map(|(_, width, _)| *width).max().unwrap_or(0);
    let selects: Vec<String> = (0..)
        .zip(tables)
        .map(|(number, (columns, width, from)): (usize, _)| {
            let padding = ", NULL".repeat(widest - width);
            format!("SELECT {number}, {columns}{padding} FROM {from}")
        })
        .collect();
    let text: Arc<str> = selects.join(" UNION ALL ").into();
    Load { text, starts: [1; TABLES_OF_INSTANCE] }
});

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
