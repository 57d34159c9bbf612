//! Dates as text.

use std::fmt;

use jiff::civil::Date;

/// A date as it is written: a year before the year 0 has four digits too, which the calendar library gives six.
pub(crate) struct DateText(pub(crate) Date);

impl fmt::Display for DateText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, year) = (if self.0.year() < 0 { "-" } else { "" }, self.0.year().unsigned_abs());
        write!(formatter, "{sign}{year:04}-{:02}-{:02}", self.0.month(), self.0.day())
    }
}
