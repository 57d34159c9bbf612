//! What the worker answers: also what no honest worker could.

use std::time::Duration;

use fermata_sdk::{Failure, IntoOutcome, Outcome};
use serde_json::{Value, json};

use crate::Attack;

/// The worker's answer, which need not be JSON.
#[derive(Debug)]
pub enum Answer {
    /// This text, whatever it is, as the job's variables.
    Text(String),
    /// Call again at once.
    Again,
}

impl Answer {
    /// The variables of an attack that came through.
    pub(crate) fn succeeded(attack: Attack, proof: Value) -> Self {
        Self::Text(json!({ "attack": attack, "proof": proof }).to_string())
    }
}

impl IntoOutcome for Answer {
    fn into_outcome(self) -> Result<Outcome<String>, Failure> {
        Ok(match self {
            Self::Text(text) => Outcome::Completed(text),
            Self::Again => Outcome::Again(Duration::ZERO),
        })
    }
}
