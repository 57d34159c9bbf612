//! Statements over many rows.

use super::rows::Values;
use super::script::{Failure, Script};

/// Most rows of one statement. SQLite allows 32,766 parameters, and the widest row has 17.
const ROWS_MAX: usize = 500;

/// A statement over any number of rows, one of whose parts is repeated for each row.
///
/// One statement per row would cost more than ten times as much as one statement over hundreds.
pub(super) struct Bulk {
    before: &'static str,
    row: &'static str,
    separator: &'static str,
    after: &'static str,
}

impl Bulk {
    /// `row` is repeated with `separator` between `before` and `after`.
    pub(super) const fn new(
        before: &'static str,
        row: &'static str,
        separator: &'static str,
        after: &'static str,
    ) -> Self {
        Self { before, row, separator, after }
    }

    /// Adds the statement for all `rows` to a script, which checks that each touches a row of `table`;
    /// `bind` adds the parameters of one.
    pub(super) async fn add_to<R>(
        &self,
        script: &mut Script<'_>,
        table: &'static str,
        rows: Vec<R>,
        bind: impl Fn(&mut Values, R),
    ) -> Result<(), Failure> {
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let count = rows.len().min(ROWS_MAX);
            let group = rows.by_ref().take(count);
            let add_text = |text: &mut String| self.add_text(text, count);
            let bind_group = |values: &mut Values| group.for_each(|row| bind(values, row));
            script.add(table, count, add_text, bind_group).await?;
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
        text.push_str(self.before);
        for index in 0..count {
            if index > 0 {
                text.push_str(self.separator);
            }
            text.push_str(self.row);
        }
        text.push_str(self.after);
    }
}
