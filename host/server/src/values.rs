//! Sizes, durations and limits, as people write and read them.

use std::time::Duration;

use jiff::SignedDuration;

const UNITS: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// Reads `64MiB`, `500KB`, `1GB` or a plain number of bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let expected = || format!("expected a size such as `64MiB`, found `{text}`");
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(expected());
    }
    let unit = unit.trim();
    let factor = if unit.is_empty() {
        1
    } else if unit.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        let known = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
        let known = known.map(|(_, factor)| *factor);
        known.ok_or_else(|| unknown_unit(unit, UNITS.iter().map(|(name, _)| *name)))?
    } else {
        return Err(expected());
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    bytes.ok_or_else(|| format!("`{text}` is more than can be counted"))
}

/// Units of a duration that is written for a machine. The parser knows some more spellings of them.
const TIME_UNITS: [&str; 4] = ["h", "m", "s", "ms"];

/// Reads `30s`, `500ms`, `2m`, `1h 30m`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration: Option<SignedDuration> = text.parse().ok();
    if let Some(duration) = duration.and_then(|duration| Duration::try_from(duration).ok()) {
        return Ok(duration);
    }
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let is_unit = unit.len() < text.len() && !unit.is_empty();
    Err(if is_unit && unit.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        unknown_unit(unit, TIME_UNITS.into_iter())
    } else {
        format!("expected a duration such as `30s` or `500ms`, found `{text}`")
    })
}

fn unknown_unit<'u>(unit: &str, known: impl Iterator<Item = &'u str>) -> String {
    let known = known.collect::<Vec<_>>();
    let (last, others) = known.split_last().map_or(("", &[][..]), |(last, others)| (*last, others));
    format!("the unit `{unit}` is not known: use {} or {last}", others.join(", "))
}

/// `1.5 MB`, `20 KB`, `17 bytes`.
pub(crate) fn show_size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, bytes) in
            [("0", 0), ("17", 17), ("64MiB", 64 << 20), ("1 kb", 1_000), ("2GB", 2_000_000_000), ("5B", 5)]
        {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5MB", "10 apples", "99999999999GiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        let message = parse_size("999TiB");
        assert_eq!(
            message,
            Err("the unit `TiB` is not known: use KiB, MiB, GiB, KB, MB, GB or B".to_owned())
        );
    }

    #[test]
    fn durations_are_read_with_their_units() {
        for (text, millis) in
            [("30s", 30_000), ("500ms", 500), ("1m 30s", 90_000), ("PT2S", 2_000), ("0s", 0)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "30", "-1s", "1s ago", "soon"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        let message = parse_duration("400d");
        assert_eq!(message, Err("the unit `d` is not known: use h, m, s or ms".to_owned()));
    }

    #[test]
    fn sizes_are_shown_short() {
        assert_eq!([17, 88_932, 12_345_678].map(show_size), ["17 bytes", "89 KB", "12.3 MB"]);
    }
}
