//! Texts for people: sizes, durations, and what does not fit.

use std::time::Duration;

/// A size for people: `64 MiB`, `20 KiB`, `17 bytes`.
pub(crate) fn size(bytes: u64) -> String {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    match bytes {
        0..KIB => format!("{bytes} bytes"),
        _ if bytes.is_multiple_of(MIB) => format!("{} MiB", bytes / MIB),
        _ if bytes.is_multiple_of(KIB) => format!("{} KiB", bytes / KIB),
        _ => format!("{bytes} bytes"),
    }
}

/// A duration for people: `10 s`, `250 ms`.
pub(crate) fn duration(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

/// `text` cut to `bytes_max`, with a note of how much is missing.
pub(crate) fn shortened(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        let end = text.floor_char_boundary(bytes_max);
        let missing = text.len() - end;
        text.truncate(end);
        text.push_str(&format!(" … ({missing} bytes more)"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_are_short() {
        assert_eq!(size(64 << 20), "64 MiB");
        assert_eq!(size(20 << 10), "20 KiB");
        assert_eq!(size(1023), "1023 bytes");
        assert_eq!(size((1 << 20) + 1), "1048577 bytes");
        assert_eq!(duration(Duration::from_secs(10)), "10 s");
        assert_eq!(duration(Duration::from_millis(250)), "250 ms");
    }

    #[test]
    fn what_does_not_fit_is_cut_between_letters() {
        assert_eq!(shortened("ééé".to_owned(), 6), "ééé");
        assert_eq!(shortened("ééé".to_owned(), 5), "éé … (2 bytes more)");
    }
}
