//! `fermata:host/log`, and the log of one job with its limits.
//!
//! Secrets are taken out before anything is shortened: half a secret is not found any more, and still half a secret.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bindings::host::fermata::host::log::{Host, Level};
use crate::host::{Cut, JobState, Vault};
use crate::limits::Limit;
use crate::text::{one_record, printable, shortened, size};
use crate::{LogLevel, LogLine, LogSource, Policy};

/// A message, or a line of output, in bytes. What is longer is shortened.
const MESSAGE_BYTES_MAX: usize = 8 << 10;
/// Fields of one record. Further ones are dropped.
const FIELDS_MAX: usize = 32;
/// The name or the value of a field, in bytes. What is longer is shortened.
const FIELD_BYTES_MAX: usize = 1 << 10;
/// Output kept to explain a crash, in bytes.
const LAST_WORDS_BYTES_MAX: usize = 2 << 10;

/// The log of one job: what is left of its limits, and the last words for the case of a crash.
#[derive(Debug)]
pub(crate) struct JobLog(Mutex<State>);

#[derive(Debug)]
struct State {
    policy: Arc<Policy>,
    bytes: usize,
    records: usize,
    dropped: usize,
    stdout: Line,
    stderr: Line,
    last_error: Option<String>,
    last_stderr: LastWords,
}

/// A line of output that is not complete yet.
#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
    is_cut: bool,
}

/// The last bytes of standard error.
#[derive(Debug, Default)]
struct LastWords {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl JobLog {
    pub(crate) fn new(policy: &Arc<Policy>) -> Self {
        Self(Mutex::new(State {
            policy: Arc::clone(policy),
            bytes: 0,
            records: 0,
            dropped: 0,
            stdout: Line::default(),
            stderr: Line::default(),
            last_error: None,
            last_stderr: LastWords::default(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record to write for one that the guest has made, without the secrets of `vault`.
    fn record(
        &self,
        level: LogLevel,
        message: &str,
        fields: &[(String, String)],
        vault: &Vault,
    ) -> Option<LogLine> {
        let clean = |text: &str, bytes_max| shortened(harmless(vault.redacted(text)), bytes_max);
        let message = clean(message, MESSAGE_BYTES_MAX);
        let mut kept: Vec<(String, String)> = Vec::new();
        for (name, value) in fields {
            if let Some(field) = kept.iter_mut().find(|field| field.0 == *name) {
                field.1 = clean(value, FIELD_BYTES_MAX);
            } else if kept.len() < FIELDS_MAX {
                kept.push((clean(name, FIELD_BYTES_MAX), clean(value, FIELD_BYTES_MAX)));
            }
        }
        let mut state = self.state();
        if level == LogLevel::Error {
            state.last_error = Some(error_words(&message, &kept));
        }
        state.admit(LogLine { level, source: LogSource::Log, message, fields: kept })
    }

    /// The records to write for `bytes` of output: one for each line that is complete.
    pub(crate) fn output(&self, source: LogSource, bytes: &[u8], vault: &Vault) -> Vec<LogLine> {
        let mut state = self.state();
        if source == LogSource::Stderr {
            state.last_stderr.push(bytes);
        }
        let mut admitted = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let complete = piece.ends_with(b"\n");
            let line = state.line(source);
            line.push(piece);
            if complete {
                let line = std::mem::take(line);
                admitted.extend(state.admit_output(source, &line, vault));
            }
        }
        admitted
    }

    /// The records to write for lines that were never completed.
    pub(crate) fn rest_of_output(&self, vault: &Vault) -> Vec<LogLine> {
        let mut state = self.state();
        let mut admitted = Vec::new();
        for source in [LogSource::Stdout, LogSource::Stderr] {
            let line = std::mem::take(state.line(source));
            admitted.extend(state.admit_output(source, &line, vault));
        }
        admitted
    }

    /// Records that were over the limits.
    pub(crate) fn dropped(&self) -> usize {
        self.state().dropped
    }

    /// What the guest said last before it crashed, without the secrets of `vault`:
    /// standard error, else its last error record.
    pub(crate) fn last_words(&self, vault: &Vault) -> Option<String> {
        let state = self.state();
        let LastWords { bytes, is_cut } = &state.last_stderr;
        let stderr = String::from_utf8_lossy(bytes);
        let stderr = vault.redacted_piece(&stderr, if *is_cut { Cut::Front } else { Cut::Nowhere });
        let stderr = stderr.trim();
        if stderr.is_empty() { state.last_error.clone() } else { Some(stderr.to_owned()) }
    }
}

impl Line {
    fn push(&mut self, piece: &[u8]) {
        let room = MESSAGE_BYTES_MAX.saturating_sub(self.bytes.len());
        self.is_cut |= piece.trim_ascii_end().len() > room;
        self.bytes.extend_from_slice(&piece[..piece.len().min(room)]);
    }
}

impl LastWords {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(&bytes[bytes.len().saturating_sub(LAST_WORDS_BYTES_MAX)..]);
        let surplus = self.bytes.len().saturating_sub(LAST_WORDS_BYTES_MAX);
        self.bytes.drain(..surplus);
        self.is_cut |= surplus > 0 || bytes.len() > LAST_WORDS_BYTES_MAX;
    }
}

impl State {
    fn line(&mut self, source: LogSource) -> &mut Line {
        if source == LogSource::Stderr { &mut self.stderr } else { &mut self.stdout }
    }

    fn admit_output(&mut self, source: LogSource, line: &Line, vault: &Vault) -> Option<LogLine> {
        let text = String::from_utf8_lossy(&line.bytes);
        let cut = if line.is_cut { Cut::Back } else { Cut::Nowhere };
        let message = harmless(vault.redacted_piece(text.trim_end(), cut));
        if message.is_empty() {
            return None;
        }
        let level = if source == LogSource::Stderr { LogLevel::Warn } else { LogLevel::Info };
        self.admit(LogLine { level, source, message, fields: Vec::new() })
    }

    /// The record itself while there is room; in the place of the first one too many, a note that says so.
    fn admit(&mut self, line: LogLine) -> Option<LogLine> {
        let bytes = line.message.len()
            + line.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let limits = &self.policy.limits;
        let has_room = self.records < limits.log_records;
        if self.dropped == 0 && has_room && self.bytes + bytes <= limits.log_bytes {
            self.records += 1;
            self.bytes += bytes;
            return Some(line);
        }
        self.dropped += 1;
        (self.dropped == 1).then(|| {
            let what = format!(
                "the log of this job is full: it holds {} records and {}, further ones are dropped",
                limits.log_records,
                size(limits.log_bytes as u64)
            );
            let met = if has_room { Limit::LogBytes } else { Limit::LogRecords };
            LogLine {
                level: LogLevel::Warn,
                source: LogSource::Host,
                message: self.policy.met(met, what),
                fields: Vec::new(),
            }
        })
    }
}

/// A text that can neither command a terminal nor pass for a record of its own where logs are shown.
fn harmless(text: Cow<'_, str>) -> String {
    one_record(printable(text)).into_owned()
}

/// An error record as the last words of a component that crashes after it.
/// The SDK marks the record of a panic, because some runtimes lose its text.
fn error_words(message: &str, fields: &[(String, String)]) -> String {
    let field =
        |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    match (field("kind"), field("at")) {
        (Some("panic"), Some(place)) => format!("panicked at {place}: {message}"),
        (Some("panic"), None) => format!("panicked: {message}"),
        _ => message.to_owned(),
    }
}

impl Host for JobState {
    fn write(&mut self, level: Level, message: String, fields: Vec<(String, String)>) {
        let level = match level {
            Level::Trace => LogLevel::Trace,
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        let attempt = &self.attempt;
        attempt.write_log(attempt.log.record(level, &message, &fields, &attempt.vault));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, SecretString};

    fn log(bytes: usize, records: usize) -> JobLog {
        let limits = Limits { log_bytes: bytes, log_records: records, ..Limits::default() };
        JobLog::new(&Arc::new(Policy { component: "mailer".into(), limits, ..Policy::default() }))
    }

    fn messages(lines: impl IntoIterator<Item = LogLine>) -> Vec<String> {
        lines.into_iter().map(|line| line.message).collect()
    }

    #[test]
    fn output_becomes_one_record_per_line() {
        let (log, vault) = (log(1000, 10), Vault::default());
        assert_eq!(messages(log.output(LogSource::Stdout, b"one\ntw", &vault)), ["one"]);
        assert_eq!(messages(log.output(LogSource::Stderr, b"other\n", &vault)), ["other"]);
        assert_eq!(messages(log.output(LogSource::Stdout, b"o\n\nthree", &vault)), ["two"]);
        assert_eq!(messages(log.rest_of_output(&vault)), ["three"]);
        assert_eq!(messages(log.rest_of_output(&vault)), [""; 0]);
        assert_eq!(log.last_words(&vault).as_deref(), Some("other"));
    }

    #[test]
    fn a_full_log_says_so_once() {
        let log = log(1000, 2);
        let write = |message: &str| log.record(LogLevel::Info, message, &[], &Vault::default());
        assert_eq!(
            messages(["1", "2", "3", "4"].into_iter().filter_map(write)),
            [
                "1",
                "2",
                "the log of this job is full: it holds 2 records and 1000 bytes, further ones are dropped: \
                 raise `log_records` with `fermata worker grant mailer --limit log_records=NUMBER`"
            ]
        );
        assert_eq!(log.dropped(), 2);
        let log = self::log(5, 2);
        let line = log.record(LogLevel::Info, "too long", &[], &Vault::default());
        let message = line.map(|line| line.message).unwrap_or_default();
        assert!(message.ends_with("--limit log_bytes=NUMBER`"), "{message}");
    }

    #[test]
    fn long_records_are_shortened() {
        let (log, vault) = (log(1 << 20, 10), Vault::default());
        let fields: Vec<_> = (0..100).map(|number| (format!("f{}", number % 50), "v".repeat(2000))).collect();
        let line = log.record(LogLevel::Info, &"é".repeat(5000), &fields, &vault);
        assert!(line.as_ref().is_some_and(|line| line.message.ends_with("é … (1808 bytes more)")));
        assert_eq!(line.map(|line| line.fields.len()), Some(FIELDS_MAX));
        let output = log.output(LogSource::Stdout, &[b"x".repeat(1 << 20), b"\n".to_vec()].concat(), &vault);
        assert_eq!(output.first().map(|line| line.message.len()), Some(MESSAGE_BYTES_MAX));
    }

    #[test]
    fn a_secret_that_the_limit_cuts_through_is_taken_out_as_a_whole() {
        const SECRET: &str = "s3cr3t-value";
        let (log, vault) = (log(1 << 20, 10), Vault::default());
        vault.was_sent_as("KEY", SecretString::new(SECRET));
        let leaks = |text: &str| text.contains("s3cr3t");

        let message = "x".repeat(MESSAGE_BYTES_MAX - 8) + SECRET;
        let fields = [("at".to_owned(), "y".repeat(FIELD_BYTES_MAX - 8) + SECRET)];
        let line = log.record(LogLevel::Error, &message, &fields, &vault);
        assert!(line.is_some_and(|line| !leaks(&line.message) && !leaks(&line.fields[0].1)));
        assert!(log.last_words(&vault).is_some_and(|words| !leaks(&words)));

        let output = log.output(LogSource::Stderr, (message + "\n").as_bytes(), &vault);
        assert!(output[0].message.ends_with("x[secret KEY]"), "{}", output[0].message.len());
        // The last words begin in the middle of the secret.
        let words = SECRET.to_owned() + &"z".repeat(LAST_WORDS_BYTES_MAX - 8);
        log.output(LogSource::Stderr, words.as_bytes(), &vault);
        assert!(log.last_words(&vault).is_some_and(|words| words.starts_with("[secret KEY]zz")));
    }

    #[test]
    fn without_the_look_at_texts_a_terminal_obeys_them() {
        const TEXT: &str = "done\n2026-01-01 ERROR forged \u{1b}[2J\u{202e}";
        let (log, vault) = (log(1000, 10), Vault::default());
        // All that is done to a text before that look, and its result.
        assert_eq!(vault.redacted(TEXT), TEXT);
        let line = log.record(LogLevel::Info, TEXT, &[("na\nme".to_owned(), TEXT.to_owned())], &vault);
        let line = line.expect("there is room");
        assert_eq!(line.message, "done\n  2026-01-01 ERROR forged \\u{1b}[2J\\u{202e}");
        assert_eq!(line.fields[0].1, line.message);
        assert_eq!(line.fields[0].0, "na\n  me");
    }

    #[test]
    fn a_secret_that_nobody_knows_of_is_not_found() {
        const TEXT: &str = "the key is s3cr3t-value";
        let vault = Vault::default();
        assert_eq!((vault.redacted(TEXT), vault.secret_in(TEXT)), (TEXT.into(), None));
        vault.was_sent_as("KEY", SecretString::new("s3cr3t-value"));
        assert_eq!(vault.redacted(TEXT), "the key is [secret KEY]");
        assert_eq!(vault.secret_in(TEXT).as_deref(), Some("KEY"));
    }

    #[test]
    fn a_secret_is_found_in_json_however_it_is_escaped() {
        let vault = Vault::default();
        const JSON: &str = r#"{"a": [1, {"\u0073\u0033cr3t\nva\/lue": null}]}"#;
        assert_eq!(vault.secret_in_json(JSON), None);
        vault.was_sent_as("KEY", SecretString::new("s3cr3t\nva/lue"));
        assert_eq!(vault.secret_in_json(JSON).as_deref(), Some("KEY"));
        assert_eq!(vault.secret_in_json(r#"["\n no secret"]"#), None);
        assert_eq!(vault.secret_in_json(r#"no JSON \n"#), None);
    }
}
