//! Statements over many rows.
//!
//! One statement per row costs more than thirty times as much as one statement over hundreds. Rows are written in groups
//! of few sizes, so that few texts of statements exist and each is prepared once.

use std::sync::{Arc, OnceLock};

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::rows::Values;
use crate::Error;

/// Sizes of groups: 1, 2, 3, 4, 6, 8, 12 … 192, 256 rows, so that any number up to 256 needs at most four groups.
/// Larger ones save little, and SQLite keeps memory for each parameter of each statement.
const GROUP_SIZES: usize = 17;

/// The largest group that `rows` rows fill, as its number and its size. Odd numbers are the sizes between two powers of two.
fn group(rows: usize) -> (usize, usize) {
    let power = (rows.ilog2() as usize).min(GROUP_SIZES / 2);
    let between = (1 << power) + (1 << power) / 2;
    let is_between = (1..GROUP_SIZES / 2).contains(&power) && between <= rows;
    if is_between { (2 * power + 1, between) } else { (2 * power, 1 << power) }
}

/// A statement over any number of rows, one of whose parts is repeated for each row.
pub(super) struct Bulk {
    before: &'static str,
    row: &'static str,
    separator: &'static str,
    after: &'static str,
    texts: [OnceLock<Arc<str>>; GROUP_SIZES],
}

impl Bulk {
    /// `row` is repeated with `separator` between `before` and `after`.
    pub(super) const fn new(
        before: &'static str,
        row: &'static str,
        separator: &'static str,
        after: &'static str,
    ) -> Self {
        Self { before, row, separator, after, texts: [const { OnceLock::new() }; GROUP_SIZES] }
    }

    /// Executes the statement for all `rows`; `bind` adds the parameters of one. Returns how many rows it has touched.
    pub(super) async fn execute<R>(
        &self,
        connection: &mut SqliteConnection,
        rows: Vec<R>,
        bind: impl Fn(&mut Values, R),
    ) -> Result<u64, Error> {
        let mut touched = 0;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let (number, size) = group(rows.len());
            let mut values = Values::default();
            for row in rows.by_ref().take(size) {
                bind(&mut values, row);
            }
            let text = AssertSqlSafe(Arc::clone(self.text(number, size)));
            let result = sqlx::query_with(text, values.into_arguments()?).execute(&mut *connection).await?;
            touched += result.rows_affected();
        }
        Ok(touched)
    }

    /// The text for three rows.
    #[cfg(test)]
    pub(super) fn sample(&self) -> &Arc<str> {
        self.text(3, 3)
    }

    fn text(&self, number: usize, size: usize) -> &Arc<str> {
        self.texts[number].get_or_init(|| {
            let rows = vec![self.row; size].join(self.separator);
            format!("{}{rows}{}", self.before, self.after).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{GROUP_SIZES, group};

    #[test]
    fn groups_are_as_large_as_they_can_be() {
        for (rows, size) in
            [(1, 1), (2, 2), (3, 3), (5, 4), (6, 6), (7, 6), (191, 128), (192, 192), (255, 192), (9_999, 256)]
        {
            assert_eq!(group(rows).1, size, "{rows} rows");
        }
    }

    #[test]
    fn each_size_has_its_number() {
        let mut sizes = BTreeMap::new();
        for rows in 1..1_000 {
            let (number, size) = group(rows);
            assert!(number < GROUP_SIZES && size <= rows);
            assert_eq!(*sizes.entry(number).or_insert(size), size);
        }
        assert_eq!(sizes.len(), 16);
    }

    #[test]
    fn four_groups_are_enough_up_to_the_largest() {
        for rows in 1..=256 {
            let (mut left, mut groups) = (rows, 0);
            while left > 0 {
                left -= group(left).1;
                groups += 1;
            }
            assert!(groups <= 4, "{rows} rows take {groups} groups");
        }
    }
}
