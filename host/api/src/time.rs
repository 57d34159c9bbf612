//! Times in JSON: RFC 3339 in UTC with milliseconds, such as `2030-01-31T12:00:00.000Z`.

use serde::{Deserialize, Deserializer, Serializer};
use types::Timestamp;

/// The text of a time.
pub fn to_text(time: Timestamp) -> String {
    let outermost = if time.as_millis() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    let time = jiff::Timestamp::from_millisecond(time.as_millis()).unwrap_or(outermost);
    format!("{time:.3}")
}

/// The time that an RFC 3339 text names, with any offset; finer parts than milliseconds are cut off.
///
/// # Errors
/// The text is no date and time with an offset.
pub fn parse(text: &str) -> Result<Timestamp, NotATime> {
    let time: jiff::Timestamp =
        text.parse().map_err(|_| NotATime { text: text.chars().take(40).collect() })?;
    Ok(Timestamp::from_millis(time.as_millisecond()))
}

/// The text is not a date and time with an offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a date and time: expected ISO 8601 with an offset, such as `2030-01-31T12:00:00Z`")]
pub struct NotATime {
    text: String,
}

/// For `#[serde(serialize_with)]`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&to_text(*time))
}

/// For `#[serde(deserialize_with)]`.
///
/// # Errors
/// There is no text, or it is not a time.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).map_err(serde::de::Error::custom)
}

/// The same for a time that may be missing.
pub(crate) mod optional {
    use serde::Serializer;
    use types::Timestamp;

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => super::serialize(time, serializer),
            None => serializer.serialize_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_milliseconds() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_700_000_000_007, "2023-11-14T22:13:20.007Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            let time = Timestamp::from_millis(millis);
            assert_eq!(to_text(time), text);
            assert_eq!(parse(text).unwrap(), time);
        }
        assert!(to_text(Timestamp::MAX).starts_with("9999-12-30T"));
        assert!(to_text(Timestamp::from_millis(i64::MIN)).starts_with("-009999-"));
    }

    #[test]
    fn offsets_count() {
        let noon = parse("2030-01-31T12:00:00Z").unwrap();
        for same in ["2030-01-31T13:00:00+01:00", "2030-01-31T12:00:00.0009Z", "2030-01-31 12:00:00z"] {
            assert_eq!(parse(same).unwrap(), noon, "{same}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "2030-01-31", "2030-01-31T12:00:00", "yesterday", "1700000000000"] {
            assert!(parse(text).unwrap_err().to_string().contains("is not a date and time"), "{text}");
        }
    }
}
