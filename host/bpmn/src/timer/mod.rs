//! When timers are due: ISO 8601 dates, durations and repetitions, and cron expressions.
//!
//! Days, months and years are those of the calendar, counted in UTC, or in the time zone that a repetition's start
//! names. Nothing here reads a clock. A result between two milliseconds is rounded up: a timer is never early.

mod cron;
mod cycle;

use jiff::fmt::temporal::SpanParser;
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use types::Timestamp;

use crate::model::TimerDefinition;

pub use cycle::{Cycle, Repetition, parse_cycle};

/// The longest text that is read as date, duration or repetition, in bytes.
pub const TIMER_TEXT_BYTES_MAX: usize = 256;

/// Why a text says no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimerError {
    /// Longer than [`TIMER_TEXT_BYTES_MAX`].
    #[error("the text takes {bytes} bytes, a timer's limit is {TIMER_TEXT_BYTES_MAX}")]
    TooLong {
        /// The size found, in bytes.
        bytes: usize,
    },
    /// No ISO 8601 duration.
    #[error("`{text}` is no ISO 8601 duration such as `PT15M` or `P1DT12H`: {reason}")]
    Duration {
        /// What was given.
        text: String,
        /// The parser's reason.
        reason: String,
    },
    /// No ISO 8601 date and time with its offset.
    #[error(
        "`{text}` is no ISO 8601 date and time with offset or zone such as `2026-03-01T09:00:00Z` or \
         `2026-03-01T09:00:00+01:00[Europe/Berlin]`: {reason}"
    )]
    Date {
        /// What was given.
        text: String,
        /// The parser's reason.
        reason: String,
    },
    /// Not of the form `R[n]/[start/]duration`.
    #[error(
        "`{text}` is no ISO 8601 repetition such as `R3/PT10S` or `R/2026-03-01T09:00:00Z/P1D`, and no cron \
         expression such as `0 0 9 * * MON-FRI`: {reason}"
    )]
    Cycle {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// No cron expression.
    #[error(
        "`{text}` is no cron expression of six fields, seconds first, such as `0 0 9 * * MON-FRI` or \
         `0 0 9 * * * [Europe/Berlin]`: {reason}"
    )]
    Cron {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A cron expression for a date that there is not, such as 30 February.
    #[error("`{text}` is never due")]
    Never {
        /// What was given.
        text: String,
    },
    /// A repetition without end whose interval is zero or negative.
    #[error(
        "`{text}` repeats without end and without a pause: give an interval above zero, or a number of repetitions"
    )]
    Endless {
        /// What was given.
        text: String,
    },
}

/// A span of the calendar: months and days have no fixed length until they are counted from a point in time.
#[derive(Clone, Copy, Debug)]
pub struct Duration(Span);

impl Duration {
    /// The time this long after `from`: `from` itself when the duration is zero or negative, and
    /// [`Timestamp::MAX`] when it reaches beyond.
    pub fn after(self, from: Timestamp) -> Timestamp {
        if !self.0.is_positive() {
            return from;
        }
        in_utc(from).checked_add(self.0).map_or(Timestamp::MAX, |due| to_millis(&due)).max(from)
    }
}

/// Reads an ISO 8601 duration, such as `PT15M`, `P7D`, `P1Y2M` or `-PT1S`.
///
/// # Errors
/// When the text is something else or a part of it is out of range.
pub fn parse_duration(text: &str) -> Result<Duration, TimerError> {
    check_length(text)?;
    SpanParser::new()
        .parse_span(text)
        .map(Duration)
        .map_err(|error| TimerError::Duration { text: text.into(), reason: error.to_string() })
}

/// Reads an ISO 8601 date and time with an offset, a zone in brackets (`[Europe/Berlin]`, or FEEL's
/// `@Europe/Berlin`), or both.
///
/// # Errors
/// When the text is something else, names an unknown zone, or has neither offset nor zone.
pub fn parse_date(text: &str) -> Result<Timestamp, TimerError> {
    parse_zoned(text).map(|zoned| to_millis(&zoned))
}

/// When a timer that is armed at `armed_at` is due first; `None` when it never is.
///
/// `text` is what the definition's text or expression came to. What lies before `armed_at` is due at `armed_at`.
///
/// # Errors
/// When `text` is not what this kind of definition asks for.
pub fn first_due(
    definition: &TimerDefinition,
    text: &str,
    armed_at: Timestamp,
) -> Result<Option<Timestamp>, TimerError> {
    Ok(match definition {
        TimerDefinition::Date(_) => Some(parse_date(text)?.max(armed_at)),
        TimerDefinition::Duration(_) => Some(parse_duration(text)?.after(armed_at)),
        TimerDefinition::Cycle(_) => parse_cycle(text)?.first(armed_at).map(|first| first.due),
    })
}

fn check_length(text: &str) -> Result<(), TimerError> {
    if text.len() > TIMER_TEXT_BYTES_MAX {
        return Err(TimerError::TooLong { bytes: text.len() });
    }
    Ok(())
}

fn parse_zoned(text: &str) -> Result<Zoned, TimerError> {
    check_length(text)?;
    let parsed = if let Some((date, zone)) = text.split_once('@') {
        format!("{date}[{zone}]").parse::<Zoned>()
    } else if text.contains('[') {
        text.parse::<Zoned>()
    } else {
        text.parse::<jiff::Timestamp>().map(|timestamp| timestamp.to_zoned(TimeZone::UTC))
    };
    parsed.map_err(|error| TimerError::Date { text: text.into(), reason: error.to_string() })
}

fn in_utc(timestamp: Timestamp) -> Zoned {
    jiff::Timestamp::from_millisecond(timestamp.as_millis())
        .unwrap_or(jiff::Timestamp::MAX)
        .to_zoned(TimeZone::UTC)
}

fn to_millis(zoned: &Zoned) -> Timestamp {
    const NANOS_PER_MILLI: i128 = 1_000_000;
    let rounded_up = -(-zoned.timestamp().as_nanosecond()).div_euclid(NANOS_PER_MILLI);
    Timestamp::from_millis(i64::try_from(rounded_up).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        parse_date(text).unwrap()
    }

    /// The times of `cycle` when each fires as soon as it is due.
    #[track_caller]
    fn assert_dues(cycle: &str, armed_at: &str, expected: &[&str]) {
        let (cycle, armed_at) = (parse_cycle(cycle).unwrap(), at(armed_at));
        let mut dues = Vec::new();
        let mut next = cycle.first(armed_at);
        while let Some(repetition) = next.filter(|_| dues.len() < expected.len()) {
            assert_eq!(repetition.number as usize, dues.len());
            dues.push(repetition.due);
            next = cycle.after(repetition, armed_at, repetition.due);
        }
        assert_eq!(dues, expected.iter().map(|text| at(text)).collect::<Vec<_>>());
    }

    #[test]
    fn dates_carry_offset_or_zone() {
        let noon = Timestamp::from_millis(1_772_366_400_000);
        for text in [
            "2026-03-01T12:00:00Z",
            "2026-03-01T13:00:00+01:00",
            "2026-03-01T13:00:00+01:00[Europe/Berlin]",
            "2026-03-01T13:00:00[Europe/Berlin]",
            "2026-03-01T13:00:00@Europe/Berlin",
            "2026-03-01T12:00Z",
        ] {
            assert_eq!(parse_date(text), Ok(noon), "{text}");
        }
        assert_eq!(parse_date("2026-03-01T11:59:59.9991Z"), Ok(noon), "rounded up, never early");
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "",
            "2026-03-01",
            "2026-03-01T12:00:00",
            "12:00",
            "2026-02-30T12:00:00Z",
            "tomorrow",
            "2026-03-01T13:00:00[Mars/Base]",
        ] {
            assert!(matches!(parse_date(text), Err(TimerError::Date { .. })), "{text}");
        }
        assert_eq!(parse_date(&"9".repeat(300)), Err(TimerError::TooLong { bytes: 300 }));
    }

    #[test]
    fn durations_follow_the_calendar() {
        for (text, from, due) in [
            ("PT15M", "2026-03-01T12:00:00Z", "2026-03-01T12:15:00Z"),
            ("P7D", "2026-03-01T12:00:00Z", "2026-03-08T12:00:00Z"),
            ("P1W", "2026-03-01T12:00:00Z", "2026-03-08T12:00:00Z"),
            ("P1M", "2026-01-31T12:00:00Z", "2026-02-28T12:00:00Z"),
            ("P1Y2M3DT4H5M6S", "2026-03-01T12:00:00Z", "2027-05-04T16:05:06Z"),
            ("PT0.5S", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.5Z"),
            ("PT0S", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
            ("-P1D", "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
        ] {
            assert_eq!(parse_duration(text).unwrap().after(at(from)), at(due), "{text}");
        }
        assert_eq!(parse_duration("P9999Y").unwrap().after(at("2026-03-01T12:00:00Z")), Timestamp::MAX);
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "P", "PT", "5", "5m", "1 hour", "PT5", "P1.5D", "R3/PT1S", " PT5S", "P99999Y"] {
            assert!(matches!(parse_duration(text), Err(TimerError::Duration { .. })), "{text}");
        }
    }

    #[test]
    fn cycles_count_from_their_first_time() {
        assert_dues(
            "R3/PT10S",
            "2026-03-01T12:00:00Z",
            &["2026-03-01T12:00:10Z", "2026-03-01T12:00:20Z", "2026-03-01T12:00:30Z"],
        );
        assert_dues(
            "R/P1M",
            "2026-01-31T00:00:00Z",
            &["2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z", "2026-04-30T00:00:00Z"],
        );
        let (cycle, now) = (parse_cycle("R3/PT10S").unwrap(), at("2026-03-01T12:00:00Z"));
        let last = Repetition { due: at("2026-03-01T12:00:30Z"), number: 2 };
        assert_eq!(cycle.after(last, now, last.due), None);
        assert_eq!(parse_cycle("R0/PT10S").unwrap().first(now), None);
    }

    #[track_caller]
    fn assert_after(
        cycle: &str,
        armed_at: &str,
        previous: (&str, u32),
        now: &str,
        expected: Option<(&str, u32)>,
    ) {
        let repetition = |(due, number): (&str, u32)| Repetition { due: at(due), number };
        let next = parse_cycle(cycle).unwrap().after(repetition(previous), at(armed_at), at(now));
        assert_eq!(next, expected.map(repetition), "{cycle}");
    }

    #[test]
    fn missed_times_are_left_out_and_count() {
        let (armed, first) = ("2026-03-01T12:00:00Z", ("2026-03-01T12:00:10Z", 0));
        let late = "2026-03-01T12:00:35Z";
        assert_after("R/PT10S", armed, first, late, Some(("2026-03-01T12:00:40Z", 3)));
        assert_after("R4/PT10S", armed, first, late, Some(("2026-03-01T12:00:40Z", 3)));
        assert_after("R3/PT10S", armed, first, late, None);
        // One that is due at this very moment is not missed.
        assert_after("R/PT10S", armed, first, "2026-03-01T12:00:30Z", Some(("2026-03-01T12:00:30Z", 2)));
        assert_after(
            "R/2026-03-01T00:00:00Z/P1D",
            armed,
            ("2026-03-02T00:00:00Z", 0),
            "2026-03-04T10:00:00Z",
            Some(("2026-03-05T00:00:00Z", 3)),
        );
        assert_after(
            "R/P1M",
            "2026-01-31T00:00:00Z",
            ("2026-02-28T00:00:00Z", 0),
            "2026-03-15T00:00:00Z",
            Some(("2026-03-31T00:00:00Z", 1)),
        );
    }

    #[test]
    fn a_timer_that_was_armed_late_counts_on_from_its_last_time() {
        assert_after(
            "R3/PT10S",
            "2026-03-01T12:00:00Z",
            ("2026-03-01T13:00:17Z", 0),
            "2026-03-01T13:00:17Z",
            Some(("2026-03-01T13:00:27Z", 1)),
        );
        // Another start than that of the times before: the next one of its own.
        assert_after(
            "R/2026-03-01T00:00:05Z/PT10S",
            "2026-03-01T12:00:00Z",
            ("2026-03-01T13:00:17Z", 4),
            "2026-03-01T13:00:17Z",
            Some(("2026-03-01T13:00:25Z", 5)),
        );
    }

    #[test]
    fn a_start_in_the_past_is_skipped_over() {
        assert_dues(
            "R/2026-01-01T00:00:00Z/P1D",
            "2026-03-01T12:00:00Z",
            &["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"],
        );
        assert_dues(
            "R2/2026-04-01T00:00:00Z/P1D",
            "2026-03-01T12:00:00Z",
            &["2026-04-01T00:00:00Z", "2026-04-02T00:00:00Z"],
        );
        assert_dues("R/1970-01-01T00:00:00Z/PT0.001S", "2026-03-01T12:00:00Z", &["2026-03-01T12:00:00Z"]);
    }

    #[test]
    fn a_start_with_zone_keeps_the_hour_over_daylight_saving() {
        assert_dues(
            "R/2026-03-28T09:00:00+01:00[Europe/Berlin]/P1D",
            "2026-03-28T00:00:00Z",
            &["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"],
        );
    }

    #[test]
    fn what_is_no_cycle_is_refused() {
        for text in ["", "R", "R3", "3/PT1S", "Rx/PT1S", "R-2/PT1S", "R99999999999/PT1S"] {
            assert!(matches!(parse_cycle(text), Err(TimerError::Cycle { .. })), "{text}");
        }
        assert!(matches!(parse_cycle("R3/"), Err(TimerError::Duration { .. })));
        assert!(matches!(parse_cycle("R3/PT1S/2026-03-01T00:00:00Z"), Err(TimerError::Date { .. })));
        for text in ["R/PT0S", "R/-PT1S"] {
            assert!(matches!(parse_cycle(text), Err(TimerError::Endless { .. })), "{text}");
        }
    }

    #[test]
    fn a_repetition_without_pause_fires_at_once_as_often_as_it_says() {
        assert_dues("R2/PT0S", "2026-03-01T12:00:00Z", &["2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"]);
        assert_after(
            "R2/PT0S",
            "2026-03-01T12:00:00Z",
            ("2026-03-01T12:00:00Z", 1),
            "2026-03-01T12:00:00Z",
            None,
        );
    }

    #[test]
    fn the_first_time_follows_the_definition() {
        let text = crate::model::Text::Static("".into());
        let now = at("2026-03-01T12:00:00Z");
        let date = TimerDefinition::Date(text.clone());
        assert_eq!(first_due(&date, "2026-03-01T13:00:00Z", now), Ok(Some(at("2026-03-01T13:00:00Z"))));
        assert_eq!(first_due(&date, "2020-03-01T13:00:00Z", now), Ok(Some(now)), "the past fires at once");
        let duration = TimerDefinition::Duration(text.clone());
        assert_eq!(first_due(&duration, "PT1H", now), Ok(Some(at("2026-03-01T13:00:00Z"))));
        let cycle = TimerDefinition::Cycle(text);
        assert_eq!(first_due(&cycle, "R2/PT1H", now), Ok(Some(at("2026-03-01T13:00:00Z"))));
        assert_eq!(first_due(&cycle, "R0/PT1H", now), Ok(None));
        assert!(first_due(&cycle, "PT1H", now).is_err());
    }
}
