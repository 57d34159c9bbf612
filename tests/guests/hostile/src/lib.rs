//! A worker that attacks its host, one way for each value of its input `attack`.
//!
//! A test shows that the host survives each attack, and that the attack is a real one:
//! it succeeds when the guard against it is switched off. That is why every attack ends, if it is let,
//! with a result that names it.

mod answer;
mod attacks;

use fermata_sdk::{Job, JobError};
use serde::{Deserialize, Serialize};

pub use answer::Answer;

fermata_sdk::worker!(attack);

/// What to attack, and with what.
#[derive(Clone, Debug, Deserialize)]
pub struct Input {
    /// The attack.
    pub attack: Attack,
    /// Where to send a request.
    #[serde(default)]
    pub url: String,
    /// Which secret to ask for.
    #[serde(default)]
    pub secret: String,
    /// How much of it; each attack has its own unit and default.
    pub amount: Option<u64>,
}

/// The ways to attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attack {
    /// None at all.
    Ok,
    /// Computes for ever, or for `amount` rounds.
    EndlessLoop,
    /// Allocates and touches `amount` bytes of memory.
    MemoryBomb,
    /// Calls itself `amount` levels deep.
    DeepRecursion,
    /// Returns `amount` bytes.
    GiantResult,
    /// Panics.
    Panic,
    /// Returns JSON text that is no object.
    WrongResult,
    /// Returns text that is no JSON.
    BrokenResult,
    /// Writes `amount` log records.
    LogFlood,
    /// Writes one log record of `amount` bytes.
    LogGiant,
    /// Sleeps for `amount` milliseconds.
    Sleep,
    /// Sends a request to `url`, which nobody granted.
    HostNotGranted,
    /// Sends a request to `url` and follows its redirect.
    Redirect,
    /// Sends a request to `url` with a line break in a header.
    HeaderInjection,
    /// Asks for the placeholder of a `secret` that nobody granted.
    SecretNotGranted,
    /// Asks for the value of a `secret` of which only the placeholder is granted.
    SecretReveal,
    /// Sends the placeholder of a `secret` to `url` in a header.
    SecretElsewhere,
    /// Sends the placeholder of a `secret` to `url` in the body, where only a header may carry it.
    SecretInBody,
    /// Stores a checkpoint of `amount` bytes.
    CheckpointGiant,
    /// Asks to be called again at once, for ever.
    AgainAtOnce,
}

/// Runs the attack that the input names.
pub fn attack(job: Job<Input>) -> Result<Answer, JobError> {
    attacks::run(&job.variables)
}
