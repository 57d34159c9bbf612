//! Dates with a time of day.

use std::cmp::Ordering;
use std::fmt;

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned, civil};

use super::zone::offset_text;
use super::{DateText, DaysTimeDuration, Time, YearsMonthsDuration, Zone};

/// A date and time, local or in a zone.
#[derive(Clone, Debug)]
pub struct DateTime {
    /// What calendar and clock show.
    pub civil: civil::DateTime,
    /// Where they show it.
    pub zone: Zone,
}

impl DateTime {
    /// The date and time that `zone` shows at an instant.
    pub fn at(instant: Timestamp, zone: &TimeZone) -> DateTime {
        DateTime { civil: zone.to_datetime(instant), zone: Zone::from(zone.clone()) }
    }

    /// The date and time as its zone has it: a time that the zone skips is as much later as the clock is put forward.
    #[must_use]
    pub fn resolved(mut self) -> DateTime {
        if let Some(zone) = self.zone.time_zone()
            && zone.to_fixed_offset().is_err()
            && let Ok(instant) = zone.to_timestamp(self.civil)
        {
            self.civil = zone.to_datetime(instant);
        }
        self
    }

    /// Midnight at the start of a date.
    pub fn midnight(date: civil::Date) -> DateTime {
        DateTime { civil: date.to_datetime(civil::Time::midnight()), zone: Zone::LOCAL }
    }

    /// The instant; `None` for a local date and time.
    ///
    /// A time that a zone skips or repeats counts as the clock read before the change.
    pub fn instant(&self) -> Option<Timestamp> {
        self.zone.time_zone()?.to_timestamp(self.civil).ok()
    }

    /// The offset from UTC; `None` for a local date and time.
    pub fn offset(&self) -> Option<Offset> {
        let zone = self.zone.time_zone()?;
        Some(zone.to_offset(zone.to_timestamp(self.civil).ok()?))
    }

    /// The time of day.
    pub fn time(&self) -> Time {
        Time { time: self.civil.time(), zone: self.zone.clone() }
    }

    /// Orders two dates and times; a local one cannot be compared with one in a zone.
    pub fn compare(&self, other: &DateTime) -> Option<Ordering> {
        match (self.zone.is_local(), other.zone.is_local()) {
            (true, true) => Some(self.civil.cmp(&other.civil)),
            (false, false) => Some(self.instant()?.cmp(&other.instant()?)),
            _ => None,
        }
    }

    /// The time that passes from `other` to this one. A local one counts as if it were in UTC.
    pub fn since(&self, other: &DateTime) -> Option<DaysTimeDuration> {
        if self.zone.is_local() != other.zone.is_local() {
            return None;
        }
        let duration = match (self.instant(), other.instant()) {
            (Some(own), Some(theirs)) => own.duration_since(theirs),
            _ => self.civil.duration_since(other.civil),
        };
        Some(DaysTimeDuration(duration))
    }

    /// The date and time after an exact duration.
    pub fn plus(&self, duration: DaysTimeDuration) -> Option<DateTime> {
        match self.zone.time_zone() {
            None => self.with(self.civil.checked_add(duration.0).ok()?),
            Some(zone) => {
                let instant = self.instant()?.checked_add(duration.0).ok()?;
                self.with(zone.to_datetime(instant))
            }
        }
    }

    /// The date and time after calendar months; the day is cut down to the length of its month.
    pub fn plus_months(&self, duration: YearsMonthsDuration) -> Option<DateTime> {
        let date = duration.after(self.civil.date())?;
        self.with(date.to_datetime(self.civil.time()))
    }

    /// The same instant as `zone` shows it; a local date and time is taken for one of that zone.
    pub fn in_zone(&self, zone: Zone) -> Option<DateTime> {
        let civil = match self.zone.time_zone() {
            None => self.civil,
            Some(_) => zone.time_zone()?.to_datetime(self.instant()?),
        };
        Some(DateTime { civil, zone }.resolved())
    }

    /// ISO 8601 with the offset, followed by the zone's name in brackets if it has one.
    pub fn iso(&self) -> String {
        let offset = self.offset().map(offset_text).unwrap_or_default();
        match self.zone.name() {
            Some(name) => format!("{}{offset}[{name}]", self.clock()),
            None => format!("{}{offset}", self.clock()),
        }
    }

    /// What calendar and clock show, as text.
    fn clock(&self) -> String {
        format!("{}T{}", DateText(self.civil.date()), self.civil.time())
    }

    fn with(&self, civil: civil::DateTime) -> Option<DateTime> {
        Some(DateTime { civil, zone: self.zone.clone() }.resolved())
    }
}

impl From<Zoned> for DateTime {
    fn from(zoned: Zoned) -> DateTime {
        DateTime { civil: zoned.datetime(), zone: Zone::from(zoned.time_zone().clone()) }
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.clock())?;
        if let Some(name) = self.zone.name() {
            return write!(formatter, "@{name}");
        }
        match self.zone.standard_offset() {
            Some(offset) => formatter.write_str(&offset_text(offset)),
            None => Ok(()),
        }
    }
}
