//! Times of day.

use std::cmp::Ordering;
use std::fmt;

use jiff::SignedDuration;
use jiff::civil;

use super::zone::offset_text;
use super::{DaysTimeDuration, Zone};

/// A time of day, local or in a zone.
#[derive(Clone, Debug)]
pub struct Time {
    /// Hour, minute and second.
    pub time: civil::Time,
    /// Where it is that late.
    pub zone: Zone,
}

impl Time {
    /// Orders two times; a local one cannot be compared with one in a zone.
    pub fn compare(&self, other: &Time) -> Option<Ordering> {
        Some(self.since(other)?.0.cmp(&SignedDuration::ZERO))
    }

    /// The time that passes from `other` to this time of the same day.
    pub fn since(&self, other: &Time) -> Option<DaysTimeDuration> {
        let offsets = match (self.zone.standard_offset(), other.zone.standard_offset()) {
            (None, None) => SignedDuration::ZERO,
            (Some(own), Some(theirs)) => {
                SignedDuration::from_secs(i64::from(theirs.seconds() - own.seconds()))
            }
            _ => return None,
        };
        let civil = self.time.duration_since(other.time);
        civil.checked_add(offsets).map(DaysTimeDuration)
    }

    /// The time after `duration`; it wraps around at midnight.
    #[must_use]
    pub fn plus(&self, duration: DaysTimeDuration) -> Time {
        Time { time: self.time.wrapping_add(duration.0), zone: self.zone.clone() }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.time)?;
        if let Some(name) = self.zone.name() {
            return write!(formatter, "@{name}");
        }
        match self.zone.standard_offset() {
            Some(offset) => formatter.write_str(&offset_text(offset)),
            None => Ok(()),
        }
    }
}
