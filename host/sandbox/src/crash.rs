//! Why a component stopped without an answer, in words that name the cause.

use wasmtime::Trap;
use wasmtime_wasi::I32Exit;

use crate::host::JobState;
use crate::text::{duration, shortened, size};

/// The last words of a component in a message, in bytes.
const LAST_WORDS_BYTES_MAX: usize = 500;

/// Raised at a tick when the job has used up its CPU time.
#[derive(Debug, thiserror::Error)]
#[error("CPU time used up")]
pub(crate) struct CpuTimeUsedUp;

/// What to tell about a job that its runtime stopped with `error`.
pub(crate) fn message(error: &wasmtime::Error, state: &JobState, stack_bytes: usize) -> String {
    let limits = &state.attempt.policy.limits;
    if error.is::<CpuTimeUsedUp>() {
        return format!("the component used more than its {} of CPU time", duration(limits.cpu_time));
    }
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::StackOverflow) {
        return format!(
            "stack overflow: the component's calls nest deeper than its stack of {}",
            size(stack_bytes as u64)
        );
    }
    let last_words = state.attempt.log.last_words().map(|words| tidy(&words)).unwrap_or_default();
    // A guest that is denied memory traps a moment later, by whatever instruction it aborts with.
    if let Some(denial) = state.memory.denial() {
        return with_last_words(&denial, &last_words);
    }
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return with_last_words(
            &format!("the component exited with code {code} instead of answering"),
            &last_words,
        );
    }
    match trap {
        Some(Trap::UnreachableCodeReached) => match last_words.strip_prefix("panicked") {
            Some(rest) => format!("the component panicked{rest}"),
            None => with_last_words("the component aborted", &last_words),
        },
        Some(trap) => with_last_words(&format!("the component crashed: {}", name(trap)), &last_words),
        None => format!("the component could not be run: {}", error.root_cause()),
    }
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
}
