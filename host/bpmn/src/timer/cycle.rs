//! Timers that are due more than once.

use jiff::Zoned;
use types::Timestamp;

use super::cron::Cron;
use super::{Duration, TimerError, check_length, in_utc, parse_duration, parse_zoned, to_millis};

/// A repetition `R[n]/[start/]duration`, or a cron expression.
#[derive(Clone, Debug)]
pub struct Cycle(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Intervals(Intervals),
    Cron(Box<Cron>),
}

#[derive(Clone, Debug)]
struct Intervals {
    repetitions: Option<u32>,
    start: Option<Zoned>,
    interval: Duration,
}

/// One time of a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// When it is due.
    pub due: Timestamp,
    /// How many times of the repetition lie before it.
    pub number: u32,
}

impl Cycle {
    /// The first time, for a timer that is armed at `armed_at`; `None` when there is none up to [`Timestamp::MAX`].
    ///
    /// With a start, it is the earliest of start, start + interval, … that is not before `armed_at`;
    /// without, it is one interval after `armed_at`. By a cron expression it is the next time after `armed_at`.
    pub fn first(&self, armed_at: Timestamp) -> Option<Repetition> {
        match &self.0 {
            Kind::Intervals(intervals) => intervals.first(armed_at),
            Kind::Cron(cron) => Some(Repetition { due: cron.after(armed_at)?, number: 0 }),
        }
    }

    /// The time that comes after `previous`; `None` when that was the last, or beyond [`Timestamp::MAX`].
    ///
    /// Times that lie before `now` are missed: they count as if they had been, and are left out. So a timer that could
    /// not fire for a while, because its host was down, fires once too late and then goes on as if nothing had happened.
    ///
    /// The times of a repetition are counted from where it began, not from the last one, so that neither a late timer
    /// nor a short month shifts those after it. That is its start, or else `armed_at`, if `previous` fits it; a timer
    /// that was armed later than that counts on from `previous`.
    pub fn after(&self, previous: Repetition, armed_at: Timestamp, now: Timestamp) -> Option<Repetition> {
        match &self.0 {
            Kind::Intervals(intervals) => intervals.after(previous, armed_at, now),
            Kind::Cron(cron) => {
                let due = if now > previous.due { cron.not_before(now) } else { cron.after(previous.due) };
                Some(Repetition { due: due?, number: previous.number.saturating_add(1) })
            }
        }
    }
}

/// Reads an ISO 8601 repetition `R[n]/[start/]duration`: `R3/PT10S`, `R/2026-01-01T00:00:00Z/P1D`; or a cron expression
/// of six fields: second, minute, hour, day of the month, month, day of the week; `*`, `?`, lists, ranges, steps, names,
/// `L`, `W` and `#`; or `@yearly`, `@monthly`, `@weekly`, `@daily` (`@midnight`) or `@hourly`.
///
/// A cron expression is one of UTC, or of the zone in brackets at its end: `0 0 9 * * MON-FRI [Europe/Berlin]`.
/// Where clocks go forward, a time of the day that is left out comes as soon as they have; where they go back, a time
/// of the day that is twice comes once.
///
/// # Errors
/// When a part is malformed, when it repeats without end and without a pause, or when it is never due.
pub fn parse_cycle(text: &str) -> Result<Cycle, TimerError> {
    check_length(text)?;
    let malformed = |reason| TimerError::Cycle { text: text.into(), reason };
    let Some(rest) = text.strip_prefix('R') else {
        if Cron::is_meant_by(text) {
            return Cron::parse(text).map(|cron| Cycle(Kind::Cron(Box::new(cron))));
        }
        return Err(malformed("it does not begin with `R`"));
    };
    let Some((count, rest)) = rest.split_once('/') else {
        return Err(malformed("the interval is missing"));
    };
    let repetitions = match count {
        "" | "-1" => None,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().map_err(|_| malformed("the number of repetitions is out of range"))?)
        }
        _ => return Err(malformed("the number of repetitions is no whole number")),
    };
    // The last slash: a zone such as `[Europe/Berlin]` has one of its own, a duration has none.
    let (start, interval) = match rest.rsplit_once('/') {
        None => (None, rest),
        Some((start, interval)) => (Some(parse_zoned(start)?), interval),
    };
    let interval = parse_duration(interval)?;
    if repetitions.is_none() && !interval.0.is_positive() {
        return Err(TimerError::Endless { text: text.into() });
    }
    Ok(Cycle(Kind::Intervals(Intervals { repetitions, start, interval })))
}

impl Intervals {
    fn first(&self, armed_at: Timestamp) -> Option<Repetition> {
        let due = match &self.start {
            None => step(&in_utc(armed_at), self.interval, 1)?,
            Some(start) => step(start, self.interval, steps_until(start, self.interval, armed_at))?,
        };
        self.repetition(due.max(armed_at), 0)
    }

    fn after(&self, previous: Repetition, armed_at: Timestamp, now: Timestamp) -> Option<Repetition> {
        let from_arming = |armed_at: Timestamp| {
            let steps = i64::from(previous.number) + 1;
            let began = in_utc(armed_at);
            (step(&began, self.interval, steps) == Some(previous.due)).then_some((began, steps))
        };
        let (began, steps) = match &self.start {
            Some(start) => (start.clone(), steps_until(start, self.interval, just_after(previous.due)) - 1),
            None => from_arming(armed_at).unwrap_or_else(|| (in_utc(previous.due), 0)),
        };
        let next = (steps + 1).max(steps_until(&began, self.interval, now));
        let due = step(&began, self.interval, next)?.max(previous.due);
        self.repetition(due, i64::from(previous.number) + next - steps)
    }

    fn repetition(&self, due: Timestamp, number: i64) -> Option<Repetition> {
        let number = u32::try_from(number).ok()?;
        let is_left = self.repetitions.is_none_or(|repetitions| number < repetitions);
        (is_left && due <= Timestamp::MAX).then_some(Repetition { due, number })
    }
}

fn just_after(timestamp: Timestamp) -> Timestamp {
    timestamp + std::time::Duration::from_millis(1)
}

/// `start` + `count` × `interval`; `None` beyond the calendar's end.
fn step(start: &Zoned, interval: Duration, count: i64) -> Option<Timestamp> {
    let span = interval.0.checked_mul(count).ok()?;
    start.checked_add(span).ok().map(|due| to_millis(&due))
}

/// The fewest intervals after `start` that do not end before `from`.
fn steps_until(start: &Zoned, interval: Duration, from: Timestamp) -> i64 {
    if to_millis(start) >= from || !interval.0.is_positive() {
        return 0;
    }
    // Doubling, then halving: the times grow with the count, but months and days make no even steps.
    let is_before = |count: i64| step(start, interval, count).is_some_and(|due| due < from);
    let mut above = 1_i64;
    while is_before(above) {
        above = above.saturating_mul(2);
    }
    let mut below = above / 2;
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if is_before(middle) { below = middle } else { above = middle }
    }
    above
}
