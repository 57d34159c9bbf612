//! Cron expressions, as Spring writes them, with zones.

use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{RoundMode, Unit, Zoned, ZonedRound};
use types::Timestamp;

use super::{TimerError, in_utc, to_millis};

/// A cron expression and the zone whose clocks it is about.
#[derive(Clone, Debug)]
pub(super) struct Cron {
    pattern: croner::Cron,
    zone: TimeZone,
}

impl Cron {
    /// Whether a text that is no repetition looks like a cron expression: a macro, or several fields.
    pub(super) fn is_meant_by(text: &str) -> bool {
        text.starts_with('@') || text.trim().contains(char::is_whitespace)
    }

    /// Reads a cron expression, whose zone is UTC unless one follows in brackets.
    pub(super) fn parse(text: &str) -> Result<Self, TimerError> {
        let malformed = |reason: String| TimerError::Cron { text: text.into(), reason };
        let (fields, zone) = match text.trim_end().strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
            Some((fields, zone)) => {
                (fields, TimeZone::get(zone).map_err(|error| malformed(error.to_string()))?)
            }
            None => (text, TimeZone::UTC),
        };
        let fields = match fields.trim() {
            // Spring's other name for it.
            "@midnight" => "@daily",
            fields => fields,
        };
        let pattern = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Disallowed)
            // As in Spring, both the day of the month and that of the week have to fit.
            .dom_and_dow(true)
            // As in Spring, `5/15` means from 5 on, every 15.
            .sloppy_ranges(true)
            .build()
            .parse(fields)
            .map_err(|error| malformed(error.to_string()))?;
        let cron = Self { pattern, zone };
        // The search covers thousands of years, and the calendar repeats after 400.
        let first_day = jiff::civil::date(1970, 1, 1).to_zoned(cron.zone.clone());
        match first_day.map(|day| cron.pattern.find_next_occurrence(&day, true)) {
            Ok(Ok(_)) => Ok(cron),
            _ => Err(TimerError::Never { text: text.into() }),
        }
    }

    /// The first time after `timestamp`.
    pub(super) fn after(&self, timestamp: Timestamp) -> Option<Timestamp> {
        self.find(timestamp, RoundMode::Floor, false)
    }

    /// The first time that is not before `timestamp`.
    pub(super) fn not_before(&self, timestamp: Timestamp) -> Option<Timestamp> {
        self.find(timestamp, RoundMode::Ceil, true)
    }

    /// Cron knows whole seconds only.
    fn find(&self, timestamp: Timestamp, mode: RoundMode, inclusive: bool) -> Option<Timestamp> {
        let from: Zoned = in_utc(timestamp).with_time_zone(self.zone.clone());
        let from = from.round(ZonedRound::new().smallest(Unit::Second).mode(mode)).ok()?;
        let due = to_millis(&self.pattern.find_next_occurrence(&from, inclusive).ok()?);
        (due <= Timestamp::MAX).then_some(due)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TimerError, parse_cycle, parse_date};

    #[track_caller]
    fn assert_dues(cycle: &str, armed_at: &str, expected: &[&str]) {
        let (cycle, armed_at) = (parse_cycle(cycle).unwrap(), parse_date(armed_at).unwrap());
        let mut next = cycle.first(armed_at);
        for expected in expected {
            let repetition = next.unwrap();
            assert_eq!(repetition.due, parse_date(expected).unwrap());
            next = cycle.after(repetition, armed_at, repetition.due);
        }
    }

    #[test]
    fn fields_are_those_of_spring() {
        assert_dues("0 0 9 * * *", "2026-03-01T09:00:00Z", &["2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z"]);
        assert_dues(
            "0 0/30 8-9 * * MON-FRI",
            "2026-03-06T09:00:00Z",
            &["2026-03-06T09:30:00Z", "2026-03-09T08:00:00Z", "2026-03-09T08:30:00Z"],
        );
        assert_dues(
            "5/20 * * ? * ?",
            "2026-03-01T12:00:00.5Z",
            &["2026-03-01T12:00:05Z", "2026-03-01T12:00:25Z", "2026-03-01T12:00:45Z", "2026-03-01T12:01:05Z"],
        );
        assert_dues("0 0 0 L * *", "2026-02-01T00:00:00Z", &["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"]);
        assert_dues("0 0 0 1W * *", "2026-01-31T12:00:00Z", &["2026-02-02T00:00:00Z"]);
        assert_dues("0 0 0 ? * 5#2", "2026-01-31T12:00:00Z", &["2026-02-13T00:00:00Z"]);
        assert_dues("0 0 0 * * 7", "2026-03-02T00:00:00Z", &["2026-03-08T00:00:00Z"]);
        assert_dues(
            "0 0 0 LW * *",
            "2026-01-01T00:00:00Z",
            &["2026-01-30T00:00:00Z", "2026-02-27T00:00:00Z"],
        );
        assert_dues("0 0 0 ? * MON#1", "2026-03-03T00:00:00Z", &["2026-04-06T00:00:00Z"]);
        assert_dues("0 0 0 ? * FRIL", "2026-03-03T00:00:00Z", &["2026-03-27T00:00:00Z"]);
        assert_dues("0 0 0 * * TUE-SUN", "2026-03-01T00:00:00Z", &["2026-03-03T00:00:00Z"]);
        assert_dues(
            "0 0 0 13 * FRI",
            "2026-01-01T00:00:00Z",
            &["2026-02-13T00:00:00Z", "2026-03-13T00:00:00Z", "2026-11-13T00:00:00Z"],
        );
    }

    #[test]
    fn macros_stand_for_fields() {
        let armed_at = "2026-03-04T12:34:56Z";
        for (text, due) in [
            ("@yearly", "2027-01-01T00:00:00Z"),
            ("@annually", "2027-01-01T00:00:00Z"),
            ("@monthly", "2026-04-01T00:00:00Z"),
            ("@weekly", "2026-03-08T00:00:00Z"),
            ("@daily", "2026-03-05T00:00:00Z"),
            ("@midnight", "2026-03-05T00:00:00Z"),
            ("@hourly", "2026-03-04T13:00:00Z"),
        ] {
            assert_dues(text, armed_at, &[due]);
        }
    }

    #[test]
    fn a_zone_keeps_the_hour_over_daylight_saving() {
        assert_dues(
            "0 0 9 * * * [Europe/Berlin]",
            "2026-03-28T00:00:00Z",
            &["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"],
        );
        assert_dues("@daily[America/New_York]", "2026-03-01T00:00:00Z", &["2026-03-01T05:00:00Z"]);
        // There is no 02:30 on that day; 03:00 comes instead.
        assert_dues(
            "0 30 2 * * * [Europe/Berlin]",
            "2026-03-28T12:00:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        );
        // There are two on that day.
        assert_dues(
            "0 30 2 * * * [Europe/Berlin]",
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        );
    }

    #[test]
    fn missed_times_are_left_out() {
        let cycle = parse_cycle("0 * * * * *").unwrap();
        let at = |text| parse_date(text).unwrap();
        let first = cycle.first(at("2026-03-01T12:00:30Z")).unwrap();
        let due = |now| cycle.after(first, first.due, at(now)).map(|next| next.due);
        assert_eq!(due("2026-03-01T12:05:00Z"), Some(at("2026-03-01T12:05:00Z")));
        assert_eq!(due("2026-03-01T12:05:00.001Z"), Some(at("2026-03-01T12:06:00Z")));
    }

    #[test]
    fn what_is_no_cron_expression_is_refused() {
        for text in [
            "@never",
            "0 9 * * *",
            "0 0 0 9 * * *",
            "0 0 25 * * *",
            "0 0 9 * * * [Mars/Base]",
            "a b c d e f",
            "0 0 0 L-3 * *",
            "0 0 0 * * SAT-MON",
            "0 0 0 * FOO *",
            "0 0 0 1W,15W 13 *",
            "-1 * * * * *",
            "*/0 * * * * *",
            "0 0 9 * * * Europe/Paris",
        ] {
            assert!(matches!(parse_cycle(text), Err(TimerError::Cron { .. })), "{text}");
        }
        assert!(matches!(parse_cycle("0 0 0 30 2 *"), Err(TimerError::Never { .. })));
        assert!(matches!(parse_cycle("daily"), Err(TimerError::Cycle { .. })));
    }
}
