//! Where a field stands in the author's notation.

use std::fmt;

use toml::de::{DeTable, DeValue};

/// A place in a text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The letter of the line.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// ` (line 3, column 1)`, where that is known.
pub(crate) fn shown(place: Option<Place>) -> String {
    place.map(|place| format!(" ({place})")).unwrap_or_default()
}

/// The place of `field` in `text`, or of what it is missing in: `hosts[0].name`, or `hosts.0.name`.
pub(crate) fn of(text: &str, field: &str) -> Option<Place> {
    let table = DeTable::parse(text).ok()?;
    let mut place = None;
    let mut inside = Inside::Table(table.get_ref());
    for part in field.split(['.', '[', ']']).filter(|part| !part.is_empty()) {
        let (start, value) = match inside {
            Inside::Table(table) => match table.iter().find(|(key, _)| key.get_ref() == part) {
                Some((key, value)) => (key.span().start, value),
                None => break,
            },
            Inside::Value(DeValue::Array(entries)) => {
                match part.parse().ok().and_then(|index: usize| entries.get(index)) {
                    Some(value) => (value.span().start, value),
                    None => break,
                }
            }
            Inside::Value(_) => break,
        };
        place = Some(start);
        inside = match value.get_ref() {
            DeValue::Table(table) => Inside::Table(table),
            value => Inside::Value(value),
        };
    }
    let before = text.get(..place?)?;
    let line = before.rsplit('\n').next().unwrap_or_default();
    Some(Place { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 })
}

/// What the next part of a field's name is looked for in.
enum Inside<'t> {
    Table(&'t DeTable<'t>),
    Value(&'t DeValue<'t>),
}
