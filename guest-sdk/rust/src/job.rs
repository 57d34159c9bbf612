//! The job as a worker sees it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::Failure;

/// A job with its variables read into `T`.
///
/// What the host knows beyond it is in [`crate::context`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job<T> {
    /// The key of the job, a decimal number. The same in every attempt.
    pub key: String,
    /// The type that the model gives; it chose this component.
    pub job_type: String,
    /// What in the model asks for the work.
    pub kind: JobKind,
    /// The input.
    pub variables: T,
    /// The task's headers, constant in the model, in its order.
    pub headers: Vec<(String, String)>,
    /// The same in every attempt of this job and in no other job: send it to vendors that recognise repeated calls.
    /// It is not a secret.
    pub idempotency_key: String,
}

/// What in a model asks a worker for something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobKind {
    /// A task.
    #[default]
    Task,
    /// An execution listener: an element is about to begin, to end or to be canceled.
    ExecutionListener,
    /// A task listener: a user task is about to change. Answer with a [`Verdict`](crate::Verdict).
    TaskListener,
    /// An ad-hoc sub-process: answer with a [`Direction`](crate::Direction).
    AdHocSubProcess,
}

/// A job with its variables as the host sent them: the text of a JSON object.
pub type RawJob = Job<String>;

impl<T> Job<T> {
    /// The value of a task header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl RawJob {
    /// Reads the variables. Other variables than this worker knows are skipped.
    ///
    /// Fails without retries: the same input would fail again.
    pub fn read<T: DeserializeOwned>(self) -> Result<Job<T>, Failure> {
        let variables = serde_json::from_str(&self.variables).map_err(|error| {
            Failure::new(format!("the job's variables do not fit this worker: {error}")).retries(0)
        })?;
        Ok(Job {
            key: self.key,
            job_type: self.job_type,
            kind: self.kind,
            variables,
            headers: self.headers,
            idempotency_key: self.idempotency_key,
        })
    }
}

/// Reads `null` as a type's default value, as models pass it for inputs that are left empty.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Input {
///     #[serde(default, deserialize_with = "fermata_sdk::null_as_default")]
///     tags: Vec<String>,
/// }
/// # let input: Input = serde_json::from_str(r#"{"tags":null}"#).unwrap();
/// # assert!(input.tags.is_empty());
/// ```
pub fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
