//! Reading the ISO 8601 forms. Exactly what FEEL names is accepted, nothing that merely looks like it.

use std::str::FromStr;

use jiff::tz::Offset;
use jiff::{SignedDuration, civil};

use super::{DateTime, DaysTimeDuration, Time, YearsMonthsDuration, Zone};
use crate::value::Value;

/// Whatever temporal value `text` holds, as in a literal `@"…"`.
pub(crate) fn read_any(text: &str) -> Option<Value<'static>> {
    if let Some(date) = read_date(text) {
        return Some(Value::Date(date));
    }
    if let Ok(date_time) = text.parse() {
        return Some(Value::DateTime(date_time));
    }
    if let Ok(time) = text.parse() {
        return Some(Value::Time(time));
    }
    read_duration(text)
}

/// A date such as `2024-02-29`.
pub(crate) fn read_date(text: &str) -> Option<civil::Date> {
    let mut reader = Reader { rest: text };
    let date = reader.date()?;
    reader.end(date)
}

/// A duration of either kind, such as `P1Y2M` or `P1DT2H`.
pub(crate) fn read_duration(text: &str) -> Option<Value<'static>> {
    if let Ok(duration) = text.parse() {
        return Some(Value::YearsMonthsDuration(duration));
    }
    text.parse().ok().map(Value::DaysTimeDuration)
}

/// The text is no value of the type that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not in the form that ISO 8601 and FEEL give it")]
pub struct FormatError;

impl FromStr for Time {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Time, FormatError> {
        let mut reader = Reader { rest: text.strip_prefix('T').unwrap_or(text) };
        let time = reader.time().ok_or(FormatError)?;
        let zone = reader.zone().ok_or(FormatError)?;
        reader.end(Time { time, zone }).ok_or(FormatError)
    }
}

impl FromStr for DateTime {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<DateTime, FormatError> {
        let mut reader = Reader { rest: text };
        let date = reader.date().ok_or(FormatError)?;
        if reader.rest.is_empty() {
            return Ok(DateTime::midnight(date));
        }
        reader.literal('T').ok_or(FormatError)?;
        let time = reader.time().ok_or(FormatError)?;
        let zone = reader.zone().ok_or(FormatError)?;
        reader.end(DateTime { civil: date.to_datetime(time), zone }.resolved()).ok_or(FormatError)
    }
}

impl FromStr for YearsMonthsDuration {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<YearsMonthsDuration, FormatError> {
        let mut reader = Reader { rest: text };
        let months = reader.years_months().ok_or(FormatError)?;
        reader.end(YearsMonthsDuration { months }).ok_or(FormatError)
    }
}

impl FromStr for DaysTimeDuration {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<DaysTimeDuration, FormatError> {
        let mut reader = Reader { rest: text };
        let duration = reader.days_time().ok_or(FormatError)?;
        reader.end(DaysTimeDuration(duration)).ok_or(FormatError)
    }
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn end<T>(&self, value: T) -> Option<T> {
        self.rest.is_empty().then_some(value)
    }

    fn literal(&mut self, expected: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(expected)?;
        Some(())
    }

    /// Exactly `count` digits.
    fn digits(&mut self, count: usize) -> Option<i16> {
        let digits = self.rest.get(..count)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        self.rest = &self.rest[count..];
        digits.parse().ok()
    }

    fn two_digits(&mut self) -> Option<i8> {
        i8::try_from(self.digits(2)?).ok()
    }

    fn date(&mut self) -> Option<civil::Date> {
        let negative = self.literal('-').is_some();
        let year = self.digits(4)?;
        self.literal('-')?;
        let month = self.two_digits()?;
        self.literal('-')?;
        let day = self.two_digits()?;
        civil::Date::new(if negative { -year } else { year }, month, day).ok()
    }

    fn time(&mut self) -> Option<civil::Time> {
        let hour = self.two_digits()?;
        self.literal(':')?;
        let minute = self.two_digits()?;
        if self.literal(':').is_none() {
            return civil::Time::new(hour, minute, 0, 0).ok();
        }
        let second = self.two_digits()?;
        let nanos = if self.literal('.').is_some() { self.fraction()? } else { 0 };
        civil::Time::new(hour, minute, second, nanos).ok()
    }

    /// The digits behind a decimal point, in nanoseconds; what is below one is dropped.
    fn fraction(&mut self) -> Option<i32> {
        let digits = self.number_text()?;
        let kept = &digits[..digits.len().min(9)];
        let value: i32 = kept.parse().ok()?;
        let missing = u32::try_from(9 - kept.len()).ok()?;
        value.checked_mul(10i32.pow(missing))
    }

    /// At least one digit.
    fn number_text(&mut self) -> Option<String> {
        let end = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if end == 0 {
            return None;
        }
        let (digits, rest) = self.rest.split_at(end);
        let digits = digits.to_owned();
        self.rest = rest;
        Some(digits)
    }

    /// Nothing, `Z`, `+01:00`, `@Europe/Berlin`, or an offset with the name in brackets.
    fn zone(&mut self) -> Option<Zone> {
        if self.rest.is_empty() {
            return Some(Zone::LOCAL);
        }
        if self.literal('@').is_some() {
            let zone = Zone::named(self.rest)?;
            self.rest = "";
            return Some(zone);
        }
        let offset = self.offset()?;
        if let Some(name) = self.rest.strip_prefix('[') {
            let zone = Zone::named(name.strip_suffix(']')?)?;
            self.rest = "";
            return Some(zone);
        }
        Some(Zone::fixed(offset))
    }

    fn offset(&mut self) -> Option<Offset> {
        // The greatest offset that ISO 8601's users and the standard agree on.
        const SECONDS_MAX: i32 = 18 * 3600;
        if self.literal('Z').is_some() || self.literal('z').is_some() {
            return Some(Offset::UTC);
        }
        let negative = match self.rest.as_bytes().first()? {
            b'+' => false,
            b'-' => true,
            _ => return None,
        };
        self.rest = &self.rest[1..];
        let hours = i32::from(self.two_digits()?);
        self.literal(':')?;
        let minutes = i32::from(self.two_digits()?);
        let seconds = if self.literal(':').is_some() { i32::from(self.two_digits()?) } else { 0 };
        let total = hours * 3600 + minutes * 60 + seconds;
        if minutes > 59 || seconds > 59 || total > SECONDS_MAX {
            return None;
        }
        Offset::from_seconds(if negative { -total } else { total }).ok()
    }

    /// A number with its unit, if the unit comes next. Java, and so Camunda, reads a sign before each number.
    fn part(&mut self, unit: char) -> Option<i64> {
        let digits = self.rest.strip_prefix('-').unwrap_or(self.rest);
        let end = self.rest.len() - digits.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        let rest = self.rest[end..].strip_prefix(unit)?;
        let value = self.rest[..end].parse().ok()?;
        self.rest = rest;
        Some(value)
    }

    fn years_months(&mut self) -> Option<i64> {
        let negative = self.literal('-').is_some();
        self.literal('P')?;
        let (years, months) = (self.part('Y'), self.part('M'));
        if years.is_none() && months.is_none() {
            return None;
        }
        let total = years.unwrap_or(0).checked_mul(12)?.checked_add(months.unwrap_or(0))?;
        if negative { total.checked_neg() } else { Some(total) }
    }

    fn days_time(&mut self) -> Option<SignedDuration> {
        let negative = self.literal('-').is_some();
        self.literal('P')?;
        let days = self.part('D');
        let mut seconds = days.unwrap_or(0).checked_mul(86_400)?;
        let mut nanos = 0;
        if self.literal('T').is_some() {
            let (hours, minutes) = (self.part('H'), self.part('M'));
            let rest = self.seconds();
            if hours.is_none() && minutes.is_none() && rest.is_none() {
                return None;
            }
            let (whole, fraction) = rest.unwrap_or((0, 0));
            seconds = seconds
                .checked_add(hours.unwrap_or(0).checked_mul(3600)?)?
                .checked_add(minutes.unwrap_or(0).checked_mul(60)?)?
                .checked_add(whole)?;
            nanos = fraction;
        } else if days.is_none() {
            return None;
        }
        let total =
            SignedDuration::from_secs(seconds).checked_add(SignedDuration::from_nanos(nanos.into()))?;
        if negative { total.checked_neg() } else { Some(total) }
    }

    fn seconds(&mut self) -> Option<(i64, i32)> {
        if let Some(whole) = self.part('S') {
            return Some((whole, 0));
        }
        let negative = self.literal('-').is_some();
        let whole: i64 = self.number_text()?.parse().ok()?;
        self.literal('.')?;
        let nanos = if self.rest.starts_with('S') { 0 } else { self.fraction()? };
        self.literal('S')?;
        Some(if negative { (-whole, -nanos) } else { (whole, nanos) })
    }
}
