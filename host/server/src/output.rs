//! What commands print on standard output.

use std::fmt::Display;
use std::io::{self, Write as _};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;
use types::Timestamp;

/// Prints a line. A reader that has gone away, such as `head`, ends the program quietly.
pub(crate) fn line(text: impl Display) {
    if let Err(error) = writeln!(io::stdout(), "{text}") {
        let code = if error.kind() == io::ErrorKind::BrokenPipe { 0 } else { 1 };
        std::process::exit(code);
    }
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Prints rows under their headings, or `empty` when there are none.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: Vec<[String; N]>, empty: &str) {
    if rows.is_empty() {
        return line(empty);
    }
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(headings);
    table.add_rows(rows.into_iter().map(|row| row.map(printable)));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    line(table.trim_fmt());
}

/// A field of an answer: a text as it is, nothing for nothing.
pub(crate) fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A point in time, in UTC and to the second.
pub(crate) fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
        .unwrap_or_else(|_| "?".to_owned())
}

/// The same for one in an answer.
pub(crate) fn instant(value: &serde_json::Value) -> String {
    let text = text(value);
    api::time::parse(&text).map_or(text, time)
}

/// `1 timer`, `2 timers`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Text of others, without what would steer a terminal.
pub(crate) fn printable(text: String) -> String {
    if text.chars().any(char::is_control) {
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_in_utc() {
        assert_eq!(time(Timestamp::from_millis(1_700_000_000_999)), "2023-11-14 22:13:20Z");
        assert_eq!(time(Timestamp::from_millis(i64::MAX)), "?");
    }

    #[test]
    fn what_would_steer_a_terminal_is_not_printed() {
        assert_eq!(printable("a\u{1b}[2Jb\n".to_owned()), "a [2Jb ");
    }
}
