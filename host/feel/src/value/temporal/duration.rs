//! The two kinds of durations: exact ones, and those that depend on the calendar.

use std::fmt;

use jiff::{SignedDuration, Span, civil};

use crate::number::Number;

/// Days, hours, minutes and seconds: an exact duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DaysTimeDuration(pub SignedDuration);

/// Years and months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearsMonthsDuration {
    /// All of it in months; negative for a duration into the past.
    pub months: i64,
}

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl DaysTimeDuration {
    /// The whole length in seconds.
    pub fn seconds(self) -> Option<Number> {
        let fraction = Number::from(self.0.subsec_nanos()).checked_div(Number::from(NANOS_PER_SECOND))?;
        Number::from(self.0.as_secs()).checked_add(fraction)
    }

    /// The duration of so many seconds; what is below a nanosecond is dropped.
    pub fn from_seconds(seconds: Number) -> Option<DaysTimeDuration> {
        let whole = seconds.truncate_to_i64()?;
        let fraction = seconds.checked_sub(Number::from(whole))?;
        let nanos = fraction.checked_mul(Number::from(NANOS_PER_SECOND))?.truncate_to_i64()?;
        let seconds = SignedDuration::from_secs(whole);
        seconds.checked_add(SignedDuration::from_nanos(nanos)).map(DaysTimeDuration)
    }

    /// The whole days in it.
    pub fn days(self) -> i64 {
        self.0.as_secs() / DAY.as_secs()
    }

    /// `date` so many days later; hours that make no whole day count as far as the date reaches.
    pub(crate) fn after(self, date: civil::Date) -> Option<civil::Date> {
        let moved = date.to_datetime(civil::Time::midnight()).checked_add(self.0).ok()?;
        Some(moved.date())
    }
}

impl YearsMonthsDuration {
    /// The whole years in it.
    pub fn years(self) -> i64 {
        self.months / 12
    }

    /// `date` so many months later; the day is cut down to the length of its month.
    pub(crate) fn after(self, date: civil::Date) -> Option<civil::Date> {
        date.checked_add(Span::new().try_months(self.months).ok()?).ok()
    }

    /// The whole months from one date to another.
    pub(crate) fn between(from: civil::Date, to: civil::Date) -> YearsMonthsDuration {
        let months = i64::from(to.year()) * 12 + i64::from(to.month())
            - i64::from(from.year()) * 12
            - i64::from(from.month());
        let months = match months {
            1.. if to.day() < from.day() => months - 1,
            ..=-1 if to.day() > from.day() => months + 1,
            _ => months,
        };
        YearsMonthsDuration { months }
    }
}

impl fmt::Display for DaysTimeDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs().unsigned_abs();
        let nanos = self.0.subsec_nanos().unsigned_abs();
        if self.0.is_negative() {
            formatter.write_str("-")?;
        }
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
        let seconds = seconds % 60;
        formatter.write_str("P")?;
        if days > 0 {
            write!(formatter, "{days}D")?;
        }
        if hours == 0 && minutes == 0 && seconds == 0 && nanos == 0 {
            return if days == 0 { formatter.write_str("0D") } else { Ok(()) };
        }
        formatter.write_str("T")?;
        if hours > 0 {
            write!(formatter, "{hours}H")?;
        }
        if minutes > 0 {
            write!(formatter, "{minutes}M")?;
        }
        if nanos > 0 {
            let fraction = format!("{nanos:09}");
            write!(formatter, "{seconds}.{}S", fraction.trim_end_matches('0'))?;
        } else if seconds > 0 {
            write!(formatter, "{seconds}S")?;
        }
        Ok(())
    }
}

impl fmt::Display for YearsMonthsDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let months = self.months.unsigned_abs();
        if self.months < 0 {
            formatter.write_str("-")?;
        }
        match (months / 12, months % 12) {
            (0, 0) => formatter.write_str("P0Y"),
            (0, months) => write!(formatter, "P{months}M"),
            (years, 0) => write!(formatter, "P{years}Y"),
            (years, months) => write!(formatter, "P{years}Y{months}M"),
        }
    }
}
