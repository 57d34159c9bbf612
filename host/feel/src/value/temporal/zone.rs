//! The zone that a time belongs to, if any.

use jiff::Timestamp;
use jiff::tz::{Dst, Offset, TimeZone};

/// No zone (local time), a fixed offset, or a named zone of the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Zone {
    /// No zone: a local time.
    pub const LOCAL: Zone = Zone(TimeZone::unknown());
    /// Coordinated universal time.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// A fixed offset from UTC.
    pub fn fixed(offset: Offset) -> Zone {
        Zone(TimeZone::fixed(offset))
    }

    /// The zone called `name` in the IANA database.
    pub fn named(name: &str) -> Option<Zone> {
        if matches!(name, "Z" | "z") {
            return Some(Zone::UTC);
        }
        TimeZone::get(name).ok().map(Zone)
    }

    /// Whether there is no zone.
    pub fn is_local(&self) -> bool {
        self.0.is_unknown()
    }

    /// The name in the IANA database; an offset has none.
    pub fn name(&self) -> Option<&str> {
        if self.is_local() || self.0 == TimeZone::UTC {
            return None;
        }
        self.0.iana_name()
    }

    /// The offset from UTC that holds all year round; that of winter for a zone with summer time.
    pub fn standard_offset(&self) -> Option<Offset> {
        // A northern and a southern winter, in seconds since 1970.
        const MONTHS: [i64; 2] = [1_577_836_800, 1_593_561_600];
        if self.is_local() {
            return None;
        }
        if let Ok(offset) = self.0.to_fixed_offset() {
            return Some(offset);
        }
        let mut infos = MONTHS.iter().filter_map(|second| {
            let info = self.0.to_offset_info(Timestamp::from_second(*second).ok()?);
            Some((info.offset(), info.dst()))
        });
        infos.find(|(_, dst)| *dst == Dst::No).map(|(offset, _)| offset)
    }

    /// The zone for the calendar library; `None` for a local time.
    pub(crate) fn time_zone(&self) -> Option<&TimeZone> {
        (!self.is_local()).then_some(&self.0)
    }
}

impl From<TimeZone> for Zone {
    fn from(zone: TimeZone) -> Zone {
        Zone(zone)
    }
}

/// Writes an offset as `Z` or `+01:00`.
pub(super) fn offset_text(offset: Offset) -> String {
    let seconds = offset.seconds();
    if seconds == 0 {
        return "Z".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if seconds == 0 {
        return format!("{sign}{hours:02}:{minutes:02}");
    }
    format!("{sign}{hours:02}:{minutes:02}:{seconds:02}")
}
