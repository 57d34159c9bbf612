//! Statements over many rows.

use super::script::{Failure, Script};
use crate::sql::{Shape, Values};

/// Most rows of one statement. SQLite allows 32,766 parameters, and the widest row has 20.
const ROWS_MAX: usize = 500;

/// A statement over any number of rows, one of whose parts is repeated for each row.
///
/// One statement per row would cost more than ten times as much as one statement over hundreds.
pub(super) struct Bulk {
    table: &'static str,
    before: String,
    row: String,
    separator: &'static str,
    after: String,
}

impl Bulk {
    /// Writes new rows, and of those that exist the columns that can change.
    pub(super) fn upsert(shape: &Shape) -> Self {
        Self {
            table: shape.name,
            before: format!("INSERT INTO {} ({}) VALUES ", shape.name, shape.column_names()),
            row: format!("({})", vec!["?"; shape.columns.len()].join(",")),
            separator: ",",
            after: shape.on_conflict(),
        }
    }

    /// The same, where instances may have got another version of their process.
    pub(super) fn upsert_migrating(shape: &Shape) -> Self {
        Self { after: shape.on_conflict_migrating(), ..Self::upsert(shape) }
    }

    /// Removes rows.
    pub(super) fn delete(shape: &Shape) -> Self {
        let table = shape.name;
        let (before, after) = (format!("DELETE FROM {table} WHERE "), String::new());
        match shape.key() {
            [(key, _)] => Self {
                table,
                before: format!("{before}{key} IN ("),
                row: "?".to_owned(),
                separator: ",",
                after: ")".to_owned(),
            },
            // Not `IN (VALUES …)`: for rows of values SQLite reads the whole table.
            key => {
                let compared: Vec<String> = key.iter().map(|(name, _)| format!("{name} = ?")).collect();
                let row = format!("({})", compared.join(" AND "));
                Self { table, before, row, separator: " OR ", after }
            }
        }
    }

    /// Adds the statement for all `rows` to a script, which checks that each touches a row of the table;
    /// `bind` adds the parameters of one.
    pub(super) async fn add_to<'b, R>(
        &self,
        script: &mut Script<'_>,
        rows: Vec<R>,
        bind: impl Fn(&mut Values<'b>, R),
    ) -> Result<(), Failure> {
        let mut values = Values::default();
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let count = rows.len().min(ROWS_MAX);
            rows.by_ref().take(count).for_each(|row| bind(&mut values, row));
            let add_text = |text: &mut String| self.add_text(text, count);
            script.add(self.table, count, add_text, &mut values).await?;
        }
        Ok(())
    }

    /// The text for three rows.
    #[cfg(test)]
    pub(super) fn sample(&self) -> String {
        let mut text = String::new();
        self.add_text(&mut text, 3);
        text
    }

    /// Adds the text for `count` rows.
    fn add_text(&self, text: &mut String, count: usize) {
        text.push_str(&self.before);
        for index in 0..count {
            if index > 0 {
                text.push_str(self.separator);
            }
            text.push_str(&self.row);
        }
        text.push_str(&self.after);
    }
}
