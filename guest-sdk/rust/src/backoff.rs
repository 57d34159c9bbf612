//! How long a job waits before its next attempt when neither the worker nor the model says so.

use std::time::Duration;

use crate::{Failure, context};

/// The task header by which a model says how long to wait. The host reads it.
const MODEL_HEADER: &str = "retryBackoff";

/// The waits after the first attempts; later ones wait as long as the last.
const WAITS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// The failure with its wait decided: an outage outlasts attempts that follow each other within milliseconds.
pub(crate) fn decided(failure: Failure, task_headers: &[(String, String)]) -> Failure {
    let model_says = task_headers.iter().any(|(name, value)| name == MODEL_HEADER && !value.is_empty());
    let waits = failure.backs_off && failure.retry_after.is_none() && failure.retries != Some(0);
    let retry_after =
        if waits && !model_says { Some(wait_after(context::attempt())) } else { failure.retry_after };
    Failure { retry_after, backs_off: false, ..failure }
}

fn wait_after(attempt: u32) -> Duration {
    let last = WAITS.len() - 1;
    WAITS[usize::try_from(attempt.saturating_sub(1)).unwrap_or(last).min(last)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        assert_eq!(
            [0, 1, 2, 3, 4, u32::MAX].map(|attempt| wait_after(attempt).as_secs()),
            [1, 1, 5, 30, 30, 30]
        );
    }
}
