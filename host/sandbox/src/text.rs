//! Texts for people: sizes, durations, and what does not fit.

use std::borrow::Cow;
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

/// `text` without characters that a terminal obeys, each written out as `\u{1b}`. Line breaks and tabs stay.
pub(crate) fn printable(text: Cow<'_, str>) -> Cow<'_, str> {
    let is_obeyed = |letter: char| {
        // The second group changes the direction of what is read.
        (letter.is_control() && !matches!(letter, '\n' | '\t'))
            || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(is_obeyed) {
        return text;
    }
    let mut written = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if is_obeyed(letter) {
            written.extend(letter.escape_unicode());
        } else {
            written.push(letter);
        }
    }
    Cow::Owned(written)
}

/// `text` whose further lines are indented: none of them passes for a record of its own.
pub(crate) fn one_record(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\n') { Cow::Owned(text.replace('\n', "\n  ")) } else { text }
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
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(
            printable("\u{1b}[2J\rroot\u{202e}\ttab\n".into()),
            "\\u{1b}[2J\\u{d}root\\u{202e}\ttab\n"
        );
        assert!(matches!(printable("plain é\n".into()), Cow::Borrowed(_)));
        assert_eq!(one_record("done\nERROR forged".into()), "done\n  ERROR forged");
    }

    #[test]
    fn what_does_not_fit_is_cut_between_letters() {
        assert_eq!(shortened("ééé".to_owned(), 6), "ééé");
        assert_eq!(shortened("ééé".to_owned(), 5), "éé … (2 bytes more)");
    }
}
