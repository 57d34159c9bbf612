//! Dates, times and durations in the ISO 8601 forms that FEEL reads and writes.
//!
//! Years run from -9999 to 9999, seconds have nine decimals; what lies outside is no value.

mod date;
mod date_time;
mod duration;
mod read;
mod time;
mod zone;

pub(crate) use date::DateText;
pub use date_time::DateTime;
pub use duration::{DaysTimeDuration, YearsMonthsDuration};
pub(crate) use read::{read_any, read_date, read_duration};
pub use time::Time;
pub use zone::Zone;
