//! Dates, times and durations.

use jiff::civil;
use jiff::tz::Offset;

use super::{Builtin, Call};
use crate::evaluate::Outcome;
use crate::json;
use crate::number::{Number, Rounding};
use crate::value::{self, DateTime, Time, Value, YearsMonthsDuration, Zone};

pub(super) const CONVERSIONS: &[Builtin] = &[
    Builtin::new("date", &[&["from"], &["year", "month", "day"]], date),
    Builtin::new(
        "time",
        &[&["from"], &["hour", "minute", "second"], &["hour", "minute", "second", "offset"]],
        time,
    ),
    Builtin::new("date and time", &[&["from"], &["date", "time"], &["date", "timezone"]], date_and_time),
    Builtin::new("duration", &[&["from"]], duration),
    Builtin::new("years and months duration", &[&["from", "to"]], years_and_months_duration),
];

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new("now", &[&[]], now),
    Builtin::new("today", &[&[]], today),
    Builtin::new("cycle", &[&["interval"], &["repetitions", "interval"]], cycle),
    Builtin::new("day of week", &[&["date"]], day_of_week),
    Builtin::new("day of year", &[&["date"]], day_of_year),
    Builtin::new("week of year", &[&["date"]], week_of_year),
    Builtin::new("month of year", &[&["date"]], month_of_year),
    Builtin::new("last day of month", &[&["date"]], last_day_of_month),
];

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn now<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(DateTime::at(call.evaluator.now, &call.evaluator.time_zone).into())
}

fn today<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(call.evaluator.time_zone.to_datetime(call.evaluator.now).date().into())
}

fn date<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    if call.arguments.len() == 3 {
        let [year, month, day] = [call.integer(0)?, call.integer(1)?, call.integer(2)?];
        let parts = small(year).zip(small(month)).zip(small(day));
        let date = parts.and_then(|((year, month), day)| civil::Date::new(year, month, day).ok());
        return match date {
            Some(date) => Ok(date.into()),
            None => call.refuse(format_args!("there is no date {year}-{month}-{day}")),
        };
    }
    match &call.single(0)? {
        Value::Date(date) => Ok((*date).into()),
        Value::DateTime(date_time) => Ok(date_time.civil.date().into()),
        Value::String(_) => {
            let text = call.text(0)?;
            match value::read_date(&text) {
                Some(date) => Ok(date.into()),
                None => {
                    call.refuse(format_args!("\"{}\" is no date such as 2024-02-29", json::excerpt(&text)))
                }
            }
        }
        _ => call.wrong_type(0, "a string or a date and time"),
    }
}

fn small<T: TryFrom<i64>>(number: i64) -> Option<T> {
    T::try_from(number).ok()
}

fn time<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    if call.arguments.len() > 1 {
        return time_of_parts(call);
    }
    match &call.single(0)? {
        Value::Time(time) => Ok(time.clone().into()),
        Value::DateTime(date_time) => Ok(date_time.time().into()),
        Value::Date(_) => Ok(Time { time: civil::Time::midnight(), zone: Zone::UTC }.into()),
        Value::String(_) => {
            let text = call.text(0)?;
            match text.parse::<Time>() {
                Ok(time) => Ok(time.into()),
                Err(_) => {
                    call.refuse(format_args!("\"{}\" is no time such as 08:30:00", json::excerpt(&text)))
                }
            }
        }
        _ => call.wrong_type(0, "a string or a date and time"),
    }
}

fn time_of_parts<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (hour, minute, second) = (call.integer(0)?, call.integer(1)?, call.number(2)?);
    let zone = match call.value(3) {
        Value::Null => Some(Zone::LOCAL),
        Value::DaysTimeDuration(duration) => {
            let seconds = i32::try_from(duration.0.as_secs()).ok();
            seconds.and_then(|seconds| Offset::from_seconds(seconds).ok()).map(Zone::fixed)
        }
        _ => return call.wrong_type(3, "a duration of hours and minutes"),
    };
    let nanos = second.round(0, Rounding::Floor).and_then(|whole| {
        let fraction = second.checked_sub(whole)?.checked_mul(Number::from(1_000_000_000))?;
        Some((whole.to_i64()?, fraction.truncate_to_i64()?))
    });
    let time = nanos.and_then(|(whole, nanos)| {
        civil::Time::new(small(hour)?, small(minute)?, small(whole)?, small(nanos)?).ok()
    });
    match time.zip(zone) {
        Some((time, zone)) => Ok(Time { time, zone }.into()),
        None => call.refuse(format_args!("there is no time {hour}:{minute}:{second} with that offset")),
    }
}

fn date_and_time<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    match (&call.single(0)?, &call.single(1)?) {
        (Value::DateTime(date_time), Value::Null) if call.arguments.len() == 1 => {
            Ok(date_time.clone().into())
        }
        (Value::String(_), Value::Null) if call.arguments.len() == 1 => {
            let text = call.text(0)?;
            match text.parse::<DateTime>() {
                Ok(date_time) => Ok(date_time.into()),
                Err(_) => call.refuse(format_args!(
                    "\"{}\" is no date and time such as 2024-02-29T08:30:00Z",
                    json::excerpt(&text)
                )),
            }
        }
        (Value::Date(date), Value::Time(time)) => {
            let civil = date.to_datetime(time.time);
            Ok(DateTime { civil, zone: time.zone.clone() }.resolved().into())
        }
        (Value::DateTime(date_time), Value::Time(time)) => {
            let civil = date_time.civil.date().to_datetime(time.time);
            Ok(DateTime { civil, zone: time.zone.clone() }.resolved().into())
        }
        (Value::DateTime(date_time), Value::String(_)) => {
            let name = call.text(1)?;
            match Zone::named(&name).and_then(|zone| date_time.in_zone(zone)) {
                Some(date_time) => Ok(date_time.into()),
                None => call.refuse(format_args!("there is no time zone \"{}\"", json::excerpt(&name))),
            }
        }
        _ => call.wrong_type(0, "a string, or a date with a time or a time zone"),
    }
}

fn duration<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    match &call.single(0)? {
        Value::YearsMonthsDuration(duration) => Ok((*duration).into()),
        Value::DaysTimeDuration(duration) => Ok((*duration).into()),
        _ => {
            let text = call.text(0)?;
            match value::read_duration(&text) {
                Some(duration) => Ok(duration),
                None => {
                    call.refuse(format_args!("\"{}\" is no duration such as P1DT2H", json::excerpt(&text)))
                }
            }
        }
    }
}

/// The text of a timer's cycle: `R/PT1H` without end, or `R3/PT1H` three times.
fn cycle<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let interval = call.arguments.len() - 1;
    let repetitions = if interval > 0 && call.has(0) { Some(call.integer(0)?) } else { None };
    if repetitions.is_some_and(|repetitions| repetitions < 0) {
        return call.refuse(format_args!("the number of repetitions is negative"));
    }
    let repetitions = repetitions.map(|repetitions| repetitions.to_string()).unwrap_or_default();
    match call.value(interval) {
        Value::DaysTimeDuration(interval) => call.evaluator.string(format!("R{repetitions}/{interval}")),
        Value::YearsMonthsDuration(interval) => call.evaluator.string(format!("R{repetitions}/{interval}")),
        _ => call.wrong_type(interval, "a duration"),
    }
}

fn years_and_months_duration<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let (from, to) = (date_at(call, 0)?, date_at(call, 1)?);
    Ok(YearsMonthsDuration::between(from, to).into())
}

/// The date that an argument is or has.
fn date_at(call: &mut Call<'_, '_>, at: usize) -> Outcome<civil::Date> {
    match &call.single(at)? {
        Value::Date(date) => Ok(*date),
        Value::DateTime(date_time) => Ok(date_time.civil.date()),
        _ => call.wrong_type(at, "a date"),
    }
}

fn day_of_week<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let weekday = date_at(call, 0)?.weekday().to_monday_zero_offset();
    Ok(usize::try_from(weekday)
        .ok()
        .and_then(|day| WEEKDAYS.get(day))
        .map_or(Value::Null, |name| (*name).into()))
}

fn day_of_year<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(Value::Number(date_at(call, 0)?.day_of_year().into()))
}

fn week_of_year<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(Value::Number(date_at(call, 0)?.iso_week_date().week().into()))
}

fn month_of_year<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    let month = usize::try_from(date_at(call, 0)?.month() - 1);
    Ok(month.ok().and_then(|month| MONTHS.get(month)).map_or(Value::Null, |name| (*name).into()))
}

fn last_day_of_month<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    Ok(date_at(call, 0)?.last_of_month().into())
}
