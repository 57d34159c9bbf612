//! `fermata:host/log`, and the log of one job with its limits.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bindings::fermata::host::log::{Host, Level};
use crate::host::JobState;
use crate::text::{shortened, size};
use crate::{Limits, LogLevel, LogLine, LogSource};

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
    bytes_max: usize,
    records_max: usize,
    bytes: usize,
    records: usize,
    dropped: usize,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    last_error: Option<String>,
    last_stderr: Vec<u8>,
}

impl JobLog {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self(Mutex::new(State {
            bytes_max: limits.log_bytes,
            records_max: limits.log_records,
            bytes: 0,
            records: 0,
            dropped: 0,
            stdout: Vec::new(),
            stderr: Vec::new(),
            last_error: None,
            last_stderr: Vec::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The records to write for one that the guest has made.
    fn record(&self, level: LogLevel, message: String, fields: Vec<(String, String)>) -> Option<LogLine> {
        let mut state = self.state();
        let message = shortened(message, MESSAGE_BYTES_MAX);
        if level == LogLevel::Error {
            state.last_error = Some(error_words(&message, &fields));
        }
        let mut kept: Vec<(String, String)> = Vec::new();
        for (name, value) in fields {
            let value = shortened(value, FIELD_BYTES_MAX);
            if let Some(field) = kept.iter_mut().find(|field| field.0 == name) {
                field.1 = value;
            } else if kept.len() < FIELDS_MAX {
                kept.push((shortened(name, FIELD_BYTES_MAX), value));
            }
        }
        state.admit(LogLine { level, source: LogSource::Log, message, fields: kept })
    }

    /// The records to write for `bytes` of output: one for each line that is complete.
    pub(crate) fn output(&self, source: LogSource, bytes: &[u8]) -> Vec<LogLine> {
        let mut state = self.state();
        if source == LogSource::Stderr {
            state.remember(bytes);
        }
        let mut admitted = Vec::new();
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let complete = piece.ends_with(b"\n");
            let line = state.line(source);
            let room = MESSAGE_BYTES_MAX.saturating_sub(line.len());
            line.extend_from_slice(&piece[..piece.len().min(room)]);
            if complete {
                let line = std::mem::take(line);
                admitted.extend(state.admit_output(source, &line));
            }
        }
        admitted
    }

    /// The records to write for lines that were never completed.
    pub(crate) fn rest_of_output(&self) -> Vec<LogLine> {
        let mut state = self.state();
        let mut admitted = Vec::new();
        for source in [LogSource::Stdout, LogSource::Stderr] {
            let line = std::mem::take(state.line(source));
            admitted.extend(state.admit_output(source, &line));
        }
        admitted
    }

    /// Records that were over the limits.
    pub(crate) fn dropped(&self) -> usize {
        self.state().dropped
    }

    /// What the guest said last before it crashed: standard error, else its last error record.
    pub(crate) fn last_words(&self) -> Option<String> {
        let state = self.state();
        let stderr = String::from_utf8_lossy(&state.last_stderr).trim().to_owned();
        if stderr.is_empty() { state.last_error.clone() } else { Some(stderr) }
    }
}

impl State {
    fn line(&mut self, source: LogSource) -> &mut Vec<u8> {
        if source == LogSource::Stderr { &mut self.stderr } else { &mut self.stdout }
    }

    fn remember(&mut self, bytes: &[u8]) {
        self.last_stderr.extend_from_slice(&bytes[bytes.len().saturating_sub(LAST_WORDS_BYTES_MAX)..]);
        let surplus = self.last_stderr.len().saturating_sub(LAST_WORDS_BYTES_MAX);
        self.last_stderr.drain(..surplus);
    }

    fn admit_output(&mut self, source: LogSource, line: &[u8]) -> Option<LogLine> {
        let message = String::from_utf8_lossy(line).trim_end().to_owned();
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
        if self.dropped == 0 && self.records < self.records_max && self.bytes + bytes <= self.bytes_max {
            self.records += 1;
            self.bytes += bytes;
            return Some(line);
        }
        self.dropped += 1;
        (self.dropped == 1).then(|| LogLine {
            level: LogLevel::Warn,
            source: LogSource::Host,
            message: format!(
                "the log of this job is full: it holds {} records and {}, further ones are dropped",
                self.records_max,
                size(self.bytes_max as u64)
            ),
            fields: Vec::new(),
        })
    }
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
        self.attempt.write_log(self.attempt.log.record(level, message, fields));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(bytes: usize, records: usize) -> JobLog {
        JobLog::new(&Limits { log_bytes: bytes, log_records: records, ..Limits::default() })
    }

    fn messages(lines: impl IntoIterator<Item = LogLine>) -> Vec<String> {
        lines.into_iter().map(|line| line.message).collect()
    }

    #[test]
    fn output_becomes_one_record_per_line() {
        let log = log(1000, 10);
        assert_eq!(messages(log.output(LogSource::Stdout, b"one\ntw")), ["one"]);
        assert_eq!(messages(log.output(LogSource::Stderr, b"other\n")), ["other"]);
        assert_eq!(messages(log.output(LogSource::Stdout, b"o\n\nthree")), ["two"]);
        assert_eq!(messages(log.rest_of_output()), ["three"]);
        assert_eq!(messages(log.rest_of_output()), [""; 0]);
        assert_eq!(log.last_words().as_deref(), Some("other"));
    }

    #[test]
    fn a_full_log_says_so_once() {
        let log = log(1000, 2);
        let write = |message: &str| log.record(LogLevel::Info, message.to_owned(), Vec::new());
        assert_eq!(
            messages(["1", "2", "3", "4"].into_iter().filter_map(write)),
            [
                "1",
                "2",
                "the log of this job is full: it holds 2 records and 1000 bytes, further ones are dropped"
            ]
        );
        assert_eq!(log.dropped(), 2);
    }

    #[test]
    fn long_records_are_shortened() {
        let log = log(1 << 20, 10);
        let fields = (0..100).map(|number| (format!("f{}", number % 50), "v".repeat(2000))).collect();
        let line = log.record(LogLevel::Info, "é".repeat(5000), fields);
        assert!(line.as_ref().is_some_and(|line| line.message.ends_with("é … (1808 bytes more)")));
        assert_eq!(line.map(|line| line.fields.len()), Some(FIELDS_MAX));
        let output = log.output(LogSource::Stdout, &[b"x".repeat(1 << 20), b"\n".to_vec()].concat());
        assert_eq!(output.first().map(|line| line.message.len()), Some(MESSAGE_BYTES_MAX));
    }
}
