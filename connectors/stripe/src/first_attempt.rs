//! When a job's first call may have reached Stripe.

use std::time::Duration;

use fermata_sdk::{Failure, JobError, checkpoint, time};
use serde::{Deserialize, Serialize};

use crate::answer::LOOK_FIRST;

/// How long Stripe surely knows a key. It forgets keys after 24 hours; a call is under way for a while.
const KEY_KNOWN: Duration = Duration::from_secs(23 * 60 * 60);

/// What the job's checkpoint holds.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct FirstAttempt {
    /// In seconds since 1970.
    sent_at: u64,
}

/// Notes the time of the first attempt, before its call leaves, and refuses a later one
/// that Stripe might take for a new call.
pub(crate) fn check() -> Result<(), JobError> {
    let now = time::unix();
    let Some(first) = checkpoint::get::<FirstAttempt>()? else {
        return Ok(checkpoint::put(&FirstAttempt { sent_at: now.as_secs() })?);
    };
    let since = now.saturating_sub(Duration::from_secs(first.sent_at));
    if since < KEY_KNOWN {
        return Ok(());
    }
    let hours = since.as_secs() / 3_600;
    Err(Failure::new(format!(
        "the first attempt at this call is {hours} hours old, and Stripe forgets a call's key after 24: \
         a repeat could move the money twice. {LOOK_FIRST}"
    ))
    .retries(0)
    .into())
}
