//! Properties: what a date, a time, a duration or a range tells of itself.

use jiff::tz::Offset;
use jiff::{SignedDuration, civil};

use crate::value::{DaysTimeDuration, RangeForm, Text, Value, Zone};

/// A property that a value of its type always has.
pub(super) fn property<'a>(value: &Value<'a>, name: &str) -> Option<Value<'a>> {
    match value {
        Value::Date(date) => date_property(*date, name),
        Value::DateTime(date_time) => match name {
            "time offset" => Some(offset(date_time.offset().map(Offset::seconds))),
            _ => date_property(date_time.civil.date(), name)
                .or_else(|| time_property(date_time.civil.time(), &date_time.zone, name)),
        },
        Value::Time(time) => match name {
            "time offset" => Some(offset(time.zone.standard_offset().map(Offset::seconds))),
            _ => time_property(time.time, &time.zone, name),
        },
        Value::YearsMonthsDuration(duration) => match name {
            "years" => Some(Value::Number(duration.years().into())),
            "months" => Some(Value::Number((duration.months % 12).into())),
            _ => None,
        },
        Value::DaysTimeDuration(duration) => {
            let seconds = duration.0.as_secs();
            let number = match name {
                "days" => seconds / 86_400,
                "hours" => seconds / 3600 % 24,
                "minutes" => seconds / 60 % 60,
                "seconds" => seconds % 60,
                _ => return None,
            };
            Some(Value::Number(number.into()))
        }
        Value::Range(range) => match name {
            "start" | "end" if range.form == RangeForm::NotEqual => Some(Value::Null),
            "start" => Some(range.start.clone().unwrap_or(Value::Null)),
            "end" => Some(range.end.clone().unwrap_or(Value::Null)),
            "start included" => Some(Value::Boolean(range.start_included)),
            "end included" => Some(Value::Boolean(range.end_included)),
            _ => None,
        },
        _ => None,
    }
}

fn date_property<'a>(date: civil::Date, name: &str) -> Option<Value<'a>> {
    Some(Value::Number(match name {
        "year" => date.year().into(),
        "month" => date.month().into(),
        "day" => date.day().into(),
        "weekday" => date.weekday().to_monday_one_offset().into(),
        _ => return None,
    }))
}

fn time_property<'a>(time: civil::Time, zone: &Zone, name: &str) -> Option<Value<'a>> {
    Some(Value::Number(match name {
        "hour" => time.hour().into(),
        "minute" => time.minute().into(),
        "second" => time.second().into(),
        "timezone" => {
            return Some(zone.name().map_or(Value::Null, |name| Value::String(Text::from(name.to_owned()))));
        }
        _ => return None,
    }))
}

fn offset<'a>(seconds: Option<i32>) -> Value<'a> {
    let duration = seconds.map(|seconds| SignedDuration::from_secs(seconds.into()));
    duration.map_or(Value::Null, |duration| Value::DaysTimeDuration(DaysTimeDuration(duration)))
}

/// The names of the properties that a value of its type has.
pub(super) fn properties(value: &Value<'_>) -> &'static [&'static str] {
    match value {
        Value::Date(_) => &["year", "month", "day", "weekday"],
        Value::Time(_) => &["hour", "minute", "second", "time offset", "timezone"],
        Value::DateTime(_) => {
            &["year", "month", "day", "weekday", "hour", "minute", "second", "time offset", "timezone"]
        }
        Value::YearsMonthsDuration(_) => &["years", "months"],
        Value::DaysTimeDuration(_) => &["days", "hours", "minutes", "seconds"],
        Value::Range(_) => &["start", "end", "start included", "end included"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::read_any;

    /// The names that a message lists are those that there are.
    #[test]
    fn listed_properties_are_there() {
        for text in ["2024-02-29", "10:00:00Z", "2024-02-29T10:00:00", "P1Y", "P1D"] {
            let value = read_any(text).unwrap_or(Value::Null);
            assert!(!properties(&value).is_empty(), "{text}");
            for name in properties(&value) {
                assert!(property(&value, name).is_some(), "{text}: {name}");
            }
        }
    }
}
