//! Why a component stopped without an answer, in words that name the cause.

use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::{I32Exit, ResourceTableError};
use wasmtime_wasi_http::FieldMapError;

use crate::handler::Stopped;
use crate::host::{HEADER_BYTES_MAX, JobState, RESOURCES_MAX, SecretInCheckpoint, TooManyCheckpoints};
use crate::limits::Limit;
use crate::text::{duration, shortened, size};

/// The last words of a component in a message, in bytes.
const LAST_WORDS_BYTES_MAX: usize = 500;

/// Raised at a tick when the job has used up its CPU time.
#[derive(Debug, thiserror::Error)]
#[error("CPU time used up")]
pub(crate) struct CpuTimeUsedUp;

/// What to tell about a job that its runtime stopped, without secrets.
pub(crate) fn message(stopped: &Stopped, state: &JobState, stack_bytes: usize) -> String {
    let (Stopped::AtTheStart(error) | Stopped::AtWork(error)) = stopped;
    let attempt = &state.attempt;
    let policy = &attempt.policy;
    if error.is::<CpuTimeUsedUp>() {
        let limit = duration(policy.limits.cpu_time);
        return policy
            .met(Limit::CpuTime, format_args!("the component used more than its {limit} of CPU time"));
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return format!(
            "the component has more than {RESOURCES_MAX} resources open, such as headers, requests and streams"
        );
    }
    if let Some(FieldMapError::TotalSizeTooBig | FieldMapError::TooManyFields) = error.downcast_ref() {
        let limit = size(HEADER_BYTES_MAX as u64);
        return format!(
            "the component's headers of one request take more than {limit}, as they lie in memory"
        );
    }
    if let Some(secret) = error.downcast_ref::<SecretInCheckpoint>() {
        return secret.to_string();
    }
    if let Some(too_many) = error.downcast_ref::<TooManyCheckpoints>() {
        return policy.met(Limit::Checkpoints, too_many);
    }
    let last_words = attempt.log.last_words(&attempt.vault).map(|words| tidy(&words)).unwrap_or_default();
    let told = Told { denial: state.memory.denial(policy), last_words };
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return told.after(&format!("the component exited with code {code} instead of answering"));
    }
    match error.downcast_ref::<Trap>().copied() {
        Some(Trap::StackOverflow) => format!(
            "stack overflow: the component's calls nest deeper than its stack of {}",
            size(stack_bytes as u64)
        ),
        Some(Trap::UnreachableCodeReached) => told.of_abort(),
        Some(trap) => told.after(&format!("the component crashed: {}", name(trap))),
        None => match told.denial {
            // Its memory is too large to begin with.
            Some(denial) if matches!(stopped, Stopped::AtTheStart(_)) => denial,
            denial => {
                let reason = error.root_cause().to_string();
                let reason = attempt.vault.redacted(&reason);
                format!("the component could not be run: {reason}{}", remark(denial.as_deref()))
            }
        },
    }
}

/// Whether the host had no place for an instance: how much one takes was checked when the component came.
pub(crate) fn is_for_want_of_room(stopped: &Stopped) -> bool {
    matches!(stopped, Stopped::AtTheStart(error) if error.is::<PoolConcurrencyLimitError>())
}

/// What is known beside the error itself.
struct Told {
    /// The limit on memory that stood in the job's way last. It need not be what ended the job:
    /// a guest may have got over it long before.
    denial: Option<String>,
    last_words: String,
}

impl Told {
    /// A guest that panics or aborts ends with the same trap, and so does one that gives up without memory.
    fn of_abort(&self) -> String {
        match (self.last_words.strip_prefix("panicked"), &self.denial) {
            (Some(rest), denial) => format!("the component panicked{rest}{}", remark(denial.as_deref())),
            (None, Some(denial)) => with_last_words(denial, &self.last_words),
            (None, None) => with_last_words("the component aborted", &self.last_words),
        }
    }

    /// Another end, which has a cause of its own.
    fn after(&self, message: &str) -> String {
        with_last_words(message, &self.last_words) + &remark(self.denial.as_deref())
    }
}

fn remark(denial: Option<&str>) -> String {
    denial.map(|denial| format!(" (before that: {denial})")).unwrap_or_default()
}

fn name(trap: Trap) -> String {
    let text = trap.to_string();
    text.strip_prefix("wasm trap: ").map(str::to_owned).unwrap_or(text)
}

fn with_last_words(message: &str, last_words: &str) -> String {
    if last_words.is_empty() {
        message.to_owned()
    } else {
        format!("{message}; its last words: {last_words}")
    }
}

/// A crash report of a language runtime in one line: Rust's thread names and hints left out.
fn tidy(words: &str) -> String {
    let lines = words
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("note: run with `RUST_BACKTRACE"));
    let text = lines.collect::<Vec<_>>().join(" ");
    let text = match text.split_once("panicked at ") {
        Some((before, rest)) if before.is_empty() || before.starts_with("thread ") => {
            format!("panicked at {rest}")
        }
        _ => text,
    };
    shortened(text, LAST_WORDS_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_in_one_line() {
        let words = "\nthread 'main' (1) panicked at src/lib.rs:3:5:\nno such customer\n\
                     note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
        assert_eq!(tidy(words), "panicked at src/lib.rs:3:5: no such customer");
        assert_eq!(tidy("panicked at src/lib.rs:3:5: no"), "panicked at src/lib.rs:3:5: no");
        assert_eq!(tidy("  Traceback:\n  ValueError\n"), "Traceback: ValueError");
        assert_eq!(tidy("the pilot panicked at noon"), "the pilot panicked at noon");
    }

    #[test]
    fn a_limit_that_the_guest_got_over_is_a_remark() {
        let told = |last_words: &str| Told {
            denial: Some("memory limit of 1 MiB exceeded".to_owned()),
            last_words: last_words.to_owned(),
        };
        let panicked = told("panicked at src/lib.rs:3:5: no such customer").of_abort();
        assert_eq!(
            panicked,
            "the component panicked at src/lib.rs:3:5: no such customer (before that: memory limit of 1 MiB exceeded)"
        );
        assert_eq!(told("").of_abort(), "memory limit of 1 MiB exceeded");
        assert_eq!(
            told("").after("the component crashed"),
            "the component crashed (before that: memory limit of 1 MiB exceeded)"
        );
    }
}
